"""Check the rows that entries state, in every statement's table, with document ids and lots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, get_args, get_type_hints

import msgspec

from supplies.domain.entries import Body, column_values
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
    Lot,
    LotParent,
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
from supplies.storage.store import Row
from supplies.verification.reader import ROW, Reader, Table

STATED = {
    statement: Table(table, ("seq", *statement.__struct_fields__))
    for statement, table in TABLES.items()
}
"""The table of each statement, in the order in which an entry's rows are compared."""

Rows = Mapping[type[EntryRow], list[Row]]
"""What some entries state, by its kind, as the store should hold it: seq, then the fields."""

DOCUMENTS: tuple[type[EntryRow], ...] = (
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
)
"""Statements that begin a document: the id, their first field, ends in the entry's number."""

OF_A_LOT: tuple[type[EntryRow], ...] = (
    ArrivalLine,
    AllocationLine,
    StopLine,
    CountedLine,
    ShipmentLine,
)
"""Statements of goods of one lot."""


def _cells_of(statement: type[EntryRow]) -> Callable[[Any], tuple[Any, ...]]:
    """The fastest conversion of a row to how it is stored."""
    hints = get_type_hints(statement)
    kinds = [{hints[name], *get_args(hints[name])} for name in statement.__struct_fields__]
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


_CELLS = {statement: _cells_of(statement) for statement in ENTRY_ROWS}


def rows_of(bodies: Sequence[Body]) -> tuple[list[Row], Rows]:
    """The transfers and rows of these entries, as the database should contain them."""
    transfers: list[Row] = []
    stated: dict[type[EntryRow], list[Row]] = {statement: [] for statement in ENTRY_ROWS}
    writers = {kind: (rows.append, _CELLS[kind]) for kind, rows in stated.items()}
    for body in bodies:
        seq = body.seq
        if body.transfers:
            day = body.booked_on.isoformat()
            for line, transfer in enumerate(body.transfers, 1):
                transfers.append((seq, line, day, *transfer, *_parcel(transfer[0], transfer[1])))
        for row in body.rows:
            write, cells_ = writers[type(row)]
            write((seq, *cells_(row)))
    return transfers, stated


def _parcel(source: str, target: str) -> tuple[str | None, str | None]:
    """The allocation and recipient of a hand-over, which have columns of their own."""
    if source.startswith("in_transit:") and target.startswith("received:"):
        return source.rpartition(":")[2], target.partition(":")[2]
    return None, None


class Records:
    """What was stated so far, for checks of later entries.

    lots: the item of each. recipients: the recipient of each allocation. needs: the recipient of
    each need. donations: all ids. waiting: open deliveries and unresolved conflicts with their
    entry.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.lots: dict[str, str] = {}
        self.recipients: dict[str, str] = {}
        self.needs: dict[str, str] = {}
        self.donations: set[str] = set()
        self.waiting: set[tuple[str, int]] = set()
        self._restated: list[tuple[Table, str, str, int]] = []

    def take(self, stated: Rows, bodies: Sequence[Body]) -> None:
        """Check the rows of the next entries, and remember what later ones refer to."""
        if not bodies:
            return
        for kind in DOCUMENTS:
            if stated[kind]:
                self._check_documents(kind, stated[kind], bodies)
        self._take_lots(stated)
        if stated[PackedLine]:
            self._check_packs(stated)
        self.recipients.update((row[1], row[2]) for row in stated[Allocation])
        self.needs.update((row[1], row[2]) for row in stated[Need])
        self.donations.update(row[1] for row in stated[Arrival] if row[2] == "donor")
        self._take_waiting(stated)

    def _check_documents(
        self, kind: type[EntryRow], rows: Sequence[Row], bodies: Sequence[Body]
    ) -> None:
        """Check that a new document's id has the number of the entry that made it."""
        first, table = bodies[0].seq, STATED[kind]
        for row in rows:
            seq, document = row[0], row[1]
            if document != bodies[seq - first].document:
                raise self.reader.broken(
                    table.name, table.columns[1], seq, bodies[seq - first].document, document
                )
            number = document.rpartition("_")[2]
            if number != str(seq):
                self._restated.append((table, document, number, seq))

    def _take_lots(self, stated: Rows) -> None:
        """Check that a lot's id has the number of its first entry, and that its item stays."""
        own = f"l_{self.reader.station}_"
        for row in stated[Lot]:
            seq, lot, item = row[0], row[1], row[2]
            if lot.startswith(own) and (number := lot.rsplit("_", 2)[1]) != str(seq):
                self._restated.append((STATED[Lot], lot, number, seq))
            if self.lots.setdefault(lot, item) != item:
                raise self.reader.broken("lots", "item", seq, self.lots[lot], item)
        for seq, lot, parent in stated[LotParent]:
            for column, name in (("lot", lot), ("parent", parent)):
                if name not in self.lots:
                    raise self.reader.broken("lot_parents", column, seq, "a known lot", name)
        for kind in OF_A_LOT:
            at = STATED[kind].columns.index
            for row in stated[kind]:
                lot, item = row[at("lot")], row[at("item")]
                if lot and self.lots.get(lot) != item:
                    raise self.reader.broken(TABLES[kind], "lot", row[0], f"a lot of {item}", lot)

    def _check_packs(self, stated: Rows) -> None:
        """Check that packs come to the item and quantity that their line states in base units."""
        lines: dict[tuple[int, int], tuple[str, int]] = {}
        for kind in (Need, PledgeLine, ArrivalLine):
            at = STATED[kind].columns.index
            for row in stated[kind]:
                line = row[at("line")] if kind is not Need else 1
                lines[row[0], line] = row[at("item")], row[at("quantity")]
        for seq, field, line, item, _, quantity, size in stated[PackedLine]:
            wanted = lines.get((seq, line), (item, quantity * size))
            if field == "lines" and wanted != (item, quantity * size):
                expected = f"{wanted[1]} × {wanted[0]} in packs"
                raise self.reader.broken(
                    TABLES[PackedLine], "quantity", seq, expected, f"{quantity * size} × {item}"
                )

    def _take_waiting(self, stated: Rows) -> None:
        """Track what is open: a delivery since the entry that made it, not one that restates it."""
        waiting = self.waiting
        waiting.update(("delivery", row[0]) for row in stated[Delivery] if row[1] == f"v_{row[0]}")
        waiting.update(("conflict", row[0]) for row in stated[Conflict])
        closed = {delivery for _, delivery in stated[DeliveryEnd]}
        waiting -= {("delivery", int(name[2:])) for name in closed if name[2:].isdecimal()}
        waiting -= {("conflict", conflict) for _, conflict, _ in stated[Resolution]}

    def check_waiting(self) -> None:
        """Check that `pending` has exactly what is open: lists of open things are read from it."""
        rows = self.reader.store.all(
            "SELECT noun, number FROM pending WHERE station = :station",
            {"station": self.reader.station},
        )
        found = {(noun, number) for noun, number in rows}
        for each in sorted(found ^ self.waiting):
            noun, number = each
            wanted, there = (noun, None) if each in self.waiting else (None, noun)
            raise self.reader.broken("pending", ROW, number, wanted, there)

    def check_restated(self) -> None:
        """Check that documents stated again were made by the earlier entries that they name."""
        for table, document, number, seq in self._restated:
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
        self._restated.clear()
