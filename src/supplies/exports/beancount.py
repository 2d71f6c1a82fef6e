"""Write the entries of the ledger as a journal for the bookkeeping program beancount."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from supplies.books.reader import Books
from supplies.domain.accounts import CHART
from supplies.exports.journal import (
    PROMISED,
    JournalEntry,
    account_title,
    first_day,
    journal_account,
    journal_accounts,
    journal_balances,
    journal_entries,
    journal_items,
    last_day,
    root_of,
)


def beancount_journal(
    books: Books, *, as_of: date | None = None, personal: bool = False
) -> Iterator[str]:
    """Yield the lines of a beancount journal with all entries booked up to and including a day.

    Each entry with transfers becomes one transaction, including corrections and reversals. The
    journal ends with balance assertions, so that `bean-check` compares its sums with the balances
    in the books. Accounts and items have names that beancount allows; the original codes are in the
    metadata.

    Args:
        as_of: The last day of the journal. None means the latest day with an entry.
        personal: Whether to write the names of donors and recipients.
    """
    day, start = last_day(books, as_of), first_day(books)
    yield f'option "title" {_text(books.station.name)}\n'
    if start is None or start > day:
        return
    names = _Names()
    for item in journal_items(books):
        yield f"\n{start} commodity {names.commodity(item.code)}\n"
        yield f"  code: {_text(item.code)}\n  name: {_text(item.name)}\n"
        yield f"  unit: {_text(item.unit)}\n"
    for account in journal_accounts(books, day):
        yield f"\n{start} open {names.account(account)}\n  account: {_text(account)}\n"
        title = account_title(books, account, personal=personal)
        if title is not None:
            yield f"  name: {_text(title)}\n"
    for entry in journal_entries(books, day):
        yield from _transaction(entry, names)
    yield "\n"
    # beancount checks a balance at the beginning of its day. Nothing is booked on the last day that
    # a date can have, so the balances of that day are those of the day before.
    following = min(date.fromisoformat(day), date.max - timedelta(days=1)) + timedelta(days=1)
    for balance in journal_balances(books, day):
        account, commodity = names.account(balance.account), names.commodity(balance.item)
        yield f"{following} balance {account}  {balance.quantity} {commodity}\n"


def _transaction(entry: JournalEntry, names: _Names) -> Iterator[str]:
    yield f"\n{entry.booked_on} * {_text(entry.document or '')} {_text(entry.kind)}\n"
    yield f"  entry: {entry.seq}\n  hash: {_text(entry.hash)}\n"
    yield f"  recorded_at: {_text(entry.recorded_at)}\n  recorded_by: {_text(entry.recorded_by)}\n"
    if entry.supersedes is not None:
        yield f"  supersedes: {entry.supersedes}\n"
    if entry.happened_on != entry.booked_on:
        yield f"  happened_on: {entry.happened_on}\n"
    for move in entry.transfers:
        lot = f"    lot: {_text(move.lot)}\n" if move.lot else ""
        commodity = names.commodity(move.item)
        source = names.account(journal_account(move.source, move.lot))
        target = names.account(journal_account(move.target, move.lot))
        yield f"  {source}  -{move.quantity} {commodity}\n{lot}"
        yield f"  {target}  {move.quantity} {commodity}\n{lot}"


class _Names:
    """Chooses the names of accounts and commodities in a beancount journal.

    A part of an account name begins with a capital letter or digit, and has no dots or underscores.
    A commodity has capital letters. If two codes would get the same name, the second one gets a
    number. This cannot happen to ids of documents, such as A-13 for a_13, so their names are not
    remembered.
    """

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], str] = {}
        self._taken: set[tuple[str, str]] = set()

    def account(self, account: str) -> str:
        kind, *keys = account.split(":")
        parts = [
            _id_name(key)
            if name in _IDS and _ID.fullmatch(key)
            else self._unique(f"{kind}:{name}", key, _part_name(key))
            for name, key in zip(_key_names(kind), keys, strict=False)
        ]
        if len(parts) < len(_key_names(kind)):
            # In beancount, the balance of an account includes the accounts below it.
            parts.append("Free")
        return ":".join((root_of(kind), kind.title().replace("_", ""), *parts))

    def commodity(self, item: str) -> str:
        return self._unique("item", item, _commodity_name(item))

    def _unique(self, group: str, code: str, wanted: str) -> str:
        found = self._given.get((group, code))
        if found is not None:
            return found
        name, number = wanted, 1
        while (group, name) in self._taken:
            number += 1
            name = f"{wanted}-{number}"
        self._taken.add((group, name))
        self._given[group, code] = name
        return name


_ID = re.compile(r"[a-z]_[0-9]+")
_IDS = frozenset({"pledge", "need", "need?", "allocation", "delivery", "shipment", "conversion"})
"""The names of those keys of accounts that are ids of documents. All other keys are codes."""


def _key_names(kind: str) -> tuple[str, ...]:
    return ("donor",) if kind == PROMISED else CHART[kind].keys


def _id_name(document: str) -> str:
    return document.replace("_", "-").upper()


def _part_name(code: str) -> str:
    return code[0].upper() + re.sub("[._]", "-", code[1:])


def _commodity_name(item: str) -> str:
    """Return the code of an item as a beancount commodity, in capital letters.

    The result begins with a letter, ends with a letter or digit, and is not a reserved word of
    beancount.
    """
    name = item.upper()
    if not name[0].isalpha():
        name = f"I{name}"
    return name if name[-1].isalnum() and name not in _RESERVED else f"{name}X"


_RESERVED = frozenset({"TRUE", "FALSE", "NULL"})


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{" ".join(escaped.split())}"'
