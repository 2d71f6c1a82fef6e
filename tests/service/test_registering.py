"""Registering without a code, and warnings about records that look the same."""

from __future__ import annotations

import pytest
from support.rest_client import RestClient, problem


@pytest.mark.parametrize(
    ("many", "code", "noun"),
    [("donors", "D-3", "donor"), ("recipients", "R-3", "recipient"), ("items", "I-001", "item")],
)
def test_a_record_without_a_code_gets_the_next_one_and_a_repeat_the_same(
    rest: RestClient, many: str, code: str, noun: str
) -> None:
    answers = [rest.send(f"/api/{many}", {"name": "某某"}, key="k") for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == [f"/api/{many}/{code}"] * 2
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()[noun] == rest.get(f"/api/{many}/{code}")
    assert problem(rest.send(f"/api/{many}", {}), 422, "invalid-field")


def test_a_donor_who_looks_like_another_is_registered_with_a_warning(rest: RestClient) -> None:
    answer = rest.send("/api/donors", {"name": "王某", "phone": "138 0013 8000"})
    assert answer.status_code == 201
    (warning,) = answer.json()["warnings"]
    assert (warning["warning"], warning["about"]) == ("look-alike", "D-1")
    assert (warning["kind"], warning["same"]) == ("donors", ["phone"])
    assert "warnings" not in rest.send("/api/donors", {"name": "独一人"}).json()
    (group,) = rest.get("/api/reports/look-alikes", kind="donors")["items"]
    assert [one["code"] for one in group["records"]] == ["D-1", "D-3"]
    assert group["same"] == ["phone"]
    assert rest.client.get("/api/reports/look-alikes").status_code == 422
