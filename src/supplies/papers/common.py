"""Parts that several papers share."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from supplies.domain.normalization import NORMALIZED


class PaperPart(msgspec.Struct, frozen=True, kw_only=True):
    """Base class of the structs that contain what a paper prints."""


UnitWord = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=20,
        pattern=r"^[^\x00-\x1f\x7f\ud800-\udfff]*$(?!\n)",
        extra=NORMALIZED,
    ),
]
"""The type of the word for a unit in one language."""

Languages = Literal["zh+en", "zh", "en"]
"""The languages of a paper: Chinese with English beneath, or only one of the two."""

CountedUnit = Literal["household", "person", "institution"]
"""The unit in which reports count recipients: households, persons of groups, or institutions."""


class BilingualText(PaperPart, frozen=True, kw_only=True):
    """A text in Chinese and in English."""

    zh: str
    en: str


class UnitWords(PaperPart, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words for a unit.

    Attributes:
        en_many: The English plural.
    """

    zh: UnitWord
    en: UnitWord
    en_many: UnitWord


class ShownUnit(PaperPart, frozen=True, kw_only=True):
    """The larger unit in which a quantity is printed. It has `size` base units.

    Attributes:
        words: The words for the unit, if the paper is a receipt, which stores them; otherwise
            absent.
    """

    unit: str
    size: int
    words: UnitWords | msgspec.UnsetType = msgspec.UNSET


class StationHead(PaperPart, frozen=True, kw_only=True):
    """The station that issues a paper, with its details on the day of issue.

    Attributes:
        logo: A PNG in base64, or None.
        units: The station's own words for units, by code. It is not used on receipts, which store
            these words with their lines.
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

    It is `quantity` packs of the kind `pack`. Each pack has `size` base units.
    """

    quantity: int
    pack: str
    size: int


class DonorName(PaperPart, frozen=True, kw_only=True):
    """The donor's name and telephone number as a paper prints them.

    Attributes:
        name: None for an anonymous gift.
        phone: The masked telephone number.
    """

    code: str | None
    name: str | None
    name_en: str | None
    phone: str | None


class ItemName(PaperPart, frozen=True, kw_only=True):
    """The names of an item.

    Attributes:
        shown_unit: The larger unit in which quantities are printed; absent if they are printed in
            base units.
    """

    name: str
    name_en: str | None
    shown_unit: ShownUnit | msgspec.UnsetType = msgspec.UNSET
