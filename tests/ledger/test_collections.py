"""Allocated goods that their household fetches at the counter."""

from __future__ import annotations

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import AlreadyDone, InvalidField, NotEnough, StoreError
from supplies.views.allocations import get_allocation
from supplies.views.donor_statement import build_donor_statement


def collect(allocation: str, *quantities: int) -> c.CollectAllocation:
    lines = [c.AllocationPart(line=line, quantity=n) for line, n in enumerate(quantities, 1)]
    return c.CollectAllocation(allocation=allocation, lines=lines or None, received_by="self")


def test_collected_goods_meet_the_need_they_were_set_aside_for(station: StationLedger) -> None:
    need = station.need(6)
    station.stock(10)
    allocation = station.allocate(10)
    station(collect(allocation))
    assert station.total("received:R-1") == 10
    assert station.balance(f"met:{need}") == 6
    view = get_allocation(station.books, allocation)
    assert (view.status, view.lines[0].received, view.lines[0].released) == ("received", 10, 0)


def test_what_is_not_collected_stays_set_aside(station: StationLedger) -> None:
    need = station.need(10)
    station.stock(10)
    allocation = station.allocate(10)
    station(collect(allocation, 4))
    assert station.balance(f"assigned:{need}:{allocation}") == 6
    assert get_allocation(station.books, allocation).status == "partly_received"
    station(collect(allocation, 6))
    with pytest.raises(AlreadyDone, match="nothing is set aside"):
        station(collect(allocation))


def test_no_more_is_collected_than_is_set_aside(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(4)
    with pytest.raises(NotEnough):
        station(collect(allocation, 5))
    with pytest.raises(InvalidField, match="has no line 2"):
        station(collect(allocation, 1, 1))


def test_expired_goods_are_collected_only_if_allowed(station: StationLedger) -> None:
    station.stock(4, expires_on=station.day(1))
    allocation = station.allocate(4)
    station.clock.advance(2)
    with pytest.raises(InvalidField, match="expired"):
        station(collect(allocation))
    station(c.CollectAllocation(allocation=allocation, allow_expired=True))


def test_a_collection_is_corrected_and_reversed(station: StationLedger) -> None:
    need = station.need(10)
    station.stock(10)
    allocation = station.allocate(10)
    first = station(collect(allocation, 7)).seq
    second = station(c.Correct(entry=first, command=collect(allocation, 3), reason="typed")).seq
    assert station.total("received:R-1") == station.balance(f"met:{need}") == 3
    station(c.Reverse(entry=second, reason="they did not come"))
    assert station.total("received:R-1") == station.balance(f"met:{need}") == 0
    assert station.balance(f"assigned:{need}:{allocation}") == 10
    assert get_allocation(station.books, allocation).status == "allocated"


def test_a_collection_is_no_departure_from_the_donors_wish(station: StationLedger) -> None:
    line = c.DonationLine(item="mask", quantity=5, recipient="R-1")
    station(c.RecordDonation(donor="D-1", location="store", handled_by="x", lines=[line]))
    allocation = str(station.books.value("SELECT allocation FROM allocations"))
    station(collect(allocation))
    statement = build_donor_statement(
        station.books, "D-1", first=station.day(-1), last=station.day(0)
    )
    assert statement.departures == []
    assert statement.goods[0].places["handed_over"] == 5


def test_the_database_refuses_a_collection_by_another_household(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(4)
    seq = station(collect(allocation, 2)).seq
    row = station.books.all("SELECT allocation, recipient FROM transfers WHERE seq = :seq", seq=seq)
    assert [tuple(each) for each in row if each[0]] == [(allocation, "R-1")]
    with pytest.raises(StoreError), station.ledger.admin_transaction() as books:
        books.store.run(
            "INSERT INTO transfers SELECT station, seq, line + 90, day, source, 'received:R-2', "
            "item, lot, quantity, allocation, 'R-2' FROM transfers "
            "WHERE seq = :seq AND allocation IS NOT NULL",
            {"seq": seq},
        )
