"""Failover of a cluster under load: nothing acknowledged is lost or recorded twice."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import NamedTuple

import httpx
import pytest
from cluster import PATIENCE, Cluster, wait_for
from support.ledger_fixture import register_all
from support.rest_client import issue_credentials, problem
from support.service_process import free_port, running_service

from supplies.cli import main
from supplies.ledger.ledger import Ledger

CLIENTS = 6

GIFT = {
    "donor": "D-1",
    "location": "store",
    "handled_by": "陈某",
    "lines": [{"item": "mask", "quantity": 1}],
}


class AcknowledgedDonation(NamedTuple):
    """A donation that was acknowledged: the response, and when it came."""

    content: bytes
    location: str
    at: float


class Donors:
    """Clients that record donations, each with a key of its own, until they are stopped.

    A donation without a response is sent again with its key, to the other service, until there is
    one.
    """

    def __init__(self, ports: list[int], web: httpx.Client) -> None:
        self.ports, self._web = ports, web
        self._changed, self._stop = threading.Condition(), threading.Event()
        self.acknowledged: dict[str, AcknowledgedDonation] = {}
        self.unexpected: list[str] = []

    def send(self, port: int, key: str) -> httpx.Response | None:
        """Send a donation once. Return None if no response came."""
        try:
            return self._web.post(
                f"http://127.0.0.1:{port}/api/donations",
                json=GIFT,
                headers={"Idempotency-Key": key},
            )
        except httpx.TransportError:
            return None

    def _give(self, port: int) -> None:
        while not self._stop.is_set():
            key = str(uuid.uuid4())
            while (answer := self.send(port, key)) is None or answer.status_code == 503:
                if answer is not None:
                    error = problem(answer, 503, "busy")
                    assert error["detail"].startswith("the books ")
                    assert int(answer.headers["retry-after"]) > 0
                port = self.other(port)
                # Retry sooner than Retry-After asks, to see when writes continue.
                time.sleep(0.05)
            assert answer.status_code == 201, answer.text
            where = answer.headers["location"]
            with self._changed:
                self.acknowledged[key] = AcknowledgedDonation(
                    answer.content, where, time.monotonic()
                )
                self._changed.notify()

    def other(self, port: int) -> int:
        """Return the port of the other service."""
        return next(other for other in self.ports if other != port)

    @contextmanager
    def giving(self) -> Iterator[None]:
        """Within the block, donations are sent. After it, each has a response."""
        self._stop.clear()
        with ThreadPoolExecutor(CLIENTS) as threads:
            clients = [
                threads.submit(self._give, self.ports[number % len(self.ports)])
                for number in range(CLIENTS)
            ]
            try:
                yield
            finally:
                self._stop.set()
        for client in clients:
            client.result()

    def wait_for(self, gifts: int) -> None:
        """Wait until this many further donations were acknowledged."""
        with self._changed:
            enough = len(self.acknowledged) + gifts
            assert self._changed.wait_for(lambda: len(self.acknowledged) >= enough, PATIENCE)

    def longest_silence(self, since: float) -> float:
        """Return the longest time in seconds after a moment in which nothing was acknowledged."""
        later = sorted(gift.at for gift in self.acknowledged.values() if gift.at > since)
        return max(after - before for before, after in pairwise([since, *later]))


@pytest.fixture(scope="module")
def token(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A coordinator's token for books on the cluster."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SUPPLIES_KEYS", str(tmp_path_factory.mktemp("keys") / "books.key"))
        with Ledger.open(cluster.url, station="lx") as ledger:
            register_all(ledger)
            shown = issue_credentials(ledger)["coordinator"]
        yield shown


@pytest.fixture(scope="module")
def donors(
    cluster: Cluster, token: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Donors]:
    """Clients of two services on the same books, each service a process of its own."""
    ports = [free_port(), free_port()]
    with (
        (tmp_path_factory.mktemp("service") / "log").open("w") as log,
        running_service(cluster.url, ports[0], log=log) as one,
        running_service(cluster.url, ports[1], log=log) as other,
        httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE) as web,
    ):
        yield Donors(ports, web)
        for process in (one, other):
            process.terminate()
        for process in (one, other):
            process.communicate(timeout=PATIENCE)
            assert process.returncode == 0


def check(cluster: Cluster, donors: Donors) -> None:
    """Check that each acknowledged donation, and no other, is recorded once.

    Repeats must get the same response.
    """
    assert main(["verify", "--database", cluster.url]) == 0
    with Ledger.open(cluster.url, station="lx") as ledger:
        books = ledger.books
        arrivals = books.all("SELECT arrival FROM arrivals WHERE station = :station")
        numbers = books.all("SELECT number FROM receipts WHERE station = :station ORDER BY number")
        entries = books.last_entry().seq
    assert sorted(f"/api/donations/{name}" for (name,) in arrivals) == sorted(
        gift.location for gift in donors.acknowledged.values()
    )
    assert [int(number.rpartition("-")[2]) for (number,) in numbers] == list(
        range(1, len(donors.acknowledged) + 1)
    )

    def repeated(key: str) -> bool:
        answer = donors.send(donors.ports[hash(key) % 2], key)
        assert answer is not None
        first = donors.acknowledged[key]
        return (answer.content, answer.headers["location"]) == (first.content, first.location)

    with ThreadPoolExecutor(CLIENTS) as threads:
        assert all(threads.map(repeated, donors.acknowledged))
    with Ledger.open(cluster.url, station="lx") as ledger:
        assert ledger.books.last_entry().seq == entries


@pytest.fixture
def print_figure(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Return a function that prints a figure to the person who runs the tests."""

    def say(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}", end="")

    return say


def test_no_acknowledged_entry_is_lost_when_the_primary_is_killed(
    cluster: Cluster, donors: Donors, print_figure: Callable[[str], None]
) -> None:
    primary = cluster.in_role("leader")
    with donors.giving():
        donors.wait_for(200)
        killed_at = time.monotonic()
        cluster.kill(primary)  # as if the machine lost its power
        cluster.wait_for_another_leader(primary)
        donors.wait_for(200)
    silence = donors.longest_silence(killed_at)
    print_figure(f"primary killed: no write for {silence:.1f} s, {len(donors.acknowledged)} gifts")
    check(cluster, donors)
    cluster("up")
    wait_for(cluster.is_complete, "the killed node did not come back")
    assert cluster.nodes[primary]["role"] != "leader"
    check(cluster, donors)


def test_no_acknowledged_entry_is_lost_in_a_switchover(
    cluster: Cluster, donors: Donors, print_figure: Callable[[str], None]
) -> None:
    primary, candidate = cluster.in_role("leader"), cluster.in_role("sync_standby")
    with donors.giving():
        donors.wait_for(200)
        begun_at = time.monotonic()
        cluster.hand_over(primary, candidate)
        donors.wait_for(200)
    silence = donors.longest_silence(begun_at)
    print_figure(
        f"primary handed over: no write for {silence:.1f} s, {len(donors.acknowledged)} gifts"
    )
    assert cluster.in_role("leader") == candidate
    wait_for(cluster.is_complete, "the old primary does not follow the new one")
    check(cluster, donors)


def test_the_loss_of_one_etcd_node_interrupts_nothing(cluster: Cluster, donors: Donors) -> None:
    """Two of three nodes can still agree on the primary."""
    primary = cluster.in_role("leader")
    with donors.giving():
        donors.wait_for(100)
        cluster.kill(primary, "etcd")
        donors.wait_for(200)
        cluster("up")
        donors.wait_for(100)
    assert cluster.in_role("leader") == primary
    check(cluster, donors)


def test_a_replaced_primary_that_returns_loses_no_entry(
    cluster: Cluster, donors: Donors, print_figure: Callable[[str], None]
) -> None:
    """As if a machine was swapping or its network was cut, and it came back later."""
    primary = cluster.in_role("leader")
    with donors.giving():
        donors.wait_for(200)
        frozen_at = time.monotonic()
        with cluster.frozen(primary):
            cluster.wait_for_another_leader(primary)
            donors.wait_for(200)
        donors.wait_for(200)
    silence = donors.longest_silence(frozen_at)
    print_figure(f"primary frozen: no write for {silence:.1f} s, {len(donors.acknowledged)} gifts")
    check(cluster, donors)
    assert cluster.in_role("leader") != primary, "it took the lead back from who had replaced it"
    wait_for(cluster.is_complete, "the frozen node did not come back")
    check(cluster, donors)


def test_the_books_are_read_and_verified_on_a_standby(
    cluster: Cluster, donors: Donors, capsys: pytest.CaptureFixture[str]
) -> None:
    with donors.giving():
        donors.wait_for(50)
        assert main(["verify", "--database", cluster.url_for_reading]) == 0
        assert main(["report", "stock", "--json", "--database", cluster.url_for_reading]) == 0
    output = capsys.readouterr()
    assert "The books are sound." in output.out
    assert "the books are read-only" in output.err


def test_without_a_standby_nothing_is_acknowledged(cluster: Cluster, donors: Donors) -> None:
    """The books can be read, writes get 503, and all continues when a node is back."""
    primary = cluster.in_role("leader")
    for name in cluster.nodes:
        if name != primary:
            cluster.kill(name, "patroni", "postmaster")
    port, key = donors.ports[0], str(uuid.uuid4())
    answer = donors.send(port, key)
    assert answer is not None
    error = problem(answer, 503, "busy")
    assert "it is unknown whether this was recorded" in error["detail"]
    cluster("up")
    wait_for(cluster.is_complete, "the killed nodes did not come back")
    with donors.giving():
        donors.wait_for(100)
    answer = wait_for(lambda: recorded(donors, port, key), "the gift was not recorded")
    donors.acknowledged[key] = AcknowledgedDonation(
        answer.content, answer.headers["location"], time.monotonic()
    )
    check(cluster, donors)


def recorded(donors: Donors, port: int, key: str) -> httpx.Response | None:
    """Return the present response to a donation, if it is recorded."""
    answer = donors.send(port, key)
    return answer if answer is not None and answer.status_code == 201 else None
