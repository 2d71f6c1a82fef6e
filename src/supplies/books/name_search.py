"""How names are found by part of them: texts folded alike, and cut into pieces for an index.

One way for both engines, for Chinese and for English: a text holds a word exactly if it holds all
pieces of it side by side. The index tells who has the pieces; `holds` tells whether side by side.
"""

from __future__ import annotations

import unicodedata

from supplies.domain.catalogue_records import CatalogueRecord

WAY = 1
"""Goes up when pieces are cut in another way: each station's rows are then made anew."""

SEARCHED = ("code", "name", "name_en")
"""The fields of a noun that say what it is called."""


def words(query: str) -> list[str]:
    """What is looked for, folded: everything found holds each of these."""
    return _folded(query).split()


def pieces(word: str) -> set[str]:
    """The pairs of neighbours in a word; of one sign, itself."""
    return {word} if len(word) == 1 else {word[at : at + 2] for at in range(len(word) - 1)}


def index_terms(noun: CatalogueRecord) -> set[str]:
    """Every piece under which a noun is found: signs and pairs of them, never across a space."""
    parts = [part for text in called(noun) for part in text.split()]
    return {piece for part in parts for piece in (*part, *pieces(part))}


def holds(noun: CatalogueRecord, wanted: list[str]) -> bool:
    """Whether each of these words is part of what a noun is called."""
    texts = called(noun)
    return all(any(word in text for text in texts) for word in wanted)


def called(noun: CatalogueRecord) -> list[str]:
    """Code and names, folded; of the forgotten the code alone."""
    said = (getattr(noun, field, None) for field in SEARCHED)
    return [_folded(text) for text in said if text is not None]


def _folded(text: str) -> str:
    """Without regard to case, to full and half width, and to how an accent is written."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
