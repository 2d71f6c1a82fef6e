"""`supplies catalogue` registers, changes and finds records."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support.command_line import refused, run_with_usage_error

from supplies.cli import main


@pytest.fixture
def books(demo: Path, tmp_path: Path) -> Path:
    """A copy of the demo's books and keys, which these tests change."""
    shutil.copy(demo.with_suffix(".key"), tmp_path / "books.key")
    return Path(shutil.copy(demo, tmp_path / "books.db"))


def run(capsys: pytest.CaptureFixture[str], books: Path, *words: str) -> tuple[str, str]:
    """Run a command; return what it prints and its warnings."""
    assert main(["catalogue", *words, "--database", str(books)]) == 0
    printed = capsys.readouterr()
    return printed.out, printed.err


def test_a_record_gets_the_next_code_and_look_alikes_are_named(
    books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("add", "recipient", "--name", "新住户", "--set", "phone=020-1234")
    first, _ = run(capsys, books, *words)
    assert first.startswith("R-0")
    second, warning = run(capsys, books, *words)
    assert int(second.strip()[2:]) == int(first.strip()[2:]) + 1
    assert f"{first.strip()} has the same name and telephone number" in warning
    groups, _ = run(capsys, books, "look-alikes", "recipient", "--json")
    codes = [[one["code"] for one in group["records"]] for group in json.loads(groups)["items"]]
    assert [first.strip(), second.strip()] in codes


def test_households_and_places_have_their_names_of_lists(
    books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    added, _ = run(capsys, books, "add", "household", "--name", "王阿姨")
    found, _ = run(capsys, books, "list", "recipient", "--find", "王阿姨", "--json")
    assert [one["code"] for one in json.loads(found)["items"]] == [added.strip()]
    added, _ = run(capsys, books, "add", "place", "--name", "仓库B")
    assert added.startswith("L-")


@pytest.mark.parametrize(
    ("unit", "named"), [("个", "for 个, write ge or item"), ("瓶子", "such as piece, box")]
)
def test_a_unit_in_words_is_refused_with_its_codes(
    books: Path, capsys: pytest.CaptureFixture[str], unit: str, named: str
) -> None:
    words = ("catalogue", "add", "item", "--name", "手套", "--set", f"unit={unit}")
    error = refused(capsys, *words, "--database", str(books))
    assert f"unit must be a code: {named}" in error


def test_fields_are_set_and_records_are_found(
    books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    barcodes = '[{"code": "6901234567892", "pack": "box50"}]'
    run(capsys, books, "set", "item", "mask", "--set", f"barcodes={barcodes}", "--set", "minimum=9")
    shown, _ = run(capsys, books, "list", "item", "--find", "kz", "--json")
    (mask,) = json.loads(shown)["items"]
    assert (mask["code"], mask["minimum"]) == ("mask", 9)
    scanned, _ = run(capsys, books, "scan", "(01)06901234567892(10)B7")
    assert "box50" in scanned
    assert "B7" in scanned
    run(capsys, books, "set", "item", "mask", "--set", "retired=true", "--set", "minimum=")
    shown, _ = run(capsys, books, "list", "item", "--in-use")
    assert "mask" not in shown


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["set", "item", "mask"], "nothing to change"),
        (["set", "item", "mask", "--set", "minimum"], "write it as FIELD=VALUE"),
        (["set", "item", "mask", "--set", "minimum=few"], "write its value as JSON"),
        (["set", "item", "mask", "--set", "colour=red"], "colour"),
        (["set", "item", "none", "--set", "name=x"], "none is not in items"),
        (
            ["add", "donor", "--name", "x", "--set", "kind=zz"],
            "supplies: kind is 'zz', which is not one of person, organisation",
        ),
        (["add", "recipient", "--name", "x", "--set", "persons=-1"], "supplies: persons must be"),
        (["scan", "6901234567892"], "no item has the barcode 6901234567892"),
    ],
)
def test_invalid_catalogue_commands_are_refused(
    books: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert sentence in refused(capsys, "catalogue", *words, "--database", str(books))
    assert "not one of" in run_with_usage_error(capsys, "catalogue", "list", "stations")


def test_all_faults_of_a_new_record_are_named_at_once(
    books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = ("colour=red", 'packs={"box": 0}', 'shown_unit={"unit": "case", "size": 30}')
    words = [word for each in sets for word in ("--set", each)]
    add = ("catalogue", "add", "item", "--code", "mask", "--name", " ", *words)
    message = refused(capsys, *add, "--database", str(books))
    for fault in ("--name is blank", "/packs/box", "30 is not a power of ten", "mask is taken"):
        assert fault in message
