"""The service over new books of station lx, with a clock that tests set."""

from __future__ import annotations

import io
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from supplies_service.app import create_app
from supplies_service.group_commit import GroupCommitQueue
from supplies_service.observability import logs
from supplies_service.write_batches import Job
from supplies_service.writer_process import pack, received, sendable

from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import StationKeys, create_first_key
from support.ledger_fixture import TODAY, Clock, register_all
from support.rest_client import ADDRESS, RestClient, issue_credentials, sessions, signed_in


class Service(NamedTuple):
    """The application, created once, and the folder of its books.

    Attributes:
        tokens: Tokens by role. Those of a courier and a donor are links to T-1 and D-1.
        sessions: Session cookies by role.
    """

    app: Litestar
    clock: Clock
    folder: Path
    fresh: Path
    tokens: dict[str, str]
    sessions: dict[str, str]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The log of the service."""
    stream = io.StringIO()
    logger = logs.logging.getLogger(logs.LOGGER)
    before = logger.handlers[:], logger.level, logger.propagate
    logs.configure_logging(stream)
    yield stream
    logger.handlers[:], logger.propagate = before[0], before[2]
    logger.setLevel(before[1])


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """The service. It is created once, because creating its routes takes longer than most tests."""
    clock, folder = Clock(), tmp_path_factory.mktemp("service") / "books"
    fresh = tmp_path_factory.mktemp("fresh")
    with Ledger.open(str(fresh / "books.db"), station="lx", clock=clock) as ledger:
        register_all(ledger)
        tokens, cookies = issue_credentials(ledger), sessions(ledger)
    create_first_key(str(fresh / "books.db"))
    app = create_app(str(folder / "books.db"), "lx", clock=clock)
    return Service(app, clock, folder, fresh, tokens, cookies)


@pytest.fixture
def pickled_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pass jobs and their results through pickle, as if they were sent to the writer process."""
    run = GroupCommitQueue.run

    async def run_copy(
        queue: GroupCommitQueue, job: Job[Any], *, station: str | None = None
    ) -> Any:
        packed = pack(job)
        if packed is None:
            return await run(queue, job, station=station)
        try:
            result = await run(queue, pickle.loads(packed), station=station)
        except Exception as error:
            result = error
        copy = received(pickle.loads(pickle.dumps(sendable(result))))
        if isinstance(copy, BaseException):
            raise copy
        return copy

    monkeypatch.setattr(GroupCommitQueue, "run", run_copy)


@pytest.fixture
def anonymous_client(service: Service, pickled_jobs: None) -> Iterator[TestClient]:
    """A client without credentials. The books are new."""
    shutil.rmtree(service.folder, ignore_errors=True)
    shutil.copytree(service.fresh, service.folder)
    service.clock.day = TODAY
    with TestClient(service.app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def coordinator_client(anonymous_client: TestClient, service: Service) -> TestClient:
    """A client with the token of a coordinator."""
    return signed_in(anonymous_client, service.tokens["coordinator"])


@pytest.fixture
def keys(service: Service, coordinator_client: TestClient) -> StationKeys:
    """The keys of the books."""
    return StationKeys.for_database(str(service.folder / "books.db"))


@pytest.fixture
def rest(coordinator_client: TestClient) -> RestClient:
    """The REST client of a coordinator."""
    return RestClient(coordinator_client)
