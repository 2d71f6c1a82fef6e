"""Rate limits of requests without a valid credential."""

from __future__ import annotations

from datetime import timedelta

from support.rest_client import RestClient, problem
from support.service_fixture import Service


def test_refused_requests_from_one_address_are_limited_and_so_is_their_log(
    rest: RestClient,
) -> None:
    nobody = {"Authorization": "Bearer nobody"}
    answers = [rest.client.get("/api/stock", headers=nobody).status_code for _ in range(63)]
    assert answers == [401] * 60 + [429] * 3
    last = rest.client.get("/api/stock", headers=nobody)
    problem(last, 429, "rate-limited")
    assert 1 <= int(last.headers["retry-after"]) <= 60
    assert len(rest.get("/api/access-log")["items"]) == 60


def test_guessing_check_codes_of_receipts_is_limited(rest: RestClient, service: Service) -> None:
    number = rest.give()["receipt"]["number"]
    guesses = [
        rest.client.get(f"/api/verify/{number}?c=0000000{n % 10}").status_code for n in range(31)
    ]
    assert guesses == [404] * 30 + [429]
    service.clock.day += timedelta(days=1)
    assert rest.client.get(f"/api/verify/{number}?c=00000000").status_code == 404
