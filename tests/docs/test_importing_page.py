"""The program of the page about imports runs and prints what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "importing.md").read_text(encoding="utf-8")


def test_the_program_prints_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
    exec(compile(program, "importing.md", "exec"), {})
    first, *others = capsys.readouterr().out.splitlines()
    assert f"It prints `{first}`" in PAGE
    assert "'约50' is not exact" in others[0]
    exec(compile(program, "importing.md", "exec"), {})
    again = capsys.readouterr().out.splitlines()[0]
    assert again == "3 rows read: 0 recorded, 2 recorded before, 1 listed"
    assert f"records nothing: `{again}`" in PAGE
