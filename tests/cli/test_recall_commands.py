"""`supplies report recall` and `supplies quarantine`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command_line import refused
from support.ledger_fixture import Clock, StationLedger, register_all

from supplies.cli import main
from supplies.ledger.ledger import Ledger


@pytest.fixture
def books(books_path: Path, clock: Clock) -> str:
    with Ledger.open(str(books_path), station="lx", clock=clock) as ledger:
        register_all(ledger)
        StationLedger(ledger, clock).stock(10, batch="B7")
    return str(books_path)


def test_a_batch_is_reported_and_moved_to_a_quarantine(
    books: str, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = ["--item", "mask", "--batch", "b7", "--database", books]
    assert main(["report", "recall", *batch]) == 0
    assert "store" in capsys.readouterr().out
    assert main(["quarantine", "--to", "ward", *batch]) == 0
    assert "10 in quarantine, 0 set aside" in capsys.readouterr().out
    assert main(["report", "recall", "--json", *batch]) == 0
    (totals,) = json.loads(capsys.readouterr().out)["totals"]
    assert (totals["free"], totals["quarantined"]) == (0, 10)
    assert "nothing of batch b7" in refused(capsys, "quarantine", "--to", "ward", *batch)
