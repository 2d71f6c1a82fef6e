"""Record reported facts that contradict the books as conflicts. Conflicts move no goods."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from typing import Any, TypeAlias

import msgspec

from supplies.books.free_text import without_free_text
from supplies.domain.commands import CountStock, ReportHandOut, ReportOutcome
from supplies.domain.entry_rows import Conflict
from supplies.errors import InvalidField
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.deliveries import find_stop
from supplies.ledger.rules.delivery_outcomes import (
    Contradicted,
    Repeated,
    at_present_stop,
    day_of_report,
    loaded_stop,
    outcome_line_rows,
    outcome_lines,
    precedes_report,
)
from supplies.ledger.rules.delivery_proofs import (
    add_agreeing_proof,
    add_proofs,
    brings_proof,
    is_about_erased,
)
from supplies.ledger.rules.reported_hand_outs import possible_day_of_hand_out

Fact: TypeAlias = ReportOutcome | ReportHandOut | CountStock
"""The commands that are recorded as conflicts, not refused, if they contradict the books."""


def record_conflict(command: Fact, journal: Journal, reason: str) -> str | None:
    """Record a fact that contradicts the books as a conflict. Return the contradiction in words.

    The conflict of an outcome or hand-out gets the day of the reported time, if that is possible.
    If an unresolved conflict is already about the same outcome or count, only a proof in the new
    report is recorded, and the result is None. Two equal hand-outs count as two facts.

    Raises:
        Repeated: an unresolved conflict is about the same fact, and the report has no new proof.
    """
    if isinstance(command, ReportHandOut):
        day = possible_day_of_hand_out(journal, command, journal.now)
        journal.happened_on = day or journal.happened_on
        recipient = f"recipient:{command.recipient}"
        draft = journal.entry("conflict_noted", prefix=REPORTED_HAND_OUT, about=recipient)
        _add_conflict(draft, command, reason)
        return reason
    if isinstance(command, ReportOutcome):
        command = at_present_stop(command, journal)
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
    _add_conflict(draft, command, reason)
    if isinstance(command, ReportOutcome):
        if is_about_erased(journal.books, about):
            command = msgspec.structs.replace(command, signature=None)
        add_proofs(draft, command, journal.books)
    return reason


_decode: Callable[[str], Fact] = msgspec.json.Decoder(Fact).decode

REPORTED_HAND_OUT = "q"
"""First letter of the id of a hand-out whose report contradicts the books."""


def _add_conflict(draft: Draft, command: Fact, reason: str) -> None:
    encoded = msgspec.json.encode(_stated(command)).decode()
    draft.add_rows(Conflict(document=str(draft.document), because=reason, stated=encoded))


def possible_day(journal: Journal, command: ReportOutcome, reported_at: datetime) -> date | None:
    """Return the day of the time that a report names.

    Return None if it names no time, or an impossible one.

    Args:
        reported_at: When it was reported. A time after that stays impossible once it has passed.
    """
    if precedes_report(command.happened_at, reported_at):
        with suppress(Contradicted, InvalidField):
            return day_of_report(journal, command, command.happened_at)
    return None


def _stated(command: Fact) -> dict[str, Any]:
    """Return the fields of a command in the form in which a conflict stores them.

    Some fields are left out if they are unset, as in older versions of the program.
    """
    return {
        name: value
        for name, value in without_free_text(command).items()
        if value is not None or name not in ("why", "next_attempt", "phone_time")
    }


def _pending_conflict(journal: Journal, command: ReportOutcome | CountStock) -> int | None:
    """Return the entry number of an unresolved conflict about the same fact, or None."""
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
    """Decode the reported command that a conflict stores. It has no free text."""
    return _decode(stated)


def _fact(journal: Journal, command: ReportOutcome | CountStock) -> tuple[object, ...]:
    """Return a value by which reports are compared: it is equal if they report the same fact.

    Two outcomes are the same fact if stop, goods and day are equal; the person who received the
    goods may differ. Two counts are the same fact if all their lines are equal.
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
    """Return the document that a fact is about, a delivery or count sheet, and the recipient.

    The recipient is None for a count.
    """
    if isinstance(command, CountStock):
        return command.sheet, None
    stop = find_stop(journal, command.delivery, command.allocation)
    return command.delivery, f"recipient:{stop.recipient}"
