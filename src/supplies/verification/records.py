"""Check the rows that entries write into other tables, and the ids that these rows contain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any, get_args, get_type_hints

import msgspec

from supplies.domain.entries import Body, allocation_and_recipient, column_values
from supplies.domain.entry_rows import (
    ENTRY_ROWS,
    TABLES,
    Activity,
    Allocation,
    AllocationLine,
    Arrival,
    ArrivalLine,
    Conflict,
    CountedLine,
    CountSheet,
    Delivery,
    DeliveryEnd,
    EntryRow,
    HandOutTo,
    LaterResolution,
    LatestDay,
    Lot,
    LotParent,
    Merge,
    Need,
    PackedLine,
    Pledge,
    PledgeLine,
    Resolution,
    Shipment,
    ShipmentLine,
    StopLine,
    Withdrawal,
)
from supplies.domain.expiry import last_day
from supplies.storage.store import Row
from supplies.verification.reader import WHOLE_ROW, Reader, Table

ROW_TABLES = {
    row_type: Table(table, ("seq", *row_type.__struct_fields__))
    for row_type, table in TABLES.items()
}
"""The table of each type of row, in the order in which tables are compared."""

Rows = Mapping[type[EntryRow], list[Row]]
"""Rows by their type. Each row is a tuple of the entry number and the column values."""

DOCUMENT_ROWS: tuple[type[EntryRow], ...] = (
    Need,
    Pledge,
    Arrival,
    Allocation,
    Delivery,
    CountSheet,
    Withdrawal,
    HandOutTo,
    Shipment,
    Activity,
    Merge,
)
"""Types of rows that create a document. Their first field is the id of this document.

The id ends in the number of the entry that created the document.
"""

LOT_ROWS: tuple[type[EntryRow], ...] = (
    ArrivalLine,
    AllocationLine,
    StopLine,
    CountedLine,
    ShipmentLine,
)
"""Types of rows that contain an item and one of its lots."""


def _row_converter(row_type: type[EntryRow]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function that converts rows of a type to the values of their columns.

    It is the fastest function that can convert all fields of the type.
    """
    hints = get_type_hints(row_type)
    kinds = [{hints[name], *get_args(hints[name])} for name in row_type.__struct_fields__]
    if any(datetime in kind for kind in kinds):
        return column_values
    dated = [index for index, kind in enumerate(kinds) if date in kind]
    if not dated:
        return msgspec.structs.astuple

    def with_days(row: Any) -> tuple[Any, ...]:
        values: list[Any] = list(msgspec.structs.astuple(row))
        for index in dated:
            if values[index] is not None:
                values[index] = values[index].isoformat()
        return tuple(values)

    return with_days


_ROW_CONVERTERS = {row_type: _row_converter(row_type) for row_type in ENTRY_ROWS}


def rows_of(bodies: Sequence[Body]) -> tuple[list[Row], Rows]:
    """Return the rows that the database should have for these entries: transfers, then others."""
    transfers: list[Row] = []
    recorded: dict[type[EntryRow], list[Row]] = {row_type: [] for row_type in ENTRY_ROWS}
    writers = {kind: (rows.append, _ROW_CONVERTERS[kind]) for kind, rows in recorded.items()}
    for body in bodies:
        seq = body.seq
        if body.transfers:
            day = body.booked_on.isoformat()
            for line, transfer in enumerate(body.transfers, 1):
                transfers.append(
                    (
                        *(seq, line, day, *transfer),
                        *allocation_and_recipient(body.kind, transfer[0], transfer[1]),
                    )
                )
        for row in body.rows:
            write, convert = writers[type(row)]
            write((seq, *convert(row)))
    return transfers, recorded


def _last_day(month: str) -> str:
    with suppress(ValueError):
        return last_day(month).isoformat()
    return "the last day of a month"


class Records:
    """Checks the rows of the entries, and remembers what is needed to check later entries.

    Attributes:
        lots: The item of each lot.
        needs: The recipient of each need.
        donations: The ids of all donations.
        pending: Open deliveries and unresolved conflicts, each as the word "delivery" or "conflict"
            and the entry number.
        resolved: The latest resolution of each resolved conflict, by the number of the conflict's
            entry.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.lots: dict[str, str] = {}
        self.needs: dict[str, str] = {}
        self.donations: set[str] = set()
        self.pending: set[tuple[str, int]] = set()
        self.resolved: dict[int, str] = {}
        self._repeated: list[tuple[Table, str, str, int]] = []

    def trust(self, through: int) -> None:
        """Read what the entries up to `through` recorded, without checking it."""
        earlier = self.reader.earlier
        self.lots.update(earlier("lots", "lot, item", through))
        self.needs.update(earlier("needs", "need, recipient", through))
        donations = earlier("arrivals", "arrival", through, "origin = 'donor'")
        self.donations.update(arrival for (arrival,) in donations)
        resolved = earlier("resolutions", "seq, conflict, way", through)
        resolved += earlier("later_resolutions", "seq, conflict, way", through)
        self.resolved.update((conflict, way) for _, conflict, way in sorted(resolved))
        deliveries = set(earlier("deliveries", "delivery", through))
        deliveries -= set(earlier("delivery_ends", "delivery", through))
        self.pending.update(
            ("delivery", int(name[2:])) for (name,) in deliveries if name[2:].isdecimal()
        )
        self.pending.update(
            ("conflict", seq)
            for (seq,) in earlier("conflicts", "seq", through)
            if seq not in self.resolved
        )

    def add(self, recorded: Rows, bodies: Sequence[Body]) -> None:
        """Check the rows of the next batch of entries, and remember ids that later entries name.

        Raises:
            BooksBroken: a row has the id of a wrong document or lot, or contradicts another row.
        """
        if not bodies:
            return
        for kind in DOCUMENT_ROWS:
            if recorded[kind]:
                self._check_documents(kind, recorded[kind], bodies)
        self._check_lots(recorded)
        for seq, day in recorded[LatestDay]:
            happened_on = bodies[seq - bodies[0].seq].happened_on.isoformat()
            if day != happened_on:
                raise self.reader.broken(TABLES[LatestDay], "latest_day", seq, happened_on, day)
        if recorded[PackedLine]:
            self._check_packs(recorded)
        self.needs.update((row[1], row[2]) for row in recorded[Need])
        self.donations.update(row[1] for row in recorded[Arrival] if row[2] == "donor")
        self._track_pending(recorded)
        self._check_resolutions(recorded, bodies)

    def _check_documents(
        self, kind: type[EntryRow], rows: Sequence[Row], bodies: Sequence[Body]
    ) -> None:
        """Check that rows which create a document contain the document id of their entry.

        If the id has the number of another entry, the row is checked later by `check_repeated`.
        """
        first, table = bodies[0].seq, ROW_TABLES[kind]
        for row in rows:
            seq, document = row[0], row[1]
            if document != bodies[seq - first].document:
                raise self.reader.broken(
                    table.name, table.columns[1], seq, bodies[seq - first].document, document
                )
            number = document.rpartition("_")[2]
            if number != str(seq):
                self._repeated.append((table, document, number, seq))

    def _check_lots(self, recorded: Rows) -> None:
        """Check the rows that describe or name lots.

        A lot must keep its item, and every named lot must exist. If only the month of an expiry is
        known, the day must be the last one of that month. If a lot id has the number of another
        entry, the row is checked later by `check_repeated`.
        """
        own = f"l_{self.reader.station}_"
        for row in recorded[Lot]:
            seq, lot, item = row[0], row[1], row[2]
            if lot.startswith(own) and (number := lot.rsplit("_", 2)[1]) != str(seq):
                self._repeated.append((ROW_TABLES[Lot], lot, number, seq))
            if self.lots.setdefault(lot, item) != item:
                raise self.reader.broken("lots", "item", seq, self.lots[lot], item)
        expiring: tuple[type[EntryRow], ...] = (Lot, ShipmentLine)
        for kind in expiring:
            at = ROW_TABLES[kind].columns.index
            for row in recorded[kind]:
                day, month = row[at("expires_on")], row[at("expires_month")]
                if month is not None and day != (last := _last_day(month)):
                    raise self.reader.broken(TABLES[kind], "expires_on", row[0], last, day)
        for seq, lot, parent in recorded[LotParent]:
            for column, name in (("lot", lot), ("parent", parent)):
                if name not in self.lots:
                    raise self.reader.broken("lot_parents", column, seq, "a known lot", name)
        for kind in LOT_ROWS:
            at = ROW_TABLES[kind].columns.index
            for row in recorded[kind]:
                lot, item = row[at("lot")], row[at("item")]
                if lot and self.lots.get(lot) != item:
                    raise self.reader.broken(TABLES[kind], "lot", row[0], f"a lot of {item}", lot)

    def _check_packs(self, recorded: Rows) -> None:
        """Check that the packs recorded for a line make up its quantity in base units."""
        lines: dict[tuple[int, int], tuple[str, int]] = {}
        for kind in (Need, PledgeLine, ArrivalLine):
            at = ROW_TABLES[kind].columns.index
            for row in recorded[kind]:
                line = row[at("line")] if kind is not Need else 1
                lines[row[0], line] = row[at("item")], row[at("quantity")]
        for seq, field, line, item, _, quantity, size in recorded[PackedLine]:
            wanted = lines.get((seq, line), (item, quantity * size))
            if field == "lines" and wanted != (item, quantity * size):
                expected = f"{wanted[1]} × {wanted[0]} in packs"
                raise self.reader.broken(
                    TABLES[PackedLine], "quantity", seq, expected, f"{quantity * size} × {item}"
                )

    def _track_pending(self, recorded: Rows) -> None:
        """Update the open deliveries and unresolved conflicts from the next batch of entries.

        Only the first row about a delivery opens it. Later rows about the delivery change its team.
        """
        pending = self.pending
        pending.update(
            ("delivery", row[0]) for row in recorded[Delivery] if row[1] == f"v_{row[0]}"
        )
        pending.update(("conflict", row[0]) for row in recorded[Conflict])
        closed = {delivery for _, delivery in recorded[DeliveryEnd]}
        pending -= {("delivery", int(name[2:])) for name in closed if name[2:].isdecimal()}

    def _check_resolutions(self, recorded: Rows, bodies: Sequence[Body]) -> None:
        """Check that each resolution is about a conflict that can be resolved in this way.

        The first resolution must be about an unresolved conflict, which is then removed from
        `pending`. If it leaves the books unchanged, its entry must have no transfers. A further
        resolution of the same conflict must decide the opposite of the one before: for the report
        instead of the books, or for the books instead of the report.
        """
        for seq, conflict, way in recorded[Resolution]:
            if ("conflict", conflict) not in self.pending or conflict >= seq:
                raise self.reader.broken(
                    TABLES[Resolution], "conflict", seq, "an unresolved conflict", conflict
                )
            self.pending.remove(("conflict", conflict))
            self.resolved[conflict] = way
            moved = bodies[seq - bodies[0].seq].transfers
            if way == "keep" and moved:
                raise self.reader.broken(TABLES[Resolution], "way", seq, "no transfers", way)
        for seq, conflict, way in recorded[LaterResolution]:
            before = self.resolved.get(conflict)
            if before is None or (before == "keep") == (way == "keep"):
                expected = "the other direction" if before else "a resolved conflict"
                raise self.reader.broken(
                    TABLES[LaterResolution], "conflict", seq, expected, conflict
                )
            self.resolved[conflict] = way

    def check_pending(self) -> None:
        """Check that the table `pending` has exactly the open deliveries and unresolved conflicts.

        Raises:
            BooksBroken: a row of `pending` is missing or surplus.
        """
        rows = self.reader.store.all(
            "SELECT noun, number FROM pending WHERE station = :station",
            {"station": self.reader.station},
        )
        found = {(noun, number) for noun, number in rows}
        for each in sorted(found ^ self.pending):
            noun, number = each
            wanted, stored = (noun, None) if each in self.pending else (None, noun)
            raise self.reader.broken("pending", WHOLE_ROW, number, wanted, stored)

    def check_repeated(self) -> None:
        """Check the collected rows, whose id contains the number of an earlier entry.

        Corrections write such rows. The earlier entry must have written a row with the same id.

        Raises:
            BooksBroken: the earlier entry does not exist, or wrote no such row.
        """
        for table, document, number, seq in self._repeated:
            column = table.columns[1]
            made = None
            if number.isdecimal() and 0 < int(number) < seq:
                made = self.reader.one(
                    f"SELECT 1 FROM {table.name} WHERE station = :station "
                    f"AND {column} = :document AND seq = :seq",
                    document=document,
                    seq=int(number),
                )
            if made is None:
                raise self.reader.broken(
                    table.name, column, seq, f"an id that ends in {seq}", document
                )
        self._repeated.clear()
