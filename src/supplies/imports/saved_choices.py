"""Save the columns and values that a user chose for an import, and use them again later."""

from __future__ import annotations

from dataclasses import replace

from supplies.imports.import_results import ImportOptions
from supplies.ledger.ledger import Ledger
from supplies.stations.saved_columns import SavedColumns, find_saved_columns, save_columns


def with_saved_choices(
    ledger: Ledger, name: str, kind: str, options: ImportOptions
) -> ImportOptions:
    """Add the columns and values that were saved under a name to options, and return the result.

    A saved column or value is ignored if the options already have one.

    Raises:
        InvalidField: nothing is saved under this name for rows of this kind.
    """
    with ledger.reading() as books:
        saved = find_saved_columns(books, name, kind)
    return replace(
        options,
        columns={**saved.columns, **options.columns},
        values={**saved.values, **options.values},
    )


def save_choices(ledger: Ledger, name: str, kind: str, options: ImportOptions) -> None:
    """Save the columns and values of options under a name.

    They replace what was saved under this name before.

    Raises:
        InvalidField: the name is too long, or too many are saved.
        StoreError: the database cannot be written.
    """
    chosen = SavedColumns(kind=kind, columns=dict(options.columns), values=dict(options.values))
    with ledger.admin_transaction() as books:
        save_columns(books, name, chosen)
