"""The entries that a command has just written, so that views need not read them back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple, TypeVar, cast

from supplies.domain.entries import Body
from supplies.domain.entry_rows import EntryRow, Lot

S = TypeVar("S", bound=EntryRow)


class WrittenEntry(NamedTuple):
    """An entry that was just written.

    Attributes:
        content: The encoded body.
        previous_hash: Hash of the entry before this one; zeros if this is the first.
        previous_at: When the entry before this one was recorded; None if this is the first.
        erasable: The contents that can be erased later, by digest.
    """

    body: Body
    content: bytes
    hash: bytes
    previous_hash: bytes
    previous_at: str | None
    erasable: Mapping[str, bytes]


class Written:
    """The entries that one command has written, and the documents and lots that they created.

    The documents and lots are new, so no other entry has rows about them. A view that shows them
    need not read other entries.
    """

    def __init__(self, entries: Iterable[WrittenEntry] = ()) -> None:
        self.entries = {entry.body.seq: entry for entry in entries}
        self._rows: dict[type[EntryRow], list[tuple[Body, EntryRow]]] = {}
        self._began: set[str] = set()
        for entry in self.entries.values():
            self._began.update(_begun_by(entry.body))
            for row in entry.body.rows:
                self._rows.setdefault(type(row), []).append((entry.body, row))

    def began(self, id: str) -> bool:
        """Return whether the entries created the document or lot with this id."""
        return id in self._began

    def rows(self, statement: type[S], key: str, id: str) -> list[tuple[Body, S]]:
        """Return the rows of a type with `id` in the column `key`, each with the body of its entry.

        The rows are in the order of recording.
        """
        found = cast("list[tuple[Body, S]]", self._rows.get(statement, []))
        return [each for each in found if getattr(each[1], key) == id]

    def latest_rows(
        self, statement: type[S], key: str, id: str, decided_by: type[EntryRow] | None = None
    ) -> list[tuple[Body, S]]:
        """Return the rows with `id` in the column `key` that one entry wrote.

        This is the latest entry with a row of type `decided_by` that also has `id` in the column
        `key`. Each row comes with the body of the entry.

        Args:
            statement: The type of the rows, such as `Need`.
            decided_by: A type of row. None means `statement`.
        """
        rows = self.rows(statement, key, id)
        deciding = rows if decided_by is None else self.rows(decided_by, key, id)
        last = deciding[-1][0] if deciding else None
        return [each for each in rows if each[0] is last]

    def balances(self, lot: str) -> Counter[str]:
        """Return the balances, by account, of a lot that was created by these entries."""
        found: Counter[str] = Counter()
        for (account, _, moved), quantity in self._changes.items():
            if moved == lot:
                found[account] += quantity
        return found

    def account_balances(self, account: str) -> dict[tuple[str, str, str], int]:
        """Return balances that are not zero, of accounts with the id of a created document.

        Args:
            account: The name of the account, up to the id of the document, as in `needed:n_2`.
                Accounts with further keys are included.
        """
        return {
            key: quantity
            for key, quantity in self._changes.items()
            if quantity and f"{key[0]}:".startswith(f"{account}:")
        }

    @cached_property
    def _changes(self) -> Counter[tuple[str, str, str]]:
        """By how much the entries changed each balance, by account, item and lot."""
        changes: Counter[tuple[str, str, str]] = Counter()
        for entry in self.entries.values():
            for source, target, item, lot, quantity in entry.body.transfers:
                changes[source, item, lot] -= quantity
                changes[target, item, lot] += quantity
        return changes


NOTHING_WRITTEN = Written()
"""Value of `Books.written` while no command has written anything."""


def _begun_by(body: Body) -> Iterable[str]:
    """Return the ids of the document and the lots that an entry created.

    Such an id contains the number of the entry.
    """
    if body.document is not None and body.document.partition("_")[2] == str(body.seq):
        yield body.document
    for row in body.rows:
        if type(row) is Lot and row.lot.rpartition("_")[0] == f"l_{body.station}_{body.seq}":
            yield row.lot
