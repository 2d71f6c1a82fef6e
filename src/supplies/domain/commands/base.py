"""The base class of commands, and the types of lines that several commands share."""

from __future__ import annotations

from datetime import date

from msgspec import Meta

from supplies.domain.fields import MAX_LINES, Code, Quantity, StrictStruct

LINE_LIMITS = Meta(min_length=1, max_length=MAX_LINES)


class Command(StrictStruct, frozen=True, kw_only=True, tag=True, tag_field="type"):
    """Base class of all commands. In JSON, the field `type` contains the name of the command.

    Attributes:
        happened_on: The day of the event; None means today at the station.
        or_earlier: Whether the event may also have happened before `happened_on`, as in "by 28
            February" (截至28日). The event is booked on `happened_on` in either case.
    """

    happened_on: date | None = None
    or_earlier: bool = False


class GoodsLine(StrictStruct, frozen=True, kw_only=True):
    """A quantity of one item.

    Attributes:
        quantity: The number of packs, or of base units if `pack` is None.
        pack: The kind of pack that `quantity` counts; None means base units.
        pack_size: Number of base units in each pack, if the content of such packs varies. None
            means the size that is registered for the item.
    """

    item: Code
    quantity: Quantity
    pack: Code | None = None
    pack_size: Quantity | None = None


class LotLine(GoodsLine, frozen=True, kw_only=True):
    """A quantity of one item to take from stock.

    Attributes:
        lot: The lot to take from. If None, the lots that expire first are taken.
        allow_expired: Whether to take expired lots too.
    """

    lot: Code | None = None
    allow_expired: bool = False


class RecipientLine(LotLine, frozen=True, kw_only=True):
    """A quantity of one item to hand to a recipient, or to take back from the recipient.

    Attributes:
        need: The need that handed-out goods meet, or that is open again after goods were taken
            back. None means the most urgent needs when goods are handed out, and the least urgent
            ones when goods are taken back.
    """

    need: Code | None = None
