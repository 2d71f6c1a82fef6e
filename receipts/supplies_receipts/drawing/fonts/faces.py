"""The fonts for characters that the regular font lacks. Each is loaded when a text needs it."""

from __future__ import annotations

import json
import lzma
from functools import cache
from importlib.resources import files
from io import BytesIO

from reportlab.pdfbase import pdfmetrics, ttfonts

from supplies_receipts.drawing import fonts

_TEXT_CODES, _GLYPH_CODES = 0xF0000, 0x100000
"""First code points of the two private-use ranges of Unicode that represent glyphs in reportlab.

A code of the first range represents a glyph together with its text. When that range is full, a code
of the second range represents a glyph without text.
"""


class Face:
    """A font that is used both for shaping text and for drawing it.

    Attributes:
        name: The name under which the font is registered with reportlab.
        units: Number of font units in an em.
    """

    def __init__(self, face: str) -> None:
        # Imported here, because a paper that the regular font can print needs no shaping.
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
        """Return the private-use character that makes reportlab draw a glyph.

        Args:
            glyph: The number of the glyph in the font.
            text: The text that the glyph represents.
        """
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
    """Load a font by its name in `faces.json`. Each font is loaded only once."""
    return Face(face)


def find_face(characters: frozenset[int]) -> str | None:
    """Return the name of the first font in `faces.json` that has all these characters, or None."""
    return next((name for name, has in _coverage().items() if characters <= has), None)


@cache
def _coverage() -> dict[str, frozenset[int]]:
    """Return the code points of each font except the regular one, in the order of `faces.json`."""
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
