"""Blocks that stand one under another, tables among them, and the pages they fill."""

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
    Sheet,
    Style,
    fitted,
    paragraph,
)

HEAD = Style(7, bold=True, leading=1.25)
HEAD_EN = Style(5.5, ink=GREY, leading=1.2)


class Block(msgspec.Struct, frozen=True):
    """Something of a known height. draw: given the sheet and the top of the block.

    head: what stands above it where it begins a page or a table: the table's head. table: what it
    is a row of; where it is not said, rows with the same head are of one table.
    """

    height: float
    draw: Callable[[Sheet, float], None]
    head: Block | None = None
    table: object = None

    @property
    def of(self) -> object:
        """The table of which this is a row, or None."""
        return self.head if self.table is None else self.table


def space(height: float) -> Block:
    """Nothing, of a height."""
    return Block(height, lambda sheet, y: None)


def stacked(blocks: Sequence[Block]) -> Block:
    """Blocks that a page break must not part."""

    def draw(sheet: Sheet, y: float) -> None:
        for block in blocks:
            block.draw(sheet, y)
            y += block.height

    return Block(sum(block.height for block in blocks), draw)


# Most of a paper is said on every paper: in a batch it is broken into lines once.
@lru_cache(maxsize=4096)
def text(x: float, width: float, content: str, style: Style, align: Align = "left") -> Block:
    """A paragraph between x and x + width."""
    broken = paragraph(content, style, width)
    edge = x + {"left": 0.0, "centre": 0.5, "right": 1.0}[align] * width
    return Block(broken.height, lambda sheet, y: sheet.paragraph(edge, y, broken, align))


def worded(
    x: float, width: float, said: Words, style: Style, small: Style, align: Align = "left"
) -> Block:
    """What leads, and beneath it in small type what follows in a paper of two languages."""
    lines = ((said.leads, style), (said.under, small))
    return stacked([text(x, width, line, look, align) for line, look in lines if line])


def split(x: float, width: float, content: str, style: Style) -> list[Block]:
    """A paragraph a line a block, for text so long that it may run over pages."""
    return [text(x, width, line, style) for line in paragraph(content, style, width).lines]


def beside(blocks: Sequence[Block]) -> Block:
    """Blocks with one top, as high as the highest."""

    def draw(sheet: Sheet, y: float) -> None:
        for block in blocks:
            block.draw(sheet, y)

    return Block(max(block.height for block in blocks), draw)


def image(x: float, side: float, content: bytes) -> Block:
    """A PNG within a square, at its top left."""
    return Block(side, lambda sheet, y: sheet.image(x, y, side, content))


def rule(x: float, width: float, *, weight: float, ink: Ink = BLACK) -> Block:
    """A line across, taking no height."""
    return Block(0, lambda sheet, y: sheet.rule(x, y, width, weight=weight, ink=ink))


class Column(msgspec.Struct, frozen=True):
    """One column of a table. width: millimetres, of which `GUTTER` stays free."""

    title: Words
    width: float
    align: Align = "left"


GUTTER = 2.0
_PADDING = 0.4

Cell = Sequence[tuple[str, Style]]
"""What stands in a cell: texts one under another. An empty text takes no room."""


class Table:
    """Rows of cells under a head that is repeated on every page the table reaches."""

    def __init__(self, x: float, columns: Sequence[Column], *, above: Sequence[Block] = ()) -> None:
        self._columns = columns
        self._lefts = list(accumulate((column.width for column in columns), initial=x))
        self._width = self._lefts[-1] - x
        titles = [
            [_whole(c.title.leads, HEAD, c.width), _whole(c.title.under, HEAD_EN, c.width)]
            for c in columns
        ]
        top = rule(x, self._width, weight=0.6)
        self.head = stacked([*above, top, self._cells(titles), top])

    def row(self, cells: Sequence[Cell], least: float = 0) -> Block:
        """One row with a hairline under it. least: how high it is where its cells need less."""
        content = self._cells(cells)
        under = rule(self._lefts[0], self._width, weight=0.3, ink=PALE)
        row = stacked([content, space(max(0, least - content.height)), under])
        return Block(row.height, row.draw, self.head)

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
def _whole(title: str, style: Style, width: float) -> tuple[str, Style]:
    """The title of a column, set smaller where a word of it would be broken."""
    longest = max(title.split(), key=style.width, default="")
    return title, fitted(longest, style, width - GUTTER)


def paginated(blocks: Sequence[Block], first: float, next_: float, last: float = 0) -> list[Block]:
    """The blocks in pages, each page one block.

    first, next_: the height that the first page and those after it have room for. last: what must
    stay free beneath the final block, on whichever page that falls.
    """
    pages: list[list[Block]] = [[]]
    used, table = 0.0, None
    for at, block in enumerate(blocks):
        room = first if len(pages) == 1 else next_
        reserve = last if at == len(blocks) - 1 else 0
        needed = _needed(block, table)
        if pages[-1] and used + needed + reserve > room:
            pages.append([])
            used, table = 0.0, None
            needed = _needed(block, table)
        if block.head is not None and block.of is not table:
            pages[-1].append(block.head)
        table = block.of
        pages[-1].append(block)
        used += needed
    return [stacked(page) for page in pages]


def _needed(block: Block, table: object) -> float:
    """The height of a block, with its head unless that of its table stands above it already."""
    return block.height + (0 if block.head is None or block.of is table else block.head.height)
