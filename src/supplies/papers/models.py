"""Exactly what a paper shows, as structs: no query and no drawing.

A frozen document is stored as JSON with its receipt's number; joined with what only the printing
knows (entry, check code, marks) it becomes a paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import msgspec


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Part of a paper."""


Languages = Literal["zh+en", "zh", "en"]
"""What a paper is written in: Chinese with English beneath, or one of them alone."""


class Said(Document, frozen=True, kw_only=True):
    """The same thing in Chinese and in English."""

    zh: str
    en: str


class StationHead(Document, frozen=True, kw_only=True):
    """Who issues the paper, as its settings stood that day. logo: a PNG, base64; None: none."""

    code: str
    name: str
    name_en: str | None
    credit_code: str | None
    address: str | None
    phone: str | None
    host: str
    logo: str | None = None
    languages: Languages = "zh+en"


class DonorName(Document, frozen=True, kw_only=True):
    """The donor as the paper names them; name None is an anonymous gift. phone: masked."""

    code: str | None
    name: str | None
    name_en: str | None
    phone: str | None


class Amount(Document, frozen=True, kw_only=True):
    """Money in minor units of a currency."""

    minor: int
    currency: str


class ReceiptLine(Document, frozen=True, kw_only=True):
    """Goods received, in base units. in_words: Chinese financial numerals; in_words_en English.

    value: None where none is printed.
    """

    name: str
    name_en: str | None
    unit: str
    quantity: int
    in_words: str
    in_words_en: str
    batch: str | None
    expires_on: date | None
    value: Amount | None = None


class DonationReceipt(Document, frozen=True, kw_only=True):
    """捐赠物资接收凭证: what a receipt freezes when it takes its number.

    received_on: the day of the gift; the first and last where it covers several.
    wish: the donor's own words, None if they had none. checked_by: 复核人. agreement: number of the
    donation agreement. fiscal_ticket: number of a fiscal ticket that a partner charity issued.
    statement: None in documents frozen before it was a setting.
    """

    number: str
    issued_on: date
    station: StationHead
    donor: DonorName
    donations: list[str]
    received_on: date
    received_until: date
    location: str
    handled_by: str
    wish: str | None
    lines: list[ReceiptLine]
    replaces: list[str]
    checked_by: str | None = None
    agreement: str | None = None
    fiscal_ticket: str | None = None
    statement: Said | None = None


class Proof(Document, frozen=True, kw_only=True):
    """What joins a paper to the books: its entry, and the code that the QR carries.

    url: where the QR leads. replaced_by: None unless a newer receipt replaces this one.
    """

    seq: int
    hash: str
    digest: str
    check_code: str
    url: str
    void_on: date | None = None
    void_reason: str | None = None
    replaced_by: str | None = None
    copy: int | None = None
    copied_on: date | None = None


class ReceiptPaper(Document, frozen=True, kw_only=True):
    """A donation receipt as it is printed."""

    document: DonationReceipt
    proof: Proof


class EntryPlace(Document, frozen=True, kw_only=True):
    """Where in the books an entry stands: its number, and its hash in hex."""

    seq: int
    hash: str


class Marks(Document, frozen=True, kw_only=True):
    """What a later printing adds to a receipt. An original has none; nothing of it is signed."""

    void_on: date | None = None
    void_reason: str | None = None
    replaced_by: str | None = None
    copy: int | None = None
    copied_on: date | None = None


class ReceiptRecord(Document, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The machine-readable receipt that is attached inside its own PDF.

    document: the frozen document, exactly the text whose bytes were digested. digest: SHA-256 of
    salt and document, hex, as salt is. public_key, signature: Ed25519, base64; what is signed is
    told by `supplies.signing.receipt_signatures.signed`. drawn_by: the program whose page this is.
    """

    format: Literal["supplies-receipt-1"] = "supplies-receipt-1"
    number: str
    issued_on: date
    digest: str
    salt: str
    document: str
    entry: EntryPlace
    check_code: str
    key_id: str
    public_key: str
    signature: str
    marks: Marks = Marks()
    drawn_by: str = ""


class SlipLine(Document, frozen=True, kw_only=True):
    """Goods for one door."""

    name: str
    name_en: str | None
    unit: str
    quantity: int
    batch: str | None
    expires_on: date | None


class DeliverySlip(Document, frozen=True, kw_only=True):
    """What a courier carries to one door: masked name and telephone, full door number."""

    delivery: str
    allocation: str
    stop: int
    stops: int
    station: StationHead
    team: str
    day: date
    recipient: str
    name: str
    phone: str | None
    address: str | None
    access: str | None
    lines: list[SlipLine]


class LoadLine(Document, frozen=True, kw_only=True):
    """Goods of one lot that a team loads at one place, for all its stops together."""

    name: str
    name_en: str | None
    unit: str
    lot: str
    batch: str | None
    expires_on: date | None
    location: str
    quantity: int


class RunStop(Document, frozen=True, kw_only=True):
    """One door of a round, as the sheet of the whole round names it: masked, with its address."""

    stop: int
    recipient: str
    name: str
    phone: str | None
    address: str | None
    lines: list[SlipLine]


class RunSheet(Document, frozen=True, kw_only=True):
    """出车单: what a team takes along, where it goes, and who signs for it."""

    delivery: str
    station: StationHead
    team: str
    day: date
    load: list[LoadLine]
    stops: list[RunStop]


WORKERS, CONTACTS, VISITS = "worker", "contact", "visit"
"""The kinds of activity that a station report counts by name."""


class ActivityLine(Document, frozen=True, kw_only=True):
    """Work of one kind over a period."""

    kind: str
    count: int


class GoodsLine(Document, frozen=True, kw_only=True):
    """One item over a period, in base units.

    opening + received − handed_over − used − lost − unexplained − other = on_hand + in_transit;
    allocated is the part of on_hand that is set aside. Over an organisation, goods between two of
    its stations are in opening and in_transit, and neither received nor other.
    """

    item: str
    unit: str
    opening: int
    received: int
    handed_over: int
    used: int
    lost: int
    unexplained: int
    other: int
    on_hand: int
    allocated: int
    in_transit: int


class ShortLine(Document, frozen=True, kw_only=True):
    """An item of which more is needed than is free, at the period's end, in base units."""

    item: str
    needed: int
    free: int


class StationReport(Document, frozen=True, kw_only=True):
    """The station's work over a period, both days inclusive, computed from the books."""

    station: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    as_of_seq: int
    workers: int
    contacts: int
    visits: int
    households_surveyed: int
    households_fully_met: int
    notices_posted: int
    activities: list[ActivityLine]
    goods: list[GoodsLine]
    short: Sequence[ShortLine]


class ShortInUnit(ShortLine, frozen=True, kw_only=True):
    """The same over stations, of which one may count in bottles and another in mL."""

    unit: str


class StationAsOf(Document, frozen=True, kw_only=True):
    """A station whose work is in a report, and the last entry that it knew of."""

    station: str
    name: str
    name_en: str | None
    as_of_seq: int


class OrganisationReport(StationReport, frozen=True, kw_only=True):
    """The work of all stations of an organisation, as that of its head with theirs added.

    Each station is read at a moment of its own. goods: by item and unit; its equation holds as
    it does for each station. short: items of which all stations together have less than they need.
    """

    short: Sequence[ShortInUnit]
    stations: list[StationAsOf]


class ItemName(Document, frozen=True, kw_only=True):
    """What an item's code is called."""

    name: str
    name_en: str | None


class StationReportPaper(Document, frozen=True, kw_only=True):
    """The station report as it is printed: with who reports, and when.

    names: of each item, by its code. printed_at: in the station's zone.
    """

    station: StationHead
    report: StationReport
    names: dict[str, ItemName]
    printed_at: datetime


class OrganisationReportPaper(StationReportPaper, frozen=True, kw_only=True):
    """The same over an organisation, by the station at its head."""

    report: OrganisationReport
