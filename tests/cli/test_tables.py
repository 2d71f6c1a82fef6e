"""Tables on a terminal, in a file and in a pipe."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text
from support.command_line import PERIOD

from supplies.cli import main
from supplies.cli.tables import print_table


def test_a_table_in_a_file_is_as_wide_as_its_columns(
    demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["report", "station", *PERIOD, "--database", str(demo)]) == 0
    printed = capsys.readouterr().out
    assert "…" not in printed
    (heads,) = [line for line in printed.splitlines() if "unexplained" in line]
    assert len(heads) > 80
    (row,) = [line for line in printed.splitlines() if "sanitiser" in line]
    cells = dict(zip(heads.split("┃")[1:-1], row.split("│")[1:-1], strict=True))
    found = {name.strip(): cell.strip() for name, cell in cells.items()}
    assert (found["received"], found["handed over"], found["on hand"]) == ("150", "101", "39")


def test_a_table_too_wide_for_the_terminal_is_printed_as_a_list_for_each_row(
    demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["report", "station", *PERIOD, "--database", str(demo)]) == 0
    printed = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
    assert "…" not in printed
    assert all(len(line) <= 80 for line in printed.splitlines())
    item = printed.split("sanitiser")[1]
    assert re.search(r"^received +150 *$", item, re.MULTILINE)
    assert re.search(r"^handed over +101 *$", item, re.MULTILINE)


def test_names_that_look_like_markup_are_printed_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    books = str(tmp_path / "books.db")
    assert main(["init", "--name", "[red]North[/] :ok:", "--database", books]) == 0
    capsys.readouterr()
    assert main(["station", "list", "--database", books]) == 0
    assert "[red]North[/] :ok:" in capsys.readouterr().out


@pytest.mark.parametrize("is_terminal", [False, True])
@pytest.mark.parametrize("names", [("item", "on hand"), ("a name longer than its values", "口罩")])
def test_long_tables_look_as_rich_draws_them(
    is_terminal: bool,
    names: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    if is_terminal:
        monkeypatch.setenv("TTY_COMPATIBLE", "1")
    rows = [("mask", 5), ("口罩 (KN95)", 12_000), ("é e\u0301 👍🏽 [b]", -1)]
    print_table(names, rows)
    printed = capsys.readouterr().out
    drawn = Table()
    drawn.add_column(names[0])
    drawn.add_column(names[1], justify="right")
    for item, quantity in rows:
        drawn.add_row(Text(item), Text(str(quantity)))
    Console().print(drawn)
    assert printed == capsys.readouterr().out
