"""The smallest quantities that a refused correction names, and the work it takes to find them."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from support.ledger_fixture import Desk

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item
from supplies.errors import NotEnough
from supplies.ledger.rules import RULES, smallest_correction

ITEMS = ("mask", "soap", "rice")


def correct(desk: Desk, entry: int, command: c.Command) -> Any:
    return desk(c.Correct(entry=entry, command=command, reason="typed wrongly"))


def refusal_of(desk: Desk, entry: int, command: c.Command) -> NotEnough:
    with pytest.raises(NotEnough, match="the goods have moved on") as refusal:
        correct(desk, entry, command)
    return refusal.value


def named(refusal: NotEnough) -> dict[int, int]:
    """The quantities that a refusal names, by line."""
    if "smallest" not in str(refusal):
        return {}
    return {
        int(fault.pointer.split("/")[3]): fault.available or 0
        for fault in refusal.faults
        if fault.available is not None
    }


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[c.Command]:
    """Every run of a corrected command's rule."""
    seen: list[c.Command] = []
    rules = RULES[c.Correct].keywords["rules"]  # type: ignore[attr-defined]  # a partial
    for command, rule in list(rules.items()):

        def counted(command: Any, journal: Any, rule: Any = rule) -> None:
            seen.append(command)
            rule(command, journal)

        monkeypatch.setitem(rules, command, counted)
    return seen


def test_500_lines_that_moved_on_are_named_after_one_trial(
    desk: Desk, runs: list[c.Command]
) -> None:
    lines = range(500)
    desk.ledger.register(*(Item(code=f"i-{line}", name=f"物资{line}") for line in lines))

    def donation(quantity: int) -> c.RecordDonation:
        given = [c.DonationLine(item=f"i-{line}", quantity=quantity) for line in lines]
        return c.RecordDonation(donor="D-1", location="store", handled_by="陈某", lines=given)

    entry = desk(donation(10**6)).seq
    half = [c.LotLine(item=f"i-{line}", quantity=500_000 + line) for line in lines]
    desk(c.Move(source="store", target="annex", lines=half))
    runs.clear()
    refusal = refusal_of(desk, entry, donation(1))
    assert named(refusal) == {line: 500_000 + line for line in lines}
    assert len(runs) == 2


def test_500_lots_of_one_item_are_named_after_one_trial(desk: Desk, runs: list[c.Command]) -> None:
    def batches(quantity: int) -> c.OpenStock:
        lines = [
            c.ArrivalLine(item="mask", quantity=quantity, batch=f"B{line}") for line in range(500)
        ]
        return c.OpenStock(location="store", lines=lines)

    entry = desk(batches(10)).seq
    desk(c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=2503)]))
    runs.clear()
    refusal = refusal_of(desk, entry, batches(1))
    assert Counter(named(refusal).values()) == {10: 250, 3: 1}
    assert len(runs) == 2


@pytest.mark.parametrize("seed", range(12))
def test_each_quantity_named_is_accepted_and_one_less_is_refused(desk: Desk, seed: int) -> None:
    random = Random(seed)
    for _ in range(4):
        day = -random.randint(1, 4)
        arrived = {f"B{n}": random.randint(1, 30) for n in range(random.randint(1, 4))}
        items = {batch: random.choice(ITEMS) for batch in arrived}

        def command(
            quantities: list[int], items: dict[str, str] = items, day: int = day
        ) -> c.OpenStock:
            lines = [
                c.ArrivalLine(item=item, quantity=quantity, batch=batch)
                for (batch, item), quantity in zip(items.items(), quantities, strict=True)
            ]
            return c.OpenStock(location="store", lines=lines, happened_on=desk.day(day))

        entry = desk(command(list(arrived.values()))).seq
        gone = [
            take_some(desk, random, f"l_lx_{entry}_{line}", items[batch], arrived[batch], day)
            for line, batch in enumerate(items, 1)
        ]
        asked = [random.randint(1, quantity) for quantity in arrived.values()]
        smallest = {line: n for line, n in enumerate(gone) if n > asked[line]}
        if smallest:
            assert named(refusal_of(desk, entry, command(asked))) == smallest
        possible = [max(n, asked[line]) for line, n in enumerate(gone)]
        for line in smallest:
            refusal_of(desk, entry, command([n - (at == line) for at, n in enumerate(possible)]))
        correct(desk, entry, command(possible))


def take_some(desk: Desk, random: Random, lot: str, item: str, arrived: int, since: int) -> int:
    """Some of a lot leaves the store on a day, and some of that returns later; the most away."""
    taken, day = random.randint(0, arrived), random.randint(since, 0)
    if not taken:
        return 0
    lines = [c.LotLine(item=item, quantity=taken, lot=lot)]
    issue = c.IssueGoods(purpose="gate", location="store", lines=lines, happened_on=desk.day(day))
    document = str(desk(issue).document)
    back, later = random.randint(0, taken), random.randint(day, 0)
    if back:
        lines = [c.LotLine(item=item, quantity=back, lot=lot)]
        desk(c.ReturnIssue(issue=document, lines=lines, happened_on=desk.day(later)))
    return taken - back if later == day else taken


def two_lots_moved(desk: Desk) -> int:
    """A move of 1000 of one lot and 1 of a second one, which was written off since."""
    desk.stock(1000)
    second = desk.stock(10)
    entry = desk(move(1001)).seq
    gone = [c.LotLine(item="mask", quantity=1, lot=second)]
    desk(c.WriteOff(reason="damaged", location="annex", lines=gone))
    return entry


def move(quantity: int) -> c.Move:
    lines = [c.LotLine(item="mask", quantity=quantity)]
    return c.Move(source="store", target="annex", lines=lines)


def test_a_quantity_that_fills_other_lots_first_is_searched(
    desk: Desk, runs: list[c.Command]
) -> None:
    entry = two_lots_moved(desk)
    runs.clear()
    assert named(refusal_of(desk, entry, move(5))) == {0: 1001}
    assert len(runs) < 15
    refusal_of(desk, entry, move(1000))
    correct(desk, entry, move(1001))


def test_a_search_that_reaches_its_bound_names_no_quantity(
    desk: Desk, runs: list[c.Command], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = two_lots_moved(desk)
    monkeypatch.setattr(smallest_correction, "MAX_TRIALS", 4)
    runs.clear()
    refusal = refusal_of(desk, entry, move(5))
    assert "smallest" not in str(refusal)
    assert len(runs) == 5
    assert desk.total("stock:annex") == 1000


def test_lines_that_name_their_lots_are_raised_each_for_its_own(desk: Desk) -> None:
    lots = [desk.stock(10), desk.stock(10)]

    def both(first: int, second: int) -> c.Move:
        lines = [
            c.LotLine(item="mask", quantity=quantity, lot=lot)
            for quantity, lot in zip((first, second), lots, strict=True)
        ]
        return c.Move(source="store", target="annex", lines=lines)

    entry = desk(both(8, 9)).seq
    gone = [
        c.LotLine(item="mask", quantity=quantity, lot=lot)
        for quantity, lot in zip((3, 5), lots, strict=True)
    ]
    desk(c.WriteOff(reason="damaged", location="annex", lines=gone))
    assert named(refusal_of(desk, entry, both(1, 1))) == {0: 3, 1: 5}
    correct(desk, entry, both(3, 5))


def test_each_line_of_a_repacking_is_raised_for_its_own_lot(desk: Desk) -> None:
    desk.stock(10, "rice")

    def repacked(first: int, second: int) -> c.Convert:
        return c.Convert(
            location="store",
            consumed=[c.LotLine(item="rice", quantity=10)],
            produced=[
                c.ConvertedLine(item="soap", quantity=first, batch="A"),
                c.ConvertedLine(item="soap", quantity=second, batch="B"),
            ],
        )

    entry = desk(repacked(20, 30)).seq
    desk(c.HandOut(recipient="R-1", location="store", lines=[c.LotLine(item="soap", quantity=25)]))
    refusal = refusal_of(desk, entry, repacked(4, 4))
    assert [(f.pointer, f.available) for f in refusal.faults] == [
        ("/command/produced/0/quantity", 20),
        ("/command/produced/1/quantity", 5),
    ]
    correct(desk, entry, repacked(20, 5))
