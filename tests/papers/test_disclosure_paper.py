"""The public disclosure on paper."""

from __future__ import annotations

import hashlib

import pytest
from msgspec.structs import replace
from supplies_receipts import draw_public_disclosure, samples
from supplies_receipts.__main__ import STATION
from support import pdf_reading as reading
from support.pdf_reading import needs_poppler

from supplies.papers.common import ItemName


@needs_poppler
def test_pypdf_and_pdftotext_read_donors_and_goods_of_a_disclosure() -> None:
    pdf = draw_public_disclosure(samples.disclosure(STATION))
    for page_text in (reading.text(pdf), reading.poppler_text(pdf)):
        for value in ("捐赠物资收支公示", "样例商贸有限公司（虚构）", "张**", "爱心人士", "自制",
                      "71件", "150瓶", "260张", "样例社区", "16户", "<5户", "集体领取", "260人",
                      "物资收支", "Asofentry311"):  # fmt: skip
            assert value in page_text, value


@needs_poppler
@pytest.mark.parametrize("donors", [0, 1, 6, 60])
def test_disclosures_have_no_overlapping_text_and_embedded_fonts(donors: int) -> None:
    pdf = draw_public_disclosure(samples.disclosure(STATION, donors))
    reading.assert_well_set(pdf, margin=15)
    reading.assert_only_embedded_fonts(pdf)


@needs_poppler
def test_the_longest_names_in_a_disclosure_do_not_overlap() -> None:
    paper = samples.disclosure(STATION, 1)
    long = "喆堃䶮㑇𠮷" * 40
    received = [replace(line, name=long, quantity=10**12) for line in paper.disclosure.received]
    handed_over = [replace(line, community="c" * 64) for line in paper.disclosure.handed_over]
    shown = replace(paper.disclosure, received=received, handed_over=handed_over)
    names = dict.fromkeys(paper.names, ItemName(name=long, name_en="words and " * 20))
    reading.assert_well_set(
        draw_public_disclosure(replace(paper, disclosure=shown, names=names)), margin=15
    )


def test_a_disclosure_of_an_empty_period_says_so() -> None:
    paper = samples.disclosure(STATION, 0)
    shown = replace(paper.disclosure, received=[], handed_over=[], goods=[])
    page_text = reading.text(draw_public_disclosure(replace(paper, disclosure=shown)))
    assert page_text.count("无none") == 3


def test_two_processes_give_the_same_bytes() -> None:
    here = hashlib.sha256(draw_public_disclosure(samples.disclosure(STATION))).hexdigest()
    assert (
        reading.in_a_new_process("draw_public_disclosure(samples.disclosure(STATION))", 1) == here
    )


def test_a_community_is_printed_by_its_name() -> None:
    paper = samples.disclosure(STATION)
    named = [
        replace(line, community="longxue-3", community_name="龙穴社区", community_name_en="Longxue")
        for line in paper.disclosure.handed_over
    ]
    shown = replace(paper.disclosure, handed_over=named)
    page_text = reading.text(draw_public_disclosure(replace(paper, disclosure=shown)))
    assert "龙穴社区" in page_text
    assert "Longxue" in page_text
    assert "longxue-3" not in page_text
