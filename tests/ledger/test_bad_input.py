"""Bad input: one clear sentence naming what, where and what would be right; nothing recorded."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from support.ledger_fixture import TODAY, Desk

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Item, Recipient, Station
from supplies.errors import (
    AlreadyDone,
    Forgotten,
    IdempotencyConflict,
    InvalidField,
    NotEnough,
    NotFound,
    PeriodClosed,
    StoreError,
    SuppliesError,
    Unaccounted,
)
from supplies.ledger.recorded import Recorded
from supplies.ledger.writer import Request
from supplies.views.station_report import build_station_report

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
        report = build_station_report(books, date.min, TODAY)
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


# --- what a review found ------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_what_is_undone_is_undone_for_a_reason(desk: Desk, reason: str) -> None:
    desk.stock(5)
    allocation = desk.allocate(5)
    release = c.Release(allocation=allocation, reason=reason)
    refused(desk, InvalidField, lambda: desk(release), at="/reason")


@pytest.mark.parametrize("by", ["王小明", "Wang Xiaoming", "", "x" * 65, 5])
def test_who_records_is_a_code_and_never_a_name(desk: Desk, by: Any) -> None:
    activity = c.RecordActivity(kind="visit", count=1)
    refused(desk, InvalidField, lambda: desk.ledger.record(activity, by=by))


def test_a_batch_number_has_no_room_for_a_name(desk: Desk) -> None:
    refused(desk, InvalidField, lambda: desk.give(1, batch="王小明"), at="/lines/0/batch")
    desk.give(1, batch="B7/2020-01.a")


def test_nothing_is_set_aside_in_a_quarantine_whichever_way_it_comes(desk: Desk) -> None:
    need = desk.need(5)
    pledge = desk.pledge(5, {need: 5})
    gift = desk.donation(5, pledge=pledge, location="ward")
    assert "is a quarantine" in refused(desk, InvalidField, lambda: desk(gift))
    desk.stock(5)
    allocation = desk.allocate(5)
    delivery = desk.dispatch(allocation)
    back = c.OutcomeLine(line=1, brought_back=5, to="allocated", location="ward")
    refused(
        desk,
        InvalidField,
        lambda: desk.outcome(delivery, allocation, "partly", lines=[back]),
        at="/lines/0/location",
    )


def test_goods_that_expired_on_the_shelf_do_not_go_out_unless_said(desk: Desk) -> None:
    desk.stock(5, expires_on=desk.day(2))
    allocation = desk.allocate(5)
    desk.clock.advance(3)
    sentence = refused(desk, InvalidField, lambda: desk.dispatch(allocation), at="/allocations/0")
    assert "expired on 2020-02-12; release it, or say allow_expired" in sentence
    desk.dispatch(allocation, allow_expired=True)


def test_the_same_outcome_with_goods_brought_elsewhere_is_another_outcome(desk: Desk) -> None:
    desk.stock(5)
    allocation = desk.allocate(5)
    delivery = desk.dispatch(allocation)
    back = c.OutcomeLine(line=1, received=2, brought_back=3, to="stock")
    desk.outcome(delivery, allocation, "partly", lines=[back])
    assert desk.outcome(delivery, allocation, "partly", lines=[back]).repeated
    there = c.OutcomeLine(line=1, received=2, brought_back=3, to="stock", location="annex")
    assert desk.outcome(delivery, allocation, "partly", lines=[there]).conflict is not None


def test_nobody_is_forgotten_while_a_conflict_about_them_waits(desk: Desk) -> None:
    desk.stock(5)
    allocation = desk.allocate(5)
    delivery = desk.dispatch(allocation)
    desk.outcome(delivery, allocation, "handed_over")
    conflict = desk.outcome(delivery, allocation, "refused").seq
    forget = c.ForgetRecipient(recipient="R-1")
    assert f"conflict of entry {conflict}" in refused(desk, Unaccounted, lambda: desk(forget))


def test_the_code_of_unknown_donors_is_nobodys(desk: Desk) -> None:
    nobody = Donor(code="anonymous", name="Wang")
    refused(desk, InvalidField, lambda: desk.ledger.register(nobody), at="/code")


def test_a_series_of_receipts_is_one_stations_for_ever(desk: Desk) -> None:
    other = Station(code="nx", name="Nansha", series="JZ")
    refused(desk, AlreadyDone, lambda: desk.ledger.register(other), at="/series")
    desk.give(1)
    desk.ledger.amend(Station(code="lx", name="Longxue", series="LX"))
    refused(desk, AlreadyDone, lambda: desk.ledger.register(other), at="/series")


def test_a_count_before_its_sheet_was_opened_is_refused(desk: Desk) -> None:
    sheet = str(desk(c.OpenCountSheet(location="store")).document)
    lines = [c.CountLine(item="mask", counted=1)]
    early = c.CountStock(sheet=sheet, lines=lines, happened_on=desk.day(-1))
    refused(desk, InvalidField, lambda: desk(early), at="/happened_on")


def test_a_resolved_conflict_shows_on_the_day_of_its_fact(desk: Desk) -> None:
    desk.stock(5)
    allocation = desk.allocate(5)
    delivery = desk.dispatch(allocation)
    desk.outcome(delivery, allocation, "refused")
    conflict = desk.outcome(delivery, allocation, "handed_over").seq
    fact = desk.day(0)
    desk.clock.advance(3)
    desk(c.ResolveConflict(conflict=conflict, by="unexplained", reason="seen at the door"))
    assert desk.books.balance_on(fact, "received:R-1", "mask", "l_lx_1_1") == 5


def test_reading_may_ask_for_reading_but_not_for_recording(desk: Desk) -> None:
    with desk.ledger.reading(), desk.ledger.reading() as books:
        assert books.head()[0] == 0
        with pytest.raises(StoreError, match="leave `reading"):
            desk.give(1)
    desk.give(1)
    assert desk.ledger.verify().entries == 2


def test_an_id_may_be_a_uuid(desk: Desk) -> None:
    activity = c.RecordActivity(kind="visit", count=1)
    desk.ledger.record(activity, by="u_1", id=uuid.UUID(ID))
    assert desk.ledger.record(activity, by="u_1", id=ID).repeated


def test_a_pledge_that_was_kept_in_part_stays_its_donors(desk: Desk) -> None:
    pledge = desk.pledge(10)
    desk.give(4, pledge=pledge)
    lines = [c.PledgeLine(item="mask", quantity=10)]
    other = c.Correct(entry=1, reason="x", command=c.MakePledge(donor="D-2", lines=lines))
    refused(desk, InvalidField, lambda: desk(other), at="/command/donor")


def test_a_command_of_many_lines_over_many_lots_is_recorded_in_one_go(desk: Desk) -> None:
    for _ in range(4):
        lines = [c.ArrivalLine(item="mask", quantity=2)] * 500
        desk(c.OpenStock(location="store", lines=lines))
    desk(c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=3)] * 500))
    assert desk.total("stock:annex") == 1500
