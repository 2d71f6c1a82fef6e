"""Parts that several papers share."""

from __future__ import annotations

from typing import Literal

import msgspec


class PaperPart(msgspec.Struct, frozen=True, kw_only=True):
    """Base class of the structs of papers."""


Languages = Literal["zh+en", "zh", "en"]
"""Languages of a paper: Chinese with English beneath, or one of them."""


class BilingualText(PaperPart, frozen=True, kw_only=True):
    """A text in Chinese and in English."""

    zh: str
    en: str


class StationHead(PaperPart, frozen=True, kw_only=True):
    """The issuer of a paper, as registered on that day. logo: a PNG in base64, or None."""

    code: str
    name: str
    name_en: str | None
    credit_code: str | None
    address: str | None
    phone: str | None
    host: str
    logo: str | None = None
    languages: Languages = "zh+en"


class DonorName(PaperPart, frozen=True, kw_only=True):
    """The donor on a paper. name: None for an anonymous gift. phone: masked."""

    code: str | None
    name: str | None
    name_en: str | None
    phone: str | None


class ItemName(PaperPart, frozen=True, kw_only=True):
    """The names of an item."""

    name: str
    name_en: str | None
