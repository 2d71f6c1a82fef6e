"""The runs of a team: its open deliveries as its phones show them.

A run contains all that a phone needs to deliver without a network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Protocol

import msgspec

from supplies.books.free_text import free_text_of_entries
from supplies.books.merged_codes import codes_of_person
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.books.stop_codes import codes_of_stops
from supplies.domain.catalogue_records import Recipient
from supplies.domain.commands import FailureReason, Outcome, OutcomeLine
from supplies.domain.entry_rows import Lot
from supplies.domain.failure_reasons import split_reason
from supplies.views.allocations import read_stated_packs
from supplies.views.deliveries import DeliveryView, StopView, list_deliveries
from supplies.views.delivery_lines import LoadedLine, read_loaded_lines
from supplies.views.delivery_proofs import ConfirmationView, StopCodeResult
from supplies.views.delivery_slips import packs_of_line
from supplies.views.pagination import View
from supplies.views.shared_queries import read_lots
from supplies.views.stop_conflicts import StopConflict, list_stop_conflicts


class UnitNames(Protocol):
    """Writes the words for units in one language."""

    def unit_of(self, item: str, quantity: int) -> str:
        """Return the word for an item's base unit after a quantity, such as piece or pieces."""


class RunNames(UnitNames, Protocol):
    """Writes names and quantities of a run in the language to which a phone is set."""

    def item(self, code: str) -> str:
        """Return the name of an item."""

    def quantity(self, quantity: int, item: str) -> str:
        """Return a quantity with its unit."""

    def pack(self, pack: str, size: int, item: str) -> str:
        """Return a kind of pack in words, such as carton of 50 pieces."""

    def phone(self, by: str) -> str | None:
        """Return the label and number of the phone with the code `by`, or None if no phone has it.

        Args:
            by: The code of the user, program or phone that recorded an entry.
        """


class RunRecipient(View, frozen=True, kw_only=True):
    """The recipient of a stop. A field is None if it is unknown, or was erased.

    Attributes:
        hint: How the team gets to the door.
    """

    code: str
    kind: str
    name: str | None
    telephone: str | None
    address: str | None
    hint: str | None


class RunPacks(View, frozen=True, kw_only=True):
    """Packs in which a quantity was set aside.

    Attributes:
        quantity: Number of packs.
        size: Number of base units in one pack.
        words: The packs in words, such as 2 × carton of 50 pieces.
    """

    quantity: int
    size: int
    words: str


class UnitWords(View, frozen=True, kw_only=True):
    """The word for an item's base unit, after the number 1 and after other numbers.

    Both words are in the language of the phone. In Chinese, they are the same.
    """

    one: str
    many: str


class ShownGoods(View, frozen=True, kw_only=True):
    """A quantity of an item in base units, with its name, in the language of the phone.

    Attributes:
        words: The quantity with its unit.
        unit: The word for the item's unit. The phone shows it beside quantities that are typed.
    """

    item: str
    name: str
    quantity: int
    words: str
    unit: UnitWords


class RunLine(View, frozen=True, kw_only=True):
    """Goods of one lot for a stop, in base units.

    Attributes:
        words: The quantity with its unit, in the language of the phone.
        unit: The word for the item's unit. The phone shows it beside quantities that are typed.
        packs: The packs in which the quantity was set aside; empty if it was given in base units.
    """

    line: int
    item: str
    name: str
    quantity: int
    words: str
    unit: UnitWords
    packs: list[RunPacks]
    lot: str
    batch: str | None
    expires_on: date | None
    expires_month: str | None


class RunOutcomeLine(View, frozen=True, kw_only=True):
    """What happened to the goods of one line of a stop, in base units."""

    line: int
    received: int
    brought_back: int
    lost: int


class RunOutcome(View, frozen=True, kw_only=True):
    """A reported outcome of a stop.

    Attributes:
        lines: None if the report had no lines, because its outcome says what happened to all goods.
        happened_at: Time of the outcome; None if only the day is known.
        phone: The label and number of the phone that reported it; None if no phone did.
        code: The result of comparing the reported codes with the household's code; absent if no
            code was reported, and for a report that was not booked.
        why: Why the goods could not be handed over; absent if this was not reported.
        confirmed: The household's later confirmation that it received the goods; absent if there is
            none.
    """

    entry: int
    outcome: Outcome
    lines: list[RunOutcomeLine] | None
    happened_on: date
    happened_at: str | None
    received_by: str | None
    proof: str | None
    note: str | None
    by: str
    phone: str | None
    code: StopCodeResult | msgspec.UnsetType = msgspec.UNSET
    why: FailureReason | msgspec.UnsetType = msgspec.UNSET
    confirmed: ConfirmationView | msgspec.UnsetType = msgspec.UNSET


class RunConflict(View, frozen=True, kw_only=True):
    """An open conflict: a report about a stop that contradicts the books.

    Attributes:
        because: A message that says what the report contradicts.
        reported: The outcome in the report, which was not booked.
        recorded: The outcome in the books; None if there is none.
    """

    entry: int
    because: str
    reported: RunOutcome
    recorded: RunOutcome | None


class RunStopView(View, frozen=True, kw_only=True):
    """A stop of a run.

    Attributes:
        number: Position in the order of the stops, from 1.
        code_expected: Whether the household has a code that the team can enter.
        time_window: A text that says on which day the recipient wants the goods, or when it is at
            home. The text comes from the recipient's latest outcome at any stop. None if that
            outcome has no such text, or if the text was erased.
        outcome: None if none has been reported.
        conflict: The latest open conflict about this stop; None if there is none.
        collected_on: The day on which the household fetched, at the counter, goods that the team
            had brought back; absent if it fetched none.
    """

    allocation: str
    number: int
    recipient: RunRecipient
    lines: list[RunLine]
    code_expected: bool
    time_window: str | None
    outcome: RunOutcome | None
    conflict: RunConflict | None
    collected_on: date | msgspec.UnsetType = msgspec.UNSET


class BagLine(View, frozen=True, kw_only=True):
    """The quantity of an item that the team still carries, in base units."""

    item: str
    name: str
    quantity: int
    words: str


class TeamRun(View, frozen=True, kw_only=True):
    """An open delivery of a team, as its phones show it.

    Attributes:
        dispatched_at: The time at which the dispatch was recorded.
        dispatched_on: The day of the dispatch.
    """

    delivery: str
    dispatched_at: str
    dispatched_on: date
    note: str | None
    stops: list[RunStopView]
    bag: list[BagLine]


def list_team_runs(books: Books, team: str, names: RunNames) -> list[TeamRun]:
    """Return the runs of a team, oldest first.

    Raises:
        InvalidField: the team does not exist.
    """
    with books.cache_queries():
        out = list_deliveries(books, team=team, status="out", limit=None).items
        if not out:
            return []
        builder = _Runs(books, names, [delivery.id for delivery in out])
        return [builder.run(delivery) for delivery in out]


def unit_words(names: UnitNames, item: str) -> UnitWords:
    """Return the base unit of an item in words."""
    return UnitWords(one=names.unit_of(item, 1), many=names.unit_of(item, 2))


class _Runs:
    """Builds the runs of a team. The rows for all runs are read at once."""

    def __init__(self, books: Books, names: RunNames, ids: Sequence[str]) -> None:
        self._books, self._names = books, names
        loaded = read_loaded_lines(books, "delivery", ids)
        self._loaded = {
            key: list(lines)
            for key, lines in groupby(loaded, key=lambda line: (line.delivery, line.allocation))
        }
        self._packed = read_stated_packs(books, sorted({line.allocation for line in loaded}))
        self._lots = read_lots(books, [line.lot for line in loaded])
        self._codes = {delivery: codes_of_stops(books, delivery) for delivery in ids}
        self._conflicts = {
            (each.delivery, each.report.allocation): each for each in list_stop_conflicts(books)
        }
        self._windows = read_time_windows(books, {str(line.recipient) for line in loaded})
        reported = {line.reported_in for line in loaded if line.reported_in is not None}
        self._reporters = {
            int(seq): str(by)
            for seq, by in query_ids(
                books,
                reported,
                "SELECT e.seq, e.recorded_by FROM wanted w CROSS JOIN entries e "
                "WHERE e.station = :station AND e.seq = w.id",
            )
        }
        self._dispatched = {
            str(delivery): str(at)
            for delivery, at in query_ids(
                books,
                ids,
                "SELECT w.id, e.recorded_at FROM wanted w CROSS JOIN entries e "
                "WHERE e.station = :station AND e.document = w.id AND e.kind = 'dispatched'",
            )
        }

    def run(self, delivery: DeliveryView) -> TeamRun:
        bag: Counter[str] = Counter()
        for stop in delivery.present_stops:
            for line in self._loaded[delivery.id, stop.allocation]:
                bag[line.item] += line.in_transit
        return TeamRun(
            delivery=delivery.id,
            dispatched_at=self._dispatched[delivery.id],
            dispatched_on=delivery.happened_on,
            note=delivery.note,
            stops=[self._stop(delivery.id, stop) for stop in delivery.present_stops],
            bag=[
                BagLine(
                    item=item,
                    name=self._names.item(item),
                    quantity=quantity,
                    words=self._names.quantity(quantity, item),
                )
                for item, quantity in bag.items()
                if quantity
            ],
        )

    def _stop(self, delivery: str, stop: StopView) -> RunStopView:
        lines = self._loaded[delivery, stop.allocation]
        recorded = self._outcome(stop, lines)
        conflict = self._conflicts.get((delivery, stop.allocation))
        return RunStopView(
            allocation=stop.allocation,
            number=stop.stop,
            recipient=self._recipient(stop.recipient),
            lines=[self._line(line, lines) for line in lines],
            code_expected=stop.allocation in self._codes[delivery],
            time_window=self._windows.get(stop.recipient),
            outcome=recorded,
            conflict=None if conflict is None else self._conflict(conflict, recorded),
            collected_on=stop.collected_on,
        )

    def _outcome(self, stop: StopView, lines: Sequence[LoadedLine]) -> RunOutcome | None:
        """Return the recorded outcome of a stop, or None if there is none."""
        if stop.outcome is None or stop.reported_in is None:
            return None
        assert stop.happened_on is not None, "an outcome has a day"
        by = self._reporters[stop.reported_in]
        return RunOutcome(
            entry=stop.reported_in,
            outcome=stop.outcome,
            lines=_outcome_lines(lines),
            happened_on=stop.happened_on,
            happened_at=stop.happened_at,
            received_by=stop.received_by,
            proof=stop.proof,
            note=stop.note,
            by=by,
            phone=self._names.phone(by),
            code=stop.code,
            why=stop.why,
            confirmed=stop.confirmed,
        )

    def _recipient(self, code: str) -> RunRecipient:
        found = self._books.catalogue.get(Recipient, code)
        assert found is not None, "a stop has a registered recipient"
        return RunRecipient(
            code=code,
            kind=found.kind,
            name=found.name,
            telephone=found.phone,
            address=found.address,
            hint=found.access,
        )

    def _line(self, line: LoadedLine, loaded: Sequence[LoadedLine]) -> RunLine:
        lot: Lot = self._lots[line.lot]
        return RunLine(
            line=line.line,
            item=line.item,
            name=self._names.item(line.item),
            quantity=line.loaded,
            words=self._names.quantity(line.loaded, line.item),
            unit=unit_words(self._names, line.item),
            packs=[
                RunPacks(
                    quantity=each.quantity,
                    size=each.size,
                    words=f"{each.quantity} × {self._names.pack(each.pack, each.size, line.item)}",
                )
                for each in packs_of_line(self._packed[line.allocation], line, loaded)
            ],
            lot=line.lot,
            batch=lot.batch,
            expires_on=lot.expires_on,
            expires_month=lot.expires_month,
        )

    def _conflict(self, found: StopConflict, recorded: RunOutcome | None) -> RunConflict:
        conflict, stated = found.conflict, found.report
        why, note = split_reason(stated.outcome, conflict.note, stated.why)
        at = stated.happened_at
        return RunConflict(
            entry=conflict.seq,
            because=conflict.because,
            reported=RunOutcome(
                entry=conflict.seq,
                outcome=stated.outcome,
                lines=None if stated.lines is None else _outcome_lines(stated.lines),
                happened_on=conflict.happened_on,
                happened_at=None if at is None else at.isoformat(),
                received_by=stated.received_by,
                proof=stated.proof,
                note=note,
                by=conflict.recorded_by,
                phone=self._names.phone(conflict.recorded_by),
                why=why or msgspec.UNSET,
            ),
            recorded=recorded,
        )


def _outcome_lines(lines: Iterable[LoadedLine | OutcomeLine]) -> list[RunOutcomeLine]:
    """Return what happened to the goods of each line."""
    return [
        RunOutcomeLine(
            line=line.line,
            received=line.received,
            brought_back=line.brought_back,
            lost=line.lost,
        )
        for line in lines
    ]


def read_time_windows(books: Books, recipients: set[str]) -> dict[str, str]:
    """Return the text about the next attempt in each recipient's latest outcome.

    The text says on which day the recipient wants the goods, and when the recipient is at home.
    Outcomes under merged codes of the recipient are included. An outcome without a time counts as
    if it happened when it was recorded. Recipients without such a text are left out.
    """
    person = {
        code: kept
        for kept, *merged in (codes_of_person(books, "recipient", code) for code in recipients)
        for code in (kept, *merged)
    }
    rows = query_ids(
        books,
        sorted(person),
        "SELECT w.id, o.delivery, o.allocation, e.happened_on, "
        "coalesce(o.happened_at, e.recorded_at), o.seq, d.next_attempt "
        "FROM wanted w CROSS JOIN stops s CROSS JOIN outcomes o CROSS JOIN entries e "
        "LEFT JOIN outcome_details d ON d.station = o.station "
        "AND d.delivery = o.delivery AND d.allocation = o.allocation AND d.seq = o.seq "
        "WHERE s.station = :station AND s.recipient = w.id AND o.station = s.station "
        "AND o.delivery = s.delivery AND o.allocation = s.allocation "
        "AND e.station = o.station AND e.seq = o.seq",
    )
    # A correction of an outcome replaces it. Then the outcome that happened last counts.
    rows.sort(key=lambda row: int(row[5]))
    by_stop = {(row[1], row[2]): row for row in rows}
    by_time = sorted(by_stop.values(), key=lambda row: row[3:6])
    latest = {person[row[0]]: row for row in by_time}
    texts = free_text_of_entries(books, [int(row[5]) for row in latest.values()])
    found = dict[str, str]()
    for code in recipients:
        row = latest.get(person[code])
        if row is not None:
            parts = (row[6], (texts.get(int(row[5])) or {}).get("time_window"))
            found[code] = ", ".join(part for part in parts if part)
    return {code: words for code, words in found.items() if words}
