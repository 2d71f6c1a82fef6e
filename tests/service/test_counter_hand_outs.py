"""Hand-outs at the counter of a team, reported by its phones without an allocation."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from support.page_client import sign_in_as
from support.phones import TeamPhone, rescue_lines
from support.rest_client import RestClient, problem
from support.service_fixture import Service

HAND_OUTS = "/api/run/hand-outs"


@pytest.fixture
def phone(rest: RestClient) -> TeamPhone:
    """A phone of a team that hands out 20 masks at the annex."""
    rest.give(20)
    moved = {"from": "store", "to": "annex"}
    rest.post("/api/stock/moves", {**moved, "lines": [{"item": "mask", "quantity": 20}]})
    rest.client.patch("/api/teams/T-1", json={"counter": "annex"}).raise_for_status()
    return TeamPhone.of_team(rest)


def newcomers(quantity: int = 5, **more: Any) -> dict[str, Any]:
    line = {"item": "mask", "quantity": quantity}
    return {"location": "annex", "recipient": "G-1", "headcount": 5, "lines": [line], **more}


def shown_goods(phone: TeamPhone) -> list[tuple[str, int]]:
    counter = phone.get("/api/run").json()["counter"]
    return [(goods["item"], goods["quantity"]) for goods in counter["goods"]]


def test_a_phone_sees_the_goods_and_groups_of_its_counter_and_no_households(
    rest: RestClient, phone: TeamPhone
) -> None:
    counter = phone.get("/api/run").json()["counter"]
    assert counter["location"] == "annex"
    assert counter["groups"] == [{"code": "G-1", "name": "新来居民", "persons": None}]
    assert shown_goods(phone) == [("mask", 20)]
    assert TeamPhone.of_team(rest, "T-2").get("/api/run").json()["counter"] is None


def test_a_hand_out_is_booked_once_on_the_day_of_the_corrected_time(
    service: Service, phone: TeamPhone
) -> None:
    service.clock.advance(2)
    now = service.clock()
    wrong = now + timedelta(days=3)  # the phone's clock
    at = (wrong - timedelta(days=1)).isoformat()
    headers = {"Idempotency-Key": "k1", "Sent-At": wrong.isoformat()}
    for _ in range(2):
        answer = phone.post(HAND_OUTS, newcomers(happened_at=at), headers=headers)
        assert answer.status_code in (200, 201), answer.text
        entry = answer.json()["entry"]
        assert entry["kind"] == "handed_out"
        assert entry["happened_on"] == str(service.clock.day - timedelta(days=1))
        recorded = phone.rest.get(f"/api/entries/{entry['seq']}")
        assert recorded["recorded_by"] == f"phone.{phone.shown['id']}"
    assert shown_goods(phone) == [("mask", 15)]


def test_a_phone_learns_nothing_about_needs_from_a_hand_out(
    rest: RestClient, phone: TeamPhone
) -> None:
    need = rest.need(4)
    rest.give(1)
    rest.delivery(rest.allocation(1))
    household = {"location": "annex", "recipient": "R-1"}
    for field, value in (("need", need), ("allow_expired", True)):
        line = {"item": "mask", "quantity": 1, field: value}
        found = problem(phone.post(HAND_OUTS, {**household, "lines": [line]}), 422, "invalid-field")
        assert found["errors"][0]["pointer"] == f"/lines/0/{field}"
    line = {"item": "mask", "quantity": 1}
    answer = phone.post(HAND_OUTS, {**household, "lines": [line]})
    assert answer.status_code == 201
    assert list(answer.json()) == ["entry"]
    assert set(answer.json()["entry"]) == {"seq", "kind", "happened_on"}


def test_a_refusal_does_not_say_whether_a_household_exists(
    rest: RestClient, phone: TeamPhone
) -> None:
    line = {"item": "mask", "quantity": 1000}
    details = set()
    for recipient in ("R-2", "R-999"):
        body = {"location": "annex", "recipient": recipient, "lines": [line]}
        for more in ({}, {"headcount": 2}):
            answer = phone.post(HAND_OUTS, {**body, **more})
            details.add(problem(answer, 403, "forbidden")["detail"])
    assert len(details) == 1


def test_a_hand_out_is_booked_once_though_its_phone_gets_a_new_id(
    rest: RestClient, service: Service, phone: TeamPhone
) -> None:
    now = service.clock().isoformat()
    body = newcomers(happened_at=now)
    headers = {"Idempotency-Key": "k1", "Sent-At": now}
    rest.client.delete(f"/api/phones/{phone.shown['id']}").raise_for_status()
    record = {"key": "k1", "body": json.dumps(body)}
    text = "\n".join(rescue_lines(phone, now, [record]))
    [rescued] = rest.send("/api/phones/rescue", {"text": text}).json()["records"]
    assert rescued["result"] == "booked"
    rest.client.patch("/api/teams/T-2", json={"counter": "annex"}).raise_for_status()
    again = [TeamPhone.of_team(rest, team, present_secret=phone.secret) for team in ("T-1", "T-2")]
    for same in again:
        assert same.shown["id"] != phone.shown["id"]
        answer = same.post(HAND_OUTS, body, headers=headers)
        assert answer.json()["entry"]["seq"] == rescued["entry"]
    assert shown_goods(again[0]) == [("mask", 15)]


def test_hand_outs_are_rescued_after_the_counter_changed(
    rest: RestClient, service: Service, phone: TeamPhone
) -> None:
    now = service.clock().isoformat()
    body = newcomers(happened_at=now)
    sent = phone.post(HAND_OUTS, body, headers={"Idempotency-Key": "k1", "Sent-At": now})
    rest.client.patch("/api/teams/T-1", json={"counter": "store"}).raise_for_status()
    records = [{"key": key, "body": json.dumps(body)} for key in ("k1", "k2")]
    text = "\n".join(rescue_lines(phone, now, records))
    booked, other = rest.send("/api/phones/rescue", {"text": text}).json()["records"]
    assert (booked["result"], booked["entry"]) == ("already_booked", sent.json()["entry"]["seq"])
    assert other["result"] == "conflict"
    later = phone.post(HAND_OUTS, body, headers={"Idempotency-Key": "k2", "Sent-At": now})
    assert (later.status_code, later.json()["entry"]["seq"]) == (202, other["entry"])


def test_an_item_that_the_counter_ran_out_of_is_listed_for_30_days(
    service: Service, phone: TeamPhone
) -> None:
    assert phone.post(HAND_OUTS, newcomers(20)).status_code == 201
    assert shown_goods(phone) == [("mask", 0)]
    service.clock.advance(31)
    link = phone.rest.post("/api/teams/T-1/link")["secret"]
    again = TeamPhone.by_rest(phone.rest, link, present_secret=phone.secret)
    assert again.shown["id"] == phone.shown["id"]
    assert shown_goods(again) == []


def waiting(phone: TeamPhone) -> list[dict[str, Any]]:
    """The hand-outs of the phone's team that wait for a decision."""
    found: list[dict[str, Any]] = phone.get("/api/run").json()["waiting_hand_outs"]
    return found


def test_a_hand_out_at_the_counter_of_another_team_is_a_conflict(
    rest: RestClient, service: Service, phone: TeamPhone
) -> None:
    other = TeamPhone.of_team(rest, "T-2")
    assert phone.post(HAND_OUTS, newcomers(location="store")).status_code == 202
    assert other.post(HAND_OUTS, newcomers()).status_code == 202
    assert shown_goods(phone) == [("mask", 20)]
    assert [len(waiting(one)) for one in (phone, other)] == [1, 1]
    recipient = rest.get("/api/recipients/G-1")["name"]
    teams = [rest.get(f"/api/teams/{code}")["name"] for code in ("T-1", "T-2")]
    desk = sign_in_as(rest.client, service, "coordinator")
    for path in ("/", "/entries/conflicts"):
        assert all(f"{recipient} · {team}" in desk.open(path) for team in teams)


def test_a_hand_out_that_the_books_contradict_is_decided_at_the_desk_and_shown_on_the_phone(
    rest: RestClient, service: Service, phone: TeamPhone
) -> None:
    now = service.clock()
    wrong = now - timedelta(hours=3)  # the phone's clock
    headers = {"Idempotency-Key": "k1", "Sent-At": wrong.isoformat()}
    body = newcomers(21, happened_at=wrong.isoformat(), note="long queue")
    answers = [phone.post(HAND_OUTS, body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    conflict = answers[0].json()["conflict"]
    assert conflict["stated"] == {
        "type": "ReportHandOut",
        "happened_on": None,
        "or_earlier": False,
        "recipient": "G-1",
        "location": "annex",
        "lines": conflict["stated"]["lines"],
        "headcount": 5,
        "team": "T-1",
        "happened_at": now.isoformat().replace("+00:00", "Z"),
        "phone_time": wrong.isoformat().replace("+00:00", "Z"),
    }
    assert "only 20 × 口罩" in conflict["because"]
    [shown] = waiting(phone)
    assert (shown["entry"], shown["recipient"]) == (conflict["seq"], "G-1")
    assert [goods["words"] for goods in shown["goods"]] == ["21 件"]
    address = f"/api/entries/conflicts/{conflict['seq']}/resolve"
    problem(rest.send(address, {"by": "correct", "reason": "asked"}), 409, "not-enough")
    decision = {"by": "unexplained", "reason": "the team counted again"}
    decided = rest.post(address, decision)["entry"]["seq"]
    assert waiting(phone) == []
    assert shown_goods(phone) == [("mask", 0)]
    [hand_out] = rest.get("/api/stock/hand-outs")["items"]
    assert (hand_out["team"], hand_out["note"]) == ("T-1", "long queue")
    another = {"by": "keep", "reason": "it was another day"}
    late = problem(rest.send(address, another), 409, "already-done")
    assert f"entry {decided} resolved this conflict in the meantime" in late["detail"]
    assert late["errors"][0]["pointer"] == "/replaces"
    rest.post(address, another | {"replaces": decided})
    assert shown_goods(phone) == [("mask", 20)]


def test_a_phone_with_a_wrong_clock_is_told_so(service: Service, phone: TeamPhone) -> None:
    wrong = service.clock() + timedelta(minutes=6)
    answer = phone.post(
        HAND_OUTS, newcomers(happened_at=wrong.isoformat()), headers={"Sent-At": wrong.isoformat()}
    )
    assert answer.status_code == 201
    [warning] = answer.json()["warnings"]
    assert warning["warning"] == "clock-differs"
    assert "6 minutes ahead of" in warning["detail"]


def test_a_hand_out_on_a_closed_day_is_booked(
    rest: RestClient, service: Service, phone: TeamPhone
) -> None:
    at = service.clock().isoformat()
    service.clock.advance(2)
    closed = str(service.clock.day - timedelta(days=1))
    rest.post("/api/periods/close", {"through": closed})
    answer = phone.post(HAND_OUTS, newcomers(happened_at=at))
    assert answer.status_code == 201, answer.text


def test_the_desk_takes_over_a_hand_out_that_a_lost_phone_had_not_sent(
    rest: RestClient, service: Service, phone: TeamPhone
) -> None:
    now = service.clock().isoformat()
    body = newcomers(happened_at=now)
    text = json.dumps(body)
    records = [{"key": "k1", "body": text, "sent_at": None, "made_at": now}]
    lines = "\n".join(rescue_lines(phone, now, records))
    for result in ("booked", "already_booked"):
        [record] = rest.send("/api/phones/rescue", {"text": lines}).json()["records"]
        assert (record["result"], record["delivery"]) == (result, None)
    assert phone.post(HAND_OUTS, body, headers={"Idempotency-Key": "k1"}).json() is not None
    assert shown_goods(phone) == [("mask", 15)]


def test_the_counter_of_a_team_must_be_a_location(rest: RestClient) -> None:
    answer = rest.client.patch("/api/teams/T-1", json={"counter": "nowhere"})
    found = problem(answer, 422, "invalid-field")
    assert found["errors"][0]["pointer"] == "/counter"


def test_a_group_that_became_a_household_or_was_erased_makes_a_conflict(
    rest: RestClient, phone: TeamPhone
) -> None:
    assert phone.post(HAND_OUTS, newcomers(1)).status_code == 201
    rest.client.patch("/api/recipients/G-1", json={"kind": "household"}).raise_for_status()
    assert phone.post(HAND_OUTS, newcomers(2)).status_code == 202
    rest.client.patch("/api/recipients/G-1", json={"kind": "group"}).raise_for_status()
    [conflict] = rest.get("/api/entries/conflicts")["items"]
    rest.post(
        f"/api/entries/conflicts/{conflict['seq']}/resolve", {"by": "correct", "reason": "asked"}
    )
    rest.post("/api/recipients/G-1/forget", {})
    answer = phone.post(HAND_OUTS, newcomers(3))
    assert answer.status_code == 202
    assert "erased" in answer.json()["conflict"]["because"]
    assert shown_goods(phone) == [("mask", 17)]
