"""Choose fonts, directions and glyphs for text that the regular font cannot print.

A line is split into runs. Each run has one direction (UAX #9) and one font. HarfBuzz chooses and
places the glyphs of a run. If no font has a character, it is drawn as a small box with its code,
such as `U+1F600`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Any, Literal

import msgspec

from supplies_receipts.drawing import fonts
from supplies_receipts.drawing.clusters import IGNORABLE, clusters
from supplies_receipts.drawing.fonts.faces import find_face, load_face

_BOX_TEXT = 0.45
"""Size of the code in the box for a character without a glyph, as a fraction of the text size."""

_BOX_MARGIN = 0.1
"""Empty space inside and outside the box for a character without a glyph.

Like `_BOX_TEXT`, it is a fraction of the text size.
"""

RIGHT_TO_LEFT, LEFT_TO_RIGHT = "\u200f", "\u200e"
"""Invisible characters that set the direction of a line when the line begins with them."""

# Words of these characters are printed in one font. Chinese, Japanese and emoji are not among them.
_WORD = re.compile(
    "[^\\s\u2e80-\ua4cf\uf900-\ufaff\uff00-\uffef\U0001f000-\U0003ffff]+|\\s+|.", re.S
)

# A number with signs inside it, such as 138-0013-8000, 2020-02-10 or 1,234.5.
_NUMBER = re.compile(r"\+?[0-9](?:[ .,:/()+-]?[0-9])*")

# Marks that set a direction. They are not needed once the levels are known.
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

_IGNORED = frozenset(("BN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))


class Glyph(msgspec.Struct, frozen=True):
    """A glyph and its position.

    Attributes:
        x, y: The distance from the start of the line, in points.
        character: The text with which reportlab draws the glyph. It is not always a character of
            the line's text.
    """

    x: float
    y: float
    character: str


class Box(msgspec.Struct, frozen=True):
    """A box that is drawn in place of a character for which no font has a glyph.

    All distances are in points from the start of the line.

    Attributes:
        actual_text: The character. Copying the box from the PDF gives this character.
    """

    left: float
    bottom: float
    width: float
    height: float
    actual_text: str


class Run(msgspec.Struct, frozen=True):
    """Consecutive glyphs of one font, in the order in which they are drawn.

    Attributes:
        size: Font size in points.
        box: The box around the glyphs if no font has a glyph for a character, so that its code is
            drawn; otherwise None.
        face: Name of the font.
    """

    face: str
    size: float
    glyphs: tuple[Glyph, ...]
    width: float
    box: Box | None = None


class Line(msgspec.Struct, frozen=True):
    """A line of text as positioned glyphs.

    Attributes:
        width: Width in points.
    """

    runs: tuple[Run, ...]
    width: float


# A text is measured several times: when lines are broken, aligned and drawn.
@lru_cache(maxsize=2048)
def shape_line(text: str, size: float) -> Line:
    """Return the positioned glyphs of one line of text.

    Args:
        size: Font size in points.
    """
    runs: list[Run] = []
    x = 0.0
    for part, rightward in _in_visual_order(text):
        faces = list(_faces(part))
        for face, piece in faces if rightward else reversed(faces):
            run = _set(face, piece, rightward, size, x)
            runs.append(run)
            x += run.width
    return Line(tuple(runs), x)


def is_right_to_left(text: str) -> bool:
    """Return whether a text begins in a script that is written from right to left."""
    kinds = map(unicodedata.bidirectional, text)
    return next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L"


def has_right_to_left(text: str) -> bool:
    """Return whether a text contains a letter that is written from right to left."""
    return not text.isascii() and any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)


# --- direction -----------------------------------------------------------------------------------


def _in_visual_order(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a text in their order on the page, from left to right.

    All characters of a part have the same direction. Each part comes with True if its letters are
    written from left to right, otherwise with False.
    """
    if not has_right_to_left(text):
        yield _DIRECTIONS.sub("", text), True
        return
    levels = _levels(text)
    runs: list[tuple[str, int]] = []
    for level, group in groupby(range(len(text)), key=levels.__getitem__):
        part = "".join(text[at] for at in group)
        runs.append((_DIRECTIONS.sub("", part), level))
    highest, lowest = max(levels), min(levels)
    for level in range(highest, (lowest | 1) - 1, -1):  # UAX #9, rule L2
        reordered: list[tuple[str, int]] = []
        for deep, group_of_runs in groupby(runs, key=lambda run: run[1] >= level):
            span = list(group_of_runs)
            reordered += reversed(span) if deep else span
        runs = reordered
    for part, level in runs:
        yield part, level % 2 == 0


def _levels(text: str) -> list[int]:
    """Return the embedding level of each character (UAX #9). An odd level means right to left.

    Numbers are written from left to right, including signs between digits. So a telephone number is
    not reversed between Arabic words.
    """
    from bidi import algorithm

    # Only the text of old entries can contain embeddings and isolates. They are ignored.
    drawn = [at for at, c in enumerate(text) if unicodedata.bidirectional(c) not in _IGNORED]
    base = 1 if is_right_to_left(text) else 0
    storage = algorithm.get_empty_storage()
    storage["base_level"], storage["base_dir"] = base, "LR"[base]
    plain = _NUMBER.sub(lambda found: "a" * len(found[0]), "".join(text[at] for at in drawn))
    known = (
        c if unicodedata.bidirectional(c) else "a" for c in plain
    )  # The character is newer than this version of Python.
    algorithm.get_embedding_levels("".join(known), storage)
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    _resolve_brackets(storage["chars"], "LR"[base])
    algorithm.resolve_neutral_types(storage, debug=False)
    algorithm.resolve_implicit_levels(storage, debug=False)
    levels = [-1] * len(text)
    for at, character in zip(drawn, storage["chars"], strict=True):
        levels[at] = character["level"]
    for at, level in enumerate(levels):
        if level < 0:  # Joiners and marks take the level of the character before them.
            levels[at] = levels[at - 1] if at else base
    trailing = len(text) - len(text.rstrip())
    return levels[: len(text) - trailing] + [base] * trailing


def _resolve_brackets(characters: list[dict[str, Any]], base: str) -> None:
    """Give both brackets of a pair the same direction (UAX #9, rule N0).

    The library that applies the other rules does not do this.
    """
    from bidi.mirror import MIRRORED

    strong = {"L": "L", "R": "R", "EN": "R", "AN": "R"}
    kinds = [strong.get(character["type"], "") for character in characters]
    waiting: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for at, character in enumerate(characters):
        sign = character["ch"]
        if unicodedata.category(sign) == "Ps" and sign in MIRRORED:
            waiting.append((MIRRORED[sign], at))
        elif any(sign == closing for closing, _ in waiting):
            while waiting:
                closing, opened = waiting.pop()
                if closing == sign:
                    pairs.append((opened, at))
                    break
    for opened, closed in sorted(pairs):
        inside = set(kinds[opened + 1 : closed]) - {""}
        if not inside:
            continue
        before = next((kind for kind in reversed(kinds[:opened]) if kind), base)
        kind = base if base in inside or before == base else before
        for at in (opened, closed):
            characters[at]["type"] = kinds[at] = kind


# --- faces ---------------------------------------------------------------------------------------

_BOX: Literal["box"] = "box"
_REGULAR: Literal["regular"] = "regular"


def _faces(text: str) -> Iterator[tuple[str, str]]:
    """Yield each piece of a text, in reading order, with the name of the font that prints it."""
    pieces = (
        (face, cluster) for word in _WORD.findall(text) for face, cluster in _faces_of_word(word)
    )
    for face, group in groupby(pieces, key=lambda piece: piece[0]):
        if face == _BOX:
            yield from group
        else:
            yield face, "".join(piece for _, piece in group)


def _faces_of_word(word: str) -> Iterator[tuple[str, str]]:
    """Yield each piece of a word with the name of the font that prints it.

    If one font has all characters of the word, there is only one piece.
    """
    whole = _face_of(word)
    if whole is not None:
        yield whole, word
        return
    for cluster in clusters(word):
        face = _face_of(cluster)
        if face is not None:
            yield face, cluster
            continue
        for character in cluster:
            if not IGNORABLE.match(character):
                yield _face_of(character) or _BOX, character


@lru_cache(maxsize=4096)
def _face_of(text: str) -> str | None:
    characters = frozenset(map(ord, IGNORABLE.sub("", text)))
    return _REGULAR if fonts.covers_all(characters) else find_face(characters)


# --- glyphs --------------------------------------------------------------------------------------


def _set(face: str, text: str, rightward: bool, size: float, x: float) -> Run:
    if face == _BOX:
        return _boxed(text, size, x)
    if face == _REGULAR:
        plain = IGNORABLE.sub("", text)
        shown = plain if rightward else _mirrored(plain)
        glyphs = tuple([Glyph(x, 0.0, shown)] if shown else [])
        return Run(fonts.FACE, size, glyphs, fonts.width(shown, size))
    return _shaped(face, text, rightward, size, x)


def _mirrored(text: str) -> str:
    """Return a text reversed, with each bracket replaced by its mirror image."""
    from bidi.mirror import MIRRORED

    return "".join(MIRRORED.get(character, character) for character in reversed(text))


def _boxed(character: str, size: float, x: float) -> Run:
    small, margin = size * _BOX_TEXT, size * _BOX_MARGIN
    code = f"U+{ord(character):04X}"
    wide = fonts.width(code, small)
    box = Box(x + margin / 2, -margin, wide + 2 * margin, small + 2 * margin, character)
    glyphs = (Glyph(x + 1.5 * margin, small * 0.15, code),)
    return Run(fonts.FACE, small, glyphs, wide + 3 * margin, box)


def _shaped(name: str, text: str, rightward: bool, size: float, x: float) -> Run:
    import uharfbuzz

    with fonts.lock:
        face = load_face(name)
        buffer = uharfbuzz.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        buffer.direction = "ltr" if rightward else "rtl"
        buffer.flags = uharfbuzz.BufferFlags.REMOVE_DEFAULT_IGNORABLES
        uharfbuzz.shape(face.font, buffer)
        scale, start, glyphs = size / face.units, x, []
        texts = _text_of_glyphs(text, [info.cluster for info in buffer.glyph_infos])
        for info, place, words in zip(
            buffer.glyph_infos, buffer.glyph_positions, texts, strict=True
        ):
            character = face.character(info.codepoint, words)
            glyphs.append(Glyph(x + place.x_offset * scale, place.y_offset * scale, character))
            x += place.x_advance * scale
    return Run(face.name, size, tuple(glyphs), x - start)


def _text_of_glyphs(text: str, starts: list[int]) -> list[str]:
    """Return the text that each glyph represents, so that copied text is complete.

    If several glyphs represent the same characters, the first one gets them and the others get "".

    Args:
        starts: For each glyph, the index in the text of the first character that it represents.
    """
    bounds = [*sorted(set(starts)), len(text)]
    ends = dict(pairwise(bounds))
    known: set[int] = set()
    texts = []
    for start in starts:
        texts.append("" if start in known else text[start : ends[start]])
        known.add(start)
    return texts
