"""Base class of the command generators: quantities, days, lots and places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

import msgspec

from supplies.domain import commands as c
from supplies.domain.entry_rows import Need
from supplies.domain.expiry import last_day
from support.command_generators.random_source import RandomSource, coin, once_in, pick
from support.ledger_fixture import Clock
from support.reference_model import ReferenceModel

T = TypeVar("T")


@dataclass(frozen=True)
class CatalogueCodes:
    """The codes registered at a station. A code that is repeated is drawn more often.

    Attributes:
        open: Locations from which goods are given out.
        forgettable: People who may be forgotten.
    """

    items: tuple[str, ...]
    donors: tuple[str, ...]
    recipients: tuple[str, ...]
    groups: tuple[str, ...]
    teams: tuple[str, ...]
    open: tuple[str, ...]
    quarantine: str
    forgettable: tuple[str, ...]
    campaign: str = "C-1"

    @property
    def places(self) -> tuple[str, ...]:
        return (*self.open, self.quarantine)


LX_CODES = CatalogueCodes(
    items=("mask", "mask", "mask", "soap"),
    donors=("D-1", "D-2"),
    recipients=("R-1", "R-2", "G-1"),
    groups=("G-1",),
    teams=("T-1", "T-2"),
    open=("store", "store", "annex"),
    quarantine="ward",
    forgettable=("D-2", "R-2"),
)
"""The codes that `ledger_fixture.register_all` registers."""


@dataclass
class GeneratorBase:
    """A random source and the state of the books.

    Attributes:
        commands: The command of each first entry.
        other_model: The books of the station with which goods are exchanged.
        same_database: Whether both stations share a database.
    """

    random: RandomSource
    model: ReferenceModel
    clock: Clock
    commands: dict[int, c.Command]
    codes: CatalogueCodes = LX_CODES
    other_model: ReferenceModel | None = None
    same_database: bool = False

    def choose(self, *options: T) -> T:
        return self.random.choose(options)

    def pick(self, options: Iterable[T]) -> T:
        return pick(self.random, options)

    def number(self, low: int, high: int) -> int:
        return self.random.number(low, high)

    def coin(self) -> bool:
        return coin(self.random)

    def once_in(self, times: int) -> bool:
        return once_in(self.random, times)

    def quantity_up_to(self, available: int) -> int:
        """Return a quantity, which only rarely exceeds the available one."""
        if available <= 0 or self.once_in(20):
            return self.number(1, 40)
        return available if self.coin() else self.number(1, available)

    def day(self, *, often: bool = False) -> date | None:
        """Return a day, usually None (today). If `often` is true, usually an earlier day."""
        seldom = [None] * 16 + [0, 0, 1, 1, 1, 1, 2, 2, 3, 4, 5, -1]
        back = self.random.choose([0, 1, 1, 2, 3, 5] if often else seldom)
        return None if back is None else self.clock.day - timedelta(days=back)

    def expiry(self) -> dict[str, Any]:
        """Return an expiry: None or a day. The last day of a month is given as the month."""
        ahead = self.choose(None, None, 0, 1, 3, 30)
        if ahead is None:
            return {}
        day = self.clock.day + timedelta(days=ahead)
        month = f"{day:%Y-%m}"
        return {"expires_on": day, **({"expires_month": month} if day == last_day(month) else {})}

    def arriving_expiry(self) -> dict[str, Any]:
        """Return the expiry of arriving goods, and where expired goods go.

        Sometimes the latter is left out.
        """
        if not self.once_in(8):
            return self.expiry()
        past = self.clock.day - timedelta(days=self.number(1, 9))
        to: list[dict[str, Any]] = [{"quarantine": self.codes.quarantine}, {"write_off": "expired"}]
        return {"expires_on": past, **self.choose(*to, *to, {})}

    def packed(self, item: str, quantity: int) -> dict[str, Any]:
        pack, size = self.model.packs[item]
        if quantity % size == 0 and self.coin():
            return {"item": item, "quantity": quantity // size, "pack": pack}
        if quantity % 3 == 0 and self.once_in(4):
            return {"item": item, "quantity": 3, "pack": "case", "pack_size": quantity // 3}
        return {"item": item, "quantity": quantity}

    def lot_lines(self, account: str) -> list[c.LotLine]:
        """Return one or two lines of goods in an account."""
        lines = []
        balances = self.model.nonzero_balances(account)
        for _ in range(self.choose(1, 1, 1, 2)):
            if balances and not self.once_in(20):
                key = self.pick(balances)
                _, item, lot = key
                takes_all = self.coin()
                quantity = self.quantity_up_to(
                    self.model.total(account, item) if takes_all else balances[key],
                )
                lines.append(
                    c.LotLine(
                        **self.packed(item, quantity),
                        lot=None if takes_all else lot,
                        allow_expired=self.coin(),
                    )
                )
            else:
                lines.append(
                    c.LotLine(item=self.pick(self.codes.items), quantity=self.quantity_up_to(0))
                )
        return lines

    def named_need(self, item: str, recipient: str | None) -> str | None:
        """Return the need that a line names, which is usually None."""
        needs = [
            need
            for need in self.model.needs(item)
            if recipient in (None, self.model.latest(Need, "need")[need].recipient)
        ]
        return self.pick(needs) if needs and self.once_in(4) else None

    def recipient_lines(self, account: str, recipient: str) -> list[c.RecipientLine]:
        """Return lines of goods that reach a recipient or come back. Some lines name their need."""
        return [
            c.RecipientLine(
                **msgspec.structs.asdict(line), need=self.named_need(line.item, recipient)
            )
            for line in self.lot_lines(account)
        ]

    def shelf(self) -> str:
        """Return a location, usually one with stock."""
        stocked = [key[0].partition(":")[2] for key in self.model.nonzero_balances("stock:")]
        open_ = [place for place in stocked if place != self.codes.quarantine] or stocked
        return self.pick((stocked if self.once_in(10) else open_) or self.codes.open)

    def place(self) -> str:
        return self.pick(self.codes.places)
