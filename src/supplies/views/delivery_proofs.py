"""Read proofs of delivery: signatures, photos, and codes that households told the courier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Literal, NamedTuple

import msgspec

from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.books.stop_codes import codes_are_compared, codes_of_stops
from supplies.domain.commands import ConfirmationWay
from supplies.domain.entry_rows import CodeResult, Delivery, Stop, StopRemoval
from supplies.errors import Forgotten, NotFound, Sentence
from supplies.views.pagination import View

ProofKind = Literal["signature", "photo"]

StopCodeResult = Literal[CodeResult, "too_many_wrong"]
"""The result of comparing all codes that were reported for a stop with the code of the stop.

`too_many_wrong`: no code was right, and further codes are not compared.
"""

Stroke = list[tuple[int, int]]


class ProofView(View, frozen=True, kw_only=True):
    """A signature or photo that was recorded for a stop.

    Attributes:
        entry: Number of the entry that recorded it.
        erased: Whether its content was erased.
    """

    kind: ProofKind
    entry: int
    erased: bool


class ConfirmationView(View, frozen=True, kw_only=True):
    """A household's confirmation that it received the goods of a stop.

    Attributes:
        entry: Number of the entry that recorded it.
        confirmed_on: The day on which the household confirmed it.
    """

    entry: int
    confirmed_by: str
    way: ConfirmationWay
    confirmed_on: date


class SignatureView(View, frozen=True, kw_only=True):
    """A signature as strokes: lists of points [x, y], with x from 0 to 1000 and y from 0 to 500."""

    strokes: list[Stroke]


class StopCodeView(View, frozen=True, kw_only=True):
    """The code of a stop, and messages to the household that contain the code.

    Attributes:
        code, text_zh, text_en: None if the stop has no code, or if the code was erased.
    """

    stop: int
    allocation: str
    recipient: str
    code: str | None
    text_zh: str | None
    text_en: str | None


class StopCodesView(View, frozen=True, kw_only=True):
    """The codes of the stops of a delivery."""

    delivery: str
    stops: list[StopCodeView]


class StopProofs(NamedTuple):
    """The proofs of one stop.

    Attributes:
        code: The result of comparing reported codes with the code of the stop; None if no code was
            reported.
        confirmed: The household's latest confirmation; None if there is none, if it was
            withdrawn, or if another outcome was booked since.
    """

    proofs: list[ProofView]
    code: StopCodeResult | None
    confirmed: ConfirmationView | None


def read_proofs(books: Books, deliveries: Iterable[str]) -> dict[tuple[str, str], StopProofs]:
    """Return the proofs of the stops of these deliveries, by delivery and allocation.

    Stops without proofs are left out.
    """
    ids = list(deliveries)
    proofs: dict[tuple[str, str], list[ProofView]] = defaultdict(list)
    for delivery, allocation, kind, seq, erased in query_ids(
        books,
        ids,
        "SELECT p.delivery, p.allocation, p.kind, p.seq, x.content IS NULL "
        "FROM wanted w CROSS JOIN proofs p CROSS JOIN erasable x "
        "WHERE p.station = :station AND p.delivery = w.id "
        "AND x.station = p.station AND x.seq = p.seq AND x.digest = p.digest ORDER BY p.seq",
    ):
        view = ProofView(kind=kind, entry=seq, erased=bool(erased))
        proofs[delivery, allocation].append(view)
    codes: dict[tuple[str, str], StopCodeResult] = {}
    for delivery, allocation, result in query_ids(
        books,
        ids,
        "SELECT c.delivery, c.allocation, c.result FROM wanted w CROSS JOIN code_attempts c "
        "WHERE c.station = :station AND c.delivery = w.id ORDER BY c.seq",
    ):
        # A right code proves the hand-over, whatever code was reported before or after it.
        if codes.get((delivery, allocation)) != "matched":
            codes[delivery, allocation] = result
    for stop, code in codes.items():
        if code != "matched" and not codes_are_compared(books, *stop):
            codes[stop] = "too_many_wrong"
    confirmed = _read_confirmations(books, ids)
    return {
        stop: StopProofs(proofs.get(stop, []), codes.get(stop), confirmed.get(stop))
        for stop in {**proofs, **codes, **confirmed}
    }


def _read_confirmations(
    books: Books, deliveries: list[str]
) -> dict[tuple[str, str], ConfirmationView]:
    """Return the valid confirmations of the stops of these deliveries.

    A confirmation is about the outcome that was booked at that time. It is not valid if another
    outcome was booked since, by a correction or a decision.
    """
    found: dict[tuple[str, str], ConfirmationView] = {}
    for delivery, allocation, seq, way, by, day in query_ids(
        books,
        deliveries,
        "SELECT c.delivery, c.allocation, c.seq, c.way, c.confirmed_by, e.happened_on "
        "FROM wanted w CROSS JOIN confirmations c CROSS JOIN entries e "
        "WHERE c.station = :station AND c.delivery = w.id "
        "AND c.seq > (SELECT max(o.seq) FROM outcomes o WHERE o.station = c.station "
        "AND o.delivery = c.delivery AND o.allocation = c.allocation) "
        "AND e.station = c.station AND e.seq = c.seq ORDER BY c.seq",
    ):
        found.pop((delivery, allocation), None)
        if way != "withdrawn":
            found[delivery, allocation] = ConfirmationView(
                entry=seq, confirmed_by=by, way=way, confirmed_on=date.fromisoformat(day)
            )
    return found


def get_stop_codes(books: Books, delivery: str) -> StopCodesView:
    """Return the codes of the stops of a delivery. Stops that were taken off it are left out.

    Show the codes only to the people who send them to the households, never to couriers.

    Raises:
        NotFound: the delivery does not exist.
    """
    _check_delivery(books, delivery)
    station, codes = books.station, codes_of_stops(books, delivery)
    removed = {row.allocation for row in books.rows(StopRemoval, delivery=delivery)}
    stops = sorted(books.rows(Stop, delivery=delivery), key=lambda stop: stop.stop)
    return StopCodesView(
        delivery=delivery,
        stops=[
            _code(stop, codes.get(stop.allocation), station.name, station.name_en or station.name)
            for stop in stops
            if stop.allocation not in removed
        ],
    )


def _code(stop: Stop, code: str | None, name: str, name_en: str) -> StopCodeView:
    return StopCodeView(
        stop=stop.stop,
        allocation=stop.allocation,
        recipient=stop.recipient,
        code=code,
        text_zh=code
        and f"【{name}】物资即将送到。收到后请把验证码 {code} 告诉配送员，此前请勿告诉他人。",
        text_en=code
        and f"{name_en}: your goods are on the way. When you have received them, tell the courier "
        f"this code: {code}. Do not tell it to anybody before.",
    )


def get_photo(books: Books, delivery: str, entry: int) -> bytes:
    """Return a photo that an entry recorded for a stop of a delivery, as JPEG or WebP.

    Raises:
        NotFound: the entry recorded no photo for this delivery.
        Forgotten: the photo was erased.
    """
    return _content(books, delivery, entry, "photo")


def get_signature(books: Books, delivery: str, entry: int) -> SignatureView:
    """Return the signature that an entry recorded for a stop of a delivery.

    Raises:
        NotFound: the entry recorded no signature for this delivery.
        Forgotten: the signature was erased.
    """
    content = _content(books, delivery, entry, "signature")
    return SignatureView(strokes=msgspec.json.decode(content, type=list[Stroke]))


def read_signatures(books: Books, delivery: str) -> dict[int, list[Stroke]]:
    """Return the signatures for a delivery that were not erased, by entry number."""
    rows = books.all(
        "SELECT p.seq, x.content FROM proofs p CROSS JOIN erasable x "
        "WHERE p.station = :station AND p.delivery = :delivery AND p.kind = 'signature' "
        "AND x.station = p.station AND x.seq = p.seq AND x.digest = p.digest "
        "AND x.content IS NOT NULL",
        delivery=delivery,
    )
    return {seq: msgspec.json.decode(content, type=list[Stroke]) for seq, content in rows}


def _content(books: Books, delivery: str, entry: int, kind: ProofKind) -> bytes:
    row = books.one(
        "SELECT x.content FROM proofs p CROSS JOIN erasable x "
        "WHERE p.station = :station AND p.seq = :entry AND p.delivery = :delivery "
        "AND p.kind = :kind AND x.station = p.station AND x.seq = p.seq AND x.digest = p.digest",
        entry=entry,
        delivery=delivery,
        kind=kind,
    )
    if row is None:
        raise NotFound(
            Sentence(
                "entry {entry} has no {kind} of delivery {delivery}; see its stops",
                entry=entry,
                kind=kind,
                delivery=delivery,
            )
        )
    if row[0] is None:
        raise Forgotten(Sentence("the {kind} of entry {entry} was erased", kind=kind, entry=entry))
    return bytes(row[0])


def _check_delivery(books: Books, delivery: str) -> None:
    if books.latest_row(Delivery, delivery=delivery) is None:
        raise NotFound(
            Sentence("unknown delivery {name}; see the list of deliveries", name=delivery)
        )
