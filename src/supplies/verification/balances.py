"""Recompute all balances from the transfers, and compare them with the stored balances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from supplies.books.account_range import account_range
from supplies.domain.accounts import CHART, AccountKind, Family, kind_on_chart
from supplies.domain.fields import MAX_QUANTITY
from supplies.errors import BooksBroken
from supplies.storage.store import Row
from supplies.verification.reader import FIRST, Reader, Table, chunks

TRANSFERS = Table(
    "transfers",
    (
        "seq",
        "line",
        "day",
        "source",
        "target",
        "item",
        "lot",
        "quantity",
        "allocation",
        "recipient",
    ),
)
BALANCES = Table("balances", ("account", "item", "lot", "quantity", "seq", "line"))
_LOTS = Table("lots", ("lot", "item"))
_RECIPIENTS = Table("allocations", ("allocation", "recipient"))
DAYS = Table("days", ("account", "item", "lot", "day", "quantity", "seq", "line"))

Key = tuple[str, str, str]
Closing = tuple[int, int, int]
"""A balance at the end of a day: the quantity, and entry and line of the day's last transfer."""


class Balance:
    """The current balance of an account, item and lot, and its earlier day-end balances."""

    __slots__ = ("day", "earlier", "family", "floored", "kind", "line", "quantity", "seq")

    def __init__(self, kind: AccountKind, family: Family) -> None:
        self.kind, self.family, self.floored = kind, family, kind.floored
        self.day, self.quantity, self.seq, self.line = "", 0, 0, 0
        self.earlier: dict[str, Closing] | None = None

    def move(self, day: str, change: int, seq: int, line: int) -> bool:
        """Add a change to the balance at the end of a day and of all later days.

        Return False if the account must not fall below zero, but its balance is now negative at
        the end of one of these days. The change is made in either case.

        Args:
            seq, line: Entry number and line of the transfer that makes the change.
        """
        if day < self.day:
            return self._move_earlier_day(day, change, seq, line)
        if day > self.day:
            if self.day:
                self.earlier = self.earlier or {}
                self.earlier[self.day] = (self.quantity, self.seq, self.line)
            self.day = day
        self.quantity += change
        self.seq, self.line = seq, line
        return self.quantity >= 0 or not self.floored

    def _move_earlier_day(self, day: str, change: int, seq: int, line: int) -> bool:
        """Add a change on a day before this balance's latest day, as `move` describes."""
        earlier = self.earlier = self.earlier or {}
        if day not in earlier:
            before = max((known for known in earlier if known < day), default=None)
            earlier[day] = earlier[before] if before is not None else (0, 0, 0)
        least = self.quantity = self.quantity + change
        self.seq, self.line = seq, line
        for known, (quantity, _, _) in earlier.items():
            if known >= day:
                earlier[known] = (quantity + change, seq, line)
                least = min(least, quantity + change)
        return least >= 0 or not self.floored


class Balances:
    """All balances of one station, computed from the stored transfers."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.by_key: dict[Key, Balance] = {}
        self._kinds: dict[str, AccountKind] = {}
        self._items: dict[str, str] = dict(reader.all_rows(_LOTS))
        self._recipients = set(reader.all_rows(_RECIPIENTS))
        self._trusted = 0

    def check(self, since: int, count: int) -> None:
        """Compute all balances, and compare them with the stored balances.

        The transfers must be those of the entries, which is checked elsewhere.

        Args:
            since: Number of the last entry that is trusted; 0 to check all entries. Trusted
                transfers are read only for balances that later entries change. All other balances
                are trusted, too.
            count: How many entries there are.

        Raises:
            BooksBroken: a transfer is invalid, a balance that has a floor falls below zero, or a
                stored balance is missing, changed or surplus.
        """
        self._trusted = since
        for low, high in chunks(since + 1 if since else FIRST, count):
            self._move(sorted(self.reader.rows(TRANSFERS, low, high)))
        self._check_days()
        self._check_balances()

    def _move(self, transfers: Iterable[Row]) -> None:
        """Apply transfers to the balances, in the order in which they were recorded."""
        balances, recipients = self.by_key, self._recipients
        for seq, line, day, source, target, item, lot, quantity, allocation, recipient in transfers:
            if not 1 <= quantity <= MAX_QUANTITY:
                raise self._broken("quantity", seq, f"1 to {MAX_QUANTITY}", quantity)
            key, target_key = (source, item, lot), (target, item, lot)
            out = balances.get(key) or self._open_balance(key, "source", seq)
            into = balances.get(target_key) or self._open_balance(target_key, "target", seq)
            if out.family is not into.family or out is into:
                raise self._broken("target", seq, f"another account of {out.family}", target)
            if not (out.move(day, -quantity, seq, line) and into.move(day, quantity, seq, line)):
                raise self._broken(
                    "quantity", seq, f"no more than the balance of {source}", quantity
                )
            if allocation is not None and (allocation, recipient) not in recipients:
                expected = f"the recipient of {allocation}"
                raise self._broken("recipient", seq, expected, recipient)

    def _open_balance(self, key: Key, column: str, seq: int) -> Balance:
        """Create a balance of zero for an account, item and lot.

        Args:
            key: Account, item and lot.
            column, seq: The column and the entry number of the transfer, for errors.

        Raises:
            BooksBroken: the account does not exist, or it cannot contain this item and lot.
        """
        account, item, lot = key
        kind = self._kinds.get(account)
        if kind is None:
            kind = self._kinds[account] = self._kind(account, column, seq)
        family = _FAMILIES[kind.name, lot != ""]
        if family is None:
            raise self._broken("lot", seq, f"what {kind.name} can contain", lot or "no lot")
        if lot and self._items.get(lot) != item:
            raise self._broken("lot", seq, f"a lot of {item}", lot)
        balance = self.by_key[key] = Balance(kind, family)
        if self._trusted:
            self._replay(key, balance)
        return balance

    def _replay(self, key: Key, balance: Balance) -> None:
        """Apply the trusted transfers of an account, item and lot to their balance."""
        moves: list[Row] = []
        for side, sign in (("source", "-"), ("target", "")):
            moves += self.reader.store.all(
                f"SELECT seq, line, day, {sign}quantity FROM transfers WHERE station = :station "
                f"AND {side} = :account AND item = :item AND lot = :lot AND seq <= :through",
                {
                    "station": self.reader.station,
                    "through": self._trusted,
                    **dict(zip(("account", "item", "lot"), key, strict=True)),
                },
            )
        for seq, line, day, change in sorted(moves):
            balance.move(day, change, seq, line)

    def _kind(self, account: str, column: str, seq: int) -> AccountKind:
        kind = kind_on_chart(account)
        if kind is not None:
            return kind
        raise self._broken(column, seq, "an account on the chart", account)

    def _broken(self, column: str, seq: int, expected: object, found: object) -> BooksBroken:
        return self.reader.broken("transfers", column, seq, expected, found)

    # --- comparison with the stored balances -----------------------------------------------------

    def _check_days(self) -> None:
        """Check the day-end balances that are stored in the table `days`.

        There must be a row for each balance and each day on which it changed. Each stored row is
        compared with the computed balance. The keys of the rows are unique, so if the numbers of
        rows are equal, no row is missing.

        Raises:
            BooksBroken: a row is missing, changed or surplus.
        """
        if self._trusted:
            self.reader.compare(DAYS, self._days(), self._later_rows(DAYS))
            return
        found = self.reader.all_rows(DAYS)
        balances, right = self.by_key, 0
        for account, item, lot, day, quantity, seq, line in found:
            balance = balances.get((account, item, lot))
            if balance is None:
                break
            if balance.day == day:
                if balance.quantity != quantity or balance.seq != seq or balance.line != line:
                    break
            elif not balance.earlier or balance.earlier.get(day) != (quantity, seq, line):
                break
            right += 1
        days = sum(1 + len(balance.earlier or ()) for balance in balances.values())
        if not right == days == len(found):
            self.reader.compare(DAYS, self._days(), found)

    def _days(self) -> list[Row]:
        expected: list[Row] = []
        for key, balance in self.by_key.items():
            expected.append((*key, balance.day, balance.quantity, balance.seq, balance.line))
            if balance.earlier:
                expected += [(*key, day, *closing) for day, closing in balance.earlier.items()]
        return expected

    def _check_balances(self) -> None:
        """Check the current balances that are stored in the table `balances`.

        For speed, the database compares them with the latest rows of `days`, which were checked
        before. The rows are compared one by one in Python only if this shows a difference.

        Raises:
            BooksBroken: a row is missing, changed or surplus.
        """
        if self._trusted:
            self.reader.compare(BALANCES, self._balances(), self._later_rows(BALANCES))
            return
        agree = self.reader.one(
            "SELECT count(*) FROM balances AS b WHERE station = :station "
            "AND (quantity, seq, line) = ("
            "SELECT quantity, seq, line FROM days AS d WHERE d.station = b.station "
            "AND d.account = b.account AND d.item = b.item AND d.lot = b.lot "
            "ORDER BY day DESC LIMIT 1)"
        )
        stored = self.reader.one("SELECT count(*) FROM balances WHERE station = :station")
        if agree == stored == (len(self.by_key),):
            return
        self.reader.compare(BALANCES, self._balances(), self.reader.all_rows(BALANCES))

    def _balances(self) -> list[Row]:
        return [
            (*key, balance.quantity, balance.seq, balance.line)
            for key, balance in self.by_key.items()
        ]

    def _later_rows(self, table: Table) -> list[Row]:
        """Return the stored rows of `balances` or `days` that must be checked.

        These are all rows of each balance that an entry after the trusted ones changed, and all
        rows that name such an entry.
        """
        found = set(self.reader.rows_after(table, self._trusted))
        for account, item, lot in self.by_key:
            found.update(
                self.reader.store.all(
                    f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE "
                    "station = :station AND account = :account AND item = :item AND lot = :lot",
                    {"station": self.reader.station, "account": account, "item": item, "lot": lot},
                )
            )
        return list(found)


def stored_balances(reader: Reader, *kinds: AccountKind) -> Iterator[tuple[AccountKind, Row]]:
    """Yield the stored balances that are not zero of all accounts of these kinds.

    Each is yielded as the kind of its account and a row of account, item, lot and quantity.
    """
    for kind in kinds:
        for row in reader.store.all(
            "SELECT account, item, lot, quantity FROM balances WHERE station = :station "
            f"AND {account_range('start', 'end')} AND quantity <> 0",
            {"station": reader.station, "start": kind.prefix, "end": f"{kind.name};"},
        ):
            yield kind, row


def _family(kind: AccountKind, *, has_lot: bool) -> Family | None:
    """Return the family of a balance: goods if it has a lot, otherwise promises or needs.

    Return None if accounts of this kind cannot have such a balance.
    """
    if has_lot:
        return Family.GOODS if Family.GOODS in kind.families else None
    return next((family for family in kind.families if family is not Family.GOODS), None)


_FAMILIES = {
    (kind.name, has_lot): _family(kind, has_lot=has_lot)
    for kind in CHART.values()
    for has_lot in (False, True)
}
"""The family of a balance, by the kind of its account and whether it has a lot."""
