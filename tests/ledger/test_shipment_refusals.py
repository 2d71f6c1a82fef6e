"""Shipments that are refused: wrong quantities, items, days, stations and forged citations."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest
from support.ledger_fixture import Clock, StationLedger, register_all
from support.shipping import acknowledge, citation, open_hp, receive, send

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Location, Station
from supplies.errors import BooksBroken, InvalidField, NotEnough, NotFound
from supplies.ledger.ledger import Ledger
from supplies.views.shipments import (
    get_shipment,
)


def test_reversing_a_shipment_is_refused_with_what_to_do_instead(
    station: StationLedger, other: StationLedger
) -> None:
    station.stock(10)
    name = send(station)
    with pytest.raises(InvalidField, match="receive 0 of each line, acknowledge"):
        station(c.Reverse(entry=2, reason="a slip"))
    receive(station, other, name, c.ArrivedLine(line=1, arrived=0))
    with pytest.raises(InvalidField, match="in another shipment"):
        other(c.Reverse(entry=1, reason="a slip"))
    acknowledge(station, other, name)
    with pytest.raises(InvalidField, match="the reason on_the_way"):
        station(c.Reverse(entry=3, reason="a slip"))


def test_an_invalid_shipment_arrival_or_acknowledgement_is_refused(
    station: StationLedger, other: StationLedger
) -> None:
    station.stock(10)
    name = send(station)
    for lines, match in (
        ([c.ArrivedLine(line=1, arrived=11)], "10 were sent"),
        ([c.ArrivedLine(line=2, arrived=1)], "line 2 is unknown"),
        ([c.ArrivedLine(line=1, arrived=1), c.ArrivedLine(line=1, arrived=1)], "named twice"),
        ([c.ArrivedLine(line=1, arrived=1, item="gel")], "counted in bottle"),
        ([c.ArrivedLine(line=1, arrived=1, item="rice")], "unknown item rice"),
    ):
        with pytest.raises(InvalidField, match=match):
            receive(station, other, name, *lines)
    with pytest.raises(InvalidField, match="before the goods were sent"):
        receive(station, other, name, happened_on=station.day(-1))
    with pytest.raises(InvalidField, match="no other station in this database"):
        station(c.AcknowledgeShipment(shipment=name))
    with pytest.raises(NotFound, match="sent no shipment"):
        station(c.AcknowledgeShipment(shipment="x_lx_99"))
    with pytest.raises(NotEnough):
        send(station, 1)
    home = c.SendShipment(
        station="lx", location="store", lines=[c.LotLine(item="mask", quantity=1)]
    )
    with pytest.raises(InvalidField, match="this station already"):
        station(home)
    assert other.entries() == 0


def test_a_changed_citation_is_refused(station: StationLedger, other: StationLedger) -> None:
    station.stock(30)
    first, second = send(station, 10), send(station, 10)
    entry = citation(station, first)
    more = msgspec.structs.replace(
        entry, body=entry.body.replace(b'"quantity":10', b'"quantity":99')
    )
    for changed, match in (
        (more, "does not match the bytes"),
        (msgspec.structs.replace(entry, previous="0" * 64), "does not match the bytes"),
        (citation(station, second), f"not an entry shipment_sent of shipment {first}"),
    ):
        with pytest.raises(InvalidField, match=match):
            other(c.ReceiveShipment(shipment=first, location="depot", sent=changed))
    receive(station, other, first)
    with pytest.raises(InvalidField, match="not an entry shipment_received"):
        station(c.AcknowledgeShipment(shipment=first, received=entry))


def test_a_forged_arrival_cannot_be_acknowledged(
    station: StationLedger, other: StationLedger
) -> None:
    station.stock(10)
    name = send(station)
    receive(station, other, name, c.ArrivedLine(line=1, arrived=4))
    entry = citation(other, name)
    body = entry.body.replace(b'"arrived":4', b'"arrived":40')
    forged = msgspec.structs.replace(
        entry,
        body=body,
        hash=hashlib.sha256(bytes.fromhex(entry.previous) + body).hexdigest(),
    )
    with pytest.raises(InvalidField, match=r"do not contain this entry|does not match line"):
        station(c.AcknowledgeShipment(shipment=name, received=forged))
    assert station.total(f"sent:{name}") == 10


def test_quarantined_goods_are_not_sent_and_expired_ones_only_with_allow_expired(
    station: StationLedger, other: StationLedger
) -> None:
    station.stock(5, location="ward"), station.stock(5, expires_on=station.day(0))
    lines = [c.LotLine(item="mask", quantity=1)]
    with pytest.raises(InvalidField, match="quarantine"):
        station(c.SendShipment(station="hp", location="ward", lines=lines))
    station.clock.advance(1)
    with pytest.raises(NotEnough, match="expired"):
        send(station, 1)
    name = send(station, 5, allow_expired=True)
    receive(station, other, name)
    assert other.total("stock:depot") == 5


def test_a_shipment_cannot_be_received_by_another_station(
    station: StationLedger, books_url: str, clock: Clock
) -> None:
    station.stock(5)
    name = send(station, 5)
    with Ledger.open(books_url, station="zz", clock=clock, new_station=True) as third:
        third.register(Station(code="zz", name="Z", series="ZZ"))
        third.register(Location(code="depot", name="Depot"))
        command = c.ReceiveShipment(shipment=name, location="depot")
        with pytest.raises(InvalidField, match="went to station hp"):
            third.record(command, by="u_1")
        with pytest.raises(NotFound, match="unknown shipment"):
            get_shipment(third.books, name)


def test_verification_finds_an_arrival_that_cites_an_unknown_entry(
    station: StationLedger, books_url: str, clock: Clock, tmp_path: Path
) -> None:
    """The sender's chain was rewritten: it contains the same shipment, but as another entry."""
    station.stock(5)
    name = send(station, 5)
    elsewhere = tmp_path / "elsewhere.db"
    with Ledger.open(str(elsewhere), station="lx", clock=clock) as ledger:
        register_all(ledger)
        twin = StationLedger(ledger, clock)
        twin.stock(9)
        assert send(twin, 9) == name
        forged = citation(twin, name)
    with open_hp(books_url, clock) as ledger:
        other = StationLedger(ledger, clock)
        with pytest.raises(InvalidField, match="do not contain this entry"):
            other(c.ReceiveShipment(shipment=name, location="depot", sent=forged))
    with (
        Ledger.open(str(tmp_path / "theirs.db"), station="hp", clock=clock) as other_ledger,
    ):
        other_ledger.register(
            Station(code="hp", name="H", series="HP"), Item(code="mask", name="口罩")
        )
        other_ledger.register(Location(code="depot", name="Depot"))
        other = StationLedger(other_ledger, clock)
        other(c.ReceiveShipment(shipment=name, location="depot", sent=forged))
        with Ledger.open(
            str(tmp_path / "theirs.db"), station="lx", clock=clock, new_station=True
        ) as late:
            register_all(late)
            StationLedger(late, clock).stock(1)
            with pytest.raises(BooksBroken, match="sent_hash"):
                other_ledger.verify()
