"""Every report and export opens and has rows in every channel: command line, REST and pages."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from httpx import Response
from litestar.testing import TestClient
from openpyxl import load_workbook
from supplies_service.app import create_app
from support.every_kind import RecordingStation, book_everything
from support.ledger_fixture import Clock
from support.pdf_reading import text as text_of_pdf
from support.rest_client import ADDRESS, issue_credentials, sessions

from supplies.cli import main
from supplies.cli.reports import report as report_group
from supplies.domain.catalogue_records import Item, Location, Station, Team
from supplies.domain.commands import ArrivalLine, OpenStock
from supplies.exports.formats import FORMATS
from supplies.exports.reports import REPORTS, result_type
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import create_first_key
from supplies.stations.organisation import set_head

OPTIONS = {
    "movements": {"account": "stock:a", "item": "mask"},
    "household": {"recipient": "h1"},
    "recall": {"item": "mask", "batch": "B1"},
    "statement": {"donor": "wang"},
    "derivation": {"item": "mask"},
}
PAPERS = {
    "station": "/api/reports/station",
    "disclosure": "/api/reports/disclosure",
    "statement": "/api/donors/wang/statement",
    "organisation": "/api/organisation/report",
}
"""Reports that are drawn as papers of their own, with their addresses. They need a period."""

PERIOD = {"from": "2020-02-01", "to": "2020-02-28"}
AS_OF = "2020-02-20"
FORMS = ("csv", "xlsx", "pdf")


class Books(NamedTuple):
    """Books of a head station with an entry of nearly every kind, and the service with them.

    Attributes:
        token, session: The credentials of a coordinator.
    """

    path: str
    client: TestClient
    token: str
    session: str

    def options(self, name: str, **more: str) -> list[str]:
        given = {**OPTIONS.get(name, {}), **more}
        if name == "organisation":
            name, given = "station", {**given, "organisation": ""}
        words = [word for key, value in given.items() for word in (f"--{key}", value) if word]
        return ["report", name, *words, "--database", self.path, "--station", "lx"]

    def get(self, name: str, form: str = "", **query: str) -> Response:
        path = PAPERS.get(name, f"/api/reports/{name}")
        given = {} if name == "statement" else OPTIONS.get(name, {})
        return self.ask(f"{path}/{form}".rstrip("/"), **given, **query)

    def ask(self, path: str, **query: str) -> Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.get(path, params=query, headers=headers)

    def open(self, path: str, **query: str) -> Response:
        """Open a page with the session of a coordinator."""
        headers = {"Cookie": f"supplies_session={self.session}", "Accept-Language": "en"}
        return self.client.get(path, params=query or None, headers=headers)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    folder = tmp_path_factory.mktemp("matrix")
    path = str(folder / "books.db")
    station = RecordingStation(path)
    book_everything(station, str(folder / "elsewhere.db"))
    station.ledger.register(Team(code="T-1", name="Team"))
    tokens, cookies = issue_credentials(station.ledger), sessions(station.ledger)
    station.ledger.close()
    with Ledger.open(path, station="hp", clock=Clock(date(2020, 2, 12)), new_station=True) as other:
        other.register(
            Station(code="hp", name="Huangpu", series="HP"),
            Item(code="gel", name="hand gel", unit="mL"),
            Location(code="d", name="Depot"),
        )
        lines = [ArrivalLine(item="gel", quantity=500)]
        other.record(OpenStock(location="d", lines=lines), by="w2")
        with other.admin_transaction() as own:
            set_head(own, "lx")
    create_first_key(path)
    app = create_app(path, "lx", clock=Clock(date(2020, 2, 25)))
    with TestClient(app, base_url=ADDRESS) as client:
        yield Books(path, client, tokens["coordinator"], cookies["coordinator"])


def options_of(command: click.Command) -> set[str]:
    return {text for parameter in command.params for text in parameter.opts}


def rows_of(content: bytes, form: str) -> list[list[Any]]:
    """Return the rows of the largest table in a file, without the headings."""
    if form == "pdf":
        return [[line] for line in text_of_pdf(content).splitlines()]
    if form == "xlsx":
        sheets = load_workbook(io.BytesIO(content)).worksheets
        return max((list(map(list, sheet.values))[1:] for sheet in sheets), key=len)
    text = content.decode("utf-8-sig")
    return max(
        (list(csv.reader(part.splitlines()))[1:] for part in re.split(r"\r\n\r\n", text)), key=len
    )


@pytest.mark.parametrize("name", [*REPORTS, *PAPERS])
def test_each_report_has_all_forms_on_the_command_line(name: str) -> None:
    offered = options_of(report_group.commands["station" if name == "organisation" else name])
    assert {"--json", "--csv", "--xlsx", "--pdf", "--as-of"} <= offered
    has_period = name in PAPERS or REPORTS[name].has_period
    assert ({"--from", "--to"} <= offered) == has_period


@pytest.mark.parametrize("name", REPORTS)
def test_each_report_is_a_struct_of_the_library(name: str) -> None:
    fields = result_type(REPORTS[name]).__struct_fields__
    assert set(REPORTS[name].columns) <= set(fields)
    assert ("first" in fields) == REPORTS[name].has_period


@pytest.mark.parametrize("name", [*REPORTS, *PAPERS])
def test_each_report_has_rows_on_the_command_line_and_over_rest(
    name: str, books: Books, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    query = {"as_of": AS_OF}
    words = ["--as-of", AS_OF]
    if name in PAPERS or REPORTS[name].has_period:
        query |= PERIOD
        words += ["--from", PERIOD["from"], "--to", PERIOD["to"]]
    assert main([*books.options(name), *words, "--json"]) == 0
    there = json.loads(capsysbinary.readouterr().out)
    here = books.get(name, **query)
    assert here.status_code == 200, here.text
    lists = [key for key, value in here.json().items() if isinstance(value, list)]
    if name != "alerts":  # the lines about the computer differ
        assert {"next": None, **here.json()} == {"next": None, **there}
    assert any(there[key] for key in lists)
    assert main([*books.options(name), *words, "--csv"]) == 0
    files = {"csv": capsysbinary.readouterr().out}
    for form, option in (("xlsx", "--xlsx"), ("pdf", "--pdf")):
        file = tmp_path / f"report.{form}"
        assert main([*books.options(name), *words, option, str(file)]) == 0
        files[form] = file.read_bytes()
    for form in FORMS:
        answer = books.get(name, form, **query)
        assert answer.status_code == 200, answer.text
        rows = rows_of(answer.content, form)
        assert any(any(row) for row in rows), form
        if form != "pdf" and name != "alerts":
            assert rows == rows_of(files[form], form), form
        if form == "csv" and name != "alerts":
            assert answer.content.decode("utf-8-sig") == files[form].decode("utf-8-sig")
        assert rows_of(files[form], form), form


def test_each_report_names_its_parameters_over_rest(books: Books) -> None:
    schema = books.ask("/schema/openapi.json").json()
    for name in (*REPORTS, *PAPERS):
        path = PAPERS.get(name, f"/api/reports/{name}").replace("/wang/", "/{donor}/")
        for address in (path, f"{path}/{{form}}"):
            names = {one["name"] for one in schema["paths"][address]["get"]["parameters"]}
            needed = {"as_of"}
            if name in PAPERS or REPORTS[name].has_period:
                needed |= {"from", "to"}
            assert needed <= names, address


@pytest.mark.parametrize("name", REPORTS)
def test_each_report_has_rows_on_its_page(name: str, books: Books) -> None:
    answer = books.open(f"/reports/tables/{name}", **OPTIONS.get(name, {}), as_of=AS_OF)
    assert answer.status_code == 200, answer.text
    page = answer.text
    assert 'name="as_of"' in page
    assert ('name="from"' in page) == REPORTS[name].has_period
    assert {f"form={form}" in page for form in FORMS} == {True}
    assert page.count("<tr>") > 1


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("needs", "2 needs from before this period are not met"),
        ("waiting", "2 needs from before this period are not met"),
        ("pledges", "1 pledge from before this period is open"),
        ("pledges-by-donor", "1 pledge from before this period is open"),
    ],
)
def test_a_page_tells_what_is_open_from_before_its_period(
    name: str, sentence: str, books: Books
) -> None:
    page = books.open(f"/reports/tables/{name}", **{"from": "2020-02-20", "to": "2020-02-21"}).text
    assert sentence in page
    (link,) = re.findall(rf'href="(/reports/tables/{name}\?[^"]*from=2020-02-03[^"]*)"', page)
    whole = books.open(link.replace("&amp;", "&")).text
    assert "from before this period" not in whole
    assert whole.count("<tr>") > page.count("<tr>")


@pytest.mark.parametrize("name", ["station", "disclosure"])
def test_papers_of_a_period_are_downloaded_from_the_report_page(name: str, books: Books) -> None:
    page = books.open("/reports", **PERIOD, as_of=AS_OF).text
    assert f'name="as_of" type="date" value="{AS_OF}"' in page
    query = f"from={PERIOD['from']}&amp;to={AS_OF}&amp;as_of={AS_OF}"  # the period ends then
    for form in FORMS:
        assert f'href="/reports/{name}/{form}?{query}"' in page
        answer = books.open(f"/reports/{name}/{form}", **PERIOD, as_of=AS_OF)
        assert answer.status_code == 200, answer.text
        rows = rows_of(answer.content, form)
        assert rows == rows_of(books.get(name, form, **PERIOD, as_of=AS_OF).content, form) != []
    assert books.open(f"/reports/{name}/doc").status_code == 422


def test_the_report_page_and_the_sources_of_its_figures_leave_out_later_entries(
    books: Books,
) -> None:
    def sources(**query: str) -> dict[str, int]:
        page = books.open("/reports", **PERIOD, **query).text
        links = set(re.findall(r'href="(/reports/figures/\S+?)"', page))
        pages = {link: books.open(link.replace("&amp;", "&")) for link in links}
        assert {answer.status_code for answer in pages.values()} == {200}
        assert all(("as of the end of" in answer.text) == bool(query) for answer in pages.values())
        return {
            link.replace(
                "to=2020-02-04&amp;as_of=2020-02-04", f"to={PERIOD['to']}"
            ): answer.text.count('row"><a href="/entries/')
            for link, answer in pages.items()
        }

    past, present = sources(as_of="2020-02-04"), sources()
    assert past.items() != present.items()
    assert all(count <= present[link] for link, count in past.items())


def test_the_report_of_an_organisation_is_downloaded_from_its_page(books: Books) -> None:
    page = books.open("/organisation").text
    assert 'action="/organisation/report"' in page
    for name, kind in REPORTS.items():
        assert (f'href="/reports/tables/{name}"' in page) == kind.of_organisation
    for form in FORMS:
        answer = books.open("/organisation/report", **PERIOD, as_of=AS_OF, form=form)
        assert rows_of(answer.content, form)
    assert books.open("/organisation/report", form="doc").status_code == 422


def test_totals_of_an_organisation_are_those_of_its_list_and_of_its_stations(books: Books) -> None:
    for noun, figure in (("stock", "on_hand"), ("needs", "needed")):
        report = books.get(f"organisation-{noun}").json()
        assert report["items"] == books.ask(f"/api/organisation/{noun}").json()["items"]
        for total in report["items"]:
            of_item = (total["item"], total["unit"])
            parts = [one for one in report["at_stations"] if (one["item"], one["unit"]) == of_item]
            assert sum(one[figure] for one in parts) == total[figure]
            assert len(parts) == total["stations"]
    units = [(one["item"], one["unit"]) for one in books.get("organisation-stock").json()["items"]]
    assert units == [("gel", "bottle"), ("gel", "mL"), ("mask", "piece")]
    past = books.get("organisation-stock", as_of="2020-02-10").json()
    assert {one["station"] for one in past["at_stations"]} == {"lx"}


def test_pledges_are_reported_with_the_names_of_donors_to_those_who_may_read_them(
    books: Books,
) -> None:
    for form in FORMS:
        assert "Wang" in str(rows_of(books.get("pledges", form).content, form)), form


@pytest.mark.parametrize("kind", FORMATS)
def test_each_export_is_the_same_on_the_command_line_and_over_rest(
    kind: str, books: Books, tmp_path: Path
) -> None:
    file = tmp_path / f"export.{FORMATS[kind].suffix}"
    lists = ["donations"] if kind == "csv" else []
    outputs = {"package": [str(tmp_path / "package")], "datasette": [str(file)]}
    output = outputs.get(kind, ["-o", str(file)])
    words = ["export", kind, *lists, *output, "--database", books.path, "--station", "lx"]
    assert main(words) == 0
    answer = books.ask(f"/api/exports/{kind}", **({"lists": "donations"} if lists else {}))
    assert answer.status_code == 200, answer.text
    if kind == "package":
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert {one: archive.read(one) for one in archive.namelist()} == {
                one.name: one.read_bytes() for one in (tmp_path / "package").iterdir()
            }
    elif kind == "xlsx":
        assert rows_of(answer.content, kind) == rows_of(file.read_bytes(), kind) != []
    elif kind == "datasette":
        assert answer.content[:16] == file.read_bytes()[:16] == b"SQLite format 3\0"
    else:
        assert answer.content == file.read_bytes()
        assert len(answer.content.splitlines()) > 2
