"""Goods that were opened or repacked stay connected with the gifts from which they were made."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support.ledger_fixture import StationLedger
from support.refusals import assert_refused

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item
from supplies.domain.entry_rows import Lot
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
    others_pledge = cases.pledge(30, donor="D-2")
    correct(cases, plain.seq, convert(1, 40, pledge=others_pledge))
    assert get_pledge(cases.books, others_pledge).status == "kept"
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


def test_a_corrected_conversion_sets_nothing_aside_in_a_quarantine(cases: StationLedger) -> None:
    need = cases.need(6)
    pledge = cases.pledge(50, {need: 6})
    cases.give(3, "case", location="ward")
    plain, pledged = (
        msgspec.structs.replace(convert(1, 40, **product), location="ward")
        for product in ({}, {"pledge": pledge})
    )
    correct(cases, cases(plain).seq, pledged)
    assert cases.total("stock:ward", "mask") == 40
    assert cases.total("allocated:") == 0


def test_goods_opened_for_a_pledge_do_not_come_from_others_after_a_corrected_conversion(
    cases: StationLedger,
) -> None:
    pledge = cases.pledge(50)
    cases.give(3, "case")
    others_gift = cases.give(3, "case", donor="D-2")
    first = cases(convert(3, 30, item="soap"))
    cases(convert(30, 60, of="soap", pledge=pledge))
    changed = convert(3, 30, item="soap", lot=f"l_lx_{others_gift.seq}_1")
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


# --- expiry --------------------------------------------------------------------------------------


def expiry(station: StationLedger, lot: str) -> Any:
    found = station.books.latest_row(Lot, lot=lot)
    assert found is not None
    return found.expires_on


def made_in(done: Recorded, line: int = 1) -> str:
    return f"l_lx_{done.seq}_{line}"


class Gift:
    """A gift of cases of which the expiry is corrected several times."""

    def __init__(self, station: StationLedger, days: int | None, quantity: int = 9) -> None:
        self.station, self.quantity = station, quantity
        self.entry = station(self._command(days)).seq

    def _command(self, days: int | None) -> c.RecordDonation:
        day = None if days is None else self.station.day(days)
        return self.station.donation(self.quantity, "case", expires_on=day)

    def expires_in(self, days: int | None) -> None:
        """Correct the expiry."""
        self.entry = correct(self.station, self.entry, self._command(days)).seq


def test_a_product_without_an_expiry_of_its_own_follows_its_parents(cases: StationLedger) -> None:
    gift = Gift(cases, 30)
    product = made_in(cases(convert(3, 30)))
    for days in (10, 300, None, 60):
        gift.expires_in(days)
        assert expiry(cases, product) == (None if days is None else cases.day(days))
    cases.ledger.verify()


def test_a_stated_expiry_is_kept_as_far_as_the_parents_allow(cases: StationLedger) -> None:
    gift = Gift(cases, 300)
    product = made_in(cases(convert(3, 30, expires_on=cases.day(100))))
    for days, expected in ((10, 10), (50, 50), (400, 100), (None, 100), (20, 20)):
        gift.expires_in(days)
        assert expiry(cases, product) == cases.day(expected)
    cases.ledger.verify()


def test_an_expiry_with_a_reason_does_not_follow_the_parents(cases: StationLedger) -> None:
    gift = Gift(cases, 30)
    product = made_in(
        cases(convert(3, 30, expires_on=cases.day(90), expiry_reason="boiled and sealed"))
    )
    never = made_in(cases(convert(3, 30, expiry_reason="salted")))
    for days in (10, 300):
        gift.expires_in(days)
        assert (expiry(cases, product), expiry(cases, never)) == (cases.day(90), None)
    cases.ledger.verify()


def test_a_product_made_in_two_ways_from_one_gift_is_described_once(cases: StationLedger) -> None:
    gift = Gift(cases, 30)
    cases(convert(3, 30, item="soap"))
    cases(convert(3, 30, item="mask", batch="B-1"))
    both = cases(
        c.Convert(
            location="store",
            consumed=[
                c.LotLine(item="soap", quantity=30),
                c.LotLine(item="mask", quantity=30),
            ],
            produced=[c.ConvertedLine(item="rice", quantity=10)],
        )
    )
    for days in (10, 90):
        gift.expires_in(days)
        assert expiry(cases, made_in(both)) == cases.day(days)
    cases.ledger.verify()


def test_spilled_goods_do_not_shorten_the_expiry_of_a_product(cases: StationLedger) -> None:
    gift = Gift(cases, 300)
    cases.stock(5, "soap")
    done = cases(
        c.Convert(
            location="store",
            consumed=[c.LotLine(item="soap", quantity=5)],
            produced=[c.ConvertedLine(item="mask", quantity=10)],
            spilled=[c.LotLine(item="case", quantity=1)],
        )
    )
    gift.expires_in(10)
    assert expiry(cases, made_in(done)) is None


def test_a_corrected_conversion_keeps_the_expiry_that_it_stated(cases: StationLedger) -> None:
    gift = Gift(cases, 300)
    stated = convert(3, 30, expires_on=cases.day(100))
    done = cases(stated)
    gift.expires_in(10)
    noted = msgspec.structs.replace(stated, note="opened by Chen")
    fixed = correct(cases, done.seq, noted)
    assert expiry(cases, made_in(done)) == cases.day(10)
    shown = msgspec.structs.replace(
        stated, produced=[c.ConvertedLine(item="mask", quantity=31, expires_on=cases.day(10))]
    )
    fixed = correct(cases, fixed.seq, shown)
    gift.expires_in(400)
    assert expiry(cases, made_in(done)) == cases.day(100)
    correct(cases, fixed.seq, convert(3, 30))
    assert expiry(cases, made_in(done)) == cases.day(400)
    cases.ledger.verify()


def test_a_corrected_conversion_may_not_state_a_later_expiry(cases: StationLedger) -> None:
    Gift(cases, 100)
    done = cases(convert(3, 30, expires_on=cases.day(50)))
    later = convert(3, 30, expires_on=cases.day(200))
    assert_refused(
        cases,
        InvalidField,
        lambda: correct(cases, done.seq, later),
        at="/command/produced/0/expires_on",
    )


def test_repacked_goods_follow_a_found_lot_that_is_described_anew(cases: StationLedger) -> None:
    sheet = str(cases(c.OpenCountSheet(location="store")).document)
    counted = cases(c.CountStock(sheet=sheet, lines=[c.CountLine(item="case", counted=5)]))
    product = made_in(cases(convert(5, 50)))
    for days in (20, 70):
        cases(
            c.DescribeLot(
                lot=f"l_lx_{counted.seq}_1", expires_on=cases.day(days), reason="seen on the case"
            )
        )
        assert expiry(cases, product) == cases.day(days)
