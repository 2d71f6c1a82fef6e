"""Goods past their expiry: not taken by default, recorded when they arrive, and corrected."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support.ledger_fixture import StationLedger
from support.refusals import assert_refused

from supplies.domain import commands as c
from supplies.domain.entry_rows import Lot
from supplies.errors import InvalidField, NotEnough, NotFound
from supplies.verification.verify import verify
from supplies.views.donations import get_donation


def lines(quantity: int, item: str = "mask", **more: Any) -> list[c.LotLine]:
    return [c.LotLine(item=item, quantity=quantity, **more)]


def expired_lot(station: StationLedger, quantity: int = 5, item: str = "mask") -> str:
    """Stock that expired yesterday."""
    return station.stock(quantity, item, expires_on=station.day(-1), happened_on=station.day(-3))


def expiry(station: StationLedger, lot: str) -> Any:
    found = station.books.latest_row(Lot, lot=lot)
    assert found is not None
    return found.expires_on


# --- taken only if asked for ---------------------------------------------------------------------


def taking(quantity: int, **more: Any) -> list[c.Command]:
    """Return commands that take masks from the store in the ordinary way."""
    goods = lines(quantity, **more)
    return [
        c.Move(source="store", target="annex", lines=goods),
        c.ReturnGoods(location="store", lines=goods, reason="r"),
        c.WriteOff(reason="damaged", location="store", lines=goods),
        c.Convert(
            location="store",
            consumed=goods,
            produced=[c.ConvertedLine(item="soap", quantity=9)],
        ),
        c.Convert(
            location="store",
            consumed=lines(1, "rice"),
            spilled=goods,
            produced=[c.ConvertedLine(item="soap", quantity=9)],
        ),
    ]


@pytest.mark.parametrize("which", range(len(taking(1))))
def test_expired_goods_are_not_taken_by_default(station: StationLedger, which: int) -> None:
    expired_lot(station)
    station.stock(10, "rice")
    with pytest.raises(NotEnough, match="5 more have expired"):
        station(taking(5)[which])
    good = f"l_lx_{station.give(5).seq}_1"
    station(taking(5)[which])
    assert station.balance("stock:store", lot=good) == 0
    assert station.total("stock:store") == 5


@pytest.mark.parametrize("which", [0, 2, 3, 4])
@pytest.mark.parametrize("asked", ["allowed", "named"])
def test_expired_goods_are_taken_if_named_or_allowed(
    station: StationLedger, which: int, asked: str
) -> None:
    lot = expired_lot(station)
    station.stock(10, "rice")
    more: dict[str, Any] = {"lot": lot} if asked == "named" else {"allow_expired": True}
    station(taking(5, **more)[which])
    assert station.total("stock:store") == 0


def test_expired_goods_are_moved_to_quarantine_and_written_off_by_default(
    station: StationLedger,
) -> None:
    expired_lot(station)
    station(c.Move(source="store", target="ward", lines=lines(5)))
    station(c.WriteOff(reason="expired", location="ward", lines=lines(5)))
    assert station.total("lost:expired") == 5


def test_a_correction_takes_the_same_lots_even_if_they_have_expired(
    station: StationLedger,
) -> None:
    lot = expired_lot(station)
    move = c.Move(source="store", target="annex", lines=lines(5, allow_expired=True))
    done = station(move)
    again = c.Move(source="store", target="annex", lines=lines(4))
    station(c.Correct(entry=done.seq, command=again, reason="one fewer"))
    assert station.balance("stock:annex", lot=lot) == 4


def taking_again(quantity: int, **more: Any) -> list[c.Command]:
    """Return commands that take masks from the store, each of which can be corrected."""
    goods: dict[str, Any] = {"location": "store", "lines": lines(quantity, **more)}
    return [
        *taking(quantity, **more)[:4],
        c.HandOut(recipient="R-1", **goods),
        c.LendGoods(borrower="B-1", **goods),
        c.IssueGoods(purpose="cleaning", **goods),
        c.Allocate(
            recipient="R-1",
            location="store",
            lines=[c.AllocationLine(item="mask", quantity=quantity, **more)],
        ),
    ]


GIVEN_BACK, ALLOCATED = 1, 7  # in `taking_again`: opening stock has no donor; a plan keeps its day


@pytest.mark.parametrize("which", set(range(len(taking_again(1)))) - {GIVEN_BACK})
def test_a_correction_takes_no_further_expired_goods(station: StationLedger, which: int) -> None:
    lot = station.stock(9, expires_on=station.day(1))
    station.clock.advance(3)
    done = station(taking_again(3, allow_expired=True)[which])
    assert_only_what_was_taken(station, lot, done.seq, taking_again(5)[which])


@pytest.mark.parametrize("which", set(range(len(taking_again(1)))) - {GIVEN_BACK, ALLOCATED})
def test_a_correction_to_a_day_after_the_expiry_takes_no_further_goods_of_the_lot(
    station: StationLedger, which: int
) -> None:
    lot = station.stock(9, expires_on=station.day(1))
    done = station(taking_again(3)[which])
    station.clock.advance(3)
    later = msgspec.structs.replace(taking_again(5)[which], happened_on=station.day(0))
    assert_only_what_was_taken(station, lot, done.seq, later)


def assert_only_what_was_taken(
    station: StationLedger, lot: str, entry: int, more: c.Command
) -> None:
    """Check that correcting 3 to 5 leaves 6 expired goods of a lot where they are."""
    with pytest.raises(NotEnough, match=f"6 more have expired: 6 of lot {lot} on .*allow_expired"):
        station(c.Correct(entry=entry, command=more, reason="more"))
    good = f"l_lx_{station.give(2).seq}_1"
    station(c.Correct(entry=entry, command=more, reason="more"))
    assert station.balance("stock:store", lot=lot) == 6
    assert station.balance("stock:store", lot=good) == 0
    verify(station.ledger.store)


def test_a_hand_out_takes_more_of_a_lot_that_was_good_on_its_day(station: StationLedger) -> None:
    lot = station.stock(9, expires_on=station.day(1))
    station.stock(9)
    done = station(c.HandOut(recipient="R-1", location="store", lines=lines(3)))
    station.clock.advance(3)
    more = c.HandOut(recipient="R-1", location="store", lines=lines(6))
    station(c.Correct(entry=done.seq, command=more, reason="six"))
    assert station.balance("stock:store", lot=lot) == 3


def test_raising_a_gift_that_had_expired_sets_no_more_aside(station: StationLedger) -> None:
    gift = station.give(5, expires_on=station.day(300), recipient="R-1")
    right = station.donation(9, expires_on=station.day(-20), recipient="R-1")
    station(c.Correct(entry=gift.seq, command=right, reason="typed wrongly"))
    assert station.total("stock:store") == 4
    assert station.total("allocated:") == 5
    verify(station.ledger.store)


# --- products ------------------------------------------------------------------------------------


def repack(station: StationLedger, **product: Any) -> str:
    """Repack rice into soap. Return the lot of the soap."""
    done = station(
        c.Convert(
            location="store",
            consumed=lines(5, "rice"),
            produced=[c.ConvertedLine(item="soap", quantity=50, **product)],
        )
    )
    return f"l_lx_{done.seq}_1"


def test_a_product_expires_with_the_earliest_of_its_parents(station: StationLedger) -> None:
    station.stock(2, "rice", expires_on=station.day(10))
    station.stock(3, "rice", expires_on=station.day(20))
    assert expiry(station, repack(station)) == station.day(10)


def test_a_product_may_expire_earlier_than_its_parents(station: StationLedger) -> None:
    station.stock(5, "rice", expires_on=station.day(10))
    assert expiry(station, repack(station, expires_on=station.day(7))) == station.day(7)


def test_a_product_may_expire_after_its_parents_only_with_a_reason(station: StationLedger) -> None:
    station.stock(10, "rice", expires_on=station.day(10))
    late = station.day(900)
    assert_refused(
        station,
        InvalidField,
        lambda: repack(station, expires_on=late),
        at="/produced/0/expires_on",
    )
    cooked = repack(station, expires_on=late, expiry_reason="boiled and sealed")
    assert expiry(station, cooked) == late
    assert expiry(station, repack(station, expiry_reason="salted")) is None


def test_correcting_an_expiry_to_an_earlier_day_shortens_that_of_products(
    station: StationLedger,
) -> None:
    gift = station.give(5, "rice", expires_on=station.day(300))
    product = repack(station)
    right = station.donation(5, "rice", expires_on=station.day(3))
    station(c.Correct(entry=gift.seq, command=right, reason="typed wrongly"))
    assert expiry(station, product) == station.day(3)
    assert get_donation(station.books, f"d_{gift.seq}").lines[0].expires_on == station.day(3)
    verify(station.ledger.store)


# --- arrivals ------------------------------------------------------------------------------------


def test_expired_arrivals_at_an_open_location_are_refused(station: StationLedger) -> None:
    gift = station.donation(5, expires_on=station.day(-1))
    assert_refused(station, InvalidField, lambda: station(gift), at="/lines/0/expires_on")


@pytest.mark.parametrize("command", ["gift", "arrival", "opening"])
def test_expired_arrivals_go_to_a_quarantine_or_are_written_off(
    station: StationLedger, command: str
) -> None:
    past = station.day(-1)
    three = [
        {"item": "mask", "quantity": 5},
        {"item": "mask", "quantity": 3, "expires_on": past, "quarantine": "ward"},
        {"item": "mask", "quantity": 2, "expires_on": past, "write_off": "expired"},
    ]
    if command == "gift":
        donated = [c.DonationLine(**line) for line in three]
        done = station(
            c.RecordDonation(donor="D-1", location="store", handled_by="Chen", lines=donated)
        )
        assert get_donation(station.books, str(done.document)).receipt is not None
    else:
        arrived = [c.ArrivalLine(**line) for line in three]
        station(
            c.OpenStock(location="store", lines=arrived)
            if command == "opening"
            else c.RecordArrival(origin="bought", party="X-1", location="store", lines=arrived)
        )
    assert station.total("stock:store") == 5
    assert station.total("stock:ward") == 3
    assert station.total("lost:expired") == 2
    verify(station.ledger.store)


def test_an_expired_gift_may_arrive_at_a_quarantine(station: StationLedger) -> None:
    station.give(5, expires_on=station.day(-1), location="ward")
    assert station.total("stock:ward") == 5


def test_goods_for_a_recipient_or_to_an_open_location_cannot_be_quarantined(
    station: StationLedger,
) -> None:
    past = station.day(-1)
    wrong = station.donation(5, expires_on=past, quarantine="annex")
    assert_refused(station, InvalidField, lambda: station(wrong), at="/lines/0/quarantine")
    wished = station.donation(5, expires_on=past, quarantine="ward", recipient="R-1")
    assert_refused(station, InvalidField, lambda: station(wished), at="/lines/0/for")


def test_a_correction_does_not_set_goods_aside_in_a_quarantine(station: StationLedger) -> None:
    need = station.need(6)
    pledge = station.pledge(10, {need: 6})
    done = station.give(5, location="ward")
    wished = station.donation(5, location="ward", recipient="R-1")
    correct = c.Correct(entry=done.seq, command=wished, reason="r")
    assert_refused(station, InvalidField, lambda: station(correct), at="/command/lines/0/for")
    pledged = station.donation(5, location="ward", pledge=pledge)
    station(c.Correct(entry=done.seq, command=pledged, reason="r"))
    assert station.total("stock:ward") == 5
    assert station.total("allocated:") == 0


def test_expired_goods_fulfil_a_pledge_but_serve_no_claim(station: StationLedger) -> None:
    need = station.need(6)
    pledge = station.pledge(10, {need: 6})
    station.give(10, pledge=pledge, expires_on=station.day(-1), quarantine="ward")
    assert station.total("stock:ward") == 10
    assert station.balance(f"needed:{need}") == 6
    assert not station.books.nonzero_balances(f"pledged:{pledge}")
    assert not station.books.nonzero_balances(f"pledged:{pledge}:")
    verify(station.ledger.store)


@pytest.mark.parametrize("left", [False, True])
def test_a_wrong_expiry_can_be_corrected_after_it_has_passed(
    station: StationLedger, left: bool
) -> None:
    gift = station.give(5, expires_on=station.day(300))
    lot = f"l_lx_{gift.seq}_1"
    if left:
        station(c.HandOut(recipient="R-1", location="store", lines=lines(5)))
    right = station.donation(5, expires_on=station.day(-20))
    station(c.Correct(entry=gift.seq, command=right, reason="typed wrongly"))
    assert expiry(station, lot) == station.day(-20)
    if not left:
        with pytest.raises(NotEnough, match="5 more have expired"):
            station(c.HandOut(recipient="R-1", location="store", lines=lines(1)))


def found_lot(station: StationLedger) -> str:
    """A lot of five masks that a count found."""
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    counted = c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=5)])
    return f"l_lx_{station(counted).seq}_1"


def describe(lot: str, **more: Any) -> c.DescribeLot:
    return c.DescribeLot(lot=lot, reason="read from the box", **more)


def test_a_found_lot_gets_a_new_description(station: StationLedger) -> None:
    lot = found_lot(station)
    station(describe(lot, batch="B7", expires_on=station.day(-1)))
    assert station.books.latest_row(Lot, lot=lot) == Lot(
        lot=lot, item="mask", origin="unexplained:store", batch="B7", expires_on=station.day(-1)
    )
    verify(station.ledger.store)


def test_a_lot_that_arrived_is_corrected_by_its_entry_and_not_described(
    station: StationLedger,
) -> None:
    gift = station.give(5)
    lot = f"l_lx_{gift.seq}_1"
    with pytest.raises(InvalidField, match=f"was made by d_{gift.seq}: correct d_{gift.seq}"):
        station(describe(lot))
    station.stock(5, "rice")
    with pytest.raises(InvalidField, match="was made by k_"):
        station(describe(repack(station)))
    with pytest.raises(NotFound):
        station(describe("l_lx_99_1"))


def test_a_lot_of_a_forgotten_donor_gets_a_new_description(station: StationLedger) -> None:
    lot = f"l_lx_{station.give(5, donor='D-2').seq}_1"
    station(c.ForgetDonor(donor="D-2"))
    station(describe(lot, expires_on=station.day(3)))
    assert expiry(station, lot) == station.day(3)


# --- lines that name a lot -----------------------------------------------------------------------


def test_lines_that_name_a_lot_are_served_first(station: StationLedger) -> None:
    first, second = station.stock(1), station.stock(100)
    both = lines(1) + lines(1, lot=first)
    station(c.HandOut(recipient="R-1", location="store", lines=both))
    assert station.balance("stock:store", lot=first) == 0
    assert station.balance("stock:store", lot=second) == 99


def test_spilled_goods_of_a_named_lot_are_served_first(station: StationLedger) -> None:
    first, second = station.stock(1), station.stock(100)
    station(
        c.Convert(
            location="store",
            consumed=lines(1),
            spilled=lines(1, lot=first),
            produced=[c.ConvertedLine(item="soap", quantity=1)],
        )
    )
    assert station.balance("stock:store", lot=second) == 99


def test_allocated_lines_that_name_their_lots_are_served_first(station: StationLedger) -> None:
    first, second = station.stock(1), station.stock(100)
    named = c.AllocationLine(item="mask", quantity=1, lots=[c.LotPart(lot=first, quantity=1)])
    both = [c.AllocationLine(item="mask", quantity=1), named]
    station(c.Allocate(recipient="R-1", location="store", lines=both))
    assert station.balance("stock:store", lot=first) == 0
    assert station.balance("stock:store", lot=second) == 99


def test_a_lot_with_too_little_is_named_in_the_error(station: StationLedger) -> None:
    first, _ = station.stock(1), station.stock(100)
    with pytest.raises(NotEnough, match=f"only 1 × 口罩 of lot {first} is free in Store A"):
        station(c.HandOut(recipient="R-1", location="store", lines=lines(20, lot=first)))
