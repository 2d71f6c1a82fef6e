"""Proofs of delivery over REST and on the page of a delivery."""

from __future__ import annotations

from support.page_client import sign_in_as
from support.photos import PLACE, jpeg
from support.rest_client import RestClient, problem
from support.service_fixture import Service


def test_proofs_are_sent_by_the_courier_and_seen_by_the_staff(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    courier = {"Authorization": f"Bearer {service.tokens['courier']}"}
    address = f"/api/deliveries/{open_delivery}"
    (secret,) = rest.get(f"{address}/codes")["stops"]
    problem(rest.client.get(f"{address}/codes", headers=courier), 403, "forbidden")
    for path in (address, f"{address}/run-sheet"):
        assert secret["code"] not in rest.client.get(path, headers=courier).text

    photos = f"{address}/stops/{secret['allocation']}/photo"
    picture = {**courier, "Content-Type": "image/jpeg"}
    outcome = {
        "allocation": secret["allocation"],
        "outcome": "handed_over",
        "signature": [[[100, 200], [300, 250]]],
        "code": secret["code"],
    }
    done = rest.client.post(f"{address}/outcomes", json=outcome, headers=courier).json()
    (stop,) = done["delivery"]["stops"]
    assert stop["code"] == "matched"
    large = rest.client.post(photos, content=jpeg() + bytes(301 * 1024), headers=picture)
    assert "at most 300 KB are accepted" in problem(large, 422, "invalid-field")["detail"]

    keyed = {**picture, "Idempotency-Key": "photo-1"}
    sent = [rest.client.post(photos, content=jpeg(), headers=keyed) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[0].content == sent[1].content
    signature, photo = sent[0].json()["delivery"]["stops"][0]["proofs"]
    shown = rest.client.get(f"{address}/photos/{photo['entry']}")
    assert shown.headers["content-type"] == "image/jpeg"
    assert PLACE not in shown.content
    strokes = rest.get(f"{address}/signatures/{signature['entry']}")["strokes"]
    assert strokes == outcome["signature"]

    page = sign_in_as(rest.client, service, "recorder").open(f"/deliveries/{open_delivery}")
    assert '<polyline fill="none"' in page
    assert "the code matched" in page
    assert secret["code"] in page
    assert f"/deliveries/{open_delivery}/photos/{photo['entry']}" in page
    auditors = sign_in_as(rest.client, service, "auditor").open(f"/deliveries/{open_delivery}")
    assert "<polyline" not in auditors
    assert secret["code"] not in auditors


def test_the_desk_types_why_a_stop_failed_and_when_to_come_again(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    (stop,) = rest.get(f"/api/deliveries/{open_delivery}")["stops"]
    browser = sign_in_as(rest.client, service, "recorder")
    sent = browser.send(
        f"/deliveries/{open_delivery}/outcomes",
        **{
            "key": "0123456789abcdef",
            "do": "save",
            "/allocation": stop["allocation"],
            "/outcome": "not_at_home",
            "/why": "not_ready",
            "/next_attempt": "2020-02-20",
            "/time_window": "after six",
        },
    )
    assert sent.status_code == 303
    page = browser.open(f"/deliveries/{open_delivery}")
    assert "the household was not ready" in page
    assert "after six" in page
