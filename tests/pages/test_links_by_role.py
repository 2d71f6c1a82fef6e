"""Every page of the demo, as each role sees it: its links and forms are open to that role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import NamedTuple

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from supplies_service.app import create_app
from supplies_service.security.authorization import PUBLIC
from support.rest_client import ADDRESS

from supplies.cli import main
from supplies.exports.reports import REPORTS
from tools.screenshots import LEFT_OUT, leave_cases_open, page_name, session_of_demo_user

FEWEST = {"coordinator": 100, "recorder": 75, "auditor": 45}
"""The smallest number of pages. If the walk finds fewer, a link is missing."""

LINK = re.compile(r'<a [^>]*href="(/[^"#]*)')
FORM = re.compile(r'<form method="post" action="([^"?]*)')
ENGLISH = re.compile(r'<span lang="en">([^<]*)')
"""A sentence without a translation, as `format_sentence` shows it on a Chinese page."""

RAW_LOT = re.compile(r">[^<]*\bl_lx_\d|<input (?!type=.hidden)[^>]*\bl_lx_\d")

FIGURE_CELL = re.compile(r'<td [^>]*class="number"[^>]*>(.*?)</td>', re.DOTALL)

LISTS_OF_ENTRIES = ("/reports/figures/", "/stock/movements")
"""Pages that list the entries behind a figure: the first cell of each row leads to the entry."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The books of the demo, with a conflict, a merge, a loan and other open cases."""
    path = tmp_path_factory.mktemp("links") / "demo.db"
    assert main(["demo", "--database", str(path)]) == 0
    leave_cases_open(path)
    return path


class OpenedPage(NamedTuple):
    """A page that a role opened: its path, its HTTP status and its HTML."""

    path: str
    status: int
    html: str


def walk(client: TestClient, language: str = "en") -> Iterator[OpenedPage]:
    """Open one page for each route that links lead to, as the role of the client's cookie."""
    found, waiting = set[str](), ["/"]
    while waiting:
        path = waiting.pop(0)
        name = page_name(path)
        if name in found or LEFT_OUT.match(path):
            continue
        found.add(name)
        answer = client.get(path, headers={"Accept-Language": language, "Accept": "text/html"})
        yield OpenedPage(path, answer.status_code, answer.text)
        if answer.headers["content-type"].startswith("text/html"):
            waiting += map(unescape, LINK.findall(answer.text))


@pytest.fixture(scope="module")
def application(database: Path) -> Litestar:
    """The application of the demo. It is created once, because that takes a second."""
    return create_app(str(database), "lx", clock=lambda: datetime.now(UTC))


@pytest.fixture
def client(
    database: Path, application: Litestar, request: pytest.FixtureRequest
) -> Iterator[TestClient]:
    """A client with the session of the role that is the parameter of the test."""
    role = request.param
    session = session_of_demo_user(database, role)
    with TestClient(application, base_url=ADDRESS) as opened:
        opened.cookies.set("supplies_session", session)
        opened.headers["X-Role"] = role
        yield opened


@pytest.mark.parametrize("client", FEWEST, indirect=True)
def test_no_link_and_no_form_leads_a_role_to_what_it_may_not_do(client: TestClient) -> None:
    role = client.headers["X-Role"]
    posts = [
        (re.compile(re.sub(r"\\{\w+(:\w+)?\\}", "[^/]+", re.escape(route.path_format))), handler)
        for route in client.app.routes
        if isinstance(route, HTTPRoute) and "POST" in route.route_handler_map
        for handler in (route.route_handler_map["POST"][0],)
    ]
    wrong, opened = [], 0
    for page in walk(client):
        opened += 1
        if page.status != 200:
            wrong.append((page.path, page.status))
        for action in {unescape(found) for found in FORM.findall(page.html)}:
            roles = {handler.opt["roles"] for path, handler in posts if path.fullmatch(action)}
            if not any(known == PUBLIC or role in known for known in roles):
                wrong.append((f"form {action} on {page.path}", 403))
    assert wrong == []
    assert opened >= FEWEST[role]


@pytest.mark.parametrize("client", ["coordinator"], indirect=True)
def test_no_page_of_the_demo_shows_an_english_sentence_in_chinese(client: TestClient) -> None:
    found = [(page.path, ENGLISH.findall(page.html)) for page in walk(client, "zh")]
    assert [(path, texts) for path, texts in found if texts] == []


@pytest.mark.parametrize("client", ["coordinator"], indirect=True)
def test_lots_are_shown_by_their_batch_expiry_or_arrival(client: TestClient) -> None:
    found = [page.path for page in walk(client, "zh") if RAW_LOT.search(page.html)]
    assert found == []
    shown = client.get("/stock/items/mask", headers={"Accept-Language": "zh"}).text
    assert "何邻居（虚构）\N{NO-BREAK SPACE}· 2020年2月5日" in re.sub("<[^>]+>", "", shown)


@pytest.mark.parametrize("client", ["coordinator"], indirect=True)
def test_every_figure_in_a_table_leads_to_the_entries_behind_it(client: TestClient) -> None:
    unexplained = []
    for page in walk(client):
        if page.path.startswith(LISTS_OF_ENTRIES):
            continue
        for cell in FIGURE_CELL.findall(page.html):
            shown = re.sub(r"<[^>]*>", "", cell).strip()
            if re.search("[1-9]", shown) and "<a " not in cell and "<input" not in cell:
                unexplained.append((page.path, shown))
    assert unexplained == []


OPTIONS = {"item": "mask", "account": "stock:store-a", "recipient": "R-001", "batch": "B7"}


@pytest.mark.parametrize("client", ["coordinator", "auditor"], indirect=True)
def test_every_figure_of_every_report_leads_to_a_page(client: TestClient) -> None:
    shown = {"Accept-Language": "en", "Accept": "text/html"}
    found: dict[tuple[str, str], str] = {}
    # The others are for a station that heads an organisation.
    of_station = [kind for kind in REPORTS.values() if not kind.of_organisation]
    for kind in of_station:
        needed = {one.name: OPTIONS[one.name] for one in kind.options if one.required}
        days = {"from": "2020-01-01"} if kind.has_period else {"as_of": "2020-02-10"}
        for query in (needed, {**needed, **days}):
            page = client.get(f"/reports/tables/{kind.name}", params=query, headers=shown)
            assert page.status_code == 200, (kind.name, page.text)
            for cell in FIGURE_CELL.findall(page.text):
                for link in LINK.findall(cell):
                    found[kind.name, re.sub(r"[^/?&=]*\d[^/?&=]*", "", link)] = unescape(link)
    assert {name for name, _ in found} == {kind.name for kind in of_station}
    for link in found.values():
        assert client.get(link, headers=shown).status_code == 200, link


@pytest.mark.parametrize("client", ["auditor"], indirect=True)
def test_an_auditor_reads_what_is_open_and_no_instructions(client: TestClient) -> None:
    today = client.get("/", headers={"Accept-Language": "en"}).text
    assert "Reports that contradict the books" in today
    for instruction in ("Open each and decide", "Enter the outcome", "Set goods aside", "Answer"):
        assert instruction not in today
    assert "Requests of donors to answer" not in today
    assert "住户" not in today, "an auditor sees no names"


@pytest.mark.parametrize("client", ["coordinator"], indirect=True)
def test_a_conflict_is_listed_with_the_household_and_the_team(client: TestClient) -> None:
    for path in ("/", "/entries/conflicts"):
        shown = client.get(path, headers={"Accept-Language": "zh"}).text
        assert "住户22（虚构）\N{NO-BREAK SPACE}· 配送一队（虚构）" in shown
