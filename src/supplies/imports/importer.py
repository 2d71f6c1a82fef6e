"""Import the rows of a file: record each row, or list it with the reason why not.

For each sheet, find its headings, and identify each row. Then process the rows in batches. For each
batch, in one transaction: skip the rows that an earlier import recorded, make commands of the other
rows, record or list these rows, and store which rows were recorded. So an interrupted import can be
repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from zoneinfo import ZoneInfo

from supplies.errors import InvalidField, Sentence
from supplies.imports.columns import (
    HEADER_WITHIN,
    KINDS,
    Header,
    RowKind,
    find_header,
    has_hxl_tags,
)
from supplies.imports.days import DayHints
from supplies.imports.documents import Documents
from supplies.imports.equal_rows import EqualRows
from supplies.imports.files import digest_of, open_sheets
from supplies.imports.import_results import (
    ImportOptions,
    ImportResult,
    Listed,
    Message,
    Problem,
    ReadSheet,
)
from supplies.imports.matching import Matcher, unregistered
from supplies.imports.quantities import Units
from supplies.imports.recording import CommandRecorder
from supplies.imports.registering import RecordRegistrar
from supplies.imports.row_identity import IdentifiedRow, ImportedRows, RowIdentifier, RowKey
from supplies.imports.row_reader import RowFault, RowReader
from supplies.imports.rows import RECORDS
from supplies.imports.sheets import ORIGIN, Row, Sheet, shown
from supplies.ledger.ledger import Ledger
from supplies.stations.paper_settings import paper_settings, unit_words

ROWS_PER_COMMIT = 500
"""How many rows are committed together. An interruption loses no more than these rows."""

Progress = Callable[[int, int | None], None]
"""Function that is called with the number of rows read so far and the number of all rows.

The second number is approximate, at least as large as the first, and None if it is unknown.
"""

Stop = Callable[[], bool]
"""A function that returns whether to stop the import. It is called after each batch of rows."""


class _Undone(Exception):
    """Raised to roll back the transaction of a dry run."""


def import_rows(
    ledger: Ledger,
    kind: str,
    path: Path,
    *,
    by: str,
    options: ImportOptions | None = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> ImportResult:
    """Import the rows of a file.

    Rows are committed in batches of about `ROWS_PER_COMMIT`. If the import is interrupted, call
    this function again with the same file: no row is recorded twice.

    Args:
        kind: A key of `KINDS`, such as "donations".
        by: Code of the person who imports the rows, as in `Ledger.record`.
        stop: Called after each batch. If it returns True, the import ends. Rows that were recorded
            stay recorded, and the result has `stopped` set.

    Raises:
        InvalidField: the file cannot be read, a required column is missing, or an option is wrong.
        StoreError: the database cannot be written. Batches that were committed are kept.
    """
    if kind not in KINDS:
        raise InvalidField(
            Sentence(
                "rows of the kind {kind} are unknown; choose {known}",
                kind=repr(kind),
                known=", ".join(KINDS),
            )
        )
    chosen = options or ImportOptions()
    for name in (*chosen.columns, *chosen.values):
        KINDS[kind].column(name)
    result = ImportResult(file=path.name, kind=kind, dry_run=chosen.dry_run)
    run = _Import(
        ledger,
        KINDS[kind],
        path,
        by,
        chosen,
        result,
        progress or (lambda done, total: None),
        stop or (lambda: False),
    )
    with ledger.store.large_cache():
        if not chosen.dry_run:
            run.run()
            return result
        with suppress(_Undone), ledger.transaction():
            run.run()
            raise _Undone
    return result


class _Import:
    """Imports one file: sheet by sheet, in batches of rows."""

    def __init__(
        self,
        ledger: Ledger,
        kind: RowKind,
        path: Path,
        by: str,
        options: ImportOptions,
        result: ImportResult,
        progress: Progress,
        stop: Stop,
    ) -> None:
        self.ledger, self.kind, self.path, self.by = ledger, kind, path, by
        self.options, self.result, self.progress, self.stop = options, result, progress, stop
        self.imported = ImportedRows(ledger)
        self.equal = EqualRows()
        self.matcher = Matcher(
            ledger,
            create_items=options.create_items,
            create_people=options.create_people,
        )
        with ledger.reading() as books:
            self.hints = DayHints(
                ZoneInfo(books.station.zone), options.year, options.month, options.day_first
            )
            words = unit_words(paper_settings(books))
            self.units = Units({code: (one.zh, one.en, one.en_many) for code, one in words.items()})
        self._refusal: InvalidField | None = None

    @cached_property
    def file(self) -> str:
        """The digest of the file. It is computed when it is first needed."""
        return digest_of(self.path)

    def run(self) -> None:
        """Import all sheets of the file, or the chosen one."""
        found = []
        with open_sheets(self.path) as sheets:
            for sheet in sheets:
                found.append(sheet.name)
                if self.options.sheet in (None, sheet.name) and not self.result.stopped:
                    self._import_sheet(sheet)
        if self.options.sheet is not None and self.options.sheet not in found:
            raise InvalidField(
                Sentence(
                    "{file} has no sheet {sheet}; its sheets are {found}",
                    file=self.path.name,
                    sheet=repr(self.options.sheet),
                    found=", ".join(found),
                )
            )
        if self._refusal is not None and not any(one.columns for one in self.result.sheets):
            raise self._refusal
        if not self.result.sheets:
            raise InvalidField(Sentence("{file} has no rows", file=self.path.name))
        self.result.equal = self.equal.pairs()
        self.result.unknown = unregistered(
            problem.message for one in self.result.listed for problem in one.problems
        )
        self.result.registered = [
            f"{type(one).__name__.lower()} {one.code} ({getattr(one, 'name', '')})"
            for one in self.matcher.registered
        ]

    def _import_sheet(self, sheet: Sheet) -> None:
        rows = iter(sheet.rows)
        first = list(islice(rows, HEADER_WITHIN))
        if not first:
            return
        try:
            header = find_header(self.kind, first, self.options.columns, self.options.values)
        except InvalidField as error:
            if not sheet.name:
                raise
            self._refusal = self._refusal or error
            note = Sentence("the sheet was left out: {reason}", reason=error.detail)
            self.result.sheets.append(_read_sheet(sheet, Header(0, [], {}), note))
            return
        read = _read_sheet(sheet, header, *self._notes_on_columns(header))
        self.result.sheets.append(read)
        identifier = RowIdentifier(self.file, sheet.name, self.kind.name, header.names)
        below = self._rows_below(identifier, header, chain(first, rows), read)
        total = self._total(sheet, header)
        importer = self._sheet_importer(header, is_workbook=bool(sheet.name))
        for group in importer.documents.groups(below, ROWS_PER_COMMIT):
            with self._transaction():
                importer.import_group(group)
            self.progress(self.result.rows, total and max(total, self.result.rows))
            if self.stop():
                done = self.result
                done.stopped, done.rows = True, done.recorded + done.before + len(done.listed)
                return

    def _notes_on_columns(self, header: Header) -> list[Sentence]:
        """Return messages about columns that the sheet lacks and that users should know of."""
        has_day = any(column.name == "day" for column in self.kind.columns)
        if has_day and "day" not in header.columns and "day" not in self.options.values:
            return [Sentence("no column has the day: the rows are recorded with today's date")]
        return []

    def _total(self, sheet: Sheet, header: Header) -> int | None:
        """Return the approximate number of rows that the import reads; None if it is not known."""
        if sheet.size is None:
            return None
        after = sheet.size_after if self.options.sheet is None else 0
        return self.result.rows + max(0, sheet.size - header.row) + after

    def _rows_below(
        self, identifier: RowIdentifier, header: Header, rows: Iterable[Row], read: ReadSheet
    ) -> Iterator[IdentifiedRow]:
        """Yield the rows below the headings, without those that repeat headings or have tags."""
        columns = list(header.columns.values())
        is_workbook = bool(read.name)
        for row in rows:
            if row.number <= header.row:
                read.skipped += row.number < header.row
            elif header.is_repeated_in(row) or has_hxl_tags(row):
                read.skipped += 1
            else:
                self.result.rows += 1
                self.equal.add(row, columns, read.name)
                if is_workbook:
                    found = header.cells_without_heading(row)
                    read.unread += [one for one in found if one not in read.unread]
                yield identifier.identify(row)

    def _sheet_importer(self, header: Header, *, is_workbook: bool) -> _SheetImporter:
        reader = RowReader(
            self.ledger,
            self.kind,
            header,
            self.options.values,
            self.hints,
            self.units,
            self.matcher,
        )
        recorder = (
            RecordRegistrar(reader, self.result)
            if self.kind.name in RECORDS
            else CommandRecorder(
                self.ledger, reader, self.result, self.by, open_missing=self.options.open_missing
            )
        )
        return _SheetImporter(reader, recorder, self.imported, self.result, is_workbook=is_workbook)

    def _transaction(self) -> AbstractContextManager[None]:
        # A dry run is one transaction, which is undone at its end.
        return nullcontext() if self.options.dry_run else self.ledger.transaction()


def _read_sheet(sheet: Sheet, header: Header, *notes: Sentence) -> ReadSheet:
    """Return a description of how a sheet was read. `notes` follow the sheet's own messages."""
    notes = (*sheet.notes, *notes)
    return ReadSheet(
        name=sheet.name,
        header_row=header.row,
        headings=header.names,
        columns={name: header.names[at] for name, at in header.columns.items()},
        unread=header.unread,
        notes=[str(note) for note in notes],
        messages=[Message.of(note) for note in notes],
    )


class _SheetImporter:
    """Imports the rows of one sheet, batch by batch."""

    def __init__(
        self,
        reader: RowReader,
        recorder: CommandRecorder | RecordRegistrar,
        imported: ImportedRows,
        result: ImportResult,
        *,
        is_workbook: bool,
    ) -> None:
        self.documents = Documents(reader)
        self._is_workbook = is_workbook
        self._header, self._matcher = reader.header, reader.matcher
        self._recorder, self._imported, self._result = recorder, imported, result
        self._corrected: dict[RowKey, int] = {}

    def import_group(self, documents: Sequence[Sequence[IdentifiedRow]]) -> None:
        """Record or list the rows of a batch of documents, and store which rows were recorded.

        Call this within a transaction.
        """
        with self._matcher.transaction():
            before = self._imported.among([one for rows in documents for one in rows])
            done: list[IdentifiedRow] = []
            for rows in documents:
                new = [one for one in rows if self._is_new(one, before)]
                faults = self._recorder.record(new) if new else {}
                for at, fault in faults.items():
                    self._list(new[at], fault)
                done += [one for at, one in enumerate(new) if at not in faults]
            self._imported.add(done)

    def _is_new(self, one: IdentifiedRow, before: set[RowKey]) -> bool:
        """Return whether a row has to be recorded.

        A row that was recorded before is counted. A row with an unclear identity is listed with the
        reason; see `_why_unclear`.

        Args:
            before: The identities of the rows that earlier imports recorded.
        """
        if not one.damaged and (one.corrected or one.key) in before:
            self._result.before += 1
            return False
        why = self._why_unclear(one, before) or self._why_too_long(one.row)
        if why is not None:
            self._list(one, RowFault("", why))
        return why is None

    def _why_too_long(self, row: Row) -> Sentence | None:
        """Return why a row of a text file with more values than headings cannot be recorded.

        A text or number with a comma in it may have been divided, so that no value is certain.
        """
        lost = [] if self._is_workbook else self._header.cells_without_heading(row)
        if not lost:
            return None
        return Sentence(
            "the row has a value without a heading in {columns}; write texts and numbers with "
            "commas in quotation marks, or give the column a heading",
            columns=", ".join(lost),
        )

    def _why_unclear(self, one: IdentifiedRow, before: set[RowKey]) -> Sentence | None:
        """Return why a corrected row cannot be recorded, or None if it can be.

        The reason is that the cell with the row's identity was changed, or that another row
        corrects the same row of the original file.

        Args:
            before: The identities of the rows that earlier imports recorded.
        """
        if one.damaged:
            return Sentence(
                "the cell {column} was changed; restore its text, or empty it for a new row",
                column=ORIGIN,
            )
        if one.corrected is None:
            return None
        if one.key in before:
            return Sentence(
                "another correction of this row was recorded before; correct the entry in the "
                "books instead"
            )
        other = self._corrected.setdefault(one.key, one.row.number)
        if other == one.row.number:
            return None
        return Sentence(
            "row {row} corrects the same row; if it was divided, write #2 behind the text in "
            "{column}, #3 in the next row, and so on",
            row=other,
            column=ORIGIN,
        )

    def _list(self, one: IdentifiedRow, fault: RowFault) -> None:
        problem, *further = (
            Problem(
                self._header.place(each.column, one.row.number),
                str(each.why),
                Message.of(each.why),
            )
            for each in (fault, *fault.further)
        )
        cells = [shown(cell) for cell in one.row.cells]
        quantity = self._header.columns.get("quantity")
        if quantity in one.row.shared:
            cells[quantity] = ""  # It is the quantity of several rows together.
        self._result.listed.append(
            Listed(
                one.sheet,
                one.row.number,
                problem.cell,
                problem.why,
                cells,
                str(one.key),
                problem.message,
                further,
            )
        )
