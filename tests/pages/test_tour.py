"""The tour: visitors of the demo look around as one of its people, without a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from litestar.types import ASGIApp, Receive, Scope, Send
from playwright.sync_api import Browser as Chromium
from supplies_service.app import create_app
from support.browser import OpenPage, Site, fits, serious_faults
from support.page_client import Browser, administer
from support.rest_client import ADDRESS, problem
from support.service_fixture import Service
from support.service_process import free_port, running_service

from supplies.access import access_log, demo_people, users
from supplies.access.access_context import AccessContext
from supplies.cli import main
from supplies.errors import StoreError
from supplies.ledger.ledger import Ledger

ROLES = ("coordinator", "recorder", "courier", "auditor")


class CallFrom:
    """The application, called from an address that the test sets."""

    def __init__(self, app: ASGIApp, address: str) -> None:
        self._app, self.address = app, address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["client"] = (self.address, 4000)
        await self._app(scope, receive, send)


class Demo(NamedTuple):
    """A browser on the books of the demo, and the address from which it calls."""

    browser: Browser
    origin: CallFrom

    def people(self) -> list[str]:
        """Return the buttons of the tour: the path of each."""
        return re.findall(r'action="(/tour/\w+)"', self.browser.open("/sign-in"))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The books of `supplies demo`."""
    path = tmp_path_factory.mktemp("tour") / "books.db"
    assert main(["demo", "--database", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def application(database: Path) -> Litestar:
    """The application of the demo. It is created once, because that takes a second."""
    return create_app(str(database), "lx", clock=lambda: datetime.now(UTC))


@pytest.fixture
def demo(application: Litestar, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    """A browser on the same machine as the service of the demo."""
    origin = CallFrom(application.asgi_handler, "127.0.0.1")
    monkeypatch.setattr(application, "asgi_handler", origin)
    with TestClient(application, base_url=ADDRESS, raise_server_exceptions=False) as client:
        yield Demo(Browser(client), origin)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_visitor_of_the_demo_looks_around_in_each_role(demo: Demo, address: str) -> None:
    demo.origin.address = address
    people = demo.people()
    shown = demo.browser.open("/sign-in")
    assert "This is a demonstration" in shown
    assert len(people) == len(ROLES)
    for path, role in zip(people, ROLES, strict=True):
        assert f"Look around as {role}" in shown
        answer = demo.browser.send(path)
        page = "/run" if role == "courier" else "/"
        assert (answer.status_code, answer.headers["location"]) == (303, page)
        assert ("supplies_phone" in answer.headers["set-cookie"]) == (role == "courier")
        assert f"{role} · {role}" in demo.browser.open("/account")


def test_the_tour_is_logged_as_a_sign_in(demo: Demo) -> None:
    demo.browser.send(demo.people()[1])
    (line,) = administer(demo.browser, lambda access: access_log.list_lines(access, limit=1))
    seen = (line.outcome, line.method, line.route, line.who, line.role, line.address)
    assert seen == ("signed-in", "POST", "/tour/{user}", "u_2", "recorder", "127.0.0.1")


def refused(demo: Demo, path: str, **headers: str) -> None:
    """Check that a visitor sees no tour, and cannot start one."""
    client = demo.browser.client
    shown = client.get("/sign-in", headers=headers)
    assert shown.status_code == 200
    assert "/tour/" not in shown.text
    assert "demonstration" not in shown.text
    answer = client.post(path, headers={"Origin": ADDRESS, **headers}, follow_redirects=False)
    problem(answer, 404, "not-found")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_there_is_no_tour_behind_a_proxy(demo: Demo, header: str) -> None:
    refused(demo, demo.people()[0], **{header: "127.0.0.1"})


def test_there_is_no_tour_from_another_machine(demo: Demo) -> None:
    path = demo.people()[0]
    demo.origin.address = "192.0.2.1"
    refused(demo, path)


def test_there_is_no_tour_of_ordinary_books(
    anonymous_client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = CallFrom(anonymous_client.app.asgi_handler, "127.0.0.1")
    monkeypatch.setattr(anonymous_client.app, "asgi_handler", origin)
    refused(Demo(Browser(anonymous_client), origin), "/tour/u_1")


def test_there_is_no_tour_as_a_user_who_was_added_later(demo: Demo) -> None:
    people = demo.people()

    def add_user(access: AccessContext) -> str:
        return users.add(access, users.NewUser(login="chen", role="recorder"), by="test").code

    code = administer(demo.browser, add_user)
    assert demo.people() == people
    assert demo.browser.send(f"/tour/{code}").status_code == 404


def test_there_is_no_tour_after_the_mark_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "real.db"
    assert main(["demo", "--database", str(path)]) == 0
    app = create_app(str(path), "lx", clock=lambda: datetime.now(UTC))
    origin = CallFrom(app.asgi_handler, "127.0.0.1")
    app.asgi_handler = origin
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        demo = Demo(Browser(client), origin)
        first, *others = demo.people()
        administer(demo.browser, lambda access: users.disable(access, "u_4"))
        assert demo.people() == [first, *others[:-1]]
        assert demo.browser.send(others[-1]).status_code == 404
        administer(demo.browser, lambda access: access.run("DELETE FROM demo_people"))
        refused(demo, first)


def test_a_form_of_another_site_cannot_start_a_tour(demo: Demo) -> None:
    path = demo.people()[0]
    for headers in ({}, {"Origin": "http://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = demo.browser.client.post(path, headers=headers, follow_redirects=False)
        problem(answer, 403, "forbidden")
        assert "set-cookie" not in answer.headers


def test_books_with_entries_do_not_become_those_of_the_demo(station: Any) -> None:
    ledger: Ledger = station.ledger
    station.give()

    def mark() -> None:
        with ledger.admin_transaction() as books:
            demo_people.add(AccessContext(books, ledger.clock()), team="T-1", by="test")

    with pytest.raises(StoreError, match="do not become those of the demo"):
        mark()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_click_leads_from_the_sign_in_page_to_today(
    chromium: Chromium, database: Path, tmp_path: Path, language: str
) -> None:
    port = free_port()
    with (tmp_path / "log").open("w") as log, running_service(str(database), port, log=log):
        open_page = OpenPage(chromium, Site(f"http://127.0.0.1:{port}", database, {}))
        page = open_page("/", role=None, language=language, width=360)
        assert fits(page)
        assert serious_faults(page) == []
        as_recorder = {"en": "Look around as recorder", "zh": "以记账员身份浏览"}
        page.get_by_role("button", name=as_recorder[language]).click()
        today = {"en": "Today", "zh": "今日"}
        page.get_by_role("heading", level=1, name=today[language]).wait_for()
        if language == "zh":
            page.get_by_role("button", name="退出").click()
            page.get_by_role("button", name="以配送员身份浏览").click()
            page.get_by_text("住户22").first.wait_for()
        open_page.close()
