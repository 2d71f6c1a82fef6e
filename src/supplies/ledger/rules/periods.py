"""Accounting periods: close a period, and reopen it with a reason."""

from __future__ import annotations

from datetime import date, timedelta

from supplies.books.balance_reader import LATEST_UNTIL_DAY
from supplies.domain.accounts import UNEXPLAINED
from supplies.domain.commands import ClosePeriod, ReopenPeriod
from supplies.domain.entry_rows import Period
from supplies.errors import AlreadyDone, Fault, InvalidField, Sentence, Unaccounted
from supplies.ledger.journal import Journal
from supplies.ledger.not_enough import goods_of


def close_period(command: ClosePeriod, journal: Journal) -> None:
    """Close the books up to and including a day, so that no more entries are booked there.

    Raises:
        InvalidField: the day has not ended yet.
        AlreadyDone: the day is closed already.
        Unaccounted: goods are unexplained, or a conflict is unresolved.
    """
    if command.through >= journal.today:
        raise InvalidField.at(
            "/through",
            Sentence(
                "{through} is not over (today is {today}): later entries of today could not be "
                "booked on their day; close through yesterday or earlier",
                through=command.through,
                today=journal.today,
            ),
        )
    closed = journal.end.closed_through
    if closed is not None and command.through <= closed:
        raise AlreadyDone(Sentence("the books are closed through {closed} already", closed=closed))
    _check_nothing_unexplained(journal, command.through)
    _check_conflicts_resolved(journal, command.through)
    draft = journal.entry("period_closed", day=journal.today)
    draft.add_rows(Period(closed_through=command.through))


def _check_nothing_unexplained(journal: Journal, through: date) -> None:
    rows = journal.books.all(
        "SELECT item, sum(quantity) FROM days AS d WHERE station = :station "
        f"AND account >= :first AND account < :end AND {LATEST_UNTIL_DAY} "
        "GROUP BY item HAVING sum(quantity) <> 0 ORDER BY item",
        first=UNEXPLAINED.prefix,
        end=UNEXPLAINED.prefix[:-1] + ";",
        day=through.isoformat(),
    )
    for item, quantity in rows:
        name = journal.books.item(item).name
        if quantity > 0:
            sentence = Sentence(
                "{goods} were missing at counts or after decided conflicts through "
                "{day}, unexplained; settle them before the period is closed",
                goods=goods_of(quantity, name),
                day=through,
            )
        else:
            sentence = Sentence(
                "{goods} more were counted, delivered or handed out through {day} than "
                "the books had, unexplained; settle them before the period is closed",
                goods=goods_of(-quantity, name),
                day=through,
            )
        raise Unaccounted(sentence)


def _check_conflicts_resolved(journal: Journal, through: date) -> None:
    seq = journal.books.value(
        "SELECT p.number FROM pending p CROSS JOIN entries e WHERE p.station = :station "
        "AND p.noun = 'conflict' AND e.station = p.station AND e.seq = p.number "
        "AND e.booked_on <= :through ORDER BY p.number LIMIT 1",
        through=through.isoformat(),
    )
    if seq is not None:
        raise Unaccounted(
            Sentence(
                "the conflict of entry {seq} is not resolved; resolve it before the period is "
                "closed",
                seq=seq,
            )
        )


def reopen_period(command: ReopenPeriod, journal: Journal) -> None:
    """Reopen the books for a closed day and all later days.

    Raises:
        InvalidField: the day is not closed.
    """
    closed = journal.end.closed_through
    if closed is None or command.day > closed:
        sentence = Sentence("{day} is open", day=command.day)
        if closed is not None:
            sentence = Sentence(
                "{day} is open; {closed} is the last closed", day=command.day, closed=closed
            )
        raise InvalidField(sentence, [Fault("/from", Sentence("not closed"))])
    draft = journal.entry("period_reopened", day=journal.today)
    # No day is before `date.min`, so this first day stays closed.
    before = max(command.day, date.min + timedelta(days=1)) - timedelta(days=1)
    draft.add_rows(Period(closed_through=before))
