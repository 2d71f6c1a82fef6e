"""Fixtures of the service's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.ledger_fixture import register_all
from support.rest_client import RestClient, issue_credentials

from supplies.ledger.ledger import Ledger


@pytest.fixture
def books(books_path: Path) -> str:
    """The file of station lx, for a service in a process of its own."""
    with Ledger.open(str(books_path), station="lx") as ledger:
        register_all(ledger)
    return str(books_path)


@pytest.fixture
def bearer(books: str) -> dict[str, str]:
    """The headers of a coordinator's client."""
    with Ledger.open(books, station="lx") as ledger:
        return {"Authorization": f"Bearer {issue_credentials(ledger)['coordinator']}"}


@pytest.fixture
def open_delivery(rest: RestClient) -> str:
    """A delivery that team T-1 carries."""
    rest.give(20)
    return rest.delivery(rest.allocation(4))
