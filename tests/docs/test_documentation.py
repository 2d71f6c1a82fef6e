"""The documentation follows the rules for prose, its links work and its pictures are small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import prose

ROOT = Path(__file__).parents[2]
PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.png"))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


@pytest.mark.parametrize("page", prose.pages(), ids=lambda page: page.name)
def test_a_page_has_no_problems_of_prose_or_links(page: Path) -> None:
    assert [str(problem) for problem in prose.check_page(page)] == []


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "docs/README.md"])
def test_every_page_of_docs_is_linked_from_each_overview(name: str) -> None:
    overview = ROOT / name
    text = overview.read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        link = page.relative_to(overview.parent).as_posix()
        assert f"({link})" in text or page == overview, page.name


def test_every_folder_of_tests_is_described() -> None:
    page = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
    for folder in (ROOT / "tests").iterdir():
        if folder.is_dir() and not folder.name.startswith(("_", ".")):
            assert f"| `tests/{folder.name}` |" in page, folder.name


def test_there_are_pictures() -> None:
    assert {picture.name for picture in PICTURES} == {
        "donation.png",
        "donor-page.png",
        "phone.png",
        "receipt.png",
        "reports.png",
        "statement.png",
        "today.png",
    }


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_a_small_png_that_both_readmes_show(picture: Path) -> None:
    data = picture.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) < 150_000
    for name in ("README.md", "README.zh-CN.md"):
        assert f"(docs/pictures/{picture.name})" in (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name)
def test_a_decision_has_number_date_context_decision_and_consequences(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert re.match(r"# .+\n\n\*Accepted, \d{4}-\d\d-\d\d(; .+)?\*\n\n## Context\n", text)
    assert re.findall(r"^## (.+)$", text, re.M)[:2] == ["Context", "Decision"]
    assert "\n## Consequences\n" in text


def test_every_decision_is_listed() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[(\d+)\]\(decisions/(.+)\) \|", index, re.M)
    assert listed == [(str(int(page.name[:4])), page.name) for page in DECISIONS]


def test_each_version_in_the_changelog_has_each_kind_of_change_once_and_in_order() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    order = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
    first, *released = re.split(r"^## ", text, flags=re.M)[1:]
    assert first.startswith("[Unreleased]\n")
    assert all(re.match(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d\n", part) for part in released)
    for part in (first, *released):
        kinds = re.findall(r"^### (.+)$", part, re.M)
        assert kinds == [kind for kind in order if kind in kinds]
        lines = re.findall(r"^- .+", part, re.M)
        assert len(lines) == len(set(lines))
