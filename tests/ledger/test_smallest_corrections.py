"""The smallest quantities that a refused correction names, and the cost of finding them."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from support.corrections import correct, mask_lines, note, opening
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item
from supplies.errors import NotEnough, Sentence
from supplies.ledger.rules import RULES, smallest_correction

ITEMS = ("mask", "soap", "rice")


def refusal_of(station: StationLedger, entry: int, command: c.Command) -> NotEnough:
    with pytest.raises(NotEnough, match="goods were used since") as refusal:
        correct(station, entry, command)
    return refusal.value


def named_quantities(refusal: NotEnough) -> dict[int, int]:
    """Return the smallest quantities that an error names, by line."""
    if "smallest" not in str(refusal):
        return {}
    return {
        int(fault.pointer.split("/")[3]): fault.available or 0
        for fault in refusal.faults
        if fault.available is not None
    }


@pytest.fixture
def rule_runs(monkeypatch: pytest.MonkeyPatch) -> list[c.Command]:
    """Count every run of the rule of a corrected command."""
    seen: list[c.Command] = []
    rules = RULES[c.Correct].keywords["rules"]  # type: ignore[attr-defined]  # a partial
    for command, rule in list(rules.items()):

        def counted(command: Any, journal: Any, rule: Any = rule) -> None:
            seen.append(command)
            rule(command, journal)

        monkeypatch.setitem(rules, command, counted)
    return seen


def test_the_smallest_quantities_of_500_lines_take_one_trial(
    station: StationLedger, rule_runs: list[c.Command]
) -> None:
    lines = range(500)
    station.ledger.register(*(Item(code=f"i-{line}", name=f"物资{line}") for line in lines))

    def donation(quantity: int) -> c.RecordDonation:
        given = [c.DonationLine(item=f"i-{line}", quantity=quantity) for line in lines]
        return c.RecordDonation(donor="D-1", location="store", handled_by="陈某", lines=given)

    entry = station(donation(10**6)).seq
    half = [c.LotLine(item=f"i-{line}", quantity=500_000 + line) for line in lines]
    station(c.Move(source="store", target="annex", lines=half))
    rule_runs.clear()
    refusal = refusal_of(station, entry, donation(1))
    assert named_quantities(refusal) == {line: 500_000 + line for line in lines}
    assert list(named_quantities(refusal)) == list(lines)
    figures = str(refusal).partition("the smallest possible quantities are ")[2]
    assert figures.startswith("500000 × 物资0, 500001 × 物资1, 500002 × 物资2, ")
    assert figures.endswith("500011 × 物资11 and 488 more")
    assert len(str(refusal)) < 600
    assert len(rule_runs) == 2


def test_the_smallest_quantities_of_500_lots_take_one_trial(
    station: StationLedger, rule_runs: list[c.Command]
) -> None:
    def batches(quantity: int) -> c.OpenStock:
        lines = [
            c.ArrivalLine(item="mask", quantity=quantity, batch=f"B{line}") for line in range(500)
        ]
        return c.OpenStock(location="store", lines=lines)

    entry = station(batches(10)).seq
    station(c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=2503)]))
    rule_runs.clear()
    refusal = refusal_of(station, entry, batches(1))
    assert Counter(named_quantities(refusal).values()) == {10: 250, 3: 1}
    assert len(rule_runs) == 2


@pytest.mark.parametrize("seed", range(12))
def test_each_quantity_named_is_accepted_and_one_less_is_refused(
    station: StationLedger, seed: int
) -> None:
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
            return c.OpenStock(location="store", lines=lines, happened_on=station.day(day))

        entry = station(command(list(arrived.values()))).seq
        gone = [
            take_some(station, random, f"l_lx_{entry}_{line}", items[batch], arrived[batch], day)
            for line, batch in enumerate(items, 1)
        ]
        asked = [random.randint(1, quantity) for quantity in arrived.values()]
        smallest = {line: n for line, n in enumerate(gone) if n > asked[line]}
        if smallest:
            assert named_quantities(refusal_of(station, entry, command(asked))) == smallest
        possible = [max(n, asked[line]) for line, n in enumerate(gone)]
        for line in smallest:
            refusal_of(station, entry, command([n - (at == line) for at, n in enumerate(possible)]))
        correct(station, entry, command(possible))


def take_some(
    station: StationLedger, random: Random, lot: str, item: str, arrived: int, since: int
) -> int:
    """Let a part of a lot leave the store on a day, and some of it return later.

    Return the largest quantity that was away.
    """
    quantity, day = random.randint(0, arrived), random.randint(since, 0)
    if not quantity:
        return 0
    lines = [c.LotLine(item=item, quantity=quantity, lot=lot)]
    issue = c.IssueGoods(
        purpose="gate", location="store", lines=lines, happened_on=station.day(day)
    )
    document = str(station(issue).document)
    back, later = random.randint(0, quantity), random.randint(day, 0)
    if back:
        lines = [c.LotLine(item=item, quantity=back, lot=lot)]
        station(c.ReturnIssue(issue=document, lines=lines, happened_on=station.day(later)))
    return quantity - back if later == day else quantity


def two_lots_moved(station: StationLedger) -> int:
    """A move of 1000 of one lot and of 1 of a second lot, which was then written off."""
    station.stock(1000)
    second = station.stock(10)
    entry = station(move(1001)).seq
    gone = [c.LotLine(item="mask", quantity=1, lot=second)]
    station(c.WriteOff(reason="damaged", location="annex", lines=gone))
    return entry


def move(quantity: int) -> c.Move:
    lines = [c.LotLine(item="mask", quantity=quantity)]
    return c.Move(source="store", target="annex", lines=lines)


def test_the_smallest_quantity_of_a_line_over_several_lots_is_searched(
    station: StationLedger, rule_runs: list[c.Command]
) -> None:
    entry = two_lots_moved(station)
    rule_runs.clear()
    assert named_quantities(refusal_of(station, entry, move(5))) == {0: 1001}
    assert len(rule_runs) < 15
    refusal_of(station, entry, move(1000))
    correct(station, entry, move(1001))


def test_a_search_that_reaches_its_limit_names_no_quantity(
    station: StationLedger, rule_runs: list[c.Command], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = two_lots_moved(station)
    monkeypatch.setattr(smallest_correction, "MAX_TRIALS", 4)
    rule_runs.clear()
    refusal = refusal_of(station, entry, move(5))
    assert "smallest" not in str(refusal)
    assert len(rule_runs) == 5
    assert station.total("stock:annex") == 1000


def test_lines_with_named_lots_get_separate_smallest_quantities(station: StationLedger) -> None:
    lots = [station.stock(10), station.stock(10)]

    def both(first: int, second: int) -> c.Move:
        lines = [
            c.LotLine(item="mask", quantity=quantity, lot=lot)
            for quantity, lot in zip((first, second), lots, strict=True)
        ]
        return c.Move(source="store", target="annex", lines=lines)

    entry = station(both(8, 9)).seq
    gone = [
        c.LotLine(item="mask", quantity=quantity, lot=lot)
        for quantity, lot in zip((3, 5), lots, strict=True)
    ]
    station(c.WriteOff(reason="damaged", location="annex", lines=gone))
    assert named_quantities(refusal_of(station, entry, both(1, 1))) == {0: 3, 1: 5}
    correct(station, entry, both(3, 5))


def test_lines_of_a_repacking_get_separate_smallest_quantities(station: StationLedger) -> None:
    station.stock(10, "rice")

    def repacked(first: int, second: int) -> c.Convert:
        return c.Convert(
            location="store",
            consumed=[c.LotLine(item="rice", quantity=10)],
            produced=[
                c.ConvertedLine(item="soap", quantity=first, batch="A"),
                c.ConvertedLine(item="soap", quantity=second, batch="B"),
            ],
        )

    entry = station(repacked(20, 30)).seq
    station(
        c.HandOut(recipient="R-1", location="store", lines=[c.LotLine(item="soap", quantity=25)])
    )
    refusal = refusal_of(station, entry, repacked(4, 4))
    assert [(f.pointer, f.available) for f in refusal.faults] == [
        ("/command/produced/0/quantity", 20),
        ("/command/produced/1/quantity", 5),
    ]
    correct(station, entry, repacked(20, 5))


def test_a_refusal_names_the_later_entries_and_the_smallest_quantity(
    station: StationLedger,
) -> None:
    station.stock(10)
    station(c.WriteOff(reason="damaged", location="store", lines=mask_lines(6)))
    with pytest.raises(NotEnough) as refusal:
        correct(station, 1, opening(5))
    assert str(refusal.value) == (
        "goods were used since: 5 × 口罩 would have to come back, but only 4 are still there; "
        "used by entry 2; the smallest possible quantity is 6"
    )
    correct(station, 1, opening(6))
    assert station.total("stock:store") == 0


def test_the_smallest_quantity_covers_past_days(station: StationLedger) -> None:
    station.stock(10, happened_on=station.day(-5))
    station(
        c.IssueGoods(
            purpose="gate", location="store", lines=mask_lines(8), happened_on=station.day(-4)
        )
    )
    station(c.ReturnIssue(issue="i_2", lines=mask_lines(8)))
    with pytest.raises(NotEnough, match="the smallest possible quantity is 8"):
        correct(station, 1, opening(5))
    correct(station, 1, opening(8))
    assert station.total("stock:store") == 8


def test_moving_an_arrival_after_the_day_its_goods_left_is_refused(station: StationLedger) -> None:
    station.stock(10, happened_on=station.day(-5))
    station(
        c.WriteOff(
            reason="damaged", location="store", lines=mask_lines(1), happened_on=station.day(-3)
        )
    )
    with pytest.raises(NotEnough, match="goods were used since"):
        correct(station, 1, opening(10, happened_on=station.day(-1)))


def test_correcting_a_need_to_a_later_day_cannot_overdraw_its_claim(
    station: StationLedger,
) -> None:
    """The day of the claim is the latest day in the books, and must be checked too."""
    need = station.need(30)
    station.pledge(19, {need: 19})
    station.clock.advance()
    with pytest.raises(NotEnough, match="goods were used since"):
        correct(station, 1, note(66, happened_on=station.day(0)))


def items_of(detail: str) -> list[str]:
    """Return the values of the fields `item` in a message and the messages within it, in order."""
    found = list[str]()
    if isinstance(detail, Sentence):
        for name, value in detail.values.items():
            found += [value] if name == "item" else items_of(value)
    return found


def test_a_refusal_names_the_smallest_quantities_of_two_lines(station: StationLedger) -> None:
    def opened(masks: int, soap: int) -> c.OpenStock:
        lines = [
            c.ArrivalLine(item="mask", quantity=masks),
            c.ArrivalLine(item="soap", quantity=soap),
        ]
        return c.OpenStock(location="store", lines=lines)

    station(opened(10, 10))
    soap = [c.LotLine(item="soap", quantity=3)]
    station(c.WriteOff(reason="damaged", location="store", lines=[*mask_lines(6), *soap]))
    with pytest.raises(
        NotEnough, match="smallest possible quantities are 6 × 口罩, 3 × 洗手液"
    ) as refusal:
        correct(station, 1, opened(1, 1))
    assert items_of(refusal.value.detail)[-2:] == ["口罩", "洗手液"]  # pages show other names
    assert [fault.pointer for fault in refusal.value.faults] == [
        "/command/lines/0/quantity",
        "/command/lines/1/quantity",
    ]
    correct(station, 1, opened(6, 3))


def test_a_refusal_because_of_the_day_names_no_quantity(station: StationLedger) -> None:
    station.stock(10, happened_on=station.day(-5))
    station(
        c.WriteOff(
            reason="damaged", location="store", lines=mask_lines(1), happened_on=station.day(-3)
        )
    )
    with pytest.raises(NotEnough) as refusal:
        correct(station, 1, opening(10, happened_on=station.day(-1)))
    assert "smallest" not in str(refusal.value)
