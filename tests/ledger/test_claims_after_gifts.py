"""Gifts that are recorded late, after needs were claimed from the pledge that they fulfil."""

from __future__ import annotations

import msgspec
import pytest
from support.corrections import correct
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.entry_rows import ArrivalLine
from supplies.verification.verify import verify
from supplies.views.donation_warnings import find_beside_pledge


def promised(station: StationLedger) -> tuple[str, str]:
    """Pledge 20 masks nine days ago, of which a need claims ten today. Return pledge and need."""
    pledge = station.pledge(20, happened_on=station.day(-9))
    need = station.need(15, happened_on=station.day(-8))
    station(c.ClaimNeeds(pledge=pledge, claims=[c.Claim(need=need, quantity=10)]))
    return pledge, need


def on_pledge(station: StationLedger, donation: str | None) -> int:
    seq = station.books.latest_seq(ArrivalLine, arrival=donation)
    rows = station.books.rows_of_entry(ArrivalLine, seq or 0, arrival=donation)
    return sum(row.on_pledge for row in rows)


def state(station: StationLedger, pledge: str, need: str) -> dict[str, int]:
    return {
        "outstanding": station.total(f"pledged:{pledge}") + station.total(f"pledged:{pledge}:"),
        "claimed": station.total(f"claimed:{need}:"),
        "assigned": station.total(f"assigned:{need}:"),
        "needed": station.total(f"needed:{need}"),
        "set aside": station.total("allocated:"),
        "free": station.total("stock:store"),
    }


def test_a_late_gift_keeps_its_pledge_and_serves_a_claim_on_the_day_of_the_claim(
    station: StationLedger,
) -> None:
    pledge, need = promised(station)
    station.clock.advance(2)
    gift = station.give(20, pledge=pledge, happened_on=station.day(-4))
    assert not any(pledge in warning for warning in gift.warnings)
    assert on_pledge(station, gift.document) == 20
    assert find_beside_pledge(station.books, str(gift.document)) == []
    assert state(station, pledge, need) == {
        "outstanding": 0,
        "claimed": 0,
        "assigned": 10,
        "needed": 5,
        "set aside": 10,
        "free": 10,
    }
    days = {
        station.books.body(seq).booked_on
        for seq in range(gift.seq, gift.last + 1)
        for move in station.books.body(seq).transfers
        if need in move.source
    }
    assert days == {station.day(-2)}
    verify(station.ledger.store)


def test_a_small_late_gift_fulfils_the_free_promise_before_a_later_claim(
    station: StationLedger,
) -> None:
    pledge, need = promised(station)
    gift = station.give(12, pledge=pledge, happened_on=station.day(-2))
    assert on_pledge(station, gift.document) == 12
    assert state(station, pledge, need) == {
        "outstanding": 8,
        "claimed": 8,
        "assigned": 2,
        "needed": 5,
        "set aside": 2,
        "free": 10,
    }
    verify(station.ledger.store)


def test_lines_of_a_late_gift_share_a_later_claim(station: StationLedger) -> None:
    pledge, need = promised(station)
    lines = [c.DonationLine(item="mask", quantity=9, pledge=pledge) for _ in range(3)]
    gift = msgspec.structs.replace(station.donation(happened_on=station.day(-2)), lines=lines)
    done = station(gift)
    assert on_pledge(station, done.document) == 20
    assert state(station, pledge, need)["assigned"] == 10
    assert state(station, pledge, need)["outstanding"] == 0
    verify(station.ledger.store)


def test_a_late_gift_does_not_fulfil_a_pledge_that_was_made_after_it(
    station: StationLedger,
) -> None:
    need = station.need(15, happened_on=station.day(-8))
    pledge = station.pledge(20, {need: 10})
    gift = station.give(20, pledge=pledge, happened_on=station.day(-2))
    assert on_pledge(station, gift.document) == 0
    assert state(station, pledge, need)["claimed"] == 10
    verify(station.ledger.store)


def test_a_late_gift_that_cannot_be_used_drops_the_later_claim(station: StationLedger) -> None:
    pledge, need = promised(station)
    gift = station.give(20, pledge=pledge, quarantine="ward", happened_on=station.day(-2))
    assert on_pledge(station, gift.document) == 20
    assert state(station, pledge, need) == {
        "outstanding": 0,
        "claimed": 0,
        "assigned": 0,
        "needed": 15,
        "set aside": 0,
        "free": 0,
    }
    verify(station.ledger.store)


@pytest.mark.parametrize(
    ("quantity", "assigned", "outstanding"), [(20, 10, 0), (15, 5, 5), (8, 0, 12), (23, 10, 0)]
)
def test_a_late_gift_can_be_corrected_with_its_later_claim(
    station: StationLedger, quantity: int, assigned: int, outstanding: int
) -> None:
    pledge, need = promised(station)
    gift = station.give(20, pledge=pledge, happened_on=station.day(-2))
    station.clock.advance()
    changed = station.donation(quantity, pledge=pledge)
    changed = msgspec.structs.replace(changed, or_earlier=True)
    correct(station, gift.seq, changed)
    assert state(station, pledge, need) == {
        "outstanding": outstanding,
        "claimed": 10 - assigned,
        "assigned": assigned,
        "needed": 5,
        "set aside": assigned,
        "free": quantity - assigned,
    }
    verify(station.ledger.store)


def test_a_late_gift_with_a_later_claim_can_be_moved_to_the_day_of_the_claim_and_reversed(
    station: StationLedger,
) -> None:
    pledge, need = promised(station)
    gift = station.give(20, pledge=pledge, happened_on=station.day(-2))
    moved = correct(
        station, gift.seq, station.donation(20, pledge=pledge, happened_on=station.day(0))
    )
    assert state(station, pledge, need)["assigned"] == 10
    verify(station.ledger.store)
    station(c.Reverse(entry=moved.seq, reason="another gift"))
    assert state(station, pledge, need) == {
        "outstanding": 20,
        "claimed": 10,
        "assigned": 0,
        "needed": 5,
        "set aside": 0,
        "free": 0,
    }
    verify(station.ledger.store)


def test_an_opened_case_serves_a_claim_that_was_made_after_it_was_opened(
    station: StationLedger,
) -> None:
    pledge, need = promised(station)
    station.give(3, "rice", happened_on=station.day(-5))
    opened = station(
        c.Convert(
            location="store",
            happened_on=station.day(-2),
            consumed=[c.LotLine(item="rice", quantity=3)],
            produced=[c.ConvertedLine(item="mask", quantity=24, pledge=pledge)],
        )
    )
    assert state(station, pledge, need)["outstanding"] == 0
    assert state(station, pledge, need)["assigned"] == 10
    (warned,) = find_beside_pledge(station.books, str(opened.document))
    assert warned.detail.startswith("4 × ")
    verify(station.ledger.store)
