"""Check that the outcome of each stop has the same quantities as the transfers of its entries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from supplies.books.stock_counts import RESOLVED
from supplies.domain.accounts import ALLOCATED, IN_TRANSIT, LOST, RECEIVED
from supplies.domain.entries import Body
from supplies.domain.entry_rows import TABLES, OutcomeLine, StopOutcome, StopRemoval
from supplies.storage.store import Row
from supplies.verification.reader import Reader
from supplies.verification.records import ROW_TABLES, Rows

_RECEIVED, _LOST = RECEIVED.name, LOST.name

_COLUMNS = ("line", "received", "lost", "brought_back", "target")
_line_goods = itemgetter(*map(ROW_TABLES[OutcomeLine].columns.index, _COLUMNS))
"""Function that returns these columns of a row of `OutcomeLine`."""

_Goods = Counter[str]
"""Moved quantities by name: `received` and `lost`, or the account to which goods came back."""


class _Outcome(NamedTuple):
    """An outcome of a stop, with the goods that were moved by the command that recorded it.

    This is the first outcome of the stop, or one that was booked to resolve a conflict.
    """

    first: Body
    delivery: str
    allocation: str
    lines: Sequence[Row]
    moved: _Goods


class StatedOutcomes:
    """Checks that the outcome of each delivery stop moved the goods that it lists.

    Checks the outcome that was recorded first for each stop, and outcomes booked to resolve a
    conflict. Corrections of outcomes are skipped: they move goods between the accounts of two
    outcomes.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._last: _Outcome | None = None
        self._decisions: list[_Outcome] = []

    def add(self, recorded: Rows, bodies: Sequence[Body]) -> None:
        """Check the outcomes of delivery stops in the next batch of entries.

        Corrections are skipped. Outcomes booked to resolve a conflict are kept for a later check.

        Raises:
            BooksBroken: the entries for an outcome moved other goods than the outcome lists.
        """
        if not bodies:
            return
        self._follow(bodies, 0)
        lines: defaultdict[int, list[Row]] = defaultdict(list)
        for row in recorded[OutcomeLine]:
            lines[row[0]].append(row)
        for row in recorded[StopOutcome]:
            at = row[0] - bodies[0].seq
            first = bodies[at]
            if first.supersedes is None:
                self._last = _Outcome(first, row[1], row[2], lines[row[0]], Counter())
                self._move(first)
                self._follow(bodies, at + 1)

    def _follow(self, bodies: Sequence[Body], start: int) -> None:
        """Add the transfers of the next batch of entries to the outcome that was read last.

        Only entries of the same command are added. At the first entry of another command, the
        outcome is complete and is checked.
        """
        for at in range(start, len(bodies)):
            if self._last is None:
                return
            if bodies[at].part == 0:
                self._finish()
            else:
                self._move(bodies[at])

    def _move(self, body: Body) -> None:
        assert self._last is not None
        first, delivery, allocation, _, moved = self._last
        if (body.kind, body.document) != (first.kind, first.document):
            return
        in_transit = IN_TRANSIT(delivery, allocation)
        for source, target, _, _, quantity in body.transfers:
            if first.kind == RESOLVED:
                moved[_name(source)] -= quantity
                moved[_name(target)] += quantity
            elif source == in_transit:
                moved[_name(target)] += quantity

    def _finish(self) -> None:
        last, self._last = self._last, None
        if last is None:
            return
        if last.first.kind == RESOLVED:
            self._decisions.append(last)
            return
        stated = _stated(last.lines)
        if +last.moved != +stated:
            raise self.reader.broken(
                "transfers", "quantity", last.first.seq, _shown(stated), _shown(last.moved)
            )

    def check(self) -> None:
        """Check the goods that were booked as received, lost or brought back to resolve conflicts.

        Fewer moved goods are accepted in two cases. If a resolution reduces what the earlier
        outcome booked, it does not move goods that have been used since. Older versions of the
        program booked only the received goods.

        Raises:
            BooksBroken: the entries moved more goods than the outcome lists, or too few.
        """
        self._finish()
        for each in self._decisions:
            self._check_decision(each, self._before(each))

    def _check_decision(self, decision: _Outcome, before: list[Row]) -> None:
        goods: dict[str, Counter[int]] = _stated_by_line(decision.lines)
        for account, lines in _stated_by_line(before).items():
            goods.setdefault(account, Counter()).subtract(lines)
        if not before and self._was_removed(decision):
            # Its goods are set aside again, and those that stay there are not moved.
            own = f"{ALLOCATED(decision.allocation)}:"
            goods = {name: lines for name, lines in goods.items() if not name.startswith(own)}
        booked_all = any(decision.moved[account] for account in goods.keys() - {_RECEIVED})
        for account, lines in goods.items():
            change, moved = lines.total(), decision.moved[account]
            least = change if booked_all or account == _RECEIVED else min(change, 0)
            if not least <= moved <= (+lines).total():
                raise self.reader.broken(
                    "transfers", "quantity", decision.first.seq, f"{change} {account}", f"{moved}"
                )

    def _was_removed(self, outcome: _Outcome) -> bool:
        """Return whether a stop was taken off its delivery before its conflict was resolved."""
        return bool(
            self.reader.store.all(
                f"SELECT 1 FROM {TABLES[StopRemoval]} WHERE station = :station "
                "AND delivery = :delivery AND allocation = :allocation AND seq < :seq LIMIT 1",
                self._stop(outcome),
            )
        )

    def _stop(self, outcome: _Outcome) -> dict[str, object]:
        return {
            "station": self.reader.station,
            "delivery": outcome.delivery,
            "allocation": outcome.allocation,
            "seq": outcome.first.seq,
        }

    def _before(self, outcome: _Outcome) -> list[Row]:
        """Return the lines of the outcome that the same stop had before this one."""
        columns = ", ".join(ROW_TABLES[OutcomeLine].columns)
        where = "station = :station AND delivery = :delivery AND allocation = :allocation"
        return self.reader.store.all(
            f"SELECT {columns} FROM {TABLES[OutcomeLine]} WHERE {where} AND seq = "
            f"(SELECT max(seq) FROM {TABLES[StopOutcome]} WHERE {where} AND seq < :seq)",
            self._stop(outcome),
        )


def _stated(lines: Sequence[Row]) -> _Goods:
    """Return the quantities in lines of an outcome."""
    goods: _Goods = Counter()
    for _, received, lost, brought_back, target in map(_line_goods, lines):
        goods[_RECEIVED] += received
        goods[_LOST] += lost
        if brought_back:
            goods[target] += brought_back
    return goods


def _stated_by_line(lines: Sequence[Row]) -> defaultdict[str, Counter[int]]:
    """Return the quantities in lines of an outcome, by account and line number."""
    goods: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for row in lines:
        for account, quantity in _stated([row]).items():
            goods[account][_line_goods(row)[0]] += quantity
    return goods


def _name(account: str) -> str:
    name = account.partition(":")[0]
    return name if name in (_RECEIVED, _LOST) else account


def _shown(goods: _Goods) -> str:
    return ", ".join(f"{quantity} to {account}" for account, quantity in sorted((+goods).items()))
