"""Phones of teams: each test has a delivery of its own, and a network that it commands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from support.browser import Site
from support.http_proxy import HttpProxy, http_proxy
from support.team_run import NewPhone, Phone, TeamRun


@pytest.fixture
def network(site: Site) -> Iterator[HttpProxy]:
    """The network between the phones and the service."""
    with http_proxy(site.address) as proxy:
        yield proxy


@pytest.fixture
def run(site: Site) -> TeamRun:
    """A delivery with three stops."""
    return TeamRun(site)


@pytest.fixture
def new_phone(chromium: Browser, network: HttpProxy, run: TeamRun) -> Iterator[NewPhone]:
    """Return a function that makes a phone which has joined the team of the run."""
    made: list[Phone] = []

    def new(**options: object) -> Phone:
        phone = Phone(chromium, network.address, run.join(), **options)  # type: ignore[arg-type]  # options by name
        made.append(phone)
        return phone

    yield new
    for phone in made:
        phone.close()
