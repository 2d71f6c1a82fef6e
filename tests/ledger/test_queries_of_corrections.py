"""The number of queries that a correction asks grows slowly with its lines."""

from __future__ import annotations

from collections import Counter

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item


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
    asked: Counter[str] = Counter()
    store = station.ledger.store
    for name in ("all", "one"):
        method = getattr(store, name)

        def counted(sql: str, params: object = (), method: object = method) -> object:
            asked[sql] += 1
            return method(sql, params)  # type: ignore[operator]  # a method of the store

        monkeypatch.setattr(store, name, counted, raising=False)
    station(c.Correct(entry=entry, command=donation(9), reason="recount"))
    monkeypatch.undo()
    return asked


def test_a_correction_asks_at_most_two_queries_for_each_line(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = queries_of_a_correction(station, monkeypatch, 10)
    many = queries_of_a_correction(station, monkeypatch, 40)
    grown = {sql: (many[sql] - few[sql]) / 30 for sql in many if many[sql] - few[sql] >= 15}
    assert sum(grown.values()) <= 2, grown
