"""`supplies user` adds users and issues tokens."""

from __future__ import annotations

import sys
from io import StringIO
from pathlib import Path

import pytest
from support.command_line import refused

from supplies.cli import main


def test_a_password_must_not_contain_the_login_unless_the_login_is_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--database", str(tmp_path / "books.db")]
    assert main(["init", *at, "--name", "x"]) == 0
    capsys.readouterr()

    def add(login: str) -> list[str]:
        monkeypatch.setattr(sys, "stdin", StringIO("carry four baskets home\n"))
        return ["user", "add", login, "--role", "recorder", "--password-from-stdin", *at]

    assert main(add("a")) == 0
    assert main(add("Car")) == 0
    capsys.readouterr()
    assert "it holds the name that goes with it" in refused(capsys, *add("Basket"))
