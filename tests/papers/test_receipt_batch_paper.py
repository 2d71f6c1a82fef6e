"""Many receipts in one document."""

from __future__ import annotations

import hashlib

import pytest
from msgspec.structs import replace
from supplies_receipts import draw_receipt, draw_receipts
from supplies_receipts.__main__ import receipt
from support import pdf_reading as reading
from support.pdf_reading import needs_poppler

from supplies.errors import InvalidField
from supplies.papers.receipt import ReceiptPaper


def papers() -> list[ReceiptPaper]:
    return [
        replace(paper, document=replace(paper.document, number=f"JZ-2020-{at:06d}"))
        for at, paper in enumerate((receipt(1), receipt(60), receipt(3)), 1)
    ]


def test_each_receipt_of_a_batch_equals_the_single_receipt() -> None:
    alone = [page.extract_text() for one in papers() for page in reading.pages(draw_receipt(one))]
    together = reading.pages(draw_receipts(papers()))
    assert [page.extract_text() for page in together] == alone
    assert reading.size_in_mm(together[0]) == reading.size_in_mm(together[-1]) == (210, 148)
    assert reading.size_in_mm(together[1]) == (210, 297)


def test_drawing_a_batch_reports_its_progress() -> None:
    progress: list[int] = []
    draw_receipts(papers(), progress.append)
    assert progress == [1, 2, 3]


@needs_poppler
def test_a_batch_is_much_smaller_than_its_single_receipts_and_embeds_its_fonts() -> None:
    batch = draw_receipts(papers() * 10)
    assert len(batch) * 5 < 10 * sum(len(draw_receipt(one)) for one in papers())
    reading.assert_only_embedded_fonts(batch)


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(InvalidField, match="no valid receipt was issued on these days"):
        draw_receipts([])


def test_two_processes_give_the_same_bytes() -> None:
    here = hashlib.sha256(draw_receipts([receipt(), receipt(6)])).hexdigest()
    drawn = "draw_receipts([receipt(), receipt(6)])"
    assert reading.in_a_new_process(drawn, 1) == here
