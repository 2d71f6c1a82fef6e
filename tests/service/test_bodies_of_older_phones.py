"""Every shape of body that a version of the phone page has sent is accepted and booked.

`phone_bodies.json` contains the shapes since the first version. A phone keeps the text of a record
until it is confirmed, so a record may arrive long after the page was updated. Add a shape when the
page sends a new one, and do not change the others.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from support.phones import TeamPhone, rescue_lines
from support.rest_client import RestClient
from support.service_fixture import Service

SHAPES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "phone_bodies.json").read_text())


def bodies(kind: str) -> list[Any]:
    return [shape["body"] for shape in SHAPES if shape["kind"] == kind]


def as_sent(body: dict[str, Any], **values: str) -> bytes:
    """Return the text of a body with the values of this test, as a phone keeps it."""
    return json.dumps({**body, **values}, ensure_ascii=False, separators=(",", ":")).encode()


def send(
    phone: TeamPhone, path: str, content: bytes, key: str, at: str, kind: str = "application/json"
) -> Any:
    """Send a record or photo. Return its entry."""
    headers = {
        "Authorization": f"Bearer {phone.secret}",
        "Content-Type": kind,
        "Idempotency-Key": key,
        "Sent-At": at,
    }
    answer = phone.rest.client.post(path, content=content, headers=headers)
    assert answer.status_code in (200, 201), (content, answer.text)
    return answer.json()["entry"]


def is_sent_again_and_rescued(
    phone: TeamPhone, path: str, record: dict[str, Any], entry: Any
) -> None:
    """Check that a record is booked once, also by a phone that joined anew and as text."""
    again = TeamPhone.of_team(phone.rest)
    content, at = record["body"].encode(), record["made_at"]
    assert send(again, path, content, record["key"], at)["seq"] == entry["seq"]
    text = "\n".join(rescue_lines(again, at, [record]))
    (rescued,) = phone.rest.client.post("/api/phones/rescue", json={"text": text}).json()["records"]
    assert (rescued["result"], rescued["entry"]) == ("already_booked", entry["seq"])


def test_every_shape_of_an_outcome_is_booked_once(rest: RestClient, service: Service) -> None:
    phone, at = TeamPhone.of_team(rest), service.clock().isoformat()
    for number, body in enumerate(bodies("outcome")):
        rest.give(4)
        allocation = rest.allocation(4)
        delivery = rest.delivery(allocation)
        content = as_sent(body, allocation=allocation, happened_at=at)
        path, key = f"/api/deliveries/{delivery}/outcomes", f"outcome-{number}"
        entry = send(phone, path, content, key, at)
        assert entry["kind"] == "outcome_reported"
        record = {"key": key, "delivery": delivery, "body": content.decode()}
        is_sent_again_and_rescued(phone, path, {**record, "sent_at": at, "made_at": at}, entry)
        (stop,) = rest.get(f"/api/deliveries/{delivery}")["stops"]
        stated = {*body} - {"allocation", "happened_at", "code", "lines", "signature"}
        assert {name: stop[name] for name in stated} == {name: body[name] for name in stated}
        proofs = [proof["kind"] for proof in stop.get("proofs", [])]
        assert proofs == ["signature"] * ("signature" in body)
        assert ("code" in stop) == ("code" in body)
        if "lines" in body:
            booked = [{name: line[name] for name in body["lines"][0]} for line in stop["lines"]]
            assert booked == body["lines"]


def test_control_characters_do_not_refuse_an_outcome(rest: RestClient, service: Service) -> None:
    phone, at = TeamPhone.of_team(rest), service.clock().isoformat()
    rest.give(8)
    shown = []
    for number, body in enumerate(bodies("outcome with control characters")):
        allocation = rest.allocation(4)
        delivery = rest.delivery(allocation)
        path, key = f"/api/deliveries/{delivery}/outcomes", f"outcome-{number}"
        content = as_sent(body, allocation=allocation, happened_at=at)
        record = {"key": key, "delivery": delivery, "body": content.decode(), "made_at": at}
        if number:
            text = "\n".join(rescue_lines(phone, at, [record]))
            done = rest.client.post("/api/phones/rescue", json={"text": text}).json()["records"][0]
            assert done["result"] == "booked", done
            entry = {"seq": done["entry"]}
            assert send(phone, path, content, key, at)["seq"] == entry["seq"]
        else:
            entry = send(phone, path, content, key, at)
        is_sent_again_and_rescued(phone, path, record, entry)
        shown += rest.get(f"/api/deliveries/{delivery}")["stops"]
    assert [stop["note"] for stop in shown] == ["in the yard", "no door"]
    assert [stop.get("time_window") for stop in shown] == [None, "after 18:00"]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (r"\ud83d", "\ufffd"),
        (r"\uDE00 \uD83D", "\ufffd \ufffd"),
        (r"\ud83d\ud83d\ude00", "\ufffd😀"),
        (r"\\ud83d", r"\ud83d"),
    ],
    ids=["first half", "both halves apart", "half before a pair", "escaped backslash"],
)
def test_half_of_a_surrogate_pair_does_not_refuse_an_outcome(
    rest: RestClient, service: Service, sent: str, shown: str
) -> None:
    phone, at = TeamPhone.of_team(rest), service.clock().isoformat()
    rest.give(4)
    allocation = rest.allocation(4)
    delivery = rest.delivery(allocation)
    outcome = {"allocation": allocation, "outcome": "not_at_home", "note": "no door @"}
    content = as_sent(outcome, happened_at=at).replace(b"@", sent.encode())
    path = f"/api/deliveries/{delivery}/outcomes"
    entry = send(phone, path, content, "outcome", at)
    record = {"key": "outcome", "delivery": delivery, "body": content.decode(), "made_at": at}
    is_sent_again_and_rescued(phone, path, record, entry)
    (stop,) = rest.get(f"/api/deliveries/{delivery}")["stops"]
    assert stop["note"] == f"no door {shown}"


def test_every_shape_of_a_photo_is_kept_once(rest: RestClient, service: Service) -> None:
    phone, at = TeamPhone.of_team(rest), service.clock().isoformat()
    rest.give(4)
    allocation = rest.allocation(4)
    delivery = rest.delivery(allocation)
    path = f"/api/deliveries/{delivery}/stops/{allocation}/photo"
    shapes = [shape for shape in SHAPES if shape["kind"] == "photo"]
    for number, shape in enumerate(shapes):
        photo, key = base64.b64decode(shape["body"]), f"photo-{number}"
        entry = send(phone, path, photo, key, at, shape["type"])
        again = TeamPhone.of_team(rest)
        assert send(again, path, photo, key, at, shape["type"])["seq"] == entry["seq"]
    (stop,) = rest.get(f"/api/deliveries/{delivery}")["stops"]
    assert [proof["kind"] for proof in stop["proofs"]] == ["photo"] * len(shapes)


def test_every_shape_of_a_hand_out_is_booked_once(rest: RestClient, service: Service) -> None:
    rest.give(20)
    moved = {"from": "store", "to": "annex", "lines": [{"item": "mask", "quantity": 20}]}
    rest.post("/api/stock/moves", moved)
    rest.client.patch("/api/teams/T-1", json={"counter": "annex"}).raise_for_status()
    rest.give(4)
    # A team hands out goods to groups, and to households of its run.
    rest.delivery(rest.allocation(4))
    phone, at = TeamPhone.of_team(rest), service.clock().isoformat()
    shapes = bodies("hand-out") + bodies("hand-out with control characters")
    for number, body in enumerate(shapes):
        content, key = as_sent(body, happened_at=at), f"hand-out-{number}"
        entry = send(phone, "/api/run/hand-outs", content, key, at)
        assert entry["kind"] == "handed_out"
        record = {"key": key, "body": content.decode(), "sent_at": None, "made_at": at}
        is_sent_again_and_rescued(phone, "/api/run/hand-outs", record, entry)


def test_every_shape_of_a_phones_report_is_accepted(rest: RestClient, service: Service) -> None:
    phone = TeamPhone.of_team(rest)
    for body in bodies("status"):
        service.clock.advance(1)
        at = service.clock().isoformat()
        answer = phone.post("/api/run/status", body, headers={"Sent-At": at})
        assert answer.status_code in (200, 201), answer.text
        shown = rest.get(f"/api/phones/{phone.shown['id']}")
        assert (shown["unsent"], shown["version"]) == (body["unsent"], body["version"])
