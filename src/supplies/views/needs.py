"""Needs: what recipients need, and how much of it is claimed, assigned and met."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Literal, get_args

import msgspec

from supplies.books.merged_codes import codes_of_person
from supplies.books.reader import Books
from supplies.domain.accounts import ASSIGNED, CLAIMED, ENDED, MET, NEEDED, keys_of
from supplies.domain.catalogue_records import Recipient
from supplies.domain.commands import EndReason, Urgency
from supplies.domain.entry_rows import Need, NeedEnd
from supplies.errors import NotFound, Sentence
from supplies.views.document_lists import (
    Days,
    NumberQuery,
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
    Warned,
    check_choice,
    check_codes,
)
from supplies.views.remarks import DocumentEntries, RemarkView
from supplies.views.shared_queries import (
    DocumentState,
    DocumentType,
    find_document,
    read_account_balances,
    read_latest,
    read_packs,
)

NeedStatus = Literal["open", "claimed", "assigned", "met", "ended"]

DOCUMENT_TYPE = DocumentType(Need, "need", kind="need_noted", prefix="n")

STAGES = dict(zip(get_args(NeedStatus), (NEEDED, CLAIMED, ASSIGNED, MET, ENDED), strict=True))
"""For each status of a need, the kind of account that contains the quantity of such a need.

A need may have quantities in several of these accounts. Its status is the first one in this order.
"""

UNSETTLED_STATUSES = ("open", "claimed", "assigned")
"""Statuses of needs that are still to be met.

Such needs are few, so they are found by their balances.
"""


class NeedView(View, frozen=True, kw_only=True):
    """A need, with quantities in base units.

    Attributes:
        asked: The quantity that was asked for, with all corrections. It is divided into `needed`
            (still open), `claimed`, `assigned`, `met` and `ended`.
        stated: The quantity in packs, as given; absent if it was given in base units.
        needed_by: The day by which the goods are needed; None if no day was given.
        note: Free text; None if there is none, or if it was erased.
        end_reason: Why the need was ended; None if it was not.
    """

    id: str
    recipient: str
    item: str
    asked: int
    needed: int
    claimed: int
    assigned: int
    met: int
    ended: int
    urgency: Urgency
    status: NeedStatus
    happened_on: date
    needed_by: date | None
    note: str | None
    end_reason: EndReason | None
    remarks: list[RemarkView]
    stated: PackedView | msgspec.UnsetType = msgspec.UNSET
    or_earlier: OrEarlier = msgspec.UNSET


def get_need(books: Books, name: str) -> NeedView:
    """Return the need with this id.

    Raises:
        NotFound: the need does not exist.
    """
    found = find_document(books, DOCUMENT_TYPE, name)
    if found is None:
        raise NotFound(Sentence("unknown need {name}; see the list of needs", name=name))
    return _views(books, [found])[0]


def find_goods_of_ended_need(books: Books, name: str) -> list[Warned]:
    """Return warnings about goods for an ended need that are still set aside or were handed over.

    Goods that a team has on the way count as set aside. If the need was not ended, there is no
    warning.
    """
    if books.latest_row(NeedEnd, need=name) is None:
        return []
    need = get_need(books, name)
    item = books.item(need.item).name
    warnings = [
        Warned(
            warning="goods-set-aside",
            detail=f"{row.quantity} × {item} in allocation {keys_of(row.account)[1]} are still for "
            f"{need.recipient}: deliver them, or release them",
            about=keys_of(row.account)[1],
        )
        for row in read_account_balances(books, ASSIGNED, [name])
    ]
    if need.met:
        warnings.append(
            Warned(
                warning="goods-handed-over",
                detail=f"{need.met} × {item} were handed over for need {name} and stay with "
                f"{need.recipient}: record a take-back if they come back",
                about=name,
            )
        )
    return warnings


def list_needs(
    books: Books,
    *,
    status: str | None = None,
    recipient: str | None = None,
    item: str | None = None,
    urgency: str | None = None,
    community: str | None = None,
    days: Days | None = None,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
) -> Page[NeedView]:
    """List needs, oldest first.

    Args:
        status, recipient, item, urgency: Filters. If None, no filter is applied. The needs under
            all merged codes of the recipient are listed.
        community: List only needs of recipients in this community. If None, all are listed.
        days: The first and the last day of the needs to list. If None, all are listed.

    Raises:
        InvalidField: a filter, `after` or `limit` is invalid.
    """
    check_choice("status", status, STAGES)
    check_choice("urgency", urgency, get_args(Urgency))
    check_codes(books, recipient=recipient, item=item)
    if community is not None and not _has_recipients(books, community):
        check_codes(books, community=community)

    recipients = None
    if recipient is not None:
        recipients = codes_of_person(books, "recipient", recipient)

    def is_wanted(need: Need) -> bool:
        return (
            (recipients is None or need.recipient in recipients)
            and item in (None, need.item)
            and urgency in (None, need.urgency)
            and (community is None or _community_of(books, need.recipient) == community)
        )

    return list_documents(
        books,
        DOCUMENT_TYPE,
        _views,
        _source(status, recipients, item),
        days=days,
        after=after,
        limit=limit,
        state_filter=is_wanted,
        view_filter=lambda view: status in (None, view.status),
    )


def _has_recipients(books: Books, community: str) -> bool:
    """Return whether any recipient is in this community. The community need not be registered."""
    return (
        books.value(
            "SELECT 1 FROM recipients WHERE station = :station AND community = :community LIMIT 1",
            community=community,
        )
        is not None
    )


def _community_of(books: Books, code: str) -> str | None:
    recipient = books.catalogue.get(Recipient, code)
    return None if recipient is None else recipient.community


def _source(status: str | None, recipients: list[str] | None, item: str | None) -> NumberQuery:
    """Return the query that reads the fewest rows to find the needs for these filters."""
    if recipients is not None:
        return numbers_by_column(DOCUMENT_TYPE, "recipient", recipients)
    if status in UNSETTLED_STATUSES:
        return numbers_by_balance(STAGES[status])
    return (
        all_numbers(DOCUMENT_TYPE)
        if item is None
        else numbers_by_column(DOCUMENT_TYPE, "item", [item])
    )


def _views(books: Books, found: Sequence[DocumentState[Need]]) -> list[NeedView]:
    ids = [one.stated.need for one in found]
    parts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for status, kind in STAGES.items():
        for row in read_account_balances(books, kind, ids):
            parts[row.id][status] += row.quantity
    packs = read_packs(books, [one.seq for one in found])
    ends = read_latest(books, NeedEnd, "need", ids)
    entries = DocumentEntries(books, ids)
    return [
        _view(one, parts[name], packs.get((one.seq, 1)), ends.get(name), entries)
        for name, one in zip(ids, found, strict=True)
    ]


def _view(
    one: DocumentState[Need],
    parts: Counter[str],
    packed: PackedView | None,
    ends: list[NeedEnd] | None,
    entries: DocumentEntries,
) -> NeedView:
    stated = one.stated
    return NeedView(
        id=stated.need,
        recipient=stated.recipient,
        item=stated.item,
        asked=stated.quantity,
        needed=parts["open"],
        claimed=parts["claimed"],
        assigned=parts["assigned"],
        met=parts["met"],
        ended=parts["ended"],
        urgency=stated.urgency,
        status=next((status for status in STAGES if parts[status] > 0), "ended"),
        happened_on=one.happened_on,
        or_earlier=entries.or_earlier(one.seq),
        needed_by=stated.needed_by,
        note=entries.text(one.seq, "note"),
        end_reason=ends[0].reason if ends else None,
        remarks=entries.remarks(stated.need),
        stated=packed or msgspec.UNSET,
    )
