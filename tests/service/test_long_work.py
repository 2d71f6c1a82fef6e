"""Long reads and papers run in threads, a few of one caller at a time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import anyio
import pytest
import supplies_service
from litestar.testing import TestClient
from supplies_service.long_work import MAX_DRAWN, MAX_PER_CALLER, MAX_WAITING_TO_DRAW, LongWork
from supplies_service.problems import Overloaded, RateLimited
from support.rest_client import RestClient, problem
from support.service_fixture import Service


class Pause:
    """A function that returns when `end` is called."""

    def __init__(self) -> None:
        self._ended, self.began = Event(), 0

    def __call__(self) -> bytes:
        self.began += 1
        self._ended.wait(60)
        return b"done"

    def end(self) -> None:
        self._ended.set()


async def until(condition: Any) -> None:
    """Wait until a condition is true."""
    with anyio.fail_after(60):
        while not condition():
            await anyio.sleep(0.001)


def test_a_caller_waits_for_a_few_long_reads_and_others_are_served() -> None:
    async def run() -> None:
        work, pause = LongWork(), Pause()
        async with anyio.create_task_group() as tasks:
            for _ in range(MAX_PER_CALLER):
                tasks.start_soon(work.run, "lx/u_1", pause)
            await until(lambda: pause.began == MAX_PER_CALLER)
            with pytest.raises(RateLimited, match="wait for one of them"):
                await work.run("lx/u_1", lambda: b"")
            assert await work.run("lx/u_2", lambda: b"other") == b"other"
            pause.end()
        assert await work.run("lx/u_1", lambda: b"again") == b"again"

    anyio.run(run)


def test_a_failed_read_does_not_count_any_longer() -> None:
    async def run() -> None:
        work = LongWork()
        for _ in range(MAX_PER_CALLER + 1):
            with pytest.raises(ZeroDivisionError):
                await work.run("lx/u_1", lambda: 1 // 0)

    anyio.run(run)


def test_two_papers_are_drawn_at_a_time_and_few_wait() -> None:
    async def run() -> None:
        work, pause = LongWork(), Pause()
        places = MAX_DRAWN + MAX_WAITING_TO_DRAW
        async with anyio.create_task_group() as tasks:
            for number in range(places):
                tasks.start_soon(work.draw, f"lx/u_{number}", pause)
                await anyio.sleep(0)
            await until(lambda: pause.began == MAX_DRAWN)
            with pytest.raises(Overloaded, match="too many papers"):
                await work.draw("lx/u_x", pause)
            assert pause.began == MAX_DRAWN
            pause.end()
        assert pause.began == places

    anyio.run(run)


@contextmanager
def busy_threads(client: TestClient, caller: str) -> Iterator[None]:
    """Let a caller wait for as many long reads as allowed."""
    work: LongWork = client.app.state.stations.long_work
    pause = Pause()
    portal = client.blocking_portal
    started = [portal.start_task_soon(work.run, caller, pause) for _ in range(MAX_PER_CALLER)]
    try:
        yield
    finally:
        pause.end()
        for each in started:
            each.result()


def test_too_many_long_requests_of_one_caller_are_answered_with_429(
    rest: RestClient, service: Service
) -> None:
    auditor = {"Authorization": f"Bearer {service.tokens['auditor']}"}
    caller = "lx/u_3"
    with busy_threads(rest.client, caller):
        answer = rest.client.get("/api/reports/alerts", headers=auditor)
        problem(answer, 429, "rate-limited")
        assert int(answer.headers["retry-after"]) >= 1
        assert rest.client.get("/api/needs", headers=auditor).status_code == 200
        assert rest.get("/api/reports/alerts")["items"] == []
        assert rest.client.get("/api/health").status_code == 200
    assert rest.client.get("/api/reports/alerts", headers=auditor).status_code == 200


def test_threads_are_only_used_for_bounded_work() -> None:
    # Hashing has a limit of its own. The faults of a body are bounded by its size. A download reads
    # one part of a file at a time.
    allowed = {"long_work.py", "hashing.py", "request_bodies.py", "responses.py"}
    root = Path(supplies_service.__file__).parent
    found = {
        path.name
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "anyio.to_thread"
    }
    assert found == allowed
