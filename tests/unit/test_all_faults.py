"""An invalid command names all of its faults at once, by JSON pointer, in the order of lines."""

from __future__ import annotations

from typing import Any

import pytest

from supplies.domain.catalogue_records import Item
from supplies.domain.commands import RecordDonation, ReportOutcome
from supplies.domain.validation import MAX_FAULTS, check_fields, convert
from supplies.errors import InvalidField

GOOD: dict[str, Any] = {"item": "mask", "quantity": 1}


def refuse(**fields: Any) -> InvalidField:
    with pytest.raises(InvalidField) as refusal:
        convert(RecordDonation, {"location": "store", "handled_by": "陈某", **fields})
    return refusal.value


def pointers(error: InvalidField) -> list[str]:
    return [fault.pointer for fault in error.faults]


def test_a_wrong_month_and_a_time_without_a_zone_are_refused_in_words() -> None:
    assert "must be a month as in 2027-05" in str(
        refuse(lines=[{**GOOD, "expires_month": "2027/05"}])
    )
    with pytest.raises(InvalidField, match="must name its time zone, as in 2020-02-05T14"):
        convert(
            ReportOutcome,
            {
                "delivery": "v_1",
                "allocation": "a_1",
                "outcome": "handed_over",
                "happened_at": "2026-03-09T18:00:00",
            },
        )


def test_twelve_wrong_lines_are_named_at_once() -> None:
    lines = [{"item": "mask", "quantity": -number} for number in range(12)]
    error = refuse(lines=[GOOD, *lines])
    assert pointers(error) == [f"/lines/{number}/quantity" for number in range(1, 13)]
    assert str(error).count("must be a whole number of at least 1") == 12


def test_wrong_missing_blank_and_unknown_fields_are_named_together() -> None:
    error = refuse(
        handled_by=" ",
        happened_on="0022-02-03",
        lines=[
            {"item": "mask", "quantity": "5", "colour": "blue"},
            GOOD,
            {"quantity": 1, "expires_on": "2027-13"},
            {"item": "mask", "quantity": 1, "value": {"minor": 5, "currency": "yuan"}},
            7,
        ],
    )
    assert set(pointers(error)[:2]) == {"/handled_by", "/happened_on"}
    assert sorted(pointers(error)[2:]) == [
        "/lines/0/colour",
        "/lines/0/quantity",
        "/lines/2/expires_on",
        "/lines/2/item",
        "/lines/3/value/currency",
        "/lines/3/value/evidence",
        "/lines/4",
    ]


def test_each_field_is_named_once() -> None:
    error = refuse(handled_by="", lines=[{"item": "mask", "quantity": 1, "batch": "\u200b\n"}])
    assert len(pointers(error)) == len(set(pointers(error)))


def test_the_message_about_one_fault_is_that_of_the_fault() -> None:
    error = refuse(lines=[{"item": "mask", "quantity": 0}])
    assert str(error) == "/lines/0/quantity must be a whole number of at least 1"
    assert [fault.detail for fault in error.faults] == [str(error)]


@pytest.mark.parametrize("count", [MAX_FAULTS, MAX_FAULTS + 1, 500])
def test_at_most_fifty_faults_are_named_and_the_message_says_that_there_are_more(
    count: int,
) -> None:
    error = refuse(lines=[{"item": "mask", "quantity": 0}] * count)
    assert len(error.faults) == MAX_FAULTS
    assert str(error).endswith("and there are more") == (count > MAX_FAULTS)


def test_an_empty_list_of_lines_is_named_with_other_faults() -> None:
    assert sorted(pointers(refuse(lines=[], handled_by=5))) == ["/handled_by", "/lines"]


def test_a_struct_made_in_python_names_all_of_its_faults() -> None:
    gift = RecordDonation(location="", handled_by="", lines=[])
    with pytest.raises(InvalidField) as refusal:
        check_fields(gift)
    assert sorted(pointers(refusal.value)) == ["/handled_by", "/lines", "/location"]


@pytest.mark.parametrize(
    ("packs", "pointer"),
    [
        ({"box": 50, "case of 6": 6}, "/packs/case of 6"),
        ({"box": 0}, "/packs/box"),
        ({"box": "50"}, "/packs/box"),
        ({"a/b": 2}, "/packs/a~1b"),
        ({"": 2}, "/packs/"),
    ],
)
def test_a_wrong_pack_is_named_by_its_code(packs: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        convert(Item, {"code": "mask", "name": "mask", "packs": packs})
    (fault,) = refusal.value.faults
    assert fault.pointer == pointer
    assert fault.detail.startswith(f"{pointer} must ")
