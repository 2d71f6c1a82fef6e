"""The faces that papers are set in: loaded once, when first asked for, and always embedded.

reportlab draws a box for a character that a face lacks, and says nothing; on a receipt that would
be a donor's name. So every string passes through `choose`, which refuses it with the character
named.
"""

from __future__ import annotations

import lzma
import re
import threading
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any, NamedTuple

# reportlab ships neither types nor stubs: its objects are Any, and stay in here and in layout.
from reportlab.pdfbase import pdfmetrics, ttfonts

from supplies.printable import GlyphMissing

REGULAR = "SuppliesRegular"
BOLD = "SuppliesBold"

__all__ = [
    "BOLD",
    "REGULAR",
    "Choice",
    "GlyphMissing",
    "choose",
    "legible",
    "load",
    "lock",
    "width",
]

lock = threading.RLock()
"""Held while a face is loaded or subset: reportlab reads the font file with one shared cursor."""


class Choice(NamedTuple):
    """How to set a string. thickened: the bold lacks a character of it, so outline the regular."""

    face: str
    thickened: bool


# Most of a paper is said on every paper: in a batch each string is looked at once.
@lru_cache(maxsize=4096)
def choose(text: str, *, bold: bool) -> Choice:
    """The face for a string; `GlyphMissing` if a character of it would be drawn as a box."""
    characters = set(map(ord, text))
    if not characters <= _characters(REGULAR):
        missing = next(sign for sign in text if ord(sign) not in _characters(REGULAR))
        raise GlyphMissing(missing, text)
    if not bold:
        return Choice(REGULAR, thickened=False)
    if characters <= _characters(BOLD):
        return Choice(BOLD, thickened=False)
    return Choice(REGULAR, thickened=True)


def legible(text: str) -> str:
    """The text with □ for what no face has: only for words that the books say in full."""
    return "".join(sign if ord(sign) in _characters(REGULAR) else "□" for sign in text)


@lru_cache(maxsize=4096)
def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a string is, in points."""
    face = choose(text, bold=bold).face
    return float(_load(face).stringWidth(text, size))


def load() -> None:
    """Make both faces known to reportlab, so that a canvas can name them."""
    _load(REGULAR)
    _load(BOLD)


@cache
def _characters(face: str) -> frozenset[int]:
    return frozenset(_load(face).face.charToGlyph)


_loaded: dict[str, Any] = {}


def _load(face: str) -> Any:
    if face not in _loaded:
        with lock:
            if face not in _loaded:
                _loaded[face] = _register(face)
    return _loaded[face]


def _register(face: str) -> Any:
    name = {REGULAR: "regular", BOLD: "bold"}[face]
    packed = files(__package__).joinpath(f"{name}.ttf.xz").read_bytes()
    # Only what is drawn is embedded; reportlab would add all of ASCII to every paper.
    font = ttfonts.TTFont(face, BytesIO(lzma.decompress(packed)), asciiReadable=False)
    pdfmetrics.registerFont(font)
    ttfonts.makeToUnicodeCMap = _to_unicode
    return font


_reportlabs = ttfonts.makeToUnicodeCMap


def _to_unicode(name: str, subset: list[int]) -> str:
    """The table for copying text, with what lies beyond U+FFFF as the UTF-16BE it must be.

    reportlab writes the bare code point, of which readers take the first four digits: 𠮷 became ₻.
    """
    table: str = _reportlabs(name, subset)
    return re.sub(
        r"<([0-9A-F]{5,6})>",
        lambda found: f"<{chr(int(found[1], 16)).encode('utf-16-be').hex().upper()}>",
        table,
    )
