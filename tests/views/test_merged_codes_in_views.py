"""Lists, statements and reports show all codes of a person, and count the person once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import pytest
from support.ledger_fixture import TODAY, StationLedger

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Recipient
from supplies.domain.money import Value
from supplies.errors import AlreadyDone
from supplies.exports.three_w import three_w_table
from supplies.papers.donor_statement import DonorStatement
from supplies.papers.station_report import StationReport
from supplies.stations.retention import PersonDue, Retention, people_due, set_retention
from supplies.views.allocation_proposal import propose_allocations
from supplies.views.allocations import list_allocations
from supplies.views.donations import list_donations
from supplies.views.donor_reports import report_donor_values, report_pledges_by_donor
from supplies.views.donor_statement import build_donor_statement, build_donor_statement_paper
from supplies.views.look_alikes import find_look_alikes, list_look_alikes
from supplies.views.need_reports import report_needs
from supplies.views.needs import list_needs
from supplies.views.periods import get_period_of_donor
from supplies.views.pledges import list_pledges
from supplies.views.public_disclosure import build_disclosure
from supplies.views.recall import build_recall
from supplies.views.receipts import list_receipts
from supplies.views.station_report import build_station_report

FIRST = date(2020, 2, 1)


@pytest.fixture
def station(station: StationLedger) -> StationLedger:
    station.ledger.register(
        Donor(code="D-3", name="李某", publish="name"),
        Recipient(code="R-3", name="张某", community="longxue"),
        Recipient(code="R-4", name="赵某"),
        Recipient(code="G-3", name="新来居民", kind="group"),
    )
    return station


def merge(
    station: StationLedger, code: str, into: str, kind: Literal["donor", "recipient"] = "recipient"
) -> int:
    return station(c.MergeCodes(kind=kind, code=code, into=into, reason="registered twice")).seq


def hand_out(station: StationLedger, quantity: int, recipient: str, **more: int) -> None:
    line = c.RecipientLine(item="mask", quantity=quantity)
    station(c.HandOut(recipient=recipient, location="store", lines=[line], **more))


def report(station: StationLedger) -> StationReport:
    return build_station_report(station.books, FIRST, TODAY)


def statement(station: StationLedger, donor: str) -> DonorStatement:
    return build_donor_statement(station.books, donor, FIRST, TODAY)


def test_lists_of_a_donor_show_all_codes(station: StationLedger) -> None:
    station.pledge(3, donor="D-2")
    station.pledge(4, donor="D-3")
    station.pledge(5, donor="D-1")
    station.give(6, donor="D-3")
    station.give(7, donor="D-2")
    station.give(8, donor="D-1")
    seq = merge(station, "D-3", "D-2", "donor")
    for code in ("D-2", "D-3"):
        pledges = list_pledges(station.books, donor=code).items
        assert [one.donor for one in pledges] == ["D-2", "D-3"]
        gifts = list_donations(station.books, donor=code, newest_first=True).items
        assert [one.donor for one in gifts] == ["D-2", "D-3"]
        receipts = list_receipts(station.books, donor=code).items
        assert [len(one.donations) for one in receipts] == [1, 1]
    station(c.Reverse(entry=seq, reason="two people"))
    assert [one.donor for one in list_donations(station.books, donor="D-2").items] == ["D-2"]
    assert len(list_receipts(station.books, donor="D-3").items) == 1


def test_the_pages_of_a_list_of_a_merged_donor_are_complete(station: StationLedger) -> None:
    for donor in ("D-3", "D-2", "D-3"):
        station.give(6, donor=donor)
    merge(station, "D-3", "D-2", "donor")
    found, after = [], None
    for _ in range(3):
        page = list_receipts(station.books, donor="D-2", after=after, limit=1)
        found += [one.number for one in page.items]
        after = page.next
    assert found == ["JZ-2020-000001", "JZ-2020-000002", "JZ-2020-000003"]


def test_the_statement_of_a_donor_is_about_all_codes(station: StationLedger) -> None:
    station.give(6, donor="D-3", happened_on=station.day(-5))
    station.give(7, donor="D-2", happened_on=station.day(-2))
    hand_out(station, 8, "R-1")
    merge(station, "D-3", "D-2", "donor")
    assert get_period_of_donor(station.books, "D-2")[0] == station.day(-5)
    both = statement(station, "D-2")
    assert (both.donor, both.receipts) == ("D-2", ["JZ-2020-000001", "JZ-2020-000002"])
    assert [(line.received, line.places) for line in both.goods] == [
        (13, {"free": 5, "handed_over": 8})
    ]
    assert statement(station, "D-3") == both
    now = station.clock()
    paper = build_donor_statement_paper(station.books, "D-3", FIRST, TODAY, printed_at=now)
    assert (paper.donor.code, paper.statement) == ("D-2", both)


def test_a_lot_that_was_given_under_both_codes_is_counted_once(station: StationLedger) -> None:
    gift = station.give(6, donor="D-3")
    merge(station, "D-3", "D-2", "donor")
    station(c.Correct(entry=gift.seq, command=station.donation(6, donor="D-2"), reason="r"))
    assert [line.received for line in statement(station, "D-2").goods] == [6]


def test_lists_of_a_recipient_show_all_codes(station: StationLedger) -> None:
    station.stock(30)
    for code in ("R-2", "R-3", "R-4"):
        station.need(5, code)
        station.allocate(5, code)
    merge(station, "R-3", "R-2")
    for code in ("R-2", "R-3"):
        needs = list_needs(station.books, recipient=code).items
        assert [one.recipient for one in needs] == ["R-2", "R-3"]
        allocations = list_allocations(station.books, recipient=code, status="allocated").items
        assert [one.recipient for one in allocations] == ["R-2", "R-3"]


def test_a_merged_household_counts_once_in_the_station_report(station: StationLedger) -> None:
    for code in ("R-2", "R-3"):
        station.need(5, code)
    assert report(station).households_surveyed == 2
    merge(station, "R-3", "R-2")
    assert report(station).households_surveyed == 1


@pytest.mark.parametrize("on", [TODAY, TODAY - timedelta(days=1)])
def test_a_merged_household_is_fully_met_if_the_needs_of_all_codes_are(
    station: StationLedger, on: date
) -> None:
    early = on - timedelta(days=2)
    station.stock(30, happened_on=early)
    for code in ("R-2", "R-3"):
        station.need(5, code, happened_on=early)
    line = c.RecipientLine(item="mask", quantity=5)

    def serve(code: str) -> int:
        hand_over = c.HandOut(recipient=code, location="store", lines=[line], happened_on=on)
        station(hand_over)
        return build_station_report(station.books, FIRST, on).households_fully_met

    assert serve("R-2") == 1
    merge(station, "R-3", "R-2")
    assert build_station_report(station.books, FIRST, on).households_fully_met == 0
    assert serve("R-2") == 1


def test_a_merged_household_is_reached_once(station: StationLedger) -> None:
    """Seven households are shown as a number, fewer than five are not."""
    for number in range(5, 10):
        station.ledger.register(
            Recipient(code=f"R-{number}", name=f"户{number}", community="longxue")
        )
    station.give(30, donor="D-3")
    for number in (1, 3, 5, 6, 7, 8, 9):
        hand_out(station, 1, f"R-{number}")
    assert [line.count for line in statement(station, "D-3").served] == [7]
    merge(station, "R-3", "R-1")
    assert [line.count for line in statement(station, "D-3").served] == [6]
    (line,) = build_disclosure(station.books, FIRST, TODAY).handed_over
    assert (line.quantity, line.count) == (7, 6)


def test_the_persons_of_a_merged_group_are_counted(station: StationLedger) -> None:
    station.give(30, donor="D-3")
    hand_out(station, 2, "G-1", headcount=20)
    hand_out(station, 3, "G-3", headcount=30)
    merge(station, "G-3", "G-1")
    assert [line.count for line in statement(station, "D-3").served] == [50]
    (line,) = build_disclosure(station.books, FIRST, TODAY).handed_over
    assert (line.quantity, line.count) == (5, 50)


def test_the_persons_of_a_merged_group_are_counted_where_the_code_that_stays_lives(
    station: StationLedger,
) -> None:
    station.ledger.register(
        Recipient(code="G-4", name="新居民", kind="group", community="longxue"),
        Recipient(code="G-5", name="新居民", kind="group", community="nansha"),
    )
    station.give(30, donor="D-3")
    hand_out(station, 2, "G-4", headcount=20)
    hand_out(station, 3, "G-5", headcount=30)
    merge(station, "G-5", "G-4")
    (reached,) = statement(station, "D-3").served
    assert (reached.community, reached.count) == ("longxue", 50)
    (line,) = build_disclosure(station.books, FIRST, TODAY).handed_over
    assert (line.community, line.quantity, line.count) == ("longxue", 5, 50)


def test_reports_by_donor_count_a_merged_donor_once(station: StationLedger) -> None:
    value = Value(minor=100, currency="CNY", evidence="invoice")
    for donor in ("D-2", "D-3"):
        station.pledge(5, donor=donor)
        station.give(4, donor=donor, value=value)
    merge(station, "D-2", "D-3", "donor")
    (pledged,) = report_pledges_by_donor(station.books, FIRST, TODAY, TODAY).items
    assert (pledged.donor, pledged.name, pledged.pledges) == ("D-3", "李某", 2)
    assert [line.promised for line in pledged.lines] == [10]
    (valued,) = report_donor_values(station.books, FIRST, TODAY).items
    assert (valued.donor, valued.name, valued.value, valued.donations) == ("D-3", "李某", 200, 2)


def test_needs_of_a_merged_household_wait_in_the_community_of_the_code_that_stays(
    station: StationLedger,
) -> None:
    station.need(5, "R-3")
    station.need(6, "R-4")
    merge(station, "R-4", "R-3")
    (group,) = report_needs(station.books, FIRST, TODAY, TODAY).items
    assert (group.community, group.waiting, group.missing) == ("longxue", 2, 11)


def test_the_3w_table_counts_a_merged_household_once(station: StationLedger) -> None:
    codes = [f"R-{number}" for number in range(5, 11)]
    station.ledger.register(*[Recipient(code=code, name=f"户{code}") for code in codes])
    station.stock(30)
    for code in codes:
        hand_out(station, 1, code)
    merge(station, "R-10", "R-9")
    (row,) = three_w_table(station.books, FIRST, TODAY).rows
    assert row[7] == 5


def test_the_disclosure_names_a_merged_donor_once_as_the_code_that_stays_consented(
    station: StationLedger,
) -> None:
    station.give(6, donor="D-2")
    station.give(7, donor="D-3")
    merge(station, "D-2", "D-3", "donor")
    (line,) = build_disclosure(station.books, FIRST, TODAY).received
    assert (line.name, line.quantity) == ("李某", 13)


def test_a_recall_names_a_merged_household_once(station: StationLedger) -> None:
    station.stock(30, batch="B7")
    hand_out(station, 2, "R-2")
    hand_out(station, 3, "R-3")
    merge(station, "R-2", "R-3")
    (reached,) = build_recall(station.books, "mask", "B7").reached
    assert (reached.recipient, reached.quantity) == ("R-3", 5)


def test_a_proposal_counts_the_needs_of_all_codes_of_a_household_together(
    station: StationLedger,
) -> None:
    for code in ("R-2", "R-3", "R-4"):
        station.need(6, code)
    station.stock(8)
    merge(station, "R-3", "R-2")
    proposed = propose_allocations(station.books, TODAY).items
    given = {one.recipient: sum(line.quantity for line in one.lines) for one in proposed}
    assert given == {"R-2": 4, "R-4": 4}
    for one in proposed:
        lines = [
            c.AllocationLine(item=line.item, quantity=line.quantity, need=line.need)
            for line in one.lines
        ]
        station(c.Allocate(recipient=one.recipient, location=one.location, lines=lines))
    station.ledger.verify()


def test_a_merged_person_is_due_after_the_last_entry_under_any_code(
    station: StationLedger,
) -> None:
    with station.ledger.admin_transaction() as books:
        set_retention(books, Retention(recipients_days=30))
    station.stock(30)
    hand_out(station, 2, "R-3")
    hand_out(station, 2, "R-4")
    station.clock.advance(20)
    hand_out(station, 2, "R-2")
    merge(station, "R-3", "R-2")

    def due(days: int) -> list[PersonDue]:
        return people_due(station.books, TODAY + timedelta(days=days))

    assert [one.code for one in due(40)] == ["R-4"]
    assert [(one.code, one.last_on) for one in due(60)] == [
        ("R-4", TODAY),
        ("R-2", TODAY + timedelta(days=20)),
    ]


def test_merged_records_are_no_look_alikes(station: StationLedger) -> None:
    merge(station, "R-3", "R-2")
    listed = list_look_alikes(station.books, "recipients").items
    assert "R-3" not in {one.code for group in listed for one in group.records}
    station.ledger.register(Recipient(code="R-8", name="张某"))
    new = Recipient(code="R-8", name="张某")
    assert [one.about for one in find_look_alikes(station.books, new)] == ["R-2"]
    merge(station, "R-8", "R-2")
    assert find_look_alikes(station.books, new) == []
    with pytest.raises(AlreadyDone):
        merge(station, "R-8", "R-2")
