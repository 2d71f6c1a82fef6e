"""Read the balances of one station: now, on a day, and by lot."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from supplies.books.account_range import account_range
from supplies.books.entry_reader import EntryReader
from supplies.books.queries import MAX_IDS
from supplies.domain.accounts import DONOR, AccountKind, check_account, check_accounts
from supplies.errors import check_type

LATEST_UNTIL_DAY = (
    "d.day <= :day AND NOT EXISTS (SELECT 1 FROM days o WHERE o.station = d.station "
    "AND o.account = d.account AND o.item = d.item AND o.lot = d.lot "
    "AND o.day > d.day AND o.day <= :day)"
)
"""SQL condition for rows `d` of the table `days`, which contains day-end balances.

It selects the latest row of each balance on or before `:day`.
"""

BalanceKey = tuple[str, str, str]
"""The account, item and lot that identify a balance."""


class LotBalance(NamedTuple):
    """A lot and its balance in an account, in base units.

    Attributes:
        expires_on: ISO text, which sorts in the order of days; None if the lot does not expire.
    """

    lot: str
    expires_on: str | None
    quantity: int


class BalanceReader(EntryReader):
    """The balances of one station."""

    def balance(self, account: str, item: str, lot: str = "") -> int:
        """Return the balance of an account, in base units.

        Args:
            lot: The lot; "" for promises and needs, which have no lots.

        Raises:
            InvalidField: the account is not on the chart of accounts.
        """
        check_account(account)
        check_type(lot, str, "lot", "text; '' means no lot")
        row = self.one(
            "SELECT quantity FROM balances WHERE station = :station AND account = :account "
            "AND item = :item AND lot = :lot",
            account=account,
            item=item,
            lot=lot,
        )
        return 0 if row is None else int(row[0])

    def balances(self, keys: Iterable[BalanceKey]) -> dict[BalanceKey, int]:
        """Return several balances by account, item and lot, with few queries.

        A balance that is not stored is 0.
        """
        wanted = list(dict.fromkeys(keys))
        found = dict.fromkeys(wanted, 0)
        for start in range(0, len(wanted), MAX_IDS // 4):
            part = wanted[start : start + MAX_IDS // 4]
            values = ", ".join(f"(:a{at}, :i{at}, :l{at})" for at in range(len(part)))
            names = {
                f"{letter}{at}": text
                for at, key in enumerate(part)
                for letter, text in zip("ail", key, strict=True)
            }
            rows = self.all(
                f"WITH wanted (account, item, lot) AS (VALUES {values}) "
                "SELECT b.account, b.item, b.lot, b.quantity FROM wanted w CROSS JOIN balances b "
                "WHERE b.station = :station AND b.account = w.account AND b.item = w.item "
                "AND b.lot = w.lot",
                **names,
            )
            found.update({(account, item, lot): int(there) for account, item, lot, there in rows})
        return found

    def balance_on(self, day: date, account: str, item: str, lot: str = "") -> int:
        """Return the balance of an account at the end of a day, in base units.

        Entries that were recorded later but are booked on or before this day are included.

        Raises:
            InvalidField: the account is not on the chart of accounts.
        """
        check_type(day, date, "day", "a date")
        check_account(account)
        found = self.value(
            "SELECT quantity FROM days WHERE station = :station AND account = :account "
            "AND item = :item AND lot = :lot AND day <= :day ORDER BY day DESC LIMIT 1",
            account=account,
            item=item,
            lot=lot,
            day=day.isoformat(),
        )
        return int(found or 0)

    def daily_balances(self, key: tuple[str, str, str], since: str) -> dict[str, int]:
        """Return the day-end balances of an account, item and lot from `since` on, by day.

        The result contains only days on which the balance changed. It begins with the last such day
        before `since`, if there is one.
        """
        account, item, lot = key
        where = "station = :station AND account = :account AND item = :item AND lot = :lot"
        rows = self.all(
            f"SELECT day, quantity FROM days WHERE {where} AND day >= coalesce((SELECT max(day) "
            f"FROM days WHERE {where} AND day < :since), :since)",
            account=account,
            item=item,
            lot=lot,
            since=since,
        )
        return {day: int(quantity) for day, quantity in rows}

    def balance_and_lowest_since(
        self, day: date, account: str, item: str, lot: str
    ) -> tuple[int, int]:
        """Return the current balance, and the lowest day-end balance from `day` on."""
        closings = self.daily_balances((account, item, lot), day.isoformat())
        since = [quantity for when, quantity in closings.items() if when >= day.isoformat()]
        on_the_day = self.balance_on(day, account, item, lot)
        return self.balance(account, item, lot), min([on_the_day, *since])

    def nonzero_balances(
        self, account: str, item: str | None = None
    ) -> dict[tuple[str, str, str], int]:
        """Return the balances of an account that are not zero, by account, item and lot.

        Args:
            account: The name of an account, or a prefix that ends with a colon, such as `stock:`,
                for all accounts that begin with the prefix.
            item: Return only balances of this item. If None, balances of all items are returned.

        Raises:
            InvalidField: the account is not on the chart of accounts.
        """
        check_accounts(account)
        where = "account = :account"
        if account.endswith(":"):
            where = account_range("account", "end")  # ";" follows ":" in ASCII
        rows = self.all(
            "SELECT account, item, lot, quantity FROM balances "
            f"WHERE station = :station AND {where} AND quantity <> 0"
            + ("" if item is None else " AND item = :item"),
            account=account,
            end=account[:-1] + ";",
            item=item,
        )
        return {(row[0], row[1], row[2]): row[3] for row in rows}

    def nonzero_balances_on(self, day: str, account: str) -> dict[tuple[str, str, str], int]:
        """Return the balances of an account that were not zero at the end of a day.

        The keys are account, item and lot. Entries that were recorded later but are booked on or
        before this day are included.

        Args:
            day: The day as ISO text.
            account: As in `nonzero_balances`.
        """
        if day >= self.last_entry().latest_day:
            return self.nonzero_balances(account)
        where = "account = :account"
        if account.endswith(":"):
            where = "account >= :account AND account < :end"  # ";" follows ":" in ASCII
        rows = self.all(
            "SELECT account, item, lot, quantity FROM days AS d "
            f"WHERE station = :station AND {where} AND quantity <> 0 AND {LATEST_UNTIL_DAY}",
            account=account,
            end=account[:-1] + ";",
            day=day,
        )
        return {(row[0], row[1], row[2]): row[3] for row in rows}

    def needs_still_open(self, recipient: str, item: str) -> dict[str, bool]:
        """Return, by id, whether each need of a recipient for an item is still open.

        A need is open if a part of its quantity is still needed or claimed.
        """
        rows = self.all(
            # With an empty text added, SQLite uses the index instead of reading all balances.
            "SELECT DISTINCT n.need, EXISTS (SELECT 1 FROM balances b WHERE b.station = n.station "
            "AND b.account = '' || 'needed:' || n.need AND b.quantity <> 0) "
            "OR EXISTS (SELECT 1 FROM balances c WHERE c.station = n.station "
            "AND c.account >= '' || 'claimed:' || n.need || ':' "
            "AND c.account < '' || 'claimed:' || n.need || ';' AND c.quantity <> 0) "
            "FROM needs n WHERE n.station = :station AND n.recipient = :recipient "
            "AND n.item = :item",
            recipient=recipient,
            item=item,
        )
        return {need: bool(open_) for need, open_ in rows}

    def lot_balances(self, account: str, item: str) -> list[LotBalance]:
        """Return the lots of an item in an account with their balances, if these are not zero.

        Raises:
            InvalidField: the account is not on the chart of accounts.
        """
        check_account(account)
        rows = self.all(
            "SELECT b.lot, (SELECT l.expires_on FROM lots l WHERE l.station = b.station "
            "AND l.lot = b.lot ORDER BY l.seq DESC LIMIT 1), b.quantity FROM balances b "
            "WHERE b.station = :station AND b.account = :account AND b.item = :item "
            "AND b.quantity <> 0",
            account=account,
            item=item,
        )
        return [LotBalance(*row) for row in rows]

    def donors_of_lot(self, lot: str, item: str) -> list[tuple[str, int]]:
        """Return the donors of a lot, each with the quantity that the donor gave, in base units."""
        rows = self.all(
            "SELECT account, -quantity FROM balances WHERE station = :station "
            f"AND item = :item AND lot = :lot AND lot <> '' AND {account_range('first', 'end')} "
            "AND quantity < 0 ORDER BY account",
            item=item,
            lot=lot,
            first=DONOR.prefix,
            end=DONOR.prefix[:-1] + ";",
        )
        return [(row[0].partition(":")[2], row[1]) for row in rows]

    def balances_of_lot(self, kind: AccountKind, lot: str) -> dict[tuple[str, str, str], int]:
        """Return the balances of a lot in accounts of one kind. Balances of zero are left out.

        The keys are account, item and lot.
        """
        rows = self.all(
            "SELECT account, item, quantity FROM balances WHERE station = :station "
            f"AND lot = :lot AND lot <> '' AND {account_range('first', 'end')} "
            "AND quantity <> 0",
            lot=lot,
            first=kind.prefix,
            end=f"{kind.name};",  # ";" follows ":" in ASCII
        )
        return {(row[0], row[1], lot): row[2] for row in rows}
