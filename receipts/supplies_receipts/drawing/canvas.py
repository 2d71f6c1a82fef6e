"""A PDF being drawn: millimetres from the top left, styles, text, rules, boxes and QR codes.

`Sheet` is the only room, with `fonts`, that knows reportlab. The same calls give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Literal

import msgspec
import segno
from msgspec.structs import replace
from reportlab import rl_config
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from supplies_receipts.drawing import bilingual as wording
from supplies_receipts.drawing import fonts
from supplies_receipts.drawing.line_breaking import broken, shortened

Align = Literal["left", "right", "centre"]
Ink = tuple[float, float, float]
"""Red, green, blue, each 0 to 1."""

BLACK: Ink = (0, 0, 0)
GREY: Ink = (0.42, 0.42, 0.42)
PALE: Ink = (0.78, 0.78, 0.78)
RED: Ink = (0.76, 0.07, 0.1)
ROSE: Ink = (0.93, 0.72, 0.73)
TEAL: Ink = (0.05, 0.36, 0.42)
SEA: Ink = (0.45, 0.68, 0.72)
MIST: Ink = (0.86, 0.91, 0.92)

A4 = (210.0, 297.0)
A5_LANDSCAPE = (210.0, 148.0)

# Pages as bytes, not as letters that stand for bytes: a quarter smaller, and quicker.
rl_config.useA85 = 0

HAIRLINE = 0.3  # points

# Where the baseline runs in a line box, and how much wider the strokes of bold text are drawn, in
# parts of the size. A bold face of its own would be a sixth of a receipt's bytes.
_ASCENT = 0.88
_THICKENING = 0.025

_DARK = re.compile(b"\x01+")  # modules of a QR code that follow each other in a row

_BEFORE = {"left": 0.0, "centre": 0.5, "right": 1.0}  # how much of a text stands before its x


class Style(msgspec.Struct, frozen=True):
    """How text looks. size: points. leading: height of a line, in parts of the size."""

    size: float
    bold: bool = False
    ink: Ink = BLACK
    leading: float = 1.3

    @property
    def line(self) -> float:
        """Height of one line, in millimetres."""
        return self.size * self.leading / float(mm)

    def width(self, text: str) -> float:
        """Width of one line of text, in millimetres."""
        return fonts.width(text, self.size) / float(mm)


class Paragraph(msgspec.Struct, frozen=True):
    """Text broken into lines for a width."""

    lines: tuple[str, ...]
    style: Style

    @property
    def height(self) -> float:
        """In millimetres."""
        return len(self.lines) * self.style.line


def paragraph(text: str, style: Style, width: float) -> Paragraph:
    """The text broken so that no line is wider than the width."""
    return Paragraph(tuple(broken(text, width, style.width)), style)


def one_line(text: str, style: Style, width: float, *, smallest: float = 5) -> Paragraph:
    """The text in one line: set smaller where it must be, cut with an ellipsis as the last way.

    Only for what the paper also says in full elsewhere, or for words of our own.
    """
    smaller = fitted(text, style, width, smallest=smallest)
    return Paragraph((shortened(text, width, smaller.width),), smaller)


def fitted(text: str, style: Style, width: float, *, smallest: float = 4) -> Style:
    """The style, set smaller where the text would not fit on one line: for figures."""
    wide = style.width(text)
    # A hair less than would fit exactly: a rounding must not break the line.
    return (
        style
        if wide <= width
        else replace(style, size=max(smallest, style.size * width / wide * 0.999))
    )


def boxed(text: str, style: Style, width: float, height: float) -> Paragraph:
    """All of the text, in the largest size up to the style's that fits the box."""
    size = style.size
    while True:
        content = paragraph(text, replace(style, size=size), width)
        if content.height <= height or size <= 1:
            return content
        size -= 0.5


class Sheet:
    """The pages of one PDF, drawn one after another."""

    def __init__(self, *, title: str, author: str) -> None:
        fonts.load()
        self._file = BytesIO()
        # Without a first font reportlab names Helvetica, which it does not embed.
        self._canvas = Canvas(
            self._file,
            invariant=1,
            pageCompression=1,
            initialFontName=fonts.FACE,
            lang=wording.language(),
        )
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)
        self._canvas.setSubject("supplies")
        self._canvas.setCreator("supplies")
        self._height = 0.0

    @contextmanager
    def page(self, width: float, height: float) -> Iterator[None]:
        """One page: what is drawn inside stands on it."""
        self._height = height
        self._canvas.setPageSize((width * mm, height * mm))
        self._canvas.setLineJoin(1)  # round: bold text has no spikes at its corners
        yield
        self._canvas.showPage()

    @contextmanager
    def moved(self, right: float) -> Iterator[None]:
        """What is drawn inside stands further right, by so many millimetres."""
        self._canvas.saveState()
        self._canvas.translate(right * mm, 0)
        yield
        self._canvas.restoreState()

    def finish(self) -> bytes:
        """The whole PDF. Nothing can be drawn afterwards."""
        with fonts.lock:
            self._canvas.save()
        return self._file.getvalue()

    def text(self, x: float, y: float, text: str, style: Style, align: Align = "left") -> None:
        """One line of text, the top of its line box at y, from, to or around x."""
        fonts.check(text)
        shift = 0.0 if align == "left" else _BEFORE[align] * style.width(text)
        down = ((style.leading - 1) / 2 + _ASCENT) * style.size
        line = self._canvas.beginText((x - shift) * mm, self._up(y) - down)
        line.setFont(fonts.FACE, style.size)
        line.setFillColorRGB(*style.ink)
        if style.bold:
            self._canvas.setLineWidth(style.size * _THICKENING)
            line.setStrokeColorRGB(*style.ink)
            line.setTextRenderMode(2)
        line.textOut(text)
        if style.bold:
            line.setTextRenderMode(0)
        self._canvas.drawText(line)

    def paragraph(self, x: float, y: float, content: Paragraph, align: Align = "left") -> None:
        """Lines of text, the first at y."""
        for at, line in enumerate(content.lines):
            self.text(x, y + at * content.style.line, line, content.style, align)

    def rule(
        self, x: float, y: float, width: float, *, weight: float = HAIRLINE, ink: Ink = BLACK
    ) -> None:
        """A horizontal line. weight: points."""
        self._stroke(weight, ink)
        self._canvas.line(x * mm, self._up(y), (x + width) * mm, self._up(y))

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        weight: float = HAIRLINE,
        ink: Ink = BLACK,
    ) -> None:
        """The outline of a rectangle."""
        self._stroke(weight, ink)
        self._canvas.rect(x * mm, self._up(y + height), width * mm, height * mm)

    def fill(self, x: float, y: float, width: float, height: float, ink: Ink) -> None:
        """A filled rectangle."""
        self._canvas.setFillColorRGB(*ink)
        self._canvas.rect(x * mm, self._up(y + height), width * mm, height * mm, stroke=0, fill=1)

    def dashed_circle(self, x: float, y: float, diameter: float, ink: Ink) -> None:
        """A circle within the square whose top left is x, y: where a seal goes."""
        self._stroke(0.6, ink)
        self._canvas.setDash(3, 2)
        radius = diameter / 2
        self._canvas.circle((x + radius) * mm, self._up(y + radius), radius * mm)
        self._canvas.setDash()

    def qr(self, x: float, y: float, size: float, content: str) -> None:
        """A QR code as one path. Any reader reads any mask: choosing the best costs most of it."""
        code = segno.make_qr(content, error="m", boost_error=False, mask=3).matrix
        module = size * mm / len(code)
        # Counted in modules the path is all whole numbers: fewer bytes, and quicker.
        path = self._canvas.beginPath()
        for row, modules in enumerate(code, 1):
            for dark in _DARK.finditer(modules):
                first, end = dark.span()
                path.rect(first, -row, end - first, 1)
        self._canvas.saveState()
        self._canvas.translate(x * mm, self._up(y))
        self._canvas.scale(module, module)
        self._canvas.setFillColorRGB(*BLACK)
        self._canvas.drawPath(path, stroke=0, fill=1)
        self._canvas.restoreState()

    def image(self, x: float, y: float, side: float, content: bytes) -> None:
        """A PNG, as large as fits into a square of this side, its top left at x, y."""
        picture = ImageReader(BytesIO(content))
        wide, high = picture.getSize()
        part = side * mm / max(wide, high)
        bottom = self._up(y) - high * part
        self._canvas.drawImage(picture, x * mm, bottom, wide * part, high * part, mask="auto")

    @contextmanager
    def turned(self, x: float, y: float, degrees: float) -> Iterator[None]:
        """What is drawn inside is turned to the left around a point."""
        self._canvas.saveState()
        self._canvas.translate(x * mm, self._up(y))
        self._canvas.rotate(degrees)
        self._canvas.translate(-x * mm, -self._up(y))
        yield
        self._canvas.restoreState()

    def _up(self, y: float) -> float:
        """From millimetres below the top to points above the bottom."""
        return float((self._height - y) * mm)

    def _stroke(self, weight: float, ink: Ink) -> None:
        self._canvas.setLineWidth(weight)
        self._canvas.setStrokeColorRGB(*ink)
