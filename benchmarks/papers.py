"""Compare drawing receipts with the reportlab calls alone, which draw the same page.

The reportlab calls of one receipt are recorded. For each page, the comparison program repeats these
calls and computes one QR code, but does no layout.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from io import BytesIO
from time import perf_counter
from typing import Any

import segno
from msgspec.structs import replace
from reportlab.pdfgen.canvas import Canvas
from supplies_receipts import draw_receipt, draw_receipts
from supplies_receipts.__main__ import receipt
from supplies_receipts.drawing import canvas, fonts

from supplies.papers.receipt import ReceiptPaper

RECEIPTS = 1_000
ROUNDS = 3

_DOCUMENT_CALLS = ("c.setTitle", "c.setAuthor", "c.setSubject", "c.setCreator", "c.save(")
"""The calls that are made once for a whole PDF. All other calls are made for each page."""

_FIRST_RECEIPT = (
    "from supplies_receipts import draw_receipt\n"
    "from supplies_receipts.__main__ import receipt\n"
    "draw_receipt(receipt())\n"
)


def run() -> None:
    """Print how fast receipts are drawn, and how large they are."""
    papers = [_receipt_with_number(at) for at in range(1, RECEIPTS + 1)]
    single = draw_receipt(papers[0])  # loads the fonts, which is measured separately
    bare = _BareProgram(papers[0])
    ours: list[float] = []
    baseline: list[float] = []
    for _ in range(ROUNDS):
        begin = perf_counter()
        batch = draw_receipts(papers)
        ours.append(perf_counter() - begin)
        begin = perf_counter()
        plain = bare.draw(RECEIPTS)
        baseline.append(perf_counter() - begin)
    ratio = statistics.median(o / t for o, t in zip(ours, baseline, strict=True))
    print(
        f"{RECEIPTS} receipts in one batch {RECEIPTS / statistics.median(ours):8.0f}/s   "
        f"bare reportlab, same page {RECEIPTS / statistics.median(baseline):8.0f}/s   "
        f"time ratio {ratio:.2f}"
    )
    print(
        f"size of a receipt: {len(batch) / RECEIPTS / 1024:.1f} KB in the batch "
        f"({len(plain) / RECEIPTS / 1024:.1f} KB bare), {len(single) / 1024:.1f} KB alone"
    )
    print(
        f"first receipt of a fresh process: {_time_first_receipt():.2f} s, with the process itself"
    )


def _receipt_with_number(at: int) -> ReceiptPaper:
    """Return a receipt of three lines with the number `at`. Its QR code is different too."""
    paper = receipt()
    number = f"JZ-2020-{at:06d}"
    return ReceiptPaper(
        document=replace(paper.document, number=number),
        proof=replace(paper.proof, seq=at, url=f"http://127.0.0.1:8000/v/{number}?c=7K3M9QXA"),
    )


def _time_first_receipt() -> float:
    """Return the seconds from the start of Python until a receipt is drawn.

    They are the median of three runs.
    """
    times = []
    for _ in range(3):
        begin = perf_counter()
        subprocess.run([sys.executable, "-c", _FIRST_RECEIPT], check=True)
        times.append(perf_counter() - begin)
    return statistics.median(times)


class _BareProgram:
    """The reportlab calls that draw the page of a receipt, as compiled Python code."""

    def __init__(self, paper: ReceiptPaper) -> None:
        calls: list[str] = []
        canvas.Canvas = lambda *args, **kwargs: _RecordingProxy(Canvas(*args, **kwargs), "c", calls)
        try:
            draw_receipt(paper)
        finally:
            canvas.Canvas = Canvas
        page = [line for line in calls if not line.startswith(_DOCUMENT_CALLS)]
        source = "def page(c):\n" + "".join(f"    {line}\n" for line in page)
        made: dict[str, Any] = {}
        exec(compile(source, "bare page", "exec"), made)
        self._page, self._url = made["page"], paper.proof.url

    def draw(self, count: int) -> bytes:
        """Return a PDF in which this page occurs `count` times."""
        file = BytesIO()
        plain = Canvas(file, invariant=1, pageCompression=1, initialFontName=fonts.FACE)
        for _ in range(count):
            # Every receipt has its own QR code, which must be computed.
            segno.make_qr(self._url, error="m", boost_error=False, mask=3)
            self._page(plain)
        plain.save()
        return file.getvalue()


class _RecordingProxy:
    """A proxy of a reportlab object. It records each call as a line of Python code."""

    def __init__(self, real: Any, name: str, calls: list[str]) -> None:
        self._real, self._name, self._calls = real, name, calls

    def __getattr__(self, method: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            shown = [arg._name if isinstance(arg, _RecordingProxy) else repr(arg) for arg in args]
            shown += [f"{key}={value!r}" for key, value in kwargs.items()]
            real = [arg._real if isinstance(arg, _RecordingProxy) else arg for arg in args]
            answer = getattr(self._real, method)(*real, **kwargs)
            line = f"{self._name}.{method}({', '.join(shown)})"
            if method in ("beginText", "beginPath"):
                part = method[-4].lower()
                self._calls.append(f"{part} = {line}")
                return _RecordingProxy(answer, part, self._calls)
            self._calls.append(line)
            return answer

        return call
