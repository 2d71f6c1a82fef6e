"""Convert reports to tables for people, with Chinese and English words instead of codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from supplies.books.reader import Books
from supplies.domain.catalogue_records import (
    Campaign,
    CatalogueRecord,
    Community,
    Item,
    Location,
    Station,
    Team,
)
from supplies.domain.entry_rows import Delivery
from supplies.exports.report_kinds.kind import ReportKind
from supplies.exports.report_sources import Values, source_address, values_of_report
from supplies.exports.report_words import HEADINGS, TABLE_TITLES, value_words
from supplies.exports.reports import BuiltReport, report_tables
from supplies.exports.tables import Table, Value
from supplies.papers.common import BilingualText
from supplies.papers.report import ReportCell, ReportColumn, ReportPaper, ReportTable
from supplies.stations.paper_settings import letterhead, paper_settings, unit_words
from supplies.views.lot_origins import find_lot_origin

_NAMED: Mapping[str, type[CatalogueRecord]] = {
    "location": Location,
    "community": Community,
    "campaign": Campaign,
    "team": Team,
}
"""The columns whose codes are replaced by names. The values are the types of the records."""


def build_report_paper(
    report: BuiltReport, content: Any, *, printed_at: datetime, max_rows: int | None = None
) -> ReportPaper:
    """Return a report as it is printed and shown on web pages: words instead of codes.

    Call this within the transaction in which the report was built.

    Args:
        report: The report.
        content: The struct of the report, without data that the reader may not see.
        printed_at: The current time.
        max_rows: Return only the first rows of each table, at most this many. None means all.
    """
    books, kind, period = report.books, report.kind, report.period
    tables = report_tables(kind.name, content)
    common = values_of_report(books, content, period)
    return ReportPaper(
        station=letterhead(books),
        title=BilingualText(zh=kind.title.zh, en=kind.title.en),
        first=period.first,
        last=period.last,
        as_of_seq=None if kind.of_organisation else books.last_entry().seq,
        tables=[
            _report_table(books, kind, name, table, common, max_rows)
            for table in tables
            for name in [table.name if len(tables) > 1 else "items"]
            if name in kind.columns
        ],
        printed_at=printed_at.astimezone(ZoneInfo(books.station.zone)),
    )


def _report_table(
    books: Books,
    kind: ReportKind,
    name: str,
    table: Table,
    common: Values,
    max_rows: int | None,
) -> ReportTable:
    """Return a table of a report.

    Args:
        name: The name of the table in the description of the report.
        common: The values that are the same for all rows, for the URLs of entries.
        max_rows: Maximum number of rows. None means all.
    """
    columns, sources = kind.columns[name], kind.sources[name]
    names = [column.heading for column in table.columns]
    words, rows = _Words(books), list[list[ReportCell]]()
    addresses: list[list[str | None]] = []
    marks: list[list[bool]] = []
    with_days = set[str]()
    before: Sequence[Value] | None = None
    every_row = iter(table.rows)
    for values in islice(every_row, max_rows):
        own = values[: table.repeated]
        repeated = set(names[: table.repeated]) if own and own == before else set()
        before, row = own, dict(zip(names, values, strict=True))
        with_days |= {name for name, value in row.items() if _is_day(value)}
        marks.append([name in repeated for name in columns])
        rows.append([None if name in repeated else words.cell(name, row) for name in columns])
        known = {**common, **row}
        addresses.append(
            [source_address(sources[name], known) if name in sources else None for name in columns]
        )
    return ReportTable(
        title=None if len(kind.columns) == 1 else TABLE_TITLES[name],
        columns=[
            ReportColumn(
                title=HEADINGS[name],
                is_number=any(isinstance(row[at], int) for row in rows),
                has_days=name in with_days,
            )
            for at, name in enumerate(columns)
        ],
        rows=rows,
        sources=addresses,
        repeated=marks,
        is_cut=next(every_row, None) is not None,
    )


def _is_day(value: Value) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


class _Words:
    """Finds the texts that are printed for the values of a report."""

    def __init__(self, books: Books) -> None:
        self._books, self._units = books, unit_words(paper_settings(books))

    def cell(self, column: str, row: Mapping[str, Value]) -> ReportCell:
        """Return the text or number that is printed for a value, such as the name for a code."""
        value = row[column]
        if value is None or value == "":
            return None
        if column == "item":
            return self._item(str(value), row)
        if column in _NAMED:
            return self._name(_NAMED[column], str(value))
        if column == "lot":
            return self._lot(str(value))
        if column == "code":
            return self._subject(str(row["what"]), str(value))
        if column == "value":
            return _amount(value, row["currency"])
        if column == "year":
            return str(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        return value_words(column, str(value))

    def _item(self, code: str, row: Mapping[str, Value]) -> ReportCell:
        """Return the name of an item, followed by its base unit.

        In a report about several stations, a row may contain another unit. Then the name and the
        unit in the row are returned.
        """
        item = self._books.catalogue.get(Item, code)
        unit = row.get("unit")
        if unit is not None and (item is None or item.unit != unit):
            item = Item(code=code, name=str(row["name"]), unit=str(unit))
        if item is None:
            return code
        words = self._units.get(item.unit)
        return BilingualText(
            zh=f"{item.name}（{words.zh if words else item.unit}）",
            en=f"{item.name_en or item.name} ({words.en if words else item.unit})",
        )

    def _lot(self, code: str) -> ReportCell:
        """Return where a lot came from and the day of its arrival, without names of people."""
        origin = find_lot_origin(self._books, code)
        words = code if origin is None else value_words("step", origin.kind)
        if origin is None or isinstance(words, str):
            return code
        return BilingualText(zh=f"{words.zh} {origin.day}", en=f"{words.en} {origin.day}")

    def _subject(self, what: str, code: str) -> ReportCell:
        """Return what an alert is about. People are named by their code."""
        match what:
            case "expired" | "expires_soon":
                return self._lot(code)
            case "below_minimum":
                return self._name(Item, code)
            case "unexplained":
                return self._name(Location, code)
            case "local_address":
                return self._name(Station, code)
            case "delivery_out":
                delivery = self._books.latest_row(Delivery, delivery=code)
                return code if delivery is None else self._name(Team, delivery.team)
        return code

    def _name(self, kind: type[CatalogueRecord], code: str) -> ReportCell:
        record: Any = self._books.catalogue.get(kind, code)
        if record is None:
            return code
        english = getattr(record, "name_en", None)
        return BilingualText(zh=record.name, en=english or record.name)


def _amount(minor: Value, currency: Value) -> str:
    """Convert an amount of money in minor units, such as cents, to a decimal number."""
    from babel.numbers import get_currency_precision

    assert isinstance(minor, int), "values are whole numbers of minor units"
    return f"{Decimal(minor).scaleb(-get_currency_precision(str(currency))):,}"
