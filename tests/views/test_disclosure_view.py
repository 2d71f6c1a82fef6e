"""The public disclosure (公示): donors are named as they consented, recipients never."""

from datetime import date
from typing import Any

import pytest
from msgspec import UNSET
from supplies_receipts.drawing.bilingual import uncounted_hand_outs
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Community, Donor, Recipient
from supplies.errors import InvalidField
from supplies.papers.disclosure import Disclosure
from supplies.views.public_disclosure import build_disclosure, build_disclosure_paper
from supplies.views.station_report import build_station_report

FIRST, LAST = date(2020, 2, 3), date(2020, 2, 13)


def public(station: StationLedger) -> Disclosure:
    return build_disclosure(station.books, FIRST, LAST)


def consent(station: StationLedger, code: str, publish: Any, name: str = "张三丰") -> None:
    station.ledger.register(Donor(code=code, name=name, publish=publish))


def hand_out(station: StationLedger, quantity: int, recipient: str, **more: Any) -> None:
    lines = [c.LotLine(item="mask", quantity=quantity)]
    station(c.HandOut(recipient=recipient, location="store", lines=lines, **more))


def test_donors_are_named_as_they_consented(station: StationLedger) -> None:
    consent(station, "D-3", "name")
    consent(station, "D-4", "family_name")
    for number, donor in enumerate(("D-1", None, "D-3", "D-4", "D-2"), 1):
        station.give(number, donor=donor)
    assert [(line.name, line.quantity) for line in public(station).received] == [
        ("张三丰", 3),
        ("张**", 4),
        (None, 8),
    ]


def test_a_forgotten_donor_is_not_named(station: StationLedger) -> None:
    consent(station, "D-3", "name")
    station.give(3, donor="D-3")
    station(c.ForgetDonor(donor="D-3"))
    assert [line.name for line in public(station).received] == [None]


def test_the_disclosure_has_the_documented_json(
    station: StationLedger,
) -> None:
    station.give(20)
    for number in range(3, 8):
        station.ledger.register(Recipient(code=f"R-{number}", name="某人", community="north"))
        hand_out(station, 1, f"R-{number}")
    hand_out(station, 2, "R-1")
    hand_out(station, 6, "G-1", headcount=6)
    assert has_exact_json(
        {key: getattr(public(station), key) for key in ("received", "handed_over")},
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


def test_the_disclosure_has_the_figures_of_the_station_report(station: StationLedger) -> None:
    first = station.give(20)
    station(c.Correct(entry=first.seq, command=station.donation(25), reason="typed wrong"))
    station.stock(4)
    hand_out(station, 7, "R-1")
    station(
        c.TakeBack(
            recipient="R-1",
            location="store",
            lines=[c.LotLine(item="mask", quantity=2)],
            reason="too many",
        )
    )
    (report,) = build_station_report(station.books, FIRST, LAST).goods
    found = public(station)
    assert found.goods == [report]
    received = {line.source: line.quantity for line in found.received}
    assert received == {"donor": report.received, "opening": report.opening}
    assert [line.quantity for line in found.handed_over] == [report.handed_over]


def test_hand_outs_to_groups_without_a_headcount_are_disclosed_as_such(
    station: StationLedger,
) -> None:
    station.give(20)
    hand_out(station, 6, "G-1")
    (line,) = public(station).handed_over
    assert (line.who, line.quantity, line.count, line.uncounted) == ("person", 6, 0, 1)
    assert uncounted_hand_outs(1) == (
        "1 次集体发放未登记人数",
        "1 group hand-out without a headcount",
    )


def test_the_disclosure_names_no_recipient(station: StationLedger) -> None:
    station.give(20)
    hand_out(station, 7, "R-1")
    shown = repr(build_disclosure_paper(station.books, FIRST, LAST, printed_at=station.clock()))
    assert "王某" not in shown
    assert "R-1" not in shown


def test_a_disclosure_that_ends_before_it_begins_is_refused(station: StationLedger) -> None:
    with pytest.raises(InvalidField, match="is before"):
        build_disclosure(station.books, LAST, FIRST)


def test_a_registered_community_is_named_and_any_other_keeps_its_code(
    station: StationLedger,
) -> None:
    station.stock(20)
    station.ledger.register(
        Recipient(code="R-3", name="某人", community="north"),
        Community(code="longxue", name="龙穴社区", name_en="Longxue"),
    )
    for recipient in ("R-1", "R-2", "R-3"):
        hand_out(station, 1, recipient)
    lines = public(station).handed_over
    assert [(line.community, line.community_name, line.community_name_en) for line in lines] == [
        (None, UNSET, UNSET),
        ("longxue", "龙穴社区", "Longxue"),
        ("north", UNSET, UNSET),
    ]
    station.ledger.amend(Community(code="longxue", name="龙穴"))
    named = public(station).handed_over[1]
    assert (named.community_name, named.community_name_en) == ("龙穴", UNSET)
