"""Count needs, pledges and deliveries from before a day that are still open."""

from __future__ import annotations

from datetime import timedelta

from support.ledger_fixture import TODAY, StationLedger

from supplies.domain import commands as c
from supplies.views.open_documents import find_older_documents

EARLIER = TODAY - timedelta(days=3)


def test_a_need_is_open_until_all_its_goods_are_handed_over(station: StationLedger) -> None:
    station.stock(30, happened_on=EARLIER)
    served = station.need(5, happened_on=EARLIER)
    ended = station.need(6, "R-2", happened_on=EARLIER)
    station.need(7, "R-2")
    assert find_older_documents(station.books, "need", TODAY) == (2, EARLIER)
    allocation = station.allocate(5, need=served)
    assert find_older_documents(station.books, "need", TODAY) == (2, EARLIER)
    station(c.CollectAllocation(allocation=allocation, received_by="self"))
    assert find_older_documents(station.books, "need", TODAY) == (1, EARLIER)
    assert find_older_documents(station.books, "need", EARLIER) is None
    station(c.EndNeed(need=ended, reason="moved"))
    assert find_older_documents(station.books, "need", TODAY) is None


def test_pledges_and_deliveries_are_open_until_nothing_is_outstanding(
    station: StationLedger,
) -> None:
    station.stock(30, happened_on=EARLIER)
    pledge = station.pledge(5, happened_on=EARLIER)
    allocation = station.allocate(5, happened_on=EARLIER)
    delivery = station.dispatch(allocation, happened_on=EARLIER)
    assert find_older_documents(station.books, "pledge", TODAY) == (1, EARLIER)
    assert find_older_documents(station.books, "delivery", TODAY) == (1, EARLIER)
    station(c.LapsePledge(pledge=pledge, reason="r"))
    station(c.UndoDispatch(delivery=delivery, reason="no car"))
    assert find_older_documents(station.books, "pledge", TODAY) is None
    assert find_older_documents(station.books, "delivery", TODAY) is None
