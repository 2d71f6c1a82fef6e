"""Record imported rows by commands, or find out which rows cannot be recorded."""

from __future__ import annotations

from collections.abc import Sequence

from supplies.domain import commands as c
from supplies.errors import InvalidField, NotEnough, Sentence, StoreError, SuppliesError
from supplies.imports.import_results import ImportResult, Opened
from supplies.imports.row_identity import IdentifiedRow
from supplies.imports.row_problems import with_further_faults
from supplies.imports.row_reader import NoGoods, RowFault, RowReader
from supplies.imports.rows import COLUMN_OF_FIELD, COMMANDS
from supplies.imports.sheets import Row
from supplies.ledger.ledger import Ledger

Faults = dict[int, RowFault]
"""The faults of the rows that are not recorded, by the index of the row in its document."""


class CommandRecorder:
    """Records the documents of one sheet, each with one command.

    Args:
        by: Code of the person who imports the rows.
        open_missing: Whether to record opening stock if a row hands out or sets aside more goods
            than are free.
    """

    def __init__(
        self,
        ledger: Ledger,
        reader: RowReader,
        result: ImportResult,
        by: str,
        *,
        open_missing: bool,
    ) -> None:
        self._ledger, self._reader, self._result = ledger, reader, result
        self._by, self._open_missing = by, open_missing
        self._commands_of = COMMANDS[reader.kind.name]
        self._are_independent = reader.kind.name == "opening-stock"

    def record(self, document: Sequence[IdentifiedRow]) -> Faults:
        """Record the rows of a document, and return the faults of rows that were not recorded.

        If a row of a document has a fault, no row of the document is recorded. There are two
        exceptions. Rows of opening stock are recorded independently of each other. If the fault is
        a row without goods, the other rows are recorded.

        Raises:
            StoreError: the database cannot be written.
        """
        rows = [one.row for one in document]
        faults = self._try(rows)
        if not faults:
            return {}
        if len(rows) > 1:
            faults = self._faults_of_each(rows) or faults
        rest = [at for at in range(len(rows)) if at not in faults]
        if not rest:
            return faults
        if self._are_independent or all(isinstance(one, NoGoods) for one in faults.values()):
            further = self.record([document[at] for at in rest])
            return faults | {rest[at]: fault for at, fault in further.items()}
        first = rows[min(faults)].number
        why = Sentence("row {row} of the same document cannot be recorded", row=first)
        return faults | {at: RowFault("", why) for at in rest}

    def _try(self, rows: Sequence[Row]) -> Faults:
        """Record one command for the rows. If it is refused, return the faults of the rows."""
        opened: list[Opened] = []
        try:
            with self._reader.matcher.savepoint():
                command = self._commands_of(self._reader, rows)
                self._record_command(command, rows[0].number, opened)
        except StoreError:
            raise
        except RowFault as fault:
            if len(rows) > 1:
                return {0: fault}
            return {0: with_further_faults(self._reader, rows[0], fault)}
        except SuppliesError as error:
            return _faults_by_row(error, len(rows), ignore_missing=self._open_missing)
        self._result.recorded += len(rows)
        self._result.documents += 1
        self._result.opened += opened
        return {}

    def _faults_of_each(self, rows: Sequence[Row]) -> Faults:
        """Return the faults of all rows that cannot be read. Each row is read by itself."""
        faults: Faults = {}
        for at, row in enumerate(rows):
            try:
                with self._reader.matcher.trial():
                    self._commands_of(self._reader, [row])
            except RowFault as found:
                faults[at] = with_further_faults(self._reader, row, found)
            except InvalidField as error:
                faults[at] = fault_of(error)
        return faults

    def _record_command(self, command: c.Command, row: int, opened: list[Opened]) -> None:
        try:
            self._ledger.record(command, by=self._by)
        except NotEnough as error:
            if not self._open_missing or not isinstance(command, c.HandOut | c.Allocate):
                raise
            self._open(command, error, row, opened)
            self._record_command(command, row, opened)

    def _open(
        self, command: c.HandOut | c.Allocate, error: NotEnough, row: int, opened: list[Opened]
    ) -> None:
        """Record opening stock for the goods that a command needs and the books lack.

        Args:
            error: The refusal of the command. It says which goods are missing.
            opened: The list to which the recorded goods are added.

        Raises:
            NotEnough: `error` does not say how much is missing, and is raised again.
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
            self._ledger.record(
                c.OpenStock(
                    happened_on=command.happened_on,
                    location=command.location,
                    lines=[c.ArrivalLine(item=item, quantity=short)],
                    note=f"opened by the import of {self._result.file[:200]}, row {row}",
                ),
                by=self._by,
            )
            opened.append(Opened(row, item, command.location, short))


def fault_of(error: SuppliesError) -> RowFault:
    """Convert the faults that an error lists to the fault of an imported row."""
    return _faults_by_row(error, 1)[0]


def _faults_by_row(error: SuppliesError, rows: int, *, ignore_missing: bool = False) -> Faults:
    """Return the faults of a refused command, by the index of the row with the fault.

    Args:
        ignore_missing: Whether to leave out that goods are missing, if there are other faults.
    """
    found: dict[int, list[RowFault]] = {}
    others = [fault for fault in error.faults if fault.asked is None] if ignore_missing else []
    for fault in others or error.faults:
        parts = fault.pointer.split("/")
        at = int(parts[2]) if len(parts) > 2 and parts[1] == "lines" and rows > 1 else 0
        name = parts[-1]
        if 0 <= at < rows:
            why = error.detail if len(error.faults) == 1 else fault.detail
            if not isinstance(why, Sentence) and fault.rule is not None:
                why = fault.rule  # It leaves out the path of the field: the list names the cell.
            found.setdefault(at, []).append(RowFault(COLUMN_OF_FIELD.get(name, name), why))
    if not found:
        return {0: RowFault("", error.detail)}
    return {at: RowFault(one.column, one.why, more) for at, (one, *more) in found.items()}
