"""Several processes at once: exactly one succeeds, and nothing is recorded in part."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Barrier
from typing import Any

import pytest
from support.ledger_fixture import Clock, register_all

from supplies.domain import commands as c
from supplies.errors import AlreadyDone, NotEnough, SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.verification.verify import verify

PROCESSES = 4
Race = Callable[[Ledger, int], Recorded]


@pytest.fixture
def ledger(books_url: str) -> Iterator[Ledger]:
    with Ledger.open(books_url, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        yield ledger


def _run(url: str, race: Race, number: int, barrier: Barrier, answers: Any) -> None:
    with Ledger.open(url, station="lx", clock=Clock()) as ledger:
        barrier.wait()
        try:
            recorded = race(ledger, number)
            answers.put("conflict" if recorded.conflict else "won")
        except SuppliesError as error:
            answers.put(type(error).__name__)


def run_race(url: str, race: Race) -> Counter[str]:
    """Start the processes, let them go at the same moment, and count how each ended."""
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(PROCESSES), context.Queue()
    runners = [
        context.Process(target=_run, args=(url, race, number, barrier, answers))
        for number in range(PROCESSES)
    ]
    for runner in runners:
        runner.start()
    ended = Counter(answers.get(timeout=60) for _ in runners)
    for runner in runners:
        runner.join(timeout=60)
        assert runner.exitcode == 0
    return ended


def open_stock(ledger: Ledger, quantity: int) -> None:
    line = c.ArrivalLine(item="mask", quantity=quantity)
    ledger.record(c.OpenStock(location="store", lines=[line]), by="u_1")


# --- what they race for ------------------------------------------------------------------------


def allocate_the_last(ledger: Ledger, number: int) -> Recorded:
    line = c.AllocationLine(item="mask", quantity=5)
    return ledger.record(
        c.Allocate(recipient="R-1", location="store", lines=[line]), by=f"u_{number}"
    )


def claim_the_need(ledger: Ledger, number: int) -> Recorded:
    claims = [c.Claim(need="n_1", quantity=5)]
    line = c.PledgeLine(item="mask", quantity=5, claims=claims)
    return ledger.record(c.MakePledge(donor="D-1", lines=[line]), by=f"u_{number}")


def keep_the_pledge(ledger: Ledger, number: int) -> Recorded:
    line = c.DonationLine(item="mask", quantity=5, pledge="p_1")
    command = c.RecordDonation(donor="D-1", location="store", handled_by="x", lines=[line])
    return ledger.record(command, by=f"u_{number}")


def dispatch_it(ledger: Ledger, number: int) -> Recorded:
    return ledger.record(c.Dispatch(team="T-1", allocations=["a_2"]), by=f"u_{number}")


def settle_the_stop(ledger: Ledger, number: int) -> Recorded:
    outcome = "handed_over" if number % 2 else "refused"
    command = c.ReportOutcome(delivery="v_3", allocation="a_2", outcome=outcome)
    return ledger.record(command, by=f"u_{number}")


def give_often(ledger: Ledger, number: int) -> Recorded:
    for _ in range(20):
        line = c.DonationLine(item="mask", quantity=1)
        command = c.RecordDonation(location="store", handled_by="x", lines=[line])
        recorded = ledger.record(command, by=f"u_{number}")
    return recorded


# --- how it must end ---------------------------------------------------------------------------


def test_the_last_goods_are_allocated_once(ledger: Ledger, books_url: str) -> None:
    open_stock(ledger, 9)
    assert run_race(books_url, allocate_the_last) == {"won": 1, NotEnough.__name__: PROCESSES - 1}
    assert ledger.books.nonzero_balances("stock:store", "mask") == {
        ("stock:store", "mask", "l_lx_1_1"): 4
    }
    verify(ledger.store)


def test_a_need_is_claimed_once(ledger: Ledger, books_url: str) -> None:
    ledger.record(c.NoteNeed(recipient="R-1", item="mask", quantity=9), by="u_1")
    assert run_race(books_url, claim_the_need) == {"won": 1, NotEnough.__name__: PROCESSES - 1}
    verify(ledger.store)


def test_a_pledge_is_kept_once_and_the_rest_are_separate_gifts(
    ledger: Ledger, books_url: str
) -> None:
    line = c.PledgeLine(item="mask", quantity=5)
    ledger.record(c.MakePledge(donor="D-1", lines=[line]), by="u_1")
    assert run_race(books_url, keep_the_pledge) == {"won": PROCESSES}
    on_pledge = ledger.books.value(
        "SELECT sum(on_pledge) FROM arrival_lines WHERE station = :station"
    )
    assert on_pledge == 5
    assert ledger.balance("pledged:p_1", "mask") == 0
    verify(ledger.store)


def test_an_allocation_is_dispatched_once(ledger: Ledger, books_url: str) -> None:
    open_stock(ledger, 5)
    allocate_the_last(ledger, 0)
    ended = run_race(books_url, dispatch_it)
    assert ended == {"won": 1, AlreadyDone.__name__: PROCESSES - 1}
    verify(ledger.store)


def test_a_stop_has_one_outcome_and_a_different_one_is_a_conflict(
    ledger: Ledger, books_url: str
) -> None:
    open_stock(ledger, 5)
    allocate_the_last(ledger, 0)
    dispatch_it(ledger, 0)
    ended = run_race(books_url, settle_the_stop)
    # Half report one outcome, half the other. The first is recorded, and equal reports are repeats.
    assert ended == {"won": PROCESSES // 2, "conflict": PROCESSES // 2}
    first = ledger.books.value("SELECT count(*) FROM outcomes WHERE first = 1")
    assert first == 1
    verify(ledger.store)


def test_concurrent_donations_leave_no_gap_in_receipt_numbers(
    ledger: Ledger, books_url: str
) -> None:
    assert run_race(books_url, give_often) == {"won": PROCESSES}
    rows = ledger.books.all(
        "SELECT ordinal FROM receipts WHERE station = :station ORDER BY ordinal"
    )
    assert [ordinal for (ordinal,) in rows] == list(range(1, 20 * PROCESSES + 1))
    verify(ledger.store)
