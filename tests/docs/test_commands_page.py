"""The page on commands lists every command once, with its route, and its program runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.rest_client import RestClient

from supplies.ledger.rules import RULES

PAGE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)` \| .+ \| (.+) \|$", PAGE, re.M)


def test_every_command_is_listed_once() -> None:
    assert sorted(name for name, _ in ROWS) == sorted(command.__name__ for command in RULES)


def test_each_command_has_the_routes_of_the_page(rest: RestClient) -> None:
    paths = rest.get("/schema/openapi.json")["paths"]
    routes = {f"/api/{route}" for _, cell in ROWS for route in re.findall(r"`([^`]+)`", cell)}
    assert {route for route in routes if "post" not in paths.get(route, {})} == set()


def test_the_program_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
    exec(compile(program, "commands.md", "exec"), {})
    assert capsys.readouterr().out == "met\n"
