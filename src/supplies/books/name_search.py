"""Search the catalogue for parts of names, addresses and telephone numbers.

The index contains bigrams, which are pairs of neighbouring characters. It finds the records that
contain all bigrams of a searched word. Then `matches` checks that the record contains the word
itself. This works in SQLite and PostgreSQL, for Chinese and English.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import islice, product

from supplies.domain.catalogue_records import Barcode, CatalogueRecord
from supplies.domain.normalization import normalize_text

INDEX_VERSION = 4
"""Version of the name index.

Increase it when `index_terms` changes. The index of each station is then built again when the
station is opened.
"""

SEARCHED_FIELDS = ("code", "name", "name_en", "aliases", "barcodes", "address", "phone")
"""The fields of catalogue records that are searched."""

_SPELT_BY_INITIALS = ("name", "aliases")
"""Fields that are also found by the initials of their pinyin, such as kz for 口罩."""

COMPARED_FIELDS = ("name", "phone", "address")
"""Fields that are compared to find several records of the same person or thing."""

LOOK_ALIKE = "="
"""First character of each index term from `look_alike_keys`. No other term begins with it."""

MAX_SPELLINGS = 16
"""Maximum number of texts that `initials` returns.

Many Chinese characters have several readings, and each reading gives another text.
"""

_NOT_WORD = re.compile(r"[\W_]+")
_CHINESE_MOBILE = re.compile("(?:00)?86(1[0-9]{10})")
_CHINESE = re.compile("[\u3400-\u9fff]")

_MARKS = re.compile("[\u0300-\u036f]+")

# Unicode does not decompose these letters with a stroke.
_PLAIN = str.maketrans(
    {"đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ø": "o", "ŧ": "t", "æ": "ae", "œ": "oe"}
)

_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[-\u2010-\u2015().]+(?=[0-9])")


def search_words(query: str) -> list[str]:
    """Split a query into normalized words. A record is found if it contains all of them."""
    return _folded(query).split()


def bigrams(word: str) -> set[str]:
    """Return the bigrams of a word: all pairs of neighbouring characters.

    If the word has only one character, return this character.

    >>> sorted(bigrams("mask"))
    ['as', 'ma', 'sk']
    """
    return {word} if len(word) == 1 else {word[at : at + 2] for at in range(len(word) - 1)}


def index_terms(record: CatalogueRecord) -> set[str]:
    """Return the terms under which the name index stores a record.

    The terms are the characters and bigrams of the record's texts, and the keys from
    `look_alike_keys`. The texts are split at spaces first, so no bigram contains a space.
    """
    parts = [part for text in searchable_texts(record) for part in text.split()]
    pieces = {piece for part in parts for piece in (*part, *bigrams(part))}
    return pieces | {f"{LOOK_ALIKE}{field}:{key}" for field, key in look_alike_keys(record).items()}


def look_alike_keys(record: CatalogueRecord) -> dict[str, str]:
    """Return keys for finding several records of the same person or thing.

    There is one key for each compared field. Two texts have the same key if they differ only in
    case, width, accents, spaces, punctuation, or the country code of a Chinese telephone number. If
    the person's data was erased, there are no keys.
    """
    keys = {}
    for field in COMPARED_FIELDS:
        text = getattr(record, field, None)
        key = "" if text is None else comparable(text)
        if field == "phone":
            key = _CHINESE_MOBILE.sub(r"\1", key)
        if key:
            keys[field] = key
    return keys


def comparable(text: str) -> str:
    """Normalize a text for comparing names: remove case, width, accents, spaces and punctuation.

    >>> comparable("Ｋ95 口罩（成人）") == comparable("k95口罩 (成人)")
    True
    """
    return _NOT_WORD.sub("", _folded(text))


def matches(record: CatalogueRecord, wanted: list[str]) -> bool:
    """Return whether the searched fields of a record contain all words of the query."""
    if not wanted:
        return True  # without loading the readings of Chinese characters, which take 57 MB
    texts = searchable_texts(record)
    return all(any(word in text for text in texts) for word in wanted)


def searchable_texts(record: CatalogueRecord) -> list[str]:
    """Return the texts of a record that are searched, normalized.

    If the person's data was erased, this is only the code.
    """
    found = []
    for field in SEARCHED_FIELDS:
        for text in _texts(getattr(record, field, None)):
            folded = _folded(text)
            found.append("".join(folded.split()) if field == "phone" else folded)
            if field in _SPELT_BY_INITIALS:
                found += initials(folded)
    return found


def _texts(value: str | list[str] | list[Barcode] | None) -> list[str]:
    """Return all texts in the value of a field of a record."""
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    return [part.code if isinstance(part, Barcode) else part for part in value]


def initials(text: str) -> list[str]:
    """Replace each Chinese character of a text by the first letter of its pinyin.

    Return a list, because a character may have several readings. The list has at most
    `MAX_SPELLINGS` texts. It is empty if the text has no Chinese characters.

    >>> initials("口罩 kn95")
    ['kz kn95']
    """
    if _CHINESE.search(text) is None:
        return []
    from pypinyin import Style, pinyin

    readings = [
        sorted(set(options))
        for options in pinyin(text, style=Style.FIRST_LETTER, heteronym=True, strict=False)
    ]
    spellings = islice(product(*readings), MAX_SPELLINGS)
    return list(dict.fromkeys(_folded("".join(letters)) for letters in spellings))


def _folded(text: str) -> str:
    """Normalize a text: remove case, width variants, accents, and signs between digits.

    >>> _folded("Nguyễn ŁÓDŹ １38-0013")
    'nguyen lodz 1380013'
    """
    decomposed = unicodedata.normalize("NFKD", normalize_text(text)).casefold()
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", decomposed)).translate(_PLAIN)
    return _BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", plain))
