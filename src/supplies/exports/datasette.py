"""Write the books into a SQLite file with readable names, for Datasette and sqlite-utils."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from supplies.books.reader import Books
from supplies.domain.accounts import RECEIVED
from supplies.domain.catalogue_records import (
    Campaign,
    CatalogueRecord,
    Community,
    Donor,
    Item,
    Location,
    Recipient,
)
from supplies.domain.commands import PersonKind
from supplies.exports.datasette_tables import Language, NamedTable, named_tables
from supplies.exports.datasette_words import CHINESE_VALUES
from supplies.exports.journal import journal_entries, last_day
from supplies.exports.lists import read_list
from supplies.exports.search_words import day_words, search_words
from supplies.maintenance.protected_files import EXPORT_MARK
from supplies.stations.paper_settings import paper_settings, unit_words

_ENTRIES_AT_ONCE = 50
"""How many entries are read and inserted at a time. An entry may have 500 transfers."""

_PERSONS: Mapping[type[Donor | Recipient], PersonKind] = {Donor: "donor", Recipient: "recipient"}

_SEARCHED = {
    "items": ("name", "name_en", "code"),
    "donors": ("name", "code"),
    "recipients": ("name", "code", "community"),
    "places": ("name", "code"),
    "gifts": ("day", "donor", "item", "place", "receipt", "donation", "batch", "wish", "note"),
    "needs": ("day", "recipient", "item", "urgency", "status", "note"),
    "pledges": ("day", "donor", "item", "status", "note"),
    "stock": ("place", "item", "batch"),
    "handed_out": ("day", "recipient", "item", "community"),
}
"""The columns that full-text search covers, by table."""


def write_datasette(books: Books, path: Path, language: Language, *, personal: bool) -> None:
    """Write the books into an empty SQLite file for Datasette.

    Tables refer to an item, person or place by its name and not by its code, so that each table can
    be read without the others. If several records have the same name, the code is added to it. A
    person with merged codes is one person, under the code that stays. If personal data is left out,
    donors and recipients are named by their codes. Full-text search finds parts of Chinese names,
    and English words.

    Args:
        path: An empty file that no other process uses.
        language: The language of the names of tables, columns and items.
        personal: Whether to write names, addresses and telephone numbers of people, and free texts.
    """
    db = Database(path)
    try:
        _FlatFile(books, db, language, personal=personal).write()
    finally:
        db.close()


class _FlatFile:
    def __init__(self, books: Books, db: Database, language: Language, *, personal: bool) -> None:
        self._books, self._db, self._personal = books, db, personal
        self._language = language
        self._tables = named_tables(language, personal=personal)
        self._items = self._records(Item)
        self._item_names = _unique_names(self._items, self._item_name)
        self._units = {item.code: item.unit for item in self._items}
        self._merged = {kind: books.catalogue.merged_codes(of) for kind, of in _PERSONS.items()}
        self._names = {kind: self._person_names(kind) for kind in _PERSONS}
        self._places = _unique_names(self._records(Location), lambda place: place.name)
        self._campaigns = _unique_names(self._records(Campaign), lambda campaign: campaign.name)
        self._words = {
            "community": _unique_names(self._records(Community), lambda one: one.name),
            "unit": {
                code: words.en if language == "en" else words.zh
                for code, words in unit_words(paper_settings(books)).items()
            },
        }

    def write(self) -> None:
        # The file is temporary, so a crash may damage it.
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute(f"PRAGMA application_id = {EXPORT_MARK}")
        for table in self._tables.values():
            self._create(table)
        with self._db.conn:
            self._fill_catalogue()
            self._insert("gifts", self._gifts())
            self._insert("needs", self._needs())
            self._insert("pledges", self._pledges())
            self._insert("stock", self._stock())
            self._insert_entries()
            self._insert_handed_out()
            for name, columns in _SEARCHED.items():
                self._make_searchable(name, columns)

    # --- names --------------------------------------------------------------------------------

    def _records(self, kind: type[Any]) -> list[Any]:
        return list(read_list(self._books, kind.table))

    def _item_name(self, item: Item) -> str:
        return item.name_en or item.name if self._language == "en" else item.name

    def _persons(self, kind: type[Donor | Recipient]) -> list[Any]:
        """Return all donors or recipients, without the codes that were merged into others."""
        return [one for one in self._records(kind) if one.code not in self._merged[kind]]

    def _person_names(self, kind: type[Donor | Recipient]) -> dict[str, str]:
        names = _unique_names(self._persons(kind), self._person_name)
        return names | {code: names[stays] for code, stays in self._merged[kind].items()}

    def _person_name(self, person: Donor | Recipient) -> str:
        return (person.name or person.code) if self._personal else person.code

    # --- tables -------------------------------------------------------------------------------

    def _create(self, table: NamedTable) -> None:
        self._db.table(table.heading).create(
            {one.heading: int if one.is_number else str for one in table.columns},
            pk=table.key or None,
            foreign_keys=[
                (one.heading, self._tables[one.refers_to].heading, self._tables[one.refers_to].key)
                for one in table.columns
                if one.refers_to is not None
            ],
        )

    def _insert(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        """Insert rows into a table. A row contains values by English names of columns.

        Values for which the table has no column are left out.
        """
        table = self._tables[name]
        names = [column.name for column in table.columns]
        words = {one: self._words_of(name, one) for one in names}
        self._db.conn.executemany(
            f"INSERT INTO {_quoted(table.heading)} VALUES ({', '.join('?' * len(names))})",
            ([_plain(row.get(one), words[one]) for one in names] for row in rows),
        )

    def _words_of(self, table: str, column: str) -> Mapping[str, str]:
        """Return the words for the codes in a column, by code."""
        chinese = CHINESE_VALUES.get((table, column), {}) if self._language == "zh" else {}
        return self._words.get(column, chinese)

    def _fill_catalogue(self) -> None:
        self._insert("items", self._catalogue(self._items, self._item_names))
        for table, kind in (("donors", Donor), ("recipients", Recipient)):
            self._insert(table, self._catalogue(self._persons(kind), self._names[kind]))
        self._insert("places", self._catalogue(self._records(Location), self._places))
        self._insert("campaigns", self._catalogue(self._records(Campaign), self._campaigns))

    def _catalogue(
        self, records: Iterable[CatalogueRecord], names: dict[str, str]
    ) -> Iterator[dict[str, Any]]:
        for record in records:
            fields = {name: getattr(record, name) for name in record.__struct_fields__}
            yield {**fields, "name": names[record.code]}

    def _gifts(self) -> Iterator[dict[str, Any]]:
        for gift in map(_as_any, read_list(self._books, "donations")):
            for line in gift.lines:
                yield {
                    **_common(line),
                    "day": gift.happened_on,
                    "donor": self._names[Donor].get(gift.donor),
                    "item": self._item_names[line.item],
                    "unit": self._units[line.item],
                    "place": self._places.get(gift.location),
                    "campaign": self._campaigns.get(gift.campaign),
                    "receipt": gift.receipt,
                    "donation": gift.id,
                    "wish": gift.wish,
                    "note": gift.note,
                }

    def _needs(self) -> Iterator[dict[str, Any]]:
        for need in map(_as_any, read_list(self._books, "needs")):
            yield {
                **_common(need),
                "need": need.id,
                "day": need.happened_on,
                "recipient": self._names[Recipient].get(need.recipient),
                "item": self._item_names[need.item],
                "open": need.needed,
            }

    def _pledges(self) -> Iterator[dict[str, Any]]:
        for pledge in map(_as_any, read_list(self._books, "pledges")):
            for line in pledge.lines:
                yield {
                    **_common(pledge),
                    **_common(line),
                    "pledge": pledge.id,
                    "campaign": self._campaigns.get(pledge.campaign),
                    "day": pledge.happened_on,
                    "donor": self._names[Donor].get(pledge.donor),
                    "item": self._item_names[line.item],
                }

    def _stock(self) -> Iterator[dict[str, Any]]:
        for row in map(_as_any, read_list(self._books, "stock")):
            yield {
                **_common(row),
                "place": self._places.get(row.location),
                "item": self._item_names[row.item],
                "set_aside": row.allocated,
            }

    def _insert_entries(self) -> None:
        entries = journal_entries(self._books, last_day(self._books, None))
        while batch := list(islice(entries, _ENTRIES_AT_ONCE)):
            self._insert(
                "entries",
                (
                    {**entry._asdict(), "number": entry.seq, "day": entry.booked_on}
                    for entry in batch
                ),
            )
            self._insert(
                "transfers",
                (
                    {
                        "entry": entry.seq,
                        "day": entry.booked_on,
                        "from_account": move.source,
                        "to_account": move.target,
                        "item": self._item_names[move.item],
                        "lot": move.lot or None,
                        "quantity": move.quantity,
                    }
                    for entry in batch
                    for move in entry.transfers
                ),
            )

    def _insert_handed_out(self) -> None:
        """Fill the table of goods handed out: the sum for each recipient, item and day.

        Goods that were taken back are subtracted. The sums are computed from the table of transfers
        in the new file.
        """
        merged = self._merged[Recipient]
        self._db.conn.create_function("code_that_stays", 1, lambda code: merged.get(code, code))
        words = {
            column.name: _quoted(column.heading)
            for table in self._tables.values()
            for column in table.columns
        }
        heading = {name: _quoted(table.heading) for name, table in self._tables.items()}
        start = len(RECEIVED.prefix) + 1
        moves = " UNION ALL ".join(
            f"SELECT {words['day']} AS day, "
            f"code_that_stays(substr({words[side]}, {start})) AS code, "
            f"{words['item']} AS item, {sign}{words['quantity']} AS quantity "
            f"FROM {heading['transfers']} WHERE {words[side]} LIKE '{RECEIVED.prefix}%'"
            for side, sign in (("to_account", ""), ("from_account", "-"))
        )
        self._db.execute(
            f"INSERT INTO {heading['handed_out']} "
            f"SELECT m.day, r.{words['name']}, m.item, sum(m.quantity), i.{words['unit']}, "
            f"r.{words['community']} FROM ({moves}) AS m "
            f"JOIN {heading['recipients']} AS r ON r.{words['code']} = m.code "
            f"JOIN {heading['items']} AS i ON i.{words['name']} = m.item "
            "GROUP BY m.day, m.code, m.item HAVING sum(m.quantity) <> 0 ORDER BY m.day, m.code"
        )

    def _make_searchable(self, name: str, columns: Sequence[str]) -> None:
        """Add a full-text index to a table, with the name that sqlite-utils and Datasette expect.

        The index contains the words that `search_words` makes from the values. For items, it also
        contains words from the codes and aliases, and for days the words of `day_words`. A search
        still shows the values as they are in the table.
        """
        table = self._tables[name]
        heading, index = _quoted(table.heading), _quoted(f"{table.heading}_fts")
        chosen = [column for column in table.columns if column.name in columns]
        names = ", ".join(_quoted(column.heading) for column in chosen)
        self._db.execute(
            f"CREATE VIRTUAL TABLE {index} USING FTS5 "
            f"({names}, tokenize='porter', content={heading})"
        )
        item_words = {
            self._item_names[item.code]: search_words(
                item.name, item.name_en, item.code, *item.aliases
            )
            for item in self._items
        }

        def words_of(column: str, value: str | None) -> str:
            if column == "day" and value is not None:
                return day_words(value)
            return item_words.get(value or "") or search_words(value)

        self._db.conn.executemany(
            f"INSERT INTO {index} (rowid, {names}) VALUES (?{', ?' * len(chosen)})",
            (
                (
                    rowid,
                    *(words_of(one.name, value) for one, value in zip(chosen, values, strict=True)),
                )
                for rowid, *values in self._db.execute(f"SELECT rowid, {names} FROM {heading}")
            ),
        )


def _unique_names(records: Iterable[Any], name_of: Any) -> dict[str, str]:
    """Return a unique name for each code. If several records share a name, the code is added."""
    found = {record.code: name_of(record) for record in records}
    counts = Counter(found.values())
    return {
        code: name if counts[name] == 1 or name == code else f"{name} ({code})"
        for code, name in found.items()
    }


def _common(view: Any) -> dict[str, Any]:
    return {name: getattr(view, name) for name in view.__struct_fields__}


def _as_any(view: Any) -> Any:
    return view


def _plain(value: Any, words: Mapping[str, str]) -> Any:
    if value is None or isinstance(value, int):
        return value
    return words.get(str(value), str(value))


def _quoted(name: str) -> str:
    return f'"{name}"'
