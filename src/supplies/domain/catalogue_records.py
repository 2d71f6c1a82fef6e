"""Catalogue records: items, donors, recipients, locations, teams, stations."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from supplies.domain.fields import MAX_QUANTITY, Code, Label, Text


class CatalogueRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A thing or person with a code. table: name of its table."""

    table: ClassVar[str]

    code: Code


class Item(CatalogueRecord, frozen=True, kw_only=True):
    """A kind of goods.

    unit: its base unit; it cannot change once goods have moved. packs: base units in each pack, by
    code: {"box50": 50}. name_en: English name; None if there is none.
    """

    table = "items"

    name: Label
    name_en: Label | None = None
    unit: Code = "piece"
    category: Code | None = None
    packs: dict[Code, Annotated[int, Meta(ge=1, le=MAX_QUANTITY)]] = {}


class Donor(CatalogueRecord, frozen=True, kw_only=True):
    """A donor. name: None if erased.

    publish: whether the name may be published: in full, the family name only, or not at all
    (Charity Law of China, 2023, art. 82: never without consent).
    """

    table = "donors"

    name: Label | None = None
    name_en: Label | None = None
    kind: Literal["person", "organisation"] = "person"
    phone: Label | None = None
    address: Label | None = None
    publish: Literal["name", "family_name", "no"] = "no"
    note: Text | None = None


class Recipient(CatalogueRecord, frozen=True, kw_only=True):
    """A household, a group that receives together, or an institution such as a hospital.

    name: None if erased. The name of an institution is not masked on papers: it names no person.
    community: code of the neighbourhood, the only location in reports. access: how to reach the
    door ("knock slowly"), never a diagnosis.
    """

    table = "recipients"

    name: Label | None = None
    kind: Literal["household", "group", "institution"] = "household"
    community: Code | None = None
    phone: Label | None = None
    address: Label | None = None
    access: Label | None = None
    note: Text | None = None


class Location(CatalogueRecord, frozen=True, kw_only=True):
    """A storage place. quarantine: goods here are neither allocated nor handed out."""

    table = "locations"

    name: Label
    name_en: Label | None = None
    quarantine: bool = False


class Team(CatalogueRecord, frozen=True, kw_only=True):
    """A delivery team."""

    table = "teams"

    name: Label


DEFAULT_HOST = "http://127.0.0.1:8000"
"""Address of the service until a station sets one. Only this computer can open it."""


class Station(CatalogueRecord, frozen=True, kw_only=True):
    """A station, with the details that its papers print.

    zone: IANA time zone, which determines its days. series: prefix of receipt numbers. credit_code:
    统一社会信用代码. host: beginning of the URL in QR codes, as in https://example.org.
    """

    table = "stations"

    name: Label
    name_en: Label | None = None
    zone: Annotated[str, Meta(max_length=64)] = "Asia/Shanghai"
    series: Annotated[str, Meta(pattern=r"^[A-Z0-9]{1,8}$(?!\n)")] = "JZ"
    credit_code: Label | None = None
    address: Label | None = None
    phone: Label | None = None
    host: Label = DEFAULT_HOST


CATALOGUE_RECORDS: tuple[type[CatalogueRecord], ...] = (Item, Donor, Recipient, Location, Team)
