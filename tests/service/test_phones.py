"""Phones of teams: how they join, what they read, and how a lost one is revoked."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient
from support.phones import TeamPhone
from support.rest_client import ADDRESS, RestClient, problem
from support.service_fixture import Service

from supplies.access import run_codes
from supplies.access.access_context import AccessContext

HANDED_OVER = {"outcome": "handed_over"}


def logged(rest: RestClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = rest.get("/api/access-log")["items"]
    return items


def run_code(rest: RestClient, delivery: str) -> str:
    """Return the code that the run sheet of a delivery prints."""
    ledger = rest.client.app.state.stations.default.ledger
    with ledger.admin_transaction() as books:
        run_codes.ensure_key(AccessContext(books, ledger.clock()))
        return str(run_codes.code_of(books, delivery))


def test_opening_a_teams_link_joins_nothing_until_the_button_is_pressed(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    address = rest.post("/api/teams/T-1/link")["address"]
    page = rest.client.get(address, headers={"User-Agent": "Mozilla/5.0 (Linux; Android 9; HD1) X"})
    assert page.status_code == 200
    assert 'value="HD1"' in page.text
    assert rest.get("/api/phones")["items"] == []
    phone = TeamPhone.by_page(rest, address)
    assert phone.get("/api/run").json()["runs"][0]["delivery"] == open_delivery
    listed = rest.get("/api/phones", team="T-1")["items"]
    assert [(one["label"], one["last_seen"] is not None) for one in listed] == [("HD1", True)]


def test_the_cookie_of_a_phone_is_secure_over_https_and_hidden_from_scripts(
    rest: RestClient,
) -> None:
    address = rest.post("/api/teams/T-1/link")["address"]
    answer = rest.client.post(
        "https://127.0.0.1:8000" + address,
        data={"label": "Kai"},
        headers={"Origin": "https://127.0.0.1:8000"},
        follow_redirects=False,
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/run")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("supplies_phone=supplies.lx.")
    for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/", f"Max-Age={400 * 86_400}"):
        assert part in cookie


@pytest.mark.parametrize("agent", ["MicroMessenger/8.0", "QQ/9.1", "Weibo", "AliApp(DingTalk)"])
def test_the_browser_of_a_messenger_is_told_to_open_the_page_outside(
    rest: RestClient, agent: str
) -> None:
    address = rest.post("/api/teams/T-1/link")["address"]
    headers = {"User-Agent": f"Mozilla/5.0 (Linux; Android 9) {agent}", "Origin": ADDRESS}
    for page in (
        rest.client.get(address, headers=headers),
        rest.client.post(address, data={"label": "Kai"}, headers=headers),
    ):
        assert page.status_code == 200
        assert ADDRESS + address in page.text
        assert "<button autofocus>" not in page.text
    assert rest.get("/api/phones")["items"] == []


def test_a_program_joins_over_rest_and_gets_a_secret_of_its_own(
    rest: RestClient, anonymous_client: TestClient, open_delivery: str
) -> None:
    secret = rest.post("/api/teams/T-1/link")["secret"]
    phone = TeamPhone.by_rest(rest, secret, label="Kai", version="7")
    assert phone.shown["version"] == "7"
    assert phone.secret != secret
    assert phone.get("/api/run").json()["team"]["code"] == "T-1"


def test_a_run_sheets_code_is_valid_while_that_delivery_is_out_with_that_team(
    rest: RestClient, open_delivery: str
) -> None:
    first = run_code(rest, open_delivery)
    assert TeamPhone.by_rest(rest, first).shown["joined_by"] == open_delivery
    rest.post(f"/api/deliveries/{open_delivery}/reassign", {"team": "T-2"})
    second = run_code(rest, open_delivery)
    assert TeamPhone.by_rest(rest, second).shown["team"] == "T-2"
    refused_join(rest, first)
    rest.post(f"/api/deliveries/{open_delivery}/reassign", {"team": "T-1"})
    refused_join(rest, first)
    stop = rest.get(f"/api/deliveries/{open_delivery}")["stops"][0]["allocation"]
    rest.post(f"/api/deliveries/{open_delivery}/outcomes", HANDED_OVER | {"allocation": stop})
    third = run_code(rest, open_delivery)
    rest.post(f"/api/deliveries/{open_delivery}/close")
    refused_join(rest, third)


def refused_join(rest: RestClient, secret: str) -> None:
    answer = rest.client.post(
        "/api/phones", json={"secret": secret, "label": "x"}, headers={"Authorization": ""}
    )
    problem(answer, 401, "unauthenticated")


@pytest.mark.parametrize(
    "secret",
    [
        "nonsense",
        "supplies.lx.0123456789abcdef." + "A" * 43,
        "supplies.lx.v_1." + "A" * 22,
        "supplies.other.v_1." + "A" * 22,
    ],
)
def test_a_wrong_code_joins_nothing_and_is_logged(rest: RestClient, secret: str) -> None:
    refused_join(rest, secret)
    page = rest.client.get(f"/run/join/{secret}")
    assert page.status_code == 404
    assert [line["outcome"] for line in logged(rest)[:2]] == ["refused", "refused"]


def test_a_donors_link_joins_no_team(rest: RestClient) -> None:
    refused_join(rest, rest.post("/api/donors/D-1/link")["secret"])


def test_a_phone_that_joins_its_team_again_stays_the_same_phone(
    rest: RestClient, service: Service
) -> None:
    address = rest.post("/api/teams/T-1/link")["address"]
    phone = TeamPhone.by_page(rest, address)
    service.clock.advance(31)
    problem(phone.get("/api/run"), 401, "unauthenticated")
    again = TeamPhone.by_page(rest, address, present=phone)
    assert again.secret == phone.secret
    assert phone.get("/api/run").status_code == 200
    assert len(rest.get("/api/phones")["items"]) == 1


def test_a_phone_of_another_team_joins_as_a_new_phone(rest: RestClient) -> None:
    first = TeamPhone.by_page(rest, rest.post("/api/teams/T-1/link")["address"])
    second = TeamPhone.by_page(rest, rest.post("/api/teams/T-2/link")["address"], present=first)
    assert second.secret != first.secret
    assert second.get("/api/run").json()["team"]["code"] == "T-2"


def test_a_run_contains_all_that_a_team_needs_without_a_network(
    rest: RestClient, open_delivery: str
) -> None:
    run = TeamPhone.of_team(rest).get("/api/run").json()
    assert run["zone"] == "Asia/Shanghai"
    (delivery,) = run["runs"]
    (stop,) = delivery["stops"]
    recipient = rest.get("/api/recipients/R-1")
    assert stop["recipient"] == {
        "code": "R-1",
        "kind": "household",
        "name": recipient["name"],
        "telephone": recipient["phone"],
        "address": recipient["address"],
        "hint": recipient["access"],
    }
    assert [(line["item"], line["quantity"]) for line in stop["lines"]] == [("mask", 4)]
    assert stop["lines"][0]["words"].startswith("4 ")
    assert (stop["number"], stop["outcome"], stop["conflict"]) == (1, None, None)
    assert [(one["item"], one["quantity"]) for one in delivery["bag"]] == [("mask", 4)]


def test_an_unchanged_run_is_not_sent_again(rest: RestClient, open_delivery: str) -> None:
    phone = TeamPhone.of_team(rest)
    first = phone.get("/api/run")
    tag = {"If-None-Match": first.headers["etag"]}
    again = phone.get("/api/run", headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    phone.report(open_delivery, HANDED_OVER)
    changed = phone.get("/api/run", headers=tag).json()["runs"][0]
    assert changed["bag"] == []
    assert changed["stops"][0]["outcome"]["phone"] == f"{phone.shown['label']} #1"


def test_names_and_telephones_leave_the_run_when_it_ends(
    rest: RestClient, open_delivery: str
) -> None:
    phone = TeamPhone.of_team(rest)
    phone.report(open_delivery, HANDED_OVER)
    rest.post(f"/api/deliveries/{open_delivery}/close")
    other = rest.delivery(rest.allocation(3))
    rest.post(f"/api/deliveries/{other}/reassign", {"team": "T-2"})
    run = phone.get("/api/run").json()
    assert (run["runs"], run["closed"]) == ([], sorted([open_delivery, other]))


def test_goods_to_bring_back_are_in_the_run_for_a_day_after_the_close_without_names(
    rest: RestClient, open_delivery: str, service: Service
) -> None:
    phone = TeamPhone.of_team(rest)
    assert phone.get("/api/run").json()["ended"] == []
    (stop,) = rest.get(f"/api/deliveries/{open_delivery}")["stops"]
    rest.post(
        f"/api/deliveries/{open_delivery}/outcomes",
        {"allocation": stop["allocation"], "outcome": "not_at_home"},
    )
    rest.post(f"/api/deliveries/{open_delivery}/close")
    (ended,) = phone.get("/api/run").json()["ended"]
    (goods,) = ended.pop("goods")
    assert ended == {"delivery": open_delivery}
    assert set(goods) == {"item", "name", "quantity", "words", "unit"}
    assert (goods["item"], goods["quantity"]) == ("mask", 4)
    service.clock.advance(days=2)
    assert phone.get("/api/run").json()["ended"] == []


def test_goods_of_a_closed_delivery_are_only_in_the_run_of_the_team_that_had_it_last(
    rest: RestClient, open_delivery: str
) -> None:
    first, second = TeamPhone.of_team(rest), TeamPhone.of_team(rest, "T-2")
    rest.post(f"/api/deliveries/{open_delivery}/reassign", {"team": "T-2"})
    second.report(open_delivery, HANDED_OVER)
    rest.post(f"/api/deliveries/{open_delivery}/close")
    assert first.get("/api/run").json()["ended"] == []
    assert second.get("/api/run").json()["ended"] == [{"delivery": open_delivery, "goods": []}]


def test_reading_a_run_is_logged_with_the_phone_and_the_delivery(
    rest: RestClient, open_delivery: str
) -> None:
    phone = TeamPhone.of_team(rest)
    phone.get("/api/run")
    line = logged(rest)[0]
    assert (line["who"], line["route"], line["subject"], line["outcome"]) == (
        f"phone.{phone.shown['id']}",
        "/api/run",
        open_delivery,
        "looked",
    )


def test_a_lost_phone_is_revoked_alone_and_at_once(rest: RestClient, open_delivery: str) -> None:
    lost, kept = TeamPhone.of_team(rest, label="lost"), TeamPhone.of_team(rest, label="kept")
    gone = rest.client.delete(f"/api/phones/{lost.shown['id']}").json()
    assert gone["revoked_at"] is not None
    for answer in (
        lost.get("/api/run"),
        lost.get("/api/deliveries"),
        lost.post("/api/run/status", {"unsent": 0, "version": "1"}),
        lost.send(open_delivery, HANDED_OVER),
    ):
        problem(answer, 401, "unauthenticated")
    assert kept.get("/api/run").status_code == 200
    line = next(line for line in logged(rest) if line["outcome"] == "revoked")
    assert line["detail"] == f"phone.{lost.shown['id']}"


def test_phones_survive_the_end_of_the_link_with_which_they_joined(rest: RestClient) -> None:
    phone = TeamPhone.of_team(rest)
    ended = rest.client.delete("/api/teams/T-1/link").json()
    assert ended["joined_phones"] == [phone.shown["id"]]
    assert phone.get("/api/run").status_code == 200


def test_the_phones_that_joined_by_a_link_end_with_it_if_wanted(rest: RestClient) -> None:
    made = [rest.post("/api/teams/T-1/link") for _ in range(2)]
    first, second = (TeamPhone.by_rest(rest, one["secret"]) for one in made)
    path = f"/api/teams/T-1/link/{made[0]['link']['id']}"
    assert rest.client.delete(path).json()["joined_phones"] == [first.shown["id"]]
    assert first.get("/api/run").status_code == 200
    answer = rest.client.delete(f"{path}/phones").json()
    (ended,) = answer["phones"]
    assert ended["id"] == first.shown["id"]
    assert "warnings" not in answer
    assert first.get("/api/run").status_code == 401
    assert second.get("/api/run").status_code == 200
    assert rest.client.delete(path).json()["joined_phones"] == []
    revoked = {line["detail"] for line in logged(rest) if line["outcome"] == "revoked"}
    assert f"phone.{first.shown['id']}" in revoked
    problem(rest.client.delete("/api/teams/T-2/link/none/phones"), 404, "not-found")


def test_ending_the_phones_of_a_valid_link_warns_that_phones_can_join_again(
    rest: RestClient,
) -> None:
    made = rest.post("/api/teams/T-1/link")
    TeamPhone.by_rest(rest, made["secret"])
    path = f"/api/teams/T-1/link/{made['link']['id']}"
    (warned,) = rest.client.delete(f"{path}/phones").json()["warnings"]
    assert (warned["warning"], warned["about"]) == ("link-valid", made["link"]["id"])
    assert f"DELETE {path}" in warned["detail"]


@pytest.mark.parametrize(
    ("agent", "language", "label"),
    [
        ("Mozilla/5.0 (Linux; Android 10; K) Chrome/140.0 Mobile", "zh", "手机 1"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Firefox/140.0", "en", "Phone 1"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)", "en", "iPhone"),
    ],
)
def test_a_name_is_proposed_for_a_phone_whose_model_is_unknown(
    rest: RestClient, agent: str, language: str, label: str
) -> None:
    address = rest.post("/api/teams/T-1/link")["address"]
    headers = {"User-Agent": agent, "Accept-Language": language, "Origin": ADDRESS}
    page = rest.client.get(address, headers=headers).text
    assert f'value="{label}" maxlength="200" required' in page
    assert '<span class="required" aria-hidden="true">*</span>' in page
    rest.client.post(address, data={"label": ""}, headers=headers, follow_redirects=False)
    rest.client.cookies.clear()
    assert [one["label"] for one in rest.get("/api/phones")["items"]] == [label]


def test_the_desk_sees_what_a_phone_has_not_sent_and_how_wrong_its_clock_is(
    rest: RestClient, service: Service
) -> None:
    phone = TeamPhone.of_team(rest)
    now = service.clock()
    answer = phone.post(
        "/api/run/status",
        {"unsent": 3, "oldest_unsent_at": "2020-02-03T01:00:00Z", "version": "9"},
        headers={"Sent-At": "2020-02-01T00:00:00Z"},
    )
    assert answer.json()["now"].startswith(now.date().isoformat()[:4])
    shown = rest.get(f"/api/phones/{phone.shown['id']}")
    assert (shown["unsent"], shown["version"]) == (3, "9")
    assert shown["oldest_unsent_at"] == "2020-02-03T01:00:00.000000Z"
    assert shown["clock_offset_seconds"] > 86_000


def test_a_cookie_of_a_phone_is_refused_in_a_request_from_another_site(
    rest: RestClient, open_delivery: str
) -> None:
    phone = TeamPhone.of_team(rest)
    body = {"unsent": 0, "version": "1"}
    own = {"Cookie": f"supplies_phone={phone.secret}"}
    answers: list[Response] = []
    for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": ADDRESS}):
        client = TestClient(rest.client.app, base_url=ADDRESS)
        answers.append(client.post("/api/run/status", json=body, headers=own | origin))
    assert [answer.status_code for answer in answers] == [403, 403, 201]


def test_a_phone_that_joins_again_over_rest_stays_the_same_if_it_proves_it(
    rest: RestClient,
) -> None:
    phone = TeamPhone.of_team(rest)
    again = TeamPhone.of_team(rest, present_secret=phone.secret)
    assert (again.shown["id"], again.secret) == (phone.shown["id"], phone.secret)
    forged = phone.secret[:-1] + ("a" if phone.secret[-1] != "a" else "b")
    assert TeamPhone.of_team(rest, present_secret=forged).shown["id"] != phone.shown["id"]
    other = TeamPhone.of_team(rest, "T-2", present_secret=phone.secret)
    assert other.shown["id"] != phone.shown["id"]
    rest.client.delete(f"/api/phones/{phone.shown['id']}")
    revoked = TeamPhone.of_team(rest, present_secret=phone.secret)
    assert revoked.shown["id"] != phone.shown["id"]
