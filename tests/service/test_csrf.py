"""Cross-site request forgery: only forms of the service's own pages are accepted."""

from __future__ import annotations

import pytest
from litestar.datastructures import Headers
from litestar.testing import TestClient
from supplies_service.security.csrf import is_same_origin
from support.rest_client import ADDRESS, problem
from support.service_fixture import Service

from supplies.access import access_log
from supplies.access.access_context import AccessContext

OWN = [
    {"Origin": ADDRESS},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin"},
    {"Origin": ADDRESS.upper(), "Sec-Fetch-Site": "same-origin"},
]

FOREIGN = [
    {},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "made-up"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1:8001"},
    {"Origin": "http://127.0.0.1:8000.evil.example"},
    {"Origin": "http://[x"},
    {"Origin": ADDRESS, "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "none"},
]

FORMS = {
    "/account/tokens": {"label": "till", "role": "recorder", "days": "1"},
    "/account/password": {"current": "x", "password": "y", "repeat": "y"},
    "/account/tokens/0123456789abcdef/revoke": {},
    "/donations/new": {"key": "0123456789abcdef"},
    "/donations/d_1/correct": {"key": "0123456789abcdef"},
    "/donations/d_1/reverse": {"key": "0123456789abcdef"},
    "/entries/1/reverse": {"key": "0123456789abcdef"},
    "/entries/1/resolve": {"key": "0123456789abcdef"},
    "/language": {"language": "en", "next": "/"},
    "/sign-out": {},
    "/sign-in": {"login": "coordinator", "password": "four words nobody guesses"},
    "/invitation/supplies.0": {"password": "x", "repeat": "x"},
}


@pytest.fixture
def session(anonymous_client: TestClient, service: Service) -> TestClient:
    """A coordinator's browser."""
    anonymous_client.cookies.set("supplies_session", service.sessions["coordinator"])
    return anonymous_client


@pytest.mark.parametrize("headers", OWN)
def test_a_form_of_an_own_page_is_accepted(session: TestClient, headers: dict[str, str]) -> None:
    answer = session.post("/account/tokens", data=FORMS["/account/tokens"], headers=headers)
    assert answer.status_code == 200
    assert "supplies.lx." in answer.text


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_form_of_another_site_is_refused(session: TestClient, headers: dict[str, str]) -> None:
    before = session.get("/account").text
    error = problem(
        session.post("/account/tokens", data=FORMS["/account/tokens"], headers=headers),
        403,
        "forbidden",
    )
    assert "does not come from a page of this service" in error["detail"]
    assert session.get("/account").text == before


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}])
def test_every_form_is_protected_with_and_without_a_session(
    anonymous_client: TestClient, service: Service, path: str, headers: dict[str, str]
) -> None:
    problem(anonymous_client.post(path, data=FORMS[path], headers=headers), 403, "forbidden")
    anonymous_client.cookies.set("supplies_session", service.sessions["coordinator"])
    problem(anonymous_client.post(path, data=FORMS[path], headers=headers), 403, "forbidden")
    assert anonymous_client.get("/").status_code == 200  # the session continues


def test_another_site_cannot_sign_a_browser_in(anonymous_client: TestClient) -> None:
    answer = anonymous_client.post(
        "/sign-in", data=FORMS["/sign-in"], headers={"Sec-Fetch-Site": "cross-site"}
    )
    problem(answer, 403, "forbidden")
    assert "set-cookie" not in answer.headers


def test_a_donors_form_of_another_site_is_refused(
    anonymous_client: TestClient, service: Service
) -> None:
    anonymous_client.cookies.set("supplies_donor", service.tokens["donor"], path="/my")
    form = {"kind": "hide", "wish": ""}
    elsewhere = {"Origin": "https://evil.example"}
    problem(anonymous_client.post("/my/requests", data=form, headers=elsewhere), 403, "forbidden")
    answer = anonymous_client.post(
        "/my/requests", data=form, headers={"Origin": ADDRESS}, follow_redirects=False
    )
    assert answer.status_code == 303


def test_links_from_other_sites_still_open_pages(session: TestClient) -> None:
    assert session.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_programs_need_no_origin_and_their_cookies_are_ignored(
    session: TestClient, service: Service
) -> None:
    need = {"recipient": "R-1", "item": "mask", "quantity": 1}
    problem(session.post("/api/needs", json=need), 401, "unauthenticated")
    token = {"Authorization": f"Bearer {service.tokens['recorder']}"}
    assert session.post("/api/needs", json=need, headers=token).status_code == 201


def test_a_refused_form_leaves_a_line_in_the_access_log(session: TestClient) -> None:
    session.post(
        "/account/tokens", data=FORMS["/account/tokens"], headers={"Sec-Fetch-Site": "cross-site"}
    )
    ledger = session.app.state.stations.default.ledger
    with ledger.reading() as books:
        (line,) = access_log.list_lines(AccessContext(books, ledger.clock()), limit=9)
    assert (line.method, line.route, line.outcome) == ("POST", "/account/tokens", "refused")


def test_refused_forms_are_rate_limited(session: TestClient) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    answers = [session.post("/sign-out", headers=elsewhere).status_code for _ in range(61)]
    assert answers == [403] * 60 + [429]


def test_the_port_is_part_of_the_origin() -> None:
    assert is_same_origin(Headers({"host": "nas:8000", "origin": "http://nas:8000"}))
    assert not is_same_origin(Headers({"host": "nas:8000", "origin": "http://nas"}))
    assert not is_same_origin(Headers({"origin": "http://nas"}))
