"""Check that a conflict about a hand-out was resolved by booking exactly the reported goods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from supplies.domain.accounts import RECEIVED, kind_of
from supplies.domain.entries import Body
from supplies.domain.entry_rows import Conflict, LaterResolution, PackedLine, Resolution
from supplies.verification.reader import Reader
from supplies.verification.records import Rows

_Goods = Counter[str]
"""Quantities by item, in base units."""


class _Decision(NamedTuple):
    """How a conflict about a hand-out was resolved.

    Attributes:
        first: The first entry of the decision.
        conflict: Number of the entry that noted the conflict.
        way: `by` of the `ResolveConflict` command.
        moved: The goods that all entries of the decision moved to the recipient.
    """

    first: Body
    conflict: int
    way: str
    moved: _Goods


class StatedHandOuts:
    """Checks that each resolution of a conflict about a hand-out moved the right goods."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._reported: dict[int, list[dict[str, Any]]] = {}
        self._booked: dict[int, _Goods] = {}
        self._last: _Decision | None = None

    def add(self, recorded: Rows, bodies: Sequence[Body]) -> None:
        """Check the resolutions of conflicts in the next batch of entries.

        Raises:
            BooksBroken: the entries of a resolution moved other goods than were reported, or a
                further resolution did not undo what an earlier one had booked.
        """
        if not bodies:
            return
        self._follow(bodies, 0)
        for seq, _, _, stated in recorded[Conflict]:
            fact = msgspec.json.decode(stated)
            if fact["type"] == "ReportHandOut":
                self._reported[seq] = fact["lines"]
        for seq, conflict, way in sorted(recorded[Resolution] + recorded[LaterResolution]):
            if conflict in self._reported:
                at = seq - bodies[0].seq
                self._last = _Decision(bodies[at], conflict, way, Counter())
                self._move(bodies[at])
                self._follow(bodies, at + 1)

    def _follow(self, bodies: Sequence[Body], start: int) -> None:
        """Add the transfers of the next batch of entries to the resolution that was read last.

        Only entries of the same command are added. At the first entry of another command, the
        resolution is complete and is checked.
        """
        for at in range(start, len(bodies)):
            if self._last is None:
                return
            if bodies[at].part == 0:
                self.check()
            else:
                self._move(bodies[at])

    def _move(self, body: Body) -> None:
        assert self._last is not None
        if body.document != self._last.first.document:
            return
        for source, target, item, _, quantity in body.transfers:
            self._last.moved[item] += quantity * (
                (kind_of(target) is RECEIVED) - (kind_of(source) is RECEIVED)
            )

    def check(self) -> None:
        """Check the latest resolution that was read.

        Raises:
            BooksBroken: the entries of the resolution moved other goods than the report stated.
        """
        last, self._last = self._last, None
        if last is None:
            return
        if last.way == "keep":
            wanted = Counter({i: -n for i, n in self._booked.pop(last.conflict, {}).items()})
        else:
            wanted = self._booked[last.conflict] = self._stated(last)
        found = Counter({item: quantity for item, quantity in last.moved.items() if quantity})
        if found != wanted:
            raise self.reader.broken(
                "transfers", "quantity", last.first.seq, _shown(wanted), _shown(found)
            )

    def _stated(self, decision: _Decision) -> _Goods:
        """Return the reported goods, with packs converted by the sizes in the resolution."""
        sizes = {row.line: row.size for row in decision.first.rows if isinstance(row, PackedLine)}
        goods: _Goods = Counter()
        for number, line in enumerate(self._reported[decision.conflict], 1):
            size = 1 if line.get("pack") is None else sizes.get(number, 0)
            goods[line["item"]] += line["quantity"] * size
        return goods


def _shown(goods: _Goods) -> str:
    return ", ".join(f"{quantity} × {item}" for item, quantity in sorted(goods.items())) or "0"
