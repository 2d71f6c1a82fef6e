"""Register imported rows as catalogue records, unless the catalogue contains them already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from supplies.domain.validation import convert
from supplies.errors import Sentence, StoreError, SuppliesError
from supplies.imports.import_results import ImportResult
from supplies.imports.recording import Faults, fault_of
from supplies.imports.row_identity import IdentifiedRow
from supplies.imports.row_problems import with_further_faults
from supplies.imports.row_reader import RowFault, RowReader
from supplies.imports.rows import COLUMN_OF_FIELD, RECORDS
from supplies.imports.sheets import Row


class RecordRegistrar:
    """Registers a catalogue record for each row of one sheet."""

    def __init__(self, reader: RowReader, result: ImportResult) -> None:
        self._reader, self._matcher, self._result = reader, reader.matcher, result
        self._kind, self._fields_of = RECORDS[reader.kind.name]

    def record(self, document: Sequence[IdentifiedRow]) -> Faults:
        """Register the record in a row. If the row has a fault, return the fault.

        Raises:
            StoreError: the database cannot be written.
        """
        (one,) = document
        try:
            with self._matcher.savepoint():
                is_new = self._register(one.row)
        except StoreError:
            raise
        except RowFault as fault:
            return {0: with_further_faults(self._reader, one.row, fault)}
        except SuppliesError as error:
            return {0: fault_of(error)}
        if is_new:
            self._result.recorded += 1
            self._result.documents += 1
        else:
            self._result.before += 1
        return {}

    def _register(self, row: Row) -> bool:
        """Register the record in a row. Return False if the catalogue contains it already."""
        fields = self._fields_of(self._reader, row)
        code = self._reader.text(row, "code")
        name = self._reader.needed_text(row, "name")
        if self._is_registered(code, name, fields):
            return False
        fields["code"] = code or self._matcher.next_code(self._kind)
        self._matcher.register(convert(self._kind, fields))
        return True

    def _is_registered(self, code: str, name: str, fields: Mapping[str, object]) -> bool:
        """Return whether the catalogue already contains the record in a row.

        Raises:
            RowFault: a record with the same code or name differs from the row.
        """
        found = self._matcher.candidates(self._kind, code or name)
        same = [one for one in found if not code or one.code == code]
        for record in same:
            stored = msgspec.to_builtins(record)
            differing = [key for key, value in fields.items() if stored.get(key) != value]
            if not differing:
                return True
            if code:
                raise RowFault(
                    COLUMN_OF_FIELD.get(differing[0], differing[0]),
                    Sentence(
                        "{code} is registered with another {field}; change it there",
                        code=code,
                        field=differing[0],
                    ),
                )
        if same:
            codes = ", ".join(record.code for record in same[:5])
            raise RowFault(
                "name",
                Sentence(
                    "{codes} has this name, but other details; write the code of the record, or "
                    "a code of its own for a new one",
                    codes=codes,
                ),
            )
        return False
