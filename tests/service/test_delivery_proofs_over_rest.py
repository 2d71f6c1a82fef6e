"""Proofs of delivery over REST and on the page of a delivery."""

from __future__ import annotations

import re

from support.page_client import sign_in_as
from support.phones import TeamPhone
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


def test_a_coordinator_records_that_a_household_confirmed_a_hand_over(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    address = f"/api/deliveries/{open_delivery}"
    (stop,) = rest.get(address)["stops"]
    code = rest.get(f"{address}/codes")["stops"][0]["code"]
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    report = {"allocation": stop["allocation"], "outcome": "handed_over", "code": wrong}
    rest.post(f"{address}/outcomes", report)
    question = "Call the household and ask whether it received the goods."
    path = f"/deliveries/{open_delivery}"
    recorder = sign_in_as(rest.client, service, "recorder").open(path)
    assert "The household confirms that it received the goods" not in recorder
    browser = sign_in_as(rest.client, service, "coordinator")
    today = browser.open("/")
    assert question in today
    assert "1 code did not match" in today
    typed = {"/allocation": stop["allocation"], "/way": "paper", "do": "save"}
    refused = browser.send(f"{path}/confirmation", key="a" * 20, **typed)
    assert "name who confirmed the hand-over" in refused.text
    typed |= {"/confirmed_by": "self", "/note": "signed at the station"}
    sent = browser.send(f"{path}/confirmation", key="b" * 20, **typed)
    assert sent.status_code == 303
    page = browser.open(path)
    assert "confirmed by: the recipient, on paper, " in page
    assert "Confirmation of the household · 1. " in page
    assert "signed at the station" in page
    (reported,) = re.findall(r"Delivery outcome · ([^<]+) · <a", page)
    assert reported.split(" · ")[1:] == ["handed over", "the code did not match"]
    today = browser.open("/")
    assert question not in today
    assert "1 code did not match" not in today
    withdrawn = {"/allocation": stop["allocation"], "/way": "withdrawn", "do": "save"}
    browser.send(f"{path}/confirmation", key="c" * 20, **withdrawn)
    assert "confirmed by: " not in browser.open(path)
    assert question in browser.open("/")


def test_a_confirmation_is_recorded_over_rest_and_seen_by_the_phone(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    address = f"/api/deliveries/{open_delivery}"
    (stop,) = rest.get(address)["stops"]
    report = {"allocation": stop["allocation"], "outcome": "handed_over", "code": "none"}
    rest.post(f"{address}/outcomes", report)
    where = f"{address}/stops/{stop['allocation']}/confirmation"
    done = rest.post(where, {"way": "telephone", "confirmed_by": "family"})
    confirmed = done["delivery"]["stops"][0]["confirmed"]
    assert confirmed == {
        "entry": done["entry"]["seq"],
        "confirmed_by": "family",
        "way": "telephone",
        "confirmed_on": service.clock().date().isoformat(),
    }
    headers = {"Authorization": f"Bearer {service.tokens['courier']}"}
    (run,) = rest.client.get("/api/run", headers=headers).json()["runs"]
    assert run["stops"][0]["outcome"]["confirmed"] == confirmed


def test_a_courier_does_not_read_what_a_household_told_the_station(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    address = f"/api/deliveries/{open_delivery}"
    (stop,) = rest.get(address)["stops"]
    report = {"allocation": stop["allocation"], "outcome": "handed_over", "code": "none"}
    rest.post(f"{address}/outcomes", report)
    confirmation = {"way": "telephone", "confirmed_by": "self", "note": "the courier was rude"}
    rest.post(f"{address}/stops/{stop['allocation']}/confirmation", confirmation)
    assert rest.get(address)["remarks"][-1]["texts"][0]["text"] == confirmation["note"]
    courier = {"Authorization": f"Bearer {service.tokens['courier']}"}
    answers = [
        rest.client.get("/api/deliveries", headers=courier),
        rest.client.get(address, headers=courier),
        rest.client.get("/api/run", headers=courier),
        rest.client.post(f"{address}/outcomes", json=report, headers=courier),
        rest.client.post(
            f"{address}/stops/{stop['allocation']}/photo",
            content=jpeg(),
            headers={**courier, "Content-Type": "image/jpeg"},
        ),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 201, 201]
    assert not any("rude" in answer.text for answer in answers)


def test_the_form_offers_the_reasons_of_each_outcome_and_refuses_others(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    (stop,) = rest.get(f"/api/deliveries/{open_delivery}")["stops"]
    browser = sign_in_as(rest.client, service, "recorder")
    path = f"/deliveries/{open_delivery}"
    page = browser.open(path)
    for outcome, reason in (("not_at_home", "too_far"), ("refused", "wrong_goods")):
        assert re.search(
            rf'data-outcome="{outcome}">\s*(<option [^\n]*</option>)*<option value="{reason}"', page
        )
    typed = {"/allocation": stop["allocation"], "/outcome": "refused", "do": "save"}
    wrong = browser.send(f"{path}/outcomes", key="a" * 20, **typed, **{"/why": "too_far"})
    assert "this reason does not fit the outcome" in wrong.text
    done = browser.send(f"{path}/outcomes", key="b" * 20, **typed, **{"/why": "wrong_goods"})
    assert done.status_code == 303
    assert "they are the wrong goods" in browser.open(path)


def test_a_phone_whose_reason_is_in_the_note_is_understood(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone = TeamPhone.of_team(rest)
    done = phone.report(
        open_delivery, {"outcome": "refused", "note": "Wrong goods. soap, not rice"}
    )
    (stop,) = done["delivery"]["stops"]
    assert (stop["why"], stop["note"]) == ("wrong_goods", "soap, not rice")
    (run,) = phone.get("/api/run").json()["runs"]
    assert run["stops"][0]["outcome"]["why"] == "wrong_goods"
