import pytest
from support.ledger_fixture import Desk
from support.view_json import shows

from supplies.domain import commands as c
from supplies.errors import NotFound
from supplies.views.pledges import get_pledge, list_pledges


def parts(desk: Desk, name: str) -> tuple[int, int, int, int, int]:
    (line,) = get_pledge(desk.books, name).lines
    return line.promised, line.arrived, line.outstanding, line.lapsed, line.cancelled


def test_a_pledge_shows_what_is_waited_for_and_what_needs_claim_of_it(desk: Desk) -> None:
    need = desk.need(6)
    name = desk.pledge(50, {need: 6}, due_on=desk.day(3))
    assert shows(
        get_pledge(desk.books, name),
        {
            "id": "p_2",
            "donor": "D-1",
            "due_on": "2020-02-13",
            "status": "open",
            "lines": [
                {
                    "line": 1,
                    "item": "mask",
                    "promised": 50,
                    "arrived": 0,
                    "outstanding": 50,
                    "lapsed": 0,
                    "cancelled": 0,
                    "claims": [{"need": "n_1", "quantity": 6}],
                }
            ],
        },
    )


def test_kept_lapsed_and_cancelled_are_told_apart_by_the_kind_of_entry(desk: Desk) -> None:
    name = desk.pledge(50)
    desk.give(20, pledge=name)
    assert (parts(desk, name), get_pledge(desk.books, name).status) == ((50, 20, 30, 0, 0), "open")
    part = [c.DroppedLine(line=1, quantity=10)]
    desk(c.CancelPledge(pledge=name, reason="too many", lines=part))
    assert parts(desk, name) == (50, 20, 20, 0, 10)
    desk(c.LapsePledge(pledge=name, reason="never came"))
    assert (parts(desk, name), get_pledge(desk.books, name).status) == ((50, 20, 0, 20, 10), "kept")


@pytest.mark.parametrize(
    ("command", "status"), [(c.CancelPledge, "cancelled"), (c.LapsePledge, "lapsed")]
)
def test_a_pledge_of_which_nothing_came_is_lapsed_or_cancelled(
    desk: Desk, command: type[c.CancelPledge | c.LapsePledge], status: str
) -> None:
    name = desk.pledge(10)
    desk(command(pledge=name, reason="…"))
    assert get_pledge(desk.books, name).status == status


def test_a_corrected_donation_counts_with_its_right_figure(desk: Desk) -> None:
    need = desk.need(6)
    name = desk.pledge(50, {need: 6})
    given = desk.give(30, pledge=name)
    right = desk.donation(20, pledge=name)
    desk(c.Correct(entry=given.seq, command=right, reason="counted twice"))
    assert parts(desk, name) == (50, 20, 30, 0, 0)
    latest = desk.entries()
    while desk.books.body(latest).kind != "donation_received":
        latest -= 1
    desk(c.Reverse(entry=latest, reason="it was another donor's"))
    assert parts(desk, name) == (50, 0, 50, 0, 0)
    assert [claim.quantity for claim in get_pledge(desk.books, name).lines[0].claims] == [6]


def test_goods_beyond_the_promise_do_not_count_as_arrived(desk: Desk) -> None:
    name = desk.pledge(10)
    desk.give(15, pledge=name)
    assert parts(desk, name) == (10, 10, 0, 0, 0)


def test_a_corrected_pledge_shows_its_lines_as_stated_last(desk: Desk) -> None:
    name = desk.pledge(10)
    right = c.MakePledge(donor="D-1", lines=[c.PledgeLine(item="soap", quantity=4)])
    desk(c.Correct(entry=1, command=right, reason="soap, not masks"))
    (line,) = get_pledge(desk.books, name).lines
    assert (line.item, line.promised, line.outstanding, line.cancelled) == ("soap", 4, 4, 0)


def test_a_reversed_pledge_has_no_lines(desk: Desk) -> None:
    name = desk.pledge(10)
    desk(c.Reverse(entry=1, reason="a joke"))
    found = get_pledge(desk.books, name)
    assert (found.lines, found.status) == ([], "cancelled")


def test_claims_of_ten_needs_are_listed_oldest_first(desk: Desk) -> None:
    asked = [desk.need(1) for _ in range(11)]
    name = desk.pledge(11, dict.fromkeys(asked, 1))
    assert [claim.need for claim in get_pledge(desk.books, name).lines[0].claims] == asked


def test_pledges_are_listed_by_donor_and_do_not_mix(desk: Desk) -> None:
    names = [desk.pledge(n, donor="D-1" if n % 2 else "D-2") for n in range(1, 12)]
    assert [one.id for one in list_pledges(desk.books).items] == names
    found = list_pledges(desk.books, donor="D-2").items
    assert [(one.id, one.lines[0].outstanding) for one in found] == [
        (name, n) for n, name in enumerate(names, 1) if n % 2 == 0
    ]


def test_a_pledge_that_is_not_there_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no pledge p_1"):
        get_pledge(desk.books, "p_1")
