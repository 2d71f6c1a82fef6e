"""Books with an entry of nearly every kind, with and without their triggers and constraints."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.engines import ENGINES, Engines
from support.every_kind import Scene, book_everything
from support.tampering import Tampering, tampering


@pytest.fixture(scope="package", params=ENGINES)
def whole(
    request: pytest.FixtureRequest, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where whole books are, closed."""
    with engines.books(request.param, tmp_path_factory.mktemp("books")) as url:
        scene = Scene(url)
        book_everything(scene, str(tmp_path_factory.mktemp("elsewhere") / "hp.db"))
        scene.ledger.close()
        yield url


@pytest.fixture(scope="package")
def opened(whole: str) -> Iterator[Tampering]:
    """The books in a store that tests tamper with, each undoing what it did."""
    store = tampering(whole)
    yield store
    store.close()


@pytest.fixture
def store(opened: Tampering) -> Iterator[Tampering]:
    """The books without their guards, whole again after the test."""
    opened.unguard()
    yield opened
    opened.run("ROLLBACK")
