"""`supplies verify` and `supplies station seal` in books whose users were changed in SQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from support.command_line import refused

from supplies.cli import main
from supplies.signing.station_keys import key_file

INTRUDER = """
INSERT INTO users (station, code, login, role, password, made_at, made_by)
VALUES ('lx', 'u_9', 'eve', 'coordinator', '$argon2id$eve', '2020', 'u_1')
"""


@pytest.fixture
def books(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Sealed books with one coordinator."""
    file = str(tmp_path / "books.db")
    assert main(["init", "--database", file, "--station", "lx", "--name", "龙穴街社工服务站"]) == 0
    assert main(["user", "add", "chen", "--role", "coordinator", "--database", file]) == 0
    capsys.readouterr()
    return file


def change(file: str, statement: str) -> None:
    connection = sqlite3.connect(file)
    with connection:
        connection.execute(statement)
    connection.close()


def test_verify_says_what_was_compared(books: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--database", books]) == 0
    text = capsys.readouterr().out
    assert "Only programs with the keys of station lx changed its users" in text
    assert "is not known here" not in text


def test_verify_says_that_nothing_was_compared_without_the_keys(
    books: str, capsys: pytest.CaptureFixture[str]
) -> None:
    key_file(books).rename(Path(books).with_name("elsewhere"))
    assert main(["verify", "--database", books]) == 0
    text = capsys.readouterr().out
    assert "Not compared for station lx, because the key file is not here: users" in text
    assert "the station's keys, which are missing here" in refused(
        capsys, "user", "add", "li", "--role", "recorder", "--database", books
    )


def test_a_coordinator_who_was_added_in_sql_is_named_until_accepted(
    books: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change(books, INTRUDER)
    assert "the row u_9 of users" in refused(capsys, "verify", "--database", books)
    assert main(["station", "seal", "--database", books]) == 0
    assert "add --yes" in capsys.readouterr().out
    assert "the row u_9 of users" in refused(capsys, "verify", "--database", books)
    assert main(["station", "seal", "--yes", "--database", books]) == 0
    assert main(["verify", "--database", books]) == 0
    capsys.readouterr()
    assert main(["station", "seal", "--database", books]) == 0
    assert "Nothing of station lx was changed" in capsys.readouterr().out


def test_a_restored_backup_is_not_reported(
    books: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", str(tmp_path / "backup.db"), "--database", books]) == 0
    assert main(["user", "add", "li", "--role", "recorder", "--database", books]) == 0
    Path(books).write_bytes((tmp_path / "backup.db").read_bytes())
    assert "an older copy of the books was put back" in refused(
        capsys, "verify", "--database", books
    )
    for file in tmp_path.glob("books.db*"):
        file.unlink()
    assert main(["restore", str(tmp_path / "backup.db"), books]) == 0
    assert main(["verify", "--database", books]) == 0
    assert "is not known here" in capsys.readouterr().out


COMPARED = "Only programs with the keys of station lx changed its users"
NOT_COMPARED = "Not compared for station lx, because the key file is not here: users"


def words(command: str, books: str, copy: Path) -> list[str]:
    """Return the arguments that copy the books with a command."""
    if command == "backup":
        return ["backup", str(copy), "--database", books]
    return [command, books, str(copy)]


@pytest.mark.parametrize("command", ["backup", "restore", "copy"])
def test_a_copy_says_whether_its_users_and_access_log_were_compared(
    books: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main(words(command, books, tmp_path / "with-keys.db")) == 0
    message = capsys.readouterr().out
    assert COMPARED in message
    assert "is not known here" in message
    key_file(books).rename(tmp_path / "elsewhere")
    assert main(words(command, books, tmp_path / "without.db")) == 0
    message = capsys.readouterr().out
    assert NOT_COMPARED in message
    assert COMPARED not in message


@pytest.mark.parametrize("more", [[], ["--json"]])
@pytest.mark.parametrize("command", ["backup", "restore", "copy"])
def test_a_copy_with_a_user_that_was_added_in_sql_is_complete_and_reported(
    books: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    more: list[str],
) -> None:
    change(books, INTRUDER)
    copy = tmp_path / "copied.db"
    assert main([*words(command, books, copy), *more]) == 1
    message = capsys.readouterr()
    text = message.out if more else message.err
    assert "the row u_9 of users" in text
    assert ('"changed"' if more else "the copy is complete, but it differs") in text
    if not key_file(str(copy)).exists():
        key_file(str(copy)).write_bytes(key_file(books).read_bytes())
        key_file(str(copy)).chmod(0o600)
    assert "the row u_9 of users" in refused(capsys, "verify", "--database", str(copy))


def test_a_restored_copy_is_compared_with_the_keys_beside_the_backup(
    books: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = tmp_path / "backup.db"
    assert main(["backup", str(backup), "--with-keys", "--database", books]) == 0
    change(str(backup), INTRUDER)
    capsys.readouterr()
    assert main(["restore", str(backup), str(tmp_path / "restored.db")]) == 1
    assert "the row u_9 of users" in capsys.readouterr().err


def test_output_is_not_written_over_the_record_of_the_last_seal(
    books: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (record,) = Path(f"{key_file(books)}.seals").iterdir()
    text = refused(
        capsys, "station", "key", "public", "-o", str(record), "--force", "--database", books
    )
    assert "is in the folder of the last seals" in text
