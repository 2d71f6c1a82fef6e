"""Records of the catalogue: items, donors, recipients, locations, teams, stations."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from supplies.domain.fields import MAX_QUANTITY, BarcodeText, Code, Count, Label, Quantity, Text
from supplies.errors import template

MAX_NAMES = 50
"""Maximum number of aliases of an item, and maximum number of its barcodes."""


class CatalogueRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base class of catalogue records: things and people that have a code in the books.

    All records except stations have the field `retired`. A retired record is not offered for new
    plans, but facts about it can still be recorded.

    Attributes:
        table: Name of the database table for records of this class.
    """

    table: ClassVar[str]

    code: Code


class Barcode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A barcode of an item.

    Attributes:
        code: The code as printed under the bars. Only the trade item number (GTIN) of a GS1 code is
            kept.
        pack: The pack on which the barcode is printed; None means a single base unit.
    """

    code: BarcodeText
    pack: Code | None = None


class LargerUnit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A unit in which people read large quantities, such as kg for an item counted in g.

    Attributes:
        size: Number of base units in one larger unit: a power of ten, so that every quantity is an
            exact decimal number of larger units.
    """

    unit: Code
    size: Quantity


class Item(CatalogueRecord, frozen=True, kw_only=True):
    """A kind of goods.

    Attributes:
        unit: The base unit, which cannot change once goods of the item have moved.
        category: The group of goods to which the item belongs, such as `protection`. Any code is
            allowed; `relief_goods.toml` contains common ones.
        packs: Number of base units in each kind of pack, by the code of the pack: {"box50": 50}.
        name_en: English name; None if there is none.
        aliases: Other names of the item, in any language.
        minimum: Minimum stock in base units. An alert is raised if the unallocated stock is
            smaller. None means no alert.
        needs_batch, needs_expiry: Whether to warn about goods that arrive without a batch or
            without an expiry.
        shown_unit: A larger unit in which people read quantities. Stored quantities are always in
            base units.
    """

    table = template("items")

    name: Label
    name_en: Label | None = None
    unit: Code = "piece"
    category: Label | None = None
    packs: dict[Code, Annotated[int, Meta(ge=1, le=MAX_QUANTITY)]] = {}
    barcodes: Annotated[list[Barcode], Meta(max_length=MAX_NAMES)] = []
    aliases: Annotated[list[Label], Meta(max_length=MAX_NAMES)] = []
    minimum: Quantity | None = None
    retired: bool = False
    needs_batch: bool = False
    needs_expiry: bool = False
    shown_unit: LargerUnit | None = None


def missing_labels(
    item: Item, batch: str | None, expires_on: date | None
) -> list[Literal["batch", "expiry"]]:
    """Return which required labels the arrived goods lack: batch, expiry, or both."""
    missing: list[Literal["batch", "expiry"]] = []
    if item.needs_batch and batch is None:
        missing.append("batch")
    if item.needs_expiry and expires_on is None:
        missing.append("expiry")
    return missing


class Donor(CatalogueRecord, frozen=True, kw_only=True):
    """A person or organisation that gives goods.

    Attributes:
        name: None if it was erased.
        publish: How the name may be published: in full, the family name only, or not at all. A name
            is never published without consent (Charity Law of China, 2023, art. 82).
        consent_on: The day on which the donor consented to `publish`; None if unknown.
    """

    table = template("donors")

    name: Label | None = None
    name_en: Label | None = None
    kind: Literal["person", "organisation"] = "person"
    phone: Label | None = None
    address: Label | None = None
    publish: Literal["name", "family_name", "no"] = "no"
    note: Text | None = None
    retired: bool = False
    consent_on: date | None = None


class Recipient(CatalogueRecord, frozen=True, kw_only=True):
    """A household, a group that receives goods together, or an institution such as a hospital.

    Attributes:
        name: None if it was erased. Papers do not mask the name of an institution, because it names
            no person.
        community: Code of a `Community`, which need not be registered.
        access: How the delivery team gets to the door, such as "knock slowly"; never a diagnosis.
        persons: How many people live in the household or belong to the group; None if unknown.
        age_bands: Number of persons in each age band, as in {"0-6": 1, "60-": 2}. None if unknown,
            or erased.
        collectors: Names of people who may collect goods for the recipient. None if there are none,
            or if the names were erased.
        consent_on: The day on which the recipient consented to the use of personal data; None if
            unknown.
    """

    table = template("recipients")

    name: Label | None = None
    kind: Literal["household", "group", "institution"] = "household"
    community: Code | None = None
    phone: Label | None = None
    address: Label | None = None
    access: Label | None = None
    note: Text | None = None
    retired: bool = False
    persons: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    age_bands: Annotated[dict[Code, Count], Meta(max_length=20)] | None = None
    collectors: Annotated[list[Label], Meta(max_length=20)] | None = None
    consent_on: date | None = None


class Location(CatalogueRecord, frozen=True, kw_only=True):
    """A place where goods are stored.

    Attributes:
        quarantine: Whether goods here must be neither allocated nor handed out.
    """

    table = template("locations")

    name: Label
    name_en: Label | None = None
    quarantine: bool = False
    retired: bool = False


class Team(CatalogueRecord, frozen=True, kw_only=True):
    """The people who carry deliveries together.

    Attributes:
        counter: Code of the location whose unallocated goods the phones of the team may hand out.
            None if the team only delivers.
    """

    table = template("teams")

    name: Label
    retired: bool = False
    counter: Code | None = None


class Community(CatalogueRecord, frozen=True, kw_only=True):
    """A neighbourhood (社区). Reports do not show addresses, only communities.

    A recipient's community need not be registered. Reports show the code of an unregistered one.
    """

    table = template("communities")

    name: Label
    name_en: Label | None = None
    retired: bool = False


class Campaign(CatalogueRecord, frozen=True, kw_only=True):
    """A campaign or grant from which goods come. A report follows its goods.

    Attributes:
        note: A remark that all readers see, such as the number of the grant.
    """

    table = template("campaigns")

    name: Label
    name_en: Label | None = None
    note: Label | None = None
    retired: bool = False


DEFAULT_HOST = "http://127.0.0.1:8000"
"""The host of stations that have not set one. Only browsers on the same computer can open it."""


class Station(CatalogueRecord, frozen=True, kw_only=True):
    """A station, with the details that are printed on its papers.

    Attributes:
        zone: IANA time zone, in which the station's days begin and end.
        series: Prefix of receipt numbers.
        credit_code: Unified social credit code (统一社会信用代码).
        host: The beginning of the URLs in QR codes, such as https://example.org.
    """

    table = template("stations")

    name: Label
    name_en: Label | None = None
    zone: Annotated[str, Meta(max_length=64)] = "Asia/Shanghai"
    series: Annotated[str, Meta(pattern=r"^[A-Z0-9]{1,8}$(?!\n)")] = "JZ"
    credit_code: Label | None = None
    address: Label | None = None
    phone: Label | None = None
    host: Label = DEFAULT_HOST


CATALOGUE_RECORDS: tuple[type[CatalogueRecord], ...] = (
    Item,
    Donor,
    Recipient,
    Location,
    Team,
    Community,
    Campaign,
)
