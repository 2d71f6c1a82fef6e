"""The words of units: shipped, set by the station, and kept by each receipt."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace
from supplies_receipts import draw_receipt
from supplies_receipts.__main__ import receipt
from supplies_receipts.drawing import bilingual, fonts
from support import pdf_reading as reading

from supplies.papers.common import StatedPacks, UnitWords
from supplies.papers.receipt import ReceiptPaper
from supplies.papers.units import SHIPPED_UNITS, UNITS_BEFORE_WORDS

STICK = UnitWords(zh="支", en="stick", en_many="sticks")


def of_unit(unit: str, quantity: int, words: UnitWords | msgspec.UnsetType) -> ReceiptPaper:
    """Return a receipt of one line."""
    paper = receipt(1)
    line = replace(paper.document.lines[0], unit=unit, quantity=quantity, unit_words=words)
    return replace(paper, document=replace(paper.document, lines=[line]))


@pytest.mark.parametrize(
    ("code", "zh"),
    [
        ("zhi", "只"),
        ("stick", "支"),
        ("unit", "台"),
        ("fu", "副"),
        ("pair", "双"),
        ("box", "盒"),
        ("bottle", "瓶"),
        ("bag", "袋"),
        ("drum", "桶"),
    ],
)
def test_a_common_unit_has_its_chinese_word(code: str, zh: str) -> None:
    assert bilingual.unit(code).zh == zh


def test_a_quantity_other_than_one_has_an_english_plural() -> None:
    printed = [bilingual.counted(quantity, "stick") for quantity in (0, 1, 3360)]
    assert [words.en for words in printed] == ["0 sticks", "1 stick", "3,360 sticks"]
    assert printed[2].zh == "3,360 支"


def test_a_unit_without_words_is_printed_as_its_code() -> None:
    assert bilingual.counted(2, "x-9") == ("2 x-9", "2 x-9")


@pytest.mark.parametrize(
    ("code", "zh", "en"),
    [("box50", "1 盒 × 50 件", "1 × box of 50"), ("x9", "1 x9 × 50 件", "1 × x9 of 50")],
)
def test_a_pack_has_the_word_of_the_unit_with_which_its_code_begins(
    code: str, zh: str, en: str
) -> None:
    stated = StatedPacks(quantity=1, pack=code, size=50)
    assert bilingual.packs_of_item([stated], "piece") == (zh, en)


def test_packs_of_one_piece_are_not_printed() -> None:
    stated = StatedPacks(quantity=9, pack="box", size=1)
    assert bilingual.packs_of_item([stated], "piece") == ("", "")


def test_the_words_of_a_station_come_before_the_shipped_ones() -> None:
    letterhead = replace(
        receipt(1).document.station,
        units={
            "crate": UnitWords(zh="筐", en="crate", en_many="crates"),
            "piece": UnitWords(zh="只", en="piece", en_many="pieces"),
        },
    )
    with bilingual.as_issued_by(letterhead):
        assert bilingual.counted(2, "crate") == ("2 筐", "2 crates")
        assert bilingual.unit("piece").zh == "只"
    assert bilingual.unit("piece").zh == "件"


def test_all_shipped_words_are_printable_and_within_their_limits() -> None:
    content = msgspec.json.encode(SHIPPED_UNITS)
    assert fonts.covers(content.decode())
    assert msgspec.json.decode(content, type=dict[str, UnitWords]) == SHIPPED_UNITS


def test_a_receipt_prints_the_words_that_it_keeps() -> None:
    page_text = reading.text(draw_receipt(of_unit("stick", 112, STICK)))
    assert "支" in page_text
    assert "sticks" in page_text


def test_a_receipt_older_than_its_words_is_printed_as_before() -> None:
    """`stick` had no word then, and `piece` no plural."""
    assert bilingual.unit_of_line(of_unit("stick", 112, msgspec.UNSET).document.lines[0]) == (
        "stick",
        "stick",
    )
    piece = of_unit("piece", 2, msgspec.UNSET).document.lines[0]
    assert bilingual.unit_of_line(piece) == ("件", "piece")


def test_a_code_that_older_receipts_name_keeps_its_word() -> None:
    words = {code: SHIPPED_UNITS[code].zh for code in UNITS_BEFORE_WORDS}
    assert words == UNITS_BEFORE_WORDS
