"""All entries as JSON Lines, verified without the books."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.ledger_fixture import StationLedger

from supplies.cli import main
from supplies.errors import BooksBroken, InvalidField
from supplies.exports.json_lines import entry_lines
from supplies.ledger.ledger import Ledger
from supplies.verification.entry_lines import verify_lines
from supplies.verification.verify import verify

Lines = list[bytes]


@pytest.fixture(scope="module")
def lines(everything: str) -> Lines:
    """All entries of the books."""
    with Ledger.open(everything, station="lx", create=False) as ledger:
        return list(entry_lines(ledger.books))


def test_the_lines_of_both_engines_are_verified(station: StationLedger) -> None:
    station.stock(71)
    station.allocate(10)
    verified = verify_lines(entry_lines(station.books), "file")
    assert verified.entries == station.entries()
    assert verified.hash == station.books.last_entry().hash.hex()


def test_lines_are_counted_like_the_books(everything: str, lines: Lines) -> None:
    with Ledger.open(everything, station="lx", create=False) as ledger:
        (of_books,) = verify(ledger.store, "lx").stations
    assert verify_lines(lines, "file") == of_books


def test_a_few_lines_of_python_recompute_the_hashes(lines: Lines) -> None:
    previous = bytes(32)
    for line in lines:
        body, stated = re.fullmatch(rb'\{"body":(.*),"hash":"([0-9a-f]{64})"\}\n', line).groups()  # type: ignore[union-attr]  # each line has this form
        previous = hashlib.sha256(previous + body).digest()
        assert previous.hex() == stated.decode()


def rechained(lines: Lines) -> Lines:
    """Compute all hashes anew, as somebody would who hides a change."""
    previous, made = bytes(32), []
    for line in lines:
        body = line[len(b'{"body":') : line.rindex(b',"hash":')]
        previous = hashlib.sha256(previous + body).digest()
        made.append(b'{"body":%s,"hash":"%s"}\n' % (body, previous.hex().encode()))
    return made


TAMPERED: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "a quantity": (
        lambda x: [line.replace(b",10]", b",11]") for line in x],
        "entries.hash",
    ),
    "a byte of a body": (
        lambda x: [*x[:5], x[5].replace(b'"kind":"', b'"kind":"x', 1), *x[6:]],
        "entry 6, entries.hash",
    ),
    "a space": (lambda x: [x[0].replace(b'"kind":', b'"kind": '), *x[1:]], "entry 1, entries.hash"),
    "a hash": (
        lambda x: [*x[:3], re.sub(rb'"hash":".', b'"hash":"x', x[3]), *x[4:]],
        "entry 4, entries.hash",
    ),
    "a missing line": (lambda x: [*x[:4], *x[5:]], "entry 5, entries.hash"),
    "lines in another order": (lambda x: [*x[:4], x[5], x[4], *x[6:]], "entry 5, entries.hash"),
    "a line twice": (lambda x: [*x[:5], x[4], *x[5:]], "entry 6, entries.hash"),
    "the first line": (lambda x: x[1:], "entry 1, entries.hash"),
    "half of the last line": (lambda x: [*x[:-1], x[-1][:-9]], "is not an entry"),
    "a removed entry with new hashes": (
        lambda x: rechained([*x[:4], *x[5:]]),
        "entry 5, entries.b",
    ),
    "another station with new hashes": (
        lambda x: rechained([*x[:-1], x[-1].replace(b'"station":"lx"', b'"station":"hp"')]),
        r"entries.body: expected lx (\d+), found hp \1",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_changed_lines_are_found(lines: Lines, what: str) -> None:
    tamper, error = TAMPERED[what]
    changed = tamper(lines)
    assert changed != lines
    with pytest.raises((BooksBroken, InvalidField), match=error):
        verify_lines(changed, "file")


def test_the_command_verifies_a_file_without_the_books(
    everything: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "entries.jsonl"
    assert main(["export", "jsonl", "--database", everything, "-o", str(path)]) == 0
    nowhere = ["--database", str(tmp_path / "nowhere.db")]
    capsys.readouterr()
    assert main(["verify", "--jsonl", str(path), *nowhere]) == 0
    assert "are a hash chain without gaps" in capsys.readouterr().out
    assert main(["verify", "--jsonl", str(path), "--json", *nowhere]) == 0
    assert json.loads(capsys.readouterr().out)["station"] == "lx"
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"kind":"pledge_made"', b'"kind":"need_noted"', 1))
    assert main(["verify", "--jsonl", str(path), *nowhere]) == 1
    assert "this entry or its hash was changed" in capsys.readouterr().err
    assert main(["verify", "--jsonl", str(path), "--station", "hp", *nowhere]) == 1
    assert "entries of station lx, not of hp" in capsys.readouterr().err
    path.write_bytes(b"")
    assert main(["verify", "--jsonl", str(path), *nowhere]) == 1
    assert "contains no entries" in capsys.readouterr().err


def test_a_checkpoint_shows_that_entries_are_missing_at_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    books, path, signed = (str(tmp_path / name) for name in ("b.db", "b.jsonl", "b.checkpoints"))
    assert main(["demo", "--database", books]) == 0
    assert main(["verify", "--database", books, "--checkpoint", signed]) == 0
    assert main(["export", "jsonl", "--database", books, "-o", path]) == 0
    capsys.readouterr()
    assert main(["verify", "--jsonl", path, "--witness", signed]) == 0
    assert "The entries of 1 checkpoint are in the file." in capsys.readouterr().out
    content = Path(path).read_bytes().splitlines(keepends=True)
    Path(path).write_bytes(b"".join(content[:-1]))
    assert main(["verify", "--jsonl", path]) == 0
    assert main(["verify", "--jsonl", path, "--witness", signed]) == 1
    assert "the last entries were removed" in capsys.readouterr().err
