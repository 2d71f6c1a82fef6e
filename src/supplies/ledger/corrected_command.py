"""What a command recorded, in the form that its correction needs.

A correction runs the rule of the command again and books only the difference.
"""

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
    """A lot that a line of a command created.

    Attributes:
        lot: Id of the lot; "" while the lot of a corrected line is not chosen yet.
        line: Number of the line, from 1.
        quantity: In base units.
        is_current: Whether the lot is still part of the command after its latest correction.
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
    """Goods of one lot that the command itself set aside for a recipient.

    Attributes:
        quantity: The quantity set aside, in base units.
        moved: The part of the quantity that was dispatched or handed over since. Released goods are
            not part of it.
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
    """All that a command and its earlier corrections recorded.

    Attributes:
        seq: Number of the command's latest entry.
        first: Number of the command's first entry.
        document: Id of the document of the first entry.
        effect: The sum of all changes of each balance.
        by_day: The same changes, by the day under which a correction books their reversal.
        lots: All lots that the command created, the latest first.
        allocations: The allocations that the command made, by recipient.
        earmarks: The goods in `allocations`, line by line.
        found: By balance, the goods of a gift that were already in stock, because a stock count had
            found them as a surplus before the gift was recorded.
        taken_lots: Lots from which the command took goods. The corrected command takes from them
            first.
        packed: Lines with quantities in packs, the latest first.
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
