"""`supplies report` prints reports as tables and JSON, and writes them as PDF."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pypdf import PdfReader
from support.command_line import PERIOD, refused, run_with_usage_error
from support.pdf_reading import text as text_of_pdf

from supplies.cli import main


def test_the_station_report_as_json_has_the_shape_of_the_rest_api(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["report", "station", "--from", "2020-02-03", "--to", "2020-02-13", "--json"]
    assert main([*words, "--database", str(demo)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["workers"] == 14
    assert report["goods"][0] == {
        "item": "disinfectant",
        "unit": "bottle",
        "opening": 0,
        "received": 2,
        "handed_over": 0,
        "used": 2,
        "lost": 0,
        "unexplained": 0,
        "other": 0,
        "on_hand": 0,
        "allocated": 0,
        "in_transit": 0,
    }


def test_the_tables_of_the_station_report_have_each_figure_once(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    period = ["--from", "2020-02-03", "--to", "2020-02-13"]
    assert main(["report", "station", *period, "--database", str(demo)]) == 0
    printed = capsys.readouterr().out
    assert [printed.count(word) for word in ("visit", "contact", "worker")] == [1, 1, 1]


def test_tables_in_the_terminal_have_words_rather_than_json(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "teams", "--database", str(demo)]) == 0
    assert "handed_over 16, not_at_home 1" in capsys.readouterr().out
    assert main(["list", "entries", "--kind", "delivery_closed", "--database", str(demo)]) == 0
    heading = capsys.readouterr().out.splitlines()[1]
    assert "station" in heading
    assert not {"id", "hash", "previous", "body"} & set(heading.split())


@pytest.mark.parametrize(
    ("what", "contains"),
    [
        ("stock", "l_"),
        ("pledges", "mask"),
        ("needs", "mask"),
        ("deliveries", "v_170"),
        ("receipts", "JZ-2020-000001"),
        ("alerts", "local address"),
    ],
)
def test_lists_are_printed_as_tables_and_as_json(
    demo: Path, capsys: pytest.CaptureFixture[str], what: str, contains: str
) -> None:
    assert main(["report", what, "--database", str(demo)]) == 0
    assert contains in capsys.readouterr().out
    assert main(["report", what, "--json", "--database", str(demo)]) == 0
    assert json.loads(capsys.readouterr().out)["items"]


def test_stock_is_reported_as_of_the_end_of_a_day(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["report", "stock", "--as-of", "2020-02-05", "--json", "--database", str(demo)]
    assert main(words) == 0
    rows = json.loads(capsys.readouterr().out)["items"]
    assert {row["item"] for row in rows} == {"mask", "leaflet"}
    assert "'yesterday' is not a day: write it as 2020-02-03" in run_with_usage_error(
        capsys, "report", "stock", "--as-of", "yesterday", "--database", str(demo)
    )


@pytest.mark.parametrize(
    "what",
    [["station"], ["disclosure"], ["statement", "--donor", "D-01"], ["waiting"], ["derivation"]],
    ids=" ".join,
)
def test_a_report_as_of_a_day_tells_of_no_later_day(
    what: list[str], demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["report", *what, "--database", str(demo), "--as-of", "2020-02-06"]
    if what == ["derivation"]:
        words += ["--item", "mask"]
    period = ["--from", "2020-02-03", "--to"]
    shown = []
    for last in ("2020-02-13", "2020-02-06"):
        assert main([*words, *period, last, "--json"]) == 0
        shown.append(json.loads(capsys.readouterr().out))
    assert shown[0] == shown[1]
    assert shown[0]["to"] == "2020-02-06"
    paper = tmp_path / "report.pdf"
    assert main([*words, *period, "2020-02-13", "-o", str(paper)]) == 0
    text = text_of_pdf(paper.read_bytes())
    assert "Asoftheendof2020-02-06" in text
    assert "2020-02-13" not in text
    assert "Asofentry" not in text


@pytest.mark.parametrize("what", [["statement", "--donor", "D-02"], ["disclosure"]])
def test_statement_and_disclosure_are_printed_and_written_as_pdf(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], what: list[str]
) -> None:
    words = ["report", *what, *PERIOD, "--database", str(demo)]
    assert main(words) == 0
    assert "sanitiser" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["from"] == "2020-02-03"
    paper = tmp_path / "paper.pdf"
    assert main([*words, "-o", str(paper)]) == 0
    assert f"The {what[0]} is in" in capsys.readouterr().out
    assert "南沙爱心协会" in PdfReader(paper).pages[0].extract_text()


def test_the_station_report_is_written_as_pdf(demo: Path, tmp_path: Path) -> None:
    paper = tmp_path / "report.pdf"
    words = ["report", "station", *PERIOD, "--output", str(paper), "--database", str(demo)]
    assert main(words) == 0
    assert "工作报告" in PdfReader(paper).pages[0].extract_text()


@pytest.mark.parametrize(
    "what",
    [["station"], ["station", "--organisation"], ["statement", "--donor", "D-01"], ["disclosure"]],
)
def test_a_report_without_a_period_covers_all_entries(
    demo: Path, capsys: pytest.CaptureFixture[str], what: list[str]
) -> None:
    words = ["report", *what, "--json", "--database", str(demo)]
    assert main(words) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["from"], report["to"]) == ("2020-02-03", "2020-02-14")
    assert main([*words, "--from", "2020-02-05"]) == 0
    assert json.loads(capsys.readouterr().out)["from"] == "2020-02-05"


def test_a_statement_without_a_donor_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Missing option '--donor'" in run_with_usage_error(
        capsys, "report", "statement", *PERIOD
    )


def test_an_existing_file_of_a_report_is_replaced_only_if_told_to(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for option in ("--xlsx", "--pdf"):
        words = ["report", "stock", "--database", str(demo), option, str(tmp_path / "report")]
        (tmp_path / "report").write_text("mine")
        assert main(words) == 1
        assert "exists already" in capsys.readouterr().err
        assert main([*words, "--force"]) == 0
        assert (tmp_path / "report").read_bytes()[:2] in (b"PK", b"%P")


def test_a_report_has_one_form_at_a_time(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "stock.csv"
    words = ["report", "stock", "--database", str(demo), "--csv", "-o", str(file)]
    assert main(words) == 1
    assert "choose one of --json, --csv, --xlsx and --pdf" in capsys.readouterr().err
    assert not file.exists()


def test_an_option_of_another_report_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert "No such option '--from'" in run_with_usage_error(
        capsys, "report", "stock", "--from", "2020-02-05"
    )


def test_stock_and_needs_over_an_organisation_are_reported_as_of_a_day_and_as_pdf(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def on_hand(noun: str, *more: str) -> int:
        words = ["report", noun, "--organisation", "--json", "--database", str(demo), *more]
        assert main(words) == 0
        figure = "on_hand" if noun == "stock" else "needed"
        return sum(one[figure] for one in json.loads(capsys.readouterr().out)["items"])

    for noun in ("stock", "needs"):
        assert on_hand(noun) != on_hand(noun, "--as-of", "2020-02-06")
        file = tmp_path / f"{noun}.pdf"
        words = ["report", noun, "--organisation", "--database", str(demo), "-o", str(file)]
        assert main(words) == 0
        assert file.read_bytes().startswith(b"%PDF")
        capsys.readouterr()
    words = ["report", "needs", "--organisation", "--database", str(demo)]
    assert "has no period" in refused(capsys, *words, "--from", "2020-02-05")


def test_options_may_come_before_the_name_of_the_report(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "--json", "--database", str(demo), "needs"]) == 0
    assert json.loads(capsys.readouterr().out)["items"]


def test_an_unknown_report_gives_an_error_that_lists_all_reports(
    capsys: pytest.CaptureFixture[str],
) -> None:
    message = run_with_usage_error(capsys, "report", "volunteers")
    assert (
        "Use one of: stock, pledges, needs, alerts, deliveries, receipts, station, statement, "
        "recall, disclosure, cover, derivation, movements, losses, pledges-by-donor, donor-values, "
        "campaigns, waiting, teams, household, organisation-stock, organisation-needs." in message
    )
    assert "Did you mean 'pledges'?" in run_with_usage_error(capsys, "report", "pledge")
