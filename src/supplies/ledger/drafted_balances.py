"""Balances as a rule sees them: those in the books, and what its command has drafted so far.

Nothing here reads or changes drafts. A journal tells the balances by how much a draft changes them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, timedelta

from supplies.books.entry_reader import EndOfBooks
from supplies.books.reader import Books
from supplies.books.stock_counts import Count, Moment, counts_after
from supplies.domain.accounts import (
    PLEDGED,
    STOCK,
    UNEXPLAINED,
    AccountKind,
    keys_of,
    kind_of,
)
from supplies.ledger.balance_changes import Key
from supplies.ledger.corrected_command import CorrectedCommand


class DraftedBalances:
    """The balances of the books, as if the drafted entries of one command were recorded.

    In a correction, the effect of the original command is subtracted, so that its rule can run
    again.

    Attributes:
        today: The current day in the station's time zone.
        end: The last entry in the books, and the last closed day.
        next_seq: The number of the next entry.
        happened_on: The day of the command.
        corrected: What the original command recorded, if this is a correction; otherwise None.
    """

    def __init__(
        self,
        books: Books,
        *,
        end: EndOfBooks,
        happened_on: date,
        today: date,
        corrected: CorrectedCommand | None,
    ) -> None:
        self.books, self.end, self.today, self.corrected = books, end, today, corrected
        self.next_seq = end.seq + 1
        self.happened_on = happened_on
        self._balances: dict[Key, int] = {}
        self._least_since: dict[tuple[Key, str], int] = {}
        self._closings: dict[tuple[Key, date], int] = {}
        self._closing_totals: dict[tuple[str, str, date], int] = {}
        self._recorded_totals: dict[tuple[str, str], int] = {}
        self._recorded: dict[str, dict[str, dict[Key, int]]] = {}
        self._asked: set[str] = set()
        self._counts: dict[date, dict[Key, list[Count]]] = {}
        self._changed: dict[Key, int] = defaultdict(int)
        self._changed_below: dict[tuple[str, str | None], set[Key]] = defaultdict(set)
        self._not_indexed: list[Key] = []
        if corrected is not None:
            for key, change in corrected.effect.items():
                self._change(key, -change)

    def booked_on(self, happened_on: date) -> date:
        """Return the day on which an event is booked.

        This is the day of the event or, if that day is closed, the first open day.
        """
        closed = self.end.closed_through
        if closed is None or happened_on > closed:
            return happened_on
        return closed + timedelta(days=1)

    def _change(self, key: Key, change: int) -> None:
        self._not_indexed.append(key)
        self._changed[key] += change

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

        This is the smallest balance at the end of that day or of any later day.

        If goods leave a location, and a later stock count of them is recorded, only the days before
        the count matter: taking the goods makes its shortage smaller, or its surplus larger. If the
        count is booked on that day already, the limit is the current balance and what is missing at
        the location without an explanation.

        Args:
            since: The day on which the goods are taken, which must be open; None means the
                command's day.
            leaving: Whether the goods leave their location.
            balance: The current balance including the drafted entries, if the caller knows it. If
                None, it is read from the books.
        """
        now = self.balance(account, item, lot) if balance is None else balance
        first_day = since or self.booked_on(self.happened_on)
        until = self._next_count(account, item, lot, first_day) if leaving else None
        if until is None and first_day >= self.end.latest_day:
            return now
        key, first = (account, item, lot), first_day.isoformat()
        if until is None:
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

    def _next_count(self, account: str, item: str, lot: str, day: date) -> str | None:
        """Return the day of the first stock count of these goods after they leave a location.

        Return None if no such count was recorded.

        Args:
            day: The day on which the goods leave their location.
        """
        if kind_of(account) is not STOCK or (day >= self.end.latest_day and self.corrected is None):
            return None
        seq = self.next_seq if self.corrected is None else self.corrected.first
        moment = Moment(day.isoformat(), seq)
        counts = self._counts.get(day)
        if counts is None:
            counts = self._counts[day] = defaultdict(list)
            for count in counts_after(self.books, moment.day):
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
        day = self.booked_on(self.happened_on)
        if day >= self.end.latest_day and self.corrected is None:
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
