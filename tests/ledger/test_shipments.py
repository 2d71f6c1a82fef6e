"""Shipments between stations: sent, received and acknowledged."""

from __future__ import annotations

import uuid
from datetime import date
from pathlib import Path

import pytest
from support.ledger_fixture import Clock, StationLedger
from support.shipping import acknowledge, open_hp, receive, send

from supplies.domain import commands as c
from supplies.domain.entry_rows import Lot
from supplies.domain.money import Value
from supplies.errors import AlreadyDone
from supplies.signing.checkpoints import check_checkpoint
from supplies.signing.station_keys import StationKeys, create_first_key
from supplies.verification.checkpoints import sign_checkpoints
from supplies.verification.verify import verify
from supplies.views.alerts import list_alerts
from supplies.views.shipments import (
    get_shipment,
    list_awaited_shipments,
    list_shipments,
)
from supplies.views.station_report import build_station_report


def test_a_shipment_is_sent_received_and_acknowledged(
    station: StationLedger, other: StationLedger
) -> None:
    lot = station.stock(30, batch="B7", expires_on=date(2021, 5, 1))
    name = send(station, 20)
    assert name == "x_lx_2"
    assert (station.total("stock:store"), station.total(f"sent:{name}")) == (10, 20)
    done = receive(station, other, name)
    assert other.total("stock:depot") == 20
    acknowledge(station, other, name)
    assert (station.total(f"sent:{name}"), station.total(f"delivered:{name}")) == (0, 20)
    received_lot = other.books.latest_row(Lot, lot=f"l_hp_{done.seq}_1")
    assert received_lot is not None
    assert (received_lot.origin, received_lot.batch, received_lot.expires_on) == (
        f"from_station:{name}",
        "B7",
        date(2021, 5, 1),
    )
    (line,) = get_shipment(other.books, name).lines
    assert (line.lot, line.lot_here, line.arrived) == (lot, received_lot.lot, 20)
    assert station.ledger.verify().entries == 3
    assert other.ledger.verify().entries == 1


def test_goods_that_did_not_arrive_are_lost_and_can_be_found_again(
    station: StationLedger, other: StationLedger
) -> None:
    station.stock(10), station.stock(6, "soap")
    lines = [c.LotLine(item="mask", quantity=10), c.LotLine(item="soap", quantity=6)]
    name = str(station(c.SendShipment(station="hp", location="store", lines=lines)).document)
    receive(
        station,
        other,
        name,
        c.ArrivedLine(line=1, arrived=7),
        c.ArrivedLine(line=2, arrived=0, item="gel"),
    )
    acknowledge(station, other, name)
    assert station.total("lost:on_the_way") == 3
    assert station.total("lost:on_the_way", "soap") == 6
    view = get_shipment(station.books, name)
    assert [(line.arrived, line.lost) for line in view.lines] == [(7, 3), (0, 6)]
    found = [c.LotLine(item="soap", quantity=6)]
    station(c.FindAgain(reason="on_the_way", location="store", lines=found))
    assert station.total("stock:store", "soap") == 6
    assert station.ledger.verify()
    assert other.ledger.verify()


def test_a_shipment_is_received_once_and_acknowledged_once(
    station: StationLedger, other: StationLedger
) -> None:
    station.stock(10)
    name = send(station)
    first = receive(station, other, name)
    again = receive(station, other, name)
    assert (again.seq, again.repeated) == (first.seq, True)
    with pytest.raises(AlreadyDone, match="recorded this for shipment"):
        receive(station, other, name, c.ArrivedLine(line=1, arrived=1))
    done = acknowledge(station, other, name)
    assert acknowledge(station, other, name).seq == done.seq
    assert other.total("stock:depot") == 10
    assert uuid.UUID(first.id).version == 5


def test_the_values_of_partial_shipments_sum_to_the_value_of_the_lot(
    station: StationLedger, other: StationLedger
) -> None:
    station.stock(3, value=Value(minor=100, currency="CNY", evidence="invoice 8"))
    values = []
    for _ in range(3):
        name = send(station, 1)
        done = receive(station, other, name)
        lot = other.books.latest_row(Lot, lot=f"l_hp_{done.seq}_1")
        assert lot is not None
        values.append(lot.value_minor)
    assert values == [33, 33, 34]


def test_the_reports_of_both_stations_include_the_shipment(
    station: StationLedger, other: StationLedger
) -> None:
    station.stock(10)
    name = send(station, 8)
    day = station.clock.day
    (line,) = build_station_report(station.books, day, day).goods
    assert (line.opening, line.other, line.lost, line.on_hand) == (10, 8, 0, 2)
    receive(station, other, name, c.ArrivedLine(line=1, arrived=5))
    (line,) = build_station_report(other.books, day, day).goods
    assert (line.received, line.on_hand) == (5, 5)
    acknowledge(station, other, name)
    (line,) = build_station_report(station.books, day, day).goods
    assert (line.other, line.lost) == (5, 3)


def test_a_late_arrival_is_booked_on_the_first_open_day(
    station: StationLedger, other: StationLedger
) -> None:
    station.stock(5)
    name = send(station, 5)
    station.clock.advance(3)
    other(c.ClosePeriod(through=station.day(-1)))
    done = receive(station, other, name, happened_on=station.day(-2))
    body = other.books.body(done.seq)
    assert (body.happened_on, body.booked_on) == (station.day(-2), station.day(0))


def test_shipments_in_transit_are_listed_and_alert_both_stations(
    station: StationLedger, other: StationLedger
) -> None:
    station.stock(5)
    name = send(station, 5)
    together = bool(list_awaited_shipments(other.books).items)

    def alerts(at: StationLedger) -> list[tuple[str, str]]:
        return [(one.what, one.code) for one in list_alerts(at.books, at.clock.day).items]

    assert alerts(station) == [("shipment_unacknowledged", name)]
    if together:
        assert alerts(other) == [("shipment_to_receive", name)]
        assert get_shipment(other.books, name).way == "awaited"
    receive(station, other, name)
    assert alerts(other) == []
    acknowledge(station, other, name)
    assert alerts(station) == []
    assert [one.id for one in list_shipments(station.books, way="out").items] == [name]
    assert [one.id for one in list_shipments(other.books, way="in").items] == [name]
    assert (
        list_shipments(other.books, way="out").items
        == list_awaited_shipments(other.books).items
        == []
    )


def test_no_citation_is_needed_within_one_database(
    station: StationLedger, books_url: str, clock: Clock
) -> None:
    station.stock(5)
    name = send(station, 5)
    with open_hp(books_url, clock) as ledger:
        other = StationLedger(ledger, clock)
        other(c.ReceiveShipment(shipment=name, location="depot"))
        station(c.AcknowledgeShipment(shipment=name))
        assert other.total("stock:depot") == station.total(f"delivered:{name}") == 5


# --- nothing is lost between ---------------------------------------------------------------------


def test_stations_that_exchange_goods_witness_each_others_entries(
    station: StationLedger, other: StationLedger, tmp_path: Path
) -> None:
    database = str(tmp_path / "keys.db")
    create_first_key(database)
    keys = StationKeys.for_database(database)
    station.stock(30)
    for quantity in (5, 20):
        name = send(station, quantity)
        receive(station, other, name)
    acknowledge(station, other, name)

    def witnessed_shipments(of: StationLedger) -> list[tuple[str, str, int]]:
        seq, last_hash, _ = of.books.last_entry()
        signed = sign_checkpoints(
            of.ledger.store,
            keys,
            of.ledger.station_code,
            seq,
            last_hash.hex(),
            at=of.clock(),
        )
        for each in signed:
            check_checkpoint(each, keys.public_keys())
        others = [each for each in signed if each.station != each.by]
        verify(station.ledger.store, "lx", witnesses=others)
        verify(other.ledger.store, "hp", witnesses=others)
        return [(each.by, each.station, each.seq) for each in signed]

    assert witnessed_shipments(other) == [("hp", "hp", 2), ("hp", "lx", 3)]
    assert witnessed_shipments(station) == [("lx", "lx", 4), ("lx", "hp", 2)]
