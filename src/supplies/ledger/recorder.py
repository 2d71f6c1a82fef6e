"""Record one command: run its rule, write the entries that it drafts, and return the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from supplies.books.entry_reader import EndOfBooks
from supplies.books.reader import Books
from supplies.books.written import WrittenEntry
from supplies.domain.commands import (
    Command,
    CountStock,
    ForgetDonor,
    ForgetRecipient,
    ForgetText,
    ReportHandOut,
    ReportOutcome,
)
from supplies.domain.entry_rows import Receipt
from supplies.errors import (
    AgainstBooks,
    AlreadyDone,
    IdempotencyConflict,
    InvalidField,
    NotEnough,
    NotFound,
    SuppliesError,
)
from supplies.ledger.all_faults import add_all_faults
from supplies.ledger.balance_floors import floor_error
from supplies.ledger.clock import Clock, zone_of
from supplies.ledger.connection_state import ConnectionState
from supplies.ledger.contradictions import Contradicted, Repeated
from supplies.ledger.journal import Journal
from supplies.ledger.merged_codes import with_codes_that_stay
from supplies.ledger.named_records import names_in, read_named_records
from supplies.ledger.recorded import (
    Recorded,
    earlier_result,
    recorded_result,
    recounted_in,
    warnings_in,
)
from supplies.ledger.rules import RULES
from supplies.ledger.rules.contradicted_facts import record_conflict
from supplies.ledger.rules.delivery_proofs import is_about_erased
from supplies.ledger.rules.recounts import add_recounts
from supplies.ledger.writer import CheckedRequest, Request, Writer
from supplies.signing.station_keys import create_key_for_first_receipt
from supplies.storage.idempotency import StoredResponses

KEPT_AS_CONFLICTS = (ReportOutcome, ReportHandOut, CountStock)
"""Commands that are not refused if they contradict the books.

They are recorded as a conflict, which a coordinator resolves.
"""

ERASING = (ForgetDonor, ForgetRecipient, ForgetText)
"""Commands that erase free text, or the data of a person."""


class Recorder:
    """Records commands of one station within the open transaction of its ledger."""

    def __init__(
        self, books: Books, stored_responses: StoredResponses, connection: ConnectionState
    ) -> None:
        self.books, self._connection = books, connection
        self._writer = Writer(books.store, books, stored_responses)

    def now(self, clock: Clock) -> tuple[datetime, date]:
        """Return the current time in UTC, and the current day in the station's time zone.

        Raises:
            NotFound: the station is unknown.
        """
        moment = clock().astimezone(UTC)
        return moment, moment.astimezone(zone_of(self.books.station)).date()

    def record(
        self, request: CheckedRequest, clock: Clock
    ) -> tuple[Recorded, Sequence[WrittenEntry]]:
        """Record a command with all of its entries, or return the result of a repeated request.

        Return the result and the written entries. There are none if nothing new was written, or if
        the command erases data.

        Raises:
            InvalidField: a value is invalid or a code is unknown.
            NotFound: the document, entry or person that the command changes is unknown.
            AgainstBooks: the current books do not allow the command.
            IdempotencyConflict: the id was used for another command.
            StoreError: the database cannot be written.
        """
        end = self.books.end_of_books(request.id if request.id_given else None)
        if end.same_id is not None:
            return earlier_result(self.books, request, end.same_id), ()
        now, today = self.now(clock)
        rule = RULES.get(type(request.command))
        if rule is None:
            raise InvalidField(f"{type(request.command).__name__} is not a command of the ledger")
        try:
            with self.books.cache_queries():
                try:
                    read_named_records(self.books, names_in(request.command))
                    command = with_codes_that_stay(self.books, request.command)
                    journal = Journal(self.books, command, now=now, today=today, end=end)
                    rule(command, journal)
                except (InvalidField, NotFound, AgainstBooks) as error:
                    if isinstance(request.command, KEPT_AS_CONFLICTS) and isinstance(
                        error, NotEnough
                    ):
                        raise
                    fields = msgspec.to_builtins(request.command)
                    raise self.with_all_faults(
                        error, type(request.command), fields, clock
                    ) from None
                add_recounts(journal)
                journal.add_packed_lines()
                journal.add_latest_day()
            if not self._connection.key_ensured and _issues_receipt(journal):
                create_key_for_first_receipt(self.books.store)
                self._connection.key_ensured = True
            written = self._writer.write(journal, request)
        except Repeated as repeated:
            return recorded_result(self.books, repeated.seq), ()
        except (Contradicted, NotEnough) as error:
            return self._record_as_conflict(request, error, end, now, today)
        if type(request.command) in ERASING:
            self._connection.erased = True
            written = []
        return self._result(journal, request), written

    def _record_as_conflict(
        self,
        request: CheckedRequest,
        error: Contradicted | NotEnough,
        end: EndOfBooks,
        now: datetime,
        today: date,
    ) -> tuple[Recorded, Sequence[WrittenEntry]]:
        """Record a fact that contradicts the books as a conflict. Return the same as `record`.

        Args:
            error: The error with which the rule of the command refused the fact.

        Raises:
            Contradicted, NotEnough: the command is refused, because it is not in
                `KEPT_AS_CONFLICTS`. This is `error`.
        """
        command = request.command
        if not isinstance(command, KEPT_AS_CONFLICTS):
            raise error
        journal = Journal(self.books, command, now=now, today=today, end=end)
        try:
            conflict = record_conflict(command, journal, error)
        except Repeated as repeated:
            return recorded_result(self.books, repeated.seq), ()
        journal.add_latest_day()
        if is_about_erased(self.books, journal.drafts[0].about):
            request = request.without_texts()
        written = self._writer.write(journal, request)
        return self._result(journal, request, conflict), written

    def _result(
        self, journal: Journal, request: CheckedRequest, conflict: str | None = None
    ) -> Recorded:
        rows = [row for draft in journal.drafts for row in draft.rows]
        first, last = journal.drafts[0].seq, journal.drafts[-1].seq
        return Recorded(
            seq=first,
            last=last,
            id=request.id,
            document=journal.drafts[0].document,
            conflict=conflict,
            recounted=recounted_in(rows),
            warnings=warnings_in(self.books, rows, first, last),
        )

    def recorded_before(self, request: Request, error: InvalidField, clock: Clock) -> Recorded:
        """Return the earlier result of a request whose fields are invalid under today's checks.

        An older version of the program may have accepted and recorded the same request.

        Raises:
            InvalidField: the request was not recorded; `faults` contain the faults of `error` and
                the faults that the rule of the command finds.
        """
        as_given = CheckedRequest.as_given(request)
        if as_given is not None:
            with suppress(IdempotencyConflict, AlreadyDone):
                same_id = self.books.end_of_books(as_given.id).same_id
                if same_id is not None:
                    return earlier_result(self.books, as_given, same_id)
        if not error.faults:
            raise error
        fields = msgspec.to_builtins(request.command)
        raise self.with_all_faults(error, type(request.command), fields, clock)

    def with_all_faults(
        self, error: SuppliesError, kind: type[Command], fields: Mapping[str, Any], clock: Clock
    ) -> SuppliesError:
        """Add all other faults of a refused command to its error, and return the error.

        Args:
            kind: The type of the command.
            fields: The fields of the command as decoded JSON, including invalid ones.
        """
        now, today = self.now(clock)

        def try_rule(command: Command, books: Books) -> None:
            command = with_codes_that_stay(books, command)
            journal = Journal(books, command, now=now, today=today)
            RULES[type(command)](command, journal)
            shortage = floor_error(books, journal.drafts)
            if shortage is not None:
                raise shortage

        return add_all_faults(error, kind, fields, self.books, try_rule)


def _issues_receipt(journal: Journal) -> bool:
    return any(isinstance(row, Receipt) for draft in journal.drafts for row in draft.rows)
