"""Group commit: queued requests share a commit, and each succeeds or fails independently."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from supplies_service.group_commit import GroupCommitQueue
from support.ledger_fixture import Clock, register_all

from supplies.domain.catalogue_records import Team
from supplies.domain.commands import Allocate, AllocationLine, ForgetDonor, NoteNeed
from supplies.errors import Busy, DiskFull, NotEnough, StoreError, Uncertain
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded

NEED = NoteNeed(recipient="R-1", item="mask", quantity=1)
TOO_MUCH = Allocate(
    recipient="R-1", location="store", lines=[AllocationLine(item="mask", quantity=1)]
)


class Commits(list[int]):
    """Collects the number of requests in each commit."""

    def count_commit(self, requests: int, seconds: float) -> None:
        assert seconds > 0
        self.append(requests)


@pytest.fixture
def opened(books_url: str, clock: Clock) -> Callable[[], Ledger]:
    """Return a function that opens the books again."""

    def again() -> Ledger:
        return Ledger.open(books_url, station="lx", clock=clock)

    with again() as ledger:
        register_all(ledger)
    return again


@contextmanager
def blocked(queue: GroupCommitQueue) -> Iterator[Awaitable[None]]:
    """Keep the worker busy with one job, so that further jobs are queued."""
    busy, release = threading.Event(), threading.Event()

    def wait(_: Ledger) -> None:
        busy.set()
        release.wait(30)

    task = asyncio.ensure_future(queue.run(wait))
    try:
        yield asyncio.ensure_future(asyncio.to_thread(busy.wait, 30))  # type: ignore[misc]  # a future of another thread
    finally:
        release.set()
    assert not task.done() or task.exception() is None


def run_together(queue: GroupCommitQueue, *jobs: Callable[[Ledger], Any]) -> list[Any]:
    """Return the results of jobs that are queued at the same time."""

    async def run() -> list[Any]:
        with blocked(queue) as busy:
            await busy
            tasks = [asyncio.ensure_future(queue.run(job)) for job in jobs]
            await asyncio.sleep(0)
        try:
            return await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            await queue.stop()

    return asyncio.run(run())


def note(ledger: Ledger) -> Recorded:
    return ledger.record(NEED, by="u_1")


def entries(opened: Callable[[], Ledger]) -> int:
    with opened() as ledger:
        ledger.verify()
        return ledger.books.last_entry().seq


def test_queued_requests_share_a_commit(opened: Callable[[], Ledger]) -> None:
    commits = Commits()
    answers = run_together(GroupCommitQueue(opened(), observer=commits), *[note] * 20)
    assert [answer.seq for answer in answers] == list(range(1, 21))
    assert commits == [1, 20]
    assert entries(opened) == 20


def test_a_commit_contains_at_most_max_batch_requests(opened: Callable[[], Ledger]) -> None:
    commits = Commits()
    run_together(GroupCommitQueue(opened(), observer=commits, max_batch=8), *[note] * 20)
    assert commits == [1, 8, 8, 4]


def test_a_failing_request_does_not_affect_the_others(opened: Callable[[], Ledger]) -> None:
    def fail(ledger: Ledger) -> None:
        ledger.register(Team(code="T-9", name="九队"))
        note(ledger)
        raise RuntimeError("ours")

    def refused(ledger: Ledger) -> Recorded:
        return ledger.record(TOO_MUCH, by="u_1")

    def broken(ledger: Ledger) -> None:
        note(ledger)
        ledger.store.run("INSERT INTO heads (station, seq, hash, latest_day) VALUES (1, 2, 3, 4)")

    first, failed, refusal, stopped, team, last = run_together(
        GroupCommitQueue(opened()),
        note,
        fail,
        refused,
        broken,
        lambda ledger: ledger.books.catalogue.get(Team, "T-9"),
        note,
    )
    assert (first.seq, last.seq) == (1, 2)
    assert isinstance(failed, RuntimeError)
    assert isinstance(refusal, NotEnough)
    assert isinstance(stopped, StoreError)
    assert team is None
    assert entries(opened) == 2


def test_a_full_queue_refuses_requests_as_busy(opened: Callable[[], Ledger]) -> None:
    answers = run_together(GroupCommitQueue(opened(), max_queued=3), *[note] * 5)
    assert [type(answer) for answer in answers] == [Recorded] * 3 + [Busy] * 2
    assert entries(opened) == 3


def test_accepted_requests_are_written_and_answered_before_it_stops(
    opened: Callable[[], Ledger],
) -> None:
    async def run() -> list[Any]:
        queue = GroupCommitQueue(opened())
        with blocked(queue) as busy:
            await busy
            tasks = [asyncio.ensure_future(queue.run(note)) for _ in range(10)]
            await asyncio.sleep(0)
            stopping = asyncio.ensure_future(queue.stop())
            await asyncio.sleep(0)
            with pytest.raises(Busy, match="is stopping"):
                await queue.run(note)
        await stopping
        return await asyncio.gather(*tasks)

    assert len(asyncio.run(run())) == 10
    assert entries(opened) == 10


def test_a_cancelled_request_is_still_written(opened: Callable[[], Ledger]) -> None:
    async def run() -> None:
        queue = GroupCommitQueue(opened())
        with blocked(queue) as busy:
            await busy
            gone, stays = (asyncio.ensure_future(queue.run(note)) for _ in range(2))
            await asyncio.sleep(0)
            gone.cancel()
        assert (await stays).seq == 2
        await queue.stop()

    asyncio.run(run())
    assert entries(opened) == 2


def test_a_durable_batch_does_not_run_again_if_erasing_traces_fails(
    opened: Callable[[], Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = opened()

    def full() -> None:
        raise DiskFull("the disk is full; nothing was recorded")

    monkeypatch.setattr(ledger.store, "purge_erased", full)
    forget = ForgetDonor(donor="D-2")
    answers = run_together(
        GroupCommitQueue(ledger), note, lambda ledger: ledger.record(forget, by="u_1"), note
    )
    assert [type(answer) for answer in answers] == [Recorded] * 3
    assert entries(opened) == 3


def test_a_job_cannot_begin_a_transaction_of_its_own(opened: Callable[[], Ledger]) -> None:
    def nested(ledger: Ledger) -> None:
        with ledger.transaction():
            pass

    def read(ledger: Ledger) -> int:
        note(ledger)
        with ledger.reading() as books:
            return books.last_entry().seq

    nest, seq = run_together(GroupCommitQueue(opened()), nested, read)
    assert isinstance(nest, StoreError)
    assert seq == 1


def test_requests_time_out_if_the_database_does_not_answer(
    opened: Callable[[], Ledger],
) -> None:
    """As if all standbys were lost and a commit waited for one to return."""
    queue = GroupCommitQueue(opened(), timeout=0.5)
    begun, release = threading.Event(), threading.Event()

    def hang(ledger: Ledger) -> None:
        note(ledger)
        begun.set()
        release.wait(30)

    async def run() -> None:
        first = asyncio.ensure_future(queue.run(hang))
        await asyncio.to_thread(begun.wait, 30)
        with pytest.raises(Busy, match="nothing was recorded"):
            await queue.run(note)
        with pytest.raises(Uncertain, match="whether this was recorded"):
            await first
        release.set()
        await queue.stop()

    asyncio.run(run())
    with opened() as ledger:
        assert ledger.books.last_entry().seq == 1
