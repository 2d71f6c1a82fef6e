"""Check whether the papers can print a text, without loading a font.

`glyph_coverage.txt` is written by `python -m supplies_receipts.drawing.fonts.build` together with
the fonts; a test compares the two.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any

import msgspec

from supplies.errors import InvalidField


class GlyphMissing(InvalidField):
    """The font of the papers has no glyph for a character."""

    title = "A character cannot be printed"

    def __init__(self, character: str, text: str) -> None:
        name = unicodedata.name(character, "a character without a name")
        where = text if len(text) <= 40 else f"{text[:39]}…"
        super().__init__(
            f"“{character}” (U+{ord(character):04X}, {name}) in “{where}” cannot be printed: "
            "no font of the papers has it"
        )
        self.character = character


def check_printable(content: bytes) -> None:
    """Check that the font can print all texts of a JSON document.

    The JSON itself and its escapes are printable ASCII, so the whole document is checked first, and
    its texts one by one only if that fails.

    Raises:
        GlyphMissing: for the first text that it cannot print.
    """
    text = content.decode()
    if set(text) <= printable_characters():
        return
    for said in _texts(msgspec.json.decode(text)):
        for character in said:
            if character not in printable_characters() and character not in "\n\t":
                raise GlyphMissing(character, said)


@cache
def printable_characters() -> frozenset[str]:
    """Return every character that the font has."""
    ranges = files(__package__).joinpath("glyph_coverage.txt").read_text(encoding="ascii").split()
    return frozenset(map(chr, chain.from_iterable(map(_codes, ranges))))


def format_ranges(characters: Iterable[int]) -> str:
    """Return code points in the format of `glyph_coverage.txt`.

    Ranges are hexadecimal, as 20-7E or 2030, with one line per 256 code points.
    """
    lines: dict[int, list[list[int]]] = {}
    for code in sorted(characters):
        held = lines.setdefault(code >> 8, [])
        if held and held[-1][1] == code - 1:
            held[-1][1] = code
        else:
            held.append([code, code])
    return "".join(
        " ".join(f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in held) + "\n"
        for held in lines.values()
    )


def _codes(span: str) -> range:
    first, _, last = span.partition("-")
    return range(int(first, 16), int(last or first, 16) + 1)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from chain.from_iterable(map(_texts, value.values()))
    elif isinstance(value, list):
        yield from chain.from_iterable(map(_texts, value))
