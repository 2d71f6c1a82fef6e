"""Receipts: one for every donation, numbered without gaps, unchanged once issued."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support.ledger_fixture import StationLedger
from support.letters import LETTERS

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor
from supplies.domain.entry_rows import Receipt, ReceiptReplacement, ReceiptVoid
from supplies.errors import AlreadyDone, Forgotten, InvalidField, NotFound
from supplies.verification.verify import verify
from supplies.views.receipts import list_receipts

FIRST = "JZ-2020-000001"


def issued_content(station: StationLedger, number: str) -> dict[str, Any]:
    """Return the content of a receipt as issued."""
    receipt = station.books.latest_row(Receipt, number=number)
    assert receipt is not None
    content = station.books.value(
        "SELECT content FROM erasable WHERE digest = :digest", digest=receipt.digest
    )
    found: dict[str, Any] = msgspec.json.decode(content)
    return found


def valid_numbers(station: StationLedger) -> list[str]:
    """Return the numbers of the valid receipts."""
    void = {row.number for row in station.books.rows(ReceiptVoid)}
    return [row.number for row in station.books.rows(Receipt) if row.number not in void]


def test_receipt_numbers_have_no_gaps_within_a_year(
    station: StationLedger,
) -> None:
    station.give(1)
    station.give(2, happened_on=station.day(-3))
    station.clock.advance(400)
    station.give(3)
    assert [row.number for row in station.books.rows(Receipt)] == [
        FIRST,
        "JZ-2020-000002",
        "JZ-2021-000001",
    ]


def test_a_refused_donation_uses_no_receipt_number(station: StationLedger) -> None:
    with pytest.raises(InvalidField):
        station.give(1, item="gold")
    station.give(1)
    assert valid_numbers(station) == [FIRST]


def test_a_receipt_stores_its_quantities_in_figures_and_words(station: StationLedger) -> None:
    station.give(50, batch="B1", wish="for the old")
    paper = issued_content(station, FIRST)
    assert paper["donor"]["name"] == "广州某企业"
    assert paper["donor"]["phone"] == "138****8000"
    assert paper["wish"] == "for the old"
    line = paper["lines"][0]
    assert (line["quantity"], line["in_words"], line["in_words_en"]) == (50, "伍拾", "fifty")


def test_a_combined_receipt_voids_and_replaces_the_single_ones(station: StationLedger) -> None:
    first, second = station.give(3).document, station.give(4).document
    done = station(c.IssueReceipt(donations=[str(first), str(second)]))
    assert valid_numbers(station) == [done.document] == ["JZ-2020-000003"]
    assert [row.replaced for row in station.books.rows(ReceiptReplacement)] == [
        FIRST,
        "JZ-2020-000002",
    ]
    assert [line["quantity"] for line in issued_content(station, "JZ-2020-000003")["lines"]] == [
        3,
        4,
    ]


def test_reversing_a_donation_replaces_its_combined_receipt_by_one_for_the_rest(
    station: StationLedger,
) -> None:
    first, second = station.give(3), station.give(4)
    station(c.IssueReceipt(donations=[str(first.document), str(second.document)]))
    station(c.Reverse(entry=first.seq, reason="never came"))
    assert valid_numbers(station) == ["JZ-2020-000004"]
    paper = issued_content(station, "JZ-2020-000004")
    assert paper["replaces"] == ["JZ-2020-000003"]
    assert paper["donations"] == [second.document]


def test_a_replacement_receipt_keeps_the_order_of_its_donations(station: StationLedger) -> None:
    donations = [str(station.give(n).document) for n in range(1, 8)]
    chosen = [donations[4], donations[6], donations[5], donations[0]]
    assert chosen == ["d_9", "d_13", "d_11", "d_1"]
    number = station(c.IssueReceipt(donations=chosen)).document
    renewed = station(c.ReplaceReceipt(number=str(number), reason="r")).document
    assert issued_content(station, str(renewed))["donations"] == chosen
    station(c.Reverse(entry=13, reason="r"))
    assert issued_content(station, valid_numbers(station)[-1])["donations"] == [
        "d_9",
        "d_11",
        "d_1",
    ]


def test_a_combined_receipt_has_one_donor_and_each_donation_once(
    station: StationLedger,
) -> None:
    first, other = str(station.give(3).document), str(station.give(4, donor="D-2").document)
    with pytest.raises(InvalidField, match="a receipt is for one donor"):
        station(c.IssueReceipt(donations=[first, other]))
    with pytest.raises(InvalidField, match="is named twice"):
        station(c.IssueReceipt(donations=[first, first]))
    with pytest.raises(InvalidField, match="unknown donation d_99"):
        station(c.IssueReceipt(donations=["d_99"]))


def test_a_donation_on_a_combined_receipt_gets_no_single_receipt(station: StationLedger) -> None:
    first, second = str(station.give(3).document), str(station.give(4).document)
    station(c.IssueReceipt(donations=[first, second]))
    with pytest.raises(InvalidField, match="include them"):
        station(c.IssueReceipt(donations=[first]))


def test_a_reversed_donation_gets_no_receipt(station: StationLedger) -> None:
    done = station.give(3)
    station(c.Reverse(entry=done.seq, reason="never came"))
    with pytest.raises(InvalidField, match="was reversed"):
        station(c.IssueReceipt(donations=[str(done.document)]))


def test_a_void_receipt_keeps_its_number_and_cannot_be_voided_again(station: StationLedger) -> None:
    station.give(3)
    station(c.VoidReceipt(number=FIRST, reason="torn"))
    with pytest.raises(AlreadyDone, match=f"receipt {FIRST} is void already"):
        station(c.VoidReceipt(number=FIRST, reason="torn"))
    station.give(4)
    assert valid_numbers(station) == ["JZ-2020-000002"]


def test_a_replacement_shows_the_current_name_of_the_donor(station: StationLedger) -> None:
    station.give(3)
    station.ledger.amend(Donor(code="D-1", name="广州某某企业", kind="organisation"))
    station(c.ReplaceReceipt(number=FIRST, reason="name"))
    assert issued_content(station, FIRST)["donor"]["name"] == "广州某企业"
    assert issued_content(station, "JZ-2020-000002")["donor"]["name"] == "广州某某企业"


def test_reprints_are_counted(station: StationLedger) -> None:
    station.give(3)
    for _ in range(2):
        station(c.ReprintReceipt(number=FIRST))
    assert station.books.all("SELECT copy FROM reprints ORDER BY copy") == [(1,), (2,)]
    with pytest.raises(NotFound, match="unknown receipt JZ-2020-000009"):
        station(c.ReprintReceipt(number="JZ-2020-000009"))


def test_the_receipt_of_a_forgotten_donor_keeps_its_number_and_is_not_reprinted(
    station: StationLedger,
) -> None:
    station.give(3, donor="D-2")
    station(c.ForgetDonor(donor="D-2"))
    assert valid_numbers(station) == [FIRST]
    for command in (
        c.ReprintReceipt(number=FIRST),
        c.ReplaceReceipt(number=FIRST, reason="r"),
    ):
        with pytest.raises(Forgotten):
            station(command)


@pytest.mark.parametrize("name", [*LETTERS, "\ue000", "\U0010fffd"])
def test_a_gift_gets_a_receipt_whatever_script_its_texts_use(
    station: StationLedger, name: str
) -> None:
    station.ledger.register(Donor(code="D-9", name=name))
    station.give(3, donor="D-9", wish=f"给{name}\n\t两行")
    assert valid_numbers(station) == [FIRST]
    assert issued_content(station, FIRST)["donor"]["name"] == name


def test_correcting_one_donor_of_a_combined_receipt_makes_two_receipts(
    station: StationLedger,
) -> None:
    first, second = station.give(5), station.give(6)
    station(c.IssueReceipt(donations=[str(first.document), str(second.document)]))
    right = station.donation(6, donor="D-2")
    station(c.Correct(entry=second.seq, reason="typed wrongly", command=right))
    papers = {
        paper["donor"]["code"]: paper
        for paper in (issued_content(station, n) for n in valid_numbers(station))
    }
    assert {code: paper["donations"] for code, paper in papers.items()} == {
        "D-1": [first.document],
        "D-2": [second.document],
    }
    assert [paper["replaces"] for paper in papers.values()] == [["JZ-2020-000003"]] * 2
    listed = list_receipts(station.books).items
    assert len({row.number for row in listed}) == len(listed) == 5
    verify(station.ledger.store)


def test_a_reversed_donation_that_is_corrected_has_a_receipt_again(station: StationLedger) -> None:
    gift = station.give(3).seq
    reversal = station(c.Reverse(entry=gift, reason="never came")).seq
    assert valid_numbers(station) == []
    station(c.Correct(entry=reversal, reason="it came", command=station.donation(2)))
    assert valid_numbers(station) == ["JZ-2020-000002"]
    paper = issued_content(station, "JZ-2020-000002")
    assert (paper["lines"][0]["quantity"], paper["replaces"]) == (2, [FIRST])


def test_correcting_a_donation_without_a_receipt_issues_none(
    station: StationLedger,
) -> None:
    gift = station.give(3).seq
    station(c.VoidReceipt(number=FIRST, reason="the donor wants none"))
    station(c.Correct(entry=gift, reason="r", command=station.donation(2)))
    assert valid_numbers(station) == []
