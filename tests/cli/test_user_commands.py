"""`supplies user` adds and disables users, sets passwords and issues tokens."""

from __future__ import annotations

import getpass
import json
import sys
from io import StringIO
from pathlib import Path

import pytest
from support.command_line import refused, run_with_usage_error

from supplies.cli import main

PASSWORD = "carry four baskets home"


@pytest.fixture
def books_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The options that name the new books of one station."""
    words = ["--database", str(tmp_path / "books.db")]
    assert main(["init", *words, "--name", "x"]) == 0
    capsys.readouterr()
    return words


def type_lines(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Put lines into standard input."""
    monkeypatch.setattr(sys, "stdin", StringIO("".join(f"{line}\n" for line in lines)))


def users(capsys: pytest.CaptureFixture[str], books_options: list[str]) -> list[dict[str, object]]:
    capsys.readouterr()
    assert main(["user", "list", "--json", *books_options]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_a_new_user_sets_their_password_at_a_one_time_address(
    books_options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["user", "add", "chen", "--role", "coordinator", *books_options]) == 0
    printed = capsys.readouterr().out
    assert "chen is a coordinator; entries name them u_" in printed
    assert "/invitation/" in printed
    (user,) = users(capsys, books_options)
    assert (user["login"], user["role"], user["has_password"]) == ("chen", "coordinator", False)
    assert main(["user", "list", *books_options]) == 0
    assert "no password yet" in capsys.readouterr().out


def test_a_password_from_standard_input_is_set_at_once(
    books_options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_lines(monkeypatch, PASSWORD)
    assert (
        main(["user", "add", "chen", "--role", "recorder", "--password-from-stdin", *books_options])
        == 0
    )
    assert "/invitation/" not in capsys.readouterr().out
    (user,) = users(capsys, books_options)
    assert user["has_password"]


def test_a_password_must_not_contain_the_login_unless_the_login_is_short(
    books_options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def add(login: str) -> list[str]:
        type_lines(monkeypatch, PASSWORD)
        return ["user", "add", login, "--role", "recorder", "--password-from-stdin", *books_options]

    assert main(add("a")) == 0
    assert main(add("Car")) == 0
    assert "this password is easy to guess" in refused(capsys, *add("Basket"))


def test_a_forgotten_password_is_replaced_from_standard_input(
    books_options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["user", "add", "chen", "--role", "recorder", *books_options]) == 0
    type_lines(monkeypatch, PASSWORD)
    assert main(["user", "password", "chen", *books_options]) == 0
    assert "chen signs in with the new password" in capsys.readouterr().out
    (user,) = users(capsys, books_options)
    assert user["has_password"]


def test_a_password_typed_on_a_terminal_must_be_typed_twice(
    books_options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["user", "add", "chen", "--role", "recorder", *books_options]) == 0
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    answers = [PASSWORD, "another one", PASSWORD, PASSWORD]
    monkeypatch.setattr(getpass, "getpass", lambda prompt: answers.pop(0))
    words = ["user", "password", "chen", *books_options]
    assert "the two passwords differ; nothing was changed" in refused(capsys, *words)
    assert main(words) == 0
    assert not answers


def test_a_disabled_user_gets_neither_a_password_nor_a_token(
    books_options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for login in ("chen", "li"):
        assert main(["user", "add", login, "--role", "recorder", *books_options]) == 0
    assert main(["user", "disable", "li", *books_options]) == 0
    assert "li can no longer sign in" in capsys.readouterr().out
    assert main(["user", "list", *books_options]) == 0
    assert "no, disabled on " in capsys.readouterr().out
    assert "li is disabled" in refused(capsys, "user", "password", "li", *books_options)
    assert "li is disabled" in refused(capsys, "user", "token", "li", *books_options)


def test_a_disabled_user_is_enabled_with_a_new_address(
    books_options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["user", "add", "li", "--role", "recorder", *books_options]) == 0
    assert "li is not disabled" in refused(capsys, "user", "enable", "li", *books_options)
    assert main(["user", "disable", "li", *books_options]) == 0
    capsys.readouterr()
    assert main(["user", "enable", "li", *books_options]) == 0
    assert "/invitation/" in capsys.readouterr().out
    (user,) = users(capsys, books_options)
    assert user["disabled_at"] is None


def test_a_user_gets_another_role(
    books_options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["user", "add", "li", "--role", "recorder", *books_options]) == 0
    words = ["user", "role", "li", *books_options, "--role"]
    assert "a courier needs a team" in refused(capsys, *words, "courier")
    assert main([*words, "auditor"]) == 0
    assert "li has the role auditor now" in capsys.readouterr().out
    assert main([*words, "auditor"]) == 0
    assert "nothing was changed" in capsys.readouterr().out
    (user,) = users(capsys, books_options)
    assert user["role"] == "auditor"


def test_a_token_alone_is_on_standard_output(
    books_options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["user", "add", "chen", "--role", "coordinator", *books_options]) == 0
    capsys.readouterr()
    words = [
        "user",
        "token",
        "chen",
        "--label",
        "app",
        "--role",
        "auditor",
        "--days",
        "7",
        *books_options,
    ]
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert len(out.split()) == 1
    assert "Token for chen as auditor, valid until " in err


@pytest.mark.parametrize("days", ["0", "-1", "731", "9" * 20])
def test_a_token_lasts_1_to_730_days(
    books_options: list[str], capsys: pytest.CaptureFixture[str], days: str
) -> None:
    assert main(["user", "add", "chen", "--role", "coordinator", *books_options]) == 0
    capsys.readouterr()
    message = run_with_usage_error(capsys, "user", "token", "chen", "--days", days, *books_options)
    assert "is not a whole number from 1 to 730" in message


def test_a_token_cannot_exceed_the_role_of_its_user(
    books_options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["user", "add", "chen", "--role", "recorder", *books_options]) == 0
    words = ["user", "token", "chen", "--role", "coordinator", *books_options]
    message = "a token of a recorder can be recorder or auditor, not coordinator"
    assert message in refused(capsys, *words)


def test_a_user_without_a_role_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert "coordinator,\n\trecorder,\n\tcourier,\n\tauditor" in run_with_usage_error(
        capsys, "user", "add", "chen"
    )
