"""Documents for those who ask what became of goods: the donor's statement, the public disclosure.

As in `supplies.papers.models` they are exactly what the papers show, and the service's JSON as
well. Nobody who received is named in them; how many they were is said only where they were not few.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from supplies.domain.redaction import Count
from supplies.papers.models import Document, DonorName, GoodsLine, ItemName, StationHead


class StatementLine(Document, frozen=True, kw_only=True):
    """One item of a donor's gifts, in base units: received + repacked = the sum of all places.

    repacked: what came of repacking gifts of another kind. places: by their names on the chart of
    accounts (`accounts.PLACES`), those that are not zero.
    """

    item: str
    name: str
    name_en: str | None
    unit: str
    received: int
    repacked: int
    places: dict[str, int]


class ServedLine(Document, frozen=True, kw_only=True):
    """How many were reached in a month in a community. month: as in 2020-02.

    who: households at their doors, or persons of groups that received together.
    """

    month: str
    community: str | None
    who: Literal["household", "person"]
    count: Count


class WishLine(Document, frozen=True, kw_only=True):
    """What a donor wished for the gifts of one receipt, in their own words."""

    receipt: str
    wish: str


class Departure(Document, frozen=True, kw_only=True):
    """Goods that were set aside as the donor wished or claimed, and then released.

    reason None: it was erased at someone's wish. by: who released them.
    """

    day: date
    item: str
    name: str
    name_en: str | None
    unit: str
    quantity: int
    reason: str | None
    by: str


class DonorStatement(Document, frozen=True, kw_only=True):
    """What became of all that a donor gave in a period, as it stood at the end of its last day."""

    station: str
    donor: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    as_of_seq: int
    receipts: list[str]
    goods: list[StatementLine]
    served: list[ServedLine]
    wishes: list[WishLine]
    departures: list[Departure]


class DonorStatementPaper(Document, frozen=True, kw_only=True):
    """The statement as it is printed. printed_at: in the station's zone."""

    station: StationHead
    donor: DonorName
    statement: DonorStatement
    printed_at: datetime


class GivenLine(Document, frozen=True, kw_only=True):
    """What came in of one item from one source. name None: a donor who is not named in public.

    source: as the chart of accounts names it; only donors are named, each as they consented.
    """

    source: str
    name: str | None
    item: str
    quantity: int


class WentLine(Document, frozen=True, kw_only=True):
    """What was handed over of one item in one community, and to how many."""

    community: str | None
    who: Literal["household", "person"]
    item: str
    quantity: int
    count: Count


class Disclosure(Document, frozen=True, kw_only=True):
    """公示: what was received from whom, where it went, and that it adds up."""

    station: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    as_of_seq: int
    received: list[GivenLine]
    handed_over: list[WentLine]
    goods: list[GoodsLine]


class DisclosurePaper(Document, frozen=True, kw_only=True):
    """The disclosure as it is put up. names: of each item, by its code."""

    station: StationHead
    disclosure: Disclosure
    names: dict[str, ItemName]
    printed_at: datetime
