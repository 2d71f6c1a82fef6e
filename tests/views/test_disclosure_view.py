"""公示: donors as they consented, communities without anyone's name."""

from datetime import date
from typing import Any

import pytest
from support.ledger_fixture import Desk
from support.view_json import shows

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Recipient
from supplies.errors import InvalidField
from supplies.papers.disclosure import Disclosure
from supplies.views.public_disclosure import build_disclosure, build_disclosure_paper
from supplies.views.station_report import build_station_report

FIRST, LAST = date(2020, 2, 3), date(2020, 2, 13)


def public(desk: Desk) -> Disclosure:
    return build_disclosure(desk.books, FIRST, LAST)


def consent(desk: Desk, code: str, publish: Any, name: str = "张三丰") -> None:
    desk.ledger.register(Donor(code=code, name=name, publish=publish))


def hand_out(desk: Desk, quantity: int, recipient: str, **more: Any) -> None:
    lines = [c.LotLine(item="mask", quantity=quantity)]
    desk(c.HandOut(recipient=recipient, location="store", lines=lines, **more))


def test_donors_are_named_as_each_consented(desk: Desk) -> None:
    consent(desk, "D-3", "name")
    consent(desk, "D-4", "family_name")
    for number, donor in enumerate(("D-1", None, "D-3", "D-4", "D-2"), 1):
        desk.give(number, donor=donor)
    assert [(given.name, given.quantity) for given in public(desk).received] == [
        ("张三丰", 3),
        ("张**", 4),
        (None, 8),
    ]


def test_a_forgotten_donor_is_not_named_any_more(desk: Desk) -> None:
    consent(desk, "D-3", "name")
    desk.give(3, donor="D-3")
    desk(c.ForgetDonor(donor="D-3"))
    assert [given.name for given in public(desk).received] == [None]


def test_the_disclosure_is_in_the_shape_that_programs_are_written_against(desk: Desk) -> None:
    desk.give(20)
    for number in range(3, 8):
        desk.ledger.register(Recipient(code=f"R-{number}", name="某人", community="north"))
        hand_out(desk, 1, f"R-{number}")
    hand_out(desk, 2, "R-1")
    hand_out(desk, 6, "G-1", headcount=6)
    assert shows(
        {key: getattr(public(desk), key) for key in ("received", "handed_over")},
        {
            "received": [{"source": "donor", "name": None, "item": "mask", "quantity": 20}],
            "handed_over": [
                {"community": None, "who": "person", "item": "mask", "quantity": 6, "count": 6},
                {
                    "community": "longxue",
                    "who": "household",
                    "item": "mask",
                    "quantity": 2,
                    "count": "<5",
                },
                {
                    "community": "north",
                    "who": "household",
                    "item": "mask",
                    "quantity": 5,
                    "count": 5,
                },
            ],
        },
    )


def test_what_is_disclosed_is_what_the_station_reports(desk: Desk) -> None:
    first = desk.give(20)
    desk(c.Correct(entry=first.seq, command=desk.donation(25), reason="typed wrong"))
    desk.stock(4)
    hand_out(desk, 7, "R-1")
    desk(
        c.TakeBack(
            recipient="R-1",
            location="store",
            lines=[c.LotLine(item="mask", quantity=2)],
            reason="too many",
        )
    )
    (report,) = build_station_report(desk.books, FIRST, LAST).goods
    found = public(desk)
    assert found.goods == [report]
    given = {line.source: line.quantity for line in found.received}
    assert given == {"donor": report.received, "opening": report.opening}
    assert [line.quantity for line in found.handed_over] == [report.handed_over]


def test_nobody_who_received_is_named(desk: Desk) -> None:
    desk.give(20)
    hand_out(desk, 7, "R-1")
    told = repr(build_disclosure_paper(desk.books, FIRST, LAST, printed_at=desk.clock()))
    assert "王某" not in told
    assert "R-1" not in told


def test_days_must_follow_each_other(desk: Desk) -> None:
    with pytest.raises(InvalidField, match="is before"):
        build_disclosure(desk.books, LAST, FIRST)
