"""Deliveries: the team, the stops, the goods loaded, and the outcome of each stop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Literal, get_args

import msgspec

from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.commands import FailureReason, Outcome
from supplies.domain.entry_rows import Delivery, OutcomeDetails, Stop
from supplies.domain.failure_reasons import split_reason
from supplies.errors import NotFound, Sentence
from supplies.views.collections import day_of_collection, read_last_collections
from supplies.views.delivery_lines import LoadedLine, read_loaded_lines
from supplies.views.delivery_proofs import (
    ConfirmationView,
    ProofView,
    StopCodeResult,
    StopProofs,
    read_proofs,
)
from supplies.views.document_lists import (
    Days,
    all_numbers,
    list_documents,
    numbers_by_column,
    pending_numbers,
)
from supplies.views.pagination import (
    DEFAULT_LIMIT,
    OrEarlier,
    Page,
    View,
    check_choice,
    check_codes,
)
from supplies.views.remarks import DocumentEntries, RemarkView
from supplies.views.shared_queries import DocumentState, DocumentType, find_document

DeliveryStatus = Literal["out", "closed"]

DOCUMENT_TYPE = DocumentType(Delivery, "delivery", kind="dispatched", prefix="v")


class StopLineView(View, frozen=True, kw_only=True):
    """The quantity of one lot that was loaded for a stop, and its outcome, in base units."""

    line: int
    item: str
    lot: str
    loaded: int
    received: int
    brought_back: int
    lost: int
    in_transit: int


class StopView(View, frozen=True, kw_only=True):
    """A stop of a delivery: the goods of one allocation, and what happened to them.

    Attributes:
        outcome: The latest outcome; None if none has been reported.
        reported_in: Number of the entry with the outcome.
        happened_on: Day of the outcome.
        happened_at: Time of the outcome in UTC; None if only the day is known.
        received_by, proof, note: As reported; None if not reported. The note is also None if it was
            erased.
        removed_in: Number of the entry that took the stop off the delivery; absent if the stop is
            on it.
        moved_to: The delivery to which a removed stop was moved; None if its goods are set aside
            again where they were loaded; absent if the stop was not removed.
        why, next_attempt, time_window: Why the goods could not be handed over, the day on which the
            household wants them, and when it is at home on that day; absent if this was not
            reported, or was erased.
        phone_time: The time on the phone's clock, in UTC, if it was corrected; otherwise absent.
        code: The result of comparing the reported codes with the household's code; absent if no
            code was reported.
        proofs: The signatures and photos of all reports about the stop; absent if there are none.
        confirmed: The household's later confirmation that it received the goods; absent if there is
            none.
        collected_on: The day on which the household fetched, at the counter, goods of the stop that
            the team had brought back; absent if it fetched none.
    """

    stop: int
    allocation: str
    recipient: str
    outcome: Outcome | None
    lines: list[StopLineView]
    reported_in: int | None
    happened_on: date | None
    happened_at: str | None
    received_by: str | None
    proof: str | None
    note: str | None
    or_earlier: OrEarlier = msgspec.UNSET
    removed_in: int | msgspec.UnsetType = msgspec.UNSET
    moved_to: str | msgspec.UnsetType | None = msgspec.UNSET
    why: FailureReason | msgspec.UnsetType = msgspec.UNSET
    next_attempt: date | msgspec.UnsetType = msgspec.UNSET
    time_window: str | msgspec.UnsetType = msgspec.UNSET
    phone_time: datetime | msgspec.UnsetType = msgspec.UNSET
    code: StopCodeResult | msgspec.UnsetType = msgspec.UNSET
    proofs: list[ProofView] | msgspec.UnsetType = msgspec.UNSET
    confirmed: ConfirmationView | msgspec.UnsetType = msgspec.UNSET
    collected_on: date | msgspec.UnsetType = msgspec.UNSET


class DeliveryView(View, frozen=True, kw_only=True):
    """A delivery.

    Attributes:
        team: The team that has the delivery now.
        status: "out" until the delivery is closed, then "closed".
        happened_on, note: Day and note of the dispatch.
        remarks: All other free text about the delivery, including notes of reports that are
            conflicts.
    """

    id: str
    team: str
    status: DeliveryStatus
    stops: list[StopView]
    happened_on: date
    note: str | None
    remarks: list[RemarkView]
    or_earlier: OrEarlier = msgspec.UNSET

    @property
    def present_stops(self) -> list[StopView]:
        """The stops of the delivery without those that were taken off it."""
        return [stop for stop in self.stops if not stop.removed_in]

    @property
    def is_undone(self) -> bool:
        """Whether the team did not start: no stop is left, and none was moved."""
        return all(stop.removed_in and not stop.moved_to for stop in self.stops)


def get_delivery(books: Books, name: str) -> DeliveryView:
    """Return the delivery with this id.

    Raises:
        NotFound: the delivery does not exist.
    """
    found = find_document(books, DOCUMENT_TYPE, name)
    if found is None:
        raise NotFound(Sentence("unknown delivery {name}; see the list of deliveries", name=name))
    return _views(books, [found])[0]


def list_deliveries(
    books: Books,
    *,
    team: str | None = None,
    status: str | None = None,
    days: Days | None = None,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
) -> Page[DeliveryView]:
    """List deliveries, oldest first.

    Args:
        team, status: Filters. If None, no filter is applied.
        days: The first and the last day of the deliveries to list. If None, all are listed.

    Raises:
        InvalidField: `team`, `status`, `after` or `limit` is invalid.
    """
    check_choice("status", status, get_args(DeliveryStatus))
    check_codes(books, team=team)
    source = (
        all_numbers(DOCUMENT_TYPE)
        if team is None
        else numbers_by_column(DOCUMENT_TYPE, "team", [team])
    )
    return list_documents(
        books,
        DOCUMENT_TYPE,
        _views,
        pending_numbers("delivery") if status == "out" else source,
        days=days,
        after=after,
        limit=limit,
        state_filter=lambda one: team in (None, one.team),
        view_filter=lambda view: status in (None, view.status),
    )


def find_deliveries(books: Books, allocation: str) -> list[str]:
    """Return the ids of the deliveries on which an allocation was a stop, oldest first."""
    return list(dict.fromkeys(row.delivery for row in books.rows(Stop, allocation=allocation)))


def _views(books: Books, found: Sequence[DocumentState[Delivery]]) -> list[DeliveryView]:
    ids = [one.stated.delivery for one in found]
    closed = {
        row[0]
        for row in query_ids(
            books,
            ids,
            "SELECT w.id FROM wanted w CROSS JOIN delivery_ends x "
            "WHERE x.station = :station AND x.delivery = w.id",
        )
    }
    entries = DocumentEntries(books, ids)
    proofs = read_proofs(books, ids)
    details = _read_details(books, ids)
    stops: dict[str, list[StopView]] = {}
    loaded = read_loaded_lines(books, "delivery", ids)
    collected = read_last_collections(books, {line.allocation for line in loaded})
    for (name, _), lines in groupby(loaded, key=lambda line: (line.delivery, line.stop)):
        stop = list(lines)
        stops.setdefault(name, []).append(
            _stop(
                stop,
                entries,
                proofs.get((name, stop[0].allocation)),
                details.get((stop[0].reported_in or 0, stop[0].allocation)),
                day_of_collection(books, stop[0], collected),
            )
        )
    return [
        DeliveryView(
            id=name,
            team=one.stated.team,
            status="closed" if name in closed else "out",
            stops=stops.get(name, []),
            happened_on=entries.happened_on(one.first),
            or_earlier=entries.or_earlier(one.first),
            note=entries.text(one.first, "note"),
            remarks=entries.remarks(name),
        )
        for name, one in zip(ids, found, strict=True)
    ]


def _read_details(books: Books, ids: Sequence[str]) -> dict[tuple[int, str], OutcomeDetails]:
    """Return the optional details of reported outcomes, by entry number and allocation."""
    rows = query_ids(
        books,
        ids,
        "SELECT d.seq, d.delivery, d.allocation, d.why, d.next_attempt, d.phone_time, d.reason "
        "FROM wanted w CROSS JOIN outcome_details d "
        "WHERE d.station = :station AND d.delivery = w.id",
    )
    columns = OutcomeDetails.__struct_fields__
    return {
        (row[0], row[2]): msgspec.convert(dict(zip(columns, row[1:], strict=True)), OutcomeDetails)
        for row in rows
    }


def _stop(
    lines: list[LoadedLine],
    entries: DocumentEntries,
    proofs: StopProofs | None,
    details: OutcomeDetails | None,
    collected_on: date | None,
) -> StopView:
    first = lines[0]
    seq, note = first.reported_in, entries.text(first.reported_in, "note")
    why = None if details is None else details.any_reason
    if first.outcome is not None:
        why, note = split_reason(first.outcome, note, why)
    return StopView(
        stop=first.stop,
        allocation=first.allocation,
        recipient=first.recipient,
        outcome=first.outcome,
        lines=[
            StopLineView(
                line=line.line,
                item=line.item,
                lot=line.lot,
                loaded=line.loaded,
                received=line.received,
                brought_back=line.brought_back,
                lost=line.lost,
                in_transit=line.in_transit,
            )
            for line in lines
        ],
        reported_in=seq,
        happened_on=None if seq is None else entries.happened_on(seq),
        or_earlier=msgspec.UNSET if seq is None else entries.or_earlier(seq),
        happened_at=first.happened_at,
        received_by=first.received_by,
        proof=first.proof,
        note=note,
        removed_in=first.removed_in or msgspec.UNSET,
        moved_to=first.moved_to if first.removed_in else msgspec.UNSET,
        why=why or msgspec.UNSET,
        next_attempt=(details and details.next_attempt) or msgspec.UNSET,
        time_window=entries.text(seq, "time_window") or msgspec.UNSET,
        phone_time=(details and details.phone_time) or msgspec.UNSET,
        code=(proofs and proofs.code) or msgspec.UNSET,
        proofs=(proofs and proofs.proofs) or msgspec.UNSET,
        confirmed=(proofs and proofs.confirmed) or msgspec.UNSET,
        collected_on=collected_on or msgspec.UNSET,
    )
