from datetime import date

import msgspec
from support.ledger_fixture import Desk
from support.view_json import shows

from supplies.domain import commands as c
from supplies.views.alerts import Alert, list_alerts


def found(desk: Desk, **days: int) -> list[Alert]:
    return list_alerts(desk.books, desk.clock.day, **days).items


def told(desk: Desk, **days: int) -> list[tuple[str, str, str | None, int | None]]:
    return [(one.what, one.code, one.item, one.quantity) for one in found(desk, **days)]


def test_nothing_is_told_where_all_is_well(desk: Desk) -> None:
    need = desk.need(10, needed_by=desk.day(0))
    desk.pledge(5, {need: 5}, due_on=desk.day(0))
    desk.stock(20, expires_on=desk.day(31))
    allocation = desk.allocate(5)
    desk.dispatch(allocation)
    assert found(desk) == []


def test_goods_that_expire_are_told_before_and_after_with_what_is_set_aside(desk: Desk) -> None:
    lot = desk.stock(20, expires_on=date(2020, 2, 20))
    desk.allocate(5)
    assert shows(
        list_alerts(desk.books, desk.clock.day, soon=10),
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
    assert told(desk, soon=9) == []
    desk.clock.advance(11)
    assert [(one.what, one.since) for one in found(desk, waiting=90)] == [
        ("expired", date(2020, 2, 21))
    ]


def test_a_pledge_and_a_need_are_told_once_their_day_has_passed(desk: Desk) -> None:
    need = desk.need(10, needed_by=desk.day(1))
    pledge = desk.pledge(8, due_on=desk.day(1))
    desk.give(3, pledge=pledge)
    desk.clock.advance(1)
    assert told(desk) == []
    desk.clock.advance(1)
    assert told(desk) == [
        ("need_past_its_day", need, "mask", 10),
        ("pledge_overdue", pledge, "mask", 5),
    ]


def test_a_team_that_is_out_for_long_and_goods_that_stand_aside_for_long_are_told(
    desk: Desk,
) -> None:
    desk.stock(20)
    stays, goes = desk.allocate(4), desk.allocate(6)
    delivery = desk.dispatch(goes)
    desk.clock.advance(1)
    assert told(desk) == [("delivery_out", delivery, "mask", 6)]
    desk.outcome(delivery, goes, "handed_over")
    assert told(desk) == [("delivery_out", delivery, None, None)]
    desk(c.CloseDelivery(delivery=delivery))
    assert told(desk) == []
    desk.clock.advance(6)
    assert told(desk) == [("allocation_waiting", stays, "mask", 4)]


def test_a_conflict_is_told_until_it_is_decided(desk: Desk) -> None:
    desk.stock(10)
    allocation = desk.allocate(5)
    delivery = desk.dispatch(allocation)
    desk.outcome(delivery, allocation, "not_at_home")
    kept = desk.outcome(delivery, allocation, "handed_over")
    assert kept.conflict
    assert told(desk) == [("conflict_open", str(kept.seq), None, None)]
    desk(c.ResolveConflict(conflict=kept.seq, by="correct", reason="the team is right"))
    assert told(desk) == []


def test_no_name_is_told_and_the_list_comes_in_parts(desk: Desk) -> None:
    desk.need(1, needed_by=desk.day(0)), desk.need(2, "R-2", needed_by=desk.day(0))
    desk.clock.advance(1)
    whole = found(desk)
    first = list_alerts(desk.books, desk.clock.day, limit=1)
    rest = list_alerts(desk.books, desk.clock.day, after=first.next)
    assert [*first.items, *rest.items] == whole
    assert msgspec.json.encode(whole).isascii()
