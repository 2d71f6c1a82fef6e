"""Needs: what was asked for, and how far it is claimed, set aside and met."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal, get_args

from supplies.accounts import ASSIGNED, CLAIMED, ENDED, MET, NEEDED
from supplies.books import Books
from supplies.commands import Urgency
from supplies.errors import InvalidField, NotFound
from supplies.model import Need
from supplies.views.queries import Found, Series, document, documents, standing, under
from supplies.views.shapes import DEFAULT_LIMIT, Page, View, page

NeedStatus = Literal["open", "claimed", "assigned", "met", "ended"]

SERIES = Series(Need, "need", kind="need_noted", prefix="n", owner="recipient")

STAGES = dict(zip(get_args(NeedStatus), (NEEDED, CLAIMED, ASSIGNED, MET, ENDED), strict=True))
"""The account that must hold something for each status; the first that does decides."""


class NeedView(View, frozen=True, kw_only=True):
    """A need. asked: as it was stated last; the parts it fell into stand beside it."""

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


def need(books: Books, name: str) -> NeedView:
    """The need with this id."""
    found = document(books, SERIES, name)
    if found is None:
        raise NotFound(f"there is no need {name}; see the list of needs")
    return _views(books, [found])[0]


def needs(
    books: Books,
    *,
    status: str | None = None,
    recipient: str | None = None,
    item: str | None = None,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
) -> Page[NeedView]:
    """Needs, oldest first. status, recipient, item: only those."""
    where = "" if status is None else _has_status(status)
    where += "" if item is None else " AND l.item = :item"

    def fetch(position: int, wanted: int) -> list[tuple[int, NeedView]]:
        found = documents(
            books,
            SERIES,
            after=position,
            limit=wanted,
            owner=recipient,
            where=where,
            item=item,
        )
        return list(zip([one.first for one in found], _views(books, found), strict=True))

    return page(fetch, after, limit)


def _has_status(status: str) -> str:
    """SQL: nothing stands in an earlier stage, and something in this one, unless it is the last."""
    if status not in STAGES:
        raise InvalidField.at("/status", f"{status[:64]!r} is none of {', '.join(STAGES)}")
    names = list(STAGES)
    before = names[: names.index(status)]
    conditions = [f" AND NOT {_holds(name)}" for name in before]
    return "".join(conditions) + ("" if status == names[-1] else f" AND {_holds(status)}")


def _holds(status: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM balances b WHERE b.station = l.station AND b.quantity > 0 "
        f"AND ({' OR '.join(under(STAGES[status], 'l.need'))}))"
    )


def _views(books: Books, found: Sequence[Found[Need]]) -> list[NeedView]:
    parts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for status, kind in STAGES.items():
        for row in standing(books, kind, [one.stated.need for one in found]):
            parts[row.id][status] += row.quantity
    return [_view(one.stated, parts[one.stated.need]) for one in found]


def _view(stated: Need, parts: Counter[str]) -> NeedView:
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
    )
