"""Import records that a program has in memory, such as a list of dictionaries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from supplies.errors import InvalidField, Sentence
from supplies.imports.import_results import ImportOptions, ImportResult
from supplies.imports.importer import Progress, Stop, import_rows
from supplies.ledger.ledger import Ledger


def import_records(
    ledger: Ledger,
    kind: str,
    records: Iterable[Mapping[str, Any]],
    *,
    by: str,
    options: ImportOptions | None = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> ImportResult:
    """Import records in memory, as `import_rows` imports the rows of a file.

    If the same records are imported again, in the same order, nothing is recorded twice.

    Args:
        kind: A key of `KINDS`, such as "donations".
        records: One mapping for each row. The keys are headings, in Chinese or English; the values
            are texts, whole numbers, `Decimal`, dates or None.
        by: Code of the person who imports the records, as in `Ledger.record`.
        options, progress, stop: As in `import_rows`.

    Raises:
        InvalidField: a value cannot be read, a required column is missing, or an option is wrong.
        StoreError: the database cannot be written. Batches that were committed are kept.
    """
    encode = msgspec.json.Encoder(decimal_format="number").encode
    with TemporaryDirectory() as folder:
        path = Path(folder) / "records.json"
        with path.open("wb") as file:
            for number, record in enumerate(records, 1):
                try:
                    file.write(encode(dict(record)) + b"\n")
                except (TypeError, ValueError) as error:
                    raise InvalidField(
                        Sentence("record {number}: {error}", number=number, error=error)
                    ) from error
        return import_rows(ledger, kind, path, by=by, options=options, progress=progress, stop=stop)
