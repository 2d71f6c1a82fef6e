"""`supplies api` sends requests of the REST API. Most routes have a command of their own too."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import cache
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from litestar.routes import HTTPRoute
from supplies_service import app
from supplies_service.app import create_app
from support.command_line import all_commands, refused

from supplies.cli import main
from supplies.cli.lists import list_group
from supplies.cli.reports import report
from supplies.domain.catalogue_records import CATALOGUE_RECORDS
from supplies.exports.lists import SHOWN
from supplies.ledger.rules import RULES


@pytest.fixture(scope="module", autouse=True)
def _one_application_for_each_database() -> Iterator[None]:
    """Create the application of a database once, because this takes longer than most tests.

    Each request opens and closes its books, as in a process of its own.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "create_app", cache(create_app))
        yield


@pytest.fixture
def books_options(
    demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    """The options that name the demo's books, with the token of a coordinator in the variable."""
    words = ["--database", str(demo)]
    main(["user", "add", "chen", "--role", "coordinator", *words])
    capsys.readouterr()
    assert main(["user", "token", "chen", *words]) == 0
    monkeypatch.setenv("SUPPLIES_TOKEN", capsys.readouterr().out.strip())
    return words


def type_body(monkeypatch: pytest.MonkeyPatch, body: object) -> None:
    """Put a value into standard input, as JSON."""
    typed = TextIOWrapper(BytesIO(json.dumps(body).encode()))
    monkeypatch.setattr(sys, "stdin", typed)


def test_a_request_without_a_running_service_prints_the_response(
    books_options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new = {"code": "C-7", "name": "省级资助"}
    type_body(monkeypatch, new)
    assert main(["api", "post", "/api/campaigns", "--body", "-", *books_options]) == 0
    made = json.loads(capsys.readouterr().out)
    assert new.items() <= made["campaign"].items()
    assert main(["api", "GET", "/api/campaigns?q=C-7", *books_options]) == 0
    assert json.loads(capsys.readouterr().out)["items"] == [made["campaign"]]
    assert main(["api", "GET", "/api/access-log?subject=C-7", *books_options]) == 0
    (line,) = json.loads(capsys.readouterr().out)["items"]
    assert line["route"] == "/api/campaigns"


def test_the_response_is_written_to_a_file(
    books_options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = tmp_path / "receipt.pdf"
    words = ["api", "GET", "/api/receipts/JZ-2020-000003/pdf", "-o", str(paper), *books_options]
    assert main(words) == 0
    assert paper.read_bytes().startswith(b"%PDF-")
    assert "exists already" in refused(capsys, *words)


def test_a_refused_request_prints_the_error_and_has_exit_status_1(
    books_options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["api", "GET", "/api/lots/l_9/trace", *books_options]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["status"] == 404
    assert err == "supplies: unknown lot l_9; see the lots in the stock\n"
    assert "not an address of the API" in refused(capsys, "api", "GET", "/donors", *books_options)
    monkeypatch.delenv("SUPPLIES_TOKEN")
    assert main(["api", "GET", "/api/needs", *books_options]) == 1
    assert "set SUPPLIES_TOKEN" in capsys.readouterr().err


def test_a_request_with_unreadable_books_is_refused_in_one_message(
    books_options: list[str], demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = ["api", "GET", "/api/needs"]
    missing, text, no_keys = (tmp_path / name for name in ("none.db", "text.db", "copy.db"))
    text.write_text("no books")
    no_keys.write_bytes(demo.read_bytes())
    for database in (missing, text, tmp_path, no_keys):
        named = str(database.with_suffix(""))
        assert named in refused(capsys, *request, "--database", str(database))
    assert not missing.exists()
    assert "zz" in refused(capsys, *request, *books_options, "--station", "zz")
    away = ["--database", "postgresql://127.0.0.1:1/books"]
    assert "127.0.0.1" in refused(capsys, *request, *away)


@pytest.mark.parametrize("value", ["令牌", "\udcff", "a\nb", ""])
def test_tokens_and_keys_with_other_characters_are_refused(
    books_options: list[str], monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    type_body(monkeypatch, {"code": "C-7", "name": "省级资助"})
    post = ["api", "POST", "/api/campaigns", "--body", "-", *books_options]
    assert main([*post, "--key", value]) in (1, 2)
    monkeypatch.setenv("SUPPLIES_TOKEN", value)
    assert main(["api", "GET", "/api/needs", *books_options]) in (1, 2)


def test_nothing_is_recorded_if_the_response_cannot_be_written(
    books_options: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    type_body(monkeypatch, {"code": "C-8", "name": "省级资助"})
    file = str(tmp_path / "missing" / "answer.json")
    post = ["api", "POST", "/api/campaigns", "--body", "-", "-o", file, *books_options]
    assert "missing cannot be read or written" in refused(capsys, *post)
    assert main(["api", "GET", "/api/campaigns/C-8", *books_options]) == 1


def test_a_request_has_the_rights_of_its_token_and_is_in_the_access_log(
    books_options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["user", "add", "lin", "--role", "auditor", *books_options])
    capsys.readouterr()
    assert main(["user", "token", "lin", *books_options]) == 0
    with monkeypatch.context() as auditor:
        auditor.setenv("SUPPLIES_TOKEN", capsys.readouterr().out.strip())
        assert main(["api", "GET", "/api/donors?limit=1", *books_options]) == 0
        assert json.loads(capsys.readouterr().out)["items"][0]["name"] is None
        assert main(["api", "GET", "/api/users", *books_options]) == 1
        assert "the role auditor may not use this route" in capsys.readouterr().err
    assert main(["api", "GET", "/api/access-log?limit=10", *books_options]) == 0
    lines = json.loads(capsys.readouterr().out)["items"]
    of_auditor = [(line["outcome"], line["route"]) for line in lines if line["role"] == "auditor"]
    assert of_auditor == [("refused", "/api/users")]


OWN_COMMANDS = {
    "GET /api/lots/{lot}/trace": "show",
    "GET /api/barcodes": "catalogue scan",
    "GET /api/reports/look-alikes": "catalogue look-alikes",
    "POST /api/stock/quarantines": "quarantine",
    "GET /api/entries/{entry}": "entry",
    "GET /api/entries/conflicts": "list conflicts",
    "GET /api/donors/{donor}/statement": "report statement",
    "GET /api/donors/{donor}/statement/pdf": "report statement",
    "GET /api/donors/{donor}/statement/{form}": "report statement",
    "GET /api/receipts/{number}/pdf": "receipt",
    "GET /api/receipts/batch/pdf": "receipt",
    "GET /api/deliveries/{delivery}/slips/pdf": "slips",
    "GET /api/deliveries/{delivery}/run-sheet/pdf": "run-sheet",
    "GET /api/stock/count-sheets/{sheet}/pdf": "count-sheet",
    "GET /api/station": "station show",
    "PATCH /api/station": "station set",
    "GET /api/organisation/stock": "report stock",
    "GET /api/organisation/needs": "report needs",
    "GET /api/organisation/report": "report station",
    "GET /api/organisation/report/pdf": "report station",
    "GET /api/organisation/report/{form}": "report station",
    "GET /api/users": "user list",
    "POST /api/users": "user add",
    "POST /api/users/{user}/disable": "user disable",
    "POST /api/users/{user}/enable": "user enable",
    "POST /api/users/{user}/role": "user role",
    "POST /api/tokens": "user token",
    "POST /api/donations/{donation}/correct": "record",
    "POST /api/donations/{donation}/reverse": "reverse",
}
"""The commands of routes for which `own_command` finds none."""

ONLY_BY_API = """
DELETE /api/donors/{code}/link
DELETE /api/donors/{code}/link/{link}
DELETE /api/phones/{phone}
DELETE /api/sessions/{session}
DELETE /api/teams/{code}/link
DELETE /api/teams/{code}/link/{link}
DELETE /api/teams/{code}/link/{link}/phones
DELETE /api/tokens/{token}
GET /api/access-log
GET /api/allocations/proposal
GET /api/allocations/{allocation}/slip/pdf
GET /api/deliveries/{delivery}/codes
GET /api/deliveries/{delivery}/photos/{entry}
GET /api/deliveries/{delivery}/run-sheet
GET /api/deliveries/{delivery}/signatures/{entry}
GET /api/donors/{code}/link
GET /api/donors/{donor}/requests
GET /api/donors/{donor}/requests/{request_id}
GET /api/health
GET /api/metrics
GET /api/organisation/needs/{item}
GET /api/organisation/stations
GET /api/organisation/stock/{item}
GET /api/periods
GET /api/phones
GET /api/phones/{phone}
GET /api/receipts/{number}/copies/{copy}/pdf
GET /api/reports/alerts/feed
GET /api/run
GET /api/sessions
GET /api/station/units
GET /api/teams/{code}/link
GET /api/tokens
GET /api/tokens/{token}
GET /api/users/{user}
GET /api/verify/{number}
GET /api/witness
POST /api/donors/{code}/link
POST /api/donors/{donor}/requests
POST /api/donors/{donor}/requests/{request_id}/answer
POST /api/phones
POST /api/phones/rescue
POST /api/run/hand-outs
POST /api/run/status
POST /api/teams/{code}/link
POST /api/users/{user}/invitation
"""
"""Routes without a command of their own. Scripts call them with `supplies api`."""


def own_command(method: str, path: str, body: type | None) -> str | None:
    """Return the command that does what a route does; None if there is none."""
    if f"{method} {path}" in OWN_COMMANDS:
        return OWN_COMMANDS[f"{method} {path}"]
    first, *rest = path.removeprefix("/api/").split("/")
    if body in RULES:
        return "record"
    if first in {kind.table for kind in CATALOGUE_RECORDS} and rest in ([], ["{code}"]):
        return {"GET": "catalogue list", "POST": "catalogue add"}.get(method, "catalogue set")
    if method != "GET":
        return None
    if first == "reports" and rest[0] in report.commands and rest[1:] in ([], ["pdf"], ["{form}"]):
        return f"report {rest[0]}"
    if first == "exports":
        return "export csv"
    if len(rest) == 1 + (first == "stock") and rest[-1].startswith("{"):
        return "show" if {first, rest[0]} & set(SHOWN) else None
    noun = first if not rest else rest[0] if first == "stock" and len(rest) == 1 else ""
    return f"list {noun}" if noun in list_group.commands else None


def test_each_route_has_a_command_or_is_known_to_need_supplies_api() -> None:
    without = []
    for route in create_app("books.db", None).routes:
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/"):
            for handler in route.route_handlers:
                payload = handler.parsed_fn_signature.parameters.get("payload")
                body = None if payload is None else payload.annotation
                for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                    command = own_command(method, route.path_format, body)
                    if command is None:
                        without.append(f"{method} {route.path_format}")
                    else:
                        assert command in all_commands(), command
    assert sorted(without) == sorted(ONLY_BY_API.split("\n")[1:-1])
