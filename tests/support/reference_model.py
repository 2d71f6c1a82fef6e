"""A reference model: the books in memory, rebuilt from the bytes of the entries.

The model is compared with the tables.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from supplies.books.reader import Books
from supplies.domain.accounts import Family, family_of, keys_of, kind_of
from supplies.domain.commands import CitedEntry, GoodsLine, NoteNeed
from supplies.domain.entries import Body, decode_body
from supplies.domain.entry_rows import (
    Allocation,
    Arrival,
    ArrivalCampaign,
    ArrivalLine,
    Conflict,
    CountedLine,
    CountSheet,
    Delivery,
    DeliveryEnd,
    LaterResolution,
    Lot,
    Need,
    NeedEnd,
    PackedLine,
    Period,
    Pledge,
    PledgeCampaign,
    PledgeLine,
    Receipt,
    ReceiptDonation,
    ReceiptVoid,
    Recount,
    Resolution,
    Stop,
    StopLine,
    StopRemoval,
    Withdrawal,
)
from supplies.views.campaign_report import report_campaigns

Key = tuple[str, str, str]


class ReferenceModel:
    """The content of the entries in dicts. `check` compares all tables with it."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.last_hash = bytes(32)
        self.bodies: list[Body] = []
        self.chain: list[tuple[bytes, bytes]] = []
        """Each entry's bytes and its hash."""
        self.balances: Counter[Key] = Counter()
        self.nonzero: dict[str, dict[Key, int]] = defaultdict(dict)
        """The nonzero balances, by the kind of their account."""
        self.changes_by_day: dict[str, Counter[Key]] = defaultdict(Counter)
        """The changes of balances on each day."""
        self.ordinals: dict[tuple[str, int], int] = {}
        self.rows: dict[type, list[tuple[int, Any]]] = defaultdict(list)
        self.superseded: set[int] = set()
        self.packs = {"mask": ("ten", 10), "soap": ("six", 6)}
        """A pack of each item and its current size."""

    # --- reading entries -------------------------------------------------------------------------

    def read_new_entries(self) -> list[Body]:
        """Read new entries and check their chain, numbers and columns."""
        rows = self.books.all(
            "SELECT seq, id, part, kind, document, happened_on, booked_on, supersedes, body, hash "
            "FROM entries WHERE station = :station AND seq > :seq ORDER BY seq",
            seq=len(self.bodies),
        )
        new = []
        for (
            seq,
            id_,
            part,
            kind,
            document,
            happened,
            booked,
            supersedes,
            content,
            entry_hash,
        ) in rows:
            body = decode_body(content)
            self.last_hash = hashlib.sha256(self.last_hash + content).digest()
            assert entry_hash == self.last_hash, f"entry {seq}: the chain does not recompute"
            assert body.seq == seq == len(self.bodies) + 1, f"entry {seq}: a gap"
            assert (body.id, body.part, body.kind, body.document) == (id_, part, kind, document)
            assert (str(body.happened_on), str(body.booked_on)) == (happened, booked)
            assert body.supersedes == supersedes
            self._apply(body)
            self.bodies.append(body)
            self.chain.append((content, entry_hash))
            new.append(body)
        return new

    def _apply(self, body: Body) -> None:
        day = body.booked_on.isoformat()
        for source, target, item, lot, quantity in body.transfers:
            assert quantity > 0
            assert family_of(source, lot) is family_of(target, lot), (source, target)
            for account, sign in ((source, -1), (target, 1)):
                self._move((account, item, lot), sign * quantity)
                self.changes_by_day[day][account, item, lot] += sign * quantity
        for row in body.rows:
            self.rows[type(row)].append((body.seq, row))
            if isinstance(row, Receipt):
                last = self.ordinals.get((row.series, row.year), 0)
                assert row.ordinal == last + 1, f"receipt {row.number} leaves a gap"
                self.ordinals[row.series, row.year] = row.ordinal
        if body.supersedes is not None:
            assert body.supersedes not in self.superseded, "superseded twice"
            self.superseded.add(body.supersedes)

    def _move(self, key: Key, change: int) -> None:
        self.balances[key] += change
        of_its_kind = self.nonzero[key[0].partition(":")[0]]
        of_its_kind[key] = self.balances[key]
        if not self.balances[key]:
            del of_its_kind[key]

    def base_units(self, line: GoodsLine | NoteNeed) -> int:
        """Return the quantity of a new command's line in base units."""
        if line.pack is None:
            return line.quantity
        return line.quantity * (line.pack_size or dict(self.packs.values())[line.pack])

    # --- queries ---------------------------------------------------------------------------------

    def total(self, prefix: str, item: str | None = None) -> int:
        """Return the sum over an account. If `prefix` ends in ":", sum all accounts below it."""
        return sum(
            quantity
            for (account, what, _), quantity in self._of_kind(prefix)
            if (account == prefix or (prefix.endswith(":") and account.startswith(prefix)))
            and item in (None, what)
        )

    def nonzero_balances(self, prefix: str) -> dict[Key, int]:
        """Return the nonzero balances of accounts that begin with a text."""
        return {
            key: quantity for key, quantity in self._of_kind(prefix) if key[0].startswith(prefix)
        }

    def _of_kind(self, prefix: str) -> Iterable[tuple[Key, int]]:
        return self.nonzero[prefix.partition(":")[0]].items()

    def latest(self, statement: type, field: str) -> dict[str, Any]:
        """Return the latest row of each document."""
        return {getattr(row, field): row for _, row in self.rows[statement]}

    def latest_lines(self, decided_by: type, line: type, field: str) -> dict[str, list[Any]]:
        """Return the lines of the latest statement of each document."""
        seqs = {getattr(row, field): seq for seq, row in self.rows[decided_by]}
        lines: dict[str, list[Any]] = {name: [] for name in seqs}
        for seq, row in self.rows[line]:
            if seqs.get(getattr(row, field)) == seq:
                lines[getattr(row, field)].append(row)
        return lines

    def documents(self, statement: type, field: str) -> list[str]:
        """Return all documents of a kind, oldest first."""
        return list(self.latest(statement, field))

    def needs(self, item: str | None = None) -> list[str]:
        return [
            name for name, need in self.latest(Need, "need").items() if item in (None, need.item)
        ]

    def pledges(self) -> dict[str, Pledge]:
        return self.latest(Pledge, "pledge")

    def pledge_lines(self) -> dict[str, list[PledgeLine]]:
        return self.latest_lines(Pledge, PledgeLine, "pledge")

    def pledge_campaigns(self) -> dict[str, str]:
        """Return the campaign of each pledge that has one."""
        found = self.latest_lines(Pledge, PledgeCampaign, "pledge")
        return {pledge: rows[0].campaign for pledge, rows in found.items() if rows}

    def allocations(self) -> dict[str, Allocation]:
        return self.latest(Allocation, "allocation")

    def open_deliveries(self) -> list[str]:
        ended = set(self.documents(DeliveryEnd, "delivery"))
        return [name for name in self.documents(Delivery, "delivery") if name not in ended]

    def stops(self) -> list[Stop]:
        return [row for _, row in self.rows[Stop]]

    def present_delivery(self, delivery: str, allocation: str) -> str:
        """Return the delivery that has the goods of a stop, which may have been moved."""
        moved = {(row.delivery, row.allocation): row.moved_to for _, row in self.rows[StopRemoval]}
        while moved.get((delivery, allocation)) is not None:
            delivery = moved[delivery, allocation]
        return delivery

    def waiting(self, delivery: str) -> list[str]:
        """Return the allocations of a delivery whose goods are in transit."""
        return [
            stop.allocation
            for stop in self.stops()
            if stop.delivery == delivery and self.total(f"in_transit:{delivery}:{stop.allocation}")
        ]

    def loaded(self, stop: Stop) -> list[StopLine]:
        return [
            row
            for _, row in self.rows[StopLine]
            if (row.delivery, row.allocation) == (stop.delivery, stop.allocation)
        ]

    def open_conflicts(self) -> list[int]:
        done = {row.conflict for _, row in self.rows[Resolution]}
        return [seq for seq, _ in self.rows[Conflict] if seq not in done]

    def resolved_conflicts(self) -> dict[int, str]:
        """Return the latest resolution of each resolved conflict."""
        earlier = {row.conflict: row.way for _, row in self.rows[Resolution]}
        return earlier | {row.conflict: row.way for _, row in self.rows[LaterResolution]}

    def decisions(self) -> dict[int, int]:
        """Return the number of the entry that decided each resolved conflict last."""
        earlier = {row.conflict: seq for seq, row in self.rows[Resolution]}
        return earlier | {row.conflict: seq for seq, row in self.rows[LaterResolution]}

    def open_sheets(self) -> dict[str, CountSheet]:
        counted = set(self.documents(CountedLine, "sheet"))
        return {
            name: sheet
            for name, sheet in self.latest(CountSheet, "sheet").items()
            if name not in counted
        }

    def opened_on(self, sheet: str) -> date:
        """Return the day of a count sheet."""
        return next(
            self.bodies[seq - 1].happened_on
            for seq, row in self.rows[CountSheet]
            if row.sheet == sheet
        )

    def withdrawals(self, prefix: str) -> list[str]:
        found = self.latest(Withdrawal, "withdrawal")
        return [name for name, row in found.items() if row.account.startswith(prefix)]

    def donations(self) -> dict[str, Arrival]:
        return {
            name: row
            for name, row in self.latest(Arrival, "arrival").items()
            if row.origin == "donor"
        }

    def receipts(self) -> list[str]:
        return self.documents(Receipt, "number")

    def cited(self, kind: str, document: str) -> CitedEntry:
        """Return an entry of these books in the form in which another station cites it."""
        body = next(b for b in self.bodies if (b.kind, b.document) == (kind, document))
        content, entry_hash = self.chain[body.seq - 1]
        previous = self.chain[body.seq - 2][1] if body.seq > 1 else bytes(32)
        return CitedEntry(previous=previous.hex(), body=content, hash=entry_hash.hex())

    def closed_through(self) -> Any:
        stated = self.rows[Period]
        return stated[-1][1].closed_through if stated else None

    # --- invariants ------------------------------------------------------------------------------

    def check(self) -> None:
        """Check all invariants, and the tables against the model."""
        self._check_tables()
        self._check_sums()
        self._check_floors()
        self._check_claims()
        self._check_assigned()
        self._check_met()
        self._check_needs()
        self._check_arrivals()
        self._check_campaigns()
        self._check_receipts()
        self._check_counts()
        self._check_packs()

    def _check_tables(self) -> None:
        rows = self.books.all(
            "SELECT account, item, lot, quantity FROM balances WHERE station = :station"
        )
        stored = {(account, item, lot): n for account, item, lot, n in rows}
        assert {k: n for k, n in stored.items() if n} == {
            k: n for k, n in self.balances.items() if n
        }
        running: Counter[Key] = Counter()
        expected = {}
        for day in sorted(self.changes_by_day):
            running.update(self.changes_by_day[day])  # Counter.update adds
            for key in self.changes_by_day[day]:
                expected[(*key, day)] = running[key]
        rows = self.books.all(
            "SELECT account, item, lot, day, quantity FROM days WHERE station = :station"
        )
        assert {(a, i, lot, d): n for a, i, lot, d, n in rows} == expected
        self.closings = expected
        last = self.books.last_entry()
        assert (last.seq, last.hash) == (len(self.bodies), self.last_hash or bytes(32))

    def _check_sums(self) -> None:
        sums: Counter[tuple[Family, str, str]] = Counter()
        for (account, item, lot), quantity in self.balances.items():
            sums[family_of(account, lot), item, lot] += quantity
        assert not any(sums.values()), {k: n for k, n in sums.items() if n}

    def _check_floors(self) -> None:
        for key, quantity in [*self.balances.items(), *self.closings.items()]:
            assert quantity >= 0 or not kind_of(key[0]).floored, (key, quantity)

    def _check_claims(self) -> None:
        running: Counter[Key] = Counter()
        for day in [*sorted(self.changes_by_day), None]:
            if day is not None:
                running.update(self.changes_by_day[day])
            claimed: Counter[tuple[str, str, str]] = Counter()
            for (account, item, _), quantity in running.items():
                if account.startswith("claimed:"):
                    need, pledge = keys_of(account)
                    claimed[need, pledge, item] += quantity
                elif account.startswith("pledged:") and len(keys_of(account)) == 2:
                    pledge, need = keys_of(account)
                    claimed[need, pledge, item] -= quantity
            assert not any(claimed.values()), (day, claimed)

    def _check_assigned(self) -> None:
        over: Counter[tuple[str, str]] = Counter()
        for (account, item, _), quantity in self.balances.items():
            if account.startswith("assigned:"):
                over[keys_of(account)[1], item] += quantity
            elif account.startswith("allocated:"):
                over[keys_of(account)[0], item] -= quantity
            elif account.startswith("in_transit:"):
                over[keys_of(account)[1], item] -= quantity
        assert all(n <= 0 for n in over.values()), {k: n for k, n in over.items() if n > 0}

    def _check_met(self) -> None:
        needs = self.latest(Need, "need")
        over: Counter[tuple[str, str]] = Counter()
        for (account, item, _), quantity in self.balances.items():
            if account.startswith("met:"):
                over[needs[keys_of(account)[0]].recipient, item] += quantity
            elif account.startswith("received:"):
                over[keys_of(account)[0], item] -= quantity
        assert all(n <= 0 for n in over.values()), {k: n for k, n in over.items() if n > 0}

    def _check_needs(self) -> None:
        """Check for each need that asked = needed + claimed + assigned + met + ended."""
        sums: Counter[str] = Counter()
        asked: Counter[tuple[str, str]] = Counter()
        for (account, item, _), quantity in self.balances.items():
            if kind_of(account).name in ("needed", "claimed", "assigned", "met", "ended"):
                sums[keys_of(account)[0]] += quantity
            elif account.startswith("asked:"):
                asked[keys_of(account)[0], item] -= quantity
        for name, need in self.latest(Need, "need").items():
            assert sums[name] == need.quantity, (need, sums[name])
            asked[need.recipient, need.item] -= need.quantity
        assert not any(asked.values()), asked
        ended = set(self.documents(NeedEnd, "need"))
        for name in ended:
            assert not self.total(f"needed:{name}"), f"need {name} was ended, yet is open"
            assert not self.total(f"claimed:{name}:"), f"need {name} was ended, yet is claimed"

    def _check_arrivals(self) -> None:
        """Check that the latest lines of an arrival match what its entries moved, lot by lot."""
        stated: Counter[tuple[str, str]] = Counter()
        for lines in self.latest_lines(Arrival, ArrivalLine, "arrival").values():
            for line in lines:
                stated[line.item, line.lot] += line.quantity
        arrivals = set(self.latest(Arrival, "arrival"))
        for body in self.bodies:
            if body.document in arrivals:
                for source, target, item, lot, quantity in body.transfers:
                    for account, sign in ((source, -1), (target, 1)):
                        if (
                            kind_of(account).name
                            in (
                                "donor",
                                "bought",
                                "made",
                                "borrowed",
                                "opening",
                            )
                            and lot
                        ):
                            stated[item, lot] += sign * quantity
        assert not any(stated.values()), {k: n for k, n in stated.items() if n}
        lots = self.latest(Lot, "lot")
        for key in self.balances:
            assert not key[2] or lots[key[2]].item == key[1], key

    def _check_campaigns(self) -> None:
        """Check that the report by campaign has what arrived from each, at any place."""
        arrived: Counter[tuple[str, str]] = Counter()
        lines = self.latest_lines(Arrival, ArrivalLine, "arrival")
        campaigns = self.latest_lines(Arrival, ArrivalCampaign, "arrival")
        for name, rows in campaigns.items():
            for row in rows:
                for line in lines[name]:
                    arrived[row.campaign, line.item] += line.quantity
        reported = {}
        promised: Counter[tuple[str, str]] = Counter()
        lines_of_pledges = self.pledge_lines()
        for pledge, campaign in self.pledge_campaigns().items():
            for line in lines_of_pledges[pledge]:
                promised[campaign, line.item] += line.quantity
        for one in report_campaigns(self.books, date.min, date.max).items:
            reported[one.campaign, one.item] = one.received
            assert one.promised == promised.pop((one.campaign, one.item), 0), one
            places = one.free + one.allocated + one.in_transit + one.handed_over
            places += one.used + one.lost + one.other
            assert one.received + one.repacked == places, one
        assert {key: n for key, n in reported.items() if n} == arrived, (reported, arrived)
        assert not promised, promised

    def _check_counts(self) -> None:
        """Check that the expected quantity of each counted line is the stock at the sheet's moment.

        An entry of a closed day is booked on the first open day, so it may count as before or after
        the moment.
        """
        if self.rows[Period]:
            return
        opened = {row.sheet: self.bodies[seq - 1] for seq, row in self.rows[CountSheet]}
        places = {row.sheet: row.location for _, row in self.rows[CountSheet]}
        at = {sheet: (body.booked_on, body.seq) for sheet, body in opened.items()}
        expected = {(r.sheet, r.line): r.expected for _, r in self.rows[CountedLine]}
        expected |= {(r.sheet, r.line): r.expected for _, r in self.rows[Recount]}
        moves = []
        for body in self.bodies:
            if body.transfers:
                moment = at.get(body.document or "", (body.booked_on, self._first_of(body)))
                moves += [(moment, transfer) for transfer in body.transfers]
        for _, line in self.rows[CountedLine]:
            in_stock = 0
            for moment, (source, target, item, lot, quantity) in moves:
                if moment < at[line.sheet] and item == line.item and line.lot in ("", lot):
                    place = places[line.sheet]
                    in_stock += quantity * (_is_at(target, place) - _is_at(source, place))
            assert expected[line.sheet, line.line] == in_stock, (line, in_stock)

    def _first_of(self, body: Body) -> int:
        """Return the first entry of a command, which its corrections refer to."""
        first = self.bodies[body.seq - body.part - 1]
        while first.supersedes is not None:
            first = self.bodies[first.supersedes - 1]
        return first.seq

    def _check_receipts(self) -> None:
        """Check that a donation has at most one valid receipt, with its latest quantities."""
        void = {row.number for _, row in self.rows[ReceiptVoid]}
        lines = self.latest_lines(Arrival, ArrivalLine, "arrival")
        valid: dict[str, list[str]] = defaultdict(list)
        seen = set()
        for _, row in self.rows[ReceiptDonation]:
            if row.number not in void:
                assert row.donation not in seen, f"two receipts hold for {row.donation}"
                seen.add(row.donation)
                valid[row.number].append(row.donation)
        contents = dict(
            self.books.all("SELECT digest, content FROM erasable WHERE station = :station")
        )
        for number, receipt in self.latest(Receipt, "number").items():
            content = contents[receipt.digest]
            if number in valid and content is not None:
                printed = msgspec.json.decode(content)
                assert sorted(printed["donations"]) == sorted(valid[number])
                assert sorted(line["quantity"] for line in printed["lines"]) == sorted(
                    line.quantity for donation in valid[number] for line in lines[donation]
                ), (number, printed)

    def _check_packs(self) -> None:
        """Check that a pack has one size in a command and in all of its corrections."""
        sizes: dict[tuple[int, str, str], int] = {}
        for seq, row in self.rows[PackedLine]:
            first, earlier = seq, self.bodies[seq - 1].supersedes
            while earlier is not None:
                first, earlier = earlier, self.bodies[earlier - 1].supersedes
            if row.pack in dict(self.packs.values()):
                known = sizes.setdefault((first, row.item, row.pack), row.size)
                assert row.size == known, (first, row, known)


def _is_at(account: str, location: str) -> bool:
    kind, *keys = account.split(":")
    return kind in ("stock", "allocated") and keys[-1] == location
