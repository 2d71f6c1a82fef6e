"""The base class of commands, and the lines of goods that several commands share."""

from __future__ import annotations

from datetime import date

from msgspec import Meta

from supplies.domain.fields import MAX_LINES, Code, Quantity, StrictStruct

LINE_LIMITS = Meta(min_length=1, max_length=MAX_LINES)


class Command(StrictStruct, frozen=True, kw_only=True, tag=True, tag_field="type"):
    """Base class of all commands. In JSON, the field `type` has the name of the command.

    Attributes:
        happened_on: The day of the event; None means today at the station.
        or_earlier: Whether the event may have happened before that day, as in "by 28 February"
            (截至28日). The event is still booked on that day.
    """

    happened_on: date | None = None
    or_earlier: bool = False


class GoodsLine(StrictStruct, frozen=True, kw_only=True):
    """A quantity of an item.

    Attributes:
        quantity: The number of packs, or of base units if `pack` is None.
        pack: The pack in which `quantity` is counted; None means base units.
        pack_size: Base units in each pack, if the content of packs varies. None means the size
            registered for the item.
    """

    item: Code
    quantity: Quantity
    pack: Code | None = None
    pack_size: Quantity | None = None


class LotLine(GoodsLine, frozen=True, kw_only=True):
    """A quantity of an item to take from stock, from one lot or from several.

    Attributes:
        lot: The lot to take; None takes the lots that expire first.
        allow_expired: Whether to take expired lots too.
    """

    lot: Code | None = None
    allow_expired: bool = False


class RecipientLine(LotLine, frozen=True, kw_only=True):
    """Goods that are handed to a recipient, or that are taken back from one.

    Attributes:
        need: The need that the goods meet or, if goods are taken back, the need to reopen. None
            means the most urgent needs or, if goods are taken back, the least urgent ones.
    """

    need: Code | None = None
