"""Every report is offered in every channel, with a period or a day, and as of a past day."""

from __future__ import annotations

from typing import Any

import click
import pytest
from litestar.testing import TestClient
from support.page_client import sign_in_as
from support.rest_client import RestClient
from support.service_fixture import Service

from supplies.cli.reports import report as report_group
from supplies.exports.reports import REPORTS, result_type

OPTIONS = {
    "movements": {"account": "stock:store", "item": "mask"},
    "household": {"recipient": "R-1"},
    "recall": {"item": "mask", "batch": "B7"},
}
PAPERS = ("station", "disclosure")
"""Reports that are drawn as papers of their own. They always need a period."""
PERIOD = {"from": "2020-02-01", "to": "2020-02-10"}
FORMS = ("csv", "xlsx", "pdf")


def options_of(command: click.Command) -> set[str]:
    return {text for parameter in command.params for text in parameter.opts}


@pytest.mark.parametrize("name", [*REPORTS, *PAPERS])
def test_each_report_has_all_forms_on_the_command_line(name: str) -> None:
    offered = options_of(report_group.commands[name])
    assert {"--json", "--csv", "--xlsx", "--output", "--as-of"} <= offered
    has_period = name in PAPERS or REPORTS[name].has_period
    assert ({"--from", "--to"} <= offered) == has_period


@pytest.mark.parametrize("name", REPORTS)
def test_each_report_is_a_struct_of_the_library(name: str) -> None:
    fields = result_type(REPORTS[name]).__struct_fields__
    assert set(REPORTS[name].columns) <= set(fields)
    assert ("first" in fields) == REPORTS[name].has_period


def test_each_report_is_offered_over_rest_in_each_form_as_of_a_day(rest: RestClient) -> None:
    rest.give(5, batch="B7")
    schema: Any = rest.get("/schema/openapi.json")
    wrong = []
    for name in (*REPORTS, *PAPERS):
        path = f"/api/reports/{name}"
        names = {one["name"] for one in schema["paths"][path]["get"]["parameters"]}
        needed = {"as_of"}
        if name in PAPERS or REPORTS[name].has_period:
            needed |= {"from", "to"}
        query = OPTIONS.get(name, {}) | {"as_of": "2020-02-10"}
        query |= PERIOD if "from" in needed else {}
        answers = [rest.client.get(path, params=query)]
        answers += [rest.client.get(f"{path}/{form}", params=query) for form in FORMS]
        if not needed <= names or any(one.status_code != 200 for one in answers):
            wrong.append((name, names, [one.status_code for one in answers]))
    assert wrong == []


def test_each_report_is_shown_on_its_page(
    rest: RestClient, anonymous_client: TestClient, service: Service
) -> None:
    rest.give(5, batch="B7")
    recorder = sign_in_as(anonymous_client, service, "recorder")
    for name in REPORTS:
        query = "&".join(f"{key}={value}" for key, value in OPTIONS.get(name, {}).items())
        page = recorder.open(f"/reports/tables/{name}?{query}&as_of=2020-02-10")
        assert 'name="as_of"' in page, name
        assert ('name="from"' in page) == REPORTS[name].has_period, name
        assert "form=csv" in page or 'value="csv"' in page, name
