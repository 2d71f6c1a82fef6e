"""Record reported facts as conflicts if they contradict the books. Conflicts move no goods."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from typing import Any, TypeAlias

import msgspec

from supplies.books.free_text import without_free_text
from supplies.books.moved_stops import deliveries_of_stop
from supplies.domain.catalogue_records import Item
from supplies.domain.commands import CountStock, ReportHandOut, ReportOutcome
from supplies.domain.entry_rows import Conflict, ConflictReason, ContradictionKind, Stop
from supplies.errors import InvalidField, SuppliesError
from supplies.ledger.contradictions import Contradicted, Repeated
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.deliveries import find_stop
from supplies.ledger.rules.delivery_outcomes import at_present_stop, loaded_stop
from supplies.ledger.rules.delivery_proofs import (
    add_agreeing_proof,
    add_proofs,
    brings_proof,
    is_about_erased,
)
from supplies.ledger.rules.outcome_lines import outcome_line_rows, outcome_lines
from supplies.ledger.rules.report_times import day_of_report, is_too_old, precedes_report
from supplies.ledger.rules.reported_hand_outs import possible_day_of_hand_out

Fact: TypeAlias = ReportOutcome | ReportHandOut | CountStock
"""The commands that are recorded as conflicts, not refused, if they contradict the books."""


def record_conflict(command: Fact, journal: Journal, reason: SuppliesError) -> str | None:
    """Record a fact that contradicts the books as a conflict. Return the contradiction in words.

    The conflict about an outcome or hand-out gets the day of the reported time, unless this time is
    impossible or too long ago. If an unresolved conflict is already about the same outcome or
    count, only a proof in the new report is recorded, and the result is None. Two equal hand-outs
    count as two facts.

    Args:
        reason: The error with which the rule of the command refused the fact.

    Raises:
        Repeated: an unresolved conflict is about the same fact, and the report has no new proof.
    """
    if isinstance(command, ReportHandOut):
        if not is_too_old(command, journal.now):
            day = possible_day_of_hand_out(journal, command, journal.now)
            journal.happened_on = day or journal.happened_on
        recipient = f"recipient:{command.recipient}"
        draft = journal.entry("conflict_noted", prefix=REPORTED_HAND_OUT, about=recipient)
        _add_conflict(draft, _with_pack_sizes(command, journal), reason, "missing_goods")
        return str(reason)
    if isinstance(command, ReportOutcome):
        command = at_present_stop(command, journal)
        if not is_too_old(command, journal.now):
            day = possible_day(journal, command, journal.now)
            journal.happened_on = day or journal.happened_on
    document, about = _subject_of(command, journal)
    pending = _pending_conflict(journal, command)
    if pending is not None:
        if isinstance(command, CountStock) or not brings_proof(
            command, journal.books, str(about).removeprefix("recipient:")
        ):
            raise Repeated(pending)
        add_agreeing_proof(journal, command, str(about))
        return None
    draft = journal.entry("conflict_noted", document=document, about=about)
    is_early = isinstance(command, ReportOutcome) and _precedes_dispatch(command, journal)
    _add_conflict(draft, command, reason, "before_dispatch" if is_early else "missing_goods")
    if isinstance(command, ReportOutcome):
        if is_about_erased(journal.books, about):
            command = msgspec.structs.replace(command, signature=None)
        add_proofs(draft, command, journal.books)
    return str(reason)


_decode: Callable[[str], Fact] = msgspec.json.Decoder(Fact).decode

REPORTED_HAND_OUT = "q"
"""First letter of the id of a hand-out whose report contradicts the books."""


def _add_conflict(
    draft: Draft, command: Fact, reason: SuppliesError, kind: ContradictionKind
) -> None:
    """Add the rows of a conflict to a draft.

    Args:
        kind: The kind of contradiction to record if the error does not name one.
    """
    fields: dict[str, str | int] = {}
    if isinstance(reason, Contradicted):
        kind, fields = reason.kind, reason.fields
    draft.add_rows(
        Conflict(
            document=str(draft.document),
            because=str(reason),
            stated=msgspec.json.encode(_stated(command)).decode(),
        ),
        ConflictReason(kind=kind, fields=msgspec.json.encode(fields, order="sorted").decode()),
    )


def _precedes_dispatch(command: ReportOutcome, journal: Journal) -> bool:
    """Return whether the day of an outcome is before the day on which its goods were dispatched."""
    first = deliveries_of_stop(journal.books, command.delivery, command.allocation)[-1]
    seq = journal.books.latest_seq(Stop, delivery=first, allocation=command.allocation)
    return seq is not None and journal.happened_on < journal.books.body(seq).happened_on


def _with_pack_sizes(command: ReportHandOut, journal: Journal) -> ReportHandOut:
    """Add the registered sizes of packs to a report, because packs may be changed or removed later.

    Sizes in the report are kept.
    """
    lines = []
    for line in command.lines:
        item = journal.books.catalogue.get(Item, line.item)
        if item is not None and line.pack is not None and line.pack_size is None:
            line = msgspec.structs.replace(line, pack_size=item.packs.get(line.pack))
        lines.append(line)
    return msgspec.structs.replace(command, lines=lines)


def possible_day(journal: Journal, command: ReportOutcome, reported_at: datetime) -> date | None:
    """Return the day on which the time in a report falls, even if this time is long ago.

    Return None if the report names no time, or an impossible one.

    Args:
        reported_at: When the report was made. A report cannot be about a later time, even if that
            time is in the past now.
    """
    if precedes_report(command.happened_at, reported_at):
        with suppress(Contradicted, InvalidField):
            return day_of_report(journal, command, command.happened_at, reported_at)
    return None


def _stated(command: Fact) -> dict[str, Any]:
    """Return the fields of a command as a conflict stores them.

    Fields that older versions of the program did not have are left out if they have no value.
    """
    return {
        name: value
        for name, value in without_free_text(command).items()
        if value is not None or name not in ("why", "next_attempt", "phone_time")
    }


def _pending_conflict(journal: Journal, command: ReportOutcome | CountStock) -> int | None:
    """Return the number of the entry with an unresolved conflict about the same fact, or None."""
    fact = _fact(journal, command)
    about = command.allocation if isinstance(command, ReportOutcome) else command.sheet
    for seq, stated in journal.books.all(
        "SELECT c.seq, c.stated FROM pending p CROSS JOIN conflicts c "
        "WHERE p.station = :station AND p.noun = 'conflict' "
        "AND c.station = p.station AND c.seq = p.number ORDER BY p.number"
    ):
        if f'"{about}"' not in stated:
            continue
        pending = decode_fact(stated)
        if not isinstance(pending, ReportHandOut) and _fact(journal, pending) == fact:
            return int(seq)
    return None


def decode_fact(stated: str) -> Fact:
    """Decode a reported command that a conflict stores as JSON. Its free texts are not stored."""
    return _decode(stated)


def _fact(journal: Journal, command: ReportOutcome | CountStock) -> tuple[object, ...]:
    """Return a value for comparing reports: the values of two reports are equal for the same fact.

    Two outcomes are the same fact if stop, goods and day are equal. The person who received the
    goods may differ. Two counts are the same fact if count sheet, lines and day are equal.
    """
    if isinstance(command, CountStock):
        return command.sheet, command.lines, command.happened_on
    command = at_present_stop(command, journal)
    _, loaded = loaded_stop(journal, command)
    rows = outcome_line_rows(command, outcome_lines(command, loaded), loaded)
    # Reports with impossible times are the same, because neither time decides anything.
    day = command.happened_on
    if command.happened_at is not None:
        day = possible_day(journal, command, journal.now)
    return command.outcome, rows, command.happened_at is None, day


def _subject_of(command: ReportOutcome | CountStock, journal: Journal) -> tuple[str, str | None]:
    """Return the delivery or count sheet that a fact is about, and the recipient.

    The recipient has the form `recipient:CODE`; it is None for a count.
    """
    if isinstance(command, CountStock):
        return command.sheet, None
    stop = find_stop(journal, command.delivery, command.allocation)
    return command.delivery, f"recipient:{stop.recipient}"
