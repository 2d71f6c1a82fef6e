"""Draw all receipts of a period as one PDF.

One PDF is smaller than many files with one receipt each, and is drawn faster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from supplies.errors import InvalidField, Sentence
from supplies.papers.receipt import ReceiptPaper
from supplies_receipts.drawing import bilingual
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.canvas import Sheet
from supplies_receipts.papers.receipt import draw

_TITLE = Words("捐赠物资接收凭证", "Receipts for donated goods")


def draw_receipts(papers: Sequence[ReceiptPaper], on_progress: Callable[[int], None]) -> bytes:
    """Draw receipts one after another, each on a new page.

    Args:
        on_progress: Called with the number of receipts drawn so far.

    Raises:
        InvalidField: there are no receipts.
    """
    if not papers:
        raise InvalidField(Sentence("no valid receipt was issued on these days; choose other days"))
    first, last = papers[0].document, papers[-1].document
    with bilingual.as_issued_by(first.station):
        sheet = Sheet(title=f"{_TITLE.zh} {first.number} – {last.number}", author=last.station.name)
    for drawn, paper in enumerate(papers, 1):
        with bilingual.as_issued_by(paper.document.station):
            draw(sheet, paper)
        on_progress(drawn)
    return sheet.finish()
