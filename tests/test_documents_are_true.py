"""README and docs show commands and code: they are run here, and every link leads somewhere."""

from __future__ import annotations

import re
import shlex
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from supplies.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_python_in_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(block, "README.md", "exec"), {})
    year = datetime.now(ZoneInfo("Asia/Shanghai")).year
    assert capsys.readouterr().out == f"JZ-{year}-000001\n50\n"


def test_the_commands_in_the_readme_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var").mkdir()
    assert main(["demo", "--database", "var/demo.db"]) == 0
    commands = re.findall(r"^    supplies (.+)$", README, re.MULTILINE)
    assert len(commands) >= 6
    # Books are made before they are looked at, in whatever order the page tells it.
    for command in sorted(commands, key=lambda line: not line.startswith("init")):
        if command.startswith("serve"):
            continue  # tests/service starts it for real
        assert main(shlex.split(command)) == 0, command
        assert capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target
