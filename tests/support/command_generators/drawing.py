"""What all drawing of commands shares: figures, days, lots and places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from supplies.domain import commands as c
from support.command_generators.chance import Chance, coin, once_in, pick
from support.ledger_fixture import Clock
from support.reference_model import PlainBooks

T = TypeVar("T")

PACKS = {"mask": ("ten", 10), "soap": ("six", 6)}
"""A pack of each item, and what is in it."""


@dataclass(frozen=True)
class Cast:
    """Who and what there is at a station; what is named twice is drawn twice as often.

    open: places from which goods are given out. forgettable: the people who may be forgotten.
    """

    items: tuple[str, ...]
    donors: tuple[str, ...]
    recipients: tuple[str, ...]
    groups: tuple[str, ...]
    teams: tuple[str, ...]
    open: tuple[str, ...]
    quarantine: str
    forgettable: tuple[str, ...]

    @property
    def places(self) -> tuple[str, ...]:
        return (*self.open, self.quarantine)


DESK = Cast(
    items=("mask", "mask", "mask", "soap"),
    donors=("D-1", "D-2"),
    recipients=("R-1", "R-2", "G-1"),
    groups=("G-1",),
    teams=("T-1", "T-2"),
    open=("store", "store", "annex"),
    quarantine="ward",
    forgettable=("D-2", "R-2"),
)
"""What `station.register_all` enters."""


def units(line: c.GoodsLine) -> int:
    """How many base units a line is of."""
    return line.quantity * (1 if line.pack is None else dict(PACKS.values())[line.pack])


@dataclass
class Drawing:
    """A chance, and what stands in the books.

    given: the command of each head entry. elsewhere: the books of the station that goods are sent
    to and come from. together: whether they are in the same database.
    """

    chance: Chance
    plain: PlainBooks
    clock: Clock
    given: dict[int, c.Command]
    cast: Cast = DESK
    elsewhere: PlainBooks | None = None
    together: bool = False

    def of(self, *options: T) -> T:
        return self.chance.of(options)

    def pick(self, options: Iterable[T]) -> T:
        return pick(self.chance, options)

    def number(self, low: int, high: int) -> int:
        return self.chance.number(low, high)

    def coin(self) -> bool:
        return coin(self.chance)

    def once_in(self, times: int) -> bool:
        return once_in(self.chance, times)

    def some(self, there: int) -> int:
        """A quantity, mostly no more than there is."""
        if there <= 0 or self.once_in(20):
            return self.number(1, 40)
        return there if self.coin() else self.number(1, there)

    def day(self, *, often: bool = False) -> date | None:
        """Mostly today, which is not said; `often`: mostly an earlier day."""
        seldom = [None] * 16 + [0, 0, 1, 1, 1, 1, 2, 2, 3, 4, 5, -1]
        back = self.chance.of([0, 1, 1, 2, 3, 5] if often else seldom)
        return None if back is None else self.clock.day - timedelta(days=back)

    def expiry(self) -> date | None:
        ahead = self.of(None, None, 0, 1, 3, 30)
        return None if ahead is None else self.clock.day + timedelta(days=ahead)

    def packed(self, item: str, quantity: int) -> dict[str, Any]:
        pack, size = PACKS[item]
        if quantity % size == 0 and self.coin():
            return {"item": item, "quantity": quantity // size, "pack": pack}
        return {"item": item, "quantity": quantity}

    def lot_lines(self, account: str) -> list[c.LotLine]:
        """One or two lines of what stands in an account."""
        lines = []
        there = self.plain.held(account)
        for _ in range(self.of(1, 1, 1, 2)):
            if there and not self.once_in(20):
                key = self.pick(there)
                _, item, lot = key
                whole = self.coin()
                quantity = self.some(
                    self.plain.total(account, item) if whole else there[key],
                )
                lines.append(
                    c.LotLine(
                        **self.packed(item, quantity),
                        lot=None if whole else lot,
                        allow_expired=self.coin(),
                    )
                )
            else:
                lines.append(c.LotLine(item=self.pick(self.cast.items), quantity=self.some(0)))
        return lines

    def shelf(self) -> str:
        """A place, mostly one where something stands."""
        stocked = [key[0].partition(":")[2] for key in self.plain.held("stock:")]
        open_ = [place for place in stocked if place != self.cast.quarantine] or stocked
        return self.pick((stocked if self.once_in(10) else open_) or self.cast.open)

    def place(self) -> str:
        return self.pick(self.cast.places)
