"""Every paper with 1, 5, 6 and 60 lines, rare characters and the longest names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache

import pytest
from supplies_receipts.__main__ import STATION
from support import paper_samples as every_paper
from support import pdf_reading as reading
from support.paper_samples import CASES, MARGINS, SampleFields, SamplePaper
from support.pdf_reading import Word, needs_poppler

from supplies.papers.common import Languages

each_paper = pytest.mark.parametrize(
    ("paper", "of"),
    CASES,
    ids=[f"{paper}, {'long, ' * of.long}{of.lines}, {of.languages}" for paper, of in CASES],
)

drawn = cache(every_paper.drawn)


@cache
def words(paper: str, of: SampleFields) -> list[Word]:
    return reading.words(drawn(paper, of).pdf)


_BETWEEN_PAGES = re.compile(
    r"(截至账目)?(Asofentry)?\d+·(打印于)?(Printed)?[-:年月日\d]{15,17}(第\d+页，共\d+页)?(Page\d+of\d+)?"
    r"(与意愿不同的处理)?(Departuresfromthewish)?"
    r"((日期)?(Day)?(物资)?(Goods)?(数量)?(Quantity)?(原因)?(Reason)?批准人|DayGoodsQuantityReason)?(By)?"
)
"""Text between the parts of a text that continues on the next page, in any language."""
_BESIDE_A_REASON = re.compile(r"u-\d{3}w+")


def assert_reads_back(read: str, paper: SamplePaper) -> None:
    joined = _BETWEEN_PAGES.sub("", _BESIDE_A_REASON.sub("", read))
    both = f"{read} {joined}"
    missing = [printed for printed in set(paper.texts) if reading.squeezed(printed) not in both]
    assert not missing, missing


@needs_poppler
@each_paper
def test_no_text_leaves_its_page_or_overlaps_other_text(paper: str, of: SampleFields) -> None:
    reading.assert_well_set(drawn(paper, of).pdf, MARGINS[paper], words(paper, of))


@needs_poppler
@each_paper
def test_pypdf_and_pdftotext_extract_every_name_unchanged(paper: str, of: SampleFields) -> None:
    shown = drawn(paper, of)
    assert_reads_back(reading.poppler_text(shown.pdf), shown)
    if of.lines < 60 or not of.long:  # pypdf is slow
        assert_reads_back(reading.text(shown.pdf), shown)


_FOREIGN = {"en": re.compile(r"[\u2e80-\U0003ffff]"), "zh": re.compile(r"[a-z]{3,}")}


@needs_poppler
@pytest.mark.parametrize("languages", _FOREIGN)
@pytest.mark.parametrize("paper", sorted(MARGINS.keys() - {"receipts"}))
def test_a_paper_of_one_language_has_no_word_of_the_other(paper: str, languages: Languages) -> None:
    shown = drawn(paper, SampleFields(6, long=False, languages=languages))
    read = reading.poppler_text(shown.pdf).replace(STATION.host, "")
    for printed in sorted(shown.texts, key=len, reverse=True):
        read = read.replace(reading.squeezed(printed), "")
    assert not _FOREIGN[languages].findall(read)


@needs_poppler
@each_paper
def test_every_figure_is_on_one_line(paper: str, of: SampleFields) -> None:
    shown = drawn(paper, of)
    read = [word.text for word in words(paper, of)]
    for figure in set(shown.figures):
        times = sum(figure in word for word in read)
        assert times >= shown.figures.count(figure), figure


@pytest.mark.parametrize("paper", sorted(MARGINS.keys() - {"receipt", "receipts"}))
def test_no_type_is_smaller_than_7_points(paper: str) -> None:
    """Receipts have a test of their own, because old ones keep their smaller type."""
    for languages in ("zh+en", "en"):
        shown = drawn(paper, SampleFields(6, long=False, languages=languages))
        assert min(reading.sizes(shown.pdf)) >= 7, languages


@needs_poppler
@pytest.mark.parametrize("paper", MARGINS)
def test_only_embedded_fonts_are_used(paper: str) -> None:
    reading.assert_only_embedded_fonts(drawn(paper, SampleFields(60, long=True)).pdf)


def test_drawing_again_and_another_process_give_the_same_bytes() -> None:
    """Each paper is drawn after all the others, and with another hash seed."""
    here = every_paper.digests(drawn)
    assert every_paper.digests() == here
    done = subprocess.run(
        [sys.executable, every_paper.__file__],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "1"},
    )
    assert done.stdout.splitlines() == here
