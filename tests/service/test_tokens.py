"""Tokens of programs, and the users to whom they belong."""

from __future__ import annotations

from typing import Any

from litestar.testing import TestClient
from support.rest_client import RestClient, problem, signed_in
from support.service_fixture import Service


def make_token(rest: RestClient, **more: Any) -> Any:
    body = {"user": "u_2", "label": "counting app", **more}
    return rest.post("/api/tokens", body)


def test_a_token_is_shown_once_and_works_until_it_is_revoked(
    rest: RestClient, anonymous_client: TestClient
) -> None:
    made = make_token(rest)
    assert made["token"]["role"] == "recorder"
    listed = rest.client.get("/api/tokens")
    assert made["secret"] not in listed.text
    app = {"Authorization": f"Bearer {made['secret']}"}
    assert anonymous_client.get("/api/stock", headers=app).status_code == 200
    used = rest.get(f"/api/tokens/{made['token']['id']}")["used_at"]
    assert used == "2020-02-10T04:00:00.000000Z"
    ended = rest.client.delete(f"/api/tokens/{made['token']['id']}")
    assert ended.json()["revoked_at"] == used
    problem(anonymous_client.get("/api/stock", headers=app), 401, "unauthenticated")


def test_a_repeated_request_makes_no_second_token_and_shows_no_secret(rest: RestClient) -> None:
    body = {"user": "u_2", "label": "counting app"}
    made = rest.post("/api/tokens", body, key="one")
    again = rest.post("/api/tokens", body, key="one")
    assert again["token"]["id"] == made["token"]["id"]
    assert (made["secret"] is None, again["secret"]) == (False, None)


def test_a_token_expires(rest: RestClient, service: Service) -> None:
    app = {"Authorization": f"Bearer {make_token(rest, days=3)['secret']}"}
    service.clock.advance(2)
    assert rest.client.get("/api/stock", headers=app).status_code == 200
    service.clock.advance(1)
    problem(rest.client.get("/api/stock", headers=app), 401, "unauthenticated")


def test_a_token_cannot_have_more_rights_than_its_user(rest: RestClient) -> None:
    error = rest.refused(
        "/api/tokens", {"user": "u_2", "label": "x", "role": "coordinator"}, 422, "invalid-field"
    )
    assert error["errors"][0]["pointer"] == "/role"
    assert make_token(rest, role="auditor")["token"]["role"] == "auditor"


def test_disabling_a_user_disables_their_tokens(rest: RestClient, service: Service) -> None:
    recorder = {"Authorization": f"Bearer {service.tokens['recorder']}"}
    assert rest.client.get("/api/stock", headers=recorder).status_code == 200
    rest.post("/api/users/u_2/disable")
    problem(rest.client.get("/api/stock", headers=recorder), 401, "unauthenticated")
    error = rest.refused("/api/tokens", {"user": "u_2", "label": "x"}, 422, "invalid-field")
    assert error["errors"][0]["pointer"] == "/user"


def test_a_role_is_changed_and_a_disabled_user_is_enabled(
    rest: RestClient, service: Service
) -> None:
    recorder = {"Authorization": f"Bearer {service.tokens['recorder']}"}
    assert rest.post("/api/users/u_2/role", {"role": "auditor"})["role"] == "auditor"
    problem(rest.client.get("/api/stock", headers=recorder), 401, "unauthenticated")
    rest.refused("/api/users/u_2/role", {"role": "courier"}, 422, "invalid-field")
    rest.post("/api/users/u_2/disable")
    enabled = rest.post("/api/users/u_2/enable")
    assert enabled["user"]["disabled_at"] is None
    assert enabled["invitation"].startswith("/invitation/")
    rest.refused("/api/users/u_99/enable", {}, 404, "not-found")


def test_entries_name_the_user_who_recorded_them(rest: RestClient, service: Service) -> None:
    signed_in(rest.client, service.tokens["recorder"])
    made = rest.post("/api/needs", {"recipient": "R-1", "item": "mask", "quantity": 1})
    assert made["entry"]["recorded_by"] == "u_2"


def test_users_and_tokens_are_paginated(rest: RestClient) -> None:
    for number in range(9):
        rest.post("/api/users", {"login": f"person-{number}", "role": "auditor"})
        make_token(rest)
    for path, name in (("/api/users", "code"), ("/api/tokens", "id")):
        all_names = [one[name] for one in rest.get(path)["items"]]
        paged, after = [], None
        while True:
            query = {"limit": 5} | ({"after": after} if after else {})
            page = rest.get(path, **query)
            paged += [one[name] for one in page["items"]]
            after = page["next"]
            if after is None:
                break
        assert paged == all_names
        assert len(set(all_names)) == len(all_names) > 9


def test_a_login_is_unique_and_a_courier_needs_a_team(rest: RestClient) -> None:
    rest.post("/api/users", {"login": "kai", "role": "courier", "team": "T-1"})
    error = rest.refused("/api/users", {"login": "KAI", "role": "auditor"}, 409, "already-done")
    assert error["errors"][0]["pointer"] == "/login"
    error = rest.refused("/api/users", {"login": "lin", "role": "courier"}, 422, "invalid-field")
    assert error["errors"][0]["pointer"] == "/team"
