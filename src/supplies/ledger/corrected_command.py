"""What a command that is being corrected has recorded so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from supplies.domain.entry_rows import (
    Allocation,
    Lot,
    PackedLine,
)
from supplies.ledger.balance_changes import Key


@dataclass(frozen=True, slots=True)
class CreatedLot:
    """A line of the command that is being corrected, with the lot that the line created.

    is_current: whether the command's latest entry still contains the lot.
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
    """Goods of one lot that the corrected command itself allocated.

    moved: the quantity that was dispatched or handed over since and cannot come back. It does not
    include goods that were released.
    """

    allocation: str
    recipient: str
    item: str
    lot: str
    need: str | None
    quantity: int
    moved: int


@dataclass(frozen=True, slots=True)
class CorrectedCommand:
    """The effects so far of a command that is being corrected.

    seq: number of its latest entry. first: number of its first entry. document: the document of its
    first entry. effect: its net changes of balances. by_day: the same changes by the day on which a
    correction undoes them. lots: all lots that it created, the latest first. allocations: the
    allocations that it made, by recipient. earmarks: the goods in these allocations. taken_lots:
    lots from which it took goods. A correction takes from these lots first. packed: its lines that
    counted packs, the latest first. found: for a gift that settled the surplus of counts, the
    surplus settled, by account, item and lot. described: the latest description of each of `lots`,
    by id.
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
