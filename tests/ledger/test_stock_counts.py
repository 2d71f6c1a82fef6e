"""Stock counts: differences from the books at the moment when the count sheet was opened."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from support.ledger_fixture import StationLedger
from support.refusals import assert_refused

from supplies.domain import commands as c
from supplies.domain.entry_rows import Lot, Recount
from supplies.errors import (
    AlreadyDone,
    InvalidField,
    NotFound,
)
from supplies.verification.verify import verify
from supplies.views.donations import get_donation
from supplies.views.stock import get_stock


def opened(station: StationLedger, location: str = "store") -> str:
    return str(station(c.OpenCountSheet(location=location)).document)


def count(sheet: str, counted: int, item: str = "mask", lot: str | None = None) -> c.CountStock:
    return c.CountStock(sheet=sheet, lines=[c.CountLine(item=item, counted=counted, lot=lot)])


def test_a_shortage_takes_free_stock_and_is_booked_as_unexplained(station: StationLedger) -> None:
    station.stock(10)
    station(count(opened(station), 7))
    assert station.total("stock:store") == 7
    assert station.total("unexplained:store") == 3


def test_a_count_is_compared_with_the_stock_when_its_sheet_was_opened(
    station: StationLedger,
) -> None:
    station.stock(10)
    sheet = opened(station)
    station.stock(5)
    station(c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=2)]))
    station(count(sheet, 10))
    assert station.total("stock:store") == 13
    assert station.total("unexplained:store") == 0


def hand_out(quantity: int, **more: Any) -> c.HandOut:
    lines = [c.LotLine(item="mask", quantity=quantity)]
    return c.HandOut(recipient="R-1", location="store", lines=lines, **more)


def opened_on(station: StationLedger, day: date) -> str:
    return str(station(c.OpenCountSheet(location="store", happened_on=day)).document)


def counted_on(sheet: str, counted: int, day: date) -> c.CountStock:
    lines = [c.CountLine(item="mask", counted=counted)]
    return c.CountStock(sheet=sheet, lines=lines, happened_on=day)


def test_a_count_dated_yesterday_ignores_goods_that_left_today(station: StationLedger) -> None:
    station.stock(100, happened_on=station.day(-5))
    station(hand_out(10))
    station(counted_on(opened_on(station, station.day(-1)), 100, station.day(-1)))
    assert station.total("stock:store") == 90
    assert station.total("unexplained:store") == 0


def test_a_count_dated_on_a_past_day_ignores_goods_that_came_later(station: StationLedger) -> None:
    station.stock(30, happened_on=station.day(-5))
    station.stock(12)
    station(counted_on(opened_on(station, station.day(-2)), 30, station.day(-2)))
    assert station.total("stock:store") == 42
    assert station.total("unexplained:store") == 0


def test_a_difference_of_a_past_day_is_booked_on_that_day(station: StationLedger) -> None:
    lot = station.stock(100, happened_on=station.day(-5))
    station(hand_out(10))
    station(counted_on(opened_on(station, station.day(-1)), 97, station.day(-1)))
    assert station.books.balance_on(station.day(-1), "stock:store", "mask", lot) == 97
    assert station.total("stock:store") == 87


def test_an_earlier_hand_out_recorded_after_opening_the_sheet_reduces_the_expected_quantity(
    station: StationLedger,
) -> None:
    station.stock(100, happened_on=station.day(-5))
    sheet = opened(station)
    station(hand_out(10, happened_on=station.day(-2)))
    station(count(sheet, 90))
    assert station.total("stock:store") == 90
    assert station.total("unexplained:store") == 0


@pytest.mark.parametrize("day", [0, -3])
def test_a_gift_corrected_after_opening_the_sheet_is_expected_as_corrected(
    station: StationLedger, day: int
) -> None:
    gift = station.give(60, happened_on=station.day(day))
    sheet = opened(station)
    right = station.donation(50, happened_on=station.day(day))
    station(c.Correct(entry=gift.seq, command=right, reason="typed wrongly"))
    station(count(sheet, 50))
    assert station.total("stock:store") == 50
    assert station.total("unexplained:store") == 0


def test_a_gift_reversed_after_opening_the_sheet_is_not_expected(
    station: StationLedger,
) -> None:
    station.stock(50)
    gift = station.give(60)
    sheet = opened(station)
    station(c.Reverse(entry=gift.seq, reason="never came"))
    station(count(sheet, 50))
    assert station.total("stock:store") == 50


def test_two_count_sheets_of_one_location_book_a_shortage_once(station: StationLedger) -> None:
    station.stock(10)
    first, second = opened(station), opened(station)
    station(count(first, 7))
    station(count(second, 7))
    assert station.total("stock:store") == 7
    assert station.total("unexplained:store") == 3


def test_two_count_sheets_of_two_days_book_a_shortage_once(station: StationLedger) -> None:
    station.stock(10, happened_on=station.day(-5))
    first, second = opened_on(station, station.day(-2)), opened_on(station, station.day(-1))
    station(count(first, 7))
    station(counted_on(second, 7, station.day(-1)))
    assert station.total("stock:store") == 7


def test_a_shortage_that_would_overdraw_an_earlier_day_is_booked_today(
    station: StationLedger,
) -> None:
    """Of 10 in stock, 8 were counted. Then all 10 were handed out, and 10 others arrived."""
    station.stock(10, happened_on=station.day(-5))
    station(hand_out(10, happened_on=station.day(-1)))
    new = station.stock(10)
    station(counted_on(opened_on(station, station.day(-2)), 8, station.day(-2)))
    assert station.balance("stock:store", lot=new) == 8
    assert station.total("unexplained:store") == 2


def test_allocated_goods_are_counted_together_with_free_goods(station: StationLedger) -> None:
    station.stock(10)
    station.allocate(6)
    station(count(opened(station), 10))
    assert station.total("unexplained:store") == 0


def test_a_shortage_beyond_free_stock_takes_from_the_least_urgent_and_restores_its_need(
    station: StationLedger,
) -> None:
    high = station.need(4, urgency="high")
    low = station.need(4, recipient="R-2", urgency="low")
    station.stock(8)
    first, second = station.allocate(4), station.allocate(4, recipient="R-2")
    station(count(opened(station), 5))
    assert station.total(f"allocated:{first}:") == 4
    assert station.total(f"allocated:{second}:") == 1
    assert station.balance(f"assigned:{high}:{first}") == 4
    assert station.balance(f"needed:{low}") == 3


def test_a_shortage_takes_goods_that_serve_no_need_before_goods_that_do(
    station: StationLedger,
) -> None:
    station.need(4)
    station.stock(8)
    serving, spare = station.allocate(4), station.allocate(4, recipient="R-2")
    station(count(opened(station), 6))
    assert station.total(f"allocated:{serving}:") == 4
    assert station.total(f"allocated:{spare}:") == 2


def test_a_surplus_is_a_lot_of_unknown_origin_and_not_part_of_another_lot(
    station: StationLedger,
) -> None:
    donated = f"l_lx_{station.give(5, batch='B1', expires_on=station.day(30)).seq}_1"
    done = station(count(opened(station), 12))
    lot = station.books.latest_row(Lot, lot=f"l_lx_{done.seq}_1")
    assert lot is not None
    assert (lot.origin, lot.batch, lot.expires_on) == ("unexplained:store", None, None)
    assert station.balance("stock:store", lot=lot.lot) == 7
    assert station.balance("stock:store", lot=donated) == 5


def test_a_surplus_may_name_its_batch_and_expiry(station: StationLedger) -> None:
    station.stock(5)
    line = c.CountLine(item="mask", counted=8, batch="B7", expires_on=station.day(90))
    done = station(c.CountStock(sheet=opened(station), lines=[line]))
    lot = station.books.latest_row(Lot, lot=f"l_lx_{done.seq}_1")
    assert lot is not None
    assert (lot.batch, lot.expires_on) == ("B7", station.day(90))
    assert station.balance("stock:store", lot=lot.lot) == 3


def count_masks(station: StationLedger, *lines: c.CountLine) -> None:
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station(c.CountStock(sheet=sheet, lines=list(lines)))


@pytest.mark.parametrize("stated", ["batch", "expires_on"])
def test_a_surplus_goes_to_the_missing_lot_that_agrees_with_its_line(
    station: StationLedger, stated: str
) -> None:
    label = {"batch": "B1", "expires_on": station.day(30)}
    lot = station.stock(10, **label)
    other = station.stock(10, batch="B2", expires_on=station.day(60))
    count_masks(
        station,
        c.CountLine(item="mask", counted=8, lot=lot),
        c.CountLine(item="mask", counted=8, lot=other),
    )
    count_masks(station, c.CountLine(item="mask", counted=19, **{stated: label[stated]}))
    assert station.balance("stock:store", lot=lot) == 10
    assert station.balance("stock:store", lot=other) == 8
    verify(station.ledger.store)


def test_a_surplus_of_a_named_lot_belongs_to_that_lot(station: StationLedger) -> None:
    first, second = station.stock(10), station.stock(10)
    station(count(opened(station), 12, lot=first))
    assert station.balance("stock:store", lot=first) == 12
    assert station.balance("stock:store", lot=second) == 10
    line = c.CountLine(item="mask", counted=13, lot=first, batch="B7")
    with pytest.raises(InvalidField, match="has a batch already"):
        station(c.CountStock(sheet=opened(station), lines=[line]))


def test_goods_that_an_earlier_count_missed_are_found_in_their_own_lot(
    station: StationLedger,
) -> None:
    lot = station.stock(50, batch="B1")
    station(count(opened(station), 5))
    station(count(opened(station), 50))
    assert station.balance("stock:store", lot=lot) == 50
    assert station.total("unexplained:store") == 0


def test_a_shortage_larger_than_the_stock_is_a_conflict(station: StationLedger) -> None:
    station.stock(10)
    sheet = opened(station)
    station(c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=8)]))
    done = station(count(sheet, 3))
    assert done.conflict is not None
    assert "5 × 口罩 more are missing than the books still contain" in done.conflict
    assert station.total("stock:store") == 2
    station(c.ResolveConflict(conflict=done.seq, by="unexplained", reason="counted again"))


def test_a_count_that_contradicts_the_books_is_booked_as_far_as_possible(
    station: StationLedger,
) -> None:
    station.stock(10)
    sheet = opened(station)
    station(c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=8)]))
    done = station(count(sheet, 3))
    station(c.ResolveConflict(conflict=done.seq, by="unexplained", reason="both are right"))
    assert station.total("stock:store") == 0
    assert station.total("unexplained:store") == 2
    with pytest.raises(AlreadyDone):
        station(count(sheet, 3))
    station(c.Reverse(entry=3, reason="the move never happened"))
    assert station.total("stock:store") == 8
    verify(station.ledger.store)


def test_a_resolved_count_is_recomputed_after_an_earlier_move_is_reversed(
    station: StationLedger,
) -> None:
    station.stock(11)
    one, eight = (c.LotLine(item="mask", quantity=quantity) for quantity in (1, 8))
    before = station(c.Move(source="store", target="annex", lines=[one]))
    sheet = opened(station)
    station(c.Move(source="store", target="annex", lines=[eight]))
    done = station(count(sheet, 3))
    station(c.ResolveConflict(conflict=done.seq, by="unexplained", reason="both are right"))
    station(c.Reverse(entry=before.seq, reason="the move never happened"))
    assert station.total("stock:store") == 0
    assert station.total("unexplained:store") == 3
    verify(station.ledger.store)


@pytest.mark.parametrize("allocated", [0, 4])
@pytest.mark.parametrize("later_count", [0, 4, 9])
def test_a_resolved_count_is_one_entry_also_if_it_changes_later_counts(
    station: StationLedger, later_count: int, allocated: int
) -> None:
    station.stock(10, happened_on=station.day(-3))
    if allocated:
        station.need(allocated, happened_on=station.day(-3))
        station.allocate(allocated, happened_on=station.day(-3))
    first, second = opened_on(station, station.day(-2)), opened_on(station, station.day(-1))
    station(c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=5)]))
    station(counted_on(second, later_count, station.day(-1)))
    done = station(counted_on(first, 0, station.day(-2)))
    assert done.conflict is not None
    resolved = station(
        c.ResolveConflict(
            conflict=done.seq,
            by="unexplained",
            reason="both are right",
            happened_on=station.day(-2),
        )
    )
    kinds = [station.books.body(n).kind for n in range(resolved.seq, resolved.last + 1)]
    assert kinds[0] == "conflict_resolved"
    assert "conflict_resolved" not in kinds[1:]
    verify(station.ledger.store)


def test_a_correction_cannot_set_aside_goods_that_a_later_count_did_not_find(
    station: StationLedger,
) -> None:
    gift = station(station.donation(20, happened_on=station.day(-2)))
    reversal = station(c.Reverse(entry=gift.seq, reason="typed twice"))
    station(count(opened(station), 0))
    again = station.donation(20, happened_on=station.day(-2), recipient="R-1")
    with pytest.raises(InvalidField, match="did not find them; leave out `for`"):
        station(c.Correct(entry=reversal.seq, command=again, reason="it was given after all"))
    again = station.donation(20, happened_on=station.day(-2))
    station(c.Correct(entry=reversal.seq, command=again, reason="it was given after all"))
    assert station.total("stock:store") == 0
    assert station.total("unexplained:store") == 20
    verify(station.ledger.store)


def test_a_sheet_is_counted_once(station: StationLedger) -> None:
    station.stock(10)
    sheet = opened(station)
    station(count(sheet, 10))
    with pytest.raises(AlreadyDone, match="was counted already"):
        station(count(sheet, 9))
    with pytest.raises(NotFound, match="unknown count sheet c_99"):
        station(count("c_99", 9))


def test_an_item_is_counted_once_in_a_sheet(station: StationLedger) -> None:
    lot = station.stock(10)
    both = [c.CountLine(item="mask", counted=3), c.CountLine(item="mask", counted=3, lot=lot)]
    with pytest.raises(InvalidField, match="is counted twice"):
        station(c.CountStock(sheet=opened(station), lines=both))


def test_one_lot_may_be_counted_by_itself(station: StationLedger) -> None:
    first, second = station.stock(10), station.stock(10)
    station(count(opened(station), 8, lot=first))
    assert station.balance("stock:store", lot=first) == 8
    assert station.balance("stock:store", lot=second) == 10


def gift_found(lines: list[c.LotLine], **more: Any) -> c.Settle:
    return c.Settle(
        place="store", by="donor", party="D-2", lines=lines, reason="r", handled_by="Chen", **more
    )


def test_found_goods_settled_as_a_gift_are_a_donation_with_a_receipt(
    station: StationLedger,
) -> None:
    lot = f"l_lx_{station(count(opened(station), 20)).seq}_1"
    done = station(gift_found([c.LotLine(item="mask", quantity=20)]))
    assert done.document == f"d_{done.seq}"
    assert station.total("stock:store") == 20
    assert station.total("unexplained:store") == 0
    assert station.books.donors_of_lot(lot, "mask") == [("D-2", 20)]
    donation = get_donation(station.books, f"d_{done.seq}")
    assert donation.receipt == "JZ-2020-000001"
    assert [(line.lot, line.quantity) for line in donation.lines] == [(lot, 20)]
    assert station.books.latest_row(Lot, lot=lot) == Lot(lot=lot, item="mask", origin="donor:D-2")
    verify(station.ledger.store)


def test_found_goods_of_a_gift_without_a_handler_are_refused(station: StationLedger) -> None:
    station(count(opened(station), 20))
    lines = [c.LotLine(item="mask", quantity=20)]
    nobody = c.Settle(place="store", by="donor", party="D-2", lines=lines, reason="r")
    assert_refused(station, InvalidField, lambda: station(nobody), at="/handled_by")


def test_a_found_gift_is_corrected_and_reversed_like_any_other(station: StationLedger) -> None:
    station(count(opened(station), 20))
    gift = station(gift_found([c.LotLine(item="mask", quantity=20)]))
    right = station.donation(15, donor="D-1", batch="B1")
    gift = station(c.Correct(entry=gift.seq, command=right, reason="the other donor"))
    assert station.total("stock:store") == 20
    assert station.total("unexplained:store") == -5
    assert station.total("donor:D-1") == -15
    station(c.Reverse(entry=gift.seq, reason="bought"))
    assert station.total("stock:store") == 20
    assert station.total("unexplained:store") == -20
    verify(station.ledger.store)


@pytest.mark.parametrize(("first", "then"), [(20, 15), (7, 5), (20, 0)])
def test_a_found_gift_that_is_corrected_upwards_settles_more_of_the_surplus(
    station: StationLedger, first: int, then: int
) -> None:
    station(count(opened(station), 20))
    gift = station(gift_found([c.LotLine(item="mask", quantity=first)]))
    changes = [station.donation(quantity) for quantity in (then, first, 20, 26) if quantity]
    if not then:
        gift = station(c.Reverse(entry=gift.seq, reason="r"))
    for command in changes:
        gift = station(c.Correct(entry=gift.seq, command=command, reason="r"))
        donated = command.lines[0].quantity
        assert station.total("stock:store") == max(20, donated)
        assert station.total("unexplained:store") == min(0, donated - 20)
    verify(station.ledger.store)


def test_a_settlement_is_corrected_and_reversed(station: StationLedger) -> None:
    lot = f"l_lx_{station(count(opened(station), 20)).seq}_1"
    lines = [c.LotLine(item="mask", quantity=20)]
    bought = c.Settle(place="store", by="bought", party="X-1", lines=lines, reason="r")
    done = station(bought)
    made = c.Settle(place="store", by="made", party="X-2", lines=lines, reason="r")
    done = station(c.Correct(entry=done.seq, command=made, reason="sewn here"))
    assert station.total("made:X-2") == -20
    assert station.books.latest_row(Lot, lot=lot) == Lot(lot=lot, item="mask", origin="made:X-2")
    station(c.Reverse(entry=done.seq, reason="not known after all"))
    assert station.total("unexplained:store") == -20
    verify(station.ledger.store)


def test_a_count_is_not_reversed_but_counted_again(station: StationLedger) -> None:
    done = station(count(opened(station), 20))
    with pytest.raises(InvalidField, match="open another count sheet and count again"):
        station(c.Reverse(entry=done.seq, reason="r"))


def test_found_goods_that_were_borrowed_go_back_to_their_lender(station: StationLedger) -> None:
    station(count(opened(station), 20))
    lines = [c.LotLine(item="mask", quantity=20)]
    station(c.Settle(place="store", by="borrowed", party="X-1", lines=lines, reason="r"))
    station(c.ReturnGoods(location="store", lines=lines, reason="r"))
    assert station.total("borrowed:X-1") == 0


def test_missing_goods_are_settled_as_lost_and_found_goods_by_their_origin(
    station: StationLedger,
) -> None:
    station.stock(10)
    station(count(opened(station), 7))
    line = [c.LotLine(item="mask", quantity=3)]
    station(c.Settle(place="store", by="lost", lines=line, reason="mice"))
    assert station.total("lost:missing") == 3
    station(count(opened(station), 9))
    found = [c.LotLine(item="mask", quantity=2)]
    station(gift_found(found))
    assert station.total("unexplained:store") == 0
    assert station.total("donor:D-2") == -2


def test_settling_is_refused_if_nothing_is_unexplained(station: StationLedger) -> None:
    with pytest.raises(InvalidField, match="nothing is unexplained in store"):
        station(
            c.Settle(
                place="store",
                by="lost",
                lines=[c.LotLine(item="mask", quantity=1)],
                reason="r",
            )
        )


def test_a_count_before_its_sheet_was_opened_is_refused(station: StationLedger) -> None:
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    lines = [c.CountLine(item="mask", counted=1)]
    early = c.CountStock(sheet=sheet, lines=lines, happened_on=station.day(-1))
    assert_refused(station, InvalidField, lambda: station(early), at="/happened_on")


# --- entries of an earlier moment, recorded after the count ------------------------------------


def test_correcting_a_gift_from_before_a_count_recomputes_the_count(
    station: StationLedger,
) -> None:
    gift = station.give(500)
    sheet = opened(station)
    station(count(sheet, 50))
    done = station(c.Correct(entry=gift.seq, command=station.donation(50), reason="typed wrongly"))
    assert station.total("stock:store") == 50
    assert station.total("unexplained:store") == 0
    assert done.recounted == [sheet]
    assert station.books.latest_row(Recount, sheet=sheet, line=1) == Recount(
        sheet=sheet, line=1, expected=50
    )
    verify(station.ledger.store)


def test_the_counted_stock_stays_after_repeated_corrections_of_an_earlier_gift(
    station: StationLedger,
) -> None:
    gift = station.give(500, happened_on=station.day(-3))
    station(count(opened(station), 50))
    for quantity in (60, 45, 50):
        right = station.donation(quantity, happened_on=station.day(-3))
        gift = station(c.Correct(entry=gift.seq, command=right, reason="typed wrongly"))
        assert station.total("stock:store") == 50
        assert station.total("unexplained:store") == quantity - 50
    station(c.Reverse(entry=gift.seq, reason="never came"))
    assert station.total("stock:store") == 50
    assert station.total("unexplained:store") == -50
    verify(station.ledger.store)


def test_a_correction_restores_the_lots_that_a_count_missed(station: StationLedger) -> None:
    other = station.stock(20)
    gift = station.give(500)
    station(count(opened(station), 70))
    station(c.Correct(entry=gift.seq, command=station.donation(50), reason="typed wrongly"))
    assert station.balance("stock:store", lot=other) == 20
    assert station.balance("stock:store", lot=f"l_lx_{gift.seq}_1") == 50
    assert not station.books.nonzero_balances("unexplained:store")


def test_an_earlier_hand_out_recorded_after_the_count_explains_the_shortage(
    station: StationLedger,
) -> None:
    lot = station.stock(100, happened_on=station.day(-5))
    sheet = opened(station)
    station(count(sheet, 90))
    done = station(hand_out(10, happened_on=station.day(-2)))
    assert done.recounted == [sheet]
    assert station.total("stock:store") == 90
    assert station.total("unexplained:store") == 0
    assert station.books.balance_on(station.day(-1), "stock:store", "mask", lot) == 90
    verify(station.ledger.store)


def test_an_earlier_hand_out_of_goods_that_a_count_did_not_find_is_recorded(
    station: StationLedger,
) -> None:
    station.stock(10, happened_on=station.day(-5))
    station(count(opened(station), 0))
    station(hand_out(10, happened_on=station.day(-2)))
    assert station.total("received:R-1") == 10
    assert station.total("stock:store") == 0
    assert station.total("unexplained:store") == 0


def test_a_hand_out_after_a_count_does_not_change_the_count(station: StationLedger) -> None:
    station.stock(100, happened_on=station.day(-5))
    station(count(opened(station), 90))
    done = station(hand_out(10))
    assert done.recounted == []
    assert station.total("stock:store") == 80


def test_a_gift_of_an_earlier_day_explains_a_surplus_of_a_later_count(
    station: StationLedger,
) -> None:
    station.stock(5, happened_on=station.day(-5))
    found = station(count(opened(station), 25))
    gift = station.give(20, happened_on=station.day(-2))
    assert station.total("stock:store") == 25
    assert not station.books.nonzero_balances("unexplained:store")
    assert station.balance("stock:store", lot=f"l_lx_{gift.seq}_1") == 20
    assert station.balance("stock:store", lot=f"l_lx_{found.seq}_1") == 0


def test_a_gift_of_an_earlier_day_explains_a_surplus_that_has_left_since(
    station: StationLedger,
) -> None:
    station(count(opened(station), 20))
    station(hand_out(20))
    station.give(20, happened_on=station.day(-2), recipient="R-2")
    assert station.total("stock:store") == 0 == station.total("allocated:")
    assert station.total("unexplained:store") == 0
    verify(station.ledger.store)


def test_a_gift_moved_before_a_count_explains_its_surplus(station: StationLedger) -> None:
    station(count(opened(station), 20))
    gift = station.give(20)
    assert station.total("stock:store") == 40
    right = station.donation(20, happened_on=station.day(-1))
    station(c.Correct(entry=gift.seq, command=right, reason="came before"))
    assert station.total("stock:store") == 20
    assert station.total("unexplained:store") == 0


def test_an_earlier_entry_recomputes_only_the_next_count(station: StationLedger) -> None:
    station.stock(100, happened_on=station.day(-5))
    first = opened_on(station, station.day(-2))
    station(counted_on(first, 90, station.day(-2)))
    second = opened(station)
    station(count(second, 88))
    done = station(hand_out(10, happened_on=station.day(-3)))
    assert done.recounted == [first]
    assert station.total("stock:store") == 88
    assert station.total("unexplained:store") == 2


def test_counting_an_earlier_sheet_later_keeps_the_stock_of_the_later_count(
    station: StationLedger,
) -> None:
    station.stock(10, happened_on=station.day(-5))
    first, second = opened_on(station, station.day(-2)), opened_on(station, station.day(-1))
    station(counted_on(second, 7, station.day(-1)))
    done = station(counted_on(first, 7, station.day(-2)))
    assert done.recounted == [second]
    assert station.total("stock:store") == 7
    assert station.total("unexplained:store") == 3


def test_a_move_of_an_earlier_day_changes_the_counts_of_both_places(station: StationLedger) -> None:
    station.stock(10, happened_on=station.day(-5))
    here, there = opened(station), opened(station, "annex")
    station(count(here, 6))
    station(count(there, 4))
    lines = [c.LotLine(item="mask", quantity=4)]
    move = c.Move(source="store", target="annex", lines=lines, happened_on=station.day(-1))
    assert station(move).recounted == [here, there]
    assert station.total("stock:store") == 6
    assert station.total("stock:annex") == 4
    assert not any(station.books.nonzero_balances("unexplained:").values())


def test_counting_an_earlier_sheet_does_not_change_the_stock_after_a_later_count(
    station: StationLedger,
) -> None:
    station.stock(10, happened_on=station.day(-5))
    first, second = opened_on(station, station.day(-2)), opened_on(station, station.day(-1))
    station(counted_on(second, 10, station.day(-1)))
    assert station(count(first, 4)).recounted == [second]
    assert station.total("stock:store") == 10
    verify(station.ledger.store)


def test_counted_goods_of_a_gift_that_was_reversed_can_be_described(
    station: StationLedger,
) -> None:
    line = c.DonationLine(item="mask", quantity=50, batch="A", expires_on=station.day(2))
    gift = station(c.RecordDonation(donor="D-1", location="store", handled_by="Li", lines=[line]))
    lot = f"l_lx_{gift.seq}_1"
    with pytest.raises(InvalidField, match="correct d_1 instead"):
        station(c.DescribeLot(lot=lot, reason="read again"))
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=50)]))
    station(c.Reverse(entry=gift.seq, reason="it never came"))
    station(c.DescribeLot(lot=lot, expires_on=station.day(500), reason="read the label"))
    [row] = get_stock(station.books).items
    assert (row.lot, row.free, row.batch, row.expires_on) == (lot, 50, None, station.day(500))


def test_a_correction_changes_a_count_whose_sheet_is_of_a_closed_day(
    station: StationLedger,
) -> None:
    station.stock(40, happened_on=station.day(-9))
    station(hand_out(20, happened_on=station.day(-8)))
    sheet = opened_on(station, station.day(-3))
    station(counted_on(sheet, 20, station.day(-1)))
    lines = [c.RecipientLine(item="mask", quantity=16)]
    back = c.TakeBack(recipient="R-1", location="store", lines=lines, reason="too many")
    late = station(msgspec.structs.replace(back, happened_on=station.day(-5)))
    assert station.total("unexplained:store") == 16
    station(c.ClosePeriod(through=station.day(-3)))
    elsewhere = msgspec.structs.replace(back, location="annex")
    station(c.Correct(entry=late.seq, command=elsewhere, reason="taken back at the annex"))
    assert station.total("unexplained:store") == 0
    assert station.total("stock:store") == 20
    assert station.total("stock:annex") == 16
    verify(station.ledger.store)
