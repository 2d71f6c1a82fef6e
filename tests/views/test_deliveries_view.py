"""The view of deliveries: stops, outcomes and slips."""

import pytest
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Recipient
from supplies.errors import Forgotten, InvalidField, NotFound
from supplies.views.deliveries import get_delivery, list_deliveries
from supplies.views.delivery_slips import build_delivery_slips

UNSAID = {"happened_at": None, "received_by": None, "proof": None, "note": None}
"""Fields that the report of a stop may leave out."""


def test_a_delivery_shows_its_stops_in_order_and_how_each_went(station: StationLedger) -> None:
    station.stock(20)
    first, second = station.allocate(10), station.allocate(4, "R-2")
    name = station.dispatch(second, first)
    station.outcome(
        name, first, "partly", lines=[c.OutcomeLine(line=1, received=8, brought_back=2)]
    )

    def line(
        loaded: int, received: int, back: int, lost: int, on_the_way: int
    ) -> dict[str, object]:
        return {
            "line": 1,
            "item": "mask",
            "lot": "l_lx_1_1",
            "loaded": loaded,
            "received": received,
            "brought_back": back,
            "lost": lost,
            "in_transit": on_the_way,
        }

    assert has_exact_json(
        get_delivery(station.books, name),
        {
            "id": "v_4",
            "team": "T-1",
            "status": "out",
            "stops": [
                {
                    "stop": 1,
                    "allocation": second,
                    "recipient": "R-2",
                    "outcome": None,
                    "lines": [line(4, 0, 0, 0, 4)],
                    "reported_in": None,
                    "happened_on": None,
                    **UNSAID,
                },
                {
                    "stop": 2,
                    "allocation": first,
                    "recipient": "R-1",
                    "outcome": "partly",
                    "lines": [line(10, 8, 2, 0, 0)],
                    "reported_in": 5,
                    "happened_on": "2020-02-10",
                    **UNSAID,
                },
            ],
            "happened_on": "2020-02-10",
            "note": None,
            "remarks": [],
        },
    )


def test_an_outcome_is_shown_as_it_was_corrected(station: StationLedger) -> None:
    station.stock(20)
    allocation = station.allocate(10)
    name = station.dispatch(allocation)
    done = station.outcome(name, allocation, "handed_over")
    right = c.ReportOutcome(delivery=name, allocation=allocation, outcome="lost")
    station(c.Correct(entry=done.seq, command=right, reason="the bag was stolen"))
    (stop,) = get_delivery(station.books, name).stops
    assert (stop.outcome, stop.lines[0].received, stop.lines[0].lost) == ("lost", 0, 10)


def test_a_lot_from_two_locations_is_two_lines(
    station: StationLedger,
) -> None:
    pledge = station.pledge(10, {station.need(10): 10})
    gift = station.give(5, pledge=pledge)
    allocation = f"a_{gift.seq + 1}"
    back = [c.OutcomeLine(line=1, brought_back=5, location="annex")]
    station.outcome(station.dispatch(allocation), allocation, "not_at_home", lines=back)
    right = station.donation(8, pledge=pledge)
    station(c.Correct(entry=gift.seq, command=right, reason="three were overlooked"))
    again = station.dispatch(allocation)
    (stop,) = get_delivery(station.books, again).stops
    assert [(line.loaded, line.in_transit) for line in stop.lines] == [(5, 5), (3, 3)]
    assert len({line.lot for line in stop.lines}) == 1
    lines = [c.OutcomeLine(line=1, received=5), c.OutcomeLine(line=2, lost=3)]
    station.outcome(again, allocation, "partly", lines=lines)
    (stop,) = get_delivery(station.books, again).stops
    assert [(line.received, line.lost, line.in_transit) for line in stop.lines] == [
        (5, 0, 0),
        (0, 3, 0),
    ]


def test_deliveries_are_filtered_by_team_and_status(
    station: StationLedger,
) -> None:
    station.stock(20)
    allocations = [station.allocate(1) for _ in range(3)]
    names = [station.dispatch(allocation) for allocation in allocations]
    station(c.ReassignDelivery(delivery=names[1], team="T-2"))
    station.outcome(names[0], allocations[0], "handed_over")
    station(c.CloseDelivery(delivery=names[0]))

    def ids(**only: str) -> list[str]:
        return [one.id for one in list_deliveries(station.books, **only).items]

    assert ids() == names
    assert ids(team="T-2") == [names[1]]
    assert ids(team="T-1") == [names[0], names[2]]
    assert ids(status="closed") == [names[0]]
    assert ids(status="out", team="T-1") == [names[2]]
    assert get_delivery(station.books, names[0]).status == "closed"
    with pytest.raises(InvalidField, match="not one of out, closed"):
        ids(status="lost")


def test_an_unknown_delivery_is_not_found(station: StationLedger) -> None:
    with pytest.raises(NotFound, match="unknown delivery v_1"):
        get_delivery(station.books, "v_1")
    with pytest.raises(NotFound, match="unknown delivery v_1"):
        build_delivery_slips(station.books, "v_1")


def test_a_slip_masks_name_and_telephone_and_shows_the_full_address(station: StationLedger) -> None:
    station.ledger.register(
        Recipient(
            code="R-7",
            name="陈大文",
            phone="13912345678",
            address="龙穴街1号 301",
            access="knock slowly",
        )
    )
    station.stock(20, batch="B7")
    own, other = station.allocate(10, "R-7"), station.allocate(4)
    name = station.dispatch(own, other)
    slip, second = build_delivery_slips(station.books, name)
    assert has_exact_json(
        slip,
        {
            "delivery": name,
            "allocation": own,
            "stop": 1,
            "stops": 2,
            "station": {
                "code": "lx",
                "name": "龙穴街社工服务站",
                "name_en": None,
                "credit_code": None,
                "address": None,
                "phone": None,
                "host": "http://127.0.0.1:8000",
                "logo": None,
                "languages": "zh+en",
            },
            "team": "一队",
            "day": "2020-02-10",
            "recipient": "R-7",
            "name": "陈**",
            "phone": "139****5678",
            "address": "龙穴街1号 301",
            "access": "knock slowly",
            "lines": [
                {
                    "name": "口罩",
                    "name_en": "mask",
                    "unit": "piece",
                    "quantity": 10,
                    "batch": "B7",
                    "expires_on": None,
                }
            ],
        },
    )
    assert (second.stop, second.recipient, second.phone) == (2, "R-1", None)


def test_the_slip_of_a_forgotten_recipient_is_refused(station: StationLedger) -> None:
    station.stock(20)
    allocation = station.allocate(10)
    name = station.dispatch(allocation)
    station.outcome(name, allocation, "handed_over")
    station(c.ForgetRecipient(recipient="R-1"))
    with pytest.raises(Forgotten):
        build_delivery_slips(station.books, name)
