"""The page on pagination lists the filters of every list."""

from __future__ import annotations

import re
from pathlib import Path

from support.rest_client import RestClient

PAGE = (Path(__file__).parents[2] / "docs" / "pagination-and-search.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (`.+`) \| (`.+`) \|$", PAGE, re.M)
IN_EVERY_LIST = {"after", "limit", "station"}


def test_the_filters_of_the_page_are_those_of_the_routes(rest: RestClient) -> None:
    filters = {}
    for path, operations in rest.get("/schema/openapi.json")["paths"].items():
        parameters = operations.get("get", {}).get("parameters", [])
        names = {one["name"] for one in parameters if one["in"] == "query"}
        if "after" in names and names > IN_EVERY_LIST:
            filters[path.removeprefix("/api/")] = names - IN_EVERY_LIST
    assert filters == {
        name: set(re.findall(r"`(\w+)`", cell))
        for names, cell in ROWS
        for name in re.findall(r"`([^`]+)`", names)
    }
