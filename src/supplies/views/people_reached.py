"""Count the people who received goods, by community, without reading their names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple, TypeVar

import msgspec

from supplies.books.account_range import account_range
from supplies.books.merged_codes import (
    code_that_stays,
    codes_of_person,
    sql_code_that_stays,
)
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import RECEIVED, keys_of
from supplies.domain.catalogue_records import Community
from supplies.domain.redaction import RedactedCount, mask_count
from supplies.papers.common import CountedUnit
from supplies.papers.disclosure import GoodsHandedOverLine
from supplies.papers.donor_statement import PeopleReachedLine
from supplies.views.catalogue import list_records

L = TypeVar("L", GoodsHandedOverLine, PeopleReachedLine)

WHO_BY_KIND: Mapping[str, CountedUnit] = {
    "household": "household",
    "group": "person",
    "institution": "institution",
}
"""The unit in which reports count recipients of each kind: household, person or institution."""


class RecipientGroup(NamedTuple):
    """The kind and the community of a recipient. Reports may show both."""

    kind: str
    community: str | None


class GroupHandOut(NamedTuple):
    """A quantity of one lot that was handed out to a group.

    Attributes:
        headcount: Number of people who came to the hand-out; None if it was not recorded.
        quantity: In base units; negative if goods were taken back.
    """

    hand_out: str
    community: str | None
    headcount: int | None
    day: str
    item: str
    lot: str
    quantity: int


def read_recipient_groups(books: Books, recipients: Iterable[str]) -> dict[str, RecipientGroup]:
    """Return the kind and community of recipients, by code, including forgotten ones."""
    rows = query_ids(
        books,
        recipients,
        "SELECT r.code, r.kind, r.community FROM wanted w CROSS JOIN recipients r "
        "WHERE r.station = :station AND r.code = w.id",
    )
    return {code: RecipientGroup(kind, community) for code, kind, community in rows}


def name_communities(books: Books, lines: list[L]) -> list[L]:
    """Return the lines of a report with the names of registered communities added."""
    known = {one.code: one for one in list_records(books, Community, limit=None).items}

    def named(line: L) -> L:
        found = known.get(line.community or "")
        if found is None:
            return line
        return msgspec.structs.replace(
            line,
            community_name=found.name,
            community_name_en=found.name_en or msgspec.UNSET,
        )

    return [named(line) for line in lines]


def read_group_hand_outs(
    books: Books, groups: Iterable[str], first: date, last: date
) -> list[GroupHandOut]:
    """Return what was handed out to these groups from day `first` to day `last`, both included.

    Hand-outs under all merged codes of a group are included. A correction has rows of its own, with
    negative quantities if it reduces what was handed out.
    """
    stays = sql_code_that_stays("recipient", "h", "recipient")
    rows = query_ids(
        books,
        [code for group in groups for code in codes_of_person(books, "recipient", group)],
        "SELECT h.hand_out, r.community, h.headcount, t.day, t.item, t.lot, "
        "CASE WHEN t.target = 'received:' || w.id THEN t.quantity ELSE -t.quantity END "
        "FROM wanted w CROSS JOIN hand_outs h CROSS JOIN recipients r CROSS JOIN entries e "
        "CROSS JOIN transfers t WHERE h.station = :station AND h.recipient = w.id "
        "AND h.seq = (SELECT max(m.seq) FROM hand_outs m "
        "WHERE m.station = h.station AND m.hand_out = h.hand_out) "
        f"AND r.station = h.station AND r.code = {stays} "
        "AND e.station = h.station AND e.document = h.hand_out "
        "AND t.station = e.station AND t.seq = e.seq AND t.lot <> '' "
        "AND (t.target = 'received:' || w.id OR t.source = 'received:' || w.id) "
        "AND t.day >= :first AND t.day <= :last ORDER BY t.seq, t.line",
        first=first.isoformat(),
        last=last.isoformat(),
    )
    return [GroupHandOut(*row) for row in rows]


def lasting_hand_outs(met: Iterable[GroupHandOut]) -> dict[str, GroupHandOut]:
    """Return the first row of each hand-out that was not undone completely, by id of the hand-out.

    A hand-out is undone if it was reversed, or if the group gave all goods back.

    Args:
        met: Rows of hand-outs and of their corrections.
    """
    stayed: defaultdict[str, int] = defaultdict(int)
    first: dict[str, GroupHandOut] = {}
    for gathering in met:
        stayed[gathering.hand_out] += gathering.quantity
        first.setdefault(gathering.hand_out, gathering)
    return {name: gathering for name, gathering in first.items() if stayed[name] > 0}


def shown_count(who: CountedUnit, count: int) -> RedactedCount:
    """Return a count as reports may show it: small counts of households or persons are masked."""
    return count if who == "institution" else mask_count(count)


def count_people_reached(
    books: Books, lots: set[str], first: date, last: date
) -> list[PeopleReachedLine]:
    """Count the households and persons that received goods of these lots, by month and community.

    For a group, the persons at hand-outs are counted; hand-outs without a headcount are counted
    separately. A household or an institution is counted in each month in which it received more of
    an item than was taken back. For privacy, small counts are masked, except counts of
    institutions.
    """
    reached = _reached(books, lots, last)
    known = read_recipient_groups(books, {recipient for _, recipient in reached})
    counts: defaultdict[tuple[str, str, CountedUnit], int] = defaultdict(int)
    for month, recipient in reached:
        who = WHO_BY_KIND[known[recipient].kind]
        if who != "person":
            counts[month, known[recipient].community or "", who] += 1
    groups = sorted({code for _, code in reached if known[code].kind == "group"})
    met = [one for one in read_group_hand_outs(books, groups, first, last) if one.lot in lots]
    uncounted = Counter[tuple[str, str, CountedUnit]]()
    for gathering in lasting_hand_outs(met).values():
        place: tuple[str, str, CountedUnit]
        place = gathering.day[:7], gathering.community or "", "person"
        counts[place] += gathering.headcount or 0
        uncounted[place] += gathering.headcount is None
    lines = [
        PeopleReachedLine(
            month=month,
            community=community or None,
            who=who,
            count=shown_count(who, count),
            uncounted=uncounted[month, community, who] or msgspec.UNSET,
        )
        for (month, community, who), count in sorted(counts.items())
    ]
    return name_communities(books, lines)


def _reached(books: Books, lots: set[str], last: date) -> set[tuple[str, str]]:
    """Return pairs of a month and a recipient who received goods of these lots in that month.

    A recipient received goods in a month if it got more of some item than was taken back in the
    month.
    """
    rows = query_ids(
        books,
        sorted(lots),
        "SELECT d.account, d.item, d.lot, d.day, d.quantity "
        "FROM wanted w CROSS JOIN balances b CROSS JOIN days d "
        "WHERE b.station = :station AND b.lot = w.id AND b.lot <> '' "
        f"AND {account_range('start', 'end', column='b.account')} "
        "AND d.station = b.station AND d.account = b.account AND d.item = b.item "
        "AND d.lot = b.lot AND d.day <= :last ORDER BY d.account, d.item, d.lot, d.day",
        start=RECEIVED.prefix,
        end=f"{RECEIVED.name};",  # ";" follows ":" in ASCII
        last=last.isoformat(),
    )
    before: dict[tuple[str, str, str], int] = {}
    gained: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for account, item, lot, day, quantity in rows:
        key = (account, item, lot)
        recipient = code_that_stays(books, "recipient", keys_of(account)[0])
        gained[day[:7], recipient, item] += quantity - before.get(key, 0)
        before[key] = quantity
    return {
        (month, recipient) for (month, recipient, _), quantity in gained.items() if quantity > 0
    }
