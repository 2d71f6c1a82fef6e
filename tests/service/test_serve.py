"""`supplies serve` as a separate process, stopped by a signal."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from supplies_service.serve import check_address, collect_garbage_from_now_on
from supplies_service.settings import Settings
from support.ledger_fixture import Clock, StationLedger
from support.service_process import (
    PATIENCE,
    free_port,
    running_script,
    running_service,
    wait_until_it_is_free,
)

from supplies.cli import main
from supplies.errors import InvalidField, StoreError, SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import key_file
from supplies.verification.verify import verify


def test_a_started_worker_collects_garbage_but_leaves_out_what_existed() -> None:
    gc.disable()
    try:
        collect_garbage_from_now_on()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.enable()
        gc.unfreeze()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_service_prints_its_address_serves_and_stops_cleanly(
    books: str, bearer: dict[str, str], stop: signal.Signals
) -> None:
    port, base = free_port(), "http://127.0.0.1:{}"
    with (
        running_service(books, port) as process,
        httpx.Client(base_url=base.format(port), headers=bearer) as web,
    ):
        body = {"recipient": "R-1", "item": "mask", "quantity": 5}
        assert web.post("/api/needs", json=body).status_code == 201
        assert web.get("/api/needs/n_1").json()["asked"] == 5
        assert web.get("/").headers["location"] == "/sign-in"
        # As in a terminal, Ctrl-C goes to the process and to all processes that it started.
        (os.killpg if stop == signal.SIGINT else os.kill)(process.pid, stop)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert len(out.splitlines()) == 5, out
    warning, made, nobody, address, where = out.splitlines()
    assert "http://127.0.0.1:8000, which only this computer can open" in warning
    assert made.startswith("There was no key to sign receipts with; a new one is in ")
    assert re.fullmatch(
        "Nobody can sign in yet. The first coordinator, coordinator, sets a password at this "
        r"address, once, until \d{4}-\d\d-\d\d \d\d:\d\d:",
        nobody,
    )
    assert address.startswith(f"  http://127.0.0.1:{port}/invitation/supplies.")
    assert where == f"The books of lx are at http://127.0.0.1:{port}/ (Ctrl-C stops)."
    data = [json.loads(line) for line in err.splitlines()]
    assert {"/api/needs", "/api/needs/{need}", "/"} <= {line["route"] for line in data}
    assert {line["level"] for line in data} == {"info"}
    with Ledger.open(books, station="lx") as ledger:
        assert ledger.balance("needed:n_1", "mask") == 5


def test_concurrent_requests_are_each_recorded_once(books: str, bearer: dict[str, str]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    port = free_port()
    body = {"recipient": "R-1", "item": "mask", "quantity": 1}
    with (
        running_service(books, port),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, headers=bearer) as web,
        ThreadPoolExecutor(8) as threads,
    ):
        answers = list(threads.map(lambda _: web.post("/api/needs", json=body), range(40)))
    assert {answer.status_code for answer in answers} == {201}
    assert sorted(answer.json()["entry"]["seq"] for answer in answers) == list(range(1, 41))


def test_several_workers_serve_one_file(books: str, bearer: dict[str, str]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    port = free_port()
    address = f"http://127.0.0.1:{port}/api/needs"
    body = {"recipient": "R-1", "item": "mask", "quantity": 1}

    def ask(number: int) -> httpx.Response:
        # Each request has a connection of its own, so that all workers get some.
        headers = {**bearer, "Idempotency-Key": f"{number // 2}"}
        return httpx.post(address, json=body, headers=headers, timeout=PATIENCE)

    with running_service(books, port, "--workers", "2") as process:
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(ask, range(40)))
        process.terminate()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert {answer.status_code for answer in answers} == {201}
    # Every second request is a repeat, whichever worker handled the first.
    assert sorted(answer.json()["entry"]["seq"] for answer in answers) == [
        seq for seq in range(1, 21) for _ in range(2)
    ]
    with Ledger.open(books, station="lx") as ledger:
        assert ledger.balance("needed:n_20", "mask") == 1
        assert verify(ledger.store).entries == 20


def test_killing_the_service_ends_its_workers_and_frees_the_port(
    books: str, bearer: dict[str, str]
) -> None:
    port = free_port()
    with running_service(books, port, "--workers", "2") as process:
        process.kill()
        process.communicate(timeout=PATIENCE)
        # Its output stays open until the last worker has ended.
        wait_until_it_is_free(port)
    with running_service(books, port):
        web = httpx.get(f"http://127.0.0.1:{port}/api/station", headers=bearer)
        assert web.json()["code"] == "lx"


STUCK = """
import asyncio, multiprocessing, sys
multiprocessing.set_start_method("fork")
from litestar import Litestar, get
import supplies_service.serve as running
from supplies.cli import main
@get("/")
async def stuck() -> None:
    print("stuck", flush=True)
    await asyncio.sleep(1000)
running.create_app = lambda *_, **__: Litestar([stuck], openapi_config=None, logging_config=None)
running.SHUTDOWN_SECONDS = 1
sys.exit(main(sys.argv[1:]))
"""


def test_a_request_that_does_not_end_is_cut_off_at_shutdown(
    books: str, bearer: dict[str, str]
) -> None:
    port = free_port()
    with running_script(STUCK, books, port) as process, socket.socket() as caller:
        assert process.stdout is not None
        next(line for line in process.stdout if line.startswith("The books of"))
        call_when_it_listens(caller, port)
        next(line for line in process.stdout if line == "stuck\n")
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE)
        assert caller.recv(1) == b""
    assert (process.returncode, out, err) == (0, "", "")


def call_when_it_listens(caller: socket.socket, port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while caller.connect_ex(("127.0.0.1", port)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    caller.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")


STARTING = """
import multiprocessing, sys, time
multiprocessing.set_start_method("fork")
import supplies_service.serve as running
from supplies.cli import main
def starting(*_, **__):
    print("starting", flush=True)
    time.sleep(1000)
running.create_app = starting
sys.exit(main(sys.argv[1:]))
"""


def test_the_service_stops_while_a_worker_is_still_starting(
    books: str, bearer: dict[str, str]
) -> None:
    with running_script(STARTING, books, free_port()) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if line == "starting\n")
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE)
    # No worker had to be killed; that would be in the output.
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_addresses_beyond_loopback_are_refused_until_a_coordinator_can_sign_in(
    books: str, host: str
) -> None:
    with pytest.raises(InvalidField, match=r"until a coordinator can sign in, .* loopback only"):
        check_address(Settings(database=books, host=host, port=free_port()), has_coordinator=False)


def test_the_command_line_reports_a_refused_address(
    books: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--database", books, "--host", "0.0.0.0"]) == 1
    output = capsys.readouterr()
    assert "loopback only" in output.err
    assert output.out == ""


def test_a_taken_port_is_refused_before_a_key_is_made_or_anything_printed(
    books: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert main(["serve", "--database", books, "--port", port]) == 1
    output = capsys.readouterr()
    assert "choose another with --port" in output.err
    assert output.out == ""
    assert not key_file(books).exists()


def test_a_second_make_run_does_not_change_the_first(books: str) -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("there is no make on this machine: `make run` was not tried")
    before = Path(books).read_bytes()
    with socket.socket() as first:
        first.bind(("127.0.0.1", 0))
        first.listen()
        port = first.getsockname()[1]
        run = [
            make,
            "--no-print-directory",
            "--old-file=.venv/installed",
            "run",
            f"PORT={port}",
            f"DEMO={books}",
        ]
        done = subprocess.run(
            [*run, f"BIN={Path(sys.executable).parent}"],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    assert done.returncode != 0
    assert f"Port {port} is taken" in done.stderr
    assert done.stdout == ""
    assert Path(books).read_bytes() == before


@pytest.mark.parametrize("fault", ["missing", "open to others", "a folder"])
def test_unusable_keys_are_refused_in_one_message_before_anything_is_printed(
    books: str, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    with Ledger.open(books, station="lx") as ledger:
        StationLedger(ledger, Clock()).give(3)
    key = key_file(books)
    if fault == "open to others":
        key.chmod(0o644)
    else:
        key.unlink()
    if fault == "a folder":
        key.mkdir(mode=0o700)
    assert main(["serve", "--database", books, "--port", str(free_port())]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    says = {
        "missing": "are missing: put the file back from its backup",
        "open to others": ": run chmod 600 ",
        "a folder": "cannot be used",
    }
    assert says[fault] in output.err
    assert output.err.count("\n") == 1
    assert key.exists() == (fault != "missing")


def test_a_taken_port_is_refused(books: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings = Settings(database=books, port=other.getsockname()[1])
        with pytest.raises(StoreError, match="choose another with --port"):
            check_address(settings, has_coordinator=True)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_an_invalid_port_is_refused(books: str, port: int) -> None:
    with pytest.raises(InvalidField, match="use 1 to 65535"):
        check_address(Settings(database=books, port=port), has_coordinator=True)


@pytest.mark.parametrize("host", ["a" * 70 + ".example.org", "no such host", "203.0.113.1"])
def test_an_address_of_another_machine_is_refused(books: str, host: str) -> None:
    with pytest.raises(SuppliesError, match=re.escape(host)):
        check_address(Settings(host=host, port=free_port()), has_coordinator=True)
