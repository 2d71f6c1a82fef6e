"""The font of the papers: loaded once, when first needed, and always embedded.

reportlab silently draws a box for a character that the font lacks; on a receipt that would be in
a donor's name. So `check` refuses such a string and names the character.
"""

from __future__ import annotations

import lzma
import re
import threading
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any

# reportlab has neither types nor stubs: its objects are Any and stay in this module and `canvas`.
from reportlab.pdfbase import pdfmetrics, ttfonts

from supplies.papers.glyph_coverage import GlyphMissing

FACE = "Supplies"

__all__ = ["FACE", "GlyphMissing", "check", "load", "lock", "printable_or_box", "width"]

lock = threading.RLock()
"""Held while the font is loaded or subset: reportlab reads the font file with one shared cursor."""


# Most texts are the same on every paper: in a batch each string is checked once.
@lru_cache(maxsize=4096)
def check(text: str) -> None:
    """Refuse a text with a character that would be drawn as a box.

    Raises:
        GlyphMissing: the font has no glyph for a character.
    """
    if not _characters().issuperset(map(ord, text)):
        raise GlyphMissing(next(sign for sign in text if ord(sign) not in _characters()), text)


def printable_or_box(text: str) -> str:
    """Replace characters that the font lacks by □. Only for text that the books keep in full."""
    return "".join(sign if ord(sign) in _characters() else "□" for sign in text)


@lru_cache(maxsize=4096)
def width(text: str, size: float) -> float:
    """Return the width of a string in points. size: points."""
    check(text)
    return float(load().stringWidth(text, size))


@cache
def _characters() -> frozenset[int]:
    return frozenset(load().face.charToGlyph)


_loaded: Any = None


def load() -> Any:
    """Load the font and register it with reportlab, once."""
    global _loaded
    if _loaded is None:
        with lock:
            if _loaded is None:
                _loaded = _registered()
    return _loaded


def _registered() -> Any:
    packed = files(__package__).joinpath("regular.ttf.xz").read_bytes()
    # Embed only the glyphs drawn; reportlab would add all of ASCII to every paper.
    font = ttfonts.TTFont(FACE, BytesIO(lzma.decompress(packed)), asciiReadable=False)
    pdfmetrics.registerFont(font)
    ttfonts.makeToUnicodeCMap = _to_unicode
    return font


_reportlabs = ttfonts.makeToUnicodeCMap


def _to_unicode(name: str, subset: list[int]) -> str:
    """Return the PDF table for copying text, with characters beyond U+FFFF as UTF-16BE.

    reportlab writes the bare code point, and readers take its first four digits: 𠮷 became ₻.
    """
    table: str = _reportlabs(name, subset)
    return re.sub(
        r"<([0-9A-F]{5,6})>",
        lambda found: f"<{chr(int(found[1], 16)).encode('utf-16-be').hex().upper()}>",
        table,
    )
