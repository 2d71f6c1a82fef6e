"""Commands that set goods aside for recipients, release them, or record their collection."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from supplies.domain.commands.base import LINE_LIMITS, Command, GoodsLine
from supplies.domain.fields import Code, Quantity, Reason, StrictStruct, Text


class LotPart(StrictStruct, frozen=True, kw_only=True):
    """A quantity in base units to take from one lot for an allocation line."""

    lot: Code
    quantity: Quantity


class AllocationLine(GoodsLine, frozen=True, kw_only=True):
    """A quantity of one item to set aside.

    Attributes:
        need: The need that the goods are for; None means the recipient's most urgent need of the
            item. If the open quantity of the need is too small, claims of the need on pledges are
            dropped, because these goods take the place of the promised ones.
        lots: The lots to take, with their quantities. If None, the lots that expire first are
            taken.
        allow_expired: Whether to take expired lots too.
    """

    need: Code | None = None
    lots: Annotated[list[LotPart], LINE_LIMITS] | None = None
    allow_expired: bool = False


class Allocate(Command, frozen=True, kw_only=True):
    """Set aside goods at one location for one recipient."""

    recipient: Code
    location: Code
    lines: Annotated[list[AllocationLine], LINE_LIMITS]
    note: Text | None = None


class ReleasedLine(StrictStruct, frozen=True, kw_only=True):
    """A quantity to release from one line of an allocation, in base units."""

    line: Annotated[int, Meta(ge=1)]
    quantity: Quantity


class Release(Command, frozen=True, kw_only=True):
    """Return allocated goods to unallocated stock.

    Attributes:
        lines: The quantities to release. If None, all that is still allocated is released.
    """

    allocation: Code  # by path
    reason: Reason
    lines: Annotated[list[ReleasedLine], LINE_LIMITS] | None = None


class AllocationPart(StrictStruct, frozen=True, kw_only=True):
    """A quantity to take from one line of an allocation, in base units."""

    line: Annotated[int, Meta(ge=1)]
    quantity: Quantity


ReceivedBy = Literal["self", "family", "neighbour", "guard", "door"]


class CollectAllocation(Command, frozen=True, kw_only=True):
    """Record that a household fetched goods of its allocation at the counter.

    The goods meet the needs for which they were set aside. Goods that were not collected stay set
    aside.

    Attributes:
        lines: The quantities that were collected; None means all that is still set aside.
        allow_expired: Whether expired goods may be handed over too.
    """

    allocation: Code  # by path
    lines: Annotated[list[AllocationPart], LINE_LIMITS] | None = None
    received_by: ReceivedBy | None = None
    allow_expired: bool = False
    note: Text | None = None
