"""Check the recorded quantities of donations and conversions that fulfilled pledges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from supplies.domain.accounts import PLEDGED, keys_of, kind_of
from supplies.domain.entries import Body
from supplies.domain.entry_rows import TABLES, Arrival, ArrivalLine, EntryRow, ProductPledge
from supplies.errors import BooksBroken
from supplies.verification.reader import Reader
from supplies.verification.records import ROW_TABLES, Rows

_ByPledge = Counter[tuple[str, str]]


class FulfilledPledges:
    """Checks the quantities of pledges that donations and conversions record as fulfilled.

    The recorded quantities must be equal to those of the transfers. Documents that fulfil no pledge
    are skipped. So are conversions recorded by older versions of the program, which did not store
    these quantities.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._moved: dict[str, _ByPledge] = {}
        self._recorded: dict[str, tuple[int, _ByPledge]] = {}
        self._conversions: set[str] = set()

    def add(self, recorded: Rows, bodies: Sequence[Body]) -> None:
        """Remember what the lines and transfers in the next batch of entries say about pledges."""
        self._add_donations(recorded, bodies)
        self._add_conversions(bodies)

    def _add_donations(self, recorded: Rows, bodies: Sequence[Body]) -> None:
        columns = ROW_TABLES[ArrivalLine].columns
        item, pledge, on_pledge = map(columns.index, ("item", "pledge", "on_pledge"))
        for row in recorded[Arrival]:
            self._recorded.pop(row[1], None)
        latest = {row[1]: row[0] for row in recorded[Arrival]}
        for row in recorded[ArrivalLine]:
            if row[on_pledge] and latest.get(row[1]) == row[0]:
                _, lines = self._recorded.setdefault(row[1], (row[0], Counter()))
                lines[row[pledge] or "", row[item]] += row[on_pledge]
        for body in bodies:
            if body.kind == "donation_received":
                self._add_transfers(body)

    def _add_conversions(self, bodies: Sequence[Body]) -> None:
        for body in bodies:
            if body.kind != "goods_converted" or body.document is None:
                continue
            self._add_transfers(body)
            self._conversions.add(body.document)
            if body.part:
                continue  # The rows are in the first entry; the transfers may be on several days.
            products = [row for row in body.rows if isinstance(row, ProductPledge)]
            if products or body.document in self._recorded:
                lines: _ByPledge = Counter()
                for row in products:
                    lines[row.pledge, row.item] += row.on_pledge
                self._recorded[body.document] = body.seq, lines

    def _add_transfers(self, body: Body) -> None:
        for source, target, item, lot, quantity in body.transfers:
            if not lot:
                self._move(str(body.document), source, item, quantity)
                self._move(str(body.document), target, item, -quantity)

    def _move(self, document: str, account: str, item: str, quantity: int) -> None:
        if kind_of(account) is PLEDGED:
            moved = self._moved.setdefault(document, Counter())
            moved[keys_of(account)[0], item] += quantity

    def check(self) -> None:
        """Check that the lines of each document agree with its transfers from pledges.

        A line that names no pledge may have fulfilled any pledge of the donor.

        Raises:
            BooksBroken: the quantities differ.
        """
        older = self._conversions - self._recorded.keys()
        for document in sorted((self._moved.keys() | self._recorded.keys()) - older):
            seq, lines = self._recorded.get(document, (None, Counter()))
            moved = self._moved.get(document, Counter())
            table = ProductPledge if document in self._conversions else ArrivalLine
            for item in sorted({item for _, item in [*lines, *moved]}):
                expected, found = _of_item(moved, item), _of_item(lines, item)
                if expected != found:
                    raise self._broken(table, seq, f"{expected} × {item}", f"{found} × {item}")
            for (pledge, item), quantity in lines.items():
                if pledge and quantity > moved[pledge, item]:
                    expected_of_pledge = f"{moved[pledge, item]} × {item} for {pledge}"
                    raise self._broken(table, seq, expected_of_pledge, f"{quantity} × {item}")

    def _broken(
        self, table: type[EntryRow], seq: int | None, expected: str, found: str
    ) -> BooksBroken:
        return self.reader.broken(TABLES[table], "on_pledge", seq, expected, found)


def _of_item(quantities: _ByPledge, item: str) -> int:
    return sum(quantity for (_, of), quantity in quantities.items() if of == item)
