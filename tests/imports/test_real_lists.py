"""Published lists of real donations, if `SUPPLIES_REAL_DATA` names the folder with them."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import chain
from pathlib import Path

import pytest
from support.ledger_fixture import Clock

from supplies import Location, Station
from supplies.domain.entries import decode_body
from supplies.domain.entry_rows import PackedLine
from supplies.imports.import_results import ImportOptions, ImportResult
from supplies.imports.importer import import_rows
from supplies.imports.quantities import Units
from supplies.ledger.ledger import Ledger
from supplies.papers.units import SHIPPED_UNITS

FOLDER = os.environ.get("SUPPLIES_REAL_DATA")

pytestmark = pytest.mark.skipif(FOLDER is None, reason="SUPPLIES_REAL_DATA is not set")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    clock = Clock(date(2022, 1, 1))
    with Ledger.open(str(tmp_path / "books.db"), station="lx", clock=clock) as opened:
        opened.register(
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


def sums_of(expected: dict[str, object]) -> Iterator[tuple[str, int]]:
    sums = expected["sum_by_unit"]
    assert isinstance(sums, dict)
    yield from sums.items()


def listed(result: ImportResult, words: str) -> int:
    return sum(words in one.why for one in result.listed)


OTHER_WORDS = {"": "件", "case": "piece", "小盒": "盒", "小箱": "箱"}
"""Units without a code of their own, and the unit that an import takes for each."""


def by_unit(quantities: Iterator[tuple[str, int]]) -> dict[str, int]:
    """Add up quantities by the code of their unit. Units with the same word count as one."""
    units = Units({code: (one.zh, one.en, one.en_many) for code, one in SHIPPED_UNITS.items()})
    found: Counter[str] = Counter()
    for word, quantity in quantities:
        known = OTHER_WORDS.get(word, word)
        found[(units.codes(known) or [known])[0]] += quantity
    return {unit: total for unit, total in found.items() if total}


def moved(ledger: Ledger, kind: str, target: str) -> Iterator[tuple[str, int]]:
    """Yield the unit and quantity of all goods that entries of a kind moved, in packs if stated."""
    for (body,) in ledger.store.all("SELECT body FROM entries WHERE kind = ?", (kind,)):
        entry = decode_body(body)
        for transfer in entry.transfers:
            if transfer.target.startswith(target):
                yield ledger.books.item(transfer.item).unit, transfer.quantity
        for row in entry.rows:
            if isinstance(row, PackedLine):
                yield ledger.books.item(row.item).unit, -row.quantity * row.size
                yield row.pack.rstrip("0123456789"), row.quantity


def not_recorded(result: ImportResult, unit: int, quantity: int) -> Iterator[tuple[str, int]]:
    """Yield the unit and quantity of the listed rows, by the indexes of their cells."""
    for one in result.listed:
        yield one.cells[unit], int(one.cells[quantity] or 0)


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
    assert by_unit(
        chain(moved(ledger, "donation_received", "stock:"), not_recorded(donations, 7, 8))
    ) == by_unit(sums_of(expected))
    name = "wuhan_distributions_out_20200203-0208"
    distributions = run(ledger, "distributions", f"{name}.csv")
    expected = oracle(f"{name}.oracle.json")
    assert (distributions.rows, len(distributions.equal)) == (
        expected["rows"],
        expected["exact_duplicate_rows"],
    )
    assert by_unit(
        chain(moved(ledger, "handed_out", "received:"), not_recorded(distributions, 6, 7))
    ) == by_unit(sums_of(expected))
