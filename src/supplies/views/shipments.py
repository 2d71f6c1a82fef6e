"""Read shipments to and from other stations."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple, get_args

import msgspec

from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import DELIVERED, SENT, keys_of
from supplies.domain.entries import ZERO_HASH
from supplies.domain.entry_rows import (
    Lot,
    Shipment,
    ShipmentAcknowledged,
    ShipmentArrival,
    ShipmentLine,
    ShipmentReceived,
)
from supplies.errors import NotFound, Sentence
from supplies.storage.store import Row
from supplies.views.balances_at import read_balances
from supplies.views.pagination import (
    DEFAULT_LIMIT,
    OrEarlier,
    Page,
    View,
    Warned,
    check_choice,
    make_page,
    paginate,
    rows_to_fetch,
)
from supplies.views.remarks import DocumentEntries, RemarkView
from supplies.views.shared_queries import read_account_balances, read_latest, read_lots

Direction = Literal["out", "in", "awaited"]
ShipmentStatus = Literal["on_the_way", "received", "acknowledged"]

_SENT, _RECEIVED = "shipment_sent", "shipment_received"


class Citation(View, frozen=True, kw_only=True):
    """An entry of this station, for another station to store as evidence.

    Attributes:
        body: The bytes that were hashed (base64 in JSON).
        previous, hash: Hash of the preceding entry, and of this entry, in hexadecimal.
    """

    previous: str
    body: bytes
    hash: str


class ShipmentLineView(View, frozen=True, kw_only=True):
    """The quantity of one lot that was sent, and how much of it arrived, in base units.

    Attributes:
        lot: The lot at the sender.
        value_minor: The value in minor units of `currency`; None if none is known.
        arrived, lost: None as long as this station does not know them.
        lot_here: The lot at this station; None if the goods have not arrived here.
        expires_month: The month of expiry, such as 2027-05, if only a month is known; otherwise
            absent.
    """

    line: int
    item: str
    lot: str
    batch: str | None
    expires_on: date | None
    value_minor: int | None
    currency: str | None
    quantity: int
    arrived: int | None
    lost: int | None
    lot_here: str | None
    expires_month: str | msgspec.UnsetType = msgspec.UNSET


class ShipmentView(View, frozen=True, kw_only=True):
    """A shipment from the point of view of this station.

    Attributes:
        way: "out" (sent from here), "in" (received here) or "awaited" (on the way here from a
            station in the same database).
        location: The location at this station; None if the shipment is awaited.
        happened_on: Day of dispatch or, if the shipment was received here, day of receipt.
        entry: This station's entry about the shipment, as evidence for the other station. None if
            the shipment is awaited.
        note: This station's note; None if there is none, or if it was erased.
        or_earlier: True if the event may have happened before the day; otherwise absent.
    """

    id: str
    way: Direction
    sender: str = msgspec.field(name="from")
    destination: str = msgspec.field(name="to")
    status: ShipmentStatus
    location: str | None
    happened_on: date
    lines: list[ShipmentLineView]
    entry: Citation | None
    note: str | None
    remarks: list[RemarkView]
    or_earlier: OrEarlier = msgspec.UNSET


def get_shipment(books: Books, name: str) -> ShipmentView:
    """Return the shipment with this id: sent from here, received here, or on its way here.

    Raises:
        NotFound: the shipment does not exist.
    """
    rows = books.all(
        "SELECT seq FROM entries WHERE station = :station AND document = :name "
        "AND kind IN (:sent, :received) ORDER BY seq LIMIT 1",
        name=name,
        sent=_SENT,
        received=_RECEIVED,
    )
    if rows:
        return _views(books, [row[0] for row in rows])[0]
    found = _awaited(books, limit=1, name=name)
    if not found:
        raise NotFound(
            Sentence("unknown shipment {name} here; see the list of shipments", name=name)
        )
    return found[0]


def list_shipments(
    books: Books,
    *,
    way: str | None = None,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
) -> Page[ShipmentView]:
    """List shipments in the order in which they left this station or arrived here.

    Args:
        way: List only shipments with this value of `way`. If None, shipments sent from here and
            received here are listed, but no awaited ones.

    Raises:
        InvalidField: `way`, `after` or `limit` is invalid.
    """
    check_choice("way", way, get_args(Direction))
    if way == "awaited":
        return list_awaited_shipments(books, after=after, limit=limit)
    kinds = {"out": (_SENT,), "in": (_RECEIVED,)}.get(way or "", (_SENT, _RECEIVED))

    def fetch(position: int, wanted: int) -> list[tuple[int, ShipmentView]]:
        # One query for each kind. With both in one, SQLite would read all entries in order.
        found = [
            int(seq)
            for kind in kinds
            for (seq,) in books.all(
                "SELECT seq FROM entries WHERE station = :station AND kind = :kind "
                "AND seq > :after ORDER BY seq LIMIT :limit",
                kind=kind,
                after=position,
                limit=wanted,
            )
        ]
        seqs = sorted(found)[:wanted]
        return list(zip(seqs, _views(books, seqs), strict=True))

    return paginate(fetch, after, limit)


def list_awaited_shipments(
    books: Books, *, after: str | None = None, limit: int | None = DEFAULT_LIMIT
) -> Page[ShipmentView]:
    """List the shipments on the way here from stations of this database, in the order of ids.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """
    found = _awaited(books, limit=rows_to_fetch(limit), after=after or "")
    return make_page([(one.id, one) for one in found], limit)


def list_unacknowledged_shipments(books: Books) -> list[ShipmentView]:
    """Return shipments from here whose arrival is not acknowledged, oldest first."""
    under_way = {keys_of(account)[0] for account, _, _ in read_balances(books, (SENT,))}
    # The id of a shipment ends with the number of its entry.
    return _views(books, [int(shipment.rpartition("_")[2]) for shipment in under_way])


def warn_of_unknown_destination(books: Books, shipment: ShipmentView) -> list[Warned]:
    """Return a warning if the destination of a shipment is not a station in this database.

    The books of the destination may be in another database, or its code may be wrong.
    """
    to = shipment.destination
    if books.value("SELECT 1 FROM stations WHERE code = :to", to=to) is not None:
        return []
    return [
        Warned(
            warning="unknown-station",
            detail=f"no station {to} is in this database; if its books are in another, it receives "
            f"{shipment.id} there; if the code is wrong, the goods come back once a station {to} "
            "receives 0 of each line",
            about=to,
        )
    ]


# --- sent, received, awaited ---------------------------------------------------------------------


class _Entry(NamedTuple):
    """An entry that records that this station sent or received a shipment."""

    seq: int
    kind: str
    shipment: str
    happened_on: date
    citation: Citation


def _views(books: Books, seqs: Sequence[int]) -> list[ShipmentView]:
    """Return the shipments that these entries sent or received, in the order of the entries."""
    entries = [_entry(row) for row in query_ids(books, seqs, _ENTRY)]
    texts = DocumentEntries(books, [one.shipment for one in entries])
    out = _sent_views(books, [one for one in entries if one.kind == _SENT], texts)
    came = _received_views(books, [one for one in entries if one.kind == _RECEIVED], texts)
    return [(out | came)[one.seq] for one in sorted(entries)]


_ENTRY = (
    "SELECT e.seq, e.kind, e.document, e.happened_on, e.body, e.hash, p.hash FROM wanted w "
    "CROSS JOIN entries e LEFT JOIN entries p ON p.station = e.station AND p.seq = e.seq - 1 "
    "WHERE e.station = :station AND e.seq = w.id"
)


def _entry(row: Row) -> _Entry:
    seq, kind, shipment, happened_on, body, own, previous = row
    citation = Citation(previous=(previous or ZERO_HASH).hex(), body=body, hash=own.hex())
    return _Entry(seq, kind, shipment, date.fromisoformat(happened_on), citation)


def _sent_views(
    books: Books, entries: Sequence[_Entry], texts: DocumentEntries
) -> dict[int, ShipmentView]:
    names = [one.shipment for one in entries]
    stated = read_latest(books, Shipment, "shipment", names)
    lines = read_latest(books, ShipmentLine, "shipment", names)
    acknowledged = read_latest(books, ShipmentAcknowledged, "shipment", names)
    delivered: Counter[tuple[str, str]] = Counter()
    for row in read_account_balances(books, DELIVERED, names):
        delivered[row.id, row.lot] += row.quantity
    return {
        one.seq: ShipmentView(
            id=one.shipment,
            way="out",
            sender=books.station_code,
            destination=stated[one.shipment][0].destination,
            status="acknowledged" if one.shipment in acknowledged else "on_the_way",
            location=stated[one.shipment][0].location,
            happened_on=one.happened_on,
            lines=[
                _sent_line(
                    line,
                    delivered[one.shipment, line.lot] if one.shipment in acknowledged else None,
                )
                for line in lines[one.shipment]
            ],
            entry=one.citation,
            note=texts.text(one.seq, "note"),
            remarks=texts.remarks(one.shipment),
            or_earlier=texts.or_earlier(one.seq),
        )
        for one in entries
    }


def _sent_line(line: ShipmentLine, arrived: int | None) -> ShipmentLineView:
    return _line(line, line, lot=line.lot, sent=line.quantity, arrived=arrived, lot_here=None)


def _received_views(
    books: Books, entries: Sequence[_Entry], texts: DocumentEntries
) -> dict[int, ShipmentView]:
    names = [one.shipment for one in entries]
    stated = read_latest(books, ShipmentReceived, "shipment", names)
    lines = read_latest(books, ShipmentArrival, "shipment", names)
    here = read_lots(
        books,
        [
            line.lot
            for lines_of_shipment in lines.values()
            for line in lines_of_shipment
            if line.lot
        ],
    )
    return {
        one.seq: ShipmentView(
            id=one.shipment,
            way="in",
            sender=stated[one.shipment][0].sender,
            destination=books.station_code,
            status="received",
            location=stated[one.shipment][0].location,
            happened_on=one.happened_on,
            lines=[_arrived_line(line, here.get(line.lot or "")) for line in lines[one.shipment]],
            entry=one.citation,
            note=texts.text(one.seq, "note"),
            remarks=texts.remarks(one.shipment),
            or_earlier=texts.or_earlier(one.seq),
        )
        for one in entries
    }


def _arrived_line(line: ShipmentArrival, lot: Lot | None) -> ShipmentLineView:
    return _line(
        line, lot, lot=line.sent_lot, sent=line.sent, arrived=line.arrived, lot_here=line.lot
    )


def _line(
    line: ShipmentLine | ShipmentArrival,
    described: ShipmentLine | Lot | None,
    *,
    lot: str,
    sent: int,
    arrived: int | None,
    lot_here: str | None,
) -> ShipmentLineView:
    return ShipmentLineView(
        line=line.line,
        item=line.item,
        lot=lot,
        batch=None if described is None else described.batch,
        expires_on=None if described is None else described.expires_on,
        expires_month=(None if described is None else described.expires_month) or msgspec.UNSET,
        value_minor=None if described is None else described.value_minor,
        currency=None if described is None else described.currency,
        quantity=sent,
        arrived=arrived,
        lost=None if arrived is None else sent - arrived,
        lot_here=lot_here,
    )


def _awaited(
    books: Books, *, limit: int, after: str = "", name: str | None = None
) -> list[ShipmentView]:
    rows = books.all(
        "SELECT s.station, s.seq FROM shipments s WHERE s.destination = :station "
        "AND s.shipment > :after AND NOT EXISTS (SELECT 1 FROM shipments_received r "
        "WHERE r.station = s.destination AND r.shipment = s.shipment)"
        + ("" if name is None else " AND s.shipment = :name")
        + " ORDER BY s.shipment LIMIT :limit",
        after=after,
        name=name,
        limit=limit,
    )
    by_sender: defaultdict[str, list[int]] = defaultdict(list)
    for sender, seq in rows:
        by_sender[sender].append(seq)
    found = [
        # The texts are only for the sender's staff.
        msgspec.structs.replace(
            view, way="awaited", location=None, entry=None, note=None, remarks=[]
        )
        for sender, seqs in by_sender.items()
        for view in _views(books.for_station(sender), seqs)
    ]
    return sorted(found, key=lambda view: view.id)
