"""The content of a report as tables: titles, words and numbers in Chinese and English."""

from __future__ import annotations

from datetime import date, datetime

from supplies.papers.common import BilingualText, Letterhead, PaperPart

ReportCell = BilingualText | int | str | None
"""The value of a table cell. Numbers are printed with separators, and None as an empty cell."""


class ReportColumn(PaperPart, frozen=True, kw_only=True):
    """A column of a table in a report.

    Attributes:
        has_days: Whether the texts of its cells are days in ISO 8601.
    """

    title: BilingualText
    is_number: bool
    has_days: bool = False


class ReportTable(PaperPart, frozen=True, kw_only=True):
    """A table in a report.

    Attributes:
        title: None if the report has only one table.
        rows: The rows, each with a cell per column. If two rows are about the same document, a cell
            of the second row is None if it would repeat the cell above it.
        sources: For each cell of `rows`, the URL of the entries behind the figure; None for a cell
            without such a URL.
        repeated: For each cell of `rows`, whether the cell is None because it would repeat the cell
            above it.
        is_cut: Whether the table had more rows, which are left out.
    """

    title: BilingualText | None
    columns: list[ReportColumn]
    rows: list[list[ReportCell]]
    sources: list[list[str | None]]
    repeated: list[list[bool]]
    is_cut: bool = False


class ReportPaper(PaperPart, frozen=True, kw_only=True):
    """A report as printed.

    Attributes:
        about: What the options of the report choose, such as its item, as a label and a text each.
        first, last: First and last day of the period, both included. For a report without a period,
            both are the day of the report.
        as_of_seq: Number of the latest entry that the report includes. None for a report about
            several stations.
        as_of: The past day at whose end the books are shown. None means now.
    """

    station: Letterhead
    title: BilingualText
    about: list[tuple[BilingualText, BilingualText]]
    first: date
    last: date
    as_of_seq: int | None
    tables: list[ReportTable]
    printed_at: datetime
    as_of: date | None = None
