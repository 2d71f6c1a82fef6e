"""Bad input: one clear sentence naming what, where and what would be right; nothing recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from desk import TODAY, Desk

from supplies import commands as c
from supplies.errors import (
    AlreadyDone,
    Forgotten,
    IdempotencyConflict,
    InvalidField,
    NotEnough,
    NotFound,
    PeriodClosed,
    SuppliesError,
)
from supplies.ledger import Recorded
from supplies.model import Donor, Item, Recipient, Station
from supplies.views.reports import station_report
from supplies.writing import Request

ID = "0b5a35f2-57a2-4a4c-9f0a-93c1a4f0c111"


def refused(
    desk: Desk, kind: type[SuppliesError], do: Callable[[], Any], *, at: str | None = None
) -> str:
    """The sentence of a refusal that left no trace; `at` is the field that it points to."""
    before = desk.entries()
    with pytest.raises(kind) as refusal:
        do()
    assert desk.entries() == before
    assert type(refusal.value) is kind
    if at is not None:
        assert refusal.value.faults[0].pointer == at
    return str(refusal.value)


@pytest.mark.parametrize(
    ("quantity", "says"),
    [
        (0, "must be a whole number of at least 1"),
        (-3, "must be a whole number of at least 1"),
        (1.5, "must be a whole number, not a float"),
        (1.0, "must be a whole number, not a float"),
        ("5", "must be a whole number, not a str"),
        (True, "must be a whole number, not a bool"),
        (10**12 + 1, "must be a whole number of at most 1000000000000"),
        (10**30, "must be a whole number of at most 1000000000000"),
    ],
)
def test_a_quantity_is_a_whole_number_from_one_to_a_million_million(
    desk: Desk, quantity: Any, says: str
) -> None:
    sentence = refused(desk, InvalidField, lambda: desk.give(quantity), at="/lines/0/quantity")
    assert sentence == f"/lines/0/quantity {says}"


def test_packs_may_not_carry_a_quantity_over_the_limit(desk: Desk) -> None:
    sentence = refused(
        desk, InvalidField, lambda: desk.give(10**12, pack="box"), at="/lines/0/quantity"
    )
    assert "is more than 1000000000000 piece" in sentence


def test_the_largest_quantity_there_is_can_be_recorded_again_and_again(desk: Desk) -> None:
    for _ in range(3):
        desk.give(10**12)
    assert desk.total("stock:store") == 3 * 10**12


def test_a_pack_that_the_item_does_not_have_is_refused_with_those_it_has(desk: Desk) -> None:
    sentence = refused(desk, InvalidField, lambda: desk.give(1, pack="crate"), at="/lines/0/pack")
    assert sentence == (
        "口罩 has no pack crate (its packs: box, ten); name one of them or count in piece"
    )


UNKNOWN: list[tuple[str, c.Command]] = [
    ("/lines/0/item", c.OpenStock(location="store", lines=[c.ArrivalLine(item="x", quantity=1)])),
    ("/location", c.OpenStock(location="x", lines=[c.ArrivalLine(item="mask", quantity=1)])),
    ("/recipient", c.NoteNeed(recipient="x", item="mask", quantity=1)),
    ("/donor", c.MakePledge(donor="x", lines=[c.PledgeLine(item="mask", quantity=1)])),
    (
        "/lines/0/claims/0/need",
        c.MakePledge(
            donor="D-1",
            lines=[c.PledgeLine(item="mask", quantity=1, claims=[c.Claim(need="n_9", quantity=1)])],
        ),
    ),
    (
        "/lines/0/lot",
        c.WriteOff(
            reason="damaged",
            location="store",
            lines=[c.LotLine(item="mask", quantity=1, lot="l_lx_9_1")],
        ),
    ),
    ("/team", c.Dispatch(team="x", allocations=["a_1"])),
    ("/allocations/0", c.Dispatch(team="T-1", allocations=["a_1"])),
]


@pytest.mark.parametrize(("pointer", "command"), UNKNOWN, ids=[at for at, _ in UNKNOWN])
def test_what_the_books_do_not_know_is_named_by_its_field(
    desk: Desk, pointer: str, command: c.Command
) -> None:
    assert refused(desk, InvalidField, lambda: desk(command), at=pointer)


NOT_THERE: list[c.Command] = [
    c.EndNeed(need="n_9", reason="moved"),
    c.CancelPledge(pledge="p_9", reason="x"),
    c.Release(allocation="a_9", reason="x"),
    c.CloseDelivery(delivery="v_9"),
    c.ReportOutcome(delivery="v_9", allocation="a_9", outcome="refused"),
    c.CountStock(sheet="c_9", lines=[c.CountLine(item="mask", counted=1)]),
    c.ReturnIssue(issue="i_9", lines=[c.LotLine(item="mask", quantity=1)]),
    c.ReturnLoan(loan="g_9", lines=[c.LotLine(item="mask", quantity=1)]),
    c.VoidReceipt(number="JZ-2020-000009", reason="x"),
    c.Reverse(entry=99, reason="x"),
    c.ResolveConflict(conflict=99, by="correct", reason="x"),
    c.ForgetDonor(donor="D-9"),
    c.ForgetRecipient(recipient="R-9"),
]


@pytest.mark.parametrize("command", NOT_THERE, ids=lambda command: type(command).__name__)
def test_a_document_that_is_not_in_the_books_is_not_found(desk: Desk, command: c.Command) -> None:
    assert refused(desk, NotFound, lambda: desk(command)).startswith(("there is no", "entry 99"))


def test_an_expiry_before_the_goods_came_is_refused(desk: Desk) -> None:
    sentence = refused(
        desk,
        InvalidField,
        lambda: desk.give(1, expires_on=date(2020, 2, 9)),
        at="/lines/0/expires_on",
    )
    assert "2020-02-09 is before the goods came (2020-02-10)" in sentence


def test_a_day_in_the_future_is_refused(desk: Desk) -> None:
    sentence = refused(
        desk,
        InvalidField,
        lambda: desk.give(1, happened_on=date(2020, 2, 11)),
        at="/happened_on",
    )
    assert sentence == "2020-02-11 is in the future; today is 2020-02-10 at this station"


def test_a_plan_on_a_closed_day_is_refused(desk: Desk) -> None:
    desk.stock(5, happened_on=date(2020, 2, 3))
    desk(c.ClosePeriod(through=date(2020, 2, 5)))
    sentence = refused(
        desk,
        PeriodClosed,
        lambda: desk.allocate(1, happened_on=date(2020, 2, 4)),
        at="/happened_on",
    )
    assert "the books are closed through 2020-02-05" in sentence
    assert "date it 2020-02-06 or later" in sentence


def test_a_plan_that_would_leave_a_past_day_below_zero_is_refused(desk: Desk) -> None:
    desk.stock(5, happened_on=date(2020, 2, 8))
    sentence = refused(
        desk,
        NotEnough,
        lambda: desk.allocate(5, happened_on=date(2020, 2, 7)),
    )
    assert "no 口罩 is free in Store A on every day since 2020-02-07; 5 were asked for" in sentence


def test_more_than_is_there_is_refused_with_both_figures(desk: Desk) -> None:
    desk.stock(12)
    with pytest.raises(NotEnough) as refusal:
        desk.allocate(20)
    assert str(refusal.value) == "only 12 × 口罩 are free in Store A; 20 were asked for"
    (fault,) = refusal.value.faults
    assert (fault.pointer, fault.asked, fault.available) == ("/lines/0/quantity", 20, 12)


def test_a_second_dispatch_says_where_the_goods_went(desk: Desk) -> None:
    desk.stock(5)
    allocation = desk.allocate(5)
    delivery = desk.dispatch(allocation)
    sentence = refused(desk, AlreadyDone, lambda: desk.dispatch(allocation), at="/allocations/0")
    assert f"it went out on delivery {delivery}" in sentence


def test_a_second_correction_names_the_first(desk: Desk) -> None:
    gift = desk.give(5)

    def correct() -> Recorded:
        return desk(c.Correct(entry=gift.seq, command=desk.donation(4), reason="typo"))

    first = correct()
    assert f"by entry {first.seq}; correct that one" in refused(
        desk, AlreadyDone, correct, at="/entry"
    )


def test_the_same_id_with_another_command_is_a_conflict(desk: Desk) -> None:
    ledger = desk.ledger
    first = ledger.record(desk.donation(5), by="u_1", id=ID)
    again = ledger.record(desk.donation(5), by="u_1", id=ID)
    assert (again.seq, again.last, again.repeated) == (first.seq, first.last, True)
    sentence = refused(
        desk, IdempotencyConflict, lambda: ledger.record(desk.donation(6), by="u_1", id=ID)
    )
    assert f"was used for another command (entry {first.seq})" in sentence


def test_a_repeat_is_known_by_what_was_sent_not_by_what_was_left_out(desk: Desk) -> None:
    ledger = desk.ledger
    ledger.record(c.RecordActivity(kind="visit", count=1), by="u_1", id=ID)
    desk.clock.advance()
    assert ledger.record(c.RecordActivity(kind="visit", count=1), by="u_1", id=ID).repeated
    another = c.RecordActivity(kind="visit", count=1, who="Chen")
    refused(desk, IdempotencyConflict, lambda: ledger.record(another, by="u_1", id=ID))


def test_an_id_that_is_no_uuid_is_refused(desk: Desk) -> None:
    activity = c.RecordActivity(kind="visit", count=1)
    refused(desk, InvalidField, lambda: desk.ledger.record(activity, by="u_1", id="seven"))
    refused(desk, InvalidField, lambda: desk.ledger.record(activity, by=""))


def test_a_megabyte_of_text_is_refused(desk: Desk) -> None:
    sentence = refused(desk, InvalidField, lambda: desk.give(1, wish="长" * 2**20), at="/wish")
    assert sentence == "/wish must have at most 2000 characters"


@pytest.mark.parametrize("text", ["nul\0", "bell\a", "escape\x1b[2J", "delete\x7f", "\ud800"])
def test_control_characters_are_refused(desk: Desk, text: str) -> None:
    refused(desk, InvalidField, lambda: desk.give(1, wish=text))
    refused(desk, InvalidField, lambda: desk.give(1, batch=text))
    refused(desk, InvalidField, lambda: desk.give(1, item=text))
    refused(desk, InvalidField, lambda: desk.ledger.register(Donor(code="D-9", name=text)))


def test_lines_of_text_are_kept_in_notes_but_not_in_names(desk: Desk) -> None:
    desk.give(1, wish="for the old\nfor the ill")
    refused(desk, InvalidField, lambda: desk.ledger.register(Donor(code="D-9", name="a\nb")))
    refused(desk, InvalidField, lambda: desk.give(1, batch="B7\n"))


def test_a_command_has_one_to_five_hundred_lines(desk: Desk) -> None:
    refused(desk, InvalidField, lambda: desk(c.OpenStock(location="store", lines=[])), at="/lines")
    line = c.ArrivalLine(item="mask", quantity=1)
    refused(desk, InvalidField, lambda: desk(c.OpenStock(location="store", lines=[line] * 501)))


def test_what_is_no_command_is_refused(desk: Desk) -> None:
    refused(desk, InvalidField, lambda: desk(c.Command()))
    refused(desk, InvalidField, lambda: desk(c.GoodsLine(item="mask", quantity=1)))  # type: ignore[arg-type]


def test_a_code_in_use_a_missing_name_and_a_frozen_unit_are_refused(desk: Desk) -> None:
    ledger = desk.ledger
    taken = Item(code="mask", name="mask")
    assert "is taken" in refused(desk, AlreadyDone, lambda: ledger.register(taken), at="/code")
    nameless = Recipient(code="R-9")
    refused(desk, InvalidField, lambda: ledger.register(nameless), at="/name")
    desk.stock(1)
    refused(
        desk,
        InvalidField,
        lambda: ledger.amend(Item(code="mask", name="mask", unit="box")),
        at="/unit",
    )
    ledger.amend(Item(code="rice", name="rice", unit="bag"))
    refused(desk, NotFound, lambda: ledger.amend(Item(code="tea", name="tea")))


@pytest.mark.parametrize("zone", ["1", "Mars/Olympus", "../etc", ""])
def test_a_time_zone_that_does_not_exist_is_refused(desk: Desk, zone: str) -> None:
    station = Station(code="lx", name="Longxue", zone=zone)
    assert "name one as in Asia/Shanghai" in refused(
        desk, InvalidField, lambda: desk.ledger.amend(station), at="/zone"
    )


def test_a_forgotten_donor_is_not_given_a_name_again(desk: Desk) -> None:
    desk(c.ForgetDonor(donor="D-2"))
    refused(desk, Forgotten, lambda: desk.ledger.amend(Donor(code="D-2", name="again")))


def test_the_first_of_all_days_is_a_day_like_any_other(desk: Desk) -> None:
    desk(c.ClosePeriod(through=date(2020, 2, 5)))
    desk(c.ReopenPeriod(day=date.min, reason="x"))
    with desk.ledger.reading() as books:
        report = station_report(books, date.min, TODAY)
    assert report.goods == []


def test_nouns_are_registered_together_or_not_at_all(desk: Desk) -> None:
    tea, taken = Item(code="tea", name="tea"), Item(code="mask", name="mask")
    refused(desk, AlreadyDone, lambda: desk.ledger.register(tea, taken))
    desk.ledger.register(tea)


def test_a_forgotten_donor_gives_under_another_code(desk: Desk) -> None:
    desk.give(1)
    desk(c.ForgetDonor(donor="D-1"))
    assert "register them under another code" in refused(
        desk, Forgotten, lambda: desk.give(1), at="/donor"
    )


def test_in_a_group_each_request_stands_for_itself(desk: Desk) -> None:
    desk.stock(5)
    line = c.AllocationLine(item="mask", quantity=3)
    allocate = c.Allocate(recipient="R-1", location="store", lines=[line])
    bad = c.NoteNeed(recipient="R-1", item="mask", quantity=0)
    answers = desk.ledger.record_many(
        [Request(command=command, by="u_1") for command in (allocate, bad, allocate, allocate)]
    )
    assert [type(answer) for answer in answers] == [
        Recorded,
        InvalidField,
        NotEnough,
        NotEnough,
    ]
    assert desk.entries() == 2
    assert desk.total("stock:store") == 2


def test_the_clock_decides_what_today_is_in_the_stations_zone(desk: Desk) -> None:
    recorded = desk.give(1)
    body = desk.books.body(recorded.seq)
    assert body.happened_on == TODAY
    assert body.recorded_at == "2020-02-10T04:00:00.000000Z"
