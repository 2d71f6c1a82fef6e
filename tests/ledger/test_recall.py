"""Recall of a batch: where its goods are, whom they reached, and moving them to a quarantine."""

from __future__ import annotations

import pytest
from support.ledger_fixture import StationLedger
from support.refusals import assert_refused

from supplies.domain import commands as c
from supplies.errors import AlreadyDone, InvalidField, NotFound
from supplies.views.recall import Recall, build_recall
from supplies.views.stock_documents import get_stock_document


def spread(station: StationLedger) -> None:
    """Bring goods of batch B7 everywhere, and some of batch B8 to the store."""
    station.stock(40, batch="B7")
    station.stock(5, batch="b7", location="annex")
    station.stock(3, batch="B7", location="ward")
    station.stock(9, batch="B8")
    lines = [c.RecipientLine(item="mask", quantity=4)]
    station(c.HandOut(recipient="R-1", location="store", lines=lines))
    station.dispatch(station.allocate(6, recipient="R-2"))
    station.allocate(2)
    station(
        c.IssueGoods(purpose="gate", location="store", lines=[c.LotLine(item="mask", quantity=1)])
    )
    station(
        c.Convert(
            location="store",
            consumed=[c.LotLine(item="mask", quantity=7)],
            produced=[c.ConvertedLine(item="soap", quantity=2)],
        )
    )


def recall(station: StationLedger, batch: str = "B7") -> Recall:
    return build_recall(station.books, "mask", batch)


def free(station: StationLedger) -> dict[str, int]:
    return {one.item: one.free for one in recall(station).totals}


def test_a_recall_finds_the_goods_of_a_batch_wherever_they_are(station: StationLedger) -> None:
    spread(station)
    found = recall(station)
    masks, soaps = found.totals
    assert (masks.free, masks.quarantined, masks.allocated) == (25, 3, 2)
    assert (masks.in_transit, masks.received, masks.other) == (6, 4, 1)
    assert (soaps.item, soaps.free, soaps.received) == ("soap", 2, 0)
    shown = {(one.place, one.location, one.recipient, one.quantity) for one in found.goods}
    assert {
        ("stock", "store", None, 20),
        ("stock", "annex", None, 5),
        ("stock", "ward", None, 3),
        ("allocated", "store", "R-1", 2),
        ("in_transit", None, "R-2", 6),
        ("received", None, "R-1", 4),
        ("used", None, None, 1),
    } == {one for one in shown if one[3] != 2 or one[0] != "stock"}
    assert [(one.recipient, one.name, one.quantity) for one in found.reached] == [
        ("R-1", "王某", 4)
    ]
    assert len(found.lots) == 4
    assert {one.batch for one in found.lots if one.item == "mask"} == {"B7", "b7"}


def test_one_entry_moves_all_free_goods_of_a_batch_to_a_quarantine(
    station: StationLedger,
) -> None:
    spread(station)
    before = station.entries()
    done = station(c.QuarantineBatch(item="mask", batch="b7", target="ward", note="recall 7"))
    assert (station.entries(), done.seq) == (before + 1, before + 1)
    totals = {one.item: one for one in recall(station).totals}
    assert (totals["mask"].free, totals["mask"].quarantined) == (0, 28)
    assert (totals["mask"].allocated, totals["mask"].in_transit) == (2, 6)
    assert (totals["soap"].free, totals["soap"].quarantined) == (0, 2)
    assert station.total("stock:store") == 9
    document = get_stock_document(station.books, "moves", str(done.document))
    assert {line.target for line in document.lines} == {"stock:ward"}
    assert document.note == "recall 7"
    assert station.ledger.verify()


def test_a_second_quarantine_of_the_same_batch_moves_only_what_has_come_back(
    station: StationLedger,
) -> None:
    spread(station)
    command = c.QuarantineBatch(item="mask", batch="B7", target="ward")
    station(command)
    refused = assert_refused(station, AlreadyDone, lambda: station(command))
    assert "nothing of batch B7 of 口罩 is free" in refused
    (allocation,) = [one.allocation for one in recall(station).goods if one.place == "allocated"]
    station(c.Release(allocation=str(allocation), reason="recalled"))
    assert free(station) == {"mask": 2, "soap": 0}
    station(command)
    assert free(station) == {"mask": 0, "soap": 0}


def test_a_quarantine_of_a_batch_is_reversed_like_any_move(station: StationLedger) -> None:
    spread(station)
    done = station(c.QuarantineBatch(item="mask", batch="B7", target="ward"))
    station(c.Reverse(entry=done.seq, reason="the wrong batch"))
    assert free(station) == {"mask": 25, "soap": 2}
    assert station.ledger.verify()


@pytest.mark.parametrize(
    ("item", "batch", "target", "at"),
    [
        ("none", "B7", "ward", "/item"),
        ("mask", "B9", "ward", "/batch"),
        ("mask", "B7", "none", "/to"),
        ("mask", "B7", "annex", "/to"),
    ],
)
def test_a_wrong_quarantine_is_refused(
    station: StationLedger, item: str, batch: str, target: str, at: str
) -> None:
    spread(station)
    command = c.QuarantineBatch(item=item, batch=batch, target=target)
    assert_refused(station, InvalidField, lambda: station(command), at=at)


def test_a_recall_of_an_unknown_batch_or_item_is_not_found(station: StationLedger) -> None:
    spread(station)
    with pytest.raises(NotFound, match="no lot of 口罩 has the batch B9"):
        recall(station, "B9")
    with pytest.raises(NotFound, match="none"):
        build_recall(station.books, "none", "B7")


def test_a_batch_that_was_corrected_away_is_no_longer_recalled(station: StationLedger) -> None:
    done = station.give(10, batch="B7")
    station(c.Correct(entry=done.seq, command=station.donation(10, batch="B8"), reason="misread"))
    with pytest.raises(NotFound):
        recall(station)
    assert recall(station, "B8").totals[0].free == 10
