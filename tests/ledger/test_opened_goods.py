"""Goods that were opened or repacked stay connected with the gifts from which they were made."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_fixture import StationLedger
from support.refusals import assert_refused

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item
from supplies.errors import InvalidField
from supplies.ledger.recorded import Recorded
from supplies.views.pledges import get_pledge


@pytest.fixture
def cases(station: StationLedger) -> StationLedger:
    """The station with an item for cases that were not counted yet."""
    station.ledger.register(Item(code="case", name="口罩（箱）", unit="case"))
    return station


def convert(
    quantity: int, made: int, *, of: str = "case", lot: str | None = None, **product: Any
) -> c.Convert:
    return c.Convert(
        location="store",
        consumed=[c.LotLine(item=of, quantity=quantity, lot=lot)],
        produced=[c.ConvertedLine(quantity=made, **{"item": "mask", **product})],
    )


def correct(station: StationLedger, entry: int, command: Any) -> Recorded:
    return station(c.Correct(entry=entry, command=command, reason="typed wrongly"))


# --- whose goods fulfil a pledge -----------------------------------------------------------------


def test_the_donor_of_goods_opened_for_a_pledge_cannot_be_corrected_alone(
    cases: StationLedger,
) -> None:
    pledge = cases.pledge(50)
    gift = cases.give(3, "case")
    opened = cases(convert(1, 40, pledge=pledge))
    other = cases.donation(3, "case", donor="D-2")
    with pytest.raises(
        InvalidField, match=f"entry {opened.seq} .*{pledge} of D-1, .*correct entry {opened.seq}"
    ):
        correct(cases, gift.seq, other)
    assert get_pledge(cases.books, pledge).lines[0].arrived == 40

    plain = correct(cases, opened.seq, convert(1, 40))
    correct(cases, gift.seq, other)
    assert get_pledge(cases.books, pledge).lines[0].arrived == 0
    theirs = cases.pledge(30, donor="D-2")
    correct(cases, plain.seq, convert(1, 40, pledge=theirs))
    assert get_pledge(cases.books, theirs).status == "kept"
    cases.ledger.verify()


def test_the_donor_of_goods_repacked_twice_for_a_pledge_cannot_be_corrected_alone(
    cases: StationLedger,
) -> None:
    pledge = cases.pledge(50)
    gift = cases.give(3, "case")
    cases(convert(3, 30, item="soap"))
    cases(convert(30, 60, of="soap", pledge=pledge))
    other = cases.donation(3, "case", donor="D-2")
    with pytest.raises(InvalidField, match="fulfil pledge"):
        correct(cases, gift.seq, other)


def test_a_donor_can_be_corrected_if_the_opened_goods_fulfil_no_pledge_any_more(
    cases: StationLedger,
) -> None:
    pledge = cases.pledge(50)
    gift = cases.give(3, "case")
    opened = cases(convert(1, 40, pledge=pledge))
    cases(c.Reverse(entry=opened.seq, reason="not opened yet"))
    correct(cases, gift.seq, cases.donation(3, "case", donor="D-2"))
    assert cases.total("donor:D-2", "case") == -3


def test_another_fact_of_goods_opened_for_a_pledge_can_be_corrected(cases: StationLedger) -> None:
    pledge = cases.pledge(50)
    gift = cases.give(3, "case")
    cases(convert(1, 40, pledge=pledge))
    correct(cases, gift.seq, cases.donation(4, "case", batch="B-7"))
    assert cases.total("stock:store", "case") == 3


def test_goods_opened_for_a_pledge_do_not_come_from_others_after_a_corrected_conversion(
    cases: StationLedger,
) -> None:
    pledge = cases.pledge(50)
    cases.give(3, "case")
    theirs = cases.give(3, "case", donor="D-2")
    first = cases(convert(3, 30, item="soap"))
    cases(convert(30, 60, of="soap", pledge=pledge))
    changed = convert(3, 30, item="soap", lot=f"l_lx_{theirs.seq}_1")
    assert_refused(
        cases,
        InvalidField,
        lambda: correct(cases, first.seq, changed),
        at="/command",
    )


def test_found_goods_opened_for_a_pledge_are_settled_with_its_donor_only(
    cases: StationLedger,
) -> None:
    pledge = cases.pledge(50)
    sheet = str(cases(c.OpenCountSheet(location="store")).document)
    cases(c.CountStock(sheet=sheet, lines=[c.CountLine(item="case", counted=5)]))

    def settle(quantity: int, donor: str) -> Recorded:
        return cases(
            c.Settle(
                place="store",
                by="donor",
                party=donor,
                handled_by="陈某",
                lines=[c.LotLine(item="case", quantity=quantity)],
                reason="found",
            )
        )

    settle(2, "D-1")
    cases(convert(5, 200, pledge=pledge))
    with pytest.raises(InvalidField, match="fulfil pledge"):
        settle(3, "D-2")
    settle(3, "D-1")
    cases.ledger.verify()
