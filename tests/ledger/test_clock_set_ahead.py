"""A clock that was years ahead: what it did is put right after it is set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

import pytest
from support.ledger_fixture import StationLedger

from supplies.access import credentials, phones, users
from supplies.access.access_context import AccessContext
from supplies.domain import commands as c
from supplies.errors import NotEnough, PeriodClosed

T = TypeVar("T")

AHEAD = 3650
"""How many days the clock is ahead."""


def change(station: StationLedger, job: Callable[[AccessContext], T]) -> T:
    with station.ledger.admin_transaction() as books:
        return job(AccessContext(books, station.clock()))


def issue(station: StationLedger, kind: Literal["session", "token", "link", "invitation"]) -> str:
    def job(access: AccessContext) -> str:
        found = users.list_users(access)
        user = (
            found[0]
            if found
            else users.add(access, users.NewUser(login="chen", role="coordinator"), by="test")
        )
        return credentials.issue(
            access, kind=kind, role="coordinator", by="test", holder=user.code
        )[1]

    return change(station, job)


def is_accepted(station: StationLedger, secret: str) -> bool:
    kinds: tuple[credentials.CallerKind, ...] = ("session", "token", "link", "invitation")
    access = AccessContext(station.books, station.clock())
    return credentials.authenticate(access, secret, kinds) is not None


def test_credentials_that_expired_by_a_wrong_clock_are_accepted_again(
    station: StationLedger,
) -> None:
    made = [issue(station, kind) for kind in ("session", "token", "link", "invitation")]
    _, phone = change(
        station,
        lambda access: phones.join(access, phones.Invitation("T-1", "v_1"), label="made up"),
    )
    station.clock.advance(AHEAD)
    assert [is_accepted(station, secret) for secret in made] == [False] * 4
    assert phones.authenticate(AccessContext(station.books, station.clock()), phone) is None
    station.clock.advance(-AHEAD)
    assert [is_accepted(station, secret) for secret in made] == [True] * 4
    assert phones.authenticate(AccessContext(station.books, station.clock()), phone) is not None


@pytest.mark.parametrize("kind", ["session", "invitation"])
def test_a_session_or_invitation_of_a_clock_that_was_ahead_ends_with_it(
    station: StationLedger, kind: Literal["session", "invitation"]
) -> None:
    station.clock.advance(AHEAD)
    secret = issue(station, kind)
    assert is_accepted(station, secret)
    station.clock.advance(-AHEAD)
    assert not is_accepted(station, secret)


def test_the_use_of_a_token_is_stored_again_after_the_clock_was_set_right(
    station: StationLedger,
) -> None:
    secret = issue(station, "token")
    token = secret.split(".")[2]
    station.clock.advance(30)
    change(station, lambda access: credentials.record_use(access, token))
    station.clock.advance(-30)
    found = credentials.authenticate(
        AccessContext(station.books, station.clock()), secret, ("token",)
    )
    assert found is not None
    assert found.use_is_due


def test_a_period_that_was_closed_years_ahead_is_reopened(station: StationLedger) -> None:
    station.stock(10)
    station.clock.advance(AHEAD)
    station(c.ClosePeriod(through=station.day(-1)))
    station.clock.advance(-AHEAD)
    with pytest.raises(PeriodClosed, match="let a coordinator reopen the period"):
        station.allocate(1)
    station(c.ReopenPeriod(day=station.clock.day, reason="the clock was wrong"))
    station.allocate(1)
    station.ledger.verify()


def test_a_receipt_of_a_wrong_year_is_replaced_by_one_of_the_right_year(
    station: StationLedger,
) -> None:
    station.clock.advance(AHEAD)
    given = station.give(5)
    station.clock.advance(-AHEAD)
    station(
        c.Correct(
            entry=given.seq,
            reason="the clock was wrong",
            command=station.donation(5, happened_on=station.clock.day),
        )
    )
    rows = station.books.all("SELECT number FROM receipts WHERE station = :station ORDER BY seq")
    assert rows == [("JZ-2030-000001",), ("JZ-2020-000001",)]
    station.allocate(5)
    station.ledger.verify()


def test_plans_that_were_made_years_ahead_are_reversed(station: StationLedger) -> None:
    station.stock(10)
    station.clock.advance(AHEAD)
    allocation = station.allocate(3)
    planned = station.entries()
    station.clock.advance(-AHEAD)
    with pytest.raises(NotEnough, match="is set aside in allocation"):
        station(c.Release(allocation=allocation, reason="the clock was wrong"))
    station(c.Reverse(entry=planned, reason="the clock was wrong"))
    station.allocate(10)
    station.ledger.verify()
