"""The journal of one command: the entries that its rule drafts, on top of the books.

A rule reads the books and drafts entries. Balances read here include the drafts so far. The journal
writes nothing to the database and enforces no floors: the database does.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from supplies.books.reader import Books, LotBalance
from supplies.books.stock_counts import Count, Moment, counts_after
from supplies.domain.accounts import STOCK, UNEXPLAINED, AccountKind, keys_of, kind_of
from supplies.domain.catalogue_records import Item
from supplies.domain.commands import (
    Command,
    CountStock,
    GoodsLine,
    NoteNeed,
    ReceiveShipment,
    RecordArrival,
    RecordDonation,
    ReportOutcome,
)
from supplies.domain.entries import Transfer
from supplies.domain.entry_rows import (
    AllocationLine,
    LatestDay,
    Lot,
    PackedLine,
)
from supplies.domain.fields import MAX_QUANTITY
from supplies.errors import Fault, InvalidField, NotEnough, PeriodClosed
from supplies.ledger.balance_changes import Key
from supplies.ledger.corrected_command import CorrectedCommand
from supplies.ledger.drafts import Draft, DraftedRows, Move
from supplies.ledger.not_enough import not_enough_error

FACTS = (RecordDonation, RecordArrival, ReceiveShipment, ReportOutcome, CountStock)
"""Commands that record facts: if their day is closed, they are booked on the first open day."""


_Field = Literal["lines", "consumed", "produced", "spilled"]


class Journal:
    """The drafts of one command, on top of the books.

    now: the current moment in UTC, by the ledger's clock. today: the current day in the station's
    time zone. head_hash: the hash of the last entry in the books. sorted_lots: lots by account and
    item in the order of `lot_selection`. corrected: set while the rule of a corrected command runs
    again. The effects of that command are then subtracted from all balances.

    Raises:
        InvalidField: the command's day is in the future.
    """

    def __init__(
        self,
        books: Books,
        command: Command,
        *,
        now: datetime,
        today: date,
        corrected: CorrectedCommand | None = None,
    ) -> None:
        self.books, self.command, self.now, self.today = books, command, now, today
        self.corrected = corrected
        self.drafts: list[Draft] = []
        last, self.head_hash, self.latest_day, self.closed_through = books.head_and_closed_day()
        self.next_seq = last + 1
        self.happened_on = command.happened_on or today
        self._changed: Counter[Key] = Counter()
        self._changed_below: dict[tuple[str, str | None], set[Key]] = defaultdict(set)
        self._not_indexed: list[Key] = []
        self._needs_served: dict[str, dict[tuple[str, str], str | None]] = {}
        self.sorted_lots: dict[tuple[str, str], list[LotBalance]] = {}
        self._packed: dict[str, PackedLine] = {}
        self._former_packs: dict[tuple[str, str], dict[tuple[str, int], int]] = {}
        for packed in () if corrected is None else corrected.packed:
            sizes = self._former_packs.setdefault((packed.item, packed.pack), {})
            sizes.setdefault((packed.field, packed.line), packed.size)
        self._drafted_rows = DraftedRows()
        self._counts: dict[str, list[Count]] = {}
        if corrected is not None:
            for key, change in corrected.effect.items():
                self._change(key, -change)
        if self.happened_on > today:
            raise InvalidField.at(
                "/happened_on",
                f"{self.happened_on} is in the future; today is {today} at this station",
            )

    # --- writing -----------------------------------------------------------------------------

    def entry(
        self,
        kind: str,
        *,
        prefix: str | None = None,
        document: str | None = None,
        about: str | None = None,
        day: date | None = None,
    ) -> Draft:
        """Begin the next entry and return its draft.

        prefix: if given, the entry begins a new document, whose id is this prefix and the number of
        the entry. day: the day on which it happened, if that differs from the command's day.

        Raises:
            InvalidField: a correction names another document than the corrected entry.
            PeriodClosed: the day is closed, and the command does not record a fact.
        """
        happened_on = day or self.happened_on
        if self.corrected is not None and not self.drafts:
            if document not in (None, self.corrected.document):
                raise InvalidField.at(
                    "/command",
                    f"the corrected entry belongs to {self.corrected.document}, not to {document}; "
                    f"record a separate command for {document}",
                )
            kind, document = self.corrected.kind, self.corrected.document
        elif prefix is not None:
            document = f"{prefix}_{self.next_seq}"
        draft = Draft(
            seq=self.next_seq,
            kind=kind,
            document=document,
            happened_on=happened_on,
            booked_on=self.booked_on(happened_on, plan=day is None),
            about=about,
            index=self._drafted_rows,
        )
        self.next_seq += 1
        self.drafts.append(draft)
        return draft

    def booked_on(self, happened_on: date, *, plan: bool = False) -> date:
        """Return the day itself, or the first open day if it is closed.

        plan: whether the day belongs to a plan. If so, a closed day is refused, unless the command
        records a fact or is a correction.

        Raises:
            PeriodClosed: the day is closed. Raised only with `plan`.
        """
        closed = self.closed_through
        if closed is None or happened_on > closed:
            return happened_on
        first_open = closed + timedelta(days=1)
        if plan and self.corrected is None and not isinstance(self.command, FACTS):
            raise PeriodClosed(
                f"{happened_on} is closed (the books are closed through {closed}); "
                f"date it {first_open} or later, or let a coordinator reopen the period",
                [Fault("/happened_on", f"closed through {closed}")],
            )
        return first_open

    def move(
        self,
        draft: Draft,
        source: str,
        target: str,
        item: str,
        lot: str,
        quantity: int,
        pointer: str = "",
    ) -> None:
        """Add a transfer to a draft; a quantity of zero adds none."""
        if quantity == 0:
            return
        draft.moves.append(Move(Transfer(source, target, item, lot, quantity), pointer))
        self._change((source, item, lot), -quantity)
        self._change((target, item, lot), quantity)
        self.sorted_lots.pop((target, item), None)

    def _change(self, key: Key, change: int) -> None:
        if key not in self._changed:
            self._not_indexed.append(key)
        self._changed[key] += change

    def _changed_keys(self, account: str, item: str | None) -> Collection[Key]:
        """Return the changed balances of an account, or of all accounts of a prefix.

        The index is completed here, because most commands never ask.
        """
        for key in self._not_indexed:
            kind, *keys = key[0].split(":")
            prefixes = [":".join([kind, *keys[:depth], ""]) for depth in range(len(keys))]
            for below in (key[0], *prefixes):
                self._changed_below[below, None].add(key)
                self._changed_below[below, key[1]].add(key)
        self._not_indexed.clear()
        return self._changed_below.get((account, item), ())

    # --- reading -----------------------------------------------------------------------------

    def balance(self, account: str, item: str, lot: str = "") -> int:
        """Return the balance of an account, including the drafts so far."""
        return self.books.balance(account, item, lot) + self._changed[account, item, lot]

    def available(
        self,
        account: str,
        item: str,
        lot: str = "",
        *,
        since: date | None = None,
        leaving: bool = False,
    ) -> int:
        """Return the quantity that can be taken on a day.

        It is the smallest balance at the end of that day or of any later day. since: the day, which
        must be open; None means the command's day. leaving: whether the goods leave their location.
        If goods leave before a later stock count, the difference that the count found is booked
        again with the new quantity. Therefore only the days before that count limit the quantity.
        """
        now = self.balance(account, item, lot)
        first = (since or self.booked_on(self.happened_on)).isoformat()
        until = self._next_count(account, item, lot, first) if leaving else None
        if first >= self.latest_day and until is None:
            return now
        key = account, item, lot
        balances = self.books.daily_balances(key, since=first)
        undone: Mapping[date, int] = {}
        if self.corrected is not None:
            undone = self.corrected.by_day.get(key, {})
        drafted = self._changed[key] + sum(undone.values())
        found = [now]
        if until is not None:
            found = [now + max(0, self.balance(UNEXPLAINED(*keys_of(account)), item, lot))]
        for day in {first, *balances, *(day.isoformat() for day in undone)}:
            if first <= day and (until is None or day < until):
                last_moved = max((moved for moved in balances if moved <= day), default="")
                undone_before = sum(
                    change for moved, change in undone.items() if moved.isoformat() <= day
                )
                found.append(balances.get(last_moved, 0) - undone_before + drafted)
        if until is not None and until > first:
            return min(found[1:])
        return min(found)

    def _next_count(self, account: str, item: str, lot: str, day: str) -> str | None:
        """Return the day on which the next count of goods on a shelf is booked.

        Return None if no count follows. day: the day on which the goods leave.
        """
        if kind_of(account) is not STOCK or (day >= self.latest_day and self.corrected is None):
            return None
        moment = Moment(day, self.next_seq if self.corrected is None else self.corrected.first)
        counts = self._counts.get(day)
        if counts is None:
            counts = self._counts[day] = counts_after(self.books, day)
        for count in counts:
            if (
                count.sheet_at > moment
                and (STOCK(count.location), count.item) == (account, item)
                and count.lot in ("", lot)
            ):
                return self.booked_on(date.fromisoformat(count.booked_on)).isoformat()
        return None

    def lots_missing_in_counts(self, account: str, item: str) -> set[str]:
        """Return the lots of an item that later counts of a shelf did not find."""
        day = self.booked_on(self.happened_on).isoformat()
        if day >= self.latest_day and self.corrected is None:
            return set()
        missed = self.nonzero_balances(UNEXPLAINED(*keys_of(account)), item).items()
        return {
            lot
            for (_, _, lot), quantity in missed
            if quantity > 0 and self._next_count(account, item, lot, day) is not None
        }

    def nonzero_balances(self, account: str, item: str | None = None) -> dict[Key, int]:
        """Return nonzero balances as `Books.nonzero_balances` does, including the drafts so far."""
        balances = self.books.nonzero_balances(account, item)
        for key in self._changed_keys(account, item):
            balances[key] = balances.get(key, 0) + self._changed[key]
        return {key: balances[key] for key in sorted(balances) if balances[key] != 0}

    def balances_of_lot(self, kind: AccountKind, lot: str) -> dict[str, int]:
        """Return the nonzero balances of a lot in the accounts of one kind, including the drafts.

        They are sorted by account.
        """
        balances = self.books.balances_of_lot(kind, lot)
        for key in self._changed_keys(kind.prefix, None):
            if key[2] == lot:
                balances[key] = balances.get(key, 0) + self._changed[key]
        return {key[0]: balances[key] for key in sorted(balances) if balances[key] != 0}

    def changed_keys(self) -> list[Key]:
        """Return the balances that the drafts so far change, sorted.

        In a correction, these are the balances that differ from those in the books.
        """
        return sorted(key for key, change in self._changed.items() if change)

    def drafted_change(self, account: str, item: str, lot: str = "") -> int:
        """Return the change of a balance by the drafts so far."""
        return self._changed[account, item, lot]

    def drafted_lots(self, account: str, item: str) -> set[str]:
        """Return the lots of an item that the drafts so far change in an account."""
        return {lot for _, _, lot in self._changed_keys(account, item) if lot}

    def changes(self, account: str, item: str) -> bool:
        """Return whether the drafts so far change an account, or an account of a prefix."""
        return bool(self._changed_keys(account, item))

    def total(self, account: str, item: str) -> int:
        """Return the total of an item in an account, or in all accounts of a prefix."""
        return sum(self.nonzero_balances(account, item).values())

    def needs_served(self, allocation: str) -> dict[tuple[str, str], str | None]:
        """Return the need that each (item, lot) of an allocation serves, including the drafts."""
        served = self._needs_served.get(allocation)
        if served is None:
            lines = self.books.rows(AllocationLine, allocation=allocation)
            served = {(line.item, line.lot): line.need for line in lines}
            self._needs_served[allocation] = served
        drafted = self._drafted_rows.needs_served.get(allocation)
        return {**served, **drafted} if drafted else served

    # --- lines -------------------------------------------------------------------------------

    def base_units(self, line: GoodsLine | NoteNeed, pointer: str) -> int:
        """Return a line's quantity in base units of its item.

        A line that counts packs is also recorded as a `PackedLine`, see `add_packed_lines`.

        Raises:
            InvalidField: the item or pack is unknown, or the quantity is more than `MAX_QUANTITY`.
        """
        item = self.books.item(line.item, f"{pointer}/item")
        if line.pack is None:
            if line.pack_size is not None:
                raise InvalidField.at(
                    f"{pointer}/pack", "lacks the pack whose size it states, as in case"
                )
            return line.quantity
        stated = self._packed.get(pointer)
        if stated is None:
            stated = self._packed[pointer] = self._pack(line, line.pack, item, pointer)
        return stated.quantity * stated.size

    def _pack(self, line: GoodsLine | NoteNeed, pack: str, item: Item, pointer: str) -> PackedLine:
        """Return the line with the size of its packs.

        The size is the one in the line. If the line has none, it is the size in the corrected
        command, or else the size registered for the item.
        """
        field, number = _place(pointer)
        size = line.pack_size or self._former_size(field, number, line.item, pack)
        size = size or item.packs.get(pack)
        if size is None:
            known = ", ".join(sorted(item.packs)) or "none"
            raise InvalidField.at(
                f"{pointer}/pack",
                f"{item.name} has no pack {pack} (its packs: {known}); "
                f"name one of them, state its pack_size, or count in {item.unit}",
            )
        if line.quantity * size > MAX_QUANTITY:
            raise InvalidField.at(
                f"{pointer}/quantity",
                f"{line.quantity} × {pack} is more than {MAX_QUANTITY} {item.unit}; "
                "split it over several entries",
            )
        return PackedLine(
            field=field,
            line=number,
            item=line.item,
            pack=pack,
            quantity=line.quantity,
            size=size,
        )

    def _former_size(self, field: str, number: int, item: str, pack: str) -> int | None:
        """Return the size that a pack had in the corrected command, preferably in the same line.

        Return None if the corrected command did not count this pack.
        """
        sizes = self._former_packs.get((item, pack), {})
        return sizes.get((field, number), next(iter(sizes.values()), None))

    def packed_line(self, pointer: str) -> PackedLine | None:
        """Return the packs that a line counts, after `base_units`; None if it counts base units."""
        return self._packed.get(pointer)

    def place_packed_line(self, pointer: str, lines: Sequence[int]) -> None:
        """Record the packs of a line under the number of its only row.

        lines: the numbers of its rows. If its goods were split over several, none of the rows comes
        to these packs, so the packs are not recorded.
        """
        packed = self._packed.pop(pointer, None)
        if packed is not None and len(lines) == 1:
            self._packed[pointer] = msgspec.structs.replace(packed, line=lines[0])

    def add_packed_lines(self) -> None:
        """Add the lines that counted packs to the first draft.

        Call it once the rule has run.
        """
        self.drafts[0].add_rows(*self._packed.values())

    def add_latest_day(self) -> None:
        """Add to the first draft that its day is the latest possible one, if the command says so.

        Call it once the rule has run.
        """
        if self.command.or_earlier:
            self.drafts[0].add_rows(LatestDay(latest_day=self.drafts[0].happened_on))

    def recorded_lot(self, lot: str) -> Lot | None:
        """Return the latest description of a lot in the books, without the drafts, or None."""
        if self.corrected is not None and lot in self.corrected.described:
            return self.corrected.described[lot]
        return self.books.latest_row(Lot, lot=lot)

    def described_lot(self, lot: str) -> Lot | None:
        """Return the latest description of a lot, including the drafts, or None if unknown."""
        return self._drafted_rows.lots.get(lot) or self.recorded_lot(lot)

    def lot(self, lot: str, item: str, pointer: str = "") -> Lot:
        """Return the latest description of a lot.

        Raises:
            InvalidField: the id is not that of a lot of this item.
        """
        found = self.described_lot(lot)
        if found is None or found.item != item:
            raise InvalidField.at(
                pointer,
                f"{lot} is not a lot of {self.books.item(item).name}; see its lots in the stock",
            )
        return found

    def not_enough_error(
        self,
        account: str,
        item: str,
        requested: int,
        available: int,
        pointer: str,
    ) -> NotEnough:
        """Return the error for a quantity that is more than available."""
        return not_enough_error(self.books, account, item, requested, available, pointer)


def _place(pointer: str) -> tuple[_Field, int]:
    """Return the list of lines that a pointer leads to, and the number of the line in it.

    A command without a list of lines, such as a need, counts as one line.
    """
    if not pointer:
        return "lines", 1
    _, field, index = pointer.split("/")
    return field, int(index) + 1  # type: ignore[return-value]  # rules point to lists of lines
