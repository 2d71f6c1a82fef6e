"""Alerts: what needs a coordinator's attention."""

from datetime import date

import msgspec
import pytest
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.access import donor_requests
from supplies.access.access_context import AccessContext
from supplies.access.donor_requests import Answer, NewRequest
from supplies.domain import commands as c
from supplies.stations.paper_settings import amend_station
from supplies.views.alerts import Alert, late, list_alerts
from supplies.views.alerts.late import MAX_COMPARED


@pytest.fixture(autouse=True)
def _public_address(station: StationLedger) -> None:
    set_address(station, "https://supplies.example.org")


def set_address(station: StationLedger, host: str) -> None:
    with station.ledger.admin_transaction() as books:
        amend_station(books, {"host": host})


def found(station: StationLedger, **days: int) -> list[Alert]:
    return list_alerts(station.books, station.clock.day, **days).items


def alert_rows(
    station: StationLedger, **days: int
) -> list[tuple[str, str, str | None, int | None]]:
    return [(one.what, one.code, one.item, one.quantity) for one in found(station, **days)]


def test_there_are_no_alerts_without_a_cause(station: StationLedger) -> None:
    need = station.need(10, needed_by=station.day(0))
    station.pledge(5, {need: 5}, due_on=station.day(0))
    station.stock(20, expires_on=station.day(31))
    allocation = station.allocate(5)
    station.dispatch(allocation)
    assert found(station) == []


def test_expiring_goods_alert_before_and_after_their_day_including_allocated_ones(
    station: StationLedger,
) -> None:
    lot = station.stock(20, expires_on=date(2020, 2, 20))
    station.allocate(5)
    assert has_exact_json(
        list_alerts(station.books, station.clock.day, soon=10),
        {
            "items": [
                {
                    "what": "expires_soon",
                    "code": lot,
                    "location": "store",
                    "item": "mask",
                    "quantity": 20,
                    "since": "2020-02-10",
                    "due": "2020-02-20",
                }
            ],
            "next": None,
        },
    )
    assert alert_rows(station, soon=9) == []
    station.clock.advance(11)
    assert [(one.what, one.since) for one in found(station, waiting=90)] == [
        ("expired", date(2020, 2, 21))
    ]


def test_expired_goods_on_the_way_alert_with_their_delivery_or_shipment(
    station: StationLedger,
) -> None:
    lot = station.stock(20, expires_on=station.day(3))
    delivery = station.dispatch(station.allocate(5))
    sent = station(
        c.SendShipment(station="hp", location="store", lines=[c.LotLine(item="mask", quantity=4)])
    )
    shipment = str(sent.document)
    for days, what in ((0, "expires_soon"), (4, "expired")):
        station.clock.advance(days)
        alerts = [one for one in found(station, out=90, waiting=90) if one.what == what]
        places = {one.document: (one.location, one.quantity) for one in alerts}
        assert places == {
            delivery: (None, 5),
            shipment: (None, 4),
            msgspec.UNSET: ("store", 11),
        }
        assert {one.code for one in alerts} == {lot}


def test_overdue_pledges_and_needs_alert(station: StationLedger) -> None:
    need = station.need(10, needed_by=station.day(1))
    pledge = station.pledge(8, due_on=station.day(1))
    station.give(3, pledge=pledge)
    station.clock.advance(1)
    assert alert_rows(station) == []
    station.clock.advance(1)
    assert alert_rows(station) == [
        ("need_past_its_day", need, "mask", 10),
        ("pledge_overdue", pledge, "mask", 5),
    ]


@pytest.mark.parametrize("most_compared", [MAX_COMPARED, 0])
def test_needs_past_their_day_alert_as_they_now_are_whether_fewer_are_late_or_open(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch, most_compared: int
) -> None:
    monkeypatch.setattr(late, "MAX_COMPARED", most_compared)  # 0: those that are open are fewer
    past, later = station.day(0), station.day(2)

    def need(due: date | None, becomes: date | None = None) -> str:
        name = station.need(5, needed_by=due)
        if becomes is not None:
            corrected = c.NoteNeed(recipient="R-1", item="mask", quantity=4, needed_by=becomes)
            command = c.Correct(entry=station.entries(), command=corrected, reason="misheard")
            station(command)
        return name

    is_late, now_late = need(past), need(later, becomes=past)
    partly_met = need(past)
    need(past, becomes=later), need(later), need(None), need(later), need(later), need(later)
    need(past)
    station(c.Reverse(entry=station.entries(), reason="another household's"))
    station(c.EndNeed(need=need(past), reason="withdrawn"))
    station.stock(3)
    station.allocate(3, need=partly_met)
    station.clock.advance(1)
    alerts = [one for one in found(station) if one.what == "need_past_its_day"]
    assert [(one.code, one.quantity, one.due) for one in alerts] == [
        (is_late, 5, past),
        (now_late, 4, past),
        (partly_met, 2, past),
    ]


def test_long_deliveries_and_long_allocations_alert(
    station: StationLedger,
) -> None:
    station.stock(20)
    stays, goes = station.allocate(4), station.allocate(6)
    delivery = station.dispatch(goes)
    station.clock.advance(1)
    assert alert_rows(station) == [("delivery_out", delivery, "mask", 6)]
    station.outcome(delivery, goes, "handed_over")
    assert alert_rows(station) == [("delivery_out", delivery, None, None)]
    station(c.CloseDelivery(delivery=delivery))
    assert alert_rows(station) == []
    station.clock.advance(6)
    assert alert_rows(station) == [("allocation_waiting", stays, "mask", 4)]


def test_a_conflict_alerts_until_it_is_resolved(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(5)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "not_at_home")
    conflict = station.outcome(delivery, allocation, "handed_over")
    assert conflict.conflict
    assert alert_rows(station) == [("conflict_open", str(conflict.seq), None, None)]
    station(c.ResolveConflict(conflict=conflict.seq, by="correct", reason="the team is right"))
    assert alert_rows(station) == []


def test_alerts_contain_no_name_and_are_paginated(station: StationLedger) -> None:
    station.need(1, needed_by=station.day(0)), station.need(2, "R-2", needed_by=station.day(0))
    station.clock.advance(1)
    all_alerts = found(station)
    first = list_alerts(station.books, station.clock.day, limit=1)
    rest = list_alerts(station.books, station.clock.day, after=first.next)
    assert [*first.items, *rest.items] == all_alerts
    assert msgspec.json.encode(all_alerts).isascii()


def test_a_donors_request_alerts_until_it_is_answered(station: StationLedger) -> None:
    with station.ledger.admin_transaction() as books:
        access = AccessContext(books, station.clock())
        made = donor_requests.add(access, "D-1", NewRequest(kind="hide"))
        again = donor_requests.add(access, "D-1", NewRequest(kind="forget"))
    row = ("donor_request_open", "D-1", None, None)
    assert alert_rows(station) == [row, row]
    assert [one.document for one in found(station)] == [str(made.id), str(again.id)]
    with station.ledger.admin_transaction() as books:
        access = AccessContext(books, station.clock())
        for request in (made, again):
            donor_requests.answer(access, "D-1", request.id, Answer(answer="done"), by="u_1")
    assert alert_rows(station) == []


def test_receipts_that_lead_to_this_computer_alert_until_the_address_is_set(
    station: StationLedger,
) -> None:
    set_address(station, "http://localhost:8000")
    assert found(station) == []
    station.give(3)
    station.clock.advance(1)
    alert = found(station)[0]
    assert (alert.what, alert.code, alert.since) == ("local_address", "lx", station.day(-1))
    set_address(station, "https://supplies.example.org")
    assert found(station) == []


def test_an_item_alerts_if_less_than_its_minimum_is_free_and_usable(
    station: StationLedger,
) -> None:
    mask = station.books.item("mask")
    station.ledger.amend(msgspec.structs.replace(mask, minimum=20))
    assert alert_rows(station) == [("below_minimum", "mask", "mask", 0)]
    assert found(station)[0].since == station.clock.day
    station.stock(15)
    station.stock(5, location="annex")
    assert found(station) == []
    station.allocate(1)
    (alert,) = found(station)
    assert (alert.quantity, alert.minimum, alert.since) == (19, 20, station.clock.day)
    station.ledger.amend(msgspec.structs.replace(mask, minimum=20, retired=True))
    assert found(station) == []


def test_expired_and_quarantined_goods_do_not_count_towards_the_minimum(
    station: StationLedger,
) -> None:
    station.ledger.amend(msgspec.structs.replace(station.books.item("mask"), minimum=20))
    station.stock(20, location="ward")
    station.stock(20, expires_on=station.day(0))
    assert ("below_minimum", "mask", "mask", 20) not in alert_rows(station)
    station.clock.advance()
    assert ("below_minimum", "mask", "mask", 0) in alert_rows(station)


def test_a_gift_beyond_its_pledge_alerts_until_it_is_corrected_or_its_day_is_closed(
    station: StationLedger,
) -> None:
    pledge = station.pledge(10)
    gift = station.give(15, pledge=pledge)
    alert = ("beside_pledge", f"d_{gift.seq}", "mask", 5)
    assert alert_rows(station) == [alert]
    fixed = station(
        c.Correct(
            entry=gift.seq,
            command=msgspec.structs.replace(
                station.donation(),
                lines=[
                    c.DonationLine(item="mask", quantity=10, pledge=pledge),
                    c.DonationLine(item="mask", quantity=5),
                ],
            ),
            reason="5 were a gift of their own",
        )
    )
    assert alert_rows(station) == []
    back = station.donation(15, pledge=pledge)
    station(c.Correct(entry=fixed.seq, command=back, reason="all for the pledge"))
    assert alert_rows(station) == [alert]
    station.clock.advance(1)
    station(c.ClosePeriod(through=station.day(-1)))
    assert alert_rows(station) == []


def test_two_lines_of_an_item_beyond_a_pledge_are_one_alert(station: StationLedger) -> None:
    pledge = station.pledge(10)
    gift = station.donation()
    lines = [
        c.DonationLine(item="mask", quantity=8, pledge=pledge, batch="B1"),
        c.DonationLine(item="mask", quantity=5, pledge=pledge, batch="B2"),
        c.DonationLine(item="mask", quantity=4, pledge=pledge, batch="B3"),
    ]
    given = station(msgspec.structs.replace(gift, lines=lines))
    assert alert_rows(station) == [("beside_pledge", f"d_{given.seq}", "mask", 7)]
