"""The donor statement: what became of all that a donor gave."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from supplies.domain.redaction import RedactedCount
from supplies.papers.common import DonorName, PaperPart, StationHead


class StatementLine(PaperPart, frozen=True, kw_only=True):
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


class PeopleReachedLine(PaperPart, frozen=True, kw_only=True):
    """How many were reached in a month in a community. month: as in 2020-02.

    who: households at their doors, or persons of groups that received together.
    """

    month: str
    community: str | None
    who: Literal["household", "person"]
    count: RedactedCount


class WishLine(PaperPart, frozen=True, kw_only=True):
    """The donor's wish for the gifts of one receipt, in their own words."""

    receipt: str
    wish: str


class WishDeviation(PaperPart, frozen=True, kw_only=True):
    """Goods allocated as the donor wished or claimed, and then released.

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


class DonorStatement(PaperPart, frozen=True, kw_only=True):
    """Where all that a donor gave in a period was at the end of its last day."""

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
    """The statement as it is printed. printed_at: in the station's zone."""

    station: StationHead
    donor: DonorName
    statement: DonorStatement
    printed_at: datetime
