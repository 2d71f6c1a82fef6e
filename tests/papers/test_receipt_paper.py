"""The donation receipt on paper."""

from __future__ import annotations

import hashlib
import math
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
import zxingcpp
from msgspec import UNSET
from msgspec.structs import replace
from supplies_receipts import draw_receipt
from supplies_receipts.__main__ import receipt
from support import pdf_reading as reading
from support.pdf_reading import needs_poppler

from supplies.papers.common import BilingualText, DonorName, StatedPacks, UnitWords
from supplies.papers.receipt import (
    DonationReceipt,
    GivenBackGoods,
    GivenBackMark,
    Proof,
    ReceiptPaper,
)

MM = 72 / 25.4
"""A millimetre in points."""


def with_document(paper: ReceiptPaper, **changes: object) -> ReceiptPaper:
    return replace(paper, document=replace(paper.document, **changes))


def with_proof(paper: ReceiptPaper, **changes: object) -> ReceiptPaper:
    return replace(paper, proof=replace(paper.proof, **changes))


def longest() -> ReceiptPaper:
    """Return a receipt with every field as long as the books allow."""
    paper = receipt(6)
    name = "龙穴街社会工作服务站附属" * 16 + "长名称之末尾无疆"
    assert len(name) == 200
    english = "A wordy association of neighbours and friends, " * 4 + "for good ones"
    line = replace(
        paper.document.lines[0],
        name=name,
        name_en=english,
        unit="unit-" + "x" * 59,
        quantity=10**12,
        in_words="玖仟玖佰玖拾玖亿" * 3,
        in_words_en="nine hundred and ninety-nine billion " * 5,
        batch="批" * 64,
    )
    station = replace(
        paper.document.station,
        name=name,
        name_en=english,
        credit_code="9" * 200,
        address=name,
        phone="0" * 200,
        host="http://" + "host." * 38,
    )
    return with_document(
        paper,
        lines=[line] * 6,
        station=station,
        donor=DonorName(code="D" * 64, name=name, name_en=english, phone="1" * 200),
        location=name,
        handled_by=name,
        wish="愿望很长。\n" * 333,
        donations=[f"d_{n:060}" for n in range(40)],
        replaces=[f"JZ-2020-{n:06}" for n in range(1, 61)],
    )


@pytest.mark.parametrize(
    ("lines", "size", "count"),
    [(1, (210, 148), 1), (5, (210, 148), 1), (6, (210, 297), 1), (60, (210, 297), 2)],
)
def test_receipts_of_up_to_five_lines_are_a5_and_longer_ones_a4(
    lines: int, size: tuple[int, int], count: int
) -> None:
    pages = reading.pages(draw_receipt(receipt(lines)))
    assert {reading.size_in_mm(page) for page in pages} == {size}
    assert len(pages) == count


@pytest.mark.parametrize("lines", [1, 5, 6, 60])
def test_every_page_shows_its_page_number_the_receipt_number_and_the_entry(lines: int) -> None:
    paper = receipt(lines)
    pages = reading.pages(draw_receipt(paper))
    for at, page in enumerate(pages, 1):
        page_text = reading.squeezed(page.extract_text())
        assert f"第{at}页，共{len(pages)}页" in page_text
        assert f"Page{at}of{len(pages)}" in page_text
        assert paper.document.number in page_text
        assert f"Entry{paper.proof.seq}·{paper.proof.hash[:16]}" in page_text
        assert paper.proof.hash[:17] not in page_text


def assert_prints_receipt(page_text: str, paper: ReceiptPaper) -> None:
    document = paper.document
    for value in (
        "捐赠物资接收凭证", "Receipt for donated goods (in kind)", document.number,
        document.station.name, document.station.credit_code, document.donor.name,
        document.donor.name_en, document.donor.phone, document.wish, document.handled_by,
        document.location, "2020年2月5日", "以下空白", paper.proof.check_code,
        "不是公益事业捐赠票据", "not a fiscal donation ticket", "经办人", "复核人", "捐赠人签名",
    ):  # fmt: skip
        assert value is not None
        assert reading.squeezed(value) in page_text, value
    for line in document.lines:
        assert reading.squeezed(line.name) in page_text
        assert f"{line.quantity:,}" in page_text


@pytest.mark.parametrize("lines", [1, 6, 60])
def test_pypdf_reads_all_text_of_a_receipt(lines: int) -> None:
    paper = receipt(lines)
    assert_prints_receipt(reading.text(draw_receipt(paper)), paper)


@needs_poppler
@pytest.mark.parametrize("lines", [1, 6, 60])
def test_pdftotext_reads_all_text_of_a_receipt(lines: int) -> None:
    paper = receipt(lines)
    assert_prints_receipt(reading.poppler_text(draw_receipt(paper)), paper)


def test_a_quantity_is_printed_in_figures_and_words_with_its_unit() -> None:
    page_text = reading.text(draw_receipt(receipt(4)))
    assert "2,400" in page_text
    assert "贰仟肆佰双" in page_text
    assert "twothousandfourhundred" in page_text


def test_an_unknown_unit_is_printed_as_its_code() -> None:
    paper = receipt(1)
    line = replace(paper.document.lines[0], unit="ampoule", in_words="柒拾壹")
    page_text = reading.text(draw_receipt(with_document(paper, lines=[line])))
    assert "ampoule" in page_text
    assert "柒拾壹ampoule" in page_text


def test_an_anonymous_donor_without_a_wish_gets_a_receipt_that_says_so() -> None:
    nobody = DonorName(code=None, name=None, name_en=None, phone=None)
    page_text = reading.text(draw_receipt(with_document(receipt(), donor=nobody, wish=None)))
    assert "匿名Anonymous" in page_text
    assert "无none" in page_text


def test_donations_of_several_days_show_the_first_and_the_last_day() -> None:
    paper = with_document(receipt(), received_until=date(2020, 2, 13), donations=["d_1", "d_2"])
    page_text = reading.text(draw_receipt(paper))
    assert "2020年2月5日至13日" in page_text
    assert "d_1、d_2" in page_text


@needs_poppler
@pytest.mark.parametrize("lines", [1, 60])
def test_the_qr_code_on_the_last_page_contains_the_check_address(lines: int) -> None:
    paper = receipt(lines)
    pdf = draw_receipt(paper)
    codes = zxingcpp.read_barcodes(reading.rendered(pdf, page=len(reading.pages(pdf))))
    assert [code.text for code in codes] == [paper.proof.url]


@needs_poppler
@pytest.mark.parametrize("lines", [1, 3, 5, 6, 33, 60])
def test_no_text_is_outside_the_margins_or_overlaps_other_text(lines: int) -> None:
    reading.assert_well_set(draw_receipt(receipt(lines)), margin=12)


@needs_poppler
def test_the_longest_fields_are_printed_in_full_without_overlap() -> None:
    paper = longest()
    pdf = draw_receipt(paper)
    reading.assert_well_set(pdf, margin=12)
    raw = reading.text(pdf)
    for value in (paper.document.donor.name, paper.document.location, paper.document.handled_by):
        assert value is not None
        assert value in raw
    assert raw.count(paper.document.lines[0].name) >= 6
    assert raw.count("愿望很长。") == 333
    assert "1,000,000,000,000" in raw
    assert "JZ-2020-000060" in raw


@needs_poppler
def test_five_lines_with_long_names_move_to_a4_rather_than_shrink() -> None:
    paper = receipt(5)
    lines = [replace(line, name=line.name * 8) for line in paper.document.lines]
    pdf = draw_receipt(with_document(paper, lines=lines))
    assert reading.size_in_mm(reading.pages(pdf)[0]) == (210, 297)
    reading.assert_well_set(pdf, margin=12)


@needs_poppler
@pytest.mark.parametrize("lines", [3, 60])
def test_all_fonts_are_embedded(lines: int) -> None:
    void = with_proof(receipt(lines), void_on=date(2020, 2, 8), copy=1)
    reading.assert_only_embedded_fonts(draw_receipt(void))


# --- marks ---------------------------------------------------------------------------------------


def test_a_void_receipt_shows_day_reason_and_replacement() -> None:
    paper = with_proof(
        receipt(), void_on=date(2020, 2, 8), void_reason="数量有误", replaced_by="JZ-2020-000130"
    )
    page_text = reading.text(draw_receipt(paper))
    assert page_text.count("作废VOID") == 2  # in the margin, and across the page
    assert "作废VOID2020-02-08" in page_text
    assert "数量有误" in page_text
    assert "ReplacedbyNo.JZ-2020-000130" in page_text
    assert paper.document.number in page_text


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (4, "部分物资已退还捐赠人Givenbacktothedonorinpart"),
        (10, "物资已全部退还捐赠人Allgoodsweregivenback"),
    ],
)
def test_a_copy_shows_what_was_given_back(back: int, words: str) -> None:
    goods = [GivenBackGoods(name="口罩", name_en="mask", received=10, given_back=back)]
    mark = GivenBackMark(all=back == 10, goods=goods)
    content = reading.text(draw_receipt(with_proof(receipt(), copy=1, given_back=mark)))
    assert words in content
    assert f"口罩{back}/10" in content


@needs_poppler
def test_every_page_of_a_void_receipt_has_a_red_stamp() -> None:
    pdf = draw_receipt(with_proof(receipt(60), void_on=date(2020, 2, 8)))
    for page in (1, 2):
        image = reading.rendered(pdf, page, dpi=40)
        reds = [
            (at % image.width, at // image.width)
            for at, (red, green, blue) in enumerate(image.get_flattened_data())
            if red > 200 and 100 < green < 200 and 100 < blue < 200
        ]
        across = max(x for x, _ in reds) - min(x for x, _ in reds)
        assert across > image.width / 2


def test_a_reprint_is_marked_with_its_count_and_day() -> None:
    paper = with_proof(receipt(), copy=2, copied_on=date(2020, 3, 1))
    page_text = reading.text(draw_receipt(paper))
    assert "副本DUPLICATE第2次No.22020-03-01" in page_text
    assert "副本" not in reading.text(draw_receipt(receipt()))


def test_a_replacement_names_the_receipt_it_replaces() -> None:
    page_text = reading.text(draw_receipt(with_document(receipt(), replaces=["JZ-2020-000100"])))
    assert "本凭证替换ReplacesNo.JZ-2020-000100" in page_text


def test_a_combined_receipt_names_all_it_replaces() -> None:
    replaced = [f"JZ-2020-{n:06}" for n in range(1, 61)]
    page_text = reading.text(draw_receipt(with_document(receipt(), replaces=replaced)))
    assert all(number in page_text for number in replaced)


@needs_poppler
def test_a_marked_copy_has_the_layout_of_the_original() -> None:
    paper = receipt(5)
    marked = with_proof(paper, copy=1, copied_on=date(2020, 3, 1))
    original, copy = reading.words(draw_receipt(paper)), reading.words(draw_receipt(marked))
    assert set(original) < set(copy)


@needs_poppler
def test_a_long_reason_and_a_copy_mark_share_the_margin() -> None:
    paper = with_proof(
        receipt(60), copy=12, copied_on=date(2020, 3, 1), void_reason="因登记错误 " * 300
    )
    reading.assert_well_set(draw_receipt(paper), margin=12)


# --- the same paper, the same bytes --------------------------------------------------------------


def test_drawing_twice_gives_the_same_bytes() -> None:
    assert draw_receipt(receipt(60)) == draw_receipt(receipt(60))


def test_two_processes_give_the_same_bytes() -> None:
    here = hashlib.sha256(draw_receipt(receipt(6))).hexdigest()
    expression = "draw_receipt(receipt(6))"
    assert {reading.in_a_new_process(expression, seed) for seed in (1, 2)} == {here}


def test_receipts_can_be_drawn_in_several_threads() -> None:
    alone = [draw_receipt(receipt(lines)) for lines in range(1, 13)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda lines: draw_receipt(receipt(lines)), range(1, 13)))
    assert together == alone


def test_different_documents_give_different_bytes() -> None:
    other = with_document(receipt(), number="JZ-2020-000124")
    assert draw_receipt(other) != draw_receipt(receipt())


# --- characters ----------------------------------------------------------------------------------


def test_the_reason_of_a_void_receipt_is_printed_whatever_its_characters() -> None:
    paper = with_proof(receipt(), void_on=date(2020, 2, 6), void_reason="写错\n了🙂𪚥")
    assert "写错了🙂U+2A6A5" in reading.text(draw_receipt(paper))


def test_rare_names_on_a_receipt_are_extracted_unchanged() -> None:
    names = "喆堃䶮㑇𠮷镕昇玥"
    paper = receipt()
    donor = replace(paper.document.donor, name=names)
    pdf = draw_receipt(with_document(paper, donor=donor, handled_by=names[::-1]))
    page_text = reading.text(pdf)
    assert names in page_text
    assert names[::-1] in page_text


def test_a_receipt_is_drawn_from_structs_alone() -> None:
    """A paper decoded from JSON, as the books store it, gives the same bytes."""
    import msgspec

    paper = receipt()
    document = msgspec.json.decode(msgspec.json.encode(paper.document), type=DonationReceipt)
    proof = msgspec.json.decode(msgspec.json.encode(paper.proof), type=Proof)
    assert draw_receipt(ReceiptPaper(document=document, proof=proof)) == draw_receipt(paper)


def in_packs(paper: ReceiptPaper, **changes: object) -> ReceiptPaper:
    """Return the receipt with every line stated as two cartons of 50."""
    cartons = {
        "quantity": 100,
        "unit": "piece",
        "unit_words": UnitWords(zh="件", en="piece", en_many="pieces"),
        "stated": StatedPacks(quantity=2, pack="carton", size=50),
        "pack_words": UnitWords(zh="箱", en="carton", en_many="cartons"),
    }
    lines = [replace(line, **{**cartons, **changes}) for line in paper.document.lines]
    return with_document(paper, lines=lines)


@needs_poppler
@pytest.mark.parametrize("lines", [1, 5, 60])
def test_packs_are_printed_in_both_languages_beside_the_quantity(lines: int) -> None:
    pdf = draw_receipt(in_packs(receipt(lines)))
    reading.assert_well_set(pdf, margin=12)
    content = reading.text(pdf)
    for words in ("2箱×50件=100件", "2×cartonof50=100pieces"):
        assert content.count(words) == lines


@pytest.mark.parametrize(("languages", "words"), [("zh", "2箱×50件"), ("en", "2×cartonof50=100")])
def test_a_receipt_in_one_language_prints_packs_only_in_that_language(
    languages: str, words: str
) -> None:
    paper = in_packs(receipt(1))
    paper = with_document(paper, station=replace(paper.document.station, languages=languages))
    content = reading.text(draw_receipt(paper))
    assert words in content
    assert content.count("=100") == 1


@needs_poppler
def test_packs_and_units_with_long_names_are_printed_in_full() -> None:
    paper = in_packs(
        receipt(3),
        unit="unit-" + "x" * 59,
        unit_words=UNSET,
        stated=StatedPacks(quantity=10**6, pack="pack-" + "y" * 59, size=10**6),
        pack_words=UNSET,
    )
    pdf = draw_receipt(paper)
    reading.assert_well_set(pdf, margin=12)
    assert reading.text(pdf).count("pack-" + "y" * 59) == 6


def test_receipts_of_edition_2_thank_in_type_of_7_points_and_older_ones_stay_as_they_were() -> None:
    older = draw_receipt(receipt())
    thanks = BilingualText(zh="谢谢您。", en="Thanks.")
    new = draw_receipt(with_document(receipt(), edition=2, thanks=thanks))
    shown = reading.text(new)
    assert "谢谢您。Thanks." in shown
    address = f"{receipt().document.station.host}/v"
    assert address in shown
    assert address not in reading.text(older)
    (donation,) = receipt().document.donations
    assert donation in reading.text(older)
    assert donation not in shown
    assert draw_receipt(receipt()) == older
    assert min(reading.sizes(new)) >= 7


@needs_poppler
def test_receipts_of_edition_3_print_chinese_days_and_keep_the_circle_of_the_seal_clear() -> None:
    before, after = (draw_receipt(with_document(receipt(), edition=each)) for each in (2, 3))
    reading.assert_well_set(after, margin=12)
    for pdf, issued, expiry in (
        (before, "2020-02-05", "有效期至2022-01-31"),
        (after, "2020年2月5日", "有效期至2022年1月31日"),
    ):
        shown = reading.text(pdf)
        assert f"签发日期Issuedon{issued}" in shown
        assert expiry in shown
    page = reading.pages(after)[0].mediabox
    right, bottom, radius = (
        float(page.width) - 12 * MM,
        float(page.height) - 12 * MM,
        19 * MM,
    )
    title = [word for word in reading.words(after) if word.text in ("盖章", "Seal")]
    assert len(title) == 2
    for word in title:
        away = math.hypot(word.left - (right - radius), word.top - (bottom - radius))
        assert away > radius, word
