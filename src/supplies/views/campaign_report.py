"""Report the goods of each campaign: what was promised, what arrived, and where it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import kind_of, place_name
from supplies.domain.catalogue_records import Campaign
from supplies.views.catalogue import list_records
from supplies.views.lot_ownership import LotShare, apportion_all, read_owned_goods
from supplies.views.pagination import DEFAULT_LIMIT, Page, View, check_codes, paginate
from supplies.views.periods import PeriodReport, check_days

_IS_LATEST = (
    "c.seq = (SELECT max(a.seq) FROM arrivals a "
    "WHERE a.station = c.station AND a.arrival = c.arrival)"
)
"""SQL condition for the rows of `arrival_campaigns` that describe the latest version of an arrival.

The table has the alias `c`.
"""

_SHOWN_PLACES = ("free", "allocated", "in_transit", "handed_over", "used", "lost")


class CampaignGoods(View, frozen=True, kw_only=True):
    """The goods of one item from one campaign, in base units.

    `received` plus `repacked` equals the sum of the quantities in the fields that follow them.

    Attributes:
        promised: The quantity in pledges of the period, whether it arrived or not.
        received: The quantity that arrived in the period.
        repacked: The quantity that was made by repacking goods of the campaign.
        free: The quantity in stock that is not set aside.
        handed_over: The quantity that recipients have.
        other: The quantity at all other places, such as lent, sent to other stations, given back,
            or repacked into other items.
    """

    campaign: str
    item: str
    promised: int
    received: int
    repacked: int
    free: int
    allocated: int
    in_transit: int
    handed_over: int
    used: int
    lost: int
    other: int


class CampaignReport(PeriodReport, frozen=True, kw_only=True):
    """The goods that were promised for or arrived from campaigns, by campaign and item."""

    items: list[CampaignGoods]


class CampaignArrival(View, frozen=True, kw_only=True):
    """A donation or other arrival of goods from a campaign, with the latest entry about it."""

    entry: int
    document: str
    happened_on: date


def list_campaign_arrivals(
    books: Books, campaign: str, *, after: str | None = None, limit: int | None = DEFAULT_LIMIT
) -> Page[CampaignArrival]:
    """List the arrivals of a campaign that were not reversed, in the order of their entries.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """

    def fetch(position: int, wanted: int) -> list[tuple[int, CampaignArrival]]:
        rows = books.all(
            "SELECT c.seq, c.arrival, e.happened_on FROM arrival_campaigns c "
            "JOIN entries e ON e.station = c.station AND e.seq = c.seq "
            "WHERE c.station = :station AND c.campaign = :campaign AND c.seq > :position "
            f"AND {_IS_LATEST} AND EXISTS (SELECT 1 FROM arrival_lines l "
            "WHERE l.station = c.station AND l.arrival = c.arrival AND l.seq = c.seq) "
            "ORDER BY c.seq LIMIT :wanted",
            campaign=campaign,
            position=position,
            wanted=wanted,
        )
        return [
            (
                seq,
                CampaignArrival(entry=seq, document=document, happened_on=date.fromisoformat(day)),
            )
            for seq, document, day in rows
        ]

    return paginate(fetch, after, limit)


def report_campaigns(
    books: Books, first: date, last: date, *, campaign: str | None = None
) -> CampaignReport:
    """Return the goods that were promised for campaigns or arrived from them in a period.

    The report shows where the goods were at the end of the period.

    Args:
        campaign: Report only this campaign. If None, all are reported.

    Raises:
        InvalidField: `last` is before `first`, or `campaign` is unknown.
        BooksBroken: the balances of a lot do not add up to the quantity that came in.
    """
    check_days(first, last)
    check_codes(books, campaign=campaign)
    every = [one.code for one in list_records(books, Campaign, limit=None).items]
    arrived = _arrived_lots(books, first, last, every)
    goods: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for lot, shares in read_owned_goods(books, arrived, last).items():
        for share, parts in _parts(lot, shares, arrived[lot]):
            place = place_name(kind_of(share.account))
            for code, quantity in parts.items():
                quantities = goods[code, share.item]
                quantities["received" if share.lot == lot else "repacked"] += quantity
                quantities[place if place in _SHOWN_PLACES else "other"] += quantity
    for code, item, quantity in _promised(books, first, last, every):
        goods[code, item]["promised"] += quantity
    columns = ("promised", "received", "repacked", *_SHOWN_PLACES, "other")
    return CampaignReport(
        first=first,
        last=last,
        items=[
            CampaignGoods(campaign=code, item=item, **{name: quantities[name] for name in columns})
            for (code, item), quantities in sorted(goods.items())
            if campaign in (None, code) and any(quantities.values())
        ],
    )


def _promised(
    books: Books, first: date, last: date, campaigns: Iterable[str]
) -> Iterator[tuple[str, str, int]]:
    """Yield the campaign, item and quantity of each line in the pledges of a period."""
    for campaign in campaigns:
        for item, quantity in books.all(
            "SELECT l.item, l.quantity FROM pledge_campaigns c CROSS JOIN entries e "
            "CROSS JOIN pledge_lines l WHERE c.station = :station AND c.campaign = :campaign "
            "AND c.seq = (SELECT max(p.seq) FROM pledges p "
            "WHERE p.station = c.station AND p.pledge = c.pledge) "
            "AND e.station = c.station AND e.seq = c.seq AND e.happened_on >= :first "
            "AND e.happened_on <= :last AND l.station = c.station AND l.pledge = c.pledge "
            "AND l.seq = c.seq",
            campaign=campaign,
            first=first.isoformat(),
            last=last.isoformat(),
        ):
            yield campaign, item, int(quantity)


def _parts(
    lot: str, shares: list[LotShare], arrived: Counter[str]
) -> Iterator[tuple[LotShare, dict[str, int]]]:
    """Yield each owner's share of an arrived lot, and the part of the share from each campaign.

    Most lots have a single arrival. A lot that a stock count found may have several, because they
    are booked afterwards. Each share of such a lot is divided between the campaigns in proportion
    to the quantities that arrived.

    Args:
        arrived: The quantity that arrived from each campaign.
    """
    own = [share for share in shares if share.lot == lot]
    others = max(0, sum(share.quantity for share in own) - arrived.total())
    weights = [*arrived.values(), others]
    for some in (own, [share for share in shares if share.lot != lot]):
        divided = apportion_all((share.quantity for share in some), weights)
        for share, parts in zip(some, divided, strict=True):
            yield share, dict(zip(arrived, parts, strict=False))


def _arrived_lots(
    books: Books, first: date, last: date, campaigns: Iterable[str]
) -> dict[str, Counter[str]]:
    """Return the lots that arrived from campaigns in a period, with the quantity from each.

    A lot arrives on the first day on which goods of it are booked.
    """
    arrived: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for campaign in campaigns:
        rows = books.all(
            "SELECT l.lot, l.quantity FROM arrival_campaigns c CROSS JOIN arrival_lines l "
            "WHERE c.station = :station AND c.campaign = :campaign "
            "AND l.station = c.station AND l.arrival = c.arrival AND l.seq = c.seq "
            f"AND {_IS_LATEST}",
            campaign=campaign,
        )
        for lot, quantity in rows:
            arrived[lot][campaign] += int(quantity)
    days = query_ids(
        books,
        sorted(arrived),
        "SELECT w.id, min(d.day) FROM wanted w CROSS JOIN balances b CROSS JOIN days d "
        "WHERE b.station = :station AND b.lot = w.id AND b.lot <> '' "
        "AND d.station = b.station AND d.account = b.account AND d.item = b.item "
        "AND d.lot = b.lot AND d.quantity <> 0 GROUP BY w.id",
    )
    return {lot: arrived[lot] for lot, day in days if first.isoformat() <= day <= last.isoformat()}
