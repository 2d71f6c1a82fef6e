"""Read papers with independent programs: pypdf, poppler, zxing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from typing import NamedTuple

import pikepdf
import pypdf
import pytest
from PIL import Image

needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="poppler (pdftotext, pdftoppm, pdffonts) is missing"
)


class Word(NamedTuple):
    """A word, and the box around its strokes in points from the top left."""

    page: int
    left: float
    top: float
    right: float
    bottom: float
    text: str


def pages(pdf: bytes) -> list[pypdf.PageObject]:
    return list(pypdf.PdfReader(BytesIO(pdf), strict=True).pages)


def text(pdf: bytes) -> str:
    """Return all text without spaces and line breaks."""
    return squeezed("".join(page.extract_text() for page in pages(pdf)))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def poppler(program: str, *arguments: str, pdf: bytes) -> bytes:
    done = subprocess.run([program, *arguments], input=pdf, capture_output=True, check=True)
    return done.stdout


def poppler_text(pdf: bytes) -> str:
    return squeezed(poppler("pdftotext", "-raw", "-", "-", pdf=pdf).decode())


def size_in_mm(page: pypdf.PageObject) -> tuple[int, int]:
    return round(float(page.mediabox.width) / 72 * 25.4), round(
        float(page.mediabox.height) / 72 * 25.4
    )


def rendered(pdf: bytes, page: int = 1, dpi: int = 150) -> Image.Image:
    ppm = poppler("pdftoppm", "-r", str(dpi), "-f", str(page), "-l", str(page), "-", pdf=pdf)
    return Image.open(BytesIO(ppm)).convert("RGB")


def words(pdf: bytes) -> list[Word]:
    """Return every word with its box: the middle part of poppler's box, which is too high."""
    found, at = [], 0
    # Poppler writes 𠮷 in the title of the file as two surrogates; in the text it does not.
    read = poppler("pdftotext", "-bbox", "-", "-", pdf=pdf).decode(errors="surrogatepass")
    for line in read.splitlines():
        at += "<page " in line
        box = re.search(r'xMin="(.*)" yMin="(.*)" xMax="(.*)" yMax="(.*)">(.*)</word>', line)
        if box:
            left, top, right, bottom = map(float, box.groups()[:4])
            slack = (bottom - top) * 0.24
            word = unescape(box[5])
            found.append(Word(at, left, top + slack, right, bottom - slack, word))
    return found


def assert_well_set(pdf: bytes, margin: float, found: list[Word] | None = None) -> None:
    """Check that no text is outside the margin (in mm) or overlaps other text.

    Args:
        found: The words, if they were read before.
    """
    sizes = [page.mediabox for page in pages(pdf)]
    inset = margin / 25.4 * 72 - 0.5
    found = words(pdf) if found is None else found
    assert found
    for word in found:
        page = sizes[word.page - 1]
        assert word.left >= inset, word
        assert word.right <= float(page.width) - inset, word
        assert word.top >= 8, word
        assert word.bottom <= float(page.height) - 8, word
    for one, other in _side_by_side(found):
        beside = one.right <= other.left + 0.3 or other.right <= one.left + 0.3
        assert beside, (one, other)


def _side_by_side(found: list[Word]) -> Iterator[tuple[Word, Word]]:
    """Yield pairs of words on one page that share a part of their height."""
    ordered = sorted(found, key=lambda word: (word.page, word.top))
    for at, one in enumerate(ordered):
        for other in ordered[at + 1 :]:
            if other.page != one.page or one.bottom <= other.top + 0.3:
                break
            yield one, other


def assert_only_embedded_fonts(pdf: bytes) -> None:
    for page in pages(pdf):
        fonts = page["/Resources"]["/Font"]
        for name in fonts:
            assert "/FontFile2" in fonts[name]["/FontDescriptor"], fonts[name]["/BaseFont"]
    listed = poppler("pdffonts", "-", pdf=pdf).decode().splitlines()[2:]
    assert listed
    for line in listed:
        assert re.match(r"[A-Z]{6}\+Noto", line), line
        assert re.search(r"TrueType\s+\S+\s+yes yes yes", line), line


def in_a_new_process(expression: str, seed: int) -> str:
    """Return the SHA-256 of a paper that is drawn in another process."""
    program = (
        "import hashlib\n"
        "from supplies_receipts import *\n"
        "from supplies_receipts import samples\n"
        "from supplies_receipts.__main__ import STATION, receipt, report, slips\n"
        f"print(hashlib.sha256({expression}).hexdigest())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONHASHSEED": str(seed)},
    )
    return done.stdout.strip()


def sizes(pdf: bytes) -> set[float]:
    """Return the sizes in points of all type on the pages of a PDF."""
    found = set()
    with pikepdf.open(BytesIO(pdf)) as opened:
        for page in opened.pages:
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) == "Tf":
                    found.add(float(operands[1]))
    return found
