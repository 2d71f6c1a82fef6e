"""List documents that move stock, such as arrivals, moves, issues, loans and write-offs.

The view of a document shows what it moves between accounts, with all corrections.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple, get_args

import msgspec

from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.books.stock_counts import RESOLVED
from supplies.domain.entry_rows import (
    Arrival,
    ArrivalCampaign,
    HandOutReport,
    HandOutTo,
    Withdrawal,
)
from supplies.errors import NotFound, Sentence
from supplies.views.pagination import DEFAULT_LIMIT, OrEarlier, PackedLineView, Page, View, paginate
from supplies.views.remarks import DocumentEntries, RemarkView
from supplies.views.shared_queries import read_latest, read_packed_lines

StockNoun = Literal[
    "openings",
    "arrivals",
    "moves",
    "issues",
    "loans",
    "write-offs",
    "found",
    "take-backs",
    "returns",
    "hand-outs",
    "conversions",
    "settlements",
]


class _Noun(NamedTuple):
    """A type of stock document.

    Attributes:
        prefix: The first part of the ids of such documents.
        kinds: The kinds of entry that create such documents.
    """

    prefix: str
    kinds: tuple[str, ...]


_NOUNS = dict(
    zip(
        get_args(StockNoun),
        (
            _Noun("o", ("stock_opened",)),
            _Noun("b", ("goods_bought", "goods_made", "goods_borrowed")),
            _Noun("m", ("goods_moved",)),
            _Noun("i", ("goods_issued",)),
            _Noun("g", ("goods_lent",)),
            _Noun("w", ("written_off",)),
            _Noun("f", ("found_again",)),
            _Noun("t", ("taken_back",)),
            _Noun("r", ("goods_returned",)),
            _Noun("h", ("handed_out", RESOLVED)),
            _Noun("k", ("goods_converted",)),
            _Noun("s", ("settled",)),
        ),
        strict=True,
    )
)


class LotQuantityView(View, frozen=True, kw_only=True):
    """A quantity of one lot, in base units."""

    item: str
    lot: str
    quantity: int


class MovedLotView(LotQuantityView, frozen=True, kw_only=True):
    """A quantity of one lot that a document moves between two accounts."""

    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")


class StockDocumentView(View, frozen=True, kw_only=True):
    """A document that moves stock, with all corrections.

    Attributes:
        kind: The kind of the entry that recorded it.
        lines: The goods that the document moves; empty if it was reversed.
        superseded_by: Number of the latest entry that corrected it; None without corrections.
        note, reason: None if there is none, or if it was erased.
        stated: The lines whose quantities were given in packs; absent if there are none.
        due_on: The day by which lent goods should be back; None if no day was agreed. Absent for
            documents other than loans and issues.
        outstanding: The lent or issued goods that have not come back; absent for other documents.
        headcount: Number of people in the group that received a hand-out; None for one household,
            absent for other documents.
        team: The team that reported a hand-out at its counter; absent for other documents.
        happened_at: The time of a hand-out that a team reported; None if only the day is known,
            absent for other documents.
        phone_time: The time on the phone's clock; None if the reported time was not corrected,
            absent for other documents.
        campaign: Code of the campaign that paid for goods that arrived; absent if there is none.
    """

    id: str
    kind: str
    happened_on: date
    recorded_by: str
    superseded_by: int | None
    lines: list[MovedLotView]
    note: str | None
    reason: str | None
    remarks: list[RemarkView]
    stated: list[PackedLineView] | msgspec.UnsetType = msgspec.UNSET
    due_on: date | msgspec.UnsetType | None = msgspec.UNSET
    outstanding: list[LotQuantityView] | msgspec.UnsetType = msgspec.UNSET
    headcount: int | msgspec.UnsetType | None = msgspec.UNSET
    or_earlier: OrEarlier = msgspec.UNSET
    team: str | msgspec.UnsetType = msgspec.UNSET
    happened_at: datetime | msgspec.UnsetType | None = msgspec.UNSET
    phone_time: datetime | msgspec.UnsetType | None = msgspec.UNSET
    campaign: str | msgspec.UnsetType = msgspec.UNSET


def get_stock_document(books: Books, noun: StockNoun, name: str) -> StockDocumentView:
    """Return the stock document with this id.

    Args:
        noun: The type of document, as in the URL of the list, such as "moves" in
            `/api/stock/moves`.
        name: The id of the document.

    Raises:
        NotFound: no document of this type has this id.
    """
    prefix, _, number = name.partition("_")
    if prefix == _NOUNS[noun].prefix and re.fullmatch("[1-9][0-9]{0,17}", number):
        for _, found in _read(books, noun, " AND e.seq = :seq", limit=1, seq=int(number)):
            return found
    raise NotFound(Sentence("{name} is not in the list of {noun}", name=name[:64], noun=noun))


def list_stock_documents(
    books: Books,
    noun: StockNoun,
    *,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
) -> Page[StockDocumentView]:
    """List the documents of one type, oldest first.

    Args:
        noun: The type of document, as in the URL of the list, such as "moves" in
            `/api/stock/moves`.
        after: The cursor of the page.
        limit: The maximum number of documents. If None, all are listed.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """
    return paginate(
        lambda position, wanted: _read(
            books, noun, " AND e.seq > :after", limit=wanted, after=position
        ),
        after,
        limit,
    )


def _read(
    books: Books, noun: StockNoun, where: str, *, limit: int, **params: object
) -> list[tuple[int, StockDocumentView]]:
    prefix, kinds = _NOUNS[noun]
    # One query for each kind, so that each reads the index of kinds in order.
    rows = [
        row
        for kind in kinds
        for row in books.all(
            "SELECT e.seq, e.document FROM entries e WHERE e.station = :station "
            # A correction has the kind and document of the entry that it corrects.
            f"AND e.kind = :kind AND e.document = '{prefix}_' || e.seq{where} "
            "ORDER BY e.seq LIMIT :limit",
            kind=kind,
            limit=limit,
            **params,
        )
    ]
    found = sorted(rows)[:limit]
    views = _views(books, [name for _, name in found], kinds)
    return [(seq, view) for (seq, _), view in zip(found, views, strict=True)]


def _views(books: Books, ids: Sequence[str], kinds: tuple[str, ...]) -> list[StockDocumentView]:
    entries = DocumentEntries(books, ids)
    effects, all_effects = _effects(books, ids, kinds)
    withdrawals = read_latest(books, Withdrawal, "withdrawal", ids)
    hand_outs = read_latest(books, HandOutTo, "hand_out", ids)
    campaigns = read_latest(books, ArrivalCampaign, "arrival", ids, decided_by=Arrival)
    reports = read_latest(books, HandOutReport, "hand_out", ids)
    packed = read_packed_lines(books, [e.seq for name in ids for e in entries.of(name)])
    views = []
    for name in ids:
        lines = _paired(effects[name])
        commands = [e for e in entries.of(name) if e.kind in kinds and e.part == 0]
        # The last statement of a reversed document is in the entry before its reversal.
        stated = commands[-1] if lines else commands[-2:][0]
        view = StockDocumentView(
            id=name,
            kind=stated.kind,
            happened_on=stated.happened_on,
            or_earlier=stated.or_earlier,
            recorded_by=stated.recorded_by,
            superseded_by=commands[-1].seq if len(commands) > 1 else None,
            lines=lines,
            note=entries.text(stated.seq, "note"),
            reason=entries.text(stated.seq, "reason"),
            remarks=entries.remarks(name),
            stated=packed.get(stated.seq, msgspec.UNSET),
        )
        for withdrawal in withdrawals.get(name, ()):
            outstanding = [
                LotQuantityView(item=item, lot=lot, quantity=quantities[withdrawal.account])
                for (item, lot), quantities in all_effects[name].items()
                if quantities[withdrawal.account]
            ]
            view = msgspec.structs.replace(view, due_on=withdrawal.due_on, outstanding=outstanding)
        for hand_out in hand_outs.get(name, ()):
            view = msgspec.structs.replace(view, headcount=hand_out.headcount)
        for arrived in campaigns.get(name, ()):
            view = msgspec.structs.replace(view, campaign=arrived.campaign)
        for report in reports.get(name, ()):
            view = msgspec.structs.replace(
                view,
                team=report.team,
                happened_at=report.happened_at,
                phone_time=report.phone_time,
            )
        views.append(view)
    return views


_Effect = defaultdict[tuple[str, str], Counter[str]]
"""The net change of each account, by item and lot."""


def _effects(
    books: Books, ids: Sequence[str], kinds: tuple[str, ...]
) -> tuple[dict[str, _Effect], dict[str, _Effect]]:
    """Return the net changes by entries of these kinds, and the net changes by all entries.

    Both results contain the changes by document.
    """
    rows = query_ids(
        books,
        ids,
        "SELECT w.id, e.kind, t.item, t.lot, t.source, t.target, t.quantity FROM wanted w "
        "CROSS JOIN entries e CROSS JOIN transfers t WHERE e.station = :station "
        "AND e.document = w.id AND t.station = e.station AND t.seq = e.seq AND t.lot <> '' "
        "ORDER BY t.seq, t.line",
    )
    own: dict[str, _Effect] = {name: defaultdict(Counter) for name in ids}
    all_kinds: dict[str, _Effect] = {name: defaultdict(Counter) for name in ids}
    for name, kind, item, lot, source, target, quantity in rows:
        for effects in (own, all_kinds) if kind in kinds else (all_kinds,):
            effects[name][item, lot][source] -= quantity
            effects[name][item, lot][target] += quantity
    return own, all_kinds


def _paired(effect: _Effect) -> list[MovedLotView]:
    """Return the quantities that moved between accounts, from the net changes of the accounts.

    For each item and lot, the decreases of some accounts are paired with the increases of others.
    """
    lines = []
    for (item, lot), quantities in effect.items():
        falls = {account: -quantity for account, quantity in quantities.items() if quantity < 0}
        for target, rise in quantities.items():
            for source, left in falls.items():
                part = min(rise, left)
                if part > 0:
                    lines.append(
                        MovedLotView(
                            item=item, lot=lot, quantity=part, source=source, target=target
                        )
                    )
                    falls[source] -= part
                    rise -= part
    return lines
