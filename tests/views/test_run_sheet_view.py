"""The sheet of a whole round: what to load, lot by lot, and the doors in order."""

from datetime import date

import pytest
from support.ledger_fixture import Desk

from supplies.domain import commands as c
from supplies.errors import Forgotten, NotFound
from supplies.views.delivery_slips import build_delivery_slips, build_run_sheet


def test_what_to_load_is_summed_by_lot_and_what_expires_first_stands_first(desk: Desk) -> None:
    desk.stock(5, batch="late", expires_on=date(2021, 5, 1))
    desk.stock(5, batch="soon", expires_on=date(2020, 5, 1))
    desk.stock(9, "soap")
    one, two = desk.allocate(4), desk.allocate(3, "R-2")
    three = desk.allocate(2, "R-2", "soap")
    sheet = build_run_sheet(desk.books, desk.dispatch(one, two, three))
    assert [(load.batch, load.quantity, load.location) for load in sheet.load] == [
        ("soon", 5, "Store A"),
        ("late", 2, "Store A"),
        (None, 2, "Store A"),
    ]
    assert [(stop.stop, stop.recipient, stop.name) for stop in sheet.stops] == [
        (1, "R-1", "王**"),
        (2, "R-2", "张**"),
        (3, "R-2", "张**"),
    ]
    assert (sheet.team, sheet.day) == ("一队", desk.clock.day)


def test_its_stops_say_what_the_slips_say(desk: Desk) -> None:
    desk.stock(9)
    delivery = desk.dispatch(desk.allocate(4), desk.allocate(3, "R-2"))
    sheet, slips = build_run_sheet(desk.books, delivery), build_delivery_slips(desk.books, delivery)
    assert [stop.lines for stop in sheet.stops] == [slip.lines for slip in slips]
    assert [stop.address for stop in sheet.stops] == [slip.address for slip in slips]


def test_a_delivery_that_is_not_there_or_names_the_forgotten_has_none(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no delivery v_9"):
        build_run_sheet(desk.books, "v_9")
    desk.stock(4)
    allocation = desk.allocate(4)
    delivery = desk.dispatch(allocation)
    desk.outcome(delivery, allocation, "handed_over")
    desk(c.CloseDelivery(delivery=delivery))
    desk(c.ForgetRecipient(recipient="R-1"))
    with pytest.raises(Forgotten):
        build_run_sheet(desk.books, delivery)
