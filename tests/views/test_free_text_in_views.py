"""Every free text that a command states is shown, until the person it is about is forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count

import msgspec
import pytest
from support.ledger_fixture import StationLedger
from support.shipping import open_hp

from supplies.books.reader import Books
from supplies.domain import commands as c
from supplies.domain.money import Value
from supplies.views.allocations import get_allocation, list_allocations
from supplies.views.deliveries import get_delivery, list_deliveries
from supplies.views.donations import get_donation, list_donations
from supplies.views.entries import get_entry, list_conflicts, list_entries
from supplies.views.needs import get_need, list_needs
from supplies.views.pledges import get_pledge, list_pledges
from supplies.views.shipments import get_shipment, list_awaited_shipments

CANARY = re.compile(r"canary-\d+")


@pytest.fixture
def canary() -> Callable[[], str]:
    """Return a function that returns a different text at each call."""
    numbers = count(1)
    return lambda: f"canary-{next(numbers)}"


def canaries(shown: object) -> set[str]:
    return set(CANARY.findall(msgspec.json.encode(shown).decode()))


def everything(books: Books) -> set[str]:
    """Return the texts of `canary` that all views of documents and entries show."""
    return set().union(
        *(
            canaries(page)
            for page in (
                list_needs(books),
                list_pledges(books),
                list_donations(books),
                list_allocations(books),
                list_deliveries(books),
                list_conflicts(books, open_only=False),
                list_entries(books),
            )
        )
    )


def test_a_need_shows_its_note_and_why_it_ended(station: StationLedger) -> None:
    name = station.need(10, note="for the twins", needed_by=station.day(3))
    station(c.EndNeed(need=name, reason="moved", note="to the son"))
    found = get_need(station.books, name)
    assert (found.note, found.needed_by, found.happened_on) == (
        "for the twins",
        station.day(3),
        station.day(0),
    )
    assert found.end_reason == "moved"
    assert [(one.kind, one.texts[0].text) for one in found.remarks] == [
        ("need_ended", "to the son")
    ]


def test_a_corrected_need_shows_the_new_note_and_the_old_one_as_a_remark(
    station: StationLedger,
) -> None:
    name = station.need(10, note="ten")
    right = c.NoteNeed(recipient="R-1", item="mask", quantity=4, note="four")
    station(c.Correct(entry=1, command=right, reason="misheard"))
    found = get_need(station.books, name)
    assert found.note == "four"
    texts = [(text.field, text.text) for one in found.remarks for text in one.texts]
    assert texts == [("note", "ten"), ("correction/reason", "misheard")]


def test_a_pledge_shows_its_note_and_why_it_was_cancelled(station: StationLedger) -> None:
    name = station.pledge(50, note="by lorry", happened_on=station.day(-2))
    part = [c.DroppedLine(line=1, quantity=10)]
    station(c.CancelPledge(pledge=name, reason="too many", lines=part))
    station(c.LapsePledge(pledge=name, reason="never came"))
    found = get_pledge(station.books, name)
    assert (found.note, found.happened_on) == ("by lorry", station.day(-2))
    assert [(one.kind, one.texts[0].text) for one in found.remarks] == [
        ("pledge_cancelled", "too many"),
        ("pledge_lapsed", "never came"),
    ]


def test_a_donation_shows_its_handler_its_wish_and_the_evidence_of_values(
    station: StationLedger,
) -> None:
    value = Value(minor=12000, currency="CNY", evidence="invoice 88")
    lines = [
        c.DonationLine(item="soap", quantity=1),
        c.DonationLine(item="mask", quantity=10, value=value, recipient="R-1"),
    ]
    done = station(
        c.RecordDonation(
            donor="D-1",
            location="store",
            handled_by="陈某",
            checked_by="林某",
            wish="for the old",
            agreement="A-1",
            fiscal_ticket="F-1",
            note="wet boxes",
            lines=lines,
        )
    )
    found = get_donation(station.books, str(done.document))
    assert (found.handled_by, found.checked_by, found.wish) == ("陈某", "林某", "for the old")
    assert (found.agreement, found.fiscal_ticket, found.note) == ("A-1", "F-1", "wet boxes")
    assert found.remarks == []
    soap, mask = found.lines
    assert (soap.value, soap.recipient, mask.recipient) == (None, None, "R-1")
    assert mask.value is not None
    assert (mask.value.minor, mask.value.currency, mask.value.evidence) == (
        12000,
        "CNY",
        "invoice 88",
    )
    # The allocation made by the donation has no note of its own.
    assert get_allocation(station.books, f"a_{done.seq + 1}").note is None


def test_an_allocation_shows_its_day_its_note_and_why_goods_were_released(
    station: StationLedger,
) -> None:
    station.stock(10, happened_on=station.day(-5))
    line = c.AllocationLine(item="mask", quantity=10)
    allocate = c.Allocate(
        recipient="R-1", location="store", lines=[line], note="call first", happened_on=None
    )
    name = str(station(allocate).document)
    earlier = msgspec.structs.replace(allocate, happened_on=station.day(-1), note="call at noon")
    station(c.Correct(entry=2, command=earlier, reason="wrong day"))
    station(c.Release(allocation=name, reason="not at home"))
    found = get_allocation(station.books, name)
    assert (found.happened_on, found.note) == (station.day(-1), "call at noon")
    assert [text.text for one in found.remarks for text in one.texts] == [
        "call first",
        "wrong day",
        "not at home",
    ]


def test_an_allocation_shows_why_the_end_of_its_need_released_its_goods(
    station: StationLedger,
) -> None:
    station.stock(10)
    need = station.need(6)
    name = station.allocate(6, need=need)
    station(c.EndNeed(need=need, reason="moved", goods="release", note="to the son"))
    (remark,) = get_allocation(station.books, name).remarks
    assert (remark.kind, remark.texts[0].text) == ("released", "to the son")


def test_a_delivery_shows_its_day_and_what_the_team_reported_of_each_stop(
    station: StationLedger,
) -> None:
    station.stock(10)
    allocation = station.allocate(10)
    name = station.dispatch(allocation, note="take the ladder")
    station.clock.advance()
    done = station.outcome(
        name,
        allocation,
        "handed_over",
        happened_at=station.clock(),
        received_by="neighbour",
        proof="signature",
        note="the neighbour signed",
    )
    found = get_delivery(station.books, name)
    (stop,) = found.stops
    assert (found.happened_on, found.note) == (station.day(-1), "take the ladder")
    assert (stop.received_by, stop.proof, stop.note) == (
        "neighbour",
        "signature",
        "the neighbour signed",
    )
    assert (stop.happened_at, stop.happened_on, stop.reported_in) == (
        "2020-02-11T04:00:00.000000Z",
        station.day(0),
        done.seq,
    )


def test_a_conflict_shows_the_couriers_note_and_the_reason_of_its_resolution(
    station: StationLedger,
) -> None:
    station.stock(10)
    allocation = station.allocate(10)
    name = station.dispatch(allocation)
    station.outcome(name, allocation, "handed_over")
    station.outcome(name, allocation, "not_at_home", note="the door was locked")
    (conflict,) = list_conflicts(station.books).items
    assert conflict.note == "the door was locked"
    station(c.ResolveConflict(conflict=conflict.seq, by="correct", reason="the guard agrees"))
    (conflict,) = list_conflicts(station.books, open_only=False).items
    assert conflict.resolved_because == "the guard agrees"
    remarks = get_delivery(station.books, name).remarks
    assert [one.texts[0].text for one in remarks] == ["the door was locked", "the guard agrees"]


def test_a_shipment_shows_the_note_of_the_station_that_reads_it(
    station: StationLedger, books_url: str
) -> None:
    station.stock(5)
    lines = [c.LotLine(item="mask", quantity=5)]
    sent = c.SendShipment(station="hp", location="store", lines=lines, note="for Wang's lorry")
    name = str(station(sent).document)
    assert get_shipment(station.books, name).note == "for Wang's lorry"
    with open_hp(books_url, station.clock) as ledger:
        (awaited,) = list_awaited_shipments(ledger.books).items
        assert (awaited.note, awaited.remarks) == (None, [])
        other = StationLedger(ledger, station.clock)
        other(c.ReceiveShipment(shipment=name, location="depot", note="one box open"))
        found = get_shipment(ledger.books, name)
        assert (found.note, found.remarks) == ("one box open", [])


def test_every_text_is_shown_until_the_person_is_forgotten(
    station: StationLedger, canary: Callable[[], str]
) -> None:
    station.stock(20)
    need = station.need(6, "R-2", note=canary())
    pledge = station.pledge(20, {need: 6}, note=canary())
    station(c.CancelPledge(pledge=pledge, reason=canary()))
    station(c.EndNeed(need=need, reason="moved", note=canary()))
    value = Value(minor=1, currency="CNY", evidence=canary())
    gift = station.donation(5, value=value, wish=canary())
    station(msgspec.structs.replace(gift, handled_by=canary(), note=canary()))
    line = c.AllocationLine(item="mask", quantity=10)
    allocated = station(c.Allocate(recipient="R-2", location="store", lines=[line], note=canary()))
    allocation = str(allocated.document)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "handed_over", note=canary())
    conflict = station.outcome(
        delivery, allocation, "not_at_home", note=canary(), time_window=canary()
    )
    station(c.ResolveConflict(conflict=conflict.seq, by="correct", reason=canary()))
    station(c.Release(allocation=allocation, reason=canary()))
    station(c.CloseDelivery(delivery=delivery))
    written = {f"canary-{number}" for number in range(1, 15)}
    assert everything(station.books) == written

    station(c.ForgetRecipient(recipient="R-2"))
    station(c.ForgetDonor(donor="D-1"))
    assert everything(station.books) == set()
    assert get_entry(station.books, 2).texts is None
