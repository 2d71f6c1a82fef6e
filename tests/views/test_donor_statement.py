"""The donor's statement: where every unit went, without any recipient's name."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from supplies_receipts import draw_donor_statement
from support import pdf_reading as reading
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.domain.accounts import is_origin, kind_of
from supplies.domain.catalogue_records import Recipient
from supplies.errors import BooksBroken, Forgotten, InvalidField, NotFound, SuppliesError
from supplies.papers.common import StatedPacks
from supplies.papers.donor_statement import DonorStatement, ReceiptGivenBack, StatementLine
from supplies.views.allocations import list_allocations
from supplies.views.donor_statement import build_donor_statement, build_donor_statement_paper
from supplies.views.lot_ownership import apportion_all, trace_gifts

FIRST, LAST = date(2020, 2, 3), date(2020, 2, 13)


def stated(
    station: StationLedger, donor: str = "D-1", first: date = FIRST, last: date = LAST
) -> Any:
    return build_donor_statement(station.books, donor, first, last)


def goods(station: StationLedger, donor: str = "D-1", **days: date) -> dict[str, StatementLine]:
    return {line.item: line for line in stated(station, donor, **days).goods}


def line(quantity: int, item: str = "mask", **more: Any) -> c.LotLine:
    return c.LotLine(item=item, quantity=quantity, **more)


def hand_out(
    station: StationLedger, quantity: int, recipient: str = "R-1", item: str = "mask"
) -> None:
    station(c.HandOut(recipient=recipient, location="store", lines=[line(quantity, item)]))


def repack(
    station: StationLedger, consumed: list[c.LotLine], quantity: int, item: str = "soap"
) -> None:
    produced = [c.ConvertedLine(item=item, quantity=quantity)]
    station(c.Convert(location="store", consumed=consumed, produced=produced))


def test_the_statement_has_the_documented_json(
    station: StationLedger,
) -> None:
    station.give(20, wish="elderly first")
    hand_out(station, 8)
    assert has_exact_json(
        stated(station),
        {
            "station": "lx",
            "donor": "D-1",
            "from": "2020-02-03",
            "to": "2020-02-13",
            "as_of_seq": 3,
            "receipts": ["JZ-2020-000001"],
            "goods": [
                {
                    "item": "mask",
                    "name": "口罩",
                    "name_en": "mask",
                    "unit": "piece",
                    "received": 20,
                    "repacked": 0,
                    "places": {"free": 12, "handed_over": 8},
                }
            ],
            "served": [
                {"month": "2020-02", "community": "longxue", "who": "household", "count": "<5"}
            ],
            "wishes": [{"receipt": "JZ-2020-000001", "wish": "elderly first"}],
            "departures": [],
            "receipt_months": [
                {
                    "month": "2020-02",
                    "count": 1,
                    "ranges": [{"first": "JZ-2020-000001", "last": "JZ-2020-000001", "count": 1}],
                }
            ],
        },
    )


def test_receipts_of_a_statement_are_grouped_by_month_and_number(station: StationLedger) -> None:
    for donor in ("D-1", "D-1", "D-2", "D-1"):
        station.give(1, donor=donor)
    station.clock.day = date(2020, 3, 2)
    station.give(1)
    found = build_donor_statement(station.books, "D-1", date(2020, 2, 1), date(2020, 3, 31))
    assert [
        (month.month, month.count, [(one.first[-1], one.last[-1]) for one in month.ranges])
        for month in found.receipt_months
    ] == [("2020-02", 3, [("1", "2"), ("4", "4")]), ("2020-03", 1, [("5", "5")])]


def test_a_statement_names_receipts_of_which_goods_were_given_back(
    station: StationLedger,
) -> None:
    station.give(20)
    station.give(5)
    assert stated(station).given_back is UNSET
    station(c.ReturnGoods(location="store", lines=[line(22)], reason="too many"))
    assert stated(station).given_back == [
        ReceiptGivenBack(receipt="JZ-2020-000001", all=True),
        ReceiptGivenBack(receipt="JZ-2020-000002", all=False),
    ]


def test_the_statement_shows_where_every_unit_went(station: StationLedger) -> None:
    station.give(100)
    station.dispatch(station.allocate(9))
    station.allocate(5)
    hand_out(station, 31)
    station(c.IssueGoods(purpose="gate", location="store", lines=[line(11)]))
    station(c.WriteOff(reason="damaged", location="store", lines=[line(7)]))
    station(c.LendGoods(borrower="S-2", location="store", lines=[line(4)]))
    station(c.ReturnGoods(location="store", lines=[line(3)], reason="too many"))
    repack(station, [line(2)], 1)
    found = goods(station)
    assert found["mask"].places == {
        "free": 28, "allocated": 5, "in_transit": 9, "handed_over": 31, "used": 11, "lost": 7,
        "lent": 4, "converted": 2, "returned": 3,
    }  # fmt: skip
    assert sum(found["mask"].places.values()) == found["mask"].received == 100
    assert (found["soap"].received, found["soap"].repacked) == (0, 1)


def test_donations_of_other_days_and_donors_are_excluded(station: StationLedger) -> None:
    station.give(5, happened_on=date(2020, 2, 2))
    station.give(7, happened_on=date(2020, 2, 4))
    station.give(9, donor="D-2")
    station.stock(11)
    assert goods(station)["mask"].received == 7
    assert goods(station, first=date(2020, 2, 1))["mask"].received == 12
    assert goods(station, "D-2")["mask"].received == 9


def test_the_statement_shows_the_end_of_its_last_day(station: StationLedger) -> None:
    station.give(10, happened_on=date(2020, 2, 8))
    hand_out(station, 4)
    before = goods(station, last=date(2020, 2, 9))["mask"]
    assert before.places == {"free": 10}
    assert goods(station)["mask"].places == {"free": 6, "handed_over": 4}


def test_the_statement_includes_corrections_of_quantities_and_donors(
    station: StationLedger,
) -> None:
    first = station.give(12)
    station(c.Correct(entry=first.seq, command=station.donation(21), reason="typed wrong"))
    second = station.give(30)
    station(c.Correct(entry=second.seq, command=station.donation(30, donor="D-2"), reason="whose"))
    third = station.give(3)
    station(c.Reverse(entry=third.seq, reason="never came"))
    assert goods(station)["mask"].received == 21
    assert goods(station, "D-2")["mask"].received == 30
    assert stated(station, "D-2").receipts != stated(station).receipts


def test_repacked_goods_belong_to_the_donors_of_their_parents(station: StationLedger) -> None:
    station.give(10, "rice")
    station.give(5, "rice", donor="D-2")
    repack(station, [line(15, "rice")], 7)
    hand_out(station, 4, item="soap")
    one, two = goods(station)["soap"], goods(station, "D-2")["soap"]
    assert (one.repacked, two.repacked) == (4, 3)
    for place in ("free", "handed_over"):
        together = one.places.get(place, 0) + two.places.get(place, 0)
        assert together == {"free": 3, "handed_over": 4}[place]


def test_each_item_of_a_kit_has_an_equal_share(station: StationLedger) -> None:
    station.give(100, "mask")
    station.give(2, "soap", donor="D-2")
    repack(station, [line(100, "mask"), line(2, "soap")], 10, "rice")
    assert goods(station)["rice"].repacked == goods(station, "D-2")["rice"].repacked == 5


@given(
    st.lists(st.integers(0, 1000), max_size=8),
    st.lists(st.integers(1, 60), min_size=1, max_size=6),
)
def test_shares_are_whole_numbers_and_sum_by_donor_and_by_item(
    quantities: list[int], weights: list[int]
) -> None:
    total_weight = sum(weights)
    fitting = [part * total_weight // max(1, sum(quantities)) for part in quantities]
    fitting.append(total_weight - sum(fitting))
    rows = apportion_all(fitting, weights)
    assert [sum(row) for row in rows] == fitting
    assert [sum(column) for column in zip(*rows, strict=True)] == weights
    assert all(part >= 0 for row in rows for part in row)


def some_work(station: StationLedger, chance: random.Random) -> Iterator[None]:
    """Yield commands of every kind that moves gifts. Many of them are refused."""
    item, n = chance.choice(["mask", "soap", "rice"]), chance.randint(1, 12)
    donor = chance.choice(["D-1", "D-2", None])
    recipient, lines = chance.choice(["R-1", "R-2", "G-1"]), [line(n, item)]
    entry = chance.randint(1, max(1, station.entries()))
    right = station.donation(chance.randint(1, 30), item, donor=donor)
    made = [c.ConvertedLine(item=chance.choice(["mask", "soap"]), quantity=n)]
    acts: list[Any] = [
        lambda: station.give(chance.randint(1, 30), item, donor=donor),
        lambda: station.give(chance.randint(1, 30), item, donor=donor, recipient="R-2"),
        lambda: station(c.HandOut(recipient=recipient, location="store", lines=lines)),
        lambda: station(
            c.TakeBack(recipient=recipient, location="store", lines=lines, reason="back")
        ),
        lambda: station.dispatch(station.allocate(n, recipient, item)),
        lambda: station(c.WriteOff(reason="damaged", location="store", lines=lines)),
        lambda: station(c.FindAgain(reason="damaged", location="store", lines=lines)),
        lambda: station(c.LendGoods(borrower="S-2", location="store", lines=lines)),
        lambda: station(c.ReturnGoods(location="store", lines=lines, reason="too many")),
        lambda: station(c.Convert(location="store", consumed=lines, produced=made)),
        lambda: station(
            c.Convert(location="store", consumed=[line(n, "mask"), line(1, "rice")], produced=made)
        ),
        lambda: station(c.Correct(entry=entry, command=right, reason="mended")),
        lambda: station(c.Reverse(entry=entry, reason="mistaken")),
        lambda: station(
            c.CountStock(
                sheet=str(station(c.OpenCountSheet(location="store")).document),
                lines=[
                    c.CountLine(item=item, counted=max(0, station.total("stock:store", item) - 1))
                ],
            )
        ),
    ]
    while True:
        with suppress(SuppliesError):
            chance.choice(acts)()
        yield


@pytest.mark.parametrize("seed", range(8))
def test_statements_of_all_donors_sum_to_all_goods(station: StationLedger, seed: int) -> None:
    chance = random.Random(seed)
    for step in range(90):
        if step % 30 == 29:
            station.clock.advance()
        next(some_work(station, chance))
    today = station.clock.day
    for last in (today, today - timedelta(days=1)):
        for donor in ("D-1", "D-2"):
            stated(station, donor, last=last)  # raises if the statement does not add up
    found: Counter[tuple[str, str, str]] = Counter()
    for donor in ("D-1", "D-2", "anonymous"):
        for part in trace_gifts(station.books, donor, FIRST, today).parts:
            found[part.account, part.item, part.lot] += part.quantity
    rows = station.books.all(
        "SELECT account, item, lot, quantity FROM balances "
        "WHERE station = :station AND lot <> '' AND quantity <> 0"
    )
    balances = {
        (account, item, lot): quantity
        for account, item, lot, quantity in rows
        if not is_origin(kind_of(account))
        and not (kind_of(account).name == "converted" and quantity < 0)
    }
    # Goods that a count found are in lots of unknown origin, which belong to no donor.
    received_lots = {lot for account, _, lot, _ in rows if is_origin(kind_of(account))}
    owned = {lot for _, _, lot in found}
    assert received_lots <= owned
    assert {key: quantity for key, quantity in found.items() if quantity} == {
        key: quantity for key, quantity in balances.items() if key[2] in owned
    }


def test_households_are_counted_by_month_and_community_and_small_groups_merged(
    station: StationLedger,
) -> None:
    for number in range(3, 9):
        station.ledger.register(Recipient(code=f"R-{number}", name="某人", community="north"))
    station.give(50)
    for number in range(3, 9):
        hand_out(station, 2, f"R-{number}")
    hand_out(station, 1, "R-3")
    hand_out(station, 1, "R-1")
    hand_out(station, 1, "R-2")
    station(c.TakeBack(recipient="R-2", location="store", lines=[line(1)], reason="moved"))
    station(c.HandOut(recipient="G-1", location="store", headcount=95, lines=[line(9)]))
    served = {(s.community, s.who): s.count for s in stated(station).served}
    assert served == {
        ("north", "household"): 6,
        ("longxue", "household"): "<5",
        (None, "person"): 95,
    }


def test_hand_outs_to_groups_without_a_headcount_are_counted_as_such(
    station: StationLedger,
) -> None:
    station.give(20)
    for headcount in (None, 95, None):
        station(c.HandOut(recipient="G-1", location="store", headcount=headcount, lines=[line(2)]))
    (reached,) = stated(station).served
    assert (reached.who, reached.count, reached.uncounted) == ("person", 95, 2)


def test_releasing_goods_allocated_by_a_wish_is_a_deviation(station: StationLedger) -> None:
    station.give(10, recipient="R-1")
    (allocation,) = [
        name
        for (name,) in station.books.all("SELECT allocation FROM allocations WHERE station = 'lx'")
    ]
    station(c.Release(allocation=allocation, reason="王某 moved away", or_earlier=True))
    free = station.allocate(4)
    station(c.Release(allocation=free, reason="an ordinary one"))
    (departure,) = stated(station).departures
    assert (departure.item, departure.quantity, departure.by) == ("mask", 10, "u_1")
    assert departure.reason == "** moved away"
    assert departure.or_earlier is True


def test_goods_that_a_household_fetched_are_stated_as_collected(station: StationLedger) -> None:
    station.give(10, recipient="R-1")
    (allocation,) = (row.id for row in list_allocations(station.books).items)
    part = c.AllocationPart(line=1, quantity=4)
    fetched = station(c.CollectAllocation(allocation=allocation, lines=[part]))
    found = goods(station)["mask"]
    assert (found.places, found.collected) == ({"allocated": 6, "handed_over": 4}, 4)
    assert stated(station).departures == []
    station(c.Reverse(entry=fetched.seq, reason="of another household"))
    assert goods(station)["mask"].collected is UNSET
    station.outcome(station.dispatch(allocation), allocation, "handed_over")
    assert goods(station)["mask"].collected is UNSET


def test_collected_goods_are_divided_between_the_donors_of_a_repacked_lot(
    station: StationLedger,
) -> None:
    station.give(3, donor="D-1")
    station.give(2, donor="D-2")
    repack(station, [line(5)], 5)
    allocation = station.allocate(4, item="soap")
    station(c.CollectAllocation(allocation=allocation))
    shares = [goods(station, donor)["soap"] for donor in ("D-1", "D-2")]
    assert [each.collected for each in shares] == [each.places["handed_over"] for each in shares]
    assert sum(each.places["handed_over"] for each in shares) == 4


def test_goods_that_were_taken_back_are_not_stated_as_collected(station: StationLedger) -> None:
    station.give(10, recipient="R-1")
    (allocation,) = (row.id for row in list_allocations(station.books).items)
    station(c.CollectAllocation(allocation=allocation))
    back = [c.RecipientLine(item="mask", quantity=7)]
    station(c.TakeBack(recipient="R-1", location="store", reason="too many", lines=back))
    found = goods(station)["mask"]
    assert (found.places, found.collected) == ({"free": 7, "handed_over": 3}, 3)


def test_the_statement_names_no_recipient(station: StationLedger) -> None:
    station.give(10)
    hand_out(station, 2)
    shown = repr(stated(station))
    assert "王某" not in shown
    assert "R-1" not in shown


def test_a_statement_that_does_not_add_up_is_refused(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.give(10)
    hand_out(station, 4)
    monkeypatch.setattr("supplies.views.donor_statement.PLACES", ("free",))
    with pytest.raises(BooksBroken) as broken:
        stated(station)
    assert (broken.value.expected, broken.value.found) == ("10", "6")


def test_a_statement_for_an_unknown_or_forgotten_donor_is_refused(
    station: StationLedger,
) -> None:
    with pytest.raises(NotFound, match="unknown donor D-9"):
        stated(station, "D-9")
    with pytest.raises(InvalidField, match="is before"):
        stated(station, first=LAST, last=FIRST)
    station(c.ForgetDonor(donor="D-1"))
    with pytest.raises(Forgotten):
        stated(station)


def test_the_statement_paper_has_donor_and_date(station: StationLedger) -> None:
    paper = build_donor_statement_paper(
        station.books, "D-1", FIRST, LAST, printed_at=station.clock()
    )
    assert paper.donor.name == "广州某企业"
    assert paper.donor.phone == "138****8000"
    assert paper.printed_at.isoformat() == "2020-02-10T12:00:00+08:00"
    assert isinstance(paper.statement, DonorStatement)


def test_a_statement_of_many_donations_takes_few_queries(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    really = type(station.books.store).all

    def counted(self: Any, sql: str, params: Any = ()) -> Any:
        asked.append(sql)
        return really(self, sql, params)

    monkeypatch.setattr(type(station.books.store), "all", counted)
    for gift in range(30):
        station.give(gift + 1)
    hand_out(station, 40)
    asked.clear()
    stated(station)
    assert len(asked) < 15


def stated_packs(station: StationLedger, item: str = "mask") -> list[StatedPacks]:
    return goods(station)[item].stated or []


def test_a_statement_shows_the_packs_in_which_all_gifts_of_an_item_came(
    station: StationLedger,
) -> None:
    station.give(2, pack="box")
    station.give(1, pack="box")
    second = station.give(3, pack="ten")
    station.give(5, item="soap")
    packs = [
        StatedPacks(quantity=3, pack="box", size=50),
        StatedPacks(quantity=3, pack="ten", size=10),
    ]
    assert stated_packs(station) == packs
    assert stated_packs(station, "soap") == []
    corrected = c.Correct(entry=second.seq, command=station.donation(1, pack="ten"), reason="one")
    station(corrected)
    assert stated_packs(station)[1] == StatedPacks(quantity=1, pack="ten", size=10)
    with station.ledger.reading() as books:
        paper = build_donor_statement_paper(
            books, "D-1", station.day(0), station.day(0), printed_at=station.clock()
        )
    assert "3×boxof50+1×tenof10" in reading.text(draw_donor_statement(paper))
    station.give(7)
    assert stated_packs(station) == []
