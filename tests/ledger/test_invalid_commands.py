"""Invalid commands: the error names the field and what would be right; nothing is recorded."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support.ledger_fixture import StationLedger
from support.refusals import assert_refused

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor
from supplies.domain.validation import convert
from supplies.errors import (
    InvalidField,
    NotFound,
)


@pytest.mark.parametrize(
    ("quantity", "message"),
    [
        (0, "must be a whole number of at least 1"),
        (-3, "must be a whole number of at least 1"),
        (1.5, "must be a whole number, not a decimal number"),
        (1.0, "must be a whole number, not a decimal number"),
        ("5", "must be a whole number, not text"),
        (True, "must be a whole number, not true or false"),
        (10**12 + 1, "must be a whole number of at most 1000000000000"),
        (10**30, "must be a whole number of at most 1000000000000"),
    ],
)
def test_an_invalid_quantity_is_refused_with_what_is_valid(
    station: StationLedger, quantity: Any, message: str
) -> None:
    sentence = assert_refused(
        station, InvalidField, lambda: station.give(quantity), at="/lines/0/quantity"
    )
    assert sentence == f"/lines/0/quantity {message}"


def test_packs_that_exceed_the_largest_quantity_are_refused(station: StationLedger) -> None:
    sentence = assert_refused(
        station, InvalidField, lambda: station.give(10**12, pack="box"), at="/lines/0/quantity"
    )
    assert "is more than 1000000000000 piece" in sentence


def test_the_largest_quantity_can_be_recorded_repeatedly(
    station: StationLedger,
) -> None:
    for _ in range(3):
        station.give(10**12)
    assert station.total("stock:store") == 3 * 10**12


def test_an_unknown_pack_is_refused_with_the_known_packs(
    station: StationLedger,
) -> None:
    sentence = assert_refused(
        station, InvalidField, lambda: station.give(1, pack="crate"), at="/lines/0/pack"
    )
    assert sentence == (
        "口罩 has no pack crate (its packs: box, ten); "
        "name one of them, give its pack_size, or count in piece"
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
def test_an_unknown_code_is_refused_with_its_field(
    station: StationLedger, pointer: str, command: c.Command
) -> None:
    assert assert_refused(station, InvalidField, lambda: station(command), at=pointer)


NOT_THERE: list[c.Command] = [
    c.EndNeed(need="n_9", reason="moved"),
    c.CancelPledge(pledge="p_9", reason="x"),
    c.ClaimNeeds(pledge="p_9", claims=[c.Claim(need="n_9", quantity=1)]),
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
def test_an_unknown_document_is_not_found(station: StationLedger, command: c.Command) -> None:
    assert assert_refused(station, NotFound, lambda: station(command)).startswith(
        ("unknown ", "entry 99")
    )


def test_an_expiry_before_the_arrival_is_refused(station: StationLedger) -> None:
    sentence = assert_refused(
        station,
        InvalidField,
        lambda: station.give(1, expires_on=date(2020, 2, 9)),
        at="/lines/0/expires_on",
    )
    assert "2020-02-09 is before the goods arrived (2020-02-10)" in sentence


def test_a_day_in_the_future_is_refused(station: StationLedger) -> None:
    sentence = assert_refused(
        station,
        InvalidField,
        lambda: station.give(1, happened_on=date(2020, 2, 11)),
        at="/happened_on",
    )
    assert sentence == "2020-02-11 is in the future; today is 2020-02-10 at this station"


def test_a_megabyte_of_text_is_refused(station: StationLedger) -> None:
    sentence = assert_refused(
        station, InvalidField, lambda: station.give(1, wish="长" * 2**20), at="/wish"
    )
    assert sentence == "/wish must have at most 2000 characters"


@pytest.mark.parametrize("text", ["nul\0", "bell\a", "escape\x1b[2J", "delete\x7f", "\ud800"])
def test_control_characters_are_refused(station: StationLedger, text: str) -> None:
    assert_refused(station, InvalidField, lambda: station.give(1, wish=text))
    assert_refused(station, InvalidField, lambda: station.give(1, batch=text))
    assert_refused(station, InvalidField, lambda: station.give(1, item=text))
    assert_refused(
        station, InvalidField, lambda: station.ledger.register(Donor(code="D-9", name=text))
    )


def test_line_breaks_are_allowed_in_wishes_but_not_in_names_or_batches(
    station: StationLedger,
) -> None:
    station.give(1, wish="for the old\nfor the ill")
    assert_refused(
        station, InvalidField, lambda: station.ledger.register(Donor(code="D-9", name="a\nb"))
    )
    assert_refused(station, InvalidField, lambda: station.give(1, batch="B\n7"))


def test_a_command_has_one_to_five_hundred_lines(station: StationLedger) -> None:
    assert_refused(
        station, InvalidField, lambda: station(c.OpenStock(location="store", lines=[])), at="/lines"
    )
    line = c.ArrivalLine(item="mask", quantity=1)
    assert_refused(
        station, InvalidField, lambda: station(c.OpenStock(location="store", lines=[line] * 501))
    )


def test_an_object_that_is_not_a_command_is_refused(station: StationLedger) -> None:
    assert_refused(station, InvalidField, lambda: station(c.Command()))
    assert_refused(station, InvalidField, lambda: station(c.GoodsLine(item="mask", quantity=1)))  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_an_empty_reason_is_refused(station: StationLedger, reason: str) -> None:
    station.stock(5)
    allocation = station.allocate(5)
    release = c.Release(allocation=allocation, reason=reason)
    assert_refused(station, InvalidField, lambda: station(release), at="/reason")


@pytest.mark.parametrize("by", ["王小明", "Wang Xiaoming", "", "x" * 65, 5])
def test_a_personal_name_as_the_recording_user_is_refused(station: StationLedger, by: Any) -> None:
    activity = c.RecordActivity(kind="visit", count=1)
    assert_refused(station, InvalidField, lambda: station.ledger.record(activity, by=by))


@pytest.mark.parametrize("code", ["", "张三", "a b", "-x", "x" * 65, "a\n"])
def test_a_personal_name_as_a_code_is_refused(station: StationLedger, code: str) -> None:
    with pytest.raises(InvalidField):
        station.need(1, recipient=code)


def test_the_recording_user_may_be_any_code(
    station: StationLedger,
) -> None:
    done = station.ledger.record(station.donation(1), by="import-2020.02")
    assert station.books.body(done.seq).recorded_by == "import-2020.02"


@pytest.mark.parametrize("name", ["9" * 10, "9" * 5000], ids=len)
def test_an_unknown_field_that_is_named_by_digits_is_refused(name: str) -> None:
    with pytest.raises(InvalidField):
        convert(c.NoteNeed, {"recipient": "R-1", "item": "mask", "quantity": 1, name: 1})
