"""The one writer: what waits shares a commit, each request is its own success or refusal."""

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
    """How many requests each commit carried."""

    def count_commit(self, requests: int, seconds: float) -> None:
        assert seconds > 0
        self.append(requests)


@pytest.fixture
def opened(books_url: str, clock: Clock) -> Callable[[], Ledger]:
    """Opens the books once more."""

    def again() -> Ledger:
        return Ledger.open(books_url, station="lx", clock=clock)

    with again() as ledger:
        register_all(ledger)
    return again


@contextmanager
def held(writer: GroupCommitQueue) -> Iterator[Awaitable[None]]:
    """Keeps the writer busy with one job, so that what comes meanwhile waits."""
    busy, go = threading.Event(), threading.Event()

    def wait(_: Ledger) -> None:
        busy.set()
        go.wait(30)

    task = asyncio.ensure_future(writer.run(wait))
    try:
        yield asyncio.ensure_future(asyncio.to_thread(busy.wait, 30))  # type: ignore[misc]
    finally:
        go.set()
    assert not task.done() or task.exception() is None


def together(writer: GroupCommitQueue, *jobs: Callable[[Ledger], Any]) -> list[Any]:
    """What becomes of jobs that wait at the same time."""

    async def run() -> list[Any]:
        with held(writer) as busy:
            await busy
            tasks = [asyncio.ensure_future(writer.run(job)) for job in jobs]
            await asyncio.sleep(0)
        try:
            return await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            await writer.stop()

    return asyncio.run(run())


def note(ledger: Ledger) -> Recorded:
    return ledger.record(NEED, by="u_1")


def entries(opened: Callable[[], Ledger]) -> int:
    with opened() as ledger:
        ledger.verify()
        return ledger.books.head()[0]


def test_what_waits_is_one_commit(opened: Callable[[], Ledger]) -> None:
    commits = Commits()
    answers = together(GroupCommitQueue(opened(), observer=commits), *[note] * 20)
    assert [answer.seq for answer in answers] == list(range(1, 21))
    assert commits == [1, 20]
    assert entries(opened) == 20


def test_a_commit_has_a_bound(opened: Callable[[], Ledger]) -> None:
    commits = Commits()
    together(GroupCommitQueue(opened(), observer=commits, max_batch=8), *[note] * 20)
    assert commits == [1, 8, 8, 4]


def test_whoever_is_refused_is_refused_alone(opened: Callable[[], Ledger]) -> None:
    def fail(ledger: Ledger) -> None:
        ledger.register(Team(code="T-9", name="九队"))
        note(ledger)
        raise RuntimeError("ours")

    def refused(ledger: Ledger) -> Recorded:
        return ledger.record(TOO_MUCH, by="u_1")

    def broken(ledger: Ledger) -> None:
        note(ledger)
        ledger.store.run("INSERT INTO heads (station, seq, hash, latest_day) VALUES (1, 2, 3, 4)")

    first, failed, refusal, stopped, team, last = together(
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


def test_a_full_queue_is_told_to_come_again(opened: Callable[[], Ledger]) -> None:
    answers = together(GroupCommitQueue(opened(), max_queued=3), *[note] * 5)
    assert [type(answer) for answer in answers] == [Recorded] * 3 + [Busy] * 2
    assert entries(opened) == 3


def test_what_was_accepted_is_written_and_answered_before_it_stops(
    opened: Callable[[], Ledger],
) -> None:
    async def run() -> list[Any]:
        writer = GroupCommitQueue(opened())
        with held(writer) as busy:
            await busy
            tasks = [asyncio.ensure_future(writer.run(note)) for _ in range(10)]
            await asyncio.sleep(0)
            stopping = asyncio.ensure_future(writer.stop())
            await asyncio.sleep(0)
            with pytest.raises(Busy, match="is stopping"):
                await writer.run(note)
        await stopping
        return await asyncio.gather(*tasks)

    assert len(asyncio.run(run())) == 10
    assert entries(opened) == 10


def test_whoever_goes_away_takes_nothing_back(opened: Callable[[], Ledger]) -> None:
    async def run() -> None:
        writer = GroupCommitQueue(opened())
        with held(writer) as busy:
            await busy
            gone, stays = (asyncio.ensure_future(writer.run(note)) for _ in range(2))
            await asyncio.sleep(0)
            gone.cancel()
        assert (await stays).seq == 2
        await writer.stop()

    asyncio.run(run())
    assert entries(opened) == 2


def test_what_is_durable_is_not_done_again_where_traces_of_the_forgotten_stay_in_the_log(
    opened: Callable[[], Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = opened()

    def full() -> None:
        raise DiskFull("no room is left on the disk; nothing was recorded")

    monkeypatch.setattr(ledger.store, "forget_traces", full)
    forget = ForgetDonor(donor="D-2")
    answers = together(
        GroupCommitQueue(ledger), note, lambda ledger: ledger.record(forget, by="u_1"), note
    )
    assert [type(answer) for answer in answers] == [Recorded] * 3
    assert entries(opened) == 3


def test_within_a_group_the_ledger_begins_no_other(opened: Callable[[], Ledger]) -> None:
    def nested(ledger: Ledger) -> None:
        with ledger.transaction():
            pass

    def read(ledger: Ledger) -> int:
        note(ledger)
        with ledger.reading() as books:
            return books.head()[0]

    nest, seq = together(GroupCommitQueue(opened()), nested, read)
    assert isinstance(nest, StoreError)
    assert seq == 1


def test_nobody_waits_for_ever_for_a_database_that_does_not_answer(
    opened: Callable[[], Ledger],
) -> None:
    """As where every standby is gone, and a commit waits until one is back."""
    writer = GroupCommitQueue(opened(), timeout=0.5)
    begun, go = threading.Event(), threading.Event()

    def hang(ledger: Ledger) -> None:
        note(ledger)
        begun.set()
        go.wait(30)

    async def run() -> None:
        first = asyncio.ensure_future(writer.run(hang))
        await asyncio.to_thread(begun.wait, 30)
        with pytest.raises(Busy, match="nothing was recorded"):
            await writer.run(note)
        with pytest.raises(Uncertain, match="whether this was recorded"):
            await first
        go.set()
        await writer.stop()

    asyncio.run(run())
    with opened() as ledger:
        assert ledger.books.head()[0] == 1
