"""How PostgreSQL sorts text and plans queries."""

from __future__ import annotations

import pytest
from support.ledger_fixture import Clock, StationLedger, register_all

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item
from supplies.ledger.ledger import Ledger
from supplies.ledger.writer import Request
from supplies.storage.postgresql.store import ANALYZE_AFTER_ROWS

GIFT = c.RecordDonation(
    location="store", handled_by="x", lines=[c.DonationLine(item="mask", quantity=1)]
)


@pytest.fixture
def engine() -> str:
    return "postgresql"


def test_text_sorts_by_code_points_with_any_collation(
    station: StationLedger,
) -> None:
    station.ledger.register(*(Item(code=code, name=code) for code in ("Z", "a", "B", "b-1", "b1")))
    codes = [code for (code,) in station.books.all("SELECT code FROM items ORDER BY code")]
    assert codes == sorted(codes)
    assert codes[:2] == ["B", "Z"]


def test_new_books_are_analyzed_so_that_queries_use_their_index(own_url: str) -> None:
    """Without statistics, the server might read a whole index to find one entry."""
    plan = "EXPLAIN SELECT body FROM entries WHERE station = 'lx' AND id = 'x'"
    with Ledger.open(own_url, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        # The index of the names alone has more rows than the first ANALYZE waits for.
        names = [f"made up {number}" for number in range(ANALYZE_AFTER_ROWS[0] // 4)]
        ledger.register(*(Item(code=f"i-{at}", name=name) for at, name in enumerate(names)))
        ledger.record_many([Request(command=GIFT, by="u_1")] * (ANALYZE_AFTER_ROWS[1] // 10))
        (first, *_) = ledger.store.all(plan)
        assert "entries_station_id_key" in first[0]


def test_many_commands_in_one_transaction_lock_no_row_in_groups(own_url: str) -> None:
    """A group of transactions that lock one row (multixact) must be looked up by every reader."""
    with Ledger.open(own_url, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        ledger.record(GIFT, by="u_1")
        before = next_group(ledger)
        ledger.record_many([Request(command=GIFT, by="u_1")] * 20)
        assert next_group(ledger) == before


def next_group(ledger: Ledger) -> int:
    """Return the number of the next group of transactions that lock one row."""
    ledger.store.run("CHECKPOINT")
    row = ledger.store.one("SELECT next_multixact_id::text FROM pg_control_checkpoint()")
    assert row is not None
    return int(row[0])
