"""Published lists of real donations, if `SUPPLIES_REAL_DATA` names the folder with them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from support.engines import without_fsync
from support.ledger_fixture import Clock

from supplies import Location, Station
from supplies.imports.import_results import ImportOptions, ImportResult
from supplies.imports.importer import import_rows
from supplies.ledger.ledger import Ledger

FOLDER = os.environ.get("SUPPLIES_REAL_DATA")

pytestmark = pytest.mark.skipif(FOLDER is None, reason="SUPPLIES_REAL_DATA is not set")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    clock = Clock(date(2022, 1, 1))
    with Ledger.open(str(tmp_path / "books.db"), station="lx", clock=clock) as opened:
        without_fsync(opened).register(
            Station(code="lx", name="站", zone="Asia/Shanghai"), Location(code="store", name="仓")
        )
        yield opened
        opened.verify()


def run(ledger: Ledger, kind: str, name: str, **columns: str) -> ImportResult:
    options = ImportOptions(
        columns=columns,
        values={"location": "store", **({"handled_by": "x"} if kind == "donations" else {})}
        if kind != "pledges"
        else {},
        create_items=True,
        create_people=True,
        open_missing=True,
    )
    result = import_rows(ledger, kind, Path(str(FOLDER)) / name, by="u-1", options=options)
    assert result.rows == result.recorded + result.before + len(result.listed)
    return result


def oracle(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((Path(str(FOLDER)) / name).read_text())
    return found


def listed(result: ImportResult, words: str) -> int:
    return sum(words in one.why for one in result.listed)


def test_offers_and_matches_give_the_totals_of_the_oracle(ledger: Ledger) -> None:
    expected = oracle("getusppe.oracle.json")
    nonpositive = expected["nonpositive"]
    assert isinstance(nonpositive, dict)
    offers = run(ledger, "pledges", "getusppe_offers.csv")
    assert offers.rows == expected["offers"]
    assert listed(offers, "is not a quantity of goods") == nonpositive["offers"]
    assert len(offers.listed) == nonpositive["offers"]
    matches = run(ledger, "allocations", "getusppe_matches.csv", day="closedOrDelivered")
    assert matches.rows == expected["matches"]
    received: dict[str, int] = {}
    for (_, item, _), quantity in ledger.books.nonzero_balances("received:").items():
        name = ledger.books.item(item).name
        received[name] = received.get(name, 0) + quantity
    # The oracle adds up negative lines too. They are listed, and nothing was handed over for them.
    for one in matches.listed:
        if one.why.startswith("-"):
            status, item, quantity = one.cells[3], one.cells[7], int(one.cells[8])
            received[item] = received.get(item, 0) + (quantity if status == "delivered" else 0)
    assert received == expected["delivered_by_item"]


def test_published_donations_and_distributions_are_recorded_or_listed(ledger: Ledger) -> None:
    name = "wuhan_donations_in_20200129-0203"
    donations = run(ledger, "donations", f"{name}.csv", quantity="qty_raw")
    expected = oracle(f"{name}.oracle.json")
    assert donations.rows == expected["rows"]
    assert listed(donations, "is missing") == expected["unbookable_rows"]
    name = "wuhan_distributions_out_20200203-0208"
    distributions = run(ledger, "distributions", f"{name}.csv")
    expected = oracle(f"{name}.oracle.json")
    assert (distributions.rows, len(distributions.equal)) == (
        expected["rows"],
        expected["exact_duplicate_rows"],
    )
