"""Commands about donors' promises of goods (pledges), and the needs that claim them."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta, field

from supplies.domain.commands.base import LINE_LIMITS, Command, GoodsLine
from supplies.domain.fields import MAX_LINES, Code, Quantity, Reason, StrictStruct, Text


class Claim(StrictStruct, frozen=True, kw_only=True):
    """A claim (认领): the part of a pledge line that is promised to one need.

    Attributes:
        quantity: The claimed quantity, in base units.
    """

    need: Code
    quantity: Quantity


class PledgeLine(GoodsLine, frozen=True, kw_only=True):
    """The promised quantity of one item, and the needs for which it is promised.

    A pledge has one line per item.
    """

    claims: list[Claim] = field(default_factory=list)


class MakePledge(Command, frozen=True, kw_only=True):
    """Record a donor's promise of goods.

    Attributes:
        due_on: The day by which the goods should arrive; None if no day was given.
        campaign: Code of the campaign or grant for which the goods are promised.
    """

    donor: Code
    lines: Annotated[list[PledgeLine], LINE_LIMITS]
    due_on: date | None = None
    campaign: Code | None = None
    note: Text | None = None


class ClaimNeeds(Command, frozen=True, kw_only=True):
    """Claim parts of a recorded pledge for needs, or drop such claims.

    Attributes:
        claims: The new claims. They must be on parts of the pledge that no need claims yet.
        drop: Claims to drop before the new ones are made.
    """

    pledge: Code  # by path
    claims: Annotated[list[Claim], Meta(max_length=MAX_LINES)] = field(default_factory=list)
    drop: Annotated[list[Claim], Meta(max_length=MAX_LINES)] = field(default_factory=list)
    note: Text | None = None


class DroppedLine(StrictStruct, frozen=True, kw_only=True):
    """A part of a pledge line that is cancelled or did not arrive.

    Attributes:
        quantity: The quantity that is no longer promised, in base units.
        drop: The claims to drop along with this quantity. If None, the part of the line without
            claims is used first. If that is not enough, claims are dropped: those of the least
            urgent needs first, and the newest first among needs of the same urgency.
    """

    line: Annotated[int, Meta(ge=1)]
    quantity: Quantity
    drop: list[Claim] | None = None


class CancelPledge(Command, frozen=True, kw_only=True):
    """Cancel a pledge at the donor's request.

    Attributes:
        lines: The parts to cancel. If None, all that is outstanding is cancelled.
    """

    pledge: Code  # by path
    reason: Reason
    lines: Annotated[list[DroppedLine], LINE_LIMITS] | None = None


class LapsePledge(Command, frozen=True, kw_only=True):
    """End a pledge because the promised goods did not arrive.

    Attributes:
        lines: The parts that did not arrive; None means all that is outstanding.
    """

    pledge: Code  # by path
    reason: Reason
    lines: Annotated[list[DroppedLine], LINE_LIMITS] | None = None
