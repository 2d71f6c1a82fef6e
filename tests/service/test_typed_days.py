"""Days that people type: far too early ones are refused, but recorded ones can still be read."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from msgspec.structs import replace
from support.command_line import run_with_usage_error
from support.ledger_fixture import StationLedger
from support.page_client import sign_in_as
from support.refusals import assert_refused
from support.rest_client import RestClient
from support.service_fixture import Service

from supplies.domain import commands as c
from supplies.domain import days
from supplies.domain.days import EARLIEST_DAY
from supplies.errors import InvalidField
from supplies.ledger.writer import Request

SLIP = date(22, 2, 3)
LINE = c.ArrivalLine(item="mask", quantity=1)


@pytest.mark.parametrize(
    ("at", "command"),
    [
        ("/happened_on", c.OpenStock(location="store", lines=[LINE], happened_on=SLIP)),
        (
            "/lines/0/expires_on",
            c.OpenStock(
                location="store", lines=[c.ArrivalLine(item="mask", quantity=1, expires_on=SLIP)]
            ),
        ),
        ("/needed_by", c.NoteNeed(recipient="R-1", item="mask", quantity=1, needed_by=SLIP)),
        (
            "/due_on",
            c.MakePledge(donor="D-1", lines=[c.PledgeLine(item="mask", quantity=1)], due_on=SLIP),
        ),
        ("/through", c.ClosePeriod(through=SLIP)),
        (
            "/command/happened_on",
            c.Correct(
                entry=1,
                reason="day",
                command=c.OpenStock(location="store", lines=[LINE], happened_on=SLIP),
            ),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_year_of_two_digits_is_refused_in_every_field(
    station: StationLedger, at: str, command: c.Command
) -> None:
    sentence = assert_refused(station, InvalidField, lambda: station(command), at=at)
    assert sentence.startswith(
        f"{at} is 0022-02-03, which is before 2000-01-01; write the whole year"
    )


def test_the_earliest_day_is_accepted(station: StationLedger) -> None:
    station(c.OpenStock(location="store", lines=[LINE], happened_on=EARLIEST_DAY))


def test_a_request_recorded_before_the_rule_gets_its_first_result(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = c.OpenStock(location="store", lines=[LINE], happened_on=SLIP, note="found")
    name = uuid4()
    with monkeypatch.context() as patch:
        patch.setattr(days, "EARLIEST_DAY", date.min)
        first = station.ledger.record(command, by="u_1", id=name)
    again = station.ledger.record(command, by="u_1", id=name)
    assert again == replace(first, repeated=True)
    assert station.ledger.record_many([Request(command=command, by="u_1", id=name)]) == [again]
    other = replace(command, note="another")
    for id in (name, uuid4(), None):
        with pytest.raises(InvalidField, match="before 2000-01-01"):
            station.ledger.record(other, by="u_1", id=id)
    assert station.entries() == 1


def test_a_keyed_request_recorded_before_the_rule_gets_its_stored_response(
    rest: RestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {**rest.donation(5), "happened_on": "0022-02-03"}
    with monkeypatch.context() as patch:
        patch.setattr(days, "EARLIEST_DAY", date.min)
        first = rest.post("/api/donations", body, key="one")
    assert rest.post("/api/donations", body, key="one") == first
    assert rest.send("/api/donations", body, key="two").status_code == 422


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_an_option_refuses_a_year_of_two_digits(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    message = run_with_usage_error(capsys, "report", "station", option, "0022-02-03")
    assert "before 2000-01-01" in message


def test_goods_of_the_first_day_of_the_calendar_are_read_and_corrected(
    rest: RestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "EARLIEST_DAY", date.min)
    donated = rest.post("/api/donations", {**rest.donation(5), "happened_on": "0001-01-01"})
    monkeypatch.undo()
    paths = [
        "/api/reports/station?to=2020-12-31&from=2000-01-01",
        "/api/reports/disclosure?to=2020-12-31&from=2000-01-01",
        "/api/reports/alerts",
        "/api/donors/D-1/statement?to=2020-12-31&from=2000-01-01",
        "/api/stock",
        "/api/stock?as_of=2020-02-01",
        "/api/donations",
        "/api/entries",
        "/api/receipts",
        "/api/activities",
    ]
    for path in paths:
        assert rest.client.get(path).status_code == 200, path
    for page in ("/", "/reports", "/reports/station/pdf"):
        assert rest.client.get(page).status_code < 400
    seq = donated["donation"]["entries"][0] if "entries" in donated["donation"] else 1
    corrected = {"type": "RecordDonation", **rest.donation(5), "happened_on": "2020-02-01"}
    answer = rest.send(f"/api/entries/{seq}/correct", {"reason": "the day", "command": corrected})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("happened_on", "2026-02-30", "must be a day that exists, as in 2020-02-05"),
        (
            "happened_at",
            "2026-02-30T08:00:00Z",
            "must be a time on a day that exists, as in 2020-02-05T14:30:00+08:00",
        ),
    ],
)
def test_a_day_that_does_not_exist_is_refused_in_its_field(
    rest: RestClient, field: str, typed: str, sentence: str
) -> None:
    outcome = {"allocation": "a_1", "outcome": "handed_over", field: typed}
    refusal = rest.refused("/api/deliveries/v_1/outcomes", outcome, 422, "invalid-field")
    assert refusal["errors"][0]["pointer"] == f"/{field}"
    assert refusal["detail"].startswith(f"/{field} {sentence}")


@pytest.mark.parametrize(
    "path", ["/admin/access-log?to=9999-12-31", "/exports/beancount?as_of=9999-12-31"]
)
def test_a_page_ends_on_the_last_day_that_can_be_typed(
    rest: RestClient, service: Service, path: str
) -> None:
    lines = [{"item": "mask", "quantity": 1}]
    donation = {"donor": "D-1", "location": "store", "handled_by": "陈某", "lines": lines}
    rest.post("/api/donations", donation)
    assert sign_in_as(rest.client, service, "coordinator").client.get(path).status_code == 200
