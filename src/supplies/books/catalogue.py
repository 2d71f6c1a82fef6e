"""The catalogue of a station: items, donors, recipients and other records, by their codes.

Its records contain all names and addresses, and can be changed. They are not part of the hash
chain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv6Address
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from supplies.books.name_search import INDEX_VERSION, index_terms
from supplies.domain.accounts import ANONYMOUS
from supplies.domain.barcodes import parse_barcode
from supplies.domain.catalogue_records import (
    CATALOGUE_RECORDS,
    Barcode,
    CatalogueRecord,
    Community,
    Donor,
    Item,
    LargerUnit,
    Location,
    Recipient,
    Station,
    Team,
)
from supplies.domain.validation import check_fields
from supplies.errors import AlreadyDone, Fault, Forgotten, InvalidField, NotFound, check_type
from supplies.storage.store import Row, Store

N = TypeVar("N", bound=CatalogueRecord)

PERSONAL_COLUMNS = {
    "donor": ("donors", ("name", "name_en", "phone", "address", "note")),
    "recipient": ("recipients", ("name", "phone", "address", "access", "note")),
}
"""For each kind of person, the table and its columns with personal data."""


PERSONAL_DATA_ELSEWHERE = {
    "donor": ("UPDATE donor_requests SET wish = NULL", "DELETE FROM credentials"),
    "recipient": (),
}
"""Statements that erase a person's requests and access links, by kind of person."""


CODE_LETTERS: Mapping[type[CatalogueRecord], str] = {
    Item: "I",
    Donor: "D",
    Recipient: "R",
    Location: "L",
    Team: "T",
    Community: "C",
}
"""The first letter of codes that the program proposes, such as D-012, by kind of record."""

_LONGEST_NUMBERED_CODE = 14
"""Length of the longest code from which the next code is derived.

The digits of longer codes have another meaning.
"""

_ITEMS_PER_QUERY = 500

_HOST = re.compile(
    r"(?:(https?)://)?((?:\w[\w-]*(?:\.\w[\w-]*)*|\[[0-9a-f:.]+\])(?::\d{1,5})?)/?", re.IGNORECASE
)
"""Pattern of a host: an optional scheme, a name or address, an optional port."""


class Catalogue:
    """The catalogue of one station. Records are cached until another connection changes one."""

    def __init__(self, store: Store, station: str) -> None:
        self.store, self.station_code = store, station
        self._kept: dict[tuple[type[CatalogueRecord], str], Any] = {}
        self._seen = -1

    def refresh(self) -> None:
        """Clear the cache if another connection has changed the catalogue.

        Call this method once per transaction.
        """
        changes = self.store.catalogue_version(self.station_code)
        if changes != self._seen:
            self._kept.clear()
            self._seen = changes

    def clear_cache(self) -> None:
        """Clear the cache, because this connection has changed or rolled back a record."""
        self._kept.clear()

    def get(self, noun: type[N], code: str) -> N | None:
        """Return the record of this kind with this code, or None.

        Raises:
            InvalidField: the code is not text.
        """
        check_type(code, str, "a code", "text")
        kept: N | None = self._kept.get((noun, code))
        if kept is None:
            kept = self._read(noun, code)
            if kept is not None:
                self._kept[noun, code] = kept
        return kept

    def _read(self, noun: type[N], code: str) -> N | None:
        row = self.store.one(
            f"SELECT {', '.join(columns_of(noun))} FROM {noun.table} "
            f"WHERE code = :code{'' if noun is Station else ' AND station = :station'}",
            {"code": code} if noun is Station else {"code": code, "station": self.station_code},
        )
        return None if row is None else self.records_from_rows(noun, [row])[0]

    def records_from_rows(self, noun: type[N], rows: Sequence[Row]) -> list[N]:
        """Build records from rows that have the columns of `columns_of`."""
        records = [_record_from_row(noun, row) for row in rows]
        if noun is not Item or not records:
            return records
        barcodes = self._barcodes(record.code for record in records)
        return [
            msgspec.structs.replace(record, barcodes=barcodes.get(record.code, []))
            for record in records
        ]

    def _barcodes(self, items: Iterable[str]) -> dict[str, list[Barcode]]:
        """Return the barcodes of each of these items, sorted."""
        found: dict[str, list[Barcode]] = {}
        wanted = list(items)
        for start in range(0, len(wanted), _ITEMS_PER_QUERY):
            names = {f"i{at}": item for at, item in enumerate(wanted[start:][:_ITEMS_PER_QUERY])}
            rows = self.store.all(
                "SELECT item, barcode, pack FROM item_barcodes WHERE station = :station "
                f"AND item IN ({', '.join(f':{name}' for name in names)}) ORDER BY item, barcode",
                {"station": self.station_code, **names},
            )
            for item, code, pack in rows:
                found.setdefault(item, []).append(Barcode(code=code, pack=pack))
        return found

    def next_code(self, noun: type[CatalogueRecord]) -> str:
        """Return the next free code for a kind of record, such as D-012.

        It follows the code with the highest number, and has as many digits. Nobody else can use it
        before this transaction ends.

        Raises:
            InvalidField: records of this kind have no numbered codes.
        """
        letter = CODE_LETTERS.get(noun)
        if letter is None:
            raise InvalidField(f"choose a code for the new {noun.__name__.lower()}")
        row = self.store.one(
            f"SELECT code FROM {noun.table} WHERE station = :station AND code >= :start "
            "AND code < :end AND length(code) <= :longest "
            "AND ltrim(substr(code, 3), '0123456789') = '' AND length(code) > 2 "
            "ORDER BY CAST(substr(code, 3) AS BIGINT) DESC, length(code) DESC LIMIT 1",
            {
                "station": self.station_code,
                "start": f"{letter}-",
                "end": f"{letter}.",  # "." follows "-" in ASCII
                "longest": _LONGEST_NUMBERED_CODE,
            },
        )
        digits = "000" if row is None else row[0][2:]
        return f"{letter}-{int(digits) + 1:0{len(digits)}}"

    # --- changing ------------------------------------------------------------------------------

    def register(self, noun: CatalogueRecord) -> None:
        """Add a record under a new code.

        Raises:
            AlreadyDone: the code, the receipt series or a barcode is in use.
            InvalidField: the record is invalid.
        """
        checked = check_catalogue_record(noun)
        if self.get(type(noun), noun.code) is not None:
            sentence = f"the code {noun.code} is taken in {noun.table}; choose another"
            raise AlreadyDone(sentence, [Fault("/code", sentence)])
        self._check_series_unchanged(checked)
        self._check_barcodes_are_free(checked)
        values = self._columns(checked)
        names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        self.store.run(f"INSERT INTO {noun.table} ({names}) VALUES ({marks})", values)
        if isinstance(noun, Station):
            self._mark_index_current()
        else:
            self._write_barcodes(checked)
            self._index_names(checked)
        self.clear_cache()

    def amend(self, noun: CatalogueRecord) -> None:
        """Replace the record that has the same code.

        Raises:
            NotFound: no record has this code.
            InvalidField: the record is invalid, or the unit of an item that has moved would change.
            Forgotten: the person was erased.
            AlreadyDone: the receipt series or a barcode is in use.
        """
        checked = check_catalogue_record(noun)
        before = self.get(type(noun), noun.code)
        if before is None:
            raise NotFound(f"there is no {noun.code} in {noun.table}")
        if isinstance(before, Item) and isinstance(checked, Item):
            self._check_unit_unchanged(before, checked)
        if getattr(before, "name", "") is None:
            raise Forgotten(
                f"{noun.code} was forgotten at their wish; register them under another code"
            )
        self._check_series_unchanged(checked)
        self._check_barcodes_are_free(checked)
        values = self._columns(checked)
        sets = ", ".join(f"{name} = :{name}" for name in values if name not in ("code", "station"))
        here = "" if isinstance(noun, Station) else " AND station = :station"
        self.store.run(f"UPDATE {noun.table} SET {sets} WHERE code = :code{here}", values)
        if not isinstance(noun, Station):
            self._write_barcodes(checked)
            self._index_names(checked)
        self.clear_cache()

    def forget_person(self, party: str) -> None:
        """Erase the personal data of a person. The code stays.

        Args:
            party: The person, as `donor:CODE` or `recipient:CODE`.
        """
        what, _, code = party.partition(":")
        table, columns = PERSONAL_COLUMNS[what]
        sets = ", ".join(f"{name} = NULL" for name in columns)
        here = {"station": self.station_code, "code": code}
        self.store.run(f"UPDATE {table} SET {sets} WHERE station = :station AND code = :code", here)
        for statement in PERSONAL_DATA_ELSEWHERE[what]:
            self.store.run(f"{statement} WHERE station = :station AND {what} = :code", here)
        self.clear_cache()
        left = self.get(Donor if what == "donor" else Recipient, code)
        assert left is not None, "whoever is forgotten was registered"
        self._index_names(left)

    # --- search --------------------------------------------------------------------------------

    def name_index_is_current(self) -> bool:
        """Return whether this version of the program made the name index of the station."""
        row = self.store.one(
            "SELECT 1 FROM stations s LEFT JOIN searchable f ON f.station = s.code "
            "WHERE s.code = :station AND coalesce(f.way, 0) < :way",
            {"station": self.station_code, "way": INDEX_VERSION},
        )
        return row is None

    def rebuild_name_index(self) -> None:
        """Build the name index of the station anew."""
        for noun in CATALOGUE_RECORDS:
            rows = self.store.all(
                f"SELECT {', '.join(columns_of(noun))} FROM {noun.table} "
                "WHERE station = :station ORDER BY code",
                {"station": self.station_code},
            )
            for record in self.records_from_rows(noun, rows):
                self._index_names(record)
        self._mark_index_current()

    def _index_names(self, noun: CatalogueRecord) -> None:
        here = (self.station_code, noun.table, noun.code)
        self.store.run(
            "DELETE FROM search WHERE station = :station AND noun = :noun AND code = :code",
            dict(zip(("station", "noun", "code"), here, strict=True)),
        )
        self.store.run_many(
            "INSERT INTO search (station, noun, code, piece) VALUES (?, ?, ?, ?)",
            [(*here, piece) for piece in sorted(index_terms(noun))],
        )

    def _mark_index_current(self) -> None:
        here = {"station": self.station_code, "way": INDEX_VERSION}
        self.store.run("DELETE FROM searchable WHERE station = :station", here)
        self.store.run("INSERT INTO searchable (station, way) VALUES (:station, :way)", here)

    def _check_unit_unchanged(self, before: Item, after: Item) -> None:
        if before.unit == after.unit:
            return
        moved = self.store.one(
            "SELECT 1 FROM balances WHERE station = :station AND item = :item LIMIT 1",
            {"station": self.station_code, "item": before.code},
        )
        if moved is not None:
            raise InvalidField.at(
                "/unit",
                f"{before.name} already has entries in {before.unit}, so its unit cannot change; "
                "register another item for the other unit",
            )

    def _check_series_unchanged(self, noun: CatalogueRecord) -> None:
        """Check that no other station uses the receipt series of a station.

        Raises:
            AlreadyDone: another station uses the series, or has used it.
        """
        if not isinstance(noun, Station):
            return
        other = self.store.one(
            "SELECT code FROM stations WHERE series = :series AND code <> :code UNION ALL "
            "SELECT station FROM receipts WHERE series = :series AND station <> :code LIMIT 1",
            {"series": noun.series, "code": noun.code},
        )
        if other is not None:
            sentence = (
                f"station {other[0]} numbers its receipts {noun.series}; choose another series"
            )
            raise AlreadyDone(sentence, [Fault("/series", sentence)])

    def _check_barcodes_are_free(self, noun: CatalogueRecord) -> None:
        """Check that no other item has a barcode of this item. Retired items do not count.

        Raises:
            AlreadyDone: another item has one of the barcodes.
        """
        if not isinstance(noun, Item) or noun.retired:
            return
        for index, barcode in enumerate(noun.barcodes):
            other = self.item_of_barcode(barcode.code, besides=noun.code)
            if other is not None and not other.retired:
                raise AlreadyDone(
                    f"the barcode {barcode.code} belongs to {other.code} ({other.name}); remove it "
                    "there first, or retire that item",
                    [Fault(f"/barcodes/{index}/code", f"in use for {other.code}")],
                )

    def item_of_barcode(self, code: str, *, besides: str = "") -> Item | None:
        """Return the item that has a barcode, or None.

        A retired item is returned only if no other item has the barcode.

        Args:
            code: The barcode, as in `ScannedCode.barcode`.
            besides: Code of an item that must not be returned.
        """
        row = self.store.one(
            "SELECT item FROM item_barcodes WHERE station = :station AND barcode = :barcode "
            "AND item <> :besides ORDER BY active DESC, item LIMIT 1",
            {"station": self.station_code, "barcode": code, "besides": besides},
        )
        return None if row is None else self.get(Item, row[0])

    def _write_barcodes(self, noun: CatalogueRecord) -> None:
        """Replace the stored barcodes of an item."""
        if not isinstance(noun, Item):
            return
        self.store.run(
            "DELETE FROM item_barcodes WHERE station = :station AND item = :item",
            {"station": self.station_code, "item": noun.code},
        )
        self.store.run_many(
            "INSERT INTO item_barcodes (station, item, barcode, pack, active) "
            "VALUES (?, ?, ?, ?, ?)",
            [
                (self.station_code, noun.code, barcode.code, barcode.pack, int(not noun.retired))
                for barcode in noun.barcodes
            ],
        )

    def _columns(self, noun: CatalogueRecord) -> dict[str, Any]:
        values = {name: _to_column(getattr(noun, name)) for name in columns_of(type(noun))}
        return values if isinstance(noun, Station) else {"station": self.station_code, **values}


def check_catalogue_record(noun: N) -> N:
    """Check a record and return it with normalized text.

    The host of a station becomes the beginning of the URLs on its papers and in invitations.

    Raises:
        InvalidField: the argument is not a record, or one of its fields is invalid.
    """
    check_type(noun, CatalogueRecord, "the record", "a record of the catalogue, such as Item")
    noun = check_fields(noun)
    if getattr(noun, "name", "") is None:
        raise InvalidField.at("/name", "the name is missing; give a name")
    if isinstance(noun, Donor) and noun.code == ANONYMOUS:
        raise InvalidField.at(
            "/code", f"{ANONYMOUS} is the code for anonymous donors; choose another code"
        )
    if isinstance(noun, Item):
        _check_larger_unit(noun)
        return msgspec.structs.replace(
            noun,
            barcodes=_checked_barcodes(noun),
            aliases=list(dict.fromkeys(noun.aliases)),
        )
    if not isinstance(noun, Station):
        return noun
    try:
        ZoneInfo(noun.zone)
    except (KeyError, ValueError, OSError):
        raise InvalidField.at(
            "/zone", f"{noun.zone} is not a time zone; give one, such as Asia/Shanghai"
        ) from None
    return msgspec.structs.replace(noun, host=_url_origin(noun.host))


def _checked_barcodes(item: Item) -> list[Barcode]:
    """Return the barcodes of an item as `parse_barcode` reads them, sorted.

    Raises:
        InvalidField: a barcode is given twice, or its pack is unknown.
    """
    barcodes: dict[str, Barcode] = {}
    for index, barcode in enumerate(item.barcodes):
        pointer = f"/barcodes/{index}"
        if barcode.pack is not None and barcode.pack not in item.packs:
            raise InvalidField.at(
                f"{pointer}/pack",
                f"{item.code} has no pack {barcode.pack}; its packs are "
                f"{', '.join(sorted(item.packs)) or 'none'}",
            )
        code = parse_barcode(barcode.code).barcode
        if code in barcodes:
            raise InvalidField.at(f"{pointer}/code", f"the barcode {code} is given twice")
        barcodes[code] = Barcode(code=code, pack=barcode.pack)
    return [barcodes[code] for code in sorted(barcodes)]


def _check_larger_unit(item: Item) -> None:
    """Check that the size of an item's larger unit is a power of ten.

    Raises:
        InvalidField: the size is another number.
    """
    larger = item.shown_unit
    if larger is not None and (larger.size == 1 or str(larger.size).rstrip("0") != "1"):
        raise InvalidField.at(
            "/shown_unit/size",
            f"{larger.size} is not a power of ten, such as 1000; use packs for other sizes",
        )


def _url_origin(host: str) -> str:
    """Return scheme, name and port of a host. Without a scheme, https is used."""
    found = _HOST.fullmatch(host)
    if found is None or not _can_be_parsed(f"https://{found[2]}"):
        raise InvalidField.at(
            "/host",
            f"/host must be the address of a host, such as https://example.org, not {host}: "
            "http or https, a name or an address, and a port if needed",
        )
    return f"{(found[1] or 'https').lower()}://{found[2]}"


def _can_be_parsed(url: str) -> bool:
    """Return whether URL libraries can read host and port of a URL."""
    try:
        parts = urlsplit(url)
        if "[" in url:
            IPv6Address(parts.hostname or "")
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def columns_of(noun: type[CatalogueRecord]) -> list[str]:
    """Return the columns of the table of a kind of record, in the order of its fields."""
    return [name for name in noun.__struct_fields__ if name not in _STORED_ELSEWHERE]


_STORED_ELSEWHERE = ("barcodes",)
"""Fields of records that are stored in a table of their own."""

_FLAGS = ("quarantine", "retired", "needs_batch", "needs_expiry")
"""Columns that contain 0 or 1."""

_JSON = ("packs", "aliases", "shown_unit")
"""Columns that contain JSON."""


def _record_from_row(noun: type[N], row: Row) -> N:
    """Build a record from the values of its columns. An item is returned without barcodes."""
    values = dict(zip(columns_of(noun), row, strict=True))
    for name in values.keys() & set(_FLAGS):
        values[name] = bool(values[name])
    for name in values.keys() & set(_JSON):
        values[name] = None if values[name] is None else msgspec.json.decode(values[name])
    if noun is Item and values["shown_unit"] is not None:
        values["shown_unit"] = LargerUnit(**values["shown_unit"])
    return noun(**values)


def _to_column(value: Any) -> Any:
    """Return the value that the column of a field stores."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dict | list | msgspec.Struct):
        return msgspec.json.encode(value, order="sorted").decode()
    return value
