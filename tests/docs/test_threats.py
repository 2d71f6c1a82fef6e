"""The page of threats names tests and files that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/threats.md").read_text(encoding="utf-8")


def test_every_test_that_the_page_names_exists() -> None:
    names = set(re.findall(r"`(test_\w+)`", PAGE))
    defined = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert names - defined == set()
    assert len(names) > 50


def test_every_file_that_the_page_names_exists() -> None:
    files = re.findall(r"`(tests/[\w/]+\.py)`", PAGE)
    assert [name for name in files if not (ROOT / name).is_file()] == []
    assert len(files) > 20


def test_each_section_without_a_test_says_why() -> None:
    rows = [
        line.split(" | ") for line in PAGE.partition("## ASVS")[2].splitlines() if " | " in line
    ]
    for section, state, how, tests in rows[1:]:
        assert state in ("met", "partly", "none"), section
        assert how, section
        assert "test_" in tests or state == "none" or "Documentation" in section, section
