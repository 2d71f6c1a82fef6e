"""The station report: every figure follows from entries."""

from datetime import date
from typing import Any

import msgspec
import pytest
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.errors import BooksBroken, InvalidField
from supplies.papers.common import ItemName
from supplies.papers.station_report import GoodsLine
from supplies.views.station_report import build_station_report, build_station_report_paper

FIRST, LAST = date(2020, 2, 3), date(2020, 2, 13)


def on(day: int) -> date:
    return date(2020, 2, day)


def goods(station: StationLedger, first: date = FIRST, last: date = LAST) -> dict[str, GoodsLine]:
    return {line.item: line for line in build_station_report(station.books, first, last).goods}


def figures(line: GoodsLine) -> dict[str, int]:
    """Return the figures that are not zero."""
    every: dict[str, Any] = msgspec.structs.asdict(line)
    return {name: n for name, n in every.items() if isinstance(n, int) and n}


def handed_out(n: int, recipient: str = "R-1", item: str = "mask", **more: Any) -> c.HandOut:
    line = c.LotLine(item=item, quantity=n)
    return c.HandOut(recipient=recipient, location="store", lines=[line], **more)


def test_the_station_report_has_the_documented_json(
    station: StationLedger,
) -> None:
    station.need(10, happened_on=on(3))
    station.give(8)
    station(c.RecordActivity(kind="worker", count=14))
    station(c.RecordActivity(kind="visit", count=60))
    station(c.RecordActivity(kind="flats", count=777))
    assert has_exact_json(
        build_station_report(station.books, FIRST, LAST),
        {
            "station": "lx",
            "from": "2020-02-03",
            "to": "2020-02-13",
            "as_of_seq": 6,
            "workers": 14,
            "contacts": 0,
            "visits": 60,
            "households_surveyed": 1,
            "households_fully_met": 0,
            "notices_posted": 0,
            "activities": [
                {"kind": "flats", "count": 777},
                {"kind": "visit", "count": 60},
                {"kind": "worker", "count": 14},
            ],
            "goods": [
                {
                    "item": "mask",
                    "unit": "piece",
                    "opening": 0,
                    "received": 8,
                    "handed_over": 0,
                    "used": 0,
                    "lost": 0,
                    "unexplained": 0,
                    "other": 0,
                    "on_hand": 8,
                    "allocated": 0,
                    "in_transit": 0,
                }
            ],
            "short": [{"item": "mask", "needed": 10, "free": 8}],
        },
    )


def test_every_column_of_the_report_follows_from_transfers(station: StationLedger) -> None:
    station.stock(100)
    station.give(50)
    line = [c.LotLine(item="mask", quantity=7)]
    station(c.IssueGoods(purpose="gate", location="store", lines=line))
    station(c.WriteOff(reason="damaged", location="store", lines=line))
    station(c.LendGoods(borrower="clinic", location="store", lines=line))
    station(handed_out(5))
    station.allocate(3)
    station.dispatch(station.allocate(4))
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=118)]))
    assert figures(goods(station)["mask"]) == {
        "opening": 100,
        "received": 50,
        "handed_over": 5,
        "used": 7,
        "lost": 7,
        "unexplained": 2,
        "other": 7,
        "on_hand": 118,
        "allocated": 3,
        "in_transit": 4,
    }


def test_earlier_stock_is_the_opening_and_later_entries_are_excluded(
    station: StationLedger,
) -> None:
    station.give(50, happened_on=on(2))
    station.give(20, happened_on=on(5))
    station(handed_out(30, happened_on=on(6)))
    station(handed_out(10, happened_on=on(9)))
    found = goods(station, on(3), on(7))["mask"]
    assert figures(found) == {"opening": 50, "received": 20, "handed_over": 30, "on_hand": 40}
    later = goods(station, on(8), on(8))["mask"]
    assert figures(later) == {"opening": 40, "on_hand": 40}


def test_the_report_includes_corrections_and_excludes_returned_goods(
    station: StationLedger,
) -> None:
    gift = station.give(50, happened_on=on(5))
    right = station.donation(42, happened_on=on(5))
    station(c.Correct(entry=gift.seq, command=right, reason="typed wrongly"))
    line = [c.LotLine(item="mask", quantity=2)]
    station(c.ReturnGoods(location="store", lines=line, reason="too small"))
    assert figures(goods(station)["mask"]) == {"received": 42, "other": 2, "on_hand": 40}


def test_a_household_is_fully_met_when_all_its_needs_are_met(station: StationLedger) -> None:
    station.stock(100)
    station.stock(100, "soap")
    station.need(5, "R-1", happened_on=on(4))
    station.need(2, "R-1", "soap", happened_on=on(4))
    station.need(5, "R-2", happened_on=on(4))
    station.need(5, "G-1", happened_on=on(4))
    for recipient in ("R-1", "R-2", "G-1"):
        station(handed_out(5, recipient))
    found = build_station_report(station.books, FIRST, LAST)
    assert (found.households_surveyed, found.households_fully_met) == (2, 1)
    before = build_station_report(station.books, FIRST, on(9))
    assert (before.households_surveyed, before.households_fully_met) == (2, 0)
    after = build_station_report(station.books, on(5), LAST)
    assert (after.households_surveyed, after.households_fully_met) == (0, 1)
    station(handed_out(2, "R-1", "soap"))
    assert build_station_report(station.books, FIRST, LAST).households_fully_met == 2


def test_a_reversed_need_is_not_counted(station: StationLedger) -> None:
    station.need(5)
    station(c.Reverse(entry=1, reason="another household's"))
    assert build_station_report(station.books, FIRST, LAST).households_surveyed == 0


def test_notices_are_those_posted_minus_those_removed(station: StationLedger) -> None:
    line = c.ArrivalLine(item="rice", quantity=20)
    station(c.RecordArrival(origin="made", party="station", location="store", lines=[line]))
    issued = [c.LotLine(item="rice", quantity=12)]
    done = station(c.IssueGoods(purpose="notices", location="store", lines=issued))
    back = [c.LotLine(item="rice", quantity=2)]
    station(c.ReturnIssue(issue=str(done.document), lines=back))
    assert build_station_report(station.books, FIRST, LAST).notices_posted == 10
    assert build_station_report(station.books, FIRST, on(9)).notices_posted == 0


def test_activities_are_net_of_corrections(station: StationLedger) -> None:
    done = station(c.RecordActivity(kind="contact", count=45, happened_on=on(4)))
    station(c.RecordActivity(kind="contact", count=9))
    right = c.RecordActivity(kind="contact", count=54, happened_on=on(6))
    station(c.Correct(entry=done.seq, command=right, reason="a page was missed"))
    assert build_station_report(station.books, FIRST, LAST).contacts == 63
    assert build_station_report(station.books, on(4), on(5)).contacts == 0
    assert build_station_report(station.books, on(6), on(6)).contacts == 54
    station(c.Reverse(entry=station.entries(), reason="not at all"))
    assert build_station_report(station.books, FIRST, LAST).contacts == 9


def test_the_report_of_a_closed_period_does_not_change(station: StationLedger) -> None:
    done = station(c.RecordActivity(kind="contact", count=45, happened_on=on(4)))
    station(c.ClosePeriod(through=on(5)))
    right = c.RecordActivity(kind="contact", count=54, happened_on=on(4))
    station(c.Correct(entry=done.seq, command=right, reason="a page was missed"))
    assert build_station_report(station.books, FIRST, on(5)).contacts == 45
    assert build_station_report(station.books, on(6), LAST).contacts == 9


def test_items_are_short_when_needs_exceed_free_stock(station: StationLedger) -> None:
    station.stock(10)
    station.need(4)
    claimed = station.need(6, "R-2")
    station.pledge(6, {claimed: 6})
    assert build_station_report(station.books, FIRST, LAST).short == []
    station.need(1, "R-2")
    (short,) = build_station_report(station.books, FIRST, LAST).short
    assert (short.item, short.needed, short.free) == ("mask", 11, 10)


def test_a_period_that_ends_before_it_begins_is_refused(station: StationLedger) -> None:
    with pytest.raises(InvalidField, match="2020-02-03 is before 2020-02-13"):
        build_station_report(station.books, LAST, FIRST)


def test_transfers_that_do_not_match_balances_are_reported_as_broken(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.stock(10)
    monkeypatch.setattr("supplies.views.station_report.ON_HAND", ())
    with pytest.raises(BooksBroken) as broken:
        build_station_report(station.books, FIRST, LAST)
    assert (broken.value.expected, broken.value.found) == ("10", "0")


def test_the_report_paper_has_station_and_date(station: StationLedger) -> None:
    station.stock(10)
    moment = station.clock()
    paper = build_station_report_paper(station.books, FIRST, LAST, printed_at=moment)
    assert paper.station.code == "lx"
    assert paper.names == {"mask": ItemName(name="口罩", name_en="mask")}
    assert paper.printed_at == moment
    assert paper.printed_at.isoformat() == "2020-02-10T12:00:00+08:00"
    assert paper.report == build_station_report(station.books, FIRST, LAST)
