"""The service over fresh books of station lx, with a clock that the tests set."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from supplies_service.app import create_app
from supplies_service.observability import logs

from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import StationKeys, create_first_key
from support.ledger_fixture import TODAY, Clock, register_all
from support.rest_client import ADDRESS, Rest, let_in, sessions, signed_in


class Service(NamedTuple):
    """The application, made once, and the directory from which it opens its books.

    tokens: what to show, by role; those of a courier and a donor are links to T-1 and D-1.
    sessions: what the browsers of those with a password keep.
    """

    app: Litestar
    clock: Clock
    folder: Path
    fresh: Path
    tokens: dict[str, str]
    sessions: dict[str, str]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the service logs, as it stands in the file."""
    stream = io.StringIO()
    logger = logs.logging.getLogger(logs.LOGGER)
    before = logger.handlers[:], logger.level, logger.propagate
    logs.configure_logging(stream)
    yield stream
    logger.handlers[:], logger.propagate = before[0], before[2]
    logger.setLevel(before[1])


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """Made once, since making its routes takes longer than most tests do."""
    clock, folder = Clock(), tmp_path_factory.mktemp("service") / "books"
    fresh = tmp_path_factory.mktemp("fresh")
    with Ledger.open(str(fresh / "books.db"), station="lx", clock=clock) as ledger:
        register_all(ledger)
        tokens, cookies = let_in(ledger), sessions(ledger)
    create_first_key(str(fresh / "books.db"))
    app = create_app(str(folder / "books.db"), "lx", clock=clock)
    return Service(app, clock, folder, fresh, tokens, cookies)


@pytest.fixture
def strangers(service: Service) -> Iterator[TestClient]:
    """The application over fresh books of station lx; nobody has signed in."""
    shutil.rmtree(service.folder, ignore_errors=True)
    shutil.copytree(service.fresh, service.folder)
    service.clock.day = TODAY
    with TestClient(service.app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def served(strangers: TestClient, service: Service) -> TestClient:
    """The same to a coordinator."""
    return signed_in(strangers, service.tokens["coordinator"])


@pytest.fixture
def keys(service: Service, served: TestClient) -> StationKeys:
    """The keys beside the application's books."""
    return StationKeys.for_database(str(service.folder / "books.db"))


@pytest.fixture
def rest(served: TestClient) -> Rest:
    """Short words for what tests ask of the service."""
    return Rest(served)
