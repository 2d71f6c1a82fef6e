"""Search names by part: normalize texts and split them into bigrams for an index.

This works for both engines, for Chinese and English. The index finds records that contain all
bigrams of a word; `matches` then checks that they are adjacent.
"""

from __future__ import annotations

import unicodedata

from supplies.domain.catalogue_records import CatalogueRecord

INDEX_VERSION = 1
"""Version of the index terms. If it is raised, the index of each station is rebuilt."""

SEARCHED_FIELDS = ("code", "name", "name_en")
"""Fields of a record that are searched."""


def search_words(query: str) -> list[str]:
    """Return the normalized words of a query. A match contains all of them."""
    return _folded(query).split()


def bigrams(word: str) -> set[str]:
    """Return the bigrams of a word; for a single character, the character.

    >>> sorted(bigrams("mask"))
    ['as', 'ma', 'sk']
    """
    return {word} if len(word) == 1 else {word[at : at + 2] for at in range(len(word) - 1)}


def index_terms(noun: CatalogueRecord) -> set[str]:
    """Return the index terms of a record: characters and bigrams, but none across a space."""
    parts = [part for text in searchable_texts(noun) for part in text.split()]
    return {piece for part in parts for piece in (*part, *bigrams(part))}


def matches(noun: CatalogueRecord, wanted: list[str]) -> bool:
    """Return whether a record's names contain each of these words."""
    texts = searchable_texts(noun)
    return all(any(word in text for text in texts) for word in wanted)


def searchable_texts(noun: CatalogueRecord) -> list[str]:
    """Return code and names, normalized; of an erased person only the code."""
    said = (getattr(noun, field, None) for field in SEARCHED_FIELDS)
    return [_folded(text) for text in said if text is not None]


def _folded(text: str) -> str:
    """Normalize case, full and half width, and the encoding of accents."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
