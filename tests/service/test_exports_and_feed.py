"""Reports as files, exports, and the feed and metric of alerts over REST."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import subprocess
import zipfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from openpyxl import load_workbook
from support.judges import judge
from support.pdf_reading import squeezed
from support.pdf_reading import text as text_of_pdf
from support.rest_client import RestClient, problem
from support.service_fixture import Service

from supplies.exports.formats import FORMATS
from supplies.exports.reports import REPORTS

OPTIONS = {
    "movements": {"account": "stock:store", "item": "mask"},
    "household": {"recipient": "R-1"},
    "recall": {"item": "mask", "batch": "B7"},
}
DONOR, PHONE = "广州某企业", "13800138000"


@pytest.fixture(autouse=True)
def _goods(rest: RestClient) -> None:
    rest.give(5, batch="B7", expires_on="2020-02-15")


def as_auditor(service: Service) -> dict[str, str]:
    return {"Authorization": f"Bearer {service.tokens['auditor']}"}


@pytest.mark.parametrize("name", REPORTS)
def test_each_report_is_a_pdf_a_workbook_and_csv(rest: RestClient, name: str) -> None:
    options = OPTIONS.get(name, {})
    for form in ("pdf", "csv", "xlsx"):
        answer = rest.client.get(f"/api/reports/{name}/{form}", params=options)
        assert answer.status_code == 200, answer.text
        assert f'filename="{name}.{form}"' in answer.headers["Content-Disposition"]
        if form == "pdf":
            assert REPORTS[name].title.zh in squeezed(text_of_pdf(answer.content))
        elif form == "csv":
            assert answer.content.startswith(b"\xef\xbb\xbf")
            assert next(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        else:
            assert load_workbook(io.BytesIO(answer.content)).worksheets[0].max_row >= 1
    problem(rest.client.get(f"/api/reports/{name}/doc", params=options), 422, "invalid-field")


def test_the_files_of_a_report_show_an_auditor_no_names(rest: RestClient, service: Service) -> None:
    for name in ("donor-values", "recall"):
        path = f"/api/reports/{name}/csv"
        shown = rest.client.get(path, params=OPTIONS.get(name)).text
        redacted = rest.client.get(path, params=OPTIONS.get(name), headers=as_auditor(service)).text
        assert DONOR not in redacted
        assert (DONOR in shown) == (name == "donor-values")


def test_a_report_as_of_a_day_leaves_out_what_came_later(
    rest: RestClient, service: Service
) -> None:
    service.clock.advance(3)
    rest.give(7)
    before = rest.client.get("/api/reports/stock/csv", params={"as_of": "2020-02-11"}).text
    now = rest.client.get("/api/reports/stock/csv").text
    assert (before.count("mask"), now.count("mask")) == (1, 2)
    assert rest.get("/api/reports/donor-values", as_of="2020-02-11")["to"] == "2020-02-10"
    assert rest.get("/api/reports/donor-values")["to"] == "2020-02-13"
    expired = {"what": "expires_soon", "since": "2020-01-16"}
    alert = rest.get("/api/reports/alerts", as_of="2020-02-11")["items"][0]
    assert {name: alert[name] for name in expired} == expired


@pytest.mark.parametrize("kind", FORMATS)
def test_each_export_is_what_its_program_reads(
    rest: RestClient, service: Service, kind: str, tmp_path: Path
) -> None:
    params = {"lists": "donations"} if kind == "csv" else {}
    for headers in ({}, as_auditor(service)):
        answer = rest.client.get(f"/api/exports/{kind}", params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Length"] == str(len(answer.content))
        file = tmp_path / f"export.{FORMATS[kind].suffix}"
        file.write_bytes(answer.content)
        check = CHECKS[kind]
        check(file)
        assert DONOR.encode() not in answer.content
        assert PHONE.encode() not in answer.content


def accepts(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr


def check_hledger(file: Path) -> None:
    accepts(judge("hledger", "-f", file, "check", "--strict"))


def check_jsonl(file: Path) -> None:
    entries = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [one["body"]["seq"] for one in entries] == [1, 2]


def check_csv(file: Path) -> None:
    (row,) = csv.DictReader(io.StringIO(file.read_text("utf-8-sig")))
    assert row["donor"] == "D-1"


def check_xlsx(file: Path) -> None:
    assert "donations" in load_workbook(file).sheetnames


def check_package(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        named = {one["path"] for one in json.loads(archive.read("datapackage.json"))["resources"]}
        assert named | {"datapackage.json"} == set(archive.namelist())


def check_datasette(file: Path) -> None:
    with sqlite3.connect(file) as db:
        assert db.execute("SELECT 捐赠人 FROM 捐赠").fetchall() == [("D-1",)]


CHECKS = {
    "hledger": check_hledger,
    "beancount": lambda file: accepts(judge("bean-check", file)),
    "jsonl": check_jsonl,
    "csv": check_csv,
    "xlsx": check_xlsx,
    "package": check_package,
    "3w": lambda file: file.read_text("utf-8-sig").index("#org+name"),
    "datasette": check_datasette,
}


def test_only_coordinators_export_personal_data_and_it_is_logged(
    rest: RestClient, service: Service
) -> None:
    def logged() -> list[tuple[str, str]]:
        lines = rest.get("/api/access-log")["items"]
        return [(one["role"], one["outcome"]) for one in lines if "exports" in one["route"]]

    path = "/api/exports/csv?lists=donors"
    rest.client.get(path)
    assert logged() == []
    assert PHONE in rest.client.get(f"{path}&personal=true").text
    assert logged() == [("coordinator", "looked")]
    refused = rest.client.get(f"{path}&personal=true", headers=as_auditor(service))
    problem(refused, 403, "forbidden")
    assert logged()[0] == ("auditor", "refused")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("jsonl?personal=true", "an export as jsonl has no personal (parameters: none)"),
        ("hledger?from=2020-02-01", "an export as hledger has no from"),
        ("csv", "a CSV file has one list"),
        ("xlsx?lists=donations,secrets", "unknown list 'secrets'"),
        ("books", "kind is 'books', which is not one of hledger, beancount, jsonl"),
    ],
)
def test_a_parameter_that_an_export_does_not_take_is_refused(
    rest: RestClient, query: str, sentence: str
) -> None:
    refused = problem(rest.client.get(f"/api/exports/{query}"), 422, "invalid-field")
    assert sentence in refused["detail"]


# --- alerts --------------------------------------------------------------------------------------

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def test_the_feed_has_an_entry_for_each_alert_with_a_lasting_id(
    rest: RestClient, service: Service
) -> None:
    rest.client.patch("/api/station", json={"host": "https://lx.example.org"})
    answer = rest.client.get("/api/reports/alerts/feed", headers=as_auditor(service))
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    assert DONOR not in answer.text
    feed = ET.fromstring(answer.content)  # our own
    assert feed.findtext("a:updated", namespaces=ATOM) == "2020-02-10T12:00:00+08:00"
    (entry,) = feed.findall("a:entry", ATOM)
    name = "tag:lx.example.org,2020:lx/alerts/expires_soon/l_lx_1_1/mask/store"
    assert entry.findtext("a:id", namespaces=ATOM) == name
    assert entry.findtext("a:title", namespaces=ATOM) == "即将过期的物资 · l_lx_1_1"
    summary = entry.findtext("a:summary", namespaces=ATOM)
    assert summary == "口罩 × 5 · store · 自 2020-01-16 起 · 期限 2020-02-15"
    service.clock.advance(1)
    later = ET.fromstring(rest.client.get("/api/reports/alerts/feed").content)
    assert later.findtext("a:entry/a:id", namespaces=ATOM) == name


def test_the_metrics_count_the_alerts_by_kind(rest: RestClient) -> None:
    figures = rest.client.get("/api/metrics").text
    assert 'supplies_alerts{station="lx",what="expires_soon"} 1.0' in figures
    assert 'supplies_alerts{station="lx",what="pledge_overdue"} 0.0' in figures


def test_each_situation_is_in_the_report_the_feed_and_the_metrics(
    rest: RestClient, service: Service
) -> None:
    pledge = {"donor": "D-1", "due_on": "2020-02-11", "lines": [{"item": "mask", "quantity": 9}]}
    rest.post("/api/pledges", pledge)
    rest.need(needed_by="2020-02-11")
    rest.delivery(rest.allocation(2))
    answer = rest.client.patch("/api/items/mask", json={"minimum": 100})
    assert answer.status_code == 200, answer.text
    sheet = rest.post("/api/stock/count-sheets", {"location": "store"})["entry"]["document"]
    count = {"lines": [{"item": "mask", "counted": 2}]}
    rest.post(f"/api/stock/count-sheets/{sheet}/count", count)
    number = rest.get("/api/receipts")["items"][0]["number"]
    rest.post(f"/api/receipts/{number}/void", {"reason": "wrong name"})
    donor = {"Authorization": f"Bearer {service.tokens['donor']}"}
    for kind in ("hide", "forget"):
        asked = rest.client.post("/api/donors/D-1/requests", json={"kind": kind}, headers=donor)
        assert asked.status_code == 201, asked.text
    service.clock.advance(3)
    alerts = Counter(one["what"] for one in rest.get("/api/reports/alerts")["items"])
    assert {
        *("below_minimum", "expires_soon", "pledge_overdue", "need_past_its_day", "delivery_out"),
        *("receipt_voided", "unexplained"),
    } <= set(alerts)
    assert alerts["donor_request_open"] == 2
    feed = ET.fromstring(rest.client.get("/api/reports/alerts/feed").content)
    entries = feed.findall("a:entry", ATOM)
    terms = [one.find("a:category", ATOM) for one in entries]
    assert Counter(term.get("term") for term in terms if term is not None) == alerts
    assert len({one.findtext("a:id", namespaces=ATOM) for one in entries}) == len(entries)
    figures = rest.client.get("/api/metrics").text
    counted = dict(
        re.findall(r'^supplies_alerts\{station="lx",what="(\w+)"\} (\S+)$', figures, re.M)
    )
    assert {what: int(float(one)) for what, one in counted.items() if float(one)} == alerts


def test_a_voided_receipt_is_an_alert_until_the_donation_has_another(rest: RestClient) -> None:
    def voided() -> list[str]:
        alerts = rest.get("/api/reports/alerts")["items"]
        return [one["code"] for one in alerts if one["what"] == "receipt_voided"]

    number = rest.get("/api/receipts")["items"][0]["number"]
    assert voided() == []
    rest.post(f"/api/receipts/{number}/void", {"reason": "wrong name"})
    assert voided() == [number]
    rest.post("/api/receipts", {"donations": ["d_1"]})
    assert voided() == []
    (other,) = (one for one in rest.get("/api/receipts")["items"] if one["status"] == "issued")
    rest.post(f"/api/receipts/{other['number']}/void", {"reason": "wrong name"})
    assert voided() == [other["number"]]
    rest.post("/api/entries/1/reverse", {"reason": "never came"})
    assert voided() == []
