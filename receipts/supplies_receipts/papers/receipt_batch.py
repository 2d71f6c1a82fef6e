"""All receipts of a period in one document: quicker to draw and smaller than as many files."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from supplies.errors import InvalidField
from supplies.papers.receipt import ReceiptPaper
from supplies_receipts.drawing import bilingual as wording
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.canvas import Sheet
from supplies_receipts.papers.receipt import draw

_TITLE = Words("捐赠物资接收凭证", "Receipts for donated goods")


def donation_receipts(papers: Sequence[ReceiptPaper], told: Callable[[int], None]) -> bytes:
    """One receipt after another, each from a page of its own. told: how many are drawn."""
    if not papers:
        raise InvalidField("there is no receipt to print; name days on which some were issued")
    first, last = papers[0].document, papers[-1].document
    with wording.written_in(first.station.languages):
        sheet = Sheet(title=f"{_TITLE.zh} {first.number} – {last.number}", author=last.station.name)
    for drawn, paper in enumerate(papers, 1):
        with wording.written_in(paper.document.station.languages):
            draw(sheet, paper)
        told(drawn)
    return sheet.finish()
