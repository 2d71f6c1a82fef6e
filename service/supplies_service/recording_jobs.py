"""Jobs that record a command and build the response to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from supplies.access import access_log
from supplies.access.access_context import AccessContext
from supplies.books.reader import Books
from supplies.books.written import WrittenEntry
from supplies.domain.commands import Command
from supplies.domain.entry_rows import Merge
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.storage.idempotency import IdempotencyKey, StoredResponse
from supplies.views.donation_warnings import (
    find_beside_pledge,
    find_local_address,
    find_missing_labels,
)
from supplies.views.entries import get_conflict, get_entry
from supplies.views.goods_with_teams import find_goods_with_teams
from supplies.views.likely_duplicates import find_likely_duplicates
from supplies.views.merges import find_merge_warnings
from supplies.views.pagination import Warned
from supplies.views.stock_warnings import find_unexpired_write_offs, find_unexplained_surplus
from supplies_service.idempotency import EncodedOutcome, Outcome, command_id, run_idempotent
from supplies_service.responses import ConflictRecorded, EntryRecorded
from supplies_service.write_batches import SendableJob

S = TypeVar("S", bound=msgspec.Struct)

_ARRIVAL_PREFIXES = ("b_", "o_")
"""Prefixes of the ids of arrivals that are not donations, such as bought goods."""

Show = Callable[[Books, Recorded], Outcome[S]]
"""Function that returns the response to a recorded command, and the URL of the created object."""


def show_entry(books: Books, recorded: Recorded) -> Outcome[EntryRecorded]:
    """Build the response to a command: its entry, and warnings about the entry."""
    entry = get_entry(books, recorded.seq)
    new = entry.supersedes is None
    warnings = find_likely_duplicates(books, recorded.document, recorded.seq) if new else []
    if (recorded.document or "").startswith(_ARRIVAL_PREFIXES):
        warnings += find_missing_labels(books, str(recorded.document))
    if entry.kind == "goods_converted":
        warnings += find_beside_pledge(books, str(recorded.document))
    warnings += find_unexplained_surplus(books, recorded.document)
    warnings += find_unexpired_write_offs(books, recorded.document)
    warnings += find_address_warnings(books, recorded)
    if entry.kind == "codes_merged":
        for merged in books.rows_of_entry(Merge, recorded.seq):
            if merged.stays is not None:
                warnings += find_merge_warnings(books, merged.kind, merged.code, merged.stays)
    shown = EntryRecorded(
        entry=entry,
        warnings=warnings or msgspec.UNSET,
        recounted=recorded.recounted or msgspec.UNSET,
    )
    return Outcome(f"/api/entries/{recorded.seq}", shown)


def find_address_warnings(books: Books, recorded: Recorded) -> list[Warned]:
    """Return a warning if the command issued the station's first receipt with a local web address.

    With such an address, the receipt's QR code works only on the station's own computer.
    """
    # If so, the command has this warning too, as text.
    return find_local_address(books, recorded.seq, recorded.last) if recorded.warnings else []


def _outcome(
    books: Books, recorded: Recorded, written: Sequence[WrittenEntry], show: Show[Any]
) -> Outcome[Any]:
    """Return the response to a recorded command.

    If the command was recorded as a conflict, the status is 202.

    Args:
        written: The entries that were written for the command; empty for a repeated request.
    """
    # The parts of a response read many of the same rows. Nothing is written meanwhile.
    with books.cache_queries(written):
        if recorded.conflict is None:
            return _warn_of_goods_with_teams(books, recorded, show(books, recorded))
        content = ConflictRecorded(
            entry=get_entry(books, recorded.seq), conflict=get_conflict(books, recorded.seq)
        )
    return Outcome(f"/api/entries/{recorded.seq}", content, entry=recorded.seq, status=202)


def _warn_of_goods_with_teams(
    books: Books, recorded: Recorded, outcome: Outcome[Any]
) -> Outcome[Any]:
    """Add the entry number to the response, and warnings if a team still carries the goods."""
    content = outcome.content
    found = find_goods_with_teams(books, recorded.seq, recorded.last)
    if found:
        content = msgspec.structs.replace(content, warnings=[*(content.warnings or ()), *found])
    return outcome._replace(content=content, entry=recorded.seq)


class RecordingJob(SendableJob):
    """A job that records a command.

    If a request with the same idempotency key recorded the command before, the job returns the
    first response again.

    Args:
        by: The code of the author of the entries.
        key: The idempotency key. None means that the command is always recorded.
        show: Builds the response to the recorded command.
        line: The fields of a line for the access log, if the response contains data of a person;
            otherwise None.
    """

    def __init__(
        self,
        command: Command | Callable[[Books], Command],
        by: str,
        key: IdempotencyKey | None,
        show: Show[Any],
        line: dict[str, Any] | None = None,
    ) -> None:
        self._command, self._by, self._key = command, by, key
        self._show, self._line = show, line

    def __call__(self, ledger: Ledger) -> EncodedOutcome:
        """Record the command, or repeat the response. Return the response."""
        return run_idempotent(self._key, self._record, self._replay)(ledger)

    def _record(self, ledger: Ledger) -> Outcome[Any]:
        command = self._command
        made = command if isinstance(command, Command) else command(ledger.books)
        name = None if self._key is None else command_id(self._key)
        return self._respond(ledger, *ledger.record_and_show(made, by=self._by, id=name))

    def _replay(self, ledger: Ledger, answered: StoredResponse) -> Any:
        assert answered.seq is not None, "a command records an entry"
        return self._respond(ledger, ledger.recorded(answered.seq)).content

    def _respond(
        self, ledger: Ledger, recorded: Recorded, written: Sequence[WrittenEntry] = ()
    ) -> Outcome[Any]:
        outcome = _outcome(ledger.books, recorded, written, self._show)
        if self._line is not None:
            access_log.add_line(AccessContext(ledger.books, ledger.clock()), **self._line)
        return outcome
