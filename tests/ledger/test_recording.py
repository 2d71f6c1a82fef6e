"""Recording commands: ids, several at once, bad input; nothing is recorded in part."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import psycopg
import pytest
from support.ledger_fixture import Desk

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item
from supplies.errors import IdempotencyConflict, InvalidField, NotEnough, NotFound, StoreError
from supplies.ledger.recorded import Recorded
from supplies.ledger.writer import Request
from supplies.storage.engines import database_file

ID = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"


def test_the_same_id_with_the_same_command_answers_as_the_first_time(desk: Desk) -> None:
    command = desk.donation(5)
    first = desk.ledger.record(command, by="u_1", id=ID)
    desk.stock(3)
    again = desk.ledger.record(command, by="u_2", id=ID.upper())
    assert again.repeated
    assert (again.seq, again.last, again.id, again.document) == (
        first.seq,
        first.last,
        ID,
        first.document,
    )


def test_the_same_id_with_another_command_is_a_conflict(desk: Desk) -> None:
    desk.ledger.record(desk.donation(5), by="u_1", id=ID)
    with pytest.raises(IdempotencyConflict, match="was used for another command"):
        desk.ledger.record(desk.donation(6), by="u_1", id=ID)


def test_a_differing_free_text_is_another_command(desk: Desk) -> None:
    desk.ledger.record(desk.donation(5, wish="for the old"), by="u_1", id=ID)
    with pytest.raises(IdempotencyConflict):
        desk.ledger.record(desk.donation(5, wish="for the young"), by="u_1", id=ID)


def test_a_refused_command_may_come_again_with_its_id(desk: Desk) -> None:
    lines = [c.AllocationLine(item="mask", quantity=5)]
    command = c.Allocate(recipient="R-1", location="store", lines=lines)
    with pytest.raises(NotEnough):
        desk.ledger.record(command, by="u_1", id=ID)
    desk.stock(5)
    assert not desk.ledger.record(command, by="u_1", id=ID).repeated


def test_further_entries_of_a_command_have_ids_made_of_its_own(desk: Desk) -> None:
    done = desk.ledger.record(desk.donation(5), by="u_1", id=ID)
    assert desk.books.body(done.last).id == str(uuid.uuid5(uuid.UUID(ID), "1"))


def test_an_id_that_is_no_uuid_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidField, match="is not a UUID"):
        desk.ledger.record(desk.donation(5), by="u_1", id="first")


def test_several_at_once_are_each_recorded_or_refused_by_themselves(desk: Desk) -> None:
    commands: list[c.Command] = [
        desk.donation(5),
        c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=6)]),
        c.RecordActivity(kind="visit", count=0),
        c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=5)]),
        c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=1)]),
    ]
    answers = desk.ledger.record_many([Request(command=one, by="u_1") for one in commands])
    kinds = [type(answer) for answer in answers]
    assert kinds == [Recorded, NotEnough, InvalidField, Recorded, NotEnough]
    assert desk.entries() == 3
    assert desk.total("stock:annex") == 5


def test_a_repeat_within_several_at_once_is_recorded_once(desk: Desk) -> None:
    one = Request(command=desk.donation(5), by="u_1", id=ID)
    answers = desk.ledger.record_many([one, one])
    assert [getattr(answer, "repeated", None) for answer in answers] == [False, True]
    assert desk.total("stock:store") == 5


def test_no_command_asks_the_books_the_same_question_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []
    for way in ("all", "one"):
        really = getattr(desk.ledger.store, way)

        def ask(sql: str, params: Any = (), really: Any = really) -> Any:
            asked.append((sql, *dict(params).items()))
            return really(sql, params)

        monkeypatch.setattr(desk.ledger.store, way, ask)

    def once(name: str) -> str:
        assert 0 < len(asked) == len(set(asked))
        asked.clear()
        return name

    once(desk.need(5))
    desk.give(5)
    once("donation")
    allocation = once(desk.allocate(5))
    delivery = once(desk.dispatch(allocation))
    desk.outcome(delivery, allocation, "handed_over")
    once("outcome")


def test_what_follows_a_refusal_within_a_command_is_not_recorded_either(desk: Desk) -> None:
    desk.stock(5)
    lines = [c.LotLine(item="mask", quantity=5), c.LotLine(item="soap", quantity=1)]
    with pytest.raises(NotEnough, match="no 洗手液 is free in Store A"):
        desk(c.Move(source="store", target="annex", lines=lines))
    assert desk.total("stock:store") == 5
    assert desk.entries() == 1


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "5", 10**12 + 1, 10**30, None, True])
def test_a_quantity_that_could_never_be_is_refused(desk: Desk, quantity: Any) -> None:
    with pytest.raises(InvalidField) as refusal:
        desk.give(quantity)
    assert refusal.value.detail.strip()
    assert desk.entries() == 0


@pytest.mark.parametrize("text", ["x" * 1_000_000, "a\x00b", "bell\x07", ""])
def test_text_that_is_too_long_or_holds_control_characters_is_refused(
    desk: Desk, text: str
) -> None:
    lines = [c.DonationLine(item="mask", quantity=1)]
    with pytest.raises(InvalidField):
        desk(c.RecordDonation(location="store", handled_by=text, lines=lines))
    assert desk.entries() == 0


def test_a_lone_surrogate_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidField):
        desk.need(1, note="\ud800")


@pytest.mark.parametrize("code", ["", "张三", "a b", "-x", "x" * 65, "a\n"])
def test_a_code_is_never_a_name(desk: Desk, code: str) -> None:
    with pytest.raises(InvalidField):
        desk.need(1, recipient=code)


def test_a_day_in_the_future_is_refused_at_the_stations_zone(desk: Desk) -> None:
    with pytest.raises(InvalidField, match="2020-02-11 is in the future; today is 2020-02-10"):
        desk.give(1, happened_on=date(2020, 2, 11))


def test_no_lines_and_too_many_lines_are_refused(desk: Desk) -> None:
    line = c.DonationLine(item="mask", quantity=1)
    for lines in ([], [line] * 501):
        with pytest.raises(InvalidField, match="lines"):
            desk(c.RecordDonation(location="store", handled_by="x", lines=lines))


def test_who_records_is_named_by_a_code(desk: Desk) -> None:
    for by in ("", "x" * 65, "a\nb"):
        with pytest.raises(InvalidField, match="who records this"):
            desk.ledger.record(desk.donation(1), by=by)


def test_the_unit_of_an_item_is_frozen_once_it_moved(desk: Desk) -> None:
    desk.ledger.amend(Item(code="mask", name="口罩", unit="pack"))
    desk.stock(1)
    with pytest.raises(InvalidField, match="its unit stays"):
        desk.ledger.amend(Item(code="mask", name="口罩", unit="box"))


def test_what_a_commit_that_failed_said_of_an_item_is_not_believed(
    desk: Desk, books_url: str
) -> None:
    """A box holds 50 masks; that it holds 40 was never made durable."""
    back = []

    def amend_in_vain() -> None:
        with desk.ledger.transaction():
            desk.ledger.amend(msgspec.structs.replace(desk.books.item("mask"), packs={"box": 40}))
            assert desk.books.item("mask").packs == {"box": 40}
            back.append(lose_the_database(desk, books_url))

    with pytest.raises(StoreError):
        amend_in_vain()
    back[0]()
    desk(desk.donation(1, pack="box"))
    assert desk.total("stock:") == 50


def lose_the_database(desk: Desk, books_url: str) -> Callable[[], object]:
    """What is under way cannot be made durable; how the database comes back."""
    file = database_file(books_url)
    if file is None:
        pid = desk.books.value("SELECT pg_backend_pid()")
        with psycopg.connect(books_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        return lambda: None
    away = file.rename(file.with_suffix(".away"))
    return lambda: away.rename(file)


def test_the_largest_quantity_can_be_recorded_many_times_over(desk: Desk) -> None:
    for _ in range(3):
        desk.stock(10**12)
    assert desk.total("stock:store") == 3 * 10**12


# --- what a caller names ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "says"),
    [
        ("stok:store", "'stok' is not a kind of account; use one of donor, bought"),
        ("stock", "write it as stock:LOCATION"),
        ("stock:", "write it as stock:LOCATION"),
        ("stock:store:mask", "write it as stock:LOCATION"),
        ("pledged:p_1:n_1:x", r"write it as pledged:PLEDGE\[:NEED\]"),
    ],
)
def test_the_balance_of_an_account_that_is_not_on_the_chart_is_refused(
    desk: Desk, account: str, says: str
) -> None:
    with pytest.raises(InvalidField, match=says):
        desk.ledger.balance(account, "mask")


def test_the_balance_of_an_unknown_item_is_refused(desk: Desk) -> None:
    with pytest.raises(NotFound, match="there is no item maks"):
        desk.ledger.balance("stock:store", "maks")


def test_the_balance_of_an_account_that_nothing_moved_is_zero(desk: Desk) -> None:
    assert desk.ledger.balance("stock:store", "mask") == 0
    assert desk.ledger.balance("pledged:p_1", "mask") == 0
    assert desk.ledger.balance("pledged:p_1:n_1", "mask") == 0


def test_who_records_may_be_any_code_and_need_not_be_a_registered_user(desk: Desk) -> None:
    done = desk.ledger.record(desk.donation(1), by="import-2020.02")
    assert desk.books.body(done.seq).recorded_by == "import-2020.02"
