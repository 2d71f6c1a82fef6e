"""Search names by part: fold texts alike and cut them into bigrams for an index.

One way for both engines, for Chinese and for English: a text holds a word exactly if it holds all
pieces of it side by side. The index tells who has the pieces; `holds` tells whether side by side.
"""

from __future__ import annotations

import unicodedata

from supplies.domain.catalogue_records import CatalogueRecord

INDEX_VERSION = 1
"""Version of the index. Raise it when terms change; each station's index is then rebuilt."""

SEARCHED_FIELDS = ("code", "name", "name_en")
"""The searched fields of a record."""


def search_words(query: str) -> list[str]:
    """Return the folded words of a query; a match contains all of them."""
    return _folded(query).split()


def bigrams(word: str) -> set[str]:
    """Return the bigrams of a word; of a single character, the character."""
    return {word} if len(word) == 1 else {word[at : at + 2] for at in range(len(word) - 1)}


def index_terms(noun: CatalogueRecord) -> set[str]:
    """Return the index terms of a record: characters and bigrams, never across a space."""
    parts = [part for text in searchable_texts(noun) for part in text.split()]
    return {piece for part in parts for piece in (*part, *bigrams(part))}


def matches(noun: CatalogueRecord, wanted: list[str]) -> bool:
    """Return whether a record's names contain each of these words."""
    texts = searchable_texts(noun)
    return all(any(word in text for text in texts) for word in wanted)


def searchable_texts(noun: CatalogueRecord) -> list[str]:
    """Return code and names, folded; only the code of an erased person."""
    said = (getattr(noun, field, None) for field in SEARCHED_FIELDS)
    return [_folded(text) for text in said if text is not None]


def _folded(text: str) -> str:
    """Fold case, full and half width, and the encoding of accents."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
