"""`supplies receipt`, `slips` and `run-sheet` write PDF files."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfReader
from support.command_line import refused

from supplies.cli import main
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Location, Station
from supplies.ledger.ledger import Ledger


def test_a_receipt_is_written_as_pdf_and_is_the_same_each_time(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = tmp_path / "receipt.pdf"
    words = ["receipt", "JZ-2020-000003", "-o", str(paper), "--database", str(demo)]
    assert main(words) == 0
    capsys.readouterr()
    text = PdfReader(paper).pages[0].extract_text()
    assert "捐赠物资接收凭证" in text
    assert "贰拾壹" in text
    assert "JZ-2020-000002" in text
    first = paper.read_bytes()
    assert main([*words, "--force"]) == 0
    assert paper.read_bytes() == first


def test_all_receipts_of_a_period_are_written_as_one_pdf(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = tmp_path / "receipts.pdf"
    days = ["--from", "2020-02-03", "--to", "2020-02-13"]
    words = ["receipt", "-o", str(paper), "--database", str(demo)]
    assert main([*words, *days]) == 0
    printed = capsys.readouterr()
    assert "6 receipts" in printed.out
    assert "the QR code of receipt JZ-2020-000001 leads to http://127.0.0.1:8000" in printed.err
    assert len(PdfReader(paper).pages) == 6
    assert "a period needs both days" in refused(capsys, *words)
    assert "not both" in refused(capsys, *words, *days, "JZ-2020-000001")
    empty = ["--from", "2019-02-03", "--to", "2019-02-13"]
    assert "no valid receipt was issued" in refused(capsys, *words, *empty, "--force")


def test_an_unknown_receipt_and_an_unwritable_file_are_refused(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = tmp_path / "receipt.pdf"
    words = ["receipt", "JZ-2020-999999", "-o", str(paper), "--database", str(demo)]
    assert "unknown receipt JZ-2020-999999" in refused(capsys, *words)
    assert not paper.exists()
    words = ["receipt", "JZ-2020-000001", "-o", str(tmp_path / "no" / "x.pdf")]
    assert "cannot be read or written" in refused(capsys, *words, "--database", str(demo))


@pytest.mark.parametrize("paper", ["roll", "a5"])
def test_slips_and_run_sheet_of_a_delivery_are_written(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], paper: str
) -> None:
    delivery = next(demo.with_name("demo-papers").glob("run-sheet-*")).stem[len("run-sheet-") :]
    file = tmp_path / "paper.pdf"
    words = [delivery, "-o", str(file), "--database", str(demo)]
    assert main(["slips", *words, "--paper", paper]) == 0
    count = int(capsys.readouterr().out.split()[0])
    assert len(PdfReader(file).pages) >= count > 0
    assert main(["run-sheet", *words, "--force"]) == 0
    assert "出车单" in PdfReader(file).pages[0].extract_text()
    capsys.readouterr()
    other = ["dl_none", "-o", str(tmp_path / "other.pdf"), "--database", str(demo)]
    assert "unknown delivery dl_none" in refused(capsys, "slips", *other)


def test_a_count_sheet_is_written_blind_or_with_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    books = str(tmp_path / "books.db")
    with Ledger.open(books, station="lx") as ledger:
        ledger.register(
            Station(code="lx", name="龙穴街"),
            Item(code="mask", name="口罩"),
            Location(code="store", name="Store"),
        )
        line = c.ArrivalLine(item="mask", quantity=4711)
        ledger.record(c.OpenStock(location="store", lines=[line]), by="u_1")
        ledger.record(c.OpenCountSheet(location="store"), by="u_1")
    file = tmp_path / "sheet.pdf"
    words = ["count-sheet", "c_2", "-o", str(file), "--database", books]
    assert main(words) == 0
    assert "Count sheet c_2 is in" in capsys.readouterr().out
    assert "4,711" not in PdfReader(file).pages[0].extract_text()
    assert main([*words, "--figures", "--force"]) == 0
    assert "4,711" in PdfReader(file).pages[0].extract_text()
