"""The number of queries that a command asks grows slowly with its lines, or with open needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Recipient


@contextmanager
def counted_queries(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Counter[str]]:
    """Count how often each query is asked in the `with` block."""
    asked: Counter[str] = Counter()
    store = station.ledger.store
    for name in ("all", "one"):
        method = getattr(store, name)

        def counted(sql: str, params: object = (), method: object = method) -> object:
            asked[sql] += 1
            return method(sql, params)  # type: ignore[operator]  # a method of the store

        monkeypatch.setattr(store, name, counted, raising=False)
    yield asked
    monkeypatch.undo()


def queries_of_a_correction(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch, lines: int
) -> Counter[str]:
    """Correct a donation of many lines on a pledge; return how often each query is asked."""
    items = [f"i-{lines}-{number}" for number in range(lines)]
    station.ledger.register(*(Item(code=code, name=code) for code in items))
    promised = [c.PledgeLine(item=code, quantity=10) for code in items]
    pledge = str(station(c.MakePledge(donor="D-1", lines=promised)).document)

    def donation(quantity: int) -> c.RecordDonation:
        donated = [c.DonationLine(item=code, quantity=quantity, pledge=pledge) for code in items]
        return c.RecordDonation(donor="D-1", location="store", handled_by="陈某", lines=donated)

    entry = station(donation(8)).seq
    with counted_queries(station, monkeypatch) as asked:
        station(c.Correct(entry=entry, command=donation(9), reason="recount"))
    return asked


def queries_of_a_hand_out(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch, needs: int
) -> int:
    """Hand goods out to a recipient with many open needs; return the number of queries."""
    recipient = f"with-{needs}"
    station.ledger.register(Recipient(code=recipient, name="made up"))
    for _ in range(needs):
        station(c.NoteNeed(recipient=recipient, item="mask", quantity=10))
    opened = [c.ArrivalLine(item="mask", quantity=10)]
    station(c.OpenStock(location="store", lines=opened))
    handed = [c.RecipientLine(item="mask", quantity=5)]
    with counted_queries(station, monkeypatch) as asked:
        station(c.HandOut(recipient=recipient, location="store", lines=handed))
    return asked.total()


def test_a_correction_asks_at_most_two_queries_for_each_line(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = queries_of_a_correction(station, monkeypatch, 10)
    many = queries_of_a_correction(station, monkeypatch, 40)
    grown = {sql: (many[sql] - few[sql]) / 30 for sql in many if many[sql] - few[sql] >= 15}
    assert sum(grown.values()) <= 2, grown


def test_a_hand_out_asks_as_many_queries_with_many_open_needs_as_with_one(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert queries_of_a_hand_out(station, monkeypatch, 20) == queries_of_a_hand_out(
        station, monkeypatch, 1
    )
