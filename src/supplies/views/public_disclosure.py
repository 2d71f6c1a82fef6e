"""Build the public disclosure (公示): what was received from whom, and which communities got it.

Donors are named only as far as they consented.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from supplies.books.merged_codes import code_that_stays
from supplies.books.reader import Books
from supplies.domain.accounts import CHART, DONOR, RECEIVED, is_origin, keys_of, kind_of
from supplies.domain.catalogue_records import Donor
from supplies.domain.redaction import mask_name
from supplies.papers.common import CountedUnit
from supplies.papers.disclosure import (
    Disclosure,
    DisclosurePaper,
    GoodsHandedOverLine,
    GoodsReceivedLine,
)
from supplies.stations.paper_settings import letterhead
from supplies.views.account_flows import net_flows
from supplies.views.people_reached import (
    WHO_BY_KIND,
    RecipientGroup,
    lasting_hand_outs,
    name_communities,
    read_group_hand_outs,
    read_recipient_groups,
    shown_count,
)
from supplies.views.periods import end_of_period
from supplies.views.station_report import build_goods_lines, read_item_names

_ORIGINS = [kind for kind in CHART.values() if is_origin(kind)]

_Place = tuple[str, CountedUnit, str]
"""The community ("" if unknown), counted unit such as household, and item of a line."""


def build_disclosure(books: Books, first: date, last: date) -> Disclosure:
    """Return what was received and handed over in a period. Both days are included.

    Raises:
        InvalidField: `last` is before `first`.
        BooksBroken: the opening balances plus the movements of the period do not give the closing
            balances.
    """
    last = end_of_period(books, first, last)
    return Disclosure(
        station=books.station_code,
        first=first,
        last=last,
        as_of_seq=books.last_entry().seq,
        received=_received(books, first, last),
        handed_over=_handed_over(books, first, last),
        goods=build_goods_lines(books, first, last),
    )


def build_disclosure_paper(
    books: Books, first: date, last: date, *, printed_at: datetime
) -> DisclosurePaper:
    """Return the public disclosure for printing.

    Args:
        printed_at: The current time, from the ledger's clock.

    Raises:
        InvalidField: `last` is before `first`.
        BooksBroken: the opening balances plus the movements of the period do not give the closing
            balances.
    """
    found = build_disclosure(books, first, last)
    items = {line.item for line in found.received} | {line.item for line in found.handed_over}
    items |= {line.item for line in found.goods}
    return DisclosurePaper(
        station=letterhead(books),
        disclosure=found,
        names=read_item_names(books, items),
        printed_at=printed_at.astimezone(ZoneInfo(books.station.zone)),
        as_of=books.past_day,
    )


# --- goods received ------------------------------------------------------------------------------


def _received(books: Books, first: date, last: date) -> list[GoodsReceivedLine]:
    """Return a line for each source and item. Donors who may be named have lines of their own.

    Gifts of donors who may not be named share one line per item.
    """
    came = net_flows(books, _ORIGINS, first, last)
    donors = {keys_of(account)[0] for account, _ in came if kind_of(account) is DONOR}
    stays = {code: code_that_stays(books, "donor", code) for code in donors}
    names = {code: _published(books, code) for code in stays.values()}
    sums: Counter[tuple[str, str, str | None, str]] = Counter()
    for (account, item), quantity in came.items():
        kind, key = kind_of(account), keys_of(account)[0]
        key = stays[key] if kind is DONOR else key
        name = names[key] if kind is DONOR else None
        sums[kind.name, "" if name is None else key, name, item] -= quantity
    order = {kind.name: place for place, kind in enumerate(_ORIGINS)}
    lines = sorted(sums.items(), key=lambda line: (order[line[0][0]], line[0][2] is None, *line[0]))
    return [
        GoodsReceivedLine(source=source, name=name, item=item, quantity=quantity)
        for (source, _, name, item), quantity in lines
        if quantity
    ]


def _published(books: Books, code: str) -> str | None:
    """Return as much of a donor's name as the donor consented to: the full name, 张**, or None."""
    donor = books.catalogue.get(Donor, code)
    if donor is None or donor.name is None or donor.publish == "no":
        return None
    return donor.name if donor.publish == "name" else mask_name(donor.name)


# --- goods handed over ---------------------------------------------------------------------------


def _handed_over(books: Books, first: date, last: date) -> list[GoodsHandedOverLine]:
    quantities: Counter[tuple[str, str]] = Counter()
    for (account, item), quantity in net_flows(books, [RECEIVED], first, last).items():
        quantities[code_that_stays(books, "recipient", keys_of(account)[0]), item] += quantity
    known = read_recipient_groups(books, sorted({recipient for recipient, _ in quantities}))
    sums: Counter[_Place] = Counter()
    counts: Counter[_Place] = Counter()
    for (recipient, item), quantity in quantities.items():
        place = _place(known[recipient], item)
        sums[place] += quantity
        counts[place] += place[1] != "person" and quantity > 0
    groups = sorted(code for code, home in known.items() if home.kind == "group")
    persons, uncounted = _count_persons(books, groups, first, last)
    counts.update(persons)
    lines = [
        GoodsHandedOverLine(
            community=community or None,
            who=who,
            item=item,
            quantity=quantity,
            count=shown_count(who, counts[community, who, item]),
            uncounted=uncounted[community, who, item] or msgspec.UNSET,
        )
        for (community, who, item), quantity in sorted(sums.items())
        if quantity
    ]
    return name_communities(books, lines)


def _place(home: RecipientGroup, item: str) -> _Place:
    return home.community or "", WHO_BY_KIND[home.kind], item


def _count_persons(
    books: Books, groups: Iterable[str], first: date, last: date
) -> tuple[Counter[_Place], Counter[_Place]]:
    """Count the persons of groups who received each item. Each hand-out counts once per item.

    Hand-outs without a headcount are counted too; their number is the second result.
    """
    by_item = defaultdict(list)
    for hand_out in read_group_hand_outs(books, groups, first, last):
        by_item[hand_out.item].append(hand_out)
    counts, uncounted = Counter[_Place](), Counter[_Place]()
    for item, met in by_item.items():
        for hand_out in lasting_hand_outs(met).values():
            place: _Place = hand_out.community or "", "person", item
            counts[place] += hand_out.headcount or 0
            uncounted[place] += hand_out.headcount is None
    return counts, uncounted
