"""Names of code and routes on the pages exist in the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.rest_client import RestClient

from tools import prose

ROOT = Path(__file__).parents[2]
PAGES = [page for page in prose.pages() if page.name != "CHANGELOG.md"]
FOLDERS = ("src", "service", "receipts", "tests", "tools", "benchmarks", "deploy")
NAME = re.compile(
    r"(?!test_)[a-z]{2,}(?:_[a-z]{2,})+|(?:[A-Z][a-z]+){2,}|(?:supplies\w*|[A-Z]\w+)(?:\.\w+)+"
)
"""Matches a name with underscores, a name in CamelCase, or a dotted name of a package or class."""

OF_OTHER_PROGRAMS = {
    "AbstractAuthenticationMiddleware",
    "AllowedHostsConfig",
    "AllowedHostsMiddleware",
    "PrometheusMiddleware",
    "RateLimitMiddleware",
    "SystemMaxUse",
    "autovacuum_analyze_scale_factor",
    "autovacuum_vacuum_insert_scale_factor",
}


def code_spans(page: Path) -> list[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return sorted(set(re.findall(r"`([^`\n]+)`", text)))


@pytest.fixture(scope="module")
def words() -> set[str]:
    """Return every word of the sources, and of the names of their files."""
    files = [
        file
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*")
        if file.suffix in {".py", ".sql", ".toml", ".yml", ".html"}
    ]
    return {
        word
        for file in files
        for word in re.findall(r"\w+", f"{file} {file.read_text(encoding='utf-8')}")
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_name_in_a_page_is_in_the_source(page: Path, words: set[str]) -> None:
    names = {re.sub(r"\(.*\)$", "", span) for span in code_spans(page)} - OF_OTHER_PROGRAMS
    found = {name for name in names if NAME.fullmatch(name)}
    assert {name for name in found if set(name.split(".")) - words} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_python_file_in_a_page_exists(page: Path) -> None:
    shown = {span for span in code_spans(page) if re.fullmatch(r"[\w/]+\.(py|sql)", span)}
    existing = {str(file) for folder in FOLDERS for file in (ROOT / folder).rglob("*.*")}
    assert {name for name in shown if not any(path.endswith(name) for path in existing)} == set()


def test_a_route_in_a_page_exists(rest: RestClient) -> None:
    paths = rest.get("/schema/openapi.json")["paths"]
    routes = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path)) for path in paths for method in paths[path]
    }
    shown = [
        found.groups()
        for page in PAGES
        for span in code_spans(page)
        if (found := re.fullmatch(r"(GET|POST|PATCH|PUT|DELETE) (/api/[^…?]+)(?:\?.*)?", span))
    ]
    assert len(shown) > 10
    for method, path in shown:
        # Codes and ids in examples are written in capitals or with a number.
        template = re.sub(r"(?<=/)(\{\w+\}|[A-Z][A-Z0-9-]*|[a-z]_\d+)(?=/|$)", "{}", path)
        assert (method, template) in routes, f"{method} {path}"
