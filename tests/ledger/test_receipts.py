"""Receipts: one for every donation, numbered without gaps, frozen as they were issued."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support.ledger_fixture import Desk

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor
from supplies.domain.entry_rows import Receipt, ReceiptReplacement, ReceiptVoid
from supplies.errors import AlreadyDone, Forgotten, InvalidField, NotFound
from supplies.verification.verify import verify
from supplies.views.receipts import list_receipts

FIRST = "JZ-2020-000001"


def printed(desk: Desk, number: str) -> dict[str, Any]:
    """What a receipt's frozen document says."""
    receipt = desk.books.latest_row(Receipt, number=number)
    assert receipt is not None
    content = desk.books.value(
        "SELECT content FROM erasable WHERE digest = :digest", digest=receipt.digest
    )
    found: dict[str, Any] = msgspec.json.decode(content)
    return found


def valid(desk: Desk) -> list[str]:
    """The receipts that hold."""
    void = {row.number for row in desk.books.rows(ReceiptVoid)}
    return [row.number for row in desk.books.rows(Receipt) if row.number not in void]


def test_receipts_are_numbered_without_gaps_in_the_year_of_their_issue(desk: Desk) -> None:
    desk.give(1)
    desk.give(2, happened_on=desk.day(-3))
    desk.clock.advance(400)
    desk.give(3)
    assert [row.number for row in desk.books.rows(Receipt)] == [
        FIRST,
        "JZ-2020-000002",
        "JZ-2021-000001",
    ]


def test_a_refused_donation_takes_no_number(desk: Desk) -> None:
    with pytest.raises(InvalidField):
        desk.give(1, item="gold")
    desk.give(1)
    assert valid(desk) == [FIRST]


def test_a_receipt_freezes_what_was_given_in_figures_and_words(desk: Desk) -> None:
    desk.give(50, batch="B1", wish="for the old")
    paper = printed(desk, FIRST)
    assert paper["donor"]["name"] == "广州某企业"
    assert paper["donor"]["phone"] == "138****8000"
    assert paper["wish"] == "for the old"
    line = paper["lines"][0]
    assert (line["quantity"], line["in_words"], line["in_words_en"]) == (50, "伍拾", "fifty")


def test_a_combined_receipt_voids_and_replaces_the_single_ones(desk: Desk) -> None:
    first, second = desk.give(3).document, desk.give(4).document
    done = desk(c.IssueReceipt(donations=[str(first), str(second)]))
    assert valid(desk) == [done.document] == ["JZ-2020-000003"]
    assert [row.replaced for row in desk.books.rows(ReceiptReplacement)] == [
        FIRST,
        "JZ-2020-000002",
    ]
    assert [line["quantity"] for line in printed(desk, "JZ-2020-000003")["lines"]] == [3, 4]


def test_reversing_one_donation_replaces_a_combined_receipt_by_one_over_the_rest(
    desk: Desk,
) -> None:
    first, second = desk.give(3), desk.give(4)
    desk(c.IssueReceipt(donations=[str(first.document), str(second.document)]))
    desk(c.Reverse(entry=first.seq, reason="never came"))
    assert valid(desk) == ["JZ-2020-000004"]
    paper = printed(desk, "JZ-2020-000004")
    assert paper["replaces"] == ["JZ-2020-000003"]
    assert paper["donations"] == [second.document]


def test_a_receipt_issued_anew_keeps_the_order_of_its_donations(desk: Desk) -> None:
    given = [str(desk.give(n).document) for n in range(1, 8)]
    chosen = [given[4], given[6], given[5], given[0]]
    assert chosen == ["d_9", "d_13", "d_11", "d_1"]
    number = desk(c.IssueReceipt(donations=chosen)).document
    renewed = desk(c.ReplaceReceipt(number=str(number), reason="r")).document
    assert printed(desk, str(renewed))["donations"] == chosen
    desk(c.Reverse(entry=13, reason="r"))
    assert printed(desk, valid(desk)[-1])["donations"] == ["d_9", "d_11", "d_1"]


def test_a_combined_receipt_is_for_one_donor_and_names_each_donation_once(desk: Desk) -> None:
    first, other = str(desk.give(3).document), str(desk.give(4, donor="D-2").document)
    with pytest.raises(InvalidField, match="a receipt is for one donor"):
        desk(c.IssueReceipt(donations=[first, other]))
    with pytest.raises(InvalidField, match="is named twice"):
        desk(c.IssueReceipt(donations=[first, first]))
    with pytest.raises(InvalidField, match="there is no donation d_99"):
        desk(c.IssueReceipt(donations=["d_99"]))


def test_part_of_a_combined_receipt_has_no_receipt_of_its_own(desk: Desk) -> None:
    first, second = str(desk.give(3).document), str(desk.give(4).document)
    desk(c.IssueReceipt(donations=[first, second]))
    with pytest.raises(InvalidField, match="include them"):
        desk(c.IssueReceipt(donations=[first]))


def test_a_reversed_donation_gets_no_receipt(desk: Desk) -> None:
    done = desk.give(3)
    desk(c.Reverse(entry=done.seq, reason="never came"))
    with pytest.raises(InvalidField, match="was reversed"):
        desk(c.IssueReceipt(donations=[str(done.document)]))


def test_a_void_receipt_keeps_its_number_and_is_not_voided_again(desk: Desk) -> None:
    desk.give(3)
    desk(c.VoidReceipt(number=FIRST, reason="torn"))
    with pytest.raises(AlreadyDone, match=f"receipt {FIRST} is void already"):
        desk(c.VoidReceipt(number=FIRST, reason="torn"))
    desk.give(4)
    assert valid(desk) == ["JZ-2020-000002"]


def test_a_replacement_is_issued_from_todays_records(desk: Desk) -> None:
    desk.give(3)
    desk.ledger.amend(Donor(code="D-1", name="广州某某企业", kind="organisation"))
    desk(c.ReplaceReceipt(number=FIRST, reason="name"))
    assert printed(desk, FIRST)["donor"]["name"] == "广州某企业"
    assert printed(desk, "JZ-2020-000002")["donor"]["name"] == "广州某某企业"


def test_reprints_are_counted(desk: Desk) -> None:
    desk.give(3)
    for _ in range(2):
        desk(c.ReprintReceipt(number=FIRST))
    assert desk.books.all("SELECT copy FROM reprints ORDER BY copy") == [(1,), (2,)]
    with pytest.raises(NotFound, match="there is no receipt JZ-2020-000009"):
        desk(c.ReprintReceipt(number="JZ-2020-000009"))


def test_a_forgotten_donors_receipt_keeps_its_number_but_is_not_printed_again(desk: Desk) -> None:
    desk.give(3, donor="D-2")
    desk(c.ForgetDonor(donor="D-2"))
    assert valid(desk) == [FIRST]
    for command in (
        c.ReprintReceipt(number=FIRST),
        c.ReplaceReceipt(number=FIRST, reason="r"),
    ):
        with pytest.raises(Forgotten):
            desk(command)


@pytest.mark.parametrize(
    ("more", "character"),
    [
        ({"wish": "谢谢🙂"}, r"U\+1F642, SLIGHTLY SMILING FACE"),
        ({"wish": "شكرا"}, r"U\+0634"),
    ],
)
def test_what_no_font_can_show_is_refused_before_a_number_is_taken(
    desk: Desk, more: dict[str, str], character: str
) -> None:
    with pytest.raises(InvalidField, match=character):
        desk.give(3, **more)
    assert desk.entries() == 0
    desk.give(3, wish="给喆堃、䶮㑇、𠮷先生\n\t两行")
    assert valid(desk) == [FIRST]


def test_a_donor_whose_name_no_font_can_show_gets_a_receipt_once_it_is_mended(desk: Desk) -> None:
    desk.ledger.register(Donor(code="D-9", name="李🙂"))
    with pytest.raises(InvalidField, match="“李🙂” cannot be printed"):
        desk.give(3, donor="D-9")
    desk.ledger.amend(Donor(code="D-9", name="李喆"))
    desk.give(3, donor="D-9")
    assert valid(desk) == [FIRST]


def test_a_combined_receipt_made_out_to_the_wrong_donor_becomes_one_for_each(desk: Desk) -> None:
    first, second = desk.give(5), desk.give(6)
    desk(c.IssueReceipt(donations=[str(first.document), str(second.document)]))
    right = desk.donation(6, donor="D-2")
    desk(c.Correct(entry=second.seq, reason="typed wrongly", command=right))
    papers = {paper["donor"]["code"]: paper for paper in (printed(desk, n) for n in valid(desk))}
    assert {code: paper["donations"] for code, paper in papers.items()} == {
        "D-1": [first.document],
        "D-2": [second.document],
    }
    assert [paper["replaces"] for paper in papers.values()] == [["JZ-2020-000003"]] * 2
    listed = list_receipts(desk.books).items
    assert len({row.number for row in listed}) == len(listed) == 5
    verify(desk.ledger.store)


def test_a_donation_reversed_and_stated_again_has_a_receipt_again(desk: Desk) -> None:
    gift = desk.give(3).seq
    reversal = desk(c.Reverse(entry=gift, reason="never came")).seq
    assert valid(desk) == []
    desk(c.Correct(entry=reversal, reason="it came", command=desk.donation(2)))
    assert valid(desk) == ["JZ-2020-000002"]
    paper = printed(desk, "JZ-2020-000002")
    assert (paper["lines"][0]["quantity"], paper["replaces"]) == (2, [FIRST])


def test_a_donation_whose_receipt_was_voided_by_itself_stays_without_when_corrected(
    desk: Desk,
) -> None:
    gift = desk.give(3).seq
    desk(c.VoidReceipt(number=FIRST, reason="the donor wants none"))
    desk(c.Correct(entry=gift, reason="r", command=desk.donation(2)))
    assert valid(desk) == []
