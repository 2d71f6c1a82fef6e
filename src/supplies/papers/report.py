"""The content of a report as tables for people: titles and words in Chinese and English."""

from __future__ import annotations

from datetime import date, datetime

from supplies.papers.common import BilingualText, PaperPart, StationHead

ReportCell = BilingualText | int | str | None
"""The value of a cell. A number is shown with separators; None is shown as empty."""


class ReportColumn(PaperPart, frozen=True, kw_only=True):
    """A column of a table in a report."""

    title: BilingualText
    is_number: bool


class ReportTable(PaperPart, frozen=True, kw_only=True):
    """A table in a report.

    Attributes:
        title: None if the report has only this table.
        rows: Each row has a cell for each column. A cell is None if it would repeat the row above
            it about the same document.
    """

    title: BilingualText | None
    columns: list[ReportColumn]
    rows: list[list[ReportCell]]


class ReportPaper(PaperPart, frozen=True, kw_only=True):
    """A report as printed.

    Attributes:
        first, last: The period, both days included. They are the same day if the report has no
            period.
        as_of_seq: The number of the last entry that the report takes into account.
    """

    station: StationHead
    title: BilingualText
    first: date
    last: date
    as_of_seq: int
    tables: list[ReportTable]
    printed_at: datetime
