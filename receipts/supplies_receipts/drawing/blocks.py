"""Blocks of known height, tables made of blocks, and the layout of blocks on pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate

import msgspec

from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.canvas import (
    BLACK,
    GREY,
    PALE,
    Align,
    Ink,
    Paragraph,
    Sheet,
    Style,
    fit_style,
    paragraph,
)
from supplies_receipts.drawing.shaping import is_right_to_left

HEADER = Style(7, bold=True, leading=1.25)
HEADER_EN = Style(5.5, ink=GREY, leading=1.2)


class Block(msgspec.Struct, frozen=True):
    """Content with a known height in millimetres.

    Attributes:
        draw: Draws the content. The arguments are the sheet, and the y of the top of the block.
        header: The titles of the table and of its columns, if this block is a row of a table. They
            are drawn above the first row of the table on each page.
        table: An object that identifies the table to which this row belongs. If it is None,
            consecutive rows with the same header are one table.
    """

    height: float
    draw: Callable[[Sheet, float], None]
    header: Block | None = None
    table: object = None

    @property
    def of(self) -> object:
        """The object that identifies the table of the block; None if the block is not a row."""
        return self.header if self.table is None else self.table


def space(height: float) -> Block:
    """Return an empty block of the given height."""
    return Block(height, lambda sheet, y: None)


def stacked(blocks: Sequence[Block]) -> Block:
    """Stack blocks into one block, which is not divided between pages."""

    def draw(sheet: Sheet, y: float) -> None:
        for block in blocks:
            block.draw(sheet, y)
            y += block.height

    return Block(sum(block.height for block in blocks), draw)


def text(x: float, width: float, content: str, style: Style, align: Align = "left") -> Block:
    """Return a paragraph between x and x + width.

    A text of several lines that is written from right to left is aligned right instead of left. A
    single line stays on the left, beside its label.
    """
    return _text(x, width, content, style.resolved, align)


# Most texts are the same on every paper, so in a batch each is broken into lines only once.
@lru_cache(maxsize=4096)
def _text(x: float, width: float, content: str, style: Style, align: Align) -> Block:
    break_lines = paragraph(content, style, width)
    if align == "left" and _is_right_aligned(break_lines):
        align = "right"
    edge = x + {"left": 0.0, "centre": 0.5, "right": 1.0}[align] * width
    return Block(break_lines.height, lambda sheet, y: sheet.paragraph(edge, y, break_lines, align))


def bilingual_text(
    x: float, width: float, words: Words, style: Style, small: Style, align: Align = "left"
) -> Block:
    """Return text in the first language, with the second language below it in small type."""
    lines = ((words.primary, style), (words.secondary, small))
    return stacked([text(x, width, line, look, align) for line, look in lines if line])


def split(x: float, width: float, content: str, style: Style) -> list[Block]:
    """Return a block for each line of a paragraph, so that a page can end within the paragraph."""
    broken = paragraph(content, style, width)
    align: Align = "right" if _is_right_aligned(broken) else "left"
    return [text(x, width, line, style, align) for line in broken.lines]


def _is_right_aligned(broken: Paragraph) -> bool:
    return len(broken.lines) > 1 and is_right_to_left(broken.lines[0])


def beside(blocks: Sequence[Block]) -> Block:
    """Put blocks side by side in one block, which is as high as the highest of them."""

    def draw(sheet: Sheet, y: float) -> None:
        for block in blocks:
            block.draw(sheet, y)

    return Block(max(block.height for block in blocks), draw)


def image(x: float, side: float, content: bytes) -> Block:
    """Return a PNG image, as large as fits into a square with this side, at its top left."""
    return Block(side, lambda sheet, y: sheet.image(x, y, side, content))


def rule(x: float, width: float, *, weight: float, ink: Ink = BLACK) -> Block:
    """Return a horizontal line. The height of its block is zero."""
    return Block(0, lambda sheet, y: sheet.rule(x, y, width, weight=weight, ink=ink))


class Column(msgspec.Struct, frozen=True):
    """A column of a table.

    Attributes:
        width: Width in millimetres. It includes the empty space between columns (`GUTTER`).
    """

    title: Words
    width: float
    align: Align = "left"


GUTTER = 2.0
_PADDING = 0.4

Cell = Sequence[tuple[str, Style]]
"""The texts of one table cell, from top to bottom. An empty text takes up no space."""


class Table:
    """A table, which repeats the titles of its columns on every page."""

    def __init__(self, x: float, columns: Sequence[Column], *, above: Sequence[Block] = ()) -> None:
        self._columns = columns
        self._lefts = list(accumulate((column.width for column in columns), initial=x))
        self._width = self._lefts[-1] - x
        titles = [
            [
                _fitted_title(c.title.primary, HEADER.resolved, c.width),
                _fitted_title(c.title.secondary, HEADER_EN.resolved, c.width),
            ]
            for c in columns
        ]
        top = rule(x, self._width, weight=0.6)
        self.header = stacked([*above, top, self._cells(titles), top])

    def row(self, cells: Sequence[Cell], least: float = 0) -> Block:
        """Return a row with a thin line below it.

        Args:
            least: Minimum height of the row in millimetres.
        """
        content = self._cells(cells)
        under = rule(self._lefts[0], self._width, weight=0.3, ink=PALE)
        row = stacked([content, space(max(0, least - content.height)), under])
        return Block(row.height, row.draw, self.header)

    def _cells(self, cells: Sequence[Cell]) -> Block:
        padded = [space(_PADDING), beside(self._filled(cells)), space(_PADDING)]
        return stacked(padded)

    def _filled(self, cells: Sequence[Cell]) -> list[Block]:
        return [
            stacked(
                [
                    text(left + GUTTER / 2, column.width - GUTTER, content, style, column.align)
                    for content, style in cell
                    if content
                ]
            )
            for left, column, cell in zip(self._lefts, self._columns, cells, strict=False)
        ]


@lru_cache(maxsize=512)
def _fitted_title(title: str, style: Style, width: float) -> tuple[str, Style]:
    """Return the title of a column and its style, with smaller type if a word is too wide."""
    longest = max(title.split(), key=style.width, default="")
    return title, fit_style(longest, style, width - GUTTER)


def paginated(blocks: Sequence[Block], first: float, next_: float, last: float = 0) -> list[Block]:
    """Divide blocks into pages, and return each page as one block.

    Args:
        first: Usable height of the first page.
        next_: Usable height of each further page.
        last: Height to leave free below the last block.
    """
    pages: list[list[Block]] = [[]]
    used, table = 0.0, None
    for at, block in enumerate(blocks):
        available = first if len(pages) == 1 else next_
        reserve = last if at == len(blocks) - 1 else 0
        needed = _needed(block, table)
        if pages[-1] and used + needed + reserve > available:
            pages.append([])
            used, table = 0.0, None
            needed = _needed(block, table)
        if block.header is not None and block.of is not table:
            pages[-1].append(block.header)
        table = block.of
        pages[-1].append(block)
        used += needed
    return [stacked(page) for page in pages]


def _needed(block: Block, table: object) -> float:
    """Return the height that a block needs on the page.

    The height includes the titles of the block's table, unless they have been drawn on this page.

    Args:
        table: The table of the previous block on the page.
    """
    return block.height + (0 if block.header is None or block.of is table else block.header.height)
