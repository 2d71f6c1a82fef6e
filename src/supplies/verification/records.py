"""Check the rows that entries state in each statement's table, with document ids and lots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
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
    LatestDay,
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
from supplies.domain.expiry import last_day
from supplies.storage.store import Row
from supplies.verification.reader import WHOLE_ROW, Reader, Table

STATEMENT_TABLES = {
    statement: Table(table, ("seq", *statement.__struct_fields__))
    for statement, table in TABLES.items()
}
"""Table of each statement, in the order in which they are compared."""

Rows = Mapping[type[EntryRow], list[Row]]
"""Rows as stored (seq, then the fields), by type of statement."""

DOCUMENT_STATEMENTS: tuple[type[EntryRow], ...] = (
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
"""Statements that begin a document; their first field is its id with the entry's number."""

LOT_STATEMENTS: tuple[type[EntryRow], ...] = (
    ArrivalLine,
    AllocationLine,
    StopLine,
    CountedLine,
    ShipmentLine,
)
"""Statements about goods of one lot."""


def _row_converter(statement: type[EntryRow]) -> Callable[[Any], tuple[Any, ...]]:
    """Return the fastest function that converts a row of this type to its columns."""
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


_ROW_CONVERTERS = {statement: _row_converter(statement) for statement in ENTRY_ROWS}


def rows_of(bodies: Sequence[Body]) -> tuple[list[Row], Rows]:
    """Return the transfers and rows of these entries, as the database should have them."""
    transfers: list[Row] = []
    stated: dict[type[EntryRow], list[Row]] = {statement: [] for statement in ENTRY_ROWS}
    writers = {kind: (rows.append, _ROW_CONVERTERS[kind]) for kind, rows in stated.items()}
    for body in bodies:
        seq = body.seq
        if body.transfers:
            day = body.booked_on.isoformat()
            for line, transfer in enumerate(body.transfers, 1):
                transfers.append(
                    (seq, line, day, *transfer, *_hand_over_columns(transfer[0], transfer[1]))
                )
        for row in body.rows:
            write, convert = writers[type(row)]
            write((seq, *convert(row)))
    return transfers, stated


def _hand_over_columns(source: str, target: str) -> tuple[str | None, str | None]:
    """Return the allocation and recipient of a transfer that hands goods over.

    For any other transfer, return None twice.
    """
    if source.startswith("in_transit:") and target.startswith("received:"):
        return source.rpartition(":")[2], target.partition(":")[2]
    return None, None


def _last_day(month: str) -> str:
    with suppress(ValueError):
        return last_day(month).isoformat()
    return "the last day of a month"


class Records:
    """What the entries checked so far state, for checks of later entries.

    lots: item by lot. recipients: recipient by allocation. needs: recipient by need. donations: all
    ids. pending: open deliveries and unresolved conflicts, each with the number of its entry.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.lots: dict[str, str] = {}
        self.recipients: dict[str, str] = {}
        self.needs: dict[str, str] = {}
        self.donations: set[str] = set()
        self.pending: set[tuple[str, int]] = set()
        self._restated: list[tuple[Table, str, str, int]] = []

    def take(self, stated: Rows, bodies: Sequence[Body]) -> None:
        """Check the rows of the next entries, and remember what later entries refer to.

        Raises:
            BooksBroken: a document id or a lot is wrong.
        """
        if not bodies:
            return
        for kind in DOCUMENT_STATEMENTS:
            if stated[kind]:
                self._check_documents(kind, stated[kind], bodies)
        self._check_lots(stated)
        for seq, day in stated[LatestDay]:
            happened_on = bodies[seq - bodies[0].seq].happened_on.isoformat()
            if day != happened_on:
                raise self.reader.broken(TABLES[LatestDay], "latest_day", seq, happened_on, day)
        if stated[PackedLine]:
            self._check_packs(stated)
        self.recipients.update((row[1], row[2]) for row in stated[Allocation])
        self.needs.update((row[1], row[2]) for row in stated[Need])
        self.donations.update(row[1] for row in stated[Arrival] if row[2] == "donor")
        self._track_pending(stated)

    def _check_documents(
        self, kind: type[EntryRow], rows: Sequence[Row], bodies: Sequence[Body]
    ) -> None:
        """Check that the id of each new document contains the number of its entry."""
        first, table = bodies[0].seq, STATEMENT_TABLES[kind]
        for row in rows:
            seq, document = row[0], row[1]
            if document != bodies[seq - first].document:
                raise self.reader.broken(
                    table.name, table.columns[1], seq, bodies[seq - first].document, document
                )
            number = document.rpartition("_")[2]
            if number != str(seq):
                self._restated.append((table, document, number, seq))

    def _check_lots(self, stated: Rows) -> None:
        """Check that a new lot's id has its entry's number, and that no lot changes its item.

        If only the month of its expiry is known, check that it expires on the last day.
        """
        own = f"l_{self.reader.station}_"
        for row in stated[Lot]:
            seq, lot, item = row[0], row[1], row[2]
            if lot.startswith(own) and (number := lot.rsplit("_", 2)[1]) != str(seq):
                self._restated.append((STATEMENT_TABLES[Lot], lot, number, seq))
            if self.lots.setdefault(lot, item) != item:
                raise self.reader.broken("lots", "item", seq, self.lots[lot], item)
        expiring: tuple[type[EntryRow], ...] = (Lot, ShipmentLine)
        for kind in expiring:
            at = STATEMENT_TABLES[kind].columns.index
            for row in stated[kind]:
                day, month = row[at("expires_on")], row[at("expires_month")]
                if month is not None and day != (last := _last_day(month)):
                    raise self.reader.broken(TABLES[kind], "expires_on", row[0], last, day)
        for seq, lot, parent in stated[LotParent]:
            for column, name in (("lot", lot), ("parent", parent)):
                if name not in self.lots:
                    raise self.reader.broken("lot_parents", column, seq, "a known lot", name)
        for kind in LOT_STATEMENTS:
            at = STATEMENT_TABLES[kind].columns.index
            for row in stated[kind]:
                lot, item = row[at("lot")], row[at("item")]
                if lot and self.lots.get(lot) != item:
                    raise self.reader.broken(TABLES[kind], "lot", row[0], f"a lot of {item}", lot)

    def _check_packs(self, stated: Rows) -> None:
        """Check that packs come to the item and quantity that their line states in base units."""
        lines: dict[tuple[int, int], tuple[str, int]] = {}
        for kind in (Need, PledgeLine, ArrivalLine):
            at = STATEMENT_TABLES[kind].columns.index
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

    def _track_pending(self, stated: Rows) -> None:
        """Track open deliveries and conflicts.

        A delivery counts as opened once, even if a later entry repeats its row.
        """
        pending = self.pending
        pending.update(("delivery", row[0]) for row in stated[Delivery] if row[1] == f"v_{row[0]}")
        pending.update(("conflict", row[0]) for row in stated[Conflict])
        closed = {delivery for _, delivery in stated[DeliveryEnd]}
        pending -= {("delivery", int(name[2:])) for name in closed if name[2:].isdecimal()}
        pending -= {("conflict", conflict) for _, conflict, _ in stated[Resolution]}

    def check_pending(self) -> None:
        """Check that `pending`, from which lists of open documents are read, is complete.

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

    def check_restated(self) -> None:
        """Check that documents stated again were made by the earlier entries in their ids.

        Raises:
            BooksBroken: there is no such earlier entry.
        """
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
