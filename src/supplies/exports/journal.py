"""Read the entries, accounts and balances for the journals of hledger and beancount.

A journal uses the account names of the books, with one exception: in the books, the account
`donor:D-1` contains both what the donor D-1 promised and what the donor gave. A journal has a
separate account for the promises, `promised:D-1`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from supplies.books.reader import Books
from supplies.domain.accounts import CHART, DONOR, AccountKind, Family, is_origin, keys_of, kind_of
from supplies.domain.catalogue_records import Donor, Item, Location, Recipient
from supplies.domain.entries import Transfer
from supplies.views.catalogue import list_records

_ENTRIES_AT_ONCE = 50
"""How many entries are read together. An entry may have 500 transfers."""

_ACCOUNTS_AT_ONCE = 500

PROMISED = "promised"
"""The kind of the accounts for promised goods in a journal."""


class JournalEntry(NamedTuple):
    """An entry of the books with its transfers of goods, promises or needs.

    Attributes:
        booked_on: The day on which the entry is booked, in ISO format like `happened_on`.
        hash: The hash of the entry in hexadecimal.
        recorded_at: Time of recording, as stored text in UTC.
        supersedes: Number of the entry that this entry corrects; None if it is not a correction.
    """

    seq: int
    kind: str
    document: str | None
    happened_on: str
    booked_on: str
    recorded_at: str
    recorded_by: str
    supersedes: int | None
    hash: str
    transfers: list[Transfer]


class AccountBalance(NamedTuple):
    """The balance of an item in an account of a journal, in base units. All lots are added up."""

    account: str
    item: str
    quantity: int


def journal_account(account: str, lot: str) -> str:
    """Return the account of a journal that corresponds to an account in the books.

    Args:
        lot: The lot of the goods; "" for promises and needs.
    """
    if not lot and account.startswith(DONOR.prefix):
        return f"{PROMISED}:{account.removeprefix(DONOR.prefix)}"
    return account


def last_day(books: Books, as_of: date | None) -> str:
    """Return the last day of a journal as ISO text.

    The last day is `as_of` or, if `as_of` is None, the latest day of an entry.
    """
    return books.last_entry().latest_day if as_of is None else as_of.isoformat()


def first_day(books: Books) -> str | None:
    """Return the earliest day of an entry as ISO text, or None if there are no entries."""
    day: str | None = books.value("SELECT min(booked_on) FROM entries WHERE station = :station")
    return day


def journal_entries(books: Books, day: str) -> Iterator[JournalEntry]:
    """Yield the entries with transfers booked up to and including a day, ordered by number.

    The entries are read in batches, so that memory use does not grow with their number.
    """
    last, after = books.last_entry().seq, 0
    while after < last:
        until = min(after + _ENTRIES_AT_ONCE, last)
        moves: dict[int, list[Transfer]] = {}
        for seq, *move in books.all(
            "SELECT seq, source, target, item, lot, quantity FROM transfers "
            "WHERE station = :station AND seq > :after AND seq <= :until ORDER BY seq, line",
            after=after,
            until=until,
        ):
            moves.setdefault(seq, []).append(Transfer(*move))
        for *columns, digest in books.all(
            "SELECT seq, kind, document, happened_on, booked_on, recorded_at, recorded_by, "
            "supersedes, hash FROM entries WHERE station = :station AND seq > :after "
            "AND seq <= :until AND booked_on <= :day ORDER BY seq",
            after=after,
            until=until,
            day=day,
        ):
            seq = columns[0]
            if seq in moves:
                yield JournalEntry._make([*columns, bytes(digest).hex(), moves[seq]])
        after = until


def journal_balances(books: Books, day: str) -> Iterator[AccountBalance]:
    """Yield the balances at the end of a day, including balances of zero.

    The balances are ordered by account and item.
    """
    after = ""
    while True:
        accounts = books.all(
            "SELECT DISTINCT account FROM days WHERE station = :station AND account > :after "
            f"AND day <= :day ORDER BY account LIMIT {_ACCOUNTS_AT_ONCE}",
            after=after,
            day=day,
        )
        if not accounts:
            return
        # Rows of an account and item follow one another in the index, so nothing is sorted.
        for account, item, goods, promises in books.all(
            "SELECT account, item, sum(CASE WHEN lot <> '' THEN quantity END), "
            "sum(CASE WHEN lot = '' THEN quantity END) FROM days AS d "
            "WHERE station = :station AND account >= :first AND account <= :last AND day = ("
            "SELECT max(o.day) FROM days AS o WHERE o.station = d.station "
            "AND o.account = d.account AND o.item = d.item AND o.lot = d.lot AND o.day <= :day) "
            "GROUP BY account, item ORDER BY account, item",
            first=accounts[0][0],
            last=accounts[-1][0],
            day=day,
        ):
            for quantity, lot in ((goods, "lot"), (promises, "")):
                if quantity is not None:
                    yield AccountBalance(journal_account(account, lot), item, int(quantity))
        after = accounts[-1][0]


def journal_accounts(books: Books, day: str) -> Iterator[str]:
    """Yield each account with a transfer up to and including a day, once.

    The accounts are taken from `journal_balances`. There, the balances of an account follow one
    another, except that the accounts `donor:D-1` and `promised:D-1` of a donor alternate.
    """
    before: list[str] = []
    for balance in journal_balances(books, day):
        if balance.account not in before:
            yield balance.account
            before = [*before, balance.account][-2:]


def journal_items(books: Books) -> list[Item]:
    """Return all items, ordered by code."""
    return list_records(books, Item, limit=None).items


def account_title(books: Books, account: str, *, personal: bool) -> str | None:
    """Return the name of the location or person to which an account belongs, or None.

    Args:
        personal: Whether to return names of donors and recipients. If not, None is returned for
            them.
    """
    name, code = account.partition(":")[0], account.rpartition(":")[2]
    key = "donor" if name == PROMISED else kind_of(account).keys[len(keys_of(account)) - 1]
    if key == "location":
        location = books.catalogue.get(Location, code)
        return None if location is None else location.name
    if personal and key in ("donor", "recipient"):
        kind: type[Donor | Recipient] = Donor if key == "donor" else Recipient
        person = books.catalogue.get(kind, code)
        return None if person is None else person.name
    return None


# --- kinds of accounts in accounting -------------------------------------------------------------


def root_of(kind: str) -> str:
    """Return the bookkeeping type of a kind of account: Assets, Liabilities, Income and so on."""
    return "Equity" if kind == PROMISED else _root_of(CHART[kind])


def _root_of(kind: AccountKind) -> str:
    if kind.name in _ROOTS:
        return _ROOTS[kind.name]
    if Family.NEEDS in kind.families:
        return "Equity"
    return "Income" if is_origin(kind) else "Assets"


_ROOTS = {
    "borrowed": "Liabilities",
    "opening": "Equity",
    "received": "Expenses",
    "used": "Expenses",
    "lost": "Expenses",
    "returned": "Expenses",
    "delivered": "Expenses",
    "converted": "Equity",
    "unexplained": "Equity",
}
"""The account types of those kinds of account that the rules in `_root_of` do not cover."""
