"""The choice of a unit in the form of an item."""

from __future__ import annotations

import pytest
from supplies_service.pages.languages import Language
from supplies_service.pages.names import Names
from support.ledger_fixture import StationLedger

from supplies.access.access_context import AccessContext
from supplies.stations.paper_settings import paper_settings


@pytest.mark.parametrize(
    ("language", "own", "same"),
    [("zh", "盒", ["个（piece）", "个（item）"]), ("en", "box", ["piece (件)", "piece (只)"])],
)
def test_units_with_equal_words_can_be_told_apart(
    station: StationLedger, language: Language, own: str, same: list[str]
) -> None:
    books = station.books
    access = AccessContext(books, station.ledger.clock())
    names = Names(books, paper_settings(books), language, personal=False, access=access)
    labels = dict(names.units())
    assert labels["box"] == own
    assert set(same) <= set(labels.values())
    assert len(set(labels.values())) == len(labels)
