"""Goods between stations: two chains, two entries, an acknowledgement, and nothing lost between."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.engines import RUNNING, Engines, hasty
from support.ledger_fixture import Clock, Desk, register_all

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Location, Station
from supplies.domain.entry_rows import Lot
from supplies.errors import AlreadyDone, BooksBroken, InvalidField, NotEnough, NotFound
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.views.alerts import list_alerts
from supplies.views.shipments import (
    ShipmentView,
    get_shipment,
    list_awaited_shipments,
    list_shipments,
)
from supplies.views.station_report import build_station_report


@pytest.fixture(params=["one database", "two databases"])
def other(
    request: pytest.FixtureRequest,
    engines: Engines,
    engine: str,
    books_url: str,
    desk: Desk,
    tmp_path: Path,
    clock: Clock,
) -> Iterator[Desk]:
    """Station hp, whose books are in the same database as those of lx, or in one of their own."""
    if request.param == "one database":
        with _opened(books_url, clock) as ledger:
            yield Desk(ledger, clock)
        return
    folder = tmp_path / "other"
    folder.mkdir()
    with engines.books(engine, folder) as url, _opened(url, clock) as ledger:
        yield Desk(ledger, clock)


def _opened(url: str, clock: Clock) -> Ledger:
    ledger = hasty(Ledger.open(url, station="hp", clock=clock))
    ledger.register(Station(code="hp", name="黄浦站", zone="Asia/Shanghai", series="HP"))
    ledger.register(
        Item(code="mask", name="口罩"),
        Item(code="KN", name="口罩", unit="bottle"),
        Item(code="gel", name="洗手液", unit="bottle"),
        Location(code="depot", name="Depot"),
    )
    return ledger


def send(desk: Desk, quantity: int = 10, item: str = "mask", **line: object) -> str:
    lines = [c.LotLine(item=item, quantity=quantity, **line)]  # type: ignore[arg-type]
    return str(desk(c.SendShipment(station="hp", location="store", lines=lines)).document)


def cited(desk: Desk, name: str) -> c.CitedEntry:
    """A station's entry as its page of the shipment shows it."""
    entry = get_shipment(desk.books, name).entry
    assert entry is not None
    return msgspec.convert(msgspec.to_builtins(entry), c.CitedEntry)


def receive(
    sender: Desk, other: Desk, name: str, *lines: c.ArrivedLine, **more: object
) -> Recorded:
    return other(
        c.ReceiveShipment(
            shipment=name,
            location="depot",
            sent=cited(sender, name),
            lines=list(lines) or None,
            **more,  # type: ignore[arg-type]
        )
    )


def acknowledge(sender: Desk, other: Desk, name: str, **more: object) -> Recorded:
    command = c.AcknowledgeShipment(shipment=name, received=cited(other, name), **more)  # type: ignore[arg-type]
    return sender(command)


def test_goods_leave_arrive_and_are_acknowledged(desk: Desk, other: Desk) -> None:
    lot = desk.stock(30, batch="B7", expires_on=date(2021, 5, 1))
    name = send(desk, 20)
    assert name == "x_lx_2"
    assert (desk.total("stock:store"), desk.total(f"sent:{name}")) == (10, 20)
    done = receive(desk, other, name)
    assert other.total("stock:depot") == 20
    acknowledge(desk, other, name)
    assert (desk.total(f"sent:{name}"), desk.total(f"delivered:{name}")) == (0, 20)
    there = other.books.latest_row(Lot, lot=f"l_hp_{done.seq}_1")
    assert there is not None
    assert (there.origin, there.batch, there.expires_on) == (
        f"from_station:{name}",
        "B7",
        date(2021, 5, 1),
    )
    (line,) = get_shipment(other.books, name).lines
    assert (line.lot, line.lot_here, line.arrived) == (lot, there.lot, 20)
    assert desk.ledger.verify().entries == 3
    assert other.ledger.verify().entries == 1


def test_what_did_not_arrive_is_lost_on_the_way_and_may_be_found_again(
    desk: Desk, other: Desk
) -> None:
    desk.stock(10), desk.stock(6, "soap")
    lines = [c.LotLine(item="mask", quantity=10), c.LotLine(item="soap", quantity=6)]
    name = str(desk(c.SendShipment(station="hp", location="store", lines=lines)).document)
    receive(
        desk,
        other,
        name,
        c.ArrivedLine(line=1, arrived=7),
        c.ArrivedLine(line=2, arrived=0, item="gel"),
    )
    acknowledge(desk, other, name)
    assert desk.total("lost:on_the_way") == 3
    assert desk.total("lost:on_the_way", "soap") == 6
    view = get_shipment(desk.books, name)
    assert [(line.arrived, line.lost) for line in view.lines] == [(7, 3), (0, 6)]
    found = [c.LotLine(item="soap", quantity=6)]
    desk(c.FindAgain(reason="on_the_way", location="store", lines=found))
    assert desk.total("stock:store", "soap") == 6
    assert desk.ledger.verify()
    assert other.ledger.verify()


def test_a_shipment_is_not_reversed_but_its_way_back_is_told(desk: Desk, other: Desk) -> None:
    desk.stock(10)
    name = send(desk)
    with pytest.raises(InvalidField, match="receives 0 of each line, this one acknowledges"):
        desk(c.Reverse(entry=2, reason="a slip"))
    receive(desk, other, name, c.ArrivedLine(line=1, arrived=0))
    with pytest.raises(InvalidField, match="in another shipment"):
        other(c.Reverse(entry=1, reason="a slip"))
    acknowledge(desk, other, name)
    with pytest.raises(InvalidField, match="with the reason on_the_way"):
        desk(c.Reverse(entry=3, reason="a slip"))


def test_it_is_received_once_and_acknowledged_once(desk: Desk, other: Desk) -> None:
    desk.stock(10)
    name = send(desk)
    first = receive(desk, other, name)
    again = receive(desk, other, name)
    assert (again.seq, again.repeated) == (first.seq, True)
    with pytest.raises(AlreadyDone, match="done already"):
        receive(desk, other, name, c.ArrivedLine(line=1, arrived=1))
    done = acknowledge(desk, other, name)
    assert acknowledge(desk, other, name).seq == done.seq
    assert other.total("stock:depot") == 10
    assert uuid.UUID(first.id).version == 5


def test_a_shipment_is_refused_where_it_would_be_untrue(desk: Desk, other: Desk) -> None:
    desk.stock(10)
    name = send(desk)
    for lines, match in (
        ([c.ArrivedLine(line=1, arrived=11)], "10 were sent"),
        ([c.ArrivedLine(line=2, arrived=1)], "none of them"),
        ([c.ArrivedLine(line=1, arrived=1), c.ArrivedLine(line=1, arrived=1)], "named twice"),
        ([c.ArrivedLine(line=1, arrived=1, item="gel")], "counted in bottle"),
        ([c.ArrivedLine(line=1, arrived=1, item="rice")], "no item rice"),
    ):
        with pytest.raises(InvalidField, match=match):
            receive(desk, other, name, *lines)
    with pytest.raises(InvalidField, match="before the goods were sent"):
        receive(desk, other, name, happened_on=desk.day(-1))
    with pytest.raises(InvalidField, match="no other station in this database"):
        desk(c.AcknowledgeShipment(shipment=name))
    with pytest.raises(NotFound, match="sent no shipment"):
        desk(c.AcknowledgeShipment(shipment="x_lx_99"))
    with pytest.raises(NotEnough):
        send(desk, 1)
    home = c.SendShipment(
        station="lx", location="store", lines=[c.LotLine(item="mask", quantity=1)]
    )
    with pytest.raises(InvalidField, match="this station already"):
        desk(home)
    assert other.entries() == 0


def test_a_citation_that_was_tampered_with_is_refused(desk: Desk, other: Desk) -> None:
    desk.stock(30)
    first, second = send(desk, 10), send(desk, 10)
    entry = cited(desk, first)
    more = msgspec.structs.replace(
        entry, body=entry.body.replace(b'"quantity":10', b'"quantity":99')
    )
    for changed, match in (
        (more, "do not give this hash"),
        (msgspec.structs.replace(entry, previous="0" * 64), "do not give this hash"),
        (cited(desk, second), f"not an entry shipment_sent of shipment {first}"),
    ):
        with pytest.raises(InvalidField, match=match):
            other(c.ReceiveShipment(shipment=first, location="depot", sent=changed))
    receive(desk, other, first)
    with pytest.raises(InvalidField, match="not an entry shipment_received"):
        desk(c.AcknowledgeShipment(shipment=first, received=entry))


def test_what_another_station_invents_is_not_acknowledged(desk: Desk, other: Desk) -> None:
    desk.stock(10)
    name = send(desk)
    receive(desk, other, name, c.ArrivedLine(line=1, arrived=4))
    entry = cited(other, name)
    body = entry.body.replace(b'"arrived":4', b'"arrived":40')
    forged = msgspec.structs.replace(
        entry,
        body=body,
        hash=hashlib.sha256(bytes.fromhex(entry.previous) + body).hexdigest(),
    )
    with pytest.raises(InvalidField, match=r"do not contain this entry|nothing that can be"):
        desk(c.AcknowledgeShipment(shipment=name, received=forged))
    assert desk.total(f"sent:{name}") == 10


def test_neither_quarantined_nor_expired_goods_are_sent_unasked(desk: Desk, other: Desk) -> None:
    desk.stock(5, location="ward"), desk.stock(5, expires_on=desk.day(0))
    lines = [c.LotLine(item="mask", quantity=1)]
    with pytest.raises(InvalidField, match="quarantine"):
        desk(c.SendShipment(station="hp", location="ward", lines=lines))
    desk.clock.advance(1)
    with pytest.raises(NotEnough, match="expired"):
        send(desk, 1)
    name = send(desk, 5, allow_expired=True)
    receive(desk, other, name)
    assert other.total("stock:depot") == 5


def test_the_value_goes_along_in_parts_that_come_to_the_whole(desk: Desk, other: Desk) -> None:
    desk.stock(3, value=c.Value(minor=100, currency="CNY", evidence="invoice 8"))
    values = []
    for _ in range(3):
        name = send(desk, 1)
        done = receive(desk, other, name)
        lot = other.books.latest_row(Lot, lot=f"l_hp_{done.seq}_1")
        assert lot is not None
        values.append(lot.value_minor)
    assert values == [33, 33, 34]


def test_both_stations_report_it(desk: Desk, other: Desk) -> None:
    desk.stock(10)
    name = send(desk, 8)
    day = desk.clock.day
    (line,) = build_station_report(desk.books, day, day).goods
    assert (line.opening, line.other, line.lost, line.on_hand) == (10, 8, 0, 2)
    receive(desk, other, name, c.ArrivedLine(line=1, arrived=5))
    (line,) = build_station_report(other.books, day, day).goods
    assert (line.received, line.on_hand) == (5, 5)
    acknowledge(desk, other, name)
    (line,) = build_station_report(desk.books, day, day).goods
    assert (line.other, line.lost) == (5, 3)


def test_a_shipment_that_comes_late_is_booked_on_the_first_open_day(
    desk: Desk, other: Desk
) -> None:
    desk.stock(5)
    name = send(desk, 5)
    desk.clock.advance(3)
    other(c.ClosePeriod(through=desk.day(-1)))
    done = receive(desk, other, name, happened_on=desk.day(-2))
    body = other.books.body(done.seq)
    assert (body.happened_on, body.booked_on) == (desk.day(-2), desk.day(0))


def test_what_is_on_the_way_is_told_to_whom_it_concerns(desk: Desk, other: Desk) -> None:
    desk.stock(5)
    name = send(desk, 5)
    together = bool(list_awaited_shipments(other.books).items)

    def told(at: Desk) -> list[tuple[str, str]]:
        return [(one.what, one.code) for one in list_alerts(at.books, at.clock.day).items]

    assert told(desk) == [("shipment_unacknowledged", name)]
    if together:
        assert told(other) == [("shipment_to_receive", name)]
        assert get_shipment(other.books, name).way == "awaited"
    receive(desk, other, name)
    assert told(other) == []
    acknowledge(desk, other, name)
    assert told(desk) == []
    assert [one.id for one in list_shipments(desk.books, way="out").items] == [name]
    assert [one.id for one in list_shipments(other.books, way="in").items] == [name]
    assert (
        list_shipments(other.books, way="out").items
        == list_awaited_shipments(other.books).items
        == []
    )


def test_within_one_database_nothing_need_be_carried_along(
    desk: Desk, books_url: str, clock: Clock
) -> None:
    desk.stock(5)
    name = send(desk, 5)
    with _opened(books_url, clock) as ledger:
        other = Desk(ledger, clock)
        other(c.ReceiveShipment(shipment=name, location="depot"))
        desk(c.AcknowledgeShipment(shipment=name))
        assert other.total("stock:depot") == desk.total(f"delivered:{name}") == 5


def test_a_shipment_is_received_where_it_was_sent_to(
    desk: Desk, books_url: str, clock: Clock
) -> None:
    desk.stock(5)
    name = send(desk, 5)
    with Ledger.open(books_url, station="zz", clock=clock) as third:
        third.register(Station(code="zz", name="Z", series="ZZ"))
        third.register(Location(code="depot", name="Depot"))
        command = c.ReceiveShipment(shipment=name, location="depot")
        with pytest.raises(InvalidField, match="went to station hp"):
            third.record(command, by="u_1")
        with pytest.raises(NotFound, match="no shipment"):
            get_shipment(third.books, name)


def test_verification_notices_an_arrival_that_cites_what_was_never_sent(
    desk: Desk, books_url: str, clock: Clock, tmp_path: Path
) -> None:
    """Books that cite a chain which was rewritten: the same shipment, but another entry."""
    desk.stock(5)
    name = send(desk, 5)
    elsewhere = tmp_path / "elsewhere.db"
    with Ledger.open(str(elsewhere), station="lx", clock=clock) as ledger:
        register_all(ledger)
        twin = Desk(ledger, clock)
        twin.stock(9)
        assert send(twin, 9) == name
        forged = cited(twin, name)
    with _opened(books_url, clock) as ledger:
        other = Desk(ledger, clock)
        with pytest.raises(InvalidField, match="do not contain this entry"):
            other(c.ReceiveShipment(shipment=name, location="depot", sent=forged))
    with (
        Ledger.open(str(tmp_path / "theirs.db"), station="hp", clock=clock) as theirs,
    ):
        theirs.register(Station(code="hp", name="H", series="HP"), Item(code="mask", name="口罩"))
        theirs.register(Location(code="depot", name="Depot"))
        other = Desk(theirs, clock)
        other(c.ReceiveShipment(shipment=name, location="depot", sent=forged))
        with Ledger.open(str(tmp_path / "theirs.db"), station="lx", clock=clock) as late:
            register_all(late)
            Desk(late, clock).stock(1)
            with pytest.raises(BooksBroken, match="sent_hash"):
                theirs.verify()


# --- nothing is lost between ---------------------------------------------------------------------

STEP = st.one_of(
    st.tuples(st.just("send"), st.sampled_from(["lx", "hp"]), st.integers(1, 12)),
    st.tuples(st.just("receive"), st.integers(0, 5), st.integers(0, 12)),
    st.tuples(st.just("acknowledge"), st.integers(0, 5), st.just(0)),
    st.tuples(st.just("again"), st.integers(0, 5), st.just(0)),
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, max_size=14), together=st.booleans())
def test_nothing_is_lost_between_two_stations(
    engine: str,
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, str | int, int]],
    together: bool,
) -> None:
    clock = Clock()
    folders = [tmp_path_factory.mktemp("station") for _ in range(2)]
    with (
        RUNNING.books(engine, folders[0]) as here,
        RUNNING.books(engine, folders[1]) as there,
        Ledger.open(here, station="lx", clock=clock) as lx,
        _opened(here if together else there, clock) as hp,
    ):
        hasty(lx)
        register_all(lx)
        hp.register(Location(code="store", name="Store"))
        stations = {"lx": Desk(lx, clock), "hp": Desk(hp, clock)}
        for one in stations.values():
            one.stock(20)
        Traffic(stations, steps).run()


class Traffic:
    """Two stations that send goods to one another, and what must be true after every step."""

    def __init__(self, stations: dict[str, Desk], steps: list[tuple[str, str | int, int]]) -> None:
        self.stations, self.steps = stations, steps
        self.sent: list[tuple[str, str, str]] = []
        self.missing: dict[str, int] = {}

    def run(self) -> None:
        for what, which, quantity in self.steps:
            if what == "send":
                self.send(str(which), quantity)
            elif self.sent:
                getattr(self, what)(*self.sent[int(which) % len(self.sent)], quantity)
            self.check()
        for one in self.stations.values():
            assert one.ledger.verify()

    def send(self, sender: str, quantity: int) -> None:
        to = "hp" if sender == "lx" else "lx"
        lines = [c.LotLine(item="mask", quantity=quantity)]
        command = c.SendShipment(station=to, location="store", lines=lines)
        try:
            self.sent.append((sender, to, str(self.stations[sender](command).document)))
        except NotEnough:
            assert self.stations[sender].total("stock:store") < quantity

    def receive(self, sender: str, to: str, name: str, short: int) -> None:
        view = get_shipment(self.stations[sender].books, name)
        lines = [
            c.ArrivedLine(line=line.line, arrived=max(0, line.quantity - short))
            for line in view.lines
        ]
        command = c.ReceiveShipment(
            shipment=name, location="store", lines=lines, sent=cited(self.stations[sender], name)
        )
        try:
            self.stations[to](command)
        except AlreadyDone:
            assert name in self.missing
        else:
            missing = sum(min(short, line.quantity) for line in view.lines)
            assert self.missing.setdefault(name, missing) == missing

    def again(self, sender: str, to: str, name: str, _: int) -> None:
        if name in self.missing:
            with pytest.raises(AlreadyDone):
                self.stations[to](c.ReceiveShipment(shipment=name, location="store", note="again"))

    def acknowledge(self, sender: str, to: str, name: str, _: int) -> None:
        if name in self.missing:
            entry = cited(self.stations[to], name)
            self.stations[sender](c.AcknowledgeShipment(shipment=name, received=entry))

    def check(self) -> None:
        """All goods stand on a shelf, are on the way, or are missing, and are counted once."""
        shelves = sum(one.total("stock:store") for one in self.stations.values())
        on_the_way = 0
        for sender, _, name in self.sent:
            view: ShipmentView = get_shipment(self.stations[sender].books, name)
            if name not in self.missing:
                assert view.status == "on_the_way"
                on_the_way += self.stations[sender].total(f"sent:{name}")
        assert shelves + on_the_way + sum(self.missing.values()) == 40
        lost = sum(one.total("lost:on_the_way") for one in self.stations.values())
        done = {
            name
            for sender, _, name in self.sent
            if get_shipment(self.stations[sender].books, name).status == "acknowledged"
        }
        assert lost == sum(self.missing[name] for name in done)
