"""The donor statement: where all that a donor gave is now."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from supplies.domain.redaction import RedactedCount
from supplies.papers.common import DonorName, PaperPart, StationHead


class StatementLine(PaperPart, frozen=True, kw_only=True):
    """One item of a donor's gifts, in base units. received + repacked = the sum of all places.

    repacked: the quantity made by repacking gifts of other items. places: quantities by name of
    `accounts.PLACES`, without zeros.
    """

    item: str
    name: str
    name_en: str | None
    unit: str
    received: int
    repacked: int
    places: dict[str, int]


class PeopleReachedLine(PaperPart, frozen=True, kw_only=True):
    """How many people were reached in a community in one month. month: as in 2020-02.

    who: what is counted: households, or persons of groups.
    """

    month: str
    community: str | None
    who: Literal["household", "person"]
    count: RedactedCount


class WishLine(PaperPart, frozen=True, kw_only=True):
    """The donor's wish for the gifts of one receipt, in the donor's own words."""

    receipt: str
    wish: str


class WishDeviation(PaperPart, frozen=True, kw_only=True):
    """Goods that were allocated by the donor's wish or claim, and released later.

    reason: None if it was erased. by: the user who released them.
    """

    day: date
    item: str
    name: str
    name_en: str | None
    unit: str
    quantity: int
    reason: str | None
    by: str


class DonorStatement(PaperPart, frozen=True, kw_only=True):
    """Where everything that a donor gave in a period was at the end of its last day."""

    station: str
    donor: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    as_of_seq: int
    receipts: list[str]
    goods: list[StatementLine]
    served: list[PeopleReachedLine]
    wishes: list[WishLine]
    departures: list[WishDeviation]


class DonorStatementPaper(PaperPart, frozen=True, kw_only=True):
    """The statement as printed. printed_at: in the station's time zone."""

    station: StationHead
    donor: DonorName
    statement: DonorStatement
    printed_at: datetime
