"""Verification finds any single changed, added or removed row, and names it.

The books of `whole` hold an entry of nearly every kind. Tampering happens as an intruder with the
file, or a superuser of the server, would do it: triggers dropped or silenced, foreign keys and
checks off, within a transaction that each test rolls back.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from support.engines import ENGINES, Engines

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Item, Location, Recipient, Station, Team
from supplies.domain.entries import Body, Transfer, decode_body, encode_body, entry_id
from supplies.errors import BooksBroken, NotFound, StoreError
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.storage import introspection, schema
from supplies.storage.engines import open_store
from supplies.storage.postgresql.store import PostgresStore
from supplies.storage.sqlite.store import SqliteStore
from supplies.storage.store import Store
from supplies.verification import verify as chain
from supplies.verification.reader import ROW
from supplies.verification.verify import Verified, verify
from supplies.views.shipments import get_shipment


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = datetime(2020, 2, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


class Tampering(SqliteStore):
    """A store whose transaction is the test's own, so that what it did can be verified, undone."""

    @contextmanager
    def reading(self) -> Iterator[None]:
        yield

    def unguard(self) -> None:
        """From here on nothing is refused, once a transaction begins."""
        self.run("PRAGMA foreign_keys = OFF")
        self.run("PRAGMA ignore_check_constraints = ON")
        self.run("BEGIN")
        for guard in schema.sqlite_guards():
            self.run(f"DROP TRIGGER {guard}")

    def let_transfers_move(self) -> None:
        """The one trigger that an intruder finds useful."""
        self.run(schema.sqlite_guards()["transfers_move"])


class PostgresTampering(PostgresStore):
    """The same on a server, as its superuser."""

    _tampers: AbstractContextManager[None] | None = None

    def unguard(self) -> None:
        """In this role neither triggers nor foreign keys are asked."""
        self._tampers = self.writing()
        self._tampers.__enter__()
        checks = self.all(
            "SELECT c.relname, k.conname FROM pg_constraint k "
            "JOIN pg_class c ON c.oid = k.conrelid WHERE k.contype = 'c' "
            "AND c.relnamespace = current_schema()::regnamespace"
        )
        for table, name in checks:
            self.run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        self.run("SET LOCAL session_replication_role = replica")

    def let_transfers_move(self) -> None:
        self.run("ALTER TABLE transfers ENABLE ALWAYS TRIGGER transfers_move")

    def close(self) -> None:
        """Undo what was done."""
        tampers, self._tampers = self._tampers, None
        if tampers is not None:
            undone = RuntimeError("undone")
            tampers.__exit__(RuntimeError, undone, None)
        super().close()


def tampering(url: str) -> Any:
    """The books under the hands of one who can do anything."""
    return PostgresTampering(url) if url.startswith("postgresql:") else Tampering(url)


class Scene:
    """A ledger, and one word for recording a command."""

    def __init__(self, url: str) -> None:
        self.clock = Clock()
        self.ledger = Ledger.open(url, station="lx", clock=self.clock)
        self.ledger.register(
            Station(code="lx", name="Longxue"),
            Item(code="mask", name="mask", packs={"box50": 50}),
            Item(code="gel", name="gel", unit="bottle"),
            Donor(code="wang", name="Wang", phone="13800000000"),
            Donor(code="li", name="Li"),
            Recipient(code="h1", name="House 1"),
            Recipient(code="h2", name="House 2"),
            Recipient(code="h3", name="House 3"),
            Recipient(code="g1", name="newcomers", kind="group"),
            Location(code="a", name="Store A"),
            Location(code="b", name="Store B"),
            Team(code="t1", name="Team 1"),
            Team(code="t2", name="Team 2"),
        )

    def does(self, command: c.Command) -> Recorded:
        return self.ledger.record(command, by="w1")

    def begins(self, command: c.Command) -> str:
        document = self.does(command).document
        assert document is not None
        return document


def book_needs_and_pledges(scene: Scene) -> tuple[str, str, str]:
    """Two needs of h1 and h2 and a pledge that claims the first."""
    need = scene.begins(c.NoteNeed(recipient="h1", item="mask", quantity=20, note="asks by phone"))
    other = scene.begins(
        c.NoteNeed(
            recipient="h2", item="gel", quantity=4, urgency="high", needed_by=date(2020, 2, 9)
        )
    )
    pledge = scene.begins(
        c.MakePledge(
            donor="wang",
            due_on=date(2020, 3, 1),
            lines=[
                c.PledgeLine(item="mask", quantity=100, claims=[c.Claim(need=need, quantity=10)])
            ],
        )
    )
    ended = scene.begins(c.NoteNeed(recipient="h3", item="gel", quantity=2))
    scene.does(c.EndNeed(need=ended, reason="moved"))
    return need, other, pledge


def book_goods(scene: Scene, pledge: str) -> None:
    """Donations on the pledge and beside it, one corrected and one for several at once."""
    scene.does(
        c.RecordDonation(
            donor="wang",
            location="a",
            handled_by="Zhang",
            wish="for the elderly",
            lines=[
                c.DonationLine(
                    item="mask",
                    quantity=60,
                    pledge=pledge,
                    batch="B1",
                    expires_on=date(2021, 1, 1),
                    value=c.Value(minor=900, currency="CNY", evidence="invoice 1"),
                ),
                c.DonationLine(item="gel", quantity=9, recipient="h2"),
            ],
        )
    )
    second = scene.does(
        c.RecordDonation(
            location="a", handled_by="Zhang", lines=[c.DonationLine(item="gel", quantity=30)]
        )
    )
    scene.does(
        c.Correct(
            entry=second.seq,
            reason="counted wrongly",
            command=c.RecordDonation(
                location="a", handled_by="Zhang", lines=[c.DonationLine(item="gel", quantity=25)]
            ),
        )
    )
    scene.does(c.OpenStock(location="b", lines=[c.ArrivalLine(item="mask", quantity=40)]))


def book_deliveries(scene: Scene) -> None:
    """A delivery with a partial outcome, a refusal, a conflict and its resolution."""
    line = c.AllocationLine(item="mask", quantity=10)
    mine = scene.begins(c.Allocate(recipient="h1", location="a", lines=[line]))
    theirs = scene.begins(c.Allocate(recipient="h3", location="a", lines=[line]))
    delivery = scene.begins(c.Dispatch(team="t1", allocations=[mine, theirs]))
    scene.does(c.ReassignDelivery(delivery=delivery, team="t2"))
    scene.does(
        c.ReportOutcome(
            delivery=delivery,
            allocation=mine,
            outcome="partly",
            happened_at=datetime(2020, 2, 3, 1, tzinfo=UTC),
            lines=[c.OutcomeLine(line=1, received=7, brought_back=2, lost=1)],
            received_by="self",
            proof="signature",
            note="opened by the daughter",
        )
    )
    scene.does(c.ReportOutcome(delivery=delivery, allocation=theirs, outcome="refused"))
    contradicted = scene.does(
        c.ReportOutcome(delivery=delivery, allocation=theirs, outcome="handed_over")
    )
    assert contradicted.conflict is not None
    scene.does(
        c.ResolveConflict(conflict=contradicted.seq, by="correct", reason="the team is right")
    )
    scene.does(c.CloseDelivery(delivery=delivery))


def book_stock(scene: Scene) -> None:
    """Stock moved, drawn, lent, repacked, handed out, counted."""
    gel = [c.LotLine(item="gel", quantity=3)]
    scene.does(c.Move(source="a", target="b", lines=gel))
    issue = scene.begins(c.IssueGoods(purpose="gate", location="b", lines=gel))
    scene.does(c.ReturnIssue(issue=issue, lines=[c.LotLine(item="gel", quantity=1)]))
    scene.does(c.LendGoods(borrower="x", location="a", lines=gel, due_on=date(2020, 4, 1)))
    scene.does(
        c.Convert(
            location="a",
            consumed=[c.LotLine(item="gel", quantity=1)],
            produced=[c.ConvertedLine(item="gel", quantity=2, batch="small")],
        )
    )
    scene.does(c.HandOut(recipient="h2", location="a", lines=[c.LotLine(item="gel", quantity=1)]))
    scene.does(c.HandOut(recipient="g1", location="a", lines=gel, headcount=3))
    sheet = scene.begins(c.OpenCountSheet(location="b"))
    scene.does(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=38)]))
    scene.does(
        c.Settle(place="b", by="lost", lines=[c.LotLine(item="mask", quantity=2)], reason="mice")
    )
    scene.does(c.RecordActivity(kind="visit", count=6, who="Zhang and Li"))


def book_shipments(scene: Scene, elsewhere: str) -> None:
    """Goods sent to station hp, whose books are elsewhere, and others that came from there."""
    with Ledger.open(elsewhere, station="hp", clock=scene.clock) as other:
        other.register(
            Station(code="hp", name="Huangpu", series="HP"),
            Item(code="mask", name="mask"),
            Location(code="d", name="Depot"),
        )
        mine, theirs = scene.ledger, other
        lines = [c.LotLine(item="mask", quantity=3)]
        out = scene.begins(c.SendShipment(station="hp", location="a", lines=lines))
        theirs.record(
            c.ReceiveShipment(
                shipment=out,
                location="d",
                sent=cited(mine, out),
                lines=[c.ArrivedLine(line=1, arrived=2)],
            ),
            by="w2",
        )
        back = c.SendShipment(
            station="lx", location="d", lines=[c.LotLine(item="mask", quantity=1)]
        )
        name = str(theirs.record(back, by="w2").document)
        scene.does(c.ReceiveShipment(shipment=name, location="a", sent=cited(theirs, name)))
        scene.does(c.AcknowledgeShipment(shipment=out, received=cited(theirs, out)))


def cited(ledger: Ledger, name: str) -> c.CitedEntry:
    """A station's entry about a shipment, for the other to cite."""
    entry = get_shipment(ledger.books, name).entry
    return msgspec.convert(msgspec.to_builtins(entry), c.CitedEntry)


def book_everything(scene: Scene, elsewhere: str) -> None:
    """An entry of nearly every kind, so that no table is empty."""
    _, _, pledge = book_needs_and_pledges(scene)
    book_goods(scene, pledge)
    book_deliveries(scene)
    scene.clock.now += timedelta(days=2)
    book_stock(scene)
    book_shipments(scene, elsewhere)
    # Booked on a day before the latest: the days since move as well.
    scene.does(
        c.WriteOff(
            reason="damaged",
            location="a",
            lines=[c.LotLine(item="mask", quantity=1)],
            happened_on=date(2020, 2, 4),
        )
    )
    third = scene.begins(
        c.RecordDonation(
            donor="li",
            location="a",
            handled_by="Zhang",
            lines=[c.DonationLine(item="mask", quantity=5)],
        )
    )
    fourth = scene.begins(
        c.RecordDonation(
            donor="li",
            location="a",
            handled_by="Zhang",
            lines=[c.DonationLine(item="mask", quantity=6)],
        )
    )
    scene.does(c.IssueReceipt(donations=[third, fourth]))
    scene.does(c.ReprintReceipt(number="JZ-2020-000001"))
    scene.does(c.ForgetDonor(donor="li"))
    scene.does(c.ClosePeriod(through=date(2020, 2, 4)))
    scene.does(c.ReopenPeriod(day=date(2020, 2, 4), reason="one more"))
    scene.does(c.ClosePeriod(through=date(2020, 2, 4)))
    late = c.RecordDonation(
        location="a",
        handled_by="Zhang",
        lines=[c.DonationLine(item="mask", quantity=1)],
        happened_on=date(2020, 2, 3),
    )
    scene.does(late)


@pytest.fixture(scope="module", params=ENGINES)
def whole(
    request: pytest.FixtureRequest, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where whole books are, closed."""
    with engines.books(request.param, tmp_path_factory.mktemp("books")) as url:
        scene = Scene(url)
        book_everything(scene, str(tmp_path_factory.mktemp("elsewhere") / "hp.db"))
        scene.ledger.close()
        yield url


@pytest.fixture(scope="module")
def opened(whole: str) -> Iterator[Tampering]:
    """The books in a store that tests tamper with, each undoing what it did."""
    store = tampering(whole)
    yield store
    store.close()


@pytest.fixture
def store(opened: Tampering) -> Iterator[Tampering]:
    """The books without their guards, whole again after the test."""
    opened.unguard()
    yield opened
    opened.run("ROLLBACK")


def broken(store: Store, station: str | None = "lx") -> BooksBroken:
    """What verification finds first."""
    with pytest.raises(BooksBroken) as caught:
        verify(store, station)
    return caught.value


def columns_of(table: str) -> list[tuple[str, str]]:
    """Name and type of each column, from the tables as they are made."""
    memory = sqlite3.connect(":memory:")
    memory.executescript(schema.all_scripts())
    return [(row[1], row[2]) for row in memory.execute(f"PRAGMA table_info({table})")]


def rows_of(store: Store, table: str) -> list[dict[str, Any]]:
    """All rows of a table by column, in the order of entries where it has one."""
    columns = [name for name, _ in columns_of(table)]
    order = "seq" if "seq" in columns else columns[0]
    rows = store.all(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}")
    return [dict(zip(columns, row, strict=True)) for row in rows]


def where(table: str) -> str:
    """The condition that finds a row by its key."""
    return " AND ".join(f"{name} = :{name}" for name in introspection.tables()[table].primary_key)


def put(store: Store, table: str, row: dict[str, Any], column: str, value: Any) -> None:
    """Change one value of one row."""
    store.run(
        f"UPDATE {table} SET {column} = :changed WHERE {where(table)}", {**row, "changed": value}
    )


def changed(value: Any, kind: str) -> Any:
    """Another value of the same type."""
    if kind == "INTEGER":
        return 1_000 if value is None else value + 1_000
    if kind == "BLOB":
        return b"x" * 16 if value is None else bytes([value[0] ^ 1]) + value[1:]
    if value is not None and re.fullmatch("[a-z]_[0-9]+", value):
        # An id stays one: PostgreSQL's indexes of lists let in none without a number.
        return value + "0"
    return "x" if value is None else value + "x"


COLUMNS = [
    (table, column, kind) for table in chain.LEDGER_TABLES for column, kind in columns_of(table)
]

NAMED_OTHERWISE = {
    # The entry is not there any more: its number is missing.
    ("entries", "station"): {"seq"},
    # The bytes hashed are salt and content together: which of them changed cannot be told,
    # nor, where both are gone, that it was not the other.
    ("erasable", "salt"): {"salt", "content"},
    ("erasable", "content"): {"salt", "content"},
    # A head of another station is none of this one.
    ("heads", "station"): {"station", "seq", ROW},
}


# --- whole books ---------------------------------------------------------------------------------


def test_a_clean_ledger_with_entries_of_many_kinds_verifies(whole: str) -> None:
    store = open_store(whole)
    verified = verify(store, "lx")
    (seq, head), (receipts,) = (
        store.one("SELECT seq, hash FROM heads") or (0, b""),
        store.one("SELECT count(*) FROM receipts") or (0,),
    )
    assert verified.entries == seq
    assert verified.receipts == receipts > 5
    assert verified.stations[0].head == head.hex()
    assert verify(store) == verified
    store.close()


def test_the_scene_fills_every_ledger_table(whole: str) -> None:
    store = open_store(whole)
    empty = [table for table in chain.LEDGER_TABLES if not store.all(f"SELECT 1 FROM {table}")]
    assert empty == []
    store.close()


def test_books_without_entries_verify(books_url: str) -> None:
    scene = Scene(books_url)
    assert verify(scene.ledger.store) == Verified(
        entries=0,
        transfers=0,
        receipts=0,
        stations=[
            chain.VerifiedStation(
                station="lx", entries=0, transfers=0, receipts=0, head=bytes(32).hex()
            )
        ],
    )
    scene.ledger.close()


def test_a_station_that_is_not_there_is_no_clean_station(store: Tampering) -> None:
    with pytest.raises(NotFound, match="no books of a station zz"):
        verify(store, "zz")


def test_what_waits_is_what_was_not_closed_or_decided(store: Tampering) -> None:
    (seq,) = store.one("SELECT seq FROM deliveries ORDER BY seq LIMIT 1") or (0,)
    store.run(f"INSERT INTO pending (station, noun, number) VALUES ('lx', 'delivery', {seq})")
    error = broken(store)
    assert (error.table, error.column, error.seq) == ("pending", ROW, seq)


def test_what_waits_is_not_forgotten(books_url: str) -> None:
    scene = Scene(books_url)
    scene.does(c.OpenStock(location="a", lines=[c.ArrivalLine(item="mask", quantity=4)]))
    line = c.AllocationLine(item="mask", quantity=4)
    aside = scene.begins(c.Allocate(recipient="h1", location="a", lines=[line]))
    scene.does(c.Dispatch(team="t1", allocations=[aside]))
    store = scene.ledger.store
    assert verify(store).entries == 3
    store.run("DELETE FROM pending")
    error = broken(store)
    assert (error.table, error.seq, error.expected) == ("pending", 3, "delivery")
    scene.ledger.close()


def test_several_stations_stand_in_one_database_and_each_is_verified(books_url: str) -> None:
    scene = Scene(books_url)
    book_needs_and_pledges(scene)
    scene.ledger.close()
    other = Ledger.open(books_url, station="bj", clock=scene.clock)
    other.register(Station(code="bj", name="Beijing", series="BJ"))
    other.record(c.RecordActivity(kind="visit", count=1), by="w2")
    verified = verify(other.store)
    assert [each.station for each in verified.stations] == ["bj", "lx"]
    assert verified.entries == sum(each.entries for each in verified.stations)
    assert verify(other.store, "bj").entries == 1
    other.close()


def test_verification_in_many_small_parts_finds_the_same(
    store: Tampering, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = verify(store)
    monkeypatch.setattr(chain, "CHUNK", 3)
    heard: list[tuple[int, int]] = []
    assert verify(store, progress=lambda done, total: heard.append((done, total))) == whole
    assert heard[-1] == (whole.entries, whole.entries)
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)


# --- one value changed ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "column", "kind"), COLUMNS, ids=[f"{t}.{col}" for t, col, _ in COLUMNS]
)
def test_a_changed_value_is_found_and_named_by_table_and_column(
    store: Tampering, table: str, column: str, kind: str
) -> None:
    rows = rows_of(store, table)
    for row in (rows[0], rows[len(rows) // 2], rows[-1]):
        store.run("SAVEPOINT one")
        put(store, table, row, column, changed(row[column], kind))
        error = broken(store)
        assert error.table == table, str(error)
        assert error.column in NAMED_OTHERWISE.get((table, column), {column}), str(error)
        assert error.station == "lx"
        store.run("ROLLBACK TO one")
        store.run("RELEASE one")
    verify(store)


@pytest.mark.parametrize(
    ("table", "column", "kind"),
    [row for row in COLUMNS if row[1] != "station"],
    ids=[f"{t}.{col}" for t, col, _ in COLUMNS if col != "station"],
)
def test_a_value_taken_away_is_found_where_the_column_may_be_empty(
    store: Tampering, table: str, column: str, kind: str
) -> None:
    row = next(row for row in rows_of(store, table) if row[column] is not None)
    try:
        put(store, table, row, column, None)
    except StoreError:
        return  # the column may not be empty: the table itself refuses
    assert broken(store).table == table


@pytest.mark.parametrize("table", chain.LEDGER_TABLES)
def test_a_changed_value_is_found_in_small_parts_too(
    store: Tampering, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.setattr(chain, "CHUNK", 7)
    column, kind = columns_of(table)[-1]
    row = rows_of(store, table)[-1]
    put(store, table, row, column, changed(row[column], kind))
    assert broken(store).table == table


def test_a_changed_body_is_told_from_a_changed_hash(store: Tampering) -> None:
    (last,) = store.one("SELECT seq FROM heads") or (0,)
    for seq in (1, 5, last):
        for column in ("body", "hash"):
            store.run("SAVEPOINT one")
            (value,) = store.one(f"SELECT {column} FROM entries WHERE seq = {seq}") or (b"",)
            store.run(
                f"UPDATE entries SET {column} = :value WHERE seq = {seq}",
                {"value": changed(value, "BLOB")},
            )
            error = broken(store)
            assert (error.table, error.column, error.seq) == ("entries", column, seq)
            store.run("ROLLBACK TO one")


# --- rows removed and added ----------------------------------------------------------------------


@pytest.mark.parametrize("table", chain.LEDGER_TABLES)
def test_each_removed_row_is_found(store: Tampering, table: str) -> None:
    for row in rows_of(store, table):
        store.run("SAVEPOINT one")
        store.run(f"DELETE FROM {table} WHERE {where(table)}", row)
        error = broken(store)
        assert (error.table, error.column) == (table, "seq" if table == "entries" else ROW)
        store.run("ROLLBACK TO one")
    verify(store)


@pytest.mark.parametrize("table", chain.LEDGER_TABLES)
@pytest.mark.parametrize("way", ["beside it", "of an entry that never was", "of another station"])
def test_each_added_row_is_found(store: Tampering, table: str, way: str) -> None:
    """A copy of a row, changed in one column so that the keys of the table let it in."""
    columns = [name for name, _ in columns_of(table)]
    kinds = dict(columns_of(table))
    column = {"of another station": "station", "of an entry that never was": "seq"}.get(way)
    key = introspection.tables()[table].primary_key
    if column is None or column not in key:
        column = key[-1]
    row = rows_of(store, table)[-1]
    row[column] = changed(row[column], kinds[column])
    if way == "of an entry that never was" and "seq" in row:
        row["seq"] = 10_000
    for unique in {
        "entries": ("id", "supersedes"),
        "receipts": ("number", "ordinal"),
        "stops": ("stop",),
    }.get(table, ()):
        row[unique] = changed(row[unique], kinds[unique]) if row[unique] is not None else None
    if table == "outcomes":
        row["first"] = 0
    marks = ", ".join(f":{name}" for name in columns)
    store.run(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", row)
    error = broken(store, None)
    assert error.table == table, str(error)


# --- forgetting ----------------------------------------------------------------------------------


def test_forgetting_keeps_the_books_whole(books_url: str) -> None:
    scene = Scene(books_url)
    pledged = book_needs_and_pledges(scene)
    scene.does(c.CancelPledge(pledge=pledged[2], reason="cannot"))
    gift = [c.DonationLine(item="gel", quantity=2)]
    scene.does(c.RecordDonation(donor="wang", location="a", handled_by="Zhang", lines=gift))
    before = scene.ledger.store.all("SELECT digest FROM erasable WHERE content IS NULL")
    scene.does(c.ForgetDonor(donor="wang"))
    after = scene.ledger.store.all("SELECT digest FROM erasable WHERE content IS NULL")
    assert len(after) > len(before) == 0
    assert verify(scene.ledger.store).receipts == 1
    scene.ledger.close()


def test_content_removed_without_a_forgetting_is_found(store: Tampering) -> None:
    store.run(
        "UPDATE erasable SET salt = NULL, content = NULL WHERE digest = "
        "(SELECT min(digest) FROM erasable WHERE content IS NOT NULL)"
    )
    error = broken(store)
    assert (error.table, error.column, error.found) == ("erasable", "content", "nothing")


def test_content_that_came_back_after_a_forgetting_is_found(store: Tampering) -> None:
    (digest,) = store.one("SELECT digest FROM erasures") or ("",)
    store.run(
        "UPDATE erasable SET salt = :salt, content = :content WHERE digest = :digest",
        {"salt": bytes(16), "content": b"{}", "digest": digest},
    )
    assert broken(store).table == "erasable"


def test_another_text_with_a_salt_to_match_is_found(store: Tampering) -> None:
    store.run(
        "UPDATE erasable SET content = :content WHERE digest = "
        "(SELECT min(digest) FROM erasable WHERE content IS NOT NULL)",
        {"content": b'{"note": "something else"}'},
    )
    error = broken(store)
    assert (error.table, error.column) == ("erasable", "content")


# --- books forged by one who can hash ------------------------------------------------------------

Forger = Callable[[Body], Body]


def forge(store: Tampering, seq: int, change: Forger) -> None:
    """State an entry otherwise and make every hash from there on anew; the rows stay."""
    previous = bytes(32)
    rows = store.all("SELECT seq, body, hash FROM entries ORDER BY seq")
    for number, content, head in rows:
        if number < seq:
            previous = head
            continue
        if number == seq:
            content = encode_body(change(decode_body(content)))
        previous = hashlib.sha256(previous + content).digest()
        store.run(
            "UPDATE entries SET body = :body, hash = :hash WHERE seq = :seq",
            {"body": content, "hash": previous, "seq": number},
        )
    store.run("UPDATE heads SET hash = :hash", {"hash": previous})


def last_with(store: Tampering, sql: str) -> int:
    row = store.one(sql)
    assert row is not None
    return int(row[0])


def test_a_rewritten_body_is_found_by_the_rows_it_contradicts(store: Tampering) -> None:
    seq = last_with(store, "SELECT max(seq) FROM activities")
    forge(store, seq, lambda body: msgspec.structs.replace(body, kind="other"))
    error = broken(store)
    assert (error.table, error.column, error.seq) == ("entries", "kind", seq)


def test_bytes_that_are_no_entry_are_found_though_their_hash_is_right(store: Tampering) -> None:
    content = b'{"station": "lx"}'
    (last, previous) = store.all("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 2")[1]
    head = hashlib.sha256(previous + content).digest()
    store.run(
        "UPDATE entries SET body = :body, hash = :hash WHERE seq = :seq",
        {"body": content, "hash": head, "seq": last + 1},
    )
    store.run("UPDATE heads SET hash = :hash", {"hash": head})
    error = broken(store)
    assert (error.table, error.column) == ("entries", "body")


def test_an_entry_of_other_books_is_found(store: Tampering) -> None:
    forge(store, 3, lambda body: msgspec.structs.replace(body, station="bj"))
    error = broken(store)
    assert (error.table, error.column, error.seq) == ("entries", "body", 3)


def test_a_part_with_an_id_of_its_own_is_found(store: Tampering) -> None:
    seq = last_with(store, "SELECT max(seq) FROM entries WHERE part = 1")
    identity = entry_id("6f1c2f0e-96c8-4b83-bd0b-0ef4f8b3d3f5", 1)
    forge(store, seq, lambda body: msgspec.structs.replace(body, id=identity))
    store.run("UPDATE entries SET id = :id WHERE seq = :seq", {"id": identity, "seq": seq})
    error = broken(store)
    assert (error.table, error.column, error.seq) == ("entries", "id", seq)


def test_a_day_that_was_closed_is_found(store: Tampering) -> None:
    seq = last_with(store, "SELECT max(seq) FROM entries WHERE kind = 'receipt_issued'")
    day = date(2020, 2, 1)
    forge(store, seq, lambda body: msgspec.structs.replace(body, booked_on=day, happened_on=day))
    store.run(
        "UPDATE entries SET booked_on = :day, happened_on = :day WHERE seq = :seq",
        {"day": day.isoformat(), "seq": seq},
    )
    error = broken(store)
    assert (error.table, error.column, error.seq) == ("entries", "booked_on", seq)


def restate_transfer(store: Tampering, seq: int, change: Callable[[Transfer], Transfer]) -> None:
    """The first transfer of an entry otherwise, in its body and in its row."""

    def changed_body(body: Body) -> Body:
        first, *others = body.transfers
        return msgspec.structs.replace(body, transfers=(change(first), *others))

    forge(store, seq, changed_body)
    (content,) = store.one("SELECT body FROM entries WHERE seq = :seq", {"seq": seq}) or (b"",)
    first = decode_body(content).transfers[0]
    store.run(
        "UPDATE transfers SET source = :source, target = :target, item = :item, lot = :lot, "
        "quantity = :quantity WHERE seq = :seq AND line = 1",
        {**first._asdict(), "seq": seq},
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", 10**9),
        ("quantity", 0),
        ("quantity", 10**13),
        ("target", "shelf:a"),
        ("target", "stock:a:b"),
        ("target", "stock:"),
        ("target", "needed:n_1"),
        ("lot", "l_lx_999_1"),
        ("lot", ""),
        ("item", "gel"),
    ],
)
def test_a_transfer_that_could_never_be_is_found(store: Tampering, field: str, value: Any) -> None:
    seq = last_with(store, "SELECT max(seq) FROM transfers WHERE source = 'stock:a' AND line = 1")
    restate_transfer(store, seq, lambda transfer: transfer._replace(**{field: value}))
    error = broken(store)
    assert (error.table, error.seq) == ("transfers", seq), str(error)


def test_more_taken_on_a_past_day_than_stood_there_is_found(books_url: str) -> None:
    """On the whole there is enough; on the day the goods left there was not."""
    scene = Scene(books_url)
    goods = [c.ArrivalLine(item="mask", quantity=10)]
    scene.clock.now += timedelta(days=9)
    scene.does(c.OpenStock(location="a", lines=goods, happened_on=date(2020, 2, 5)))
    gone = scene.does(
        c.WriteOff(
            reason="damaged",
            location="a",
            lines=[c.LotLine(item="mask", quantity=1)],
            happened_on=date(2020, 2, 6),
        )
    )
    verify(scene.ledger.store)
    scene.ledger.close()
    store = tampering(books_url)
    store.unguard()
    early = date(2020, 2, 4)
    forge(
        store,
        gone.seq,
        lambda body: msgspec.structs.replace(body, happened_on=early, booked_on=early),
    )
    store.run(
        "UPDATE entries SET happened_on = '2020-02-04', booked_on = '2020-02-04' WHERE seq = :seq",
        {"seq": gone.seq},
    )
    store.run("UPDATE transfers SET day = '2020-02-04' WHERE seq = :seq", {"seq": gone.seq})
    store.run("UPDATE heads SET latest_day = '2020-02-05'")
    error = broken(store)
    assert (error.table, error.column, error.seq) == ("transfers", "quantity", gone.seq)
    store.run("ROLLBACK")
    store.close()


def test_a_receipt_that_skips_a_number_is_found(store: Tampering) -> None:
    seq = last_with(store, "SELECT max(seq) FROM receipts")
    number = "JZ-2020-000099"

    def skip(body: Body) -> Body:
        rows: list[Any] = []
        for row in body.rows:
            if hasattr(row, "ordinal"):
                row = msgspec.structs.replace(row, ordinal=99)
            rows.append(msgspec.structs.replace(row, number=number))
        return msgspec.structs.replace(body, rows=tuple(rows), document=number)

    forge(store, seq, skip)
    store.run("UPDATE receipts SET ordinal = 99 WHERE seq = :seq", {"seq": seq})
    store.run("UPDATE entries SET document = :n WHERE seq = :seq", {"n": number, "seq": seq})
    for table in ("receipts", "receipt_donations", "receipt_replacements"):
        store.run(f"UPDATE {table} SET number = :n WHERE seq = :seq", {"n": number, "seq": seq})
    error = broken(store)
    assert (error.table, error.seq) == ("receipts", seq), str(error)


def test_a_need_that_is_met_beyond_what_was_received_is_found(store: Tampering) -> None:
    """h3 is moved from needed to met with nothing to show for it."""
    seq = last_with(
        store, "SELECT seq FROM transfers WHERE source LIKE 'needed:%' AND target LIKE 'ended:%'"
    )
    (target,) = store.one("SELECT source FROM transfers WHERE seq = :seq", {"seq": seq}) or ("",)
    met = target.replace("needed:", "met:")
    restate_transfer(store, seq, lambda transfer: transfer._replace(target=met))
    store.run("UPDATE balances SET account = :met WHERE account LIKE 'ended:%'", {"met": met})
    store.run("UPDATE days SET account = :met WHERE account LIKE 'ended:%'", {"met": met})
    error = broken(store)
    assert (error.table, error.column) == ("balances", "quantity")
    assert "met for received:h3" in error.expected


# --- the limit -----------------------------------------------------------------------------------


def test_an_end_cut_off_with_all_that_hangs_on_it_is_not_found_but_by_a_receipt_in_hand(
    store: Tampering,
) -> None:
    """The chain's limit: its own end has no witness within. A printed receipt is one outside.

    The last donation and its receipt go without a trace; what is left is whole books. But the
    donor's paper names an entry and a hash that these books do not hold any more.
    """
    seq, printed = store.all(
        "SELECT seq, hash FROM entries WHERE kind = 'receipt_issued' ORDER BY seq DESC"
    )[0]
    (last,) = store.one("SELECT seq FROM heads") or (0,)
    assert seq == last
    before = verify(store)
    cut_off(store, seq - 1)
    after = verify(store)
    assert after.entries == before.entries - 2
    assert store.one("SELECT hash FROM entries WHERE seq = :seq", {"seq": seq}) is None
    assert after.stations[0].head != printed.hex()


def cut_off(store: Tampering, seq: int) -> None:
    """Remove entry `seq` and all after it, and make heads, balances and days to match."""
    for table in chain.LEDGER_TABLES:
        if table not in ("heads", "balances", "days"):
            store.run(f"DELETE FROM {table} WHERE seq >= :seq", {"seq": seq})
    names = [name for name, _ in columns_of("transfers")]
    transfers = store.all(f"SELECT {', '.join(names)} FROM transfers ORDER BY seq, line")
    for table in ("balances", "days"):
        store.run(f"DELETE FROM {table}")
    store.let_transfers_move()
    store.run("DELETE FROM transfers")
    marks = ", ".join("?" * len(names))
    for row in transfers:
        store.run(f"INSERT INTO transfers ({', '.join(names)}) VALUES ({marks})", row)
    store.run(
        "UPDATE heads SET seq = :seq - 1, latest_day = (SELECT max(booked_on) FROM entries), "
        "hash = (SELECT hash FROM entries WHERE entries.seq = :seq - 1)",
        {"seq": seq},
    )
