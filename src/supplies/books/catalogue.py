"""The catalogue: records by code. It can be changed, and contains all names and addresses."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from supplies.books.name_search import INDEX_VERSION, index_terms
from supplies.domain.accounts import ANONYMOUS
from supplies.domain.catalogue_records import (
    CATALOGUE_RECORDS,
    CatalogueRecord,
    Donor,
    Item,
    Location,
    Recipient,
    Station,
)
from supplies.domain.validation import check_fields
from supplies.errors import AlreadyDone, Fault, Forgotten, InvalidField, NotFound, check_type
from supplies.storage.store import Row, Store

N = TypeVar("N", bound=CatalogueRecord)

PERSONAL_COLUMNS = {
    "donor": ("donors", ("name", "name_en", "phone", "address", "note")),
    "recipient": ("recipients", ("name", "phone", "address", "access", "note")),
}
"""Table of each kind of person, and its columns with personal data."""


PERSONAL_DATA_ELSEWHERE = {
    "donor": ("UPDATE donor_requests SET wish = NULL", "DELETE FROM credentials"),
    "recipient": (),
}
"""Other rows erased with a person: requests, and links to their papers."""


_HOST = re.compile(
    r"(?:(https?)://)?((?:\w[\w-]*(?:\.\w[\w-]*)*|\[[0-9a-f:.]+\])(?::\d{1,5})?)/?", re.IGNORECASE
)
"""Optional scheme, name or address, optional port."""


class Catalogue:
    """Catalogue records by code, cached until another connection writes."""

    def __init__(self, store: Store, station: str) -> None:
        self.store, self.station_code = store, station
        self._kept: dict[tuple[type[CatalogueRecord], str], Any] = {}
        self._seen = -1

    def refresh(self) -> None:
        """Clear the cache if another connection has written. Call once per transaction."""
        changes = self.store.catalogue_version(self.station_code)
        if changes != self._seen:
            self._kept.clear()
            self._seen = changes

    def clear_cache(self) -> None:
        """Clear the cache after this connection changed the catalogue."""
        self._kept.clear()

    def get(self, noun: type[N], code: str) -> N | None:
        """Return the record with this code, or None.

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
            f"SELECT {', '.join(noun.__struct_fields__)} FROM {noun.table} "
            f"WHERE code = :code{'' if noun is Station else ' AND station = :station'}",
            {"code": code} if noun is Station else {"code": code, "station": self.station_code},
        )
        return None if row is None else record_from_row(noun, row)

    # --- changing ------------------------------------------------------------------------------

    def register(self, noun: CatalogueRecord) -> None:
        """Register a record under a new code.

        Raises:
            AlreadyDone: the code or the receipt series is in use.
            InvalidField: the record is invalid.
        """
        checked = check_catalogue_record(noun)
        if self.get(type(noun), noun.code) is not None:
            sentence = f"the code {noun.code} is taken in {noun.table}; choose another"
            raise AlreadyDone(sentence, [Fault("/code", sentence)])
        self._check_series_unchanged(checked)
        values = self._columns(checked)
        names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        self.store.run(f"INSERT INTO {noun.table} ({names}) VALUES ({marks})", values)
        if isinstance(noun, Station):
            self._mark_index_current()
        else:
            self._index_names(checked)
        self.clear_cache()

    def amend(self, noun: CatalogueRecord) -> None:
        """Replace a record. The unit of an item that has moved cannot change.

        Raises:
            NotFound: there is no record with this code.
            InvalidField: the record is invalid, or its unit cannot change.
            Forgotten: the person was erased.
            AlreadyDone: the receipt series is in use.
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
        values = self._columns(checked)
        sets = ", ".join(f"{name} = :{name}" for name in values if name not in ("code", "station"))
        here = "" if isinstance(noun, Station) else " AND station = :station"
        self.store.run(f"UPDATE {noun.table} SET {sets} WHERE code = :code{here}", values)
        if not isinstance(noun, Station):
            self._index_names(checked)
        self.clear_cache()

    def forget_person(self, party: str) -> None:
        """Erase the personal data of `donor:CODE` or `recipient:CODE`. The code stays."""
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
        """Return whether the name index of this station has the present version."""
        row = self.store.one(
            "SELECT 1 FROM stations s LEFT JOIN searchable f ON f.station = s.code "
            "WHERE s.code = :station AND coalesce(f.way, 0) < :way",
            {"station": self.station_code, "way": INDEX_VERSION},
        )
        return row is None

    def rebuild_name_index(self) -> None:
        """Rebuild the name index of this station."""
        for noun in CATALOGUE_RECORDS:
            rows = self.store.all(
                f"SELECT {', '.join(noun.__struct_fields__)} FROM {noun.table} "
                "WHERE station = :station ORDER BY code",
                {"station": self.station_code},
            )
            for row in rows:
                self._index_names(record_from_row(noun, row))
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
                f"{before.name} has moved in {before.unit}; its unit stays, "
                "register another item for another unit",
            )

    def _check_series_unchanged(self, noun: CatalogueRecord) -> None:
        """Check that no other station has used this receipt series."""
        if not isinstance(noun, Station):
            return
        other = self.store.one(
            "SELECT code FROM stations WHERE series = :series AND code <> :code UNION ALL "
            "SELECT station FROM receipts WHERE series = :series AND station <> :code LIMIT 1",
            {"series": noun.series, "code": noun.code},
        )
        if other is not None:
            sentence = f"receipts of station {other[0]} are numbered {noun.series}; choose another"
            raise AlreadyDone(sentence, [Fault("/series", sentence)])

    def _columns(self, noun: CatalogueRecord) -> dict[str, Any]:
        values = msgspec.structs.asdict(noun)
        if isinstance(noun, Item):
            values["packs"] = msgspec.json.encode(noun.packs, order="sorted").decode()
        for name, value in values.items():
            if isinstance(value, bool):
                values[name] = int(value)
        return values if isinstance(noun, Station) else {"station": self.station_code, **values}


def check_catalogue_record(noun: N) -> N:
    """Check a record: limits of its fields, a name, and for a station its time zone and host.

    A station's host is the beginning of the URLs on papers and in invitations.

    Raises:
        InvalidField: it is not a record, or a field is invalid.
    """
    check_type(noun, CatalogueRecord, "the record", "a record of the catalogue, such as Item")
    noun = check_fields(noun)
    if getattr(noun, "name", "") is None:
        raise InvalidField.at("/name", "a name is missing; say what to call them")
    if isinstance(noun, Donor) and noun.code == ANONYMOUS:
        raise InvalidField.at(
            "/code", f"{ANONYMOUS} is the code for anonymous donors; choose another code"
        )
    if not isinstance(noun, Station):
        return noun
    try:
        ZoneInfo(noun.zone)
    except (KeyError, ValueError, OSError):
        raise InvalidField.at(
            "/zone", f"{noun.zone} is not a time zone; name one as in Asia/Shanghai"
        ) from None
    return msgspec.structs.replace(noun, host=_url_origin(noun.host))


def _url_origin(host: str) -> str:
    """Return scheme, name and port of a host. The scheme defaults to https."""
    found = _HOST.fullmatch(host)
    if found is None or not _can_be_parsed(f"https://{found[2]}"):
        raise InvalidField.at(
            "/host",
            f"/host must be the address of a host, as https://example.org, not {host}: http or "
            "https, a name or an address, and a port if needed",
        )
    return f"{(found[1] or 'https').lower()}://{found[2]}"


def _can_be_parsed(url: str) -> bool:
    """Return whether programs that use a URL can read its host and port."""
    try:
        parts = urlsplit(url)
        if "[" in url:
            IPv6Address(parts.hostname or "")
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def record_from_row(noun: type[N], row: Row) -> N:
    """Build a record from its columns, in the order of its fields."""
    values = dict(zip(noun.__struct_fields__, row, strict=True))
    if noun is Item:
        values["packs"] = msgspec.json.decode(values["packs"])
    if noun is Location:
        values["quarantine"] = bool(values["quarantine"])
    return noun(**values)
