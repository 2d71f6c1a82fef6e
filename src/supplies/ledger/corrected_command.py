"""Describe what a command has recorded, so that it can be corrected.

To correct a command, its rule runs again on the corrected version, and only the difference is
booked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from supplies.domain.accounts import ALLOCATED, keys_of, kind_of
from supplies.domain.entry_rows import (
    Allocation,
    Lot,
    PackedLine,
)
from supplies.ledger.balance_changes import Key


@dataclass(frozen=True, slots=True)
class CreatedLot:
    """A lot that was created by a line of a command.

    Attributes:
        lot: Id of the lot; "" while the lot of a corrected line is not chosen yet.
        line: Number of the line, from 1.
        quantity: In base units.
        is_current: Whether the latest version of the command contains the lot.
    """

    lot: str
    line: int
    item: str
    batch: str | None
    expires_on: date | None
    quantity: int
    value_minor: int | None = None
    currency: str | None = None
    pledge: str | None = None
    recipient: str | None = None
    is_current: bool = True


@dataclass(frozen=True, slots=True)
class Earmark:
    """Goods of one lot that a command set aside for a recipient when the goods arrived.

    Attributes:
        quantity: The quantity set aside, in base units.
        moved: The part of the quantity that has since been dispatched or handed over. Released
            goods do not count.
    """

    allocation: str
    recipient: str
    item: str
    lot: str
    need: str | None
    quantity: int
    moved: int


class EarmarksToCome(NamedTuple):
    """Goods that the original command set aside, but that the correction has not drafted again.

    These are the goods of all lots that no drafted arrival contains yet.

    Attributes:
        of_lot: The goods of one lot.
        served: The quantity of all lots by need, in base units.
        moved: The part of `served` that has been dispatched or handed over.
    """

    of_lot: Sequence[Earmark]
    served: Mapping[str, int]
    moved: Mapping[str, int]


class Earmarks:
    """The goods that the original command set aside, while a correction drafts them again."""

    def __init__(self, earmarks: Iterable[Earmark]) -> None:
        self._by_lot: dict[str, list[Earmark]] = defaultdict(list)
        self._arrived: set[str] = set()
        self._served, self._moved = Counter[str](), Counter[str]()
        for earmark in earmarks:
            self._by_lot[earmark.lot].append(earmark)
            if earmark.need is not None:
                self._served[earmark.need] += earmark.quantity
                self._moved[earmark.need] += earmark.moved

    def of_lot(self, lot: str) -> Sequence[Earmark]:
        """Return the goods of a lot that the original command set aside when they arrived."""
        return self._by_lot.get(lot, ())

    def to_come(self, lot: str, arrived: Set[str]) -> EarmarksToCome:
        """Return the goods that are not drafted again yet.

        Args:
            lot: The lot for the attribute `of_lot` of the result.
            arrived: The lots that arrive, according to the drafted entries.
        """
        for each in arrived - self._arrived:
            for earmark in self.of_lot(each):
                if earmark.need is not None:
                    self._served[earmark.need] -= earmark.quantity
                    self._moved[earmark.need] -= earmark.moved
        self._arrived |= arrived
        of_lot = () if lot in arrived else self.of_lot(lot)
        return EarmarksToCome(of_lot, self._served, self._moved)


@dataclass(frozen=True)
class CorrectedCommand:
    """What the command to correct and its earlier corrections have recorded.

    Attributes:
        seq: Number of the first entry of the latest correction, or of the command if there is none.
        first: Number of the command's first entry.
        document: Id of the document to which the command's first entry belongs, or None.
        effect: The net change of each balance.
        by_day: The net change of each balance on each day. A change on a closed day counts on the
            first open day, because a correction can book only there.
        lots: All lots that were created, the latest first.
        allocations: The allocations that were made, by recipient.
        earmarks: The goods in `allocations`, line by line.
        found: If a stock count found goods of a gift as a surplus before the gift was recorded, the
            quantity of these goods in each balance.
        taken_lots: Lots from which goods were taken. The corrected version takes from them first.
        packed: The lines whose quantity was given in packs, the latest recorded first.
        described: The latest description of each lot in `lots`, by lot id.
    """

    seq: int
    first: int
    document: str | None
    kind: str
    effect: Mapping[Key, int]
    by_day: Mapping[Key, Mapping[date, int]] = field(default_factory=dict)
    lots: Sequence[CreatedLot] = ()
    allocations: Mapping[str, list[Allocation]] = field(default_factory=dict)
    earmarks: Sequence[Earmark] = ()
    found: Mapping[Key, int] = field(default_factory=dict)
    taken_lots: frozenset[str] = frozenset()
    packed: Sequence[PackedLine] = ()
    described: Mapping[str, Lot] = field(default_factory=dict)

    @cached_property
    def changed_accounts(self) -> frozenset[str]:
        """The accounts with a balance in `effect`."""
        return frozenset(account for account, _, _ in self.effect)

    @cached_property
    def locations_of_allocations(self) -> frozenset[str]:
        """The locations where the command changed the quantities that are set aside."""
        return frozenset(
            keys_of(account)[1]
            for account in self.changed_accounts
            if kind_of(account) is ALLOCATED
        )
