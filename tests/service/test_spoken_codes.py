"""The spoken code of a stop: the desk tells it to the household, and no courier sees it."""

from __future__ import annotations

import json

from support import pdf_reading
from support.page_client import sign_in_as
from support.phones import TeamPhone
from support.rest_client import RestClient, problem
from support.service_fixture import Service


def test_no_page_or_paper_of_a_courier_has_the_code_of_a_stop(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    (stop,) = rest.get(f"/api/deliveries/{open_delivery}/codes")["stops"]
    code = stop["code"]
    assert code.isdecimal()
    assert len(code) == 6
    assert all(code in stop[text] for text in ("text_zh", "text_en"))
    phone = TeamPhone.of_team(rest)
    problem(phone.get(f"/api/deliveries/{open_delivery}/codes"), 403, "forbidden")
    (run,) = phone.get("/api/run").json()["runs"]
    assert run["stops"][0]["code_expected"] is True
    shown = [
        json.dumps(run),
        phone.get(f"/api/deliveries/{open_delivery}").text,
        phone.get(f"/api/deliveries/{open_delivery}/run-sheet").text,
        *(
            pdf_reading.text(phone.get(f"/api/deliveries/{open_delivery}/{paper}").content)
            for paper in ("slips/pdf", "slips/pdf?format=a5", "run-sheet/pdf")
        ),
    ]
    phone.report(open_delivery, {"outcome": "handed_over", "code": code})
    shown.append(phone.get("/api/run").text)
    assert not [text for text in shown if code in text]
    assert shown_outcome(phone)["code"] == "matched"
    recorded = rest.get(f"/api/deliveries/{open_delivery}")["stops"][0]
    assert recorded["code"] == "matched"


def test_a_wrong_code_is_shown_to_the_courier_and_at_the_desk_until_the_right_one_is_told(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    (stop,) = rest.get(f"/api/deliveries/{open_delivery}/codes")["stops"]
    phone, desk = TeamPhone.of_team(rest), sign_in_as(rest.client, service, "recorder")
    wrong = f"{(int(stop['code']) + 1) % 10**6:06d}"
    outcome = {"allocation": stop["allocation"], "outcome": "handed_over"}
    phone.report(open_delivery, {**outcome, "code": wrong})
    assert shown_outcome(phone)["code"] == "wrong"
    assert "1 code did not match" in desk.open("/")
    assert "the code did not match</strong></h3>" in desk.open(f"/deliveries/{open_delivery}")
    phone.report(open_delivery, {**outcome, "code": stop["code"]})
    assert shown_outcome(phone)["code"] == "matched"
    assert "did not match" not in desk.open("/")


def test_after_five_wrong_codes_everybody_reads_that_no_code_is_compared_any_more(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    (stop,) = rest.get(f"/api/deliveries/{open_delivery}/codes")["stops"]
    phone, desk = TeamPhone.of_team(rest), sign_in_as(rest.client, service, "recorder")
    outcome = {"allocation": stop["allocation"], "outcome": "handed_over"}
    for number in range(1, 6):
        wrong = f"{(int(stop['code']) + number) % 10**6:06d}"
        phone.send(open_delivery, {**outcome, "code": wrong})
    phone.send(open_delivery, {**outcome, "code": stop["code"]})
    assert shown_outcome(phone)["code"] == "too_many_wrong"
    assert "1 code did not match" in desk.open("/")
    page = desk.open(f"/deliveries/{open_delivery}")
    assert "too many wrong codes: no further code is compared</strong></h3>" in page
    assert "the code did not match</strong></h3>" not in page


def shown_outcome(phone: TeamPhone) -> dict[str, object]:
    """Return the outcome of the first stop of the team's only run, as the phone gets it."""
    (run,) = phone.get("/api/run").json()["runs"]
    outcome: dict[str, object] = run["stops"][0]["outcome"]
    return outcome
