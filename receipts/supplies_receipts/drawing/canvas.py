"""Draw a PDF: text, lines, boxes and QR codes. Positions are in millimetres from the top left.

Only this module and `fonts` import reportlab. The same calls give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from typing import Any, Literal

import msgspec
import segno
from msgspec.structs import replace
from reportlab import rl_config
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from supplies_receipts.drawing import bilingual, fonts
from supplies_receipts.drawing.line_breaking import break_lines, truncated
from supplies_receipts.drawing.shaping import (
    LEFT_TO_RIGHT,
    RIGHT_TO_LEFT,
    Run,
    has_right_to_left,
    is_right_to_left,
    shape_line,
)

Align = Literal["left", "right", "centre"]
Ink = tuple[float, float, float]
"""A colour: red, green and blue, each from 0 to 1."""

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

# Pages are written as bytes and not as ASCII85, which is slower and a third larger.
rl_config.useA85 = 0

HAIRLINE = 0.3  # points

# Position of the baseline in a line box, and stroke width of bold text, as fractions of the size.
# Embedding a bold font would add a sixth to a receipt's size.
_ASCENT = 0.88
_THICKENING = 0.025

_DARK = re.compile(b"\x01+")  # consecutive dark modules in a row of a QR code

_SHARE_LEFT = {
    "left": 0.0,
    "centre": 0.5,
    "right": 1.0,
}  # share of the text's width that is left of x


SMALLEST_TYPE = 7.0
"""Minimum font size of papers, in points. Texts that are fitted into a box may be smaller."""

_smallest_type: ContextVar[float] = ContextVar("smallest type", default=SMALLEST_TYPE)


@contextmanager
def smallest_type(points: float) -> Iterator[None]:
    """Within the `with` block, draw no text smaller than this size in points. 0 sets no limit."""
    token = _smallest_type.set(points)
    try:
        yield
    finally:
        _smallest_type.reset(token)


class Style(msgspec.Struct, frozen=True):
    """The font size, line height and other properties of a text.

    Attributes:
        size: The desired size in points. The text is drawn in the size `points`.
        leading: Line height as a multiple of the size.
        fitted: Whether the size was reduced so that the text fits. If so, it may be smaller than
            the smallest type of the paper.
    """

    size: float
    bold: bool = False
    ink: Ink = BLACK
    leading: float = 1.3
    fitted: bool = False

    @property
    def points(self) -> float:
        """The size in points in which the text is drawn.

        It is at least the smallest type size of the paper, unless the style is `fitted`.
        """
        return self.size if self.fitted else max(self.size, _smallest_type.get())

    @property
    def resolved(self) -> Style:
        """This style with the size that is used on this paper. Caches use it in their keys."""
        points = self.points
        return self if points == self.size else replace(self, size=points, fitted=True)

    @property
    def line(self) -> float:
        """Line height in millimetres."""
        return self.points * self.leading / float(mm)

    def width(self, text: str) -> float:
        """Return the width of a text in millimetres, if it is drawn on one line."""
        plain = fonts.covers(text)
        size = self.points
        wide = fonts.width(text, size) if plain else shape_line(text, size).width
        return wide / float(mm)


class Paragraph(msgspec.Struct, frozen=True):
    """A text divided into lines."""

    lines: tuple[str, ...]
    style: Style

    @property
    def height(self) -> float:
        """Height in millimetres."""
        return len(self.lines) * self.style.line


def paragraph(text: str, style: Style, width: float) -> Paragraph:
    """Break a text into lines no wider than `width` millimetres."""
    lines = break_lines(text, width, style.width)
    if has_right_to_left(text):
        # All lines have the direction of the first letter of the text.
        mark = RIGHT_TO_LEFT if is_right_to_left(text) else LEFT_TO_RIGHT
        lines = [f"{mark}{line}" for line in lines]
    return Paragraph(tuple(lines), style)


def one_line(text: str, style: Style, width: float, *, smallest: float = 5) -> Paragraph:
    """Fit a text on one line: reduce its size if needed, and then cut it if it is still too long.

    A text that was cut ends in an ellipsis. Use this function only for text that the paper prints
    in full elsewhere, and for fixed texts.
    """
    smaller = fit_style(text, style, width, smallest=smallest)
    return Paragraph((truncated(text, width, smaller.width),), smaller)


def fit_style(text: str, style: Style, width: float, *, smallest: float = 4) -> Style:
    """Return the style, with a smaller size if the text would not fit on one line.

    Use this for numbers, because a number must not be divided between lines.
    """
    wide = style.width(text)
    # Slightly less than the exact fit, so that rounding does not break the line.
    return (
        style
        if wide <= width
        else replace(style, size=max(smallest, style.points * width / wide * 0.999), fitted=True)
    )


def fit_in_box(text: str, style: Style, width: float, height: float) -> Paragraph:
    """Break a text into lines, in a smaller size if needed, so that all of it fits into a box."""
    size = style.points
    while True:
        content = paragraph(text, replace(style, size=size, fitted=True), width)
        if content.height <= height or size <= 1:
            return content
        size -= 0.5


class Sheet:
    """The pages of one PDF, drawn one after another."""

    def __init__(self, *, title: str, author: str) -> None:
        fonts.load()
        self._file = BytesIO()
        # Without an initial font, reportlab refers to Helvetica, which it does not embed.
        self._canvas = Canvas(
            self._file,
            invariant=1,
            pageCompression=1,
            initialFontName=fonts.FACE,
            lang=bilingual.language(),
        )
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)
        self._canvas.setSubject("supplies")
        self._canvas.setCreator("supplies")
        self._height = 0.0

    @contextmanager
    def page(self, width: float, height: float) -> Iterator[None]:
        """Add a page. Everything that is drawn within the `with` block is drawn on this page."""
        self._height = height
        self._canvas.setPageSize((width * mm, height * mm))
        self._canvas.setLineJoin(1)  # Round joins give bold text no spikes at its corners.
        yield
        self._canvas.showPage()

    @contextmanager
    def moved(self, right: float, scale: float = 1) -> Iterator[None]:
        """Within the `with` block, draw everything `right` millimetres further to the right.

        Args:
            scale: Factor by which everything is enlarged, from the top left corner of the page.
        """
        self._canvas.saveState()
        self._canvas.translate(right * mm, (1 - scale) * self._height * mm)
        self._canvas.scale(scale, scale)
        yield
        self._canvas.restoreState()

    def finish(self) -> bytes:
        """Return the finished PDF. Nothing can be drawn on the sheet after this call."""
        with fonts.lock:
            self._canvas.save()
        return self._file.getvalue()

    def text(self, x: float, y: float, text: str, style: Style, align: Align = "left") -> None:
        """Draw one line of text. The top of the line is at y.

        If no font has a glyph for a character, draw a box with its code, such as `U+1F600`.

        Args:
            align: Whether x is the left end, the right end or the centre of the line.
        """
        shift = 0.0 if align == "left" else _SHARE_LEFT[align] * style.width(text)
        down = ((style.leading - 1) / 2 + _ASCENT) * style.points
        left, base = (x - shift) * mm, self._up(y) - down
        shaped = () if fonts.covers(text) else shape_line(text, style.points).runs
        line = self._canvas.beginText(left, base)
        line.setFont(fonts.FACE, style.points)
        line.setFillColorRGB(*style.ink)
        if style.bold:
            self._canvas.setLineWidth(style.points * _THICKENING)
            line.setStrokeColorRGB(*style.ink)
            line.setTextRenderMode(2)
        if shaped:
            for run in shaped:
                self._draw_run(line, run, left, base)
        else:
            line.textOut(text)
        if style.bold:
            line.setTextRenderMode(0)
        self._canvas.drawText(line)
        for run in shaped:
            if run.box is not None:
                self._stroke(HAIRLINE, style.ink)
                x, y = left + run.box.left, base + run.box.bottom
                self._canvas.rect(x, y, run.box.width, run.box.height)

    def _draw_run(self, line: Any, run: Run, left: float, base: float) -> None:
        """Draw glyphs that share one font and one direction.

        A character without a glyph is drawn as a box. Copying the box from the PDF gives the
        character.
        """
        if run.box is not None:
            actual_text = run.box.actual_text.encode("utf-16-be", "surrogatepass").hex().upper()
            line._code.append(f"/Span <</ActualText <FEFF{actual_text}>>> BDC")
        line.setFont(run.face, run.size)
        for glyph in run.glyphs:
            line.setTextOrigin(left + glyph.x, base + glyph.y)
            line.textOut(glyph.character)
        if run.box is not None:
            line._code.append("EMC")

    def paragraph(self, x: float, y: float, content: Paragraph, align: Align = "left") -> None:
        """Draw the lines of a paragraph. The top of its first line is at y."""
        for at, line in enumerate(content.lines):
            self.text(x, y + at * content.style.line, line, content.style, align)

    def rule(
        self, x: float, y: float, width: float, *, weight: float = HAIRLINE, ink: Ink = BLACK
    ) -> None:
        """Draw a horizontal line.

        Args:
            weight: Thickness in points.
        """
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
        """Draw the outline of a rectangle.

        Args:
            weight: Thickness in points.
        """
        self._stroke(weight, ink)
        self._canvas.rect(x * mm, self._up(y + height), width * mm, height * mm)

    def fill(self, x: float, y: float, width: float, height: float, ink: Ink) -> None:
        """Draw a filled rectangle."""
        self._canvas.setFillColorRGB(*ink)
        self._canvas.rect(x * mm, self._up(y + height), width * mm, height * mm, stroke=0, fill=1)

    def dashed_circle(self, x: float, y: float, diameter: float, ink: Ink) -> None:
        """Draw a dashed circle that shows where to stamp the seal.

        Args:
            x, y: Top left of the square around the circle.
        """
        self._stroke(0.6, ink)
        self._canvas.setDash(3, 2)
        radius = diameter / 2
        self._canvas.circle((x + radius) * mm, self._up(y + radius), radius * mm)
        self._canvas.setDash()

    def qr(self, x: float, y: float, size: float, content: str) -> None:
        """Draw a QR code as one path.

        The mask pattern of the code is fixed, because looking for the best pattern takes longer.
        """
        code = segno.make_qr(content, error="m", boost_error=False, mask=3).matrix
        module = size * mm / len(code)
        # In units of modules, all coordinates are whole numbers, which take fewer bytes.
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
        """Draw a PNG image as large as fits into a square.

        Args:
            x, y: Top left of the square.
            side: Side of the square.
        """
        picture = ImageReader(BytesIO(content))
        wide, high = picture.getSize()
        part = side * mm / max(wide, high)
        bottom = self._up(y) - high * part
        self._canvas.drawImage(picture, x * mm, bottom, wide * part, high * part, mask="auto")

    @contextmanager
    def turned(self, x: float, y: float, degrees: float) -> Iterator[None]:
        """Within the `with` block, draw everything rotated anticlockwise around the point x, y."""
        self._canvas.saveState()
        self._canvas.translate(x * mm, self._up(y))
        self._canvas.rotate(degrees)
        self._canvas.translate(-x * mm, -self._up(y))
        yield
        self._canvas.restoreState()

    def _up(self, y: float) -> float:
        """Convert a distance in millimetres from the top of the page to points from its bottom."""
        return float((self._height - y) * mm)

    def _stroke(self, weight: float, ink: Ink) -> None:
        self._canvas.setLineWidth(weight)
        self._canvas.setStrokeColorRGB(*ink)
