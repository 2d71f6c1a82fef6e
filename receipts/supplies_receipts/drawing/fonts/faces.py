"""The further faces of the papers: each is loaded when a text first needs it."""

from __future__ import annotations

import json
import lzma
from functools import cache
from importlib.resources import files
from io import BytesIO

from reportlab.pdfbase import pdfmetrics, ttfonts

from supplies_receipts.drawing import fonts

_TEXT_CODES, _GLYPH_CODES = 0xF0000, 0x100000
"""First codes of the private characters as which reportlab draws glyphs: of a glyph with its text,
and of a glyph alone, once the first range is full."""


class Face:
    """A face, for shaping and for drawing.

    name: as reportlab knows it. units: in an em.
    """

    def __init__(self, face: str) -> None:
        # Imported here: a paper that the regular face can print needs no shaping.
        import uharfbuzz

        self.name = f"Supplies {face}"
        content = lzma.decompress(_file(f"{face}.ttf.xz"))
        drawn = ttfonts.TTFont(self.name, BytesIO(content), asciiReadable=False)
        pdfmetrics.registerFont(drawn)
        self.font = uharfbuzz.Font(uharfbuzz.Face(content))
        self.units: int = self.font.face.upem
        self._table, self._title = drawn.face, drawn.face.name.decode()
        self._codes: dict[tuple[int, str], int] = {}

    def character(self, glyph: int, text: str) -> str:
        """Return the private character as which a glyph is drawn that stands for a text."""
        code = self._codes.get((glyph, text))
        if code is None:
            code = _TEXT_CODES + len(self._codes)
            if code < _GLYPH_CODES:
                self._codes[glyph, text] = code
            else:
                code, text = _GLYPH_CODES + glyph, ""
            self._table.charToGlyph[code] = glyph
            self._table.charWidths[code] = self.font.get_glyph_h_advance(glyph) * 1000 / self.units
            fonts.drawn_text[self._title, code] = text
        return chr(code)


@cache
def load_face(face: str) -> Face:
    """Load a face by its name in `faces.json`, once."""
    return Face(face)


def find_face(characters: frozenset[int]) -> str | None:
    """Return the first further face that has all these characters; None if none has."""
    return next((name for name, has in _coverage().items() if characters <= has), None)


@cache
def _coverage() -> dict[str, frozenset[int]]:
    """Return the characters of each further face, in the order in which they are tried."""
    faces = json.loads(_file("faces.json"))
    return {
        one["face"]: frozenset(code for span in one["characters"].split() for code in _codes(span))
        for one in faces
        if one["face"] != "regular"
    }


def _codes(span: str) -> range:
    first, _, last = span.partition("-")
    return range(int(first, 16), int(last or first, 16) + 1)


def _file(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()
