"""The words for packs and categories in the form of an item.

The catalogue stores codes, such as `box`. The form shows and accepts the words of the reader's
language, such as 盒.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from supplies.books.reader import Books
from supplies.domain.fields import is_valid_code
from supplies.domain.normalization import normalize_text
from supplies.exports.report_words import codes_of_word
from supplies.papers.common import UnitWords
from supplies.papers.units import words_of_pack
from supplies.stations.paper_settings import add_unit
from supplies_service.pages.record_names import SEPARATOR

Units = Mapping[str, UnitWords]


def pack_of(text: str, size: int, units: Units, taken: Collection[str]) -> str:
    """Return the code of the pack that a typed text names, or the text if no unit has this word.

    Args:
        text: A code, a word in Chinese or English, or a label that `Names.pack_label` returned.
        size: The number of base units in the pack.
        units: The words for units, by code.
        taken: The codes of the item's other packs. Packs with the same word and different sizes get
            different codes, such as `box` and `box100`.
    """
    wanted = normalize_text(text)
    labelled = wanted.rpartition(SEPARATOR)[2]
    if labelled in units or (labelled != wanted and is_valid_code(labelled)):
        return labelled
    found = [code for code, words in units.items() if _is_word(wanted, words)]
    if not found:
        return wanted
    free = (code for code in (*found, f"{found[0]}{size}") if code not in taken)
    return next(free, found[0])


def packs_of_barcode(text: str, units: Units, packs: Collection[str]) -> list[str]:
    """Return the packs of an item that match the text typed beside a barcode.

    Several packs match if they have the same word but different sizes.

    Args:
        text: A text as for `pack_of`.
        units: The words for units, by code.
        packs: The codes of the item's packs, or the words for packs that have no code yet.
    """
    wanted = normalize_text(text)
    for exact in (wanted.rpartition(SEPARATOR)[2], wanted):
        if exact in packs:
            return [exact]
    words = {pack: words_of_pack(pack, units) for pack in packs}
    return [pack for pack, named in words.items() if named and _is_word(wanted, named)]


def store_new_packs(books: Books, stated: Mapping[str, Any]) -> dict[str, Any]:
    """Store the words for new packs of an item as units of the station.

    Call this within a transaction of the ledger.

    Args:
        books: The books.
        stated: The fields of the item, in which new packs are named by their words.

    Returns:
        The fields with the codes of the new units.

    Raises:
        InvalidField: a word cannot be printed, or the station has too many units.
    """
    new = {
        word: add_unit(books, UnitWords(zh=word, en=word, en_many=word))
        for word in stated["packs"]
        if not is_valid_code(word)
    }
    packs = {new.get(pack, pack): size for pack, size in stated["packs"].items()}
    barcodes = [
        {**barcode, "pack": new.get(barcode.get("pack"), barcode.get("pack"))}
        for barcode in msgspec.to_builtins(stated["barcodes"])
    ]
    return {**stated, "packs": packs, "barcodes": barcodes}


def category_of(text: str) -> str:
    """Return the code of the category that a typed word names, or the word if it names none."""
    wanted = normalize_text(text)
    return next(iter(codes_of_word("category", wanted)), wanted)


def _is_word(text: str, words: UnitWords) -> bool:
    return text.casefold() in (words.zh, words.en.casefold(), words.en_many.casefold())
