"""Write the entries of the ledger as a journal for the bookkeeping program hledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from supplies.books.reader import Books
from supplies.domain.accounts import CHART
from supplies.exports.journal import (
    PROMISED,
    JournalEntry,
    account_title,
    journal_account,
    journal_accounts,
    journal_balances,
    journal_entries,
    journal_items,
    last_day,
    root_of,
)


def hledger_journal(
    books: Books, *, as_of: date | None = None, personal: bool = False
) -> Iterator[str]:
    """Yield the lines of an hledger journal with all entries booked up to and including a day.

    Each entry with transfers becomes one transaction, including corrections and reversals. The
    journal ends with balance assertions, so that `hledger check` compares its sums with the
    balances in the books.

    Args:
        as_of: The last day of the journal. None means the latest day with an entry.
        personal: Whether to write the names of donors and recipients.
    """
    day = last_day(books, as_of)
    yield f"; {_one_line(books.station.name)}, entries until {day or 'today: none'}\n"
    yield "; Each quantity is in the base unit of its item.\n\n"
    for item in journal_items(books):
        yield f"commodity 1000. {_commodity(item.code)}"
        yield f"  ; {_one_line(f'{item.name}, in {item.unit}')}\n"
    for kind in (*CHART, PROMISED):
        yield f"account {kind}  ; type:{_TYPES[root_of(kind)]}\n"
    for account in journal_accounts(books, day):
        title = account_title(books, account, personal=personal)
        yield f"account {account}{_comment([] if title is None else [title])}\n"
    for entry in journal_entries(books, day):
        yield from _transaction(entry)
    account = ""
    for balance in journal_balances(books, day):
        if balance.account != account:
            account = balance.account
            yield f"\n{day} * balances of the books\n"
        amount = f"{balance.quantity} {_commodity(balance.item)}"
        yield f"    {account}  0 {_commodity(balance.item)} = {amount}\n"


_TYPES = {"Assets": "A", "Liabilities": "L", "Equity": "E", "Income": "R", "Expenses": "X"}
"""The letters that declare the types of accounts in hledger."""


def _transaction(entry: JournalEntry) -> Iterator[str]:
    tags = [f"hash:{entry.hash}", f"recorded:{entry.recorded_at}", f"by:{entry.recorded_by}"]
    if entry.supersedes is not None:
        tags.append(f"supersedes:{entry.supersedes}")
    if entry.happened_on != entry.booked_on:
        tags.append(f"happened:{entry.happened_on}")
    words = entry.kind if entry.document is None else f"{entry.kind} {entry.document}"
    yield f"\n{entry.booked_on} * ({entry.seq}) {words}{_comment(tags)}\n"
    for move in entry.transfers:
        lot = _comment([f"lot:{move.lot}"] if move.lot else [])
        commodity = _commodity(move.item)
        yield f"    {journal_account(move.source, move.lot)}  -{move.quantity} {commodity}{lot}\n"
        yield f"    {journal_account(move.target, move.lot)}  {move.quantity} {commodity}{lot}\n"


def _commodity(item: str) -> str:
    """Return the code of an item as an hledger commodity.

    The code stands in quotation marks, because it may contain digits and dashes.
    """
    return f'"{item}"'


def _comment(parts: Iterable[str]) -> str:
    text = _one_line(", ".join(parts))
    return f"  ; {text}" if text else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
