"""The writer process: a served database file is written by a process of its own."""

from __future__ import annotations

import itertools
import json
import logging
import os
import pickle
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from supplies_service.group_commit import is_full, is_stopping, is_uncertain
from supplies_service.observability.logs import JsonFormatter, error_chain
from supplies_service.problems import RateLimited, SessionRequired
from supplies_service.write_batches import SendableJob
from supplies_service.writer_process import pack, received, sendable
from support.service_process import PATIENCE, free_port, running_service, wait_until_it_is_free

from supplies import errors
from supplies.errors import BooksBroken, Fault, GuardMissing, NotEnough, Sentence, SuppliesError
from supplies.ledger.contradictions import Contradicted
from supplies.ledger.ledger import Ledger
from supplies.ledger.rules.correction_difference import MovedOn
from supplies.signing.receipt_signatures import NotGenuine

NEED = {"recipient": "R-1", "item": "mask", "quantity": 5}


class Served(NamedTuple):
    """A running service with one worker.

    Attributes:
        worker, writer: The processes that answer requests and that write.
    """

    web: httpx.Client
    port: int
    main: int
    worker: int
    writer: int

    def post_need(self, key: str) -> httpx.Response:
        return self.web.post("/api/needs", json=NEED, headers={"Idempotency-Key": key})


@contextmanager
def serving(books: str, bearer: dict[str, str], log: Path) -> Iterator[Served]:
    port = free_port()
    with (
        log.open("w") as file,
        running_service(books, port, log=file) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=bearer, timeout=PATIENCE) as web,
    ):
        worker = workers_of(process.pid)
        yield Served(web, port, process.pid, worker, *children_of(worker))


def children_of(pid: int) -> list[int]:
    return [
        int(child)
        for thread in Path(f"/proc/{pid}/task").iterdir()
        for child in (thread / "children").read_text().split()
    ]


def workers_of(main: int) -> int:
    """Return the worker: the child of the service that has a child of its own."""
    [worker] = [child for child in children_of(main) if children_of(child)]
    return worker


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def post_needs(served: Served, pool: ThreadPoolExecutor) -> list[Future[httpx.Response]]:
    """Send a need in each of 8 threads. Return when all wait for the stopped writer."""
    waiting = [pool.submit(served.post_need, f"key-{number}") for number in range(8)]
    wait_until(lambda: "supplies_writer_waiting 8.0" in served.web.get("/api/metrics").text)
    return waiting


def wait_until_all_has_ended(served: Served) -> None:
    wait_until(lambda: has_ended(served.writer))
    wait_until_it_is_free(served.port)


def count_needs(books: str) -> int:
    with Ledger.open(books, station="lx") as ledger:
        ledger.verify()
        return len(ledger.books.all("SELECT 1 FROM entries WHERE kind = 'need_noted'"))


# --- while it runs -------------------------------------------------------------------------------


def test_commands_are_written_by_the_writer_process(
    books: str, bearer: dict[str, str], tmp_path: Path
) -> None:
    with serving(books, bearer, tmp_path / "log") as served:

        def written_bytes(pid: int) -> int:
            lines = Path(f"/proc/{pid}/io").read_text().splitlines()
            [count] = [int(line.split()[1]) for line in lines if line.startswith("wchar")]
            return count

        worker, writer = (written_bytes(pid) for pid in (served.worker, served.writer))
        for number in range(50):
            assert served.post_need(f"key-{number}").status_code == 201
        assert written_bytes(served.writer) - writer > 50 * 4096
        assert written_bytes(served.worker) - worker < 50 * 4096
        counted = served.web.get("/api/metrics").text
    [commits] = [line for line in counted.splitlines() if "supplies_commit_requests_sum" in line]
    assert float(commits.split()[1]) >= 50
    assert count_needs(books) == 50


def test_refusals_of_the_writer_process_are_answered_as_such(
    books: str, bearer: dict[str, str], tmp_path: Path
) -> None:
    with serving(books, bearer, tmp_path / "log") as served:
        line = {"item": "mask", "quantity": 5}
        body = {"from": "store", "to": "annex", "lines": [line]}
        refused = served.web.post("/api/stock/moves", json=body)
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (
            409,
            "not-enough",
        )
        assert refused.json()["errors"][0]["pointer"] == "/lines/0/quantity"
        assert served.post_need("one").status_code == 201
        other = {**NEED, "quantity": 6}
        conflict = served.web.post("/api/needs", json=other, headers={"Idempotency-Key": "one"})
        assert conflict.status_code == 409
        assert conflict.json()["type"].rpartition("/")[2] == "idempotency-conflict"
    assert count_needs(books) == 1


def test_the_worker_writes_itself_after_its_writer_was_killed(
    books: str, bearer: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with serving(books, bearer, log) as served:
        os.kill(served.writer, signal.SIGSTOP)
        with ThreadPoolExecutor(8) as pool:
            waiting = post_needs(served, pool)
            os.kill(served.writer, signal.SIGKILL)
            answers = [each.result() for each in waiting]
        assert {answer.status_code for answer in answers} == {503}
        assert all("whether this was recorded" in answer.json()["detail"] for answer in answers)
        for number in range(8):
            assert served.post_need(f"key-{number}").status_code == 201
        wait_until(lambda: children_of(served.worker) == [])  # no zombie is left
        assert "the process that writes has ended" in str(served.web.get("/api/health").json())
    assert count_needs(books) == 8
    events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
    assert events.count("unavailable") == 8
    assert "the writer process has ended; this process writes by itself from now on" in events


# --- when it stops -------------------------------------------------------------------------------


@pytest.mark.parametrize("to_all", [True, False], ids=["all processes", "the main process"])
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_accepted_requests_are_written_and_answered_when_it_stops(
    books: str, bearer: dict[str, str], tmp_path: Path, stop: signal.Signals, to_all: bool
) -> None:
    with serving(books, bearer, tmp_path / "log") as served:
        os.kill(served.writer, signal.SIGSTOP)
        with ThreadPoolExecutor(8) as pool:
            waiting = post_needs(served, pool)
            (os.killpg if to_all else os.kill)(served.main, stop)
            os.kill(served.writer, signal.SIGCONT)
            assert [each.result().status_code for each in waiting] == [201] * 8
        wait_until_all_has_ended(served)
    assert count_needs(books) == 8


def test_a_writer_that_hangs_is_killed_at_a_stop_and_what_waits_is_answered(
    books: str, bearer: dict[str, str], tmp_path: Path
) -> None:
    with serving(books, bearer, tmp_path / "log") as served:
        os.kill(served.writer, signal.SIGSTOP)
        with ThreadPoolExecutor(8) as pool:
            waiting = post_needs(served, pool)
            os.kill(served.main, signal.SIGTERM)
            assert [each.result().status_code for each in waiting] == [503] * 8
        wait_until_all_has_ended(served)
    assert count_needs(books) == 0


def test_health_tells_that_the_writer_hangs_although_the_worker_writes(
    books: str, bearer: dict[str, str], tmp_path: Path
) -> None:
    with serving(books, bearer, tmp_path / "log") as served:
        os.kill(served.writer, signal.SIGSTOP)
        numbers = itertools.count()

        def is_down() -> bool:
            item = {"code": f"rope-{next(numbers)}", "name": "rope"}
            assert served.web.post("/api/items", json=item).status_code == 201
            return served.web.get("/api/health").status_code == 503

        wait_until(is_down)
        os.kill(served.writer, signal.SIGCONT)
        wait_until(lambda: served.web.get("/api/health").status_code == 200)


def test_the_writer_ends_after_its_worker_was_killed(
    books: str, bearer: dict[str, str], tmp_path: Path
) -> None:
    with serving(books, bearer, tmp_path / "log") as served:
        assert served.post_need("one").status_code == 201
        os.kill(served.worker, signal.SIGKILL)
        wait_until_all_has_ended(served)
    assert count_needs(books) == 1


# --- what is sent --------------------------------------------------------------------------------


class Job(SendableJob):
    def __init__(self, value: object) -> None:
        self.value = value

    def __call__(self, ledger: Ledger) -> object:
        return self.value


def test_a_job_with_a_local_function_is_not_sent() -> None:
    assert pack(Job(len)) is not None
    assert pack(Job(lambda: 1)) is None
    assert pack(lambda ledger: 1) is None


def all_kinds(kind: type[SuppliesError]) -> Iterator[type[SuppliesError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from all_kinds(below)


SENTENCE = Sentence("only {quantity} of {item} {braces}", quantity=1, item="口罩", braces="{}")
SPECIAL: dict[type[SuppliesError], Callable[[], SuppliesError]] = {
    errors.UnknownBarcode: lambda: errors.UnknownBarcode(
        SENTENCE, barcode="690", expires_on=date(2020, 2, 5)
    ),
    GuardMissing: lambda: GuardMissing("the trigger x is missing"),
    BooksBroken: lambda: BooksBroken(
        station="lx", seq=3, table="entries", column="hash", expected=b"a", found=b"b"
    ),
    Contradicted: lambda: Contradicted("not_dispatched", SENTENCE, delivery="v_1"),
    RateLimited: lambda: RateLimited(SENTENCE, retry_after=7),
    MovedOn: lambda: MovedOn(SENTENCE, [], shortages={}, places={}),
    NotGenuine: lambda: NotGenuine("not_signed", SENTENCE),
    SessionRequired: lambda: SessionRequired([("item", "mask")]),
}


def sent(result: object) -> Any:
    return received(pickle.loads(pickle.dumps(sendable(result))))


@pytest.mark.parametrize("kind", sorted(set(all_kinds(SuppliesError)), key=lambda k: k.__name__))
def test_an_error_is_the_same_after_it_was_sent(kind: type[SuppliesError]) -> None:
    error = SPECIAL[kind]() if kind in SPECIAL else kind(SENTENCE)
    again = sent(error)
    assert type(again) is kind
    assert again.args == error.args
    assert vars(again) == vars(error)
    if isinstance(error.detail, Sentence):
        assert again.detail.template == error.detail.template
        assert again.detail.values == error.detail.values


def test_faults_keep_their_sentences() -> None:
    error = NotEnough(SENTENCE, [Fault("/lines/0", SENTENCE, asked=2, available=1)])
    again = sent(error)
    assert again.faults == error.faults
    assert again.faults[0].rule.values == {"quantity": "1", "item": "口罩", "braces": "{}"}


def test_the_log_shows_where_an_error_was_raised_but_no_message() -> None:
    try:
        {}["of a person"]
    except KeyError as error:
        again = sent(error)
    [about] = error_chain(again)
    assert about["kind"] == "builtins.KeyError"
    assert about["where"][-1].endswith(
        "test_the_log_shows_where_an_error_was_raised_but_no_message"
    )
    assert "of a person" not in str(about)


@pytest.mark.parametrize("error", [is_full(3), is_stopping(), is_uncertain()])
def test_errors_of_the_queue_can_be_logged(error: errors.StoreError) -> None:
    record = logging.LogRecord("", logging.ERROR, "", 0, "unavailable", None, (None, error, None))
    [about] = json.loads(JsonFormatter().format(record))["error"]
    assert about["says"] == error.detail


def test_the_log_shows_the_cause_of_an_error_of_the_database() -> None:
    error = errors.Busy("nothing was recorded")
    error.__cause__ = OSError("disk")
    kinds = [about["kind"] for about in error_chain(sent(error))]
    assert kinds == ["supplies.errors.Busy", "supplies.errors.Busy", "builtins.OSError"]
