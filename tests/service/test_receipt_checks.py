"""What the address in a receipt's QR code answers: a page for a browser, JSON for a program."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import Response
from supplies_service.security.headers import PAGE_POLICY
from support.rest_client import RestClient, problem

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
UNKNOWN = "There is no receipt with this number and check code."


@pytest.fixture
def receipt(rest: RestClient) -> dict[str, Any]:
    """A receipt for 12 masks."""
    found: dict[str, Any] = rest.give(12)["receipt"]
    return found


def scan(rest: RestClient, number: str, code: str, **headers: str) -> Response:
    """Open the address of a QR code without a credential, as a browser unless `accept` is set."""
    sent = {"accept": CHROME, "accept-language": "en", "authorization": "", **headers}
    query = {"c": code}
    answer: Response = rest.client.get(
        f"/v/{number}", params=query, headers=sent, follow_redirects=False
    )
    return answer


def page(rest: RestClient, receipt: dict[str, Any], **headers: str) -> str:
    answer = scan(rest, receipt["number"], receipt["check_code"], **headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


def test_a_browser_gets_a_page_with_goods_day_and_station(
    rest: RestClient, receipt: dict[str, Any]
) -> None:
    english = page(rest, receipt)
    for text in ("This receipt is valid.", receipt["number"], "2020-02-10", "mask", "12 pieces"):
        assert text in english
    chinese = page(rest, receipt, **{"accept-language": "zh-CN"})
    for text in ("此凭证有效。", "2020年2月10日", "口罩", "龙穴街社工服务站"):
        assert text in chinese


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.5"])
def test_a_program_is_redirected_to_the_json(
    rest: RestClient, receipt: dict[str, Any], accept: str
) -> None:
    answer = scan(rest, receipt["number"], receipt["check_code"], accept=accept)
    assert answer.status_code == 302
    address = f"/api/verify/{receipt['number']}?c={receipt['check_code']}"
    assert answer.headers["location"] == address
    assert rest.client.get(address, headers={"accept": CHROME}).json()["status"] == "issued"


def test_the_answer_depends_on_accept_and_has_the_policy_of_pages(
    rest: RestClient, receipt: dict[str, Any]
) -> None:
    for accept in (CHROME, "*/*"):
        answer = scan(rest, receipt["number"], receipt["check_code"], accept=accept)
        assert answer.headers["vary"] == "Accept"
        assert answer.headers["content-security-policy"] == PAGE_POLICY
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("publish", "shown"), [("no", False), ("name", True)])
def test_the_page_shows_the_masked_donor_only_with_consent(
    rest: RestClient, receipt: dict[str, Any], publish: str, shown: bool
) -> None:
    rest.client.patch("/api/donors/D-1", json={"publish": publish})
    text = page(rest, receipt)
    assert ("广**" in text) is shown
    assert "广州某企业" not in text


def test_the_page_says_that_a_receipt_is_void_and_which_one_replaces_it(
    rest: RestClient, receipt: dict[str, Any]
) -> None:
    newer = rest.post(f"/api/receipts/{receipt['number']}/replace", {"reason": "a secret"})
    text = page(rest, receipt)
    number = newer["receipt"]["number"]
    assert f"This receipt is void. It was replaced by receipt {number}." in text
    assert "a secret" not in text
    rest.post(f"/api/receipts/{number}/void", {"reason": "a secret"})
    text = page(rest, rest.get(f"/api/receipts/{number}"))
    assert "This receipt is void.<" in text
    assert "a secret" not in text


@pytest.mark.parametrize(("quantity", "words"), [(4, "A part of its goods"), (12, "all of its")])
def test_the_page_says_that_goods_were_given_back(
    rest: RestClient, receipt: dict[str, Any], quantity: int, words: str
) -> None:
    lines = [{"item": "mask", "quantity": quantity}]
    rest.post("/api/stock/returns", {"location": "store", "lines": lines, "reason": "too many"})
    assert words in page(rest, receipt)


def test_a_receipt_whose_donor_was_forgotten_shows_number_and_day_only(
    rest: RestClient, receipt: dict[str, Any]
) -> None:
    rest.post("/api/donors/D-1/forget", {})
    text = page(rest, receipt)
    assert "The content of this receipt was erased." in text
    assert "mask" not in text


@pytest.mark.parametrize("code", ["00000000", "ü", "x" * 5000])
def test_a_wrong_code_is_a_page_with_a_clear_sentence(
    rest: RestClient, receipt: dict[str, Any], code: str
) -> None:
    for number in (receipt["number"], "JZ-1999-000001"):
        answer = scan(rest, number, code)
        assert answer.status_code == 404
        assert UNKNOWN in answer.text
    refused = [line["route"] for line in rest.get("/api/access-log")["items"]]
    assert refused.count("/v/{number}") == 2


def test_the_form_finds_a_receipt_as_it_is_typed(rest: RestClient, receipt: dict[str, Any]) -> None:
    def typed(**fields: str) -> Response:
        headers = {"accept": CHROME, "accept-language": "en", "authorization": ""}
        answer: Response = rest.client.get("/v", params=fields, headers=headers)
        return answer

    assert "Check a receipt" in typed().text
    code = f" {receipt['check_code'].lower()} "
    assert "This receipt is valid." in typed(number=f" {receipt['number']}", c=code).text
    wrong = typed(number=receipt["number"], c="00000000")
    assert wrong.status_code == 404
    assert UNKNOWN in wrong.text
    assert f'value="{receipt["number"]}"' in wrong.text
    assert UNKNOWN in typed(number="编号", c="1").text
    without_code = scan(rest, receipt["number"], "")
    assert without_code.status_code == 200
    assert f'value="{receipt["number"]}"' in without_code.text


def test_pages_and_json_share_one_limit_of_attempts(
    rest: RestClient, receipt: dict[str, Any]
) -> None:
    number = receipt["number"]
    for n in range(15):
        assert scan(rest, number, f"0000000{n % 10}").status_code == 404
        problem(rest.client.get(f"/api/verify/{number}?c=00000000"), 404, "not-found")
    answer = scan(rest, number, receipt["check_code"])
    assert answer.status_code == 429
    assert "Too many attempts." in answer.text
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    problem(rest.client.get(f"/api/verify/{number}?c=00000000"), 429, "rate-limited")
