"""Pledges: what was promised, what arrived, and what is still outstanding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Literal, get_args

import msgspec

from supplies.books.merged_codes import codes_of_person
from supplies.books.reader import Books
from supplies.domain.accounts import PLEDGED, keys_of
from supplies.domain.entry_rows import Pledge, PledgeCampaign, PledgeLine
from supplies.errors import NotFound, Sentence
from supplies.views.document_lists import (
    Days,
    all_numbers,
    list_documents,
    numbers_by_balance,
    numbers_by_column,
)
from supplies.views.pagination import (
    DEFAULT_LIMIT,
    OrEarlier,
    PackedView,
    Page,
    View,
    check_choice,
    check_codes,
)
from supplies.views.remarks import DocumentEntries, RemarkView
from supplies.views.shared_queries import (
    AccountBalance,
    DocumentState,
    DocumentType,
    find_document,
    read_account_balances,
    read_latest,
    read_net_transfers,
    read_packs,
)

PledgeStatus = Literal["open", "kept", "lapsed", "cancelled"]

DOCUMENT_TYPE = DocumentType(Pledge, "pledge", kind="pledge_made", prefix="p")

RECEIVED, OPENED = "donation_received", "goods_converted"
LAPSED, CANCELLED = "pledge_lapsed", "pledge_cancelled"
"""Kinds of entry that transfer goods from `pledged` back to `donor`, each with another reason.

RECEIVED: the goods arrived. OPENED: a case that contained the goods was opened and counted. LAPSED:
the goods did not come. CANCELLED: the donor cancelled the pledge.
"""


class ClaimView(View, frozen=True, kw_only=True):
    """The outstanding part of a pledge line that one need claims, in base units."""

    need: str
    quantity: int


class PledgeLineView(View, frozen=True, kw_only=True):
    """The quantity of one item in a pledge, and how much of it arrived, in base units.

    `promised` is the sum of `arrived`, `outstanding`, `lapsed` and `cancelled`.

    Attributes:
        stated: The quantity in packs, as given; absent if it was given in base units.
    """

    line: int
    item: str
    promised: int
    arrived: int
    outstanding: int
    lapsed: int
    cancelled: int
    claims: list[ClaimView]
    stated: PackedView | msgspec.UnsetType = msgspec.UNSET


class PledgeView(View, frozen=True, kw_only=True):
    """A pledge.

    Attributes:
        status: "open" while any quantity is outstanding.
        campaign: Code of the campaign for which the goods are promised; absent if there is none.
        note: Free text; None if there is none, or if it was erased.
        remarks: All other free text about the pledge, such as why it was cancelled or lapsed.
    """

    id: str
    donor: str
    due_on: date | None
    status: PledgeStatus
    lines: list[PledgeLineView]
    happened_on: date
    note: str | None
    remarks: list[RemarkView]
    or_earlier: OrEarlier = msgspec.UNSET
    campaign: str | msgspec.UnsetType = msgspec.UNSET


def get_pledge(books: Books, name: str) -> PledgeView:
    """Return the pledge with this id.

    Raises:
        NotFound: the pledge does not exist.
    """
    found = find_document(books, DOCUMENT_TYPE, name)
    if found is None:
        raise NotFound(Sentence("unknown pledge {name}; see the list of pledges", name=name))
    return _views(books, [found])[0]


def list_pledges(
    books: Books,
    *,
    donor: str | None = None,
    status: str | None = None,
    campaign: str | None = None,
    days: Days | None = None,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
) -> Page[PledgeView]:
    """List pledges, oldest first.

    Args:
        donor, status, campaign: Filters. If None, no filter is applied. The pledges under all
            merged codes of the donor are listed.
        days: The first and the last day of the pledges to list. If None, all are listed.

    Raises:
        InvalidField: `donor`, `status`, `campaign`, `after` or `limit` is invalid.
    """
    check_choice("status", status, get_args(PledgeStatus))
    check_codes(books, donor=donor, campaign=campaign)
    codes = None if donor is None else codes_of_person(books, "donor", donor)
    source = numbers_by_balance(PLEDGED) if status == "open" else all_numbers(DOCUMENT_TYPE)
    if codes is not None:
        source = numbers_by_column(DOCUMENT_TYPE, "donor", codes)
    elif campaign is not None:
        source = numbers_by_column(DOCUMENT_TYPE, "campaign", [campaign], statement=PledgeCampaign)
    return list_documents(
        books,
        DOCUMENT_TYPE,
        _views,
        source,
        days=days,
        after=after,
        limit=limit,
        state_filter=lambda one: codes is None or one.donor in codes,
        view_filter=lambda view: (
            status in (None, view.status) and campaign in (None, view.campaign)
        ),
    )


def _views(books: Books, found: Sequence[DocumentState[Pledge]]) -> list[PledgeView]:
    ids = [one.stated.pledge for one in found]
    lines = read_latest(books, PledgeLine, "pledge", ids, decided_by=Pledge)
    campaigns = read_latest(books, PledgeCampaign, "pledge", ids, decided_by=Pledge)
    packs = read_packs(books, [one.seq for one in found])
    outstanding = read_account_balances(books, PLEDGED, ids)
    entries = DocumentEntries(books, ids)
    left: Counter[tuple[str, str, str]] = Counter()
    for row in read_net_transfers(books, PLEDGED, ids):
        left[row.id, row.item, row.kind] -= row.quantity
    return [
        _view(
            one,
            entries,
            [
                _line(line, outstanding, left, packs.get((one.seq, line.line)))
                for line in lines.get(name, [])
            ],
            campaigns.get(name, []),
        )
        for name, one in zip(ids, found, strict=True)
    ]


def _line(
    line: PledgeLine,
    outstanding: list[AccountBalance],
    left: Counter[tuple[str, str, str]],
    packed: PackedView | None,
) -> PledgeLineView:
    there = [row for row in outstanding if (row.id, row.item) == (line.pledge, line.item)]
    claims = [
        ClaimView(need=keys_of(row.account)[1], quantity=row.quantity)
        for row in there
        if len(keys_of(row.account)) > 1
    ]
    return PledgeLineView(
        line=line.line,
        item=line.item,
        promised=line.quantity,
        arrived=sum(left[line.pledge, line.item, kind] for kind in (RECEIVED, OPENED)),
        outstanding=sum(row.quantity for row in there),
        lapsed=left[line.pledge, line.item, LAPSED],
        cancelled=left[line.pledge, line.item, CANCELLED],
        # Ids end in a number, so of two ids the shorter one is older.
        claims=sorted(claims, key=lambda claim: (len(claim.need), claim.need)),
        stated=packed or msgspec.UNSET,
    )


def _view(
    one: DocumentState[Pledge],
    entries: DocumentEntries,
    lines: list[PledgeLineView],
    campaigns: list[PledgeCampaign],
) -> PledgeView:
    stated = one.stated
    return PledgeView(
        id=stated.pledge,
        donor=stated.donor,
        due_on=stated.due_on,
        status=_status(lines),
        lines=lines,
        happened_on=one.happened_on,
        or_earlier=entries.or_earlier(one.seq),
        campaign=campaigns[0].campaign if campaigns else msgspec.UNSET,
        note=entries.text(one.seq, "note"),
        remarks=entries.remarks(stated.pledge),
    )


def _status(lines: list[PledgeLineView]) -> PledgeStatus:
    if any(line.outstanding for line in lines):
        return "open"
    if any(line.arrived for line in lines):
        return "kept"
    lapsed, cancelled = sum(line.lapsed for line in lines), sum(line.cancelled for line in lines)
    return "lapsed" if lapsed > cancelled else "cancelled"
