"""A month typed as expiry over REST: in the response, in the stock and on every paper."""

from __future__ import annotations

from typing import Any

import pytest
from support import pdf_reading as reading
from support.rest_client import RestClient


@pytest.mark.parametrize("typed", [{"expires_on": "2027-05"}, {"expires_month": "2027-05"}])
def test_a_month_is_returned_and_printed_as_typed(rest: RestClient, typed: dict[str, Any]) -> None:
    donation = rest.give(10, **typed)["donation"]
    shown = {"expires_on": "2027-05-31", "expires_month": "2027-05"}
    assert shown.items() <= donation["lines"][0].items()
    assert shown.items() <= rest.get("/api/stock")["items"][0].items()
    lot = donation["lines"][0]["lot"]
    assert shown.items() <= rest.get(f"/api/lots/{lot}/trace")["lots"][0].items()
    receipt = rest.get(f"/api/receipts/{donation['receipt']}")["document"]
    assert shown.items() <= receipt["lines"][0].items()
    sheet = rest.post("/api/stock/count-sheets", {"location": "store"})["entry"]["document"]
    delivery = rest.delivery(rest.allocation())
    for path in (
        f"/api/receipts/{donation['receipt']}/pdf",
        f"/api/stock/count-sheets/{sheet}/pdf",
        f"/api/deliveries/{delivery}/run-sheet/pdf",
        f"/api/deliveries/{delivery}/slips/pdf",
    ):
        paper = rest.client.get(path)
        assert paper.status_code == 200, paper.text
        text = reading.text(paper.content)
        assert "2027年5月" in text, path
        assert "2027年5月31日" not in text, path


def test_a_day_is_returned_without_a_month(rest: RestClient) -> None:
    line = rest.give(10, expires_on="2027-05-31")["donation"]["lines"][0]
    assert line["expires_on"] == "2027-05-31"
    assert "expires_month" not in line


@pytest.mark.parametrize("field", ["expires_on", "expires_month"])
def test_a_past_month_is_refused_in_the_field_where_it_was_typed(
    rest: RestClient, field: str
) -> None:
    past = rest.donation(1, **{field: "2020-01"})
    refusal = rest.refused("/api/donations", past, 422, "invalid-field")
    assert refusal["errors"][0]["pointer"] == f"/lines/0/{field}"
    assert "2020-01 is before the goods arrived" in refusal["detail"]


def test_an_invalid_month_is_refused_with_its_field(rest: RestClient) -> None:
    refusal = rest.refused(
        "/api/donations", rest.donation(1, expires_month="2027-13"), 422, "invalid-field"
    )
    assert refusal["errors"][0]["pointer"] == "/lines/0/expires_month"
    assert "2027-13, which is not a month; write it as in 2027-05" in refusal["detail"]
    both = rest.donation(1, expires_month="2027-05", expires_on="2027-05-30")
    refusal = rest.refused("/api/donations", both, 422, "invalid-field")
    assert "the last day of 2027-05" in refusal["detail"]
