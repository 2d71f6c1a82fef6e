"""The page about changes names files that exist, and symbols that are in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "changing.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))
IN_MANY_FILES = ("role", "allow_roles(…)", "NNNN-subject.sql")
"""Names in rows of a folder that are not file names."""

ROWS = re.findall(r"^\| \[.+?\]\((.+?)\) \| (.+) \|$", PAGE, re.M)


def test_the_common_changes_are_described() -> None:
    assert list(SECTIONS) == [
        "A reason for write-offs",
        "A field of a donation",
        "A role",
        "A paper",
        "A report",
        "A rate limit",
        "A rule for currencies",
        "A REST route",
        "A migration",
        "The font of a receipt",
        "How lots are chosen",
        "An export format",
        "A command",
        "An alert",
        "A setting of the service",
        "A unit of goods",
    ]


@pytest.mark.parametrize("title", SECTIONS)
def test_a_change_names_its_files_and_a_test(title: str) -> None:
    assert "| file | change |" in SECTIONS[title]
    tests = re.search(r"^Tests?: (.+(?:\n.+)*)", SECTIONS[title], re.M)
    assert tests is not None
    assert "](../tests/" in tests[1]


@pytest.mark.parametrize(("link", "change"), ROWS, ids=[link for link, _ in ROWS])
def test_a_file_exists_and_contains_the_names_of_its_row(link: str, change: str) -> None:
    path = (DOCS / link).resolve()
    assert path.exists()
    for name in re.findall(r"`([^`]+)`", change):
        if path.is_dir():
            assert list(path.glob(f"**/{name}")) or name in IN_MANY_FILES
        else:
            assert re.search(rf"\b{re.escape(name)}\b", path.read_text(encoding="utf-8")), name
