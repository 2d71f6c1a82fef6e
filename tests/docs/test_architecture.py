"""The architecture page agrees with the chart of accounts and with the import rules."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from supplies.domain.accounts import CHART

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_table_of_accounts_is_the_chart() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (0|–) \| .+ \|$", PAGE, re.M)
    assert [
        (name, tuple(keys.split(", ")), set(flow.split(", ")), floor == "0")
        for name, keys, flow, floor in rows
    ] == [
        (kind.name, kind.keys, {str(family) for family in kind.families}, kind.floored)
        for kind in CHART.values()
    ]


def test_the_diagram_shows_every_account() -> None:
    (diagram,) = re.findall(r"```mermaid\n(.*?)```", PAGE, re.S)
    assert set(CHART) - set(re.findall(r"\w+", diagram)) == set()


def test_the_picture_of_packages_is_the_list_of_layers() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = [
        contract["layers"]
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    ]
    (picture,) = re.findall(r"```text\n(.*?)```", PAGE, re.S)
    drawn = re.findall(r"^ {4}(\w+(?: \| \w+)*)  +", picture, re.M)
    assert drawn == [layer.replace("supplies.", "") for layer in layers]


def test_every_package_of_the_core_is_described() -> None:
    packages = {path.parent.name for path in (ROOT / "src" / "supplies").glob("*/__init__.py")}
    described = set(re.findall(r"^\| \[(\w+)\]\(", PAGE, re.M))
    assert described - packages == {"supplies_receipts", "supplies_service"}
    assert packages <= described
