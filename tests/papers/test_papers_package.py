"""The package of papers as other programs use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import supplies_receipts
from supplies_receipts.__main__ import main, receipt


def test_importing_the_package_loads_no_drawing_library() -> None:
    program = "import sys, supplies_receipts; print('reportlab' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"False"


def test_a_paper_can_be_drawn_more_than_once() -> None:
    """The first call must not replace a function by a module of the same name."""
    for _ in range(2):
        assert supplies_receipts.draw_receipt(receipt()).startswith(b"%PDF")
    assert all(callable(getattr(supplies_receipts, name)) for name in supplies_receipts.__all__)


def test_the_samples_are_written_where_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "new")]) == 0
    written = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert written == [
        "collection-slip.pdf", "count-sheet.pdf", "delivery-slips-a5.pdf", "delivery-slips.pdf",
        "disclosure.pdf", "donor-statement.pdf", "organisation-report.pdf",
        "receipt-of-60-lines.pdf", "receipt.pdf", "receipts.pdf", "run-sheet.pdf",
        "station-report.pdf",
    ]  # fmt: skip
    output = capsys.readouterr().out
    assert all(name in output for name in written)


def test_wrong_arguments_print_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["a", "b"]) == 2
    assert "usage" in capsys.readouterr().err


def test_the_font_is_stored_with_its_licence() -> None:
    fonts = Path(supplies_receipts.__file__).parent / "drawing" / "fonts"
    assert "SIL OPEN FONT LICENSE" in (fonts / "OFL.txt").read_text(encoding="utf-8")
    assert (fonts / "regular.ttf.xz").is_file()
