"""Traces of lots from donors to recipients."""

import pytest
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.errors import NotFound
from supplies.views.trace import trace_lot


def test_a_lot_is_traced_from_its_donor_to_every_recipient(station: StationLedger) -> None:
    station.give(20, batch="B7")
    lot = "l_lx_1_1"
    allocation = station.allocate(5)
    station.outcome(station.dispatch(allocation), allocation, "handed_over")
    station(
        c.HandOut(recipient="G-1", location="store", lines=[c.LotLine(item="mask", quantity=3)])
    )
    station(
        c.WriteOff(reason="damaged", location="store", lines=[c.LotLine(item="mask", quantity=1)])
    )

    def balance(account: str, quantity: int) -> dict[str, object]:
        return {"account": account, "item": "mask", "lot": lot, "quantity": quantity}

    assert has_exact_json(
        trace_lot(station.books, lot),
        {
            "lot": lot,
            "lots": [
                {
                    "lot": lot,
                    "item": "mask",
                    "name": "口罩",
                    "unit": "piece",
                    "batch": "B7",
                    "expires_on": None,
                    "origin": "donor:D-1",
                    "parents": [],
                    "children": [],
                    "given": [{"donor": "D-1", "quantity": 20}],
                    "stands": [balance("lost:damaged", 1), balance("stock:store", 11)],
                    "reached": [
                        {"recipient": "G-1", "quantity": 3},
                        {"recipient": "R-1", "quantity": 5},
                    ],
                }
            ],
        },
    )


def repack(
    station: StationLedger, consumed: list[tuple[str, int]], produced: tuple[str, int]
) -> str:
    done = station(
        c.Convert(
            location="store",
            consumed=[c.LotLine(item=item, quantity=n) for item, n in consumed],
            produced=[c.ConvertedLine(item=produced[0], quantity=produced[1])],
        )
    )
    return f"l_lx_{done.seq}_1"


def test_a_trace_follows_repackings_in_both_directions(station: StationLedger) -> None:
    station.give(4, "rice")
    station.give(6, "mask", donor="D-2")
    rice, masks = "l_lx_1_1", "l_lx_3_1"
    mixed = repack(station, [("rice", 4), ("mask", 6)], ("soap", 2))
    last = repack(station, [("soap", 2)], ("mask", 9))
    station(
        c.HandOut(recipient="R-1", location="store", lines=[c.LotLine(item="mask", quantity=9)])
    )

    found = trace_lot(station.books, rice)
    assert [one.lot for one in found.lots] == [rice, mixed, last]
    assert found.lots[1].parents == sorted([rice, masks])
    assert found.lots[1].children == [last]
    assert [(one.recipient, one.quantity) for one in found.lots[2].reached] == [("R-1", 9)]

    back = trace_lot(station.books, last)
    assert [one.lot for one in back.lots] == [rice, masks, mixed, last]
    assert [gift.donor for one in back.lots for gift in one.given] == ["D-1", "D-2"]


def test_a_trace_shows_the_corrected_donor(station: StationLedger) -> None:
    station.give(20)
    station(c.Correct(entry=1, command=station.donation(20, donor="D-2"), reason="wrong donor"))
    (found,) = trace_lot(station.books, "l_lx_1_1").lots
    assert [(gift.donor, gift.quantity) for gift in found.given] == [("D-2", 20)]


def test_a_reversed_repacking_is_not_traced(station: StationLedger) -> None:
    station.give(4, "rice")
    made = repack(station, [("rice", 4)], ("soap", 2))
    station(c.Reverse(entry=int(made.rsplit("_", 2)[1]), reason="never done"))
    (rice,) = trace_lot(station.books, "l_lx_1_1").lots
    assert rice.children == []
    (soap,) = trace_lot(station.books, made).lots
    assert soap.parents == []


def test_an_unknown_lot_is_not_found(station: StationLedger) -> None:
    with pytest.raises(NotFound, match="unknown lot l_9"):
        trace_lot(station.books, "l_9")
