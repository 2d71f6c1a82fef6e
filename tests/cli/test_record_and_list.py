"""`supplies record` and `supplies list`: what REST does, from a shell script."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from support.command_line import refused, run, run_with_usage_error
from support.ledger_fixture import Clock, register_all
from support.pdf_reading import squeezed
from support.pdf_reading import text as text_of_pdf

from supplies.cli import main
from supplies.cli.lists import _LISTS
from supplies.cli.reports import report
from supplies.exports.lists import LISTS
from supplies.exports.reports import REPORTS as KINDS
from supplies.ledger.ledger import Ledger

NEED = {"type": "NoteNeed", "recipient": "R-1", "item": "mask", "quantity": 20}
BY = ("--by", "u_1")


@pytest.fixture
def books(books_path: Path, clock: Clock) -> str:
    with Ledger.open(str(books_path), station="lx", clock=clock) as ledger:
        register_all(ledger)
    return str(books_path)


def record(books: str, tmp_path: Path, text: str, *options: str) -> int:
    file = tmp_path / "command.json"
    file.write_text(text, encoding="utf-8")
    return main(["record", str(file), "--database", books, *BY, *options])


def answers(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_command_is_recorded_and_its_answer_is_json(
    books: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert record(books, tmp_path, json.dumps(NEED, indent=2)) == 0
    (answer,) = answers(capsys)
    assert (answer["seq"], answer["document"], answer["repeated"]) == (1, "n_1", False)


def test_a_repeat_with_the_same_key_records_nothing(
    books: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = json.dumps([NEED, NEED])
    assert record(books, tmp_path, both, "--key", "2020-02-05 needs") == 0
    assert [one["seq"] for one in answers(capsys)] == [1, 2]
    assert record(books, tmp_path, both, "--key", "2020-02-05 needs") == 0
    assert [(one["seq"], one["repeated"]) for one in answers(capsys)] == [(1, True), (2, True)]
    other = json.dumps([{**NEED, "quantity": 5}])
    assert record(books, tmp_path, other, "--key", "2020-02-05 needs") == 1
    (answer,) = answers(capsys)
    assert answer["error"]["type"] == "/problems/idempotency-conflict"


def test_a_refused_command_of_a_list_does_not_stop_the_others(
    books: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        json.dumps(NEED),
        json.dumps({**NEED, "quantity": 0, "item": "gauze"}),
        "{not JSON}",
        "",
        json.dumps({**NEED, "type": "NoteNeeds"}),
        json.dumps({**NEED, "quantity": 3}),
    ]
    assert record(books, tmp_path, "\n".join(lines)) == 1
    out, err = capsys.readouterr()
    given = [json.loads(line) for line in out.splitlines()]
    assert [one.get("document") for one in given] == ["n_1", None, None, None, "n_2"]
    assert {one["pointer"] for one in given[1]["error"]["errors"]} == {"/quantity", "/item"}
    assert "command 3: the command is not JSON" in err
    assert "command 4: 'NoteNeeds' is not a command; did you mean NoteNeed?" in err


def test_a_refused_command_prints_the_same_sentence_as_elsewhere(
    books: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text, words in (
        ("", "there is no command to read"),
        ("7", "neither a command nor a list"),
        ('{"recipient": "R-1"}', "the command has no `type`"),
        (json.dumps({**NEED, "quantity": 0}), "quantity"),
        (json.dumps(NEED)[:-5], "the command is not JSON"),
        ("[" * 100_000, "the command is not JSON"),
    ):
        file = tmp_path / "command.json"
        file.write_text(text, encoding="utf-8")
        assert main(["record", str(file), "--database", books, *BY]) == 1
        out, err = capsys.readouterr()
        assert words in err
        assert err.count("\n") == 1
        assert not out or words in json.loads(out)["error"]["detail"]
        assert bool(out) == (words in ("the command has no `type`", "quantity"))


def test_commands_are_read_from_standard_input(books: str) -> None:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "supplies", "record", "-", "--database", books, *BY],
        input=json.dumps(NEED),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["document"] == "n_1"
    assert run("list", "needs", "--status", "open", "--database", books).stdout.count("n_1") == 1


# --- lists ---------------------------------------------------------------------------------------


def test_every_list_of_the_books_has_a_command(demo: Path, capsys: Any) -> None:
    assert list(_LISTS) == list(LISTS)
    for name, (_, filters) in _LISTS.items():
        words = ["list", name, "--database", str(demo)]
        words += ["--account", "stock:store-a"] if "account" in filters else []
        words += ["--item", "mask"] if "needed_item" in filters else []
        assert main(words) == 0
        assert main([*words, "--json"]) == 0
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["next"] is None
        assert main([*words, "--csv"]) == 0
        rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
        assert {len(row) for row in rows} == {len(rows[0])}, name


def test_a_list_is_filtered_as_in_rest(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["list", "needs", "--status", "open", "--item", "mask", "--database", str(demo)]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["items"]
    assert found
    assert {(one["status"], one["item"]) for one in found} == {("open", "mask")}
    assert "is not one of" in refused(
        capsys, "list", "needs", "--status", "lost", "--database", str(demo)
    )
    assert "No such option '--donor'" in run_with_usage_error(
        capsys, "list", "needs", "--donor", "D-01", "--database", str(demo)
    )


def test_documents_have_a_row_for_each_line(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["list", "donations", "--donor", "D-04", "--database", str(demo)]
    assert main([*words, "--json"]) == 0
    lines = [
        (one["id"], line["item"], line["quantity"])
        for one in json.loads(capsys.readouterr().out)["items"]
        for line in one["lines"]
    ]
    assert main([*words, "--csv"]) == 0
    rows = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert [(one["id"], one["item"], int(one["quantity"])) for one in rows] == lines
    file = tmp_path / "donations.xlsx"
    assert main([*words, "--xlsx", str(file)]) == 0
    head, *below = load_workbook(file).active.iter_rows(values_only=True)
    at = [head.index(name) for name in ("id", "item", "quantity")]
    assert [tuple(row[index] for index in at) for row in below] == lines
    assert "exists already" in refused(capsys, *words, "--xlsx", str(file))
    assert "choose one of" in refused(capsys, *words, "--json", "--csv")


# --- reports -------------------------------------------------------------------------------------

REPORTS = {
    "stock": [],
    "pledges": [],
    "needs": [],
    "alerts": [],
    "deliveries": [],
    "receipts": [],
    "station": [],
    "statement": ["--donor", "D-01"],
    "disclosure": [],
    "recall": ["--item", "mask", "--batch", "B7"],
    "cover": ["--days", "14"],
    "derivation": [],
    "movements": ["--account", "stock:store-a", "--item", "mask"],
    "losses": [],
    "pledges-by-donor": [],
    "donor-values": [],
    "campaigns": [],
    "waiting": [],
    "teams": ["--team", "t_1"],
    "household": ["--recipient", "R-001"],
    "organisation-stock": [],
    "organisation-needs": [],
}


def test_every_report_is_printed_in_each_form(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert set(REPORTS) == set(report.commands)
    for name, options in REPORTS.items():
        words = ["report", name, *options, "--database", str(demo)]
        assert main(words) == 0
        assert capsys.readouterr().out.strip(), name
        assert main([*words, "--json"]) == 0
        json.loads(capsys.readouterr().out)
        assert main([*words, "--csv"]) == 0
        rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
        assert len(rows) > 1, name
        file = tmp_path / f"{name}.xlsx"
        assert main([*words, "--xlsx", str(file)]) == 0
        capsys.readouterr()
        assert load_workbook(file).worksheets[0].max_row > 1, name


@pytest.mark.parametrize(
    "name", [*KINDS, "station", "statement", "disclosure"], ids=lambda name: str(name)
)
def test_a_report_of_a_past_day_is_drawn_as_pdf(
    name: str, demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.pdf"
    words = ["report", name, *REPORTS[name], "--as-of", "2020-02-10", "-o", str(file)]
    assert main([*words, "--database", str(demo)]) == 0
    text = squeezed(text_of_pdf(file.read_bytes()))
    if name in KINDS:
        assert KINDS[name].title.zh in text
    assert "2020-02-1" in text


def test_a_report_as_of_a_day_leaves_out_what_is_booked_later(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["report", "pledges-by-donor", "--json", "--database", str(demo)]
    assert main(words) == 0
    assert [one["open"] for one in json.loads(capsys.readouterr().out)["items"]] == [0, 0]
    assert main([*words, "--as-of", "2020-02-05"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["to"], found["today"]) == ("2020-02-05", "2020-02-05")
    assert [(one["donor"], one["open"], one["late"]) for one in found["items"]] == [
        ("D-02", 1, 0),
        ("D-01", 0, 0),
    ]
    assert main([*words, "--as-of", "2020-02-05", "--from", "2020-02-06"]) == 1


def test_a_report_has_the_same_figures_in_each_form(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["report", "derivation", "--item", "sanitiser", "--database", str(demo)]
    assert main([*words, "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["items"]
    on_hand = one["on_hand"]
    assert one["lines"][-1]["balance"] == on_hand > 0
    assert main([*words, "--csv"]) == 0
    *_, last = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (last["balance"], last["on_hand"]) == (str(on_hand), str(on_hand))
