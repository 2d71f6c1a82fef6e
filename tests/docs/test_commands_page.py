"""The page on commands lists every command once, with its route, and its program runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from support.rest_client import RestClient

from supplies.domain.fields import (
    MAX_LINES,
    MAX_QUANTITY,
    Batch,
    Code,
    Label,
    Reason,
    ShortText,
    Text,
)
from supplies.ledger.rules import RULES, deliveries, repacking

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


def test_the_limits_of_the_page_are_those_of_the_code() -> None:
    def longest(field: object) -> int:
        _, meta = get_args(field)
        return int(meta.max_length)

    limits = dict(re.findall(r"^\| (.+) \| ([\d,]+) \|$", PAGE, re.M))
    assert {what: int(limit.replace(",", "")) for what, limit in limits.items()} == {
        "lines of one command": MAX_LINES,
        "quantity of one line, in base units": MAX_QUANTITY,
        "lots of one shipment": MAX_LINES,
        "lines of goods that one dispatch loads": deliveries.MAX_DISPATCH_LINES,
        "lots times products of one conversion": repacking.MAX_PARENT_ROWS,
        "characters of a code": longest(Code),
        "characters of a name or a text of one line": longest(Label),
        "characters of a batch number": longest(Batch),
        "characters of a note or a text of several lines": longest(Text),
    }
    assert longest(ShortText) == longest(Label)
    assert longest(Reason) == longest(Text)
