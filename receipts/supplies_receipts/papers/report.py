"""Draw a report that consists of tables on A4, in the languages of the station's papers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

from supplies.papers.common import BilingualText
from supplies.papers.report import ReportCell, ReportColumn, ReportPaper, ReportTable
from supplies_receipts.drawing import bilingual, report_page
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import GUTTER, HEADER, HEADER_EN, Block, Cell, Column, Table
from supplies_receipts.drawing.report_page import CELL, CELL_EN, MARGIN, WIDTH

_LEAST, _MOST = 11.0, 52.0
"""Minimum and maximum width of a column in millimetres, before columns are made to fill a page."""


def draw_report(paper: ReportPaper) -> bytes:
    """Return a report that consists of tables as a PDF."""
    title = _words(paper.title)
    with bilingual.as_issued_by(paper.station):
        blocks: list[Block] = [
            report_page.heading(title, paper.station, paper.first, paper.last),
            *_about(paper),
            layout.space(2),
        ]
        for table in paper.tables:
            blocks += [*_table(table), layout.space(5)]
        return report_page.drawn(
            blocks,
            title=f"{title.zh} {paper.first.isoformat()} {paper.last.isoformat()}",
            author=paper.station.name,
            foot=_foot(paper),
        )


def _foot(paper: ReportPaper) -> str:
    if paper.as_of_seq is None:
        return report_page.printed(paper.printed_at)
    return report_page.as_of(paper.as_of_seq, paper.printed_at, paper.as_of)


def _about(paper: ReportPaper) -> list[Block]:
    """Draw what the options of the report choose, such as its item."""
    chosen = [
        (_words(label), Words(bilingual.days_within(text.zh).zh, text.en))
        for label, text in paper.about
    ]
    return [
        layout.bilingual_text(
            MARGIN,
            WIDTH,
            Words(f"{label.zh}：{words.zh}", f"{label.en}: {words.en}"),
            report_page.UNDER,
            report_page.SMALL,
        )
        for label, words in chosen
    ]


def _table(table: ReportTable) -> list[Block]:
    above = []
    if table.title is not None:
        above = [report_page.section(MARGIN, _words(table.title)), layout.space(0.6)]
    cells = [
        [_cell(column, value) for column, value in zip(table.columns, row, strict=True)]
        for row in table.rows
    ]
    drawn = Table(MARGIN, _columns(table, cells), above=above)
    if not cells:
        return [drawn.row([[(report_page.NONE.label, CELL)]])]
    return [drawn.row(row) for row in cells]


def _columns(table: ReportTable, cells: Sequence[Sequence[Cell]]) -> list[Column]:
    """Return the columns of a table. Their widths fit the contents and together fill the page.

    If the contents are too wide, the widest columns of texts become narrower. Figures and days stay
    whole as long as each column of texts has its minimum width.
    """
    titles = [_words(column.title) for column in table.columns]
    widths = [
        max(
            _LEAST,
            # Titles may be broken, so their longest word counts.
            *(HEADER.width(word) + GUTTER for word in title.primary.split()),
            *(HEADER_EN.width(word) + GUTTER for word in title.secondary.split()),
            *(min(_MOST, style.width(text) + GUTTER) for row in cells for text, style in row[at]),
        )
        for at, title in enumerate(titles)
    ]
    texts = [not column.is_number and not column.has_days for column in table.columns]
    figures = sum(width for width, is_text in zip(widths, texts, strict=True) if not is_text)
    limit = _limit(list(compress(widths, texts)), WIDTH - figures)
    widths = [
        min(width, limit) if is_text else width
        for width, is_text in zip(widths, texts, strict=True)
    ]
    scale = WIDTH / sum(widths)
    return [
        Column(title, width * scale, "right" if column.is_number else "left")
        for title, width, column in zip(titles, widths, table.columns, strict=True)
    ]


def _limit(widths: list[float], available: float) -> float:
    """Return the maximum width with which columns fit into the available width.

    It is at least `_LEAST`. The columns that are narrower keep their width.
    """
    limit = available
    for at, width in enumerate(sorted(widths)):
        limit = available / (len(widths) - at)
        if width > limit:
            break
        available -= width
    return max(limit, _LEAST)


def _cell(column: ReportColumn, value: ReportCell) -> Cell:
    if value is None:
        return []
    if isinstance(value, BilingualText):
        words = Words(bilingual.days_within(value.zh).zh, value.en)
        return [(words.primary, CELL), (words.secondary, CELL_EN)]
    if isinstance(value, int):
        return [(bilingual.number(value), CELL)]
    return [(bilingual.days_within(value).primary if column.has_days else value, CELL)]


def _words(text: BilingualText) -> Words:
    return Words(text.zh, text.en)
