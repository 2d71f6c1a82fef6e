"""Sessions: users list their own and end them, on the account page and over REST."""

from __future__ import annotations

from litestar.testing import TestClient
from support.page_client import ENGLISH, Browser, sign_in_as
from support.rest_client import RestClient, problem
from support.service_fixture import Service


def id_of(secret: str) -> str:
    return secret.split(".")[2]


def test_a_user_lists_and_ends_only_their_own_sessions(rest: RestClient, service: Service) -> None:
    own, other = (id_of(service.sessions[role]) for role in ("coordinator", "recorder"))
    (listed,) = rest.get("/api/sessions")["items"]
    assert (listed["id"], listed["holder"], listed["kind"]) == (own, "u_1", "session")
    assert "secret" not in listed
    problem(rest.client.delete(f"/api/sessions/{other}"), 404, "not-found")
    ended = rest.client.delete(f"/api/sessions/{own}")
    assert ended.json()["revoked_at"]
    logged = rest.get("/api/access-log")["items"][0]
    assert (logged["outcome"], logged["detail"]) == ("revoked", f"session.{own}")
    browser = sign_in_as(rest.client, service, "coordinator")
    assert browser.client.get("/stock", follow_redirects=False).status_code in (303, 401)


def test_a_token_is_not_a_session(rest: RestClient) -> None:
    made = rest.post("/api/tokens", {"user": "u_1", "label": "app"})
    problem(rest.client.delete(f"/api/sessions/{made['token']['id']}"), 404, "not-found")


def test_the_account_page_ends_another_session_and_keeps_this_one(
    anonymous_client: TestClient, service: Service
) -> None:
    from support.page_client import PASSWORD, invite

    invite(Browser(anonymous_client), "coordinator")
    first = anonymous_client.cookies["supplies_session"]
    anonymous_client.cookies.delete("supplies_session")
    second = Browser(anonymous_client)
    assert second.send("/sign-in", login="coordinator", password=PASSWORD).status_code == 303
    page = second.open("/account")
    assert page.count("this browser") == 1
    assert f"/account/sessions/{id_of(first)}/end" in page
    assert second.send(f"/account/sessions/{id_of(first)}/end").status_code == 303
    assert id_of(first) not in second.open("/account")
    anonymous_client.cookies.set("supplies_session", first, domain="127.0.0.1")
    answer = anonymous_client.get("/account", headers=ENGLISH, follow_redirects=False)
    assert answer.headers.get("location", "").startswith("/sign-in")
