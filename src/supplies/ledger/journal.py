"""The journal of one command: through it, the command's rule reads the books and drafts entries.

The balances that a rule reads from the journal include what the rule has drafted. The journal does
not write to the database. It does not check that balances stay above zero either, because the
database does this when the drafted entries are written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from supplies.books.balance_reader import LotBalance
from supplies.books.entry_reader import EndOfBooks
from supplies.books.free_text import Texts
from supplies.books.reader import Books
from supplies.books.stock_counts import Count, Moment, counts_after
from supplies.domain.accounts import (
    NEEDED,
    PLEDGED,
    STOCK,
    UNEXPLAINED,
    AccountKind,
    keys_of,
    kind_of,
)
from supplies.domain.commands import (
    AddStopPhoto,
    Command,
    ConfirmHandOver,
    CountStock,
    GoodsLine,
    NoteNeed,
    ReceiveShipment,
    RecordArrival,
    RecordDonation,
    ReportHandOut,
    ReportOutcome,
    ResolveConflict,
)
from supplies.domain.entries import Transfer
from supplies.domain.entry_rows import (
    AllocationLine,
    LatestDay,
    Lot,
    Need,
)
from supplies.errors import Fault, InvalidField, NotEnough, PeriodClosed, Sentence
from supplies.ledger.balance_changes import Key
from supplies.ledger.corrected_command import CorrectedCommand, Earmark
from supplies.ledger.drafts import Draft, DraftedRows, Move
from supplies.ledger.named_records import names_in
from supplies.ledger.needs_in_order import NeedsInOrder
from supplies.ledger.not_enough import not_enough_error
from supplies.ledger.packed_lines import PackedLines

FACTS = (
    RecordDonation,
    RecordArrival,
    ReceiveShipment,
    ReportOutcome,
    ReportHandOut,
    AddStopPhoto,
    ConfirmHandOver,
    CountStock,
    ResolveConflict,
)
"""Commands that record what happened, such as a donation or a stock count.

Such a command is never refused because its day is closed. It is booked on the first open day.
"""


_SortedLots = dict[tuple[str, str], dict[str, LotBalance]]


class EarmarksToCome(NamedTuple):
    """In a correction: goods that the original command set aside, but that are not drafted again.

    These are the goods of all lots that no drafted arrival contains yet.

    Attributes:
        of_lot: The goods of one lot.
        served: The quantity of all lots by need, in base units.
        moved: The part of `served` that has been dispatched or handed over.
    """

    of_lot: Sequence[Earmark]
    served: Mapping[str, int]
    moved: Mapping[str, int]


class Journal:
    """Gives the rule of one command access to the books, and collects the entries that it drafts.

    Attributes:
        now: The current time in UTC, by the clock of the ledger.
        today: The current day in the station's time zone.
        end: The last entry in the books, and the last closed day.
        items: The items that the command names, each only once.
        sorted_lots: Two caches of `lot_selection`: the lots of an account and item in the order in
            which they are taken, without lots that the command has used up. In the second one,
            expired lots come last.
        packs: The packs in which lines of the command give their quantities.
        needs_in_order: A cache of `need_fulfilment`: the open needs of a recipient and item, and
            the claims on a pledge and item.
        promised_items: A cache of `pledges`: the items of each pledge.
        corrected: What the original command recorded, if this is a correction; otherwise None. The
            effect of the original command is subtracted from all balances, so that its rule can run
            again.
        reported_texts: The free texts of an earlier report that the command books. These texts are
            stored with the first entry, beside the texts of the command.

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
        end: EndOfBooks | None = None,
    ) -> None:
        self.books, self.command, self.now, self.today = books, command, now, today
        self.corrected = corrected
        self.drafts: list[Draft] = []
        self.reported_texts: Texts = {}
        self.end = end or books.end_of_books()
        self.latest_day, self.closed_through = self.end.latest_day, self.end.closed_through
        self.next_seq = self.end.seq + 1
        self.happened_on = command.happened_on or today
        self._balances: dict[Key, int] = {}
        self._least_since: dict[tuple[Key, str], int] = {}
        self._closings: dict[tuple[Key, date], int] = {}
        self._closing_totals: dict[tuple[str, str, date], int] = {}
        self._recorded_totals: dict[tuple[str, str], int] = {}
        self._changed: Counter[Key] = Counter()
        self._changed_below: dict[tuple[str, str | None], set[Key]] = defaultdict(set)
        self._not_indexed: list[Key] = []
        self._needs: dict[str, Need] = {}
        self.needs_in_order: dict[tuple[str, str], NeedsInOrder] = {}
        self.promised_items: dict[str, frozenset[str]] = {}
        self._needs_served: dict[str, dict[tuple[str, str], str | None]] = {}
        self.sorted_lots: tuple[_SortedLots, _SortedLots] = ({}, {})
        self._recorded: dict[str, dict[str, dict[Key, int]]] = {}
        self._asked: set[str] = set()
        self._claims_asked = Counter[str]()
        self.items = names_in(command).get("item", [])
        self._asked_by_item = set[str]()
        self.packs = PackedLines(() if corrected is None else corrected.packed)
        self._earmarks: dict[str, list[Earmark]] = defaultdict(list)
        self._earmarks_arrived: set[str] = set()
        self._served, self._moved = Counter[str](), Counter[str]()
        for earmark in () if corrected is None else corrected.earmarks:
            self._earmarks[earmark.lot].append(earmark)
            if earmark.need is not None:
                self._served[earmark.need] += earmark.quantity
                self._moved[earmark.need] += earmark.moved
        self._drafted_rows = DraftedRows()
        self._counts: dict[str, dict[Key, list[Count]]] = {}
        if corrected is not None:
            for key, change in corrected.effect.items():
                self._change(key, -change)
        if self.happened_on > today:
            raise InvalidField.at(
                "/happened_on",
                Sentence(
                    "{day} is in the future; today is {today} at this station",
                    day=self.happened_on,
                    today=today,
                ),
            )

    # --- drafting ----------------------------------------------------------------------------

    def entry(
        self,
        kind: str,
        *,
        prefix: str | None = None,
        document: str | None = None,
        about: str | None = None,
        day: date | None = None,
    ) -> Draft:
        """Begin a new entry and return its draft.

        Args:
            kind: The kind of entry, such as `goods_moved`.
            prefix: First letter of the id of a new document. The id ends in the number of the
                entry.
            document: Id of the existing document to which the entry belongs.
            about: The person whom the entry concerns, as in `Draft`.
            day: The day of the event, if it is not the day of the command.

        Raises:
            InvalidField: a correction names another document than the original command.
            PeriodClosed: the day is closed, and the command does not record a fact.
        """
        happened_on = day or self.happened_on
        if self.corrected is not None and not self.drafts:
            if document not in (None, self.corrected.document):
                raise InvalidField.at(
                    "/command",
                    Sentence(
                        "the corrected entry belongs to {document}, not to {document_2}; record "
                        "a separate command for {document_2}",
                        document=self.corrected.document,
                        document_2=document,
                    ),
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
        """Return the day on which an event is booked.

        This is the day of the event or, if that day is closed, the first open day.

        Args:
            happened_on: The day of the event.
            plan: Whether to refuse a closed day. Facts and corrections are never refused.

        Raises:
            PeriodClosed: `plan` is set and the day is closed.
        """
        closed = self.closed_through
        if closed is None or happened_on > closed:
            return happened_on
        first_open = closed + timedelta(days=1)
        if plan and self.corrected is None and not isinstance(self.command, FACTS):
            raise PeriodClosed(
                Sentence(
                    "{day} is closed (the books are closed through {closed}); "
                    "date it {first_open} or later, or let a coordinator reopen the period",
                    day=happened_on,
                    closed=closed,
                    first_open=first_open,
                ),
                [Fault("/happened_on", Sentence("closed through {closed}", closed=closed))],
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
        """Add a transfer from one account to another to a draft, unless the quantity is zero.

        Args:
            pointer: JSON pointer to the field of the command that causes the transfer.
        """
        if quantity == 0:
            return
        draft.moves.append(Move(Transfer(source, target, item, lot, quantity), pointer))
        self._change((source, item, lot), -quantity)
        self._change((target, item, lot), quantity)
        for sorted_lots in self.sorted_lots:
            sorted_lots.pop((target, item), None)

    def _change(self, key: Key, change: int) -> None:
        if key not in self._changed:
            self._not_indexed.append(key)
        self._changed[key] += change

    # --- balances ----------------------------------------------------------------------------

    def balance(self, account: str, item: str, lot: str = "") -> int:
        """Return a balance in base units, including the drafted entries."""
        key = account, item, lot
        recorded = self._balances.get(key)
        if recorded is None:
            if self._is_asked_again(account):
                recorded = self._balances_by_item(account)[item].get(key, 0)
            else:
                recorded = self.books.balance(account, item, lot)
            self._balances[key] = recorded
        return recorded + self._changed[key]

    def _is_asked_again(self, account: str) -> bool:
        """Return whether the rule has asked for another balance of this account of a pledge.

        Then its balances of all items are read together.
        """
        if not account.startswith(PLEDGED.prefix):
            return False
        asked_again = account in self._asked or account in self._recorded
        self._asked.add(account)
        return asked_again

    def available(
        self,
        account: str,
        item: str,
        lot: str = "",
        *,
        since: date | None = None,
        leaving: bool = False,
        balance: int | None = None,
    ) -> int:
        """Return the quantity that can be taken from an account on one day.

        This is the smallest balance at the end of that day or of any later day. There is an
        exception if the goods leave a location where a later stock count is already recorded.
        Taking them only makes the shortage of that count smaller or its surplus larger. So only the
        days before the count limit what can be taken.

        Args:
            since: The day on which the goods are taken, which must be open; None means the
                command's day.
            leaving: Whether the goods leave their location.
            balance: The current balance including the drafted entries, if the caller knows it. If
                None, it is read from the books.
        """
        now = self.balance(account, item, lot) if balance is None else balance
        first = (since or self.booked_on(self.happened_on)).isoformat()
        until = self._next_count(account, item, lot, first) if leaving else None
        key = account, item, lot
        if until is None:
            if first >= self.latest_day:
                return now
            least = self._least_since.get((key, first))
            if least is not None:
                return min(now, least + self._changed[key])
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
        if until is None:
            self._least_since[key, first] = min(found) - self._changed[key]
        elif until > first:
            return min(found[1:])
        return min(found)

    def closing_balance(self, account: str, item: str, day: date) -> int:
        """Return a balance at the end of a day, including all drafted entries.

        Use it only for balances of promises and needs, because they have no lots.
        """
        key = account, item, ""
        closing = self._closings.get((key, day))
        if closing is None:
            closings = self.books.daily_balances(key, since=day.isoformat())
            last = max((moved for moved in closings if moved <= day.isoformat()), default="")
            undone = {} if self.corrected is None else self.corrected.by_day.get(key, {})
            after = sum(change for moved, change in undone.items() if moved > day)
            closing = self._closings[key, day] = closings.get(last, 0) + after
        return closing + self._changed[key]

    def closing_total(self, account: str, item: str, day: date) -> int:
        """Return the sum of balances at the end of a day, including all drafted entries.

        Args:
            account: A prefix that ends with a colon. The balances of all accounts that begin with
                it are added up. They must be accounts of promises or needs, which have no lots.
        """
        recorded = self._closing_totals.get((account, item, day))
        if recorded is None:
            then = self.books.nonzero_balances_on(day.isoformat(), account)
            recorded = sum(quantity for key, quantity in then.items() if key[1] == item)
            for key, changes in {} if self.corrected is None else self.corrected.by_day.items():
                if key[1] == item and key[0].startswith(account):
                    recorded += sum(change for moved, change in changes.items() if moved > day)
            self._closing_totals[account, item, day] = recorded
        return recorded + sum(self._changed[key] for key in self.changed(account, item))

    def first_day_available(self, account: str, item: str) -> date:
        """Return the first day on which as much can be taken from a balance as today.

        Days before the command's day are not considered. Use it only for balances of promises and
        needs, because they have no lots.
        """
        first, today = self.booked_on(self.happened_on), self.booked_on(self.today)
        key = account, item, ""
        days = {
            date.fromisoformat(day) for day in self.books.daily_balances(key, first.isoformat())
        }
        if self.corrected is not None:
            days.update(self.corrected.by_day.get(key, {}))
        now = self.available(account, item, since=today)
        for day in sorted(day for day in days | {first} if first <= day < today):
            if self.available(account, item, since=day) >= now:
                return day
        return max(first, today)

    def _next_count(self, account: str, item: str, lot: str, day: str) -> str | None:
        """Return the day of the first stock count of these goods after they leave a location.

        Return None if no such count was recorded.

        Args:
            day: The day on which the goods leave their location.
        """
        if kind_of(account) is not STOCK or (day >= self.latest_day and self.corrected is None):
            return None
        moment = Moment(day, self.next_seq if self.corrected is None else self.corrected.first)
        counts = self._counts.get(day)
        if counts is None:
            counts = self._counts[day] = defaultdict(list)
            for count in counts_after(self.books, day):
                counts[STOCK(count.location), count.item, count.lot].append(count)
        found = (*counts.get((account, item, lot), ()), *counts.get((account, item, ""), ()))
        later = [count for count in found if count.sheet_at > moment]
        if not later:
            return None
        first = min(later, key=lambda count: (count.sheet_at, count.line))
        return self.booked_on(date.fromisoformat(first.booked_on)).isoformat()

    def lots_missing_in_counts(self, account: str, item: str) -> set[str]:
        """Return the lots in an account for which a later stock count found too little.

        A later count is one after the command's day.
        """
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
        """Return the balances of an account that are not zero, including the drafted entries.

        The result is sorted by account, item and lot.

        Args:
            account: The name of an account, or a prefix that ends with a colon, such as `stock:`,
                for all accounts that begin with the prefix.
            item: Return only balances of this item. If None, those of all items are returned.
        """
        return self._with_changes(self.books.nonzero_balances(account, item), account, item)

    def balances_of_item(self, account: str, item: str) -> dict[Key, int]:
        """Return the same as `nonzero_balances`, for rules that ask for one item after another.

        The balances of all items are read from the books on the first call.
        """
        return self._with_changes(dict(self._balances_by_item(account)[item]), account, item)

    def _balances_by_item(self, account: str) -> dict[str, dict[Key, int]]:
        """Return the recorded balances of an account that are not zero, by item."""
        by_item = self._recorded.get(account)
        if by_item is None:
            by_item = self._recorded[account] = defaultdict(dict)
            recorded = self.books.nonzero_balances(account)
            self._balances.update(recorded)
            for key, quantity in recorded.items():
                by_item[key[1]][key] = quantity
        return by_item

    def _with_changes(
        self, balances: dict[Key, int], account: str, item: str | None
    ) -> dict[Key, int]:
        for key in self.changed(account, item):
            balances[key] = balances.get(key, 0) + self._changed[key]
        return {key: balances[key] for key in sorted(balances) if balances[key] != 0}

    def balances_of_lot(self, kind: AccountKind, lot: str) -> dict[str, int]:
        """Return the balances of a lot that are not zero, including the drafted entries.

        Only accounts of the given kind are read. The result is sorted by account.
        """
        balances = self.books.balances_of_lot(kind, lot)
        for key in self.changed(kind.prefix, None):
            if key[2] == lot:
                balances[key] = balances.get(key, 0) + self._changed[key]
        return {key[0]: balances[key] for key in sorted(balances) if balances[key] != 0}

    def changed_keys(self) -> list[Key]:
        """Return the account, item and lot of each balance that this command changes, sorted.

        For a correction, these are only the balances for which it books something else than the
        original command.
        """
        return sorted(key for key, change in self._changed.items() if change)

    def drafted_change(self, account: str, item: str, lot: str = "") -> int:
        """Return by how much the drafted entries change a balance, in base units.

        In a correction, the effect of the original command is subtracted.
        """
        return self._changed[account, item, lot]

    def kept(self, account: str, item: str, lot: str = "") -> int:
        """Return how much of the original command's change of a balance is not drafted again yet.

        The result is never below zero. It is 0 if the original command did not change the balance,
        or if this is not a correction.
        """
        if self.corrected is None:
            return 0
        key = account, item, lot
        effect, left = self.corrected.effect.get(key, 0), -self._changed[key]
        return max(0, min(abs(effect), left if effect > 0 else -left))

    def earmarks(self, lot: str) -> Sequence[Earmark]:
        """Return the goods of a lot that the original command set aside when they arrived.

        The result is empty if this is not a correction.
        """
        return self._earmarks.get(lot, ())

    def earmarks_to_come(self, lot: str) -> EarmarksToCome:
        """Return the goods that the original command set aside, but that are not drafted again.

        Args:
            lot: The lot for the attribute `of_lot` of the result.
        """
        arrived = self._drafted_rows.arrived_lots
        for each in arrived - self._earmarks_arrived:
            for earmark in self.earmarks(each):
                if earmark.need is not None:
                    self._served[earmark.need] -= earmark.quantity
                    self._moved[earmark.need] -= earmark.moved
        self._earmarks_arrived |= arrived
        of_lot = () if lot in arrived else self.earmarks(lot)
        return EarmarksToCome(of_lot, self._served, self._moved)

    def taken_before(self, account: str, item: str, lot: str) -> int:
        """Return how much the original command took from a balance on the day of the correction.

        The quantity that the drafted entries have taken again is subtracted. The result is 0 if the
        correction changes the day, or if this is not a correction.
        """
        if self.corrected is None:
            return 0
        key = account, item, lot
        day = self.booked_on(self.happened_on)
        taken = -self.corrected.by_day.get(key, {}).get(day, 0)
        drafted = self._changed[key] + self.corrected.effect.get(key, 0)
        return max(0, taken + min(0, drafted))

    def drafted_lots(self, account: str, item: str) -> set[str]:
        """Return the lots of an item in an account whose balance the drafted entries change."""
        return {lot for _, _, lot in self.changed(account, item) if lot}

    def changed(self, account: str, item: str | None) -> Collection[Key]:
        """Return the keys of those balances in an account that the drafted entries change.

        Each key is an account, item and lot. Most rules never call this method, so the index of
        changes is built only on the first call.

        Args:
            account: The name of an account, or a prefix that ends with a colon, such as `stock:`,
                for all accounts that begin with the prefix.
            item: Return only balances of this item. If None, those of all items are returned.
        """
        for key in self._not_indexed:
            kind, *keys = key[0].split(":")
            prefixes = [":".join([kind, *keys[:depth], ""]) for depth in range(len(keys))]
            for below in (key[0], *prefixes):
                self._changed_below[below, None].add(key)
                self._changed_below[below, key[1]].add(key)
        self._not_indexed.clear()
        return self._changed_below.get((account, item), ())

    def total(self, account: str, item: str) -> int:
        """Return the quantity of an item in an account over all lots, drafted entries included.

        Args:
            account: The name of an account, or a prefix that ends with a colon, such as `stock:`,
                for all accounts that begin with the prefix.
        """
        recorded = self._recorded_totals.get((account, item))
        if recorded is None:
            if self._is_asked_again(account):
                balances = self._balances_by_item(account)[item]
            else:
                balances = self.books.nonzero_balances(account, item)
            recorded = sum(balances.values())
            self._recorded_totals[account, item] = recorded
        return recorded + sum(self._changed[key] for key in self.changed(account, item))

    def lot_balances(self, account: str, item: str) -> list[LotBalance]:
        """Return the recorded lots of an item in an account, as `Books.lot_balances` does."""
        self.read_of_each_item(self.books.lot_balances, account)
        return self.books.lot_balances(account, item)

    def needs_still_open(self, recipient: str, item: str) -> dict[str, bool]:
        """Return the recorded needs of a recipient, as `Books.needs_still_open` does."""
        if self.read_of_each_item(self.books.needs_still_open, recipient):
            open_needs = [
                (need, each)
                for each in self.items
                for need, is_open in self.books.needs_still_open(recipient, each).items()
                if is_open
            ]
            self.recorded_needs([need for need, _ in open_needs])
            self.books.read_together(
                partial(self.books.balance, NEEDED(need), each) for need, each in open_needs
            )
        return self.books.needs_still_open(recipient, item)

    def read_of_each_item(self, method: Callable[[str, str], object], of: str) -> bool:
        """Make a call for all items of the command together, when a rule makes it for the first.

        Only the first `of` is read together: if each line has a recipient of its own, reading all
        items for each of them would take longer. Return whether the items were read.
        """
        if len(self.items) < 2 or method.__name__ in self._asked_by_item:
            return False
        self._asked_by_item.add(method.__name__)
        return self.books.read_together(partial(method, of, item) for item in self.items)

    def recorded_needs(self, needs: Sequence[str]) -> list[Need]:
        """Return the needs with these ids from the books. All ids must exist."""
        if unread := [need for need in needs if need not in self._needs]:
            self._needs.update(self.books.latest_rows(Need, "need", unread))
        return [self._needs[need] for need in needs]

    def read_needs_of_claims(self, pledge: str) -> None:
        """Read the needs of all claims on a pledge, if a rule asks for its second item.

        Args:
            pledge: A prefix of accounts whose balances `balances_of_item` has read, `pledged:p_1:`.
        """
        self._claims_asked[pledge] += 1
        if self._claims_asked[pledge] == 2:
            by_item = self._balances_by_item(pledge).values()
            self.recorded_needs([keys_of(account)[1] for keys in by_item for account, _, _ in keys])

    def needs_served(self, allocation: str) -> dict[tuple[str, str], str | None]:
        """Return the need that goods in an allocation are for, by item and lot.

        Drafted entries are included. None means that the goods are for no need.
        """
        served = self._needs_served.get(allocation)
        if served is None:
            lines = self.books.rows(AllocationLine, allocation=allocation)
            served = {(line.item, line.lot): line.need for line in lines}
            self._needs_served[allocation] = served
        drafted = self._drafted_rows.needs_served.get(allocation)
        return {**served, **drafted} if drafted else served

    # --- lines and lots ----------------------------------------------------------------------

    def base_units(self, line: GoodsLine | NoteNeed, pointer: str) -> int:
        """Return the quantity of a line, converted to base units of its item.

        If the line counts packs, `packs` remembers them.

        Raises:
            InvalidField: the item or pack is unknown, or the quantity is more than `MAX_QUANTITY`.
        """
        return self.packs.base_units(line, self.books.item(line.item, f"{pointer}/item"), pointer)

    def add_packed_lines(self) -> None:
        """Add rows about packs to the first draft, one for each line that counts packs.

        Call this method after the rule has run.
        """
        self.drafts[0].add_rows(*self.packs.rows())

    def add_latest_day(self) -> None:
        """If the command sets `or_earlier`, record that the event may have happened before its day.

        The row for this is added to the first draft once, even if both a correction and the command
        in it set `or_earlier`. Call this method after the rule has run.
        """
        head = self.drafts[0]
        if self.command.or_earlier and not any(isinstance(row, LatestDay) for row in head.rows):
            head.add_rows(LatestDay(latest_day=head.happened_on))

    def recorded_lot(self, lot: str) -> Lot | None:
        """Return the latest description of a lot in the books, without the drafted entries.

        Return None if the books contain no such lot.
        """
        if self.corrected is not None and lot in self.corrected.described:
            return self.corrected.described[lot]
        return self.books.latest_row(Lot, lot=lot)

    def described_lot(self, lot: str) -> Lot | None:
        """Return the latest description of a lot, in the drafted entries or the books.

        Return None if the lot does not exist.
        """
        return self._drafted_rows.lots.get(lot) or self.recorded_lot(lot)

    def lot(self, lot: str, item: str, pointer: str = "") -> Lot:
        """Return the latest description of a lot, in the drafted entries or the books.

        Raises:
            InvalidField: the id does not belong to a lot of this item.
        """
        found = self.described_lot(lot)
        if found is None or found.item != item:
            raise InvalidField.at(
                pointer,
                Sentence(
                    "{lot} is not a lot of {item}; see its lots in the stock",
                    lot=lot,
                    item=self.books.item(item).name,
                ),
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
        """Return the error for an account that has less of an item than requested."""
        return not_enough_error(self.books, account, item, requested, available, pointer)
