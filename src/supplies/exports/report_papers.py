"""Convert reports to tables for people, with Chinese and English words instead of codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from supplies.books.reader import Books
from supplies.domain.accounts import ANONYMOUS, keys_of, kind_of
from supplies.domain.catalogue_records import (
    CATALOGUE_RECORDS,
    CatalogueRecord,
    Donor,
    Item,
    Station,
)
from supplies.exports.report_kinds.kind import ReportKind, Words
from supplies.exports.report_sources import Values, source_address, values_of_report
from supplies.exports.report_words import ACCOUNTS, HEADINGS, TABLE_TITLES, value_words
from supplies.exports.reports import BuiltReport, report_tables
from supplies.exports.tables import Table, Value
from supplies.papers.common import BilingualText
from supplies.papers.report import ReportCell, ReportColumn, ReportPaper, ReportTable
from supplies.stations.organisation import find_english_name
from supplies.stations.paper_settings import (
    letterhead,
    paper_settings,
    purpose_names,
    unit_words,
)
from supplies.views.document_parties import (
    Party,
    PartyKind,
    find_account_party,
    find_conflict_parties,
    find_document_party,
)
from supplies.views.entries import get_conflict
from supplies.views.lot_origins import find_lot_origin

_NAMED: Mapping[str, PartyKind] = {
    "location": "locations",
    "community": "communities",
    "campaign": "campaigns",
    "team": "teams",
    "donor": "donors",
    "recipient": "recipients",
}
"""The columns whose codes are replaced by names, with the tables of the records."""

_RECORDS: Mapping[str, type[CatalogueRecord]] = {
    "stations": Station,
    **{kind.table: kind for kind in CATALOGUE_RECORDS},
}

_ANONYMOUS = BilingualText(zh="匿名", en="anonymous")


def build_report_paper(
    report: BuiltReport,
    content: Any,
    *,
    printed_at: datetime,
    personal: bool,
    max_rows: int | None = None,
) -> ReportPaper:
    """Return a report as it is printed and shown on web pages: words instead of codes.

    Call this within the transaction in which the report was built.

    Args:
        report: The report.
        content: The struct of the report, without data that the reader may not see.
        printed_at: The current time.
        personal: Whether the reader may see names of people. Otherwise their codes are shown.
        max_rows: Return only the first rows of each table, at most this many. None means all.
    """
    books, kind, period = report.books, report.kind, report.period
    tables = report_tables(kind.name, content)
    common = values_of_report(books, content, period)
    words = _Words(books, kind.name, personal=personal)
    return ReportPaper(
        station=letterhead(books),
        title=_text(kind.title),
        about=[
            (_text(option.label), words.option(option.name, report.options[option.name]))
            for option in kind.options
            if option.name in report.options
        ],
        first=period.first,
        last=period.last,
        as_of_seq=None if kind.of_organisation else books.last_entry().seq,
        tables=[
            _report_table(words, kind, name, table, common, max_rows)
            for table in tables
            for name in [table.name if len(tables) > 1 else "items"]
            if name in kind.columns
        ],
        printed_at=printed_at.astimezone(ZoneInfo(books.station.zone)),
        as_of=books.past_day,
    )


def _text(words: Words) -> BilingualText:
    return BilingualText(zh=words.zh, en=words.en)


def _report_table(
    words: _Words,
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
    rows = list[list[ReportCell]]()
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
                title=HEADINGS.get(f"{kind.name}.{name}") or HEADINGS[name],
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
    """Finds the texts that are printed for the values of a report.

    Args:
        report: The name of the report.
        personal: Whether the reader may see names of people.
    """

    def __init__(self, books: Books, report: str, *, personal: bool) -> None:
        settings = paper_settings(books)
        self._books, self._report, self._personal = books, report, personal
        self._units, self._purposes = unit_words(settings), purpose_names(settings)

    def cell(self, column: str, row: Mapping[str, Value]) -> ReportCell:
        """Return the text or number that is printed for a value, such as the name for a code."""
        value = row[column]
        if value is None or value == "":
            return None
        if column == "item":
            return self._item(str(value), row)
        if column == "station_name":
            return self._party(Party("stations", str(row["station"])))
        if column in _NAMED:
            return self._party(Party(_NAMED[column], str(value)))
        if column == "lot":
            return self._lot(str(value))
        if column == "code":
            return self._subject(row)
        if column == "document":
            return self._parties(find_document_party(self._books, str(value))) or str(value)
        if column == "other" and not isinstance(value, int):
            return self._account(str(value))
        if column == "value":
            return _amount(value, row["currency"])
        if column == "year":
            return str(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        return value_words(column, str(value), self._report)

    def option(self, name: str, value: object) -> BilingualText:
        """Return what an option of the report chooses, such as the name of its item."""
        text: ReportCell = str(value)
        if name == "item":
            text = self._item(str(value), {})
        elif name == "account":
            text = self._account(str(value))
        elif name == "lot":
            text = self._lot(str(value))
        elif name in _NAMED:
            text = self._party(Party(_NAMED[name], str(value)))
        return _as_text(text)

    def _item(self, code: str, row: Mapping[str, Value]) -> ReportCell:
        """Return the name of an item, followed by its base unit.

        In a report about several stations, a row may contain another unit. Then the name and the
        unit in the row are returned, with the English name that a station gives to this item.
        """
        item = self._books.catalogue.get(Item, code)
        unit = row.get("unit")
        if unit is not None and (item is None or item.unit != unit):
            name, unit = str(row["name"]), str(unit)
            name_en = find_english_name(self._books, code, name, unit)
            item = Item(code=code, name=name, name_en=name_en, unit=unit)
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

    def _account(self, account: str) -> BilingualText:
        """Return what an account is, with the name of the person or place that it is about."""
        party, key = find_account_party(self._books, account), keys_of(account)[0]
        name = value_words("reason", key) if party is None else self._party(party)
        words, shown = ACCOUNTS[kind_of(account).name], _as_text(name)
        return BilingualText(zh=words.zh.format(name=shown.zh), en=words.en.format(name=shown.en))

    def _subject(self, row: Mapping[str, Value]) -> ReportCell:
        """Return what an alert is about, such as the household whose need is late."""
        books, code = self._books, str(row["code"])
        match str(row["what"]):
            case "expired" | "expires_soon":
                return self._lot(code)
            case "below_minimum":
                return self._party(Party("items", code))
            case "unexplained":
                return self._party(Party("locations", code))
            case "local_address":
                return self._party(Party("stations", code))
            case "donor_request_open":
                return self._party(Party("donors", code))
            case "to_be_forgotten":
                is_donor = books.catalogue.get(Donor, code) is not None
                return self._party(Party("donors" if is_donor else "recipients", code))
            case "conflict_open":
                conflict = get_conflict(books, int(code))
                stated, document = bytes(conflict.stated), conflict.document
                return self._parties(*find_conflict_parties(books, stated, document)) or document
            case "code_wrong":
                stop = [code, str(row["document"])]
                return self._parties(*(find_document_party(books, each) for each in stop)) or code
        return self._parties(find_document_party(books, code)) or code

    def _parties(self, *parties: Party | None) -> BilingualText | None:
        """Return the names of parties. Return None if there are none."""
        names = [_as_text(self._party(party)) for party in parties if party is not None]
        if not names:
            return None
        return BilingualText(
            zh=" · ".join(name.zh for name in names), en=" · ".join(name.en for name in names)
        )

    def _party(self, party: Party) -> BilingualText | str:
        """Return a name. Return the code if nothing has a name, or if the reader may not see it."""
        kind, code = party
        if party == Party("donors", ANONYMOUS):
            return _ANONYMOUS
        if kind == "purposes":
            purpose = self._purposes.get(code)
            return code if purpose is None else _named(purpose.name, purpose.name_en)
        if kind == "parties":
            kind = "stations" if code == self._books.station_code else "donors"
        if kind in ("donors", "recipients") and not self._personal:
            return code
        record: Any = self._books.catalogue.get(_RECORDS[kind], code)
        if record is None or record.name is None:
            return code
        return _named(record.name, getattr(record, "name_en", None))


def _named(name: str, name_en: str | None) -> BilingualText:
    return BilingualText(zh=name, en=name_en or name)


def _as_text(cell: ReportCell) -> BilingualText:
    return cell if isinstance(cell, BilingualText) else BilingualText(zh=str(cell), en=str(cell))


def _amount(minor: Value, currency: Value) -> str:
    """Convert an amount of money in minor units, such as cents, to a decimal number."""
    from babel.numbers import get_currency_precision

    assert isinstance(minor, int), "values are whole numbers of minor units"
    return f"{Decimal(minor).scaleb(-get_currency_precision(str(currency))):,}"
