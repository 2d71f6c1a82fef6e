"""The catalogue of a station: its items, donors, recipients and other records, by their codes.

All names and addresses are in the catalogue. Its records can be changed and are not part of the
hash chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from supplies.books.item_barcodes import ItemBarcodes
from supplies.books.name_index import NameIndex
from supplies.books.record_columns import column_value, columns_of, record_from_row
from supplies.domain.catalogue_checks import check_catalogue_record
from supplies.domain.catalogue_records import (
    CATALOGUE_RECORDS,
    Campaign,
    CatalogueRecord,
    Community,
    Donor,
    Item,
    Location,
    Recipient,
    Station,
    Team,
)
from supplies.domain.commands import PersonKind
from supplies.domain.shortened_struct import all_faults_of
from supplies.errors import (
    AlreadyDone,
    Fault,
    Forgotten,
    InvalidField,
    NotFound,
    Sentence,
    SuppliesError,
    check_type,
)
from supplies.signing.seals import Seals
from supplies.storage.store import Row, Store

N = TypeVar("N", bound=CatalogueRecord)

PERSONAL_COLUMNS = {
    "donor": ("donors", ("name", "name_en", "phone", "address", "note")),
    "recipient": (
        "recipients",
        ("name", "phone", "address", "access", "note", "age_bands", "collectors"),
    ),
}
"""The tables of donors and of recipients, each with the columns that contain personal data."""


PERSONAL_DATA_ELSEWHERE = {
    "donor": ("UPDATE donor_requests SET wish = NULL",),
    "recipient": (),
}
"""SQL statements that erase the personal data of a donor or recipient in other tables."""


CODE_LETTERS: Mapping[type[CatalogueRecord], str] = {
    Item: "I",
    Donor: "D",
    Recipient: "R",
    Location: "L",
    Team: "T",
    Community: "C",
    Campaign: "G",
}
"""For each kind of record, the first letter of new codes that the program proposes."""

_LONGEST_NUMBERED_CODE = 14
"""Maximum length of existing codes among which `next_code` looks for the highest number.

Longer codes are ignored, because their digits are usually not a running number.
"""


_CODES_PER_QUERY = 500


class Catalogue:
    """The catalogue of one station.

    Records are cached. `refresh` clears the cache when another connection has changed a record.

    Attributes:
        name_index: The index that searches use. It is written with each record.
        barcodes: The barcodes of all items.
    """

    def __init__(self, store: Store, station: str) -> None:
        self.store, self.station_code = store, station
        self.name_index = NameIndex(store, station)
        self.barcodes = ItemBarcodes(store, station)
        self._kept: dict[tuple[type[CatalogueRecord], str], Any] = {}
        self._merged: dict[PersonKind, dict[str, str]] | None = None
        self._seen = -1

    def refresh(self) -> None:
        """Clear the cache if another connection has changed the catalogue.

        Call this method once per transaction.
        """
        changes = self.store.catalogue_version(self.station_code)
        if changes != self._seen:
            self.clear_cache()
            self._seen = changes

    def clear_cache(self) -> None:
        """Clear the cache after this connection has changed a record or rolled back a change."""
        self._kept.clear()
        self._merged = None

    def get(self, kind: type[N], code: str) -> N | None:
        """Return the record of this kind with this code, or None.

        Raises:
            InvalidField: the code is not text.
        """
        check_type(code, str, "a code", "text")
        kept: N | None = self._kept.get((kind, code))
        if kept is None:
            kept = self._read(kind, code)
            if kept is not None:
                self._kept[kind, code] = kept
        return kept

    def read_together(self, kind: type[CatalogueRecord], codes: Iterable[str]) -> None:
        """Read all records of a kind with these codes into the cache, with few queries."""
        unread = [code for code in codes if (kind, code) not in self._kept]
        columns = ", ".join(f"r.{name}" for name in columns_of(kind))
        for start in range(0, len(unread), _CODES_PER_QUERY):
            table, params = self.store.wanted_ids(unread[start : start + _CODES_PER_QUERY])
            rows = self.store.all(
                f"{table}SELECT {columns} FROM wanted w CROSS JOIN {kind.table} r "
                "WHERE r.station = :station AND r.code = w.id",
                {**params, "station": self.station_code},
            )
            for record in self.records_from_rows(kind, rows):
                self._kept[kind, record.code] = record

    def _read(self, kind: type[N], code: str) -> N | None:
        row = self.store.one(
            f"SELECT {', '.join(columns_of(kind))} FROM {kind.table} "
            f"WHERE code = :code{'' if kind is Station else ' AND station = :station'}",
            {"code": code} if kind is Station else {"code": code, "station": self.station_code},
        )
        return None if row is None else self.records_from_rows(kind, [row])[0]

    def records_from_rows(self, kind: type[N], rows: Sequence[Row]) -> list[N]:
        """Build records of a kind from database rows with the columns that `columns_of` returns."""
        records = [record_from_row(kind, row) for row in rows]
        if kind is not Item or not records:
            return records
        barcodes = self.barcodes.of_items(record.code for record in records)
        return [
            msgspec.structs.replace(record, barcodes=barcodes.get(record.code, []))
            for record in records
        ]

    def item_of_barcode(self, code: str, *, besides: str = "") -> Item | None:
        """Return the item that has a barcode, or None.

        If both a retired item and an item in use have the barcode, the item in use is returned.

        Args:
            code: The barcode, as in `ScannedCode.barcode`.
            besides: Code of an item that must not be returned.
        """
        item = self.barcodes.find_item(code, besides=besides)
        return None if item is None else self.get(Item, item)

    def next_code(self, kind: type[CatalogueRecord]) -> str:
        """Return the next free code for a kind of record, such as D-012.

        The number is one more than the highest existing number, and has as many digits. Other
        connections cannot use the code before this transaction ends.

        Raises:
            InvalidField: records of this kind have no numbered codes.
        """
        letter = CODE_LETTERS.get(kind)
        if letter is None:
            raise InvalidField(
                Sentence("choose a code for the new {kind}", kind=kind.__name__.lower())
            )
        row = self.store.one(
            f"SELECT code FROM {kind.table} WHERE station = :station AND code >= :start "
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

    def merged_codes(self, kind: PersonKind) -> Mapping[str, str]:
        """Return the merged codes of donors or recipients, each with the code that replaces it."""
        if self._merged is None:
            self._merged = {"donor": {}, "recipient": {}}
            rows = self.store.all(
                "SELECT m.kind, m.code, m.stays FROM merges m WHERE m.station = :station "
                "AND m.stays IS NOT NULL AND m.seq = (SELECT max(n.seq) FROM merges n "
                "WHERE n.station = m.station AND n.kind = m.kind AND n.code = m.code) "
                "ORDER BY m.code",
                {"station": self.station_code},
            )
            for of, code, stays in rows:
                self._merged[of][code] = stays
        return self._merged[kind]

    # --- changing ------------------------------------------------------------------------------

    def register(self, record: CatalogueRecord) -> None:
        """Add a new record to the catalogue.

        Raises:
            AlreadyDone: the code, the receipt series or a barcode is in use.
            InvalidField: the record is invalid.
        """
        checked = self._checked(record, self._check_new)
        values = self._columns(checked)
        names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        self.store.run(f"INSERT INTO {record.table} ({names}) VALUES ({marks})", values)
        if isinstance(record, Station):
            self.name_index.mark_current()
        else:
            self._write_indexes(checked)
        self.clear_cache()

    def amend(self, record: CatalogueRecord) -> None:
        """Replace the existing record that has the same code.

        Raises:
            NotFound: no record has this code.
            InvalidField: the record is invalid, or would change the unit of an item that has
                entries.
            Forgotten: the personal data of this donor or recipient was erased.
            AlreadyDone: the receipt series or a barcode is in use.
        """
        checked = self._checked(record, self._check_amended)
        values = self._columns(checked)
        sets = ", ".join(f"{name} = :{name}" for name in values if name not in ("code", "station"))
        here = "" if isinstance(record, Station) else " AND station = :station"
        self.store.run(f"UPDATE {record.table} SET {sets} WHERE code = :code{here}", values)
        if not isinstance(record, Station):
            self._write_indexes(checked)
        self.clear_cache()

    def _write_indexes(self, record: CatalogueRecord) -> None:
        """Store the search terms of a record and, if the record is an item, its barcodes."""
        if isinstance(record, Item):
            self.barcodes.write(record)
        self.name_index.write(record)

    def _columns(self, record: CatalogueRecord) -> dict[str, Any]:
        values = {name: column_value(getattr(record, name)) for name in columns_of(type(record))}
        return values if isinstance(record, Station) else {"station": self.station_code, **values}

    def retire_merged(self, kind: PersonKind, code: str, *, retired: bool) -> None:
        """Mark a merged code as retired, or as usable again if the merge was reversed."""
        self.store.run(
            f"UPDATE {kind}s SET retired = :retired WHERE station = :station AND code = :code",
            {"station": self.station_code, "code": code, "retired": int(retired)},
        )
        self.clear_cache()

    def forget_person(self, party: str) -> None:
        """Erase the personal data of a donor or recipient. The code is kept.

        Args:
            party: The donor or recipient, as `donor:CODE` or `recipient:CODE`.
        """
        what, _, code = party.partition(":")
        table, columns = PERSONAL_COLUMNS[what]
        sets = ", ".join(f"{name} = NULL" for name in columns)
        here = {"station": self.station_code, "code": code}
        self.store.run(f"UPDATE {table} SET {sets} WHERE station = :station AND code = :code", here)
        for statement in PERSONAL_DATA_ELSEWHERE[what]:
            self.store.run(f"{statement} WHERE station = :station AND {what} = :code", here)
        if what == "donor":
            Seals(self.store, self.station_code).delete("credentials", "donor = :code", code=code)
        self.clear_cache()
        left = self.get(Donor if what == "donor" else Recipient, code)
        assert left is not None, "whoever is forgotten was registered"
        self.name_index.write(left)

    def rebuild_name_index(self) -> None:
        """Delete the name index of the station and build it again."""
        for kind in CATALOGUE_RECORDS:
            rows = self.store.all(
                f"SELECT {', '.join(columns_of(kind))} FROM {kind.table} "
                "WHERE station = :station ORDER BY code",
                {"station": self.station_code},
            )
            for record in self.records_from_rows(kind, rows):
                self.name_index.write(record)
        self.name_index.mark_current()

    # --- checks before a change ------------------------------------------------------------------

    def with_all_faults(
        self, error: InvalidField, kind: type[CatalogueRecord], fields: Mapping[str, Any]
    ) -> SuppliesError:
        """Return the error for a refused new record, with all faults of the record.

        Args:
            error: The refusal, with only some of the faults.
            kind: The type of the record, or a subclass such as the struct of a request's body.
            fields: The fields of the record as decoded JSON, including invalid ones. If the code is
                missing and records of this kind have numbered codes, the next free code is assumed.
        """
        kind = next((known for known in CATALOGUE_RECORDS if issubclass(kind, known)), kind)
        if fields.get("code") is None and kind in CODE_LETTERS:
            fields = {**fields, "code": self.next_code(kind)}
        return all_faults_of(error, kind, fields, self._check_new)

    def _checked(self, record: N, check: Callable[[N], N]) -> N:
        """Check a record, and return it with normalized text.

        Raises:
            SuppliesError: the record is invalid; the error names all faults of the record.
        """
        try:
            checked = check(record)
        except SuppliesError as error:
            if not error.faults:
                raise
            fields = msgspec.to_builtins(record)
            raise all_faults_of(error, type(record), fields, check) from None
        return checked

    def _check_new(self, record: N) -> N:
        checked = check_catalogue_record(record)
        if self.get(type(record), record.code) is not None:
            sentence = Sentence(
                "the code {code} is taken in {table}; choose another",
                code=record.code,
                table=Sentence(record.table),
            )
            raise AlreadyDone(sentence, [Fault("/code", sentence)])
        self._check_series_is_free(checked)
        self._check_barcodes_are_free(checked)
        self._check_counter(checked)
        return checked

    def _check_amended(self, record: N) -> N:
        checked = check_catalogue_record(record)
        before = self.get(type(record), record.code)
        if before is None:
            raise NotFound(
                Sentence("{code} is not in {table}", code=record.code, table=Sentence(record.table))
            )
        if isinstance(before, Item) and isinstance(checked, Item):
            self._check_unit_unchanged(before, checked)
        self._check_counter(checked)
        if isinstance(checked, Donor | Recipient) and not checked.retired:
            self._check_not_merged(checked)
        if getattr(before, "name", "") is None:
            raise Forgotten(
                Sentence(
                    "the data of {code} was erased at their request; register them under "
                    "another code",
                    code=record.code,
                )
            )
        self._check_series_is_free(checked)
        self._check_barcodes_are_free(checked)
        return checked

    def _check_counter(self, record: CatalogueRecord) -> None:
        """Check that the location which a team uses as its counter exists.

        Raises:
            InvalidField: the location is unknown.
        """
        counter = record.counter if isinstance(record, Team) else None
        if counter is not None and self.get(Location, counter) is None:
            raise InvalidField.at(
                "/counter",
                Sentence(
                    "unknown location {code}; register it first, or correct the code",
                    code=counter,
                ),
            )

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
                Sentence(
                    "{item} already has entries in {unit}, so its unit cannot change; register "
                    "another item for the other unit",
                    item=before.name,
                    unit=before.unit,
                ),
            )

    def _check_not_merged(self, record: Donor | Recipient) -> None:
        kind: PersonKind = "donor" if isinstance(record, Donor) else "recipient"
        stays = self.merged_codes(kind).get(record.code)
        if stays is not None:
            raise InvalidField.at(
                "/retired",
                Sentence(
                    "{code} was merged into {stays} and stays retired; to use it again, reverse "
                    "the entry that merged it",
                    code=record.code,
                    stays=stays,
                ),
            )

    def _check_series_is_free(self, record: CatalogueRecord) -> None:
        """Check that the receipt series of a station belongs to no other station.

        Raises:
            AlreadyDone: another station uses the series, or has used it.
        """
        if not isinstance(record, Station):
            return
        other = self.store.one(
            "SELECT code FROM stations WHERE series = :series AND code <> :code UNION ALL "
            "SELECT station FROM receipts WHERE series = :series AND station <> :code LIMIT 1",
            {"series": record.series, "code": record.code},
        )
        if other is not None:
            sentence = (
                f"station {other[0]} numbers its receipts {record.series}; choose another series"
            )
            raise AlreadyDone(sentence, [Fault("/series", sentence)])

    def _check_barcodes_are_free(self, record: CatalogueRecord) -> None:
        """Check that no other item has one of the barcodes of this item. Retired items are ignored.

        Raises:
            AlreadyDone: another item has one of the barcodes.
        """
        if not isinstance(record, Item) or record.retired:
            return
        for index, barcode in enumerate(record.barcodes):
            other = self.item_of_barcode(barcode.code, besides=record.code)
            if other is not None and not other.retired:
                raise AlreadyDone(
                    Sentence(
                        "the barcode {code} belongs to {code_2} ({item}); remove it there first, "
                        "or retire that item",
                        code=barcode.code,
                        code_2=other.code,
                        item=other.name,
                    ),
                    [
                        Fault(
                            f"/barcodes/{index}/code",
                            Sentence("in use for {code}", code=other.code),
                        )
                    ],
                )
