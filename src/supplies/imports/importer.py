"""Import the rows of a file: record each row, or list it with the reason why not.

The books remember the rows that were imported, so an import that was interrupted can be repeated.
How a row is recognized is described in `row_identity`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from supplies.domain import commands as c
from supplies.domain.catalogue_records import CatalogueRecord
from supplies.domain.validation import convert
from supplies.errors import (
    InvalidField,
    NotEnough,
    Sentence,
    StoreError,
    SuppliesError,
    plain_values,
)
from supplies.imports.columns import HEADER_WITHIN, KINDS, Header, RowKind, find_header
from supplies.imports.days import DayHints
from supplies.imports.files import digest_of, open_sheets
from supplies.imports.import_results import ImportOptions, ImportResult, Listed, Opened, ReadSheet
from supplies.imports.matching import Matcher
from supplies.imports.quantities import Units
from supplies.imports.row_identity import IdentifiedRow, ImportedRows, RowIdentifier, RowKey
from supplies.imports.row_reader import NoGoods, RowFault, RowReader
from supplies.imports.rows import COLUMN_OF_FIELD, COMMANDS, RECORDS
from supplies.imports.sheets import ORIGIN, Row, Sheet, shown
from supplies.ledger.ledger import Ledger
from supplies.stations.paper_settings import paper_settings, unit_words

ROWS_PER_COMMIT = 500
"""How many rows are committed together. After an interruption, at most these are read again."""

MAX_LINES_TOGETHER = 200
"""How many rows of opening stock become one command."""

Progress = Callable[[int, int | None], None]
"""A function that is called with the number of rows read so far, and of all rows if it is known."""

Stop = Callable[[], bool]
"""A function that returns whether to stop. It is called after each group of rows."""


class _Undone(Exception):
    """Raised to undo the transaction of a dry run, or the records registered for a refused row."""


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

    Rows are committed in groups of `ROWS_PER_COMMIT`. If the function is interrupted, call it again
    with the same file.

    Args:
        kind: A key of `KINDS`, such as "donations".
        by: Code of the person who imports the rows, as in `Ledger.record`.
        stop: Whether to stop. The rows before are kept, and the result says that it was stopped.

    Raises:
        InvalidField: the file cannot be read, a required column is missing, or an option is wrong.
        StoreError: the database cannot be written. Groups that were committed are kept.
    """
    if kind not in KINDS:
        raise InvalidField(f"rows of the kind {kind!r} are unknown; choose {', '.join(KINDS)}")
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
    if not chosen.dry_run:
        run.run()
        return result
    with suppress(_Undone), ledger.transaction():
        run.run()
        raise _Undone
    return result


class _Import:
    """One import of a file."""

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
        self.file = digest_of(path)
        self.imported = ImportedRows(ledger)
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
        self._rows_read: dict[bytes, int] = {}
        self._corrected: dict[RowKey, int] = {}
        self._refusal: InvalidField | None = None

    def run(self) -> None:
        """Import all sheets."""
        found = []
        with open_sheets(self.path) as sheets:
            for sheet in sheets:
                found.append(sheet.name)
                if self.options.sheet in (None, sheet.name) and not self.result.stopped:
                    self._import_sheet(sheet)
        if self.options.sheet is not None and self.options.sheet not in found:
            raise InvalidField(
                f"{self.path.name} has no sheet {self.options.sheet!r}; its sheets are "
                f"{', '.join(found)}"
            )
        if self._refusal is not None and not any(one.columns for one in self.result.sheets):
            raise self._refusal
        if not self.result.sheets:
            raise InvalidField(f"{self.path.name} has no rows")
        self.result.unknown = {
            f"{noun} {name}": rows for (noun, name), rows in self.matcher.unknown.most_common()
        }
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
            note = f"the sheet was left out: {error.detail}"
            self.result.sheets.append(ReadSheet(sheet.name, 0, [], {}, [], [note]))
            return
        read = ReadSheet(
            sheet.name,
            header.row,
            header.names,
            {name: header.names[at] for name, at in header.columns.items()},
            header.unread,
            [*sheet.notes, *header.notes],
        )
        self.result.sheets.append(read)
        reader = RowReader(
            self.ledger,
            self.kind,
            header,
            self.options.values,
            self.hints,
            self.units,
            self.matcher,
        )
        identifier = RowIdentifier(self.file, sheet.name, self.kind.name, header.names)
        below = self._rows_below(identifier, header, chain(first, rows), read)
        before = self.result.rows
        total = None if sheet.size is None else before + max(0, sheet.size - header.row)
        for documents in _batches(self._divided(reader, below), ROWS_PER_COMMIT):
            self._import_documents(reader, documents)
            self.progress(self.result.rows, total)
            if self.stop():
                done = self.result
                done.stopped, done.rows = True, done.recorded + done.before + len(done.listed)
                return

    def _rows_below(
        self, identifier: RowIdentifier, header: Header, rows: Iterable[Row], read: ReadSheet
    ) -> Iterator[IdentifiedRow]:
        for row in rows:
            if row.number <= header.row:
                read.skipped += row.number < header.row
            elif header.is_repeated_in(row):
                read.skipped += 1
            else:
                self._note_equal(header, row)
                yield identifier.identify(row)

    def _note_equal(self, header: Header, row: Row) -> None:
        """Count a row, and note if it equals an earlier row in all columns read."""
        self.result.rows += 1
        read = [shown(row.cells[at]) for at in header.columns.values() if at < len(row.cells)]
        digest = hashlib.blake2b("\x1f".join(read).encode(), digest_size=12).digest()
        first = self._rows_read.setdefault(digest, row.number)
        if first != row.number:
            self.result.equal.append((first, row.number))

    # --- a group of rows -------------------------------------------------------------------------

    def _import_documents(
        self, reader: RowReader, documents: Sequence[Sequence[IdentifiedRow]]
    ) -> None:
        """Record the rows of some documents in one transaction."""
        with self._transaction():
            before = self.imported.among([one for rows in documents for one in rows])
            done: list[IdentifiedRow] = []
            for rows in documents:
                new = self._new_rows(reader, rows, before)
                if new and self.kind.name in RECORDS:
                    done += self._register(reader, new[0])
                elif new:
                    done += self._record(reader, new)
            self.imported.add(done)

    def _new_rows(
        self, reader: RowReader, rows: Sequence[IdentifiedRow], before: set[RowKey]
    ) -> list[IdentifiedRow]:
        """Return the rows that were not recorded before. List rows that cannot be told apart."""
        new = []
        for one in rows:
            why = None
            if one.damaged:
                why = f"the cell {ORIGIN} was changed; restore its text, or empty it for a new row"
            elif (one.corrected or one.key) in before:
                self.result.before += 1
                continue
            elif one.corrected is not None:
                other = self._corrected.setdefault(one.key, one.row.number)
                if one.key in before:
                    why = (
                        "another correction of this row was recorded before; correct the entry in "
                        "the books instead"
                    )
                elif other != one.row.number:
                    why = (
                        f"row {other} corrects the same row; if it was divided, write #2 behind "
                        f"the text in {ORIGIN}, #3 in the next row, and so on"
                    )
            if why is None:
                new.append(one)
            else:
                self._list(reader, one, RowFault("", why))
        return new

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self.options.dry_run:
            yield
            return
        with self.ledger.transaction():
            yield

    def _divided(
        self, reader: RowReader, rows: Iterable[IdentifiedRow]
    ) -> Iterator[list[IdentifiedRow]]:
        """Yield rows that become one command: of one document, or of one place and day.

        Only rows of opening stock are divided if there are many of one place and day.
        """
        together: list[IdentifiedRow] = []
        last: object = None
        for one in rows:
            key = self._document_key(reader, one.row)
            full = self.kind.name == "opening-stock" and len(together) == MAX_LINES_TOGETHER
            if together and (key is None or key != last or full):
                yield together
                together = []
            together.append(one)
            last = key
        if together:
            yield together

    def _document_key(self, reader: RowReader, row: Row) -> object:
        names = (
            ("location", "day", "note")
            if self.kind.name == "opening-stock"
            else ("reference", "donor", "recipient", "day", "location")
        )
        known = {column.name for column in self.kind.columns}
        if "reference" in names and not ("reference" in known and _text(reader, row, "reference")):
            return None
        return tuple(_text(reader, row, name) for name in names if name in known)

    def _record(self, reader: RowReader, together: list[IdentifiedRow]) -> Sequence[IdentifiedRow]:
        """Record the rows of one command, and return them. If a row has a fault, list it.

        Rows of opening stock do not depend on each other, so the others are then recorded. Rows of
        one donation or hand-out are listed together, unless the faulty rows have no goods.
        """
        unknown = self.matcher.unknown.copy() if len(together) > 1 else self.matcher.unknown
        faults = self._try(reader, together)
        if not faults:
            return together
        if len(together) > 1:
            self.matcher.unknown = unknown
            faults = self._faults_of_each(reader, together) or faults
        independent = self.kind.name == "opening-stock" or all(
            isinstance(fault, NoGoods) for fault in faults.values()
        )
        rest = [one for at, one in enumerate(together) if at not in faults]
        for at, fault in faults.items():
            self._list(reader, together[at], fault)
        if rest and independent:
            return self._record(reader, rest)
        first = together[min(faults)].row.number
        for one in rest:
            why = f"row {first} of the same document cannot be recorded"
            self._list(reader, one, RowFault("", why))
        return []

    def _faults_of_each(
        self, reader: RowReader, together: list[IdentifiedRow]
    ) -> dict[int, RowFault]:
        """Return the fault of each row that cannot be read, by its index."""
        faults: dict[int, RowFault] = {}
        for at, one in enumerate(together):
            try:
                with suppress(_Undone), self._savepoint():
                    COMMANDS[self.kind.name](reader, [one.row])
                    raise _Undone
            except RowFault as found:
                faults[at] = found
            except InvalidField as error:
                faults[at] = _as_fault(error)
        return faults

    def _try(self, reader: RowReader, together: list[IdentifiedRow]) -> dict[int, RowFault]:
        """Record one command for rows. Return the fault of each row, by its index."""
        opened: list[Opened] = []
        try:
            with self._savepoint():
                commands = COMMANDS[self.kind.name](reader, [one.row for one in together])
                for command in commands:
                    self._record_command(command, together[0].row.number, opened)
        except StoreError:
            raise
        except RowFault as fault:
            return {0: fault}
        except SuppliesError as error:
            return _faults_by_row(error, len(together))
        self.result.recorded += len(together)
        self.result.documents += len(commands)
        self.result.opened += opened
        return {}

    def _record_command(self, command: c.Command, row: int, opened: list[Opened]) -> None:
        try:
            self.ledger.record(command, by=self.by)
        except NotEnough as error:
            if not self.options.open_missing or not isinstance(command, c.HandOut | c.Allocate):
                raise
            self._open_missing(command, error, row, opened)
            self._record_command(command, row, opened)

    def _open_missing(
        self, command: c.HandOut | c.Allocate, error: NotEnough, row: int, opened: list[Opened]
    ) -> None:
        """Record what a command lacks as opening stock.

        Raises:
            NotEnough: the error does not say how much is missing.
        """
        missing = []
        for fault in error.faults:
            parts = fault.pointer.split("/")
            short = (fault.asked or 0) - (fault.available or 0)
            if len(parts) < 3 or parts[1] != "lines" or short <= 0:
                raise error
            missing.append((command.lines[int(parts[2])].item, short))
        if not missing:
            raise error
        for item, short in missing:
            self.ledger.record(
                c.OpenStock(
                    happened_on=command.happened_on,
                    location=command.location,
                    lines=[c.ArrivalLine(item=item, quantity=short)],
                    note=f"opened by the import of {self.path.name[:200]}, row {row}",
                ),
                by=self.by,
            )
            opened.append(Opened(row, item, command.location, short))

    def _register(self, reader: RowReader, one: IdentifiedRow) -> Sequence[IdentifiedRow]:
        """Register the record of a row, and return the row, unless the catalogue has it already."""
        kind, read = RECORDS[self.kind.name]
        try:
            with self._savepoint():
                fields = read(reader, one.row)
                code = reader.text(one.row, "code")
                name = reader.needed_text(one.row, "name")
                if self._is_registered(kind, code, name, fields):
                    self.result.before += 1
                    return []
                fields["code"] = code or self.ledger.next_code(kind)
                self.ledger.register(convert(kind, fields))
        except StoreError:
            raise
        except RowFault as fault:
            self._list(reader, one, fault)
            return []
        except SuppliesError as error:
            self._list(reader, one, _as_fault(error))
            return []
        self.result.recorded += 1
        self.result.documents += 1
        return [one]

    def _is_registered(
        self, kind: type[CatalogueRecord], code: str, name: str, fields: Mapping[str, object]
    ) -> bool:
        """Return whether the catalogue has the record of a row.

        Raises:
            RowFault: records with the same code or name differ from the row.
        """
        found = self.matcher.candidates(kind, code or name)
        same = [one for one in found if not code or one.code == code]
        for record in same:
            stored = msgspec.to_builtins(record)
            differing = [key for key, value in fields.items() if stored.get(key) != value]
            if not differing:
                return True
            if code:
                raise RowFault(
                    COLUMN_OF_FIELD.get(differing[0], differing[0]),
                    f"{code} is registered with another {differing[0]}; change it there",
                )
        if same:
            codes = ", ".join(record.code for record in same[:5])
            raise RowFault(
                "name",
                f"{codes} has this name, but other details; write the code of the record, or a "
                "code of its own for a new one",
            )
        return False

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        """Undo what a row registered if it is not recorded."""
        registered = len(self.matcher.registered)
        try:
            with self.ledger.savepoint():
                yield
        except BaseException:
            if len(self.matcher.registered) > registered:
                del self.matcher.registered[registered:]
                self.matcher.forget()
            raise

    def _list(self, reader: RowReader, one: IdentifiedRow, fault: RowFault) -> None:
        place = reader.header.place(fault.column, one.row.number)
        cells = list(map(shown, one.row.cells))
        quantity = reader.header.columns.get("quantity")
        if quantity in one.row.shared:
            cells[quantity] = ""  # It is the quantity of several rows together.
        why = fault.why
        parts = (why.template, plain_values(why)) if isinstance(why, Sentence) else ()
        self.result.listed.append(
            Listed(one.sheet, one.row.number, place, str(why), cells, str(one.key), *parts)
        )


def _batches(
    documents: Iterable[list[IdentifiedRow]], rows: int
) -> Iterator[list[list[IdentifiedRow]]]:
    """Yield documents in groups of about this number of rows. No document is divided."""
    group: list[list[IdentifiedRow]] = []
    count = 0
    for one in documents:
        group.append(one)
        count += len(one)
        if count >= rows:
            yield group
            group, count = [], 0
    if group:
        yield group


def _text(reader: RowReader, row: Row, name: str) -> str:
    return shown(reader.cell(row, name))


def _as_fault(error: SuppliesError) -> RowFault:
    """Return the first fault of an error as the fault of a row."""
    if not error.faults:
        return RowFault("", error.detail)
    pointer = error.faults[0].pointer
    name = pointer.rpartition("/")[2]
    return RowFault(COLUMN_OF_FIELD.get(name, name), error.detail)


def _faults_by_row(error: SuppliesError, rows: int) -> dict[int, RowFault]:
    """Return the faults of a refused command, by the index of the row that they concern."""
    found: dict[int, RowFault] = {}
    for fault in error.faults:
        parts = fault.pointer.split("/")
        at = int(parts[2]) if len(parts) > 2 and parts[1] == "lines" and rows > 1 else 0
        name = parts[-1]
        if 0 <= at < rows and at not in found:
            why = error.detail if len(error.faults) == 1 else fault.detail
            found[at] = RowFault(COLUMN_OF_FIELD.get(name, name), why)
    return found or {0: RowFault("", error.detail)}
