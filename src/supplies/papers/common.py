"""Structs and types that several papers share."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from supplies.domain.normalization import NORMALIZED


class PaperPart(msgspec.Struct, frozen=True, kw_only=True):
    """Base class of the structs that describe a paper or a part of a paper."""


UnitWord = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=20,
        pattern=r"^[^\x00-\x1f\x7f\ud800-\udfff]*$(?!\n)",
        extra=NORMALIZED,
    ),
]
"""The word for a unit in one language."""

Languages = Literal["zh+en", "zh", "en"]
"""The languages of a paper: Chinese with English beneath it, or one of the two alone."""

CountedUnit = Literal["household", "person", "institution"]
"""The unit in which recipients are counted: households, people in groups, or institutions."""


class BilingualText(PaperPart, frozen=True, kw_only=True):
    """A text in Chinese and in English."""

    zh: str
    en: str


class UnitWords(PaperPart, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words for a unit of goods in Chinese and English.

    Attributes:
        en_many: The English plural.
    """

    zh: UnitWord
    en: UnitWord
    en_many: UnitWord


class ShownUnit(PaperPart, frozen=True, kw_only=True):
    """A larger unit in which a quantity is printed, such as kg for grams.

    Attributes:
        size: Number of base units in one larger unit.
        words: The words for the unit on a receipt, which stores them; absent on other papers.
    """

    unit: str
    size: int
    words: UnitWords | msgspec.UnsetType = msgspec.UNSET


class Letterhead(PaperPart, frozen=True, kw_only=True):
    """The station that issues a paper, with its details on the day of issue.

    Attributes:
        logo: A PNG picture in base64; None if the station has no logo.
        units: The station's own words for units, by code; absent on receipts, whose lines contain
            these words.
    """

    code: str
    name: str
    name_en: str | None
    credit_code: str | None
    address: str | None
    phone: str | None
    host: str
    logo: str | None = None
    languages: Languages = "zh+en"
    units: dict[str, UnitWords] | msgspec.UnsetType = msgspec.UNSET


class StatedPacks(PaperPart, frozen=True, kw_only=True):
    """A quantity in packs, as a user gave it.

    Attributes:
        quantity: Number of packs.
        pack: Code of the kind of pack.
        size: Number of base units in each pack.
    """

    quantity: int
    pack: str
    size: int


class DonorName(PaperPart, frozen=True, kw_only=True):
    """The donor's name and telephone number as printed.

    Attributes:
        name: None for an anonymous gift.
        phone: The telephone number, masked; None if unknown.
    """

    code: str | None
    name: str | None
    name_en: str | None
    phone: str | None


class ItemName(PaperPart, frozen=True, kw_only=True):
    """The names of an item as printed.

    Attributes:
        shown_unit: The larger unit in which quantities are printed; absent if they are printed in
            base units.
    """

    name: str
    name_en: str | None
    shown_unit: ShownUnit | msgspec.UnsetType = msgspec.UNSET
