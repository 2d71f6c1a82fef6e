"""Forms of commands: fields named by JSON pointers become the command, and the command fields."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from supplies_service.pages.command_forms import CommandForm
from supplies_service.pages.typed_values import command_of, fields_of
from support.ledger_fixture import StationLedger

from supplies.domain import commands
from supplies.domain.commands import (
    Command,
    Correct,
    Correctable,
    DonationLine,
    NoteNeed,
    RecordDonation,
)
from supplies.domain.money import Money, Value
from supplies.domain.validation import alternatives, convert
from supplies.errors import InvalidField

COMMANDS = [
    each
    for each in vars(commands).values()
    if isinstance(each, type) and issubclass(each, Command) and each not in (Command, Correct)
]

TEXTS = st.text("陈某 ，。a1-\n", min_size=1, max_size=12).filter(str.strip)
ONE_LINE = TEXTS.map(lambda text: text.replace("\n", " "))
CODES = st.sampled_from(["mask", "D-1", "n_12", "2020.1", "a_b"])


def values(hint: Any, name: str) -> st.SearchStrategy[Any]:
    """Values that JSON may have for a field of this type. Optional fields may lack."""
    (kind, *_) = [part for part in alternatives(hint) if part is not type(None)]
    structs = [each for each in alternatives(hint) if isinstance(each, type)]
    structs = [each for each in structs if issubclass(each, msgspec.Struct)]
    if structs:
        return st.one_of([objects(each) for each in structs])
    if get_origin(kind) is list:
        return st.lists(values(get_args(kind)[0], name), min_size=1, max_size=2)
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    by_name = {
        "currency": st.sampled_from(["CNY", "USD", "JPY"]),
        "expires_month": st.sampled_from(["2027-05", "2030-12"]),
        "happened_at": st.just("2020-02-05T14:30:00+08:00"),
        "phone_time": st.just("2020-02-05T14:28:00+08:00"),
        "photo": st.just("eA=="),
        "hash": st.just("0" * 64),
        "previous": st.just("0" * 64),
        "body": st.just("eA=="),
    }
    if name in by_name:
        return by_name[name]
    return {
        bool: st.booleans(),
        int: st.integers(1, 10**12),
        date: st.dates(date(2020, 1, 1), date(2030, 1, 1)).map(date.isoformat),
        str: TEXTS if name in ("note", "reason", "wish") else st.one_of(CODES, ONE_LINE),
    }[kind]


@cache
def objects(struct: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(struct, include_extras=True)
    required, optional = {}, {}
    for field in msgspec.structs.fields(struct):
        if field.name == "signature":  # It is drawn and never typed.
            continue
        into = required if field.required else optional
        into[field.encode_name] = values(hints[field.name], field.name)
    optional.pop("expires_on" if "expires_month" in optional else "", None)
    tag = struct.__struct_config__.tag
    fixed = st.fixed_dictionaries(required, optional=optional)
    return fixed if tag is None else fixed.map(lambda fields: {"type": tag, **fields})


@st.composite
def valid_commands(draw: st.DrawFn, kind: type[Command]) -> Command:
    fields = draw(objects(kind))
    try:
        return convert(kind, fields)
    except InvalidField as error:
        # Some texts are not codes, and some numbers are too large for their field.
        for fault in error.faults:
            *parents, name = fault.pointer.split("/")[1:]
            at = fields
            for parent in parents:
                at = at[int(parent) if isinstance(at, list) else parent]
            place: Any = int(name) if isinstance(at, list) else name
            at[place] = "mask" if isinstance(at[place], str) else 1
        return convert(kind, fields)


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
@settings(max_examples=15)
@given(data=st.data())
def test_a_command_as_fields_is_the_same_command_again(
    kind: type[Command], data: st.DataObject
) -> None:
    command = data.draw(valid_commands(kind))
    assert command_of(kind, fields_of(command)) == command
    if type(command) in alternatives(Correctable):
        correction = Correct(entry=7, command=command, reason="wrong")
        assert command_of(Correct, fields_of(correction)) == correction


def test_a_form_may_contain_a_command_as_a_part() -> None:
    donation = RecordDonation(
        location="store", handled_by="陈某", lines=[DonationLine(item="mask", quantity=3)]
    )
    fields = fields_of(donation, "/command") | {"/entry": "7", "/reason": "错"}
    assert fields["/command/type"] == "RecordDonation"
    assert command_of(Correct, fields) == Correct(entry=7, command=donation, reason="错")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ({"quantity": " １２ "}, DonationLine(item="mask", quantity=12)),
        ({"quantity": "1,200"}, DonationLine(item="mask", quantity=1200)),
        (
            {"quantity": "1", "expires_on": "2027.5.31"},
            DonationLine(item="mask", quantity=1, expires_on=date(2027, 5, 31)),
        ),
        (
            {"quantity": "1", "expires_on": "20270531"},
            DonationLine(item="mask", quantity=1, expires_on=date(2027, 5, 31)),
        ),
        (
            {"quantity": "1", "expires_on": "2027年5月"},
            DonationLine(
                item="mask", quantity=1, expires_on=date(2027, 5, 31), expires_month="2027-05"
            ),
        ),
        (
            {"quantity": "1", "value/minor": "12.50", "value/currency": "CNY"}
            | {"value/evidence": "invoice"},
            DonationLine(
                item="mask",
                quantity=1,
                value=Value(minor=1250, currency="CNY", evidence="invoice"),
            ),
        ),
        ({"quantity": "1", "value/currency": "CNY"}, DonationLine(item="mask", quantity=1)),
    ],
)
def test_what_people_type_is_understood(typed: dict[str, str], meant: DonationLine) -> None:
    fields = {f"/{name}": text for name, text in {"item": "mask", **typed}.items()}
    assert command_of(DonationLine, fields) == meant


def test_empty_lines_are_left_out_and_errors_point_to_the_typed_line() -> None:
    fields = {
        "/location": "store",
        "/handled_by": "陈某",
        "/lines/0/item": "",
        "/lines/1/item": " ",
    }
    fields |= {"/lines/4/item": "mask", "/lines/4/quantity": "few", "/lines/9/quantity": "2"}
    with pytest.raises(InvalidField) as refused:
        command_of(RecordDonation, fields)
    assert [fault.pointer for fault in refused.value.faults] == [
        "/lines/4/quantity",
        "/lines/9/item",
    ]


def test_an_amount_with_too_many_decimals_is_refused() -> None:
    fields = {"/minor": "1.005", "/currency": "CNY"}
    with pytest.raises(InvalidField):
        command_of(Money, fields)


def test_a_record_is_found_by_code_name_or_a_part_of_it(station: StationLedger) -> None:
    for typed in ("mask", "口罩 · mask", "口罩", "口", "MASK"):
        form = CommandForm(NoteNeed, {"/recipient": "R-1", "/item": typed, "/quantity": "2"})
        with station.ledger.reading() as books:
            assert form.command(books).item == "mask", typed
        assert form.value("/item") == "mask"


def test_a_name_that_several_have_is_refused_with_the_choices(station: StationLedger) -> None:
    form = CommandForm(NoteNeed, {"/recipient": "R-", "/item": "nothing such", "/quantity": "2"})
    with station.ledger.reading() as books, pytest.raises(InvalidField) as refused:
        form.command(books)
    assert {fault.pointer for fault in refused.value.faults} == {"/recipient", "/item"}
    assert len(form.choices["/recipient"]) > 1
    assert form.choices["/item"] == []


def test_a_line_with_an_index_of_thousands_of_digits_is_not_a_line() -> None:
    form = CommandForm(RecordDonation, {"/lines/0/item": "mask", f"/lines/{'9' * 5000}/item": "x"})
    assert form.lines("/lines") == [0]
