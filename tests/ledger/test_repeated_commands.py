"""A command repeated with its id is recorded once; another command with this id is refused."""

from __future__ import annotations

import uuid

import pytest
from support.ledger_fixture import StationLedger
from support.refusals import assert_refused

from supplies.domain import commands as c
from supplies.errors import (
    IdempotencyConflict,
    InvalidField,
    NotEnough,
)
from supplies.ledger.writer import Request

ID = "0b5a35f2-57a2-4a4c-9f0a-93c1a4f0c111"


def test_the_same_id_with_another_command_is_a_conflict(station: StationLedger) -> None:
    ledger = station.ledger
    first = ledger.record(station.donation(5), by="u_1", id=ID)
    again = ledger.record(station.donation(5), by="u_1", id=ID)
    assert (again.seq, again.last, again.repeated) == (first.seq, first.last, True)
    sentence = assert_refused(
        station, IdempotencyConflict, lambda: ledger.record(station.donation(6), by="u_1", id=ID)
    )
    assert f"was used for another command (entry {first.seq})" in sentence


def test_a_repeat_is_recognised_by_the_fields_that_were_sent(
    station: StationLedger,
) -> None:
    ledger = station.ledger
    ledger.record(c.RecordActivity(kind="visit", count=1), by="u_1", id=ID)
    station.clock.advance()
    assert ledger.record(c.RecordActivity(kind="visit", count=1), by="u_1", id=ID).repeated
    another = c.RecordActivity(kind="visit", count=1, who="Chen")
    assert_refused(station, IdempotencyConflict, lambda: ledger.record(another, by="u_1", id=ID))


def test_an_invalid_id_or_an_empty_user_is_refused(station: StationLedger) -> None:
    activity = c.RecordActivity(kind="visit", count=1)
    assert_refused(
        station, InvalidField, lambda: station.ledger.record(activity, by="u_1", id="seven")
    )
    assert_refused(station, InvalidField, lambda: station.ledger.record(activity, by=""))


def test_an_id_may_be_a_uuid_object(station: StationLedger) -> None:
    activity = c.RecordActivity(kind="visit", count=1)
    station.ledger.record(activity, by="u_1", id=uuid.UUID(ID))
    assert station.ledger.record(activity, by="u_1", id=ID).repeated


def test_the_same_id_with_the_same_command_gives_the_first_result(
    station: StationLedger,
) -> None:
    command = station.donation(5)
    first = station.ledger.record(command, by="u_1", id=ID)
    station.stock(3)
    again = station.ledger.record(command, by="u_2", id=ID.upper())
    assert again.repeated
    assert (again.seq, again.last, again.id, again.document) == (
        first.seq,
        first.last,
        ID,
        first.document,
    )


def test_the_same_id_with_another_free_text_is_a_conflict(station: StationLedger) -> None:
    station.ledger.record(station.donation(5, wish="for the old"), by="u_1", id=ID)
    with pytest.raises(IdempotencyConflict):
        station.ledger.record(station.donation(5, wish="for the young"), by="u_1", id=ID)


def test_a_refused_command_can_be_recorded_later_with_its_id(station: StationLedger) -> None:
    lines = [c.AllocationLine(item="mask", quantity=5)]
    command = c.Allocate(recipient="R-1", location="store", lines=lines)
    with pytest.raises(NotEnough):
        station.ledger.record(command, by="u_1", id=ID)
    station.stock(5)
    assert not station.ledger.record(command, by="u_1", id=ID).repeated


def test_further_entries_of_a_command_have_ids_derived_from_its_id(station: StationLedger) -> None:
    done = station.ledger.record(station.donation(5), by="u_1", id=ID)
    assert station.books.body(done.last).id == str(uuid.uuid5(uuid.UUID(ID), "1"))


def test_a_repeat_within_a_group_is_recorded_once(station: StationLedger) -> None:
    one = Request(command=station.donation(5), by="u_1", id=ID)
    answers = station.ledger.record_many([one, one])
    assert [getattr(answer, "repeated", None) for answer in answers] == [False, True]
    assert station.total("stock:store") == 5
