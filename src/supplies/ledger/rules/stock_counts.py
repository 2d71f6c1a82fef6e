"""Stock counts: differences from the stock when the count sheet was opened."""

from __future__ import annotations

from collections import Counter, defaultdict

from supplies.books.reader import unknown_code_error
from supplies.domain.accounts import ALLOCATED, STOCK, UNEXPLAINED, keys_of
from supplies.domain.commands import CountLine, CountStock, OpenCountSheet
from supplies.domain.entry_rows import CountedLine, CountSheet, Lot
from supplies.errors import AlreadyDone, InvalidField
from supplies.ledger.journal import Draft, Journal
from supplies.ledger.rules.deliveries import Contradicted
from supplies.ledger.rules.need_fulfilment import (
    find_need,
    most_urgent_first,
    restore_needs,
)


def open_count_sheet(command: OpenCountSheet, journal: Journal) -> None:
    """Open a count sheet: a later count is compared with the stock at this entry."""
    journal.books.location(command.location, "/location")
    draft = journal.entry("count_opened", prefix="c")
    draft.state(CountSheet(sheet=str(draft.document), location=command.location))


def count_stock(command: CountStock, journal: Journal) -> None:
    """Book a count: surplus unexplained → stock, shortage stock → unexplained.

    Raises Contradicted if more is missing than the books still have.
    """
    sheet = journal.books.latest_row(CountSheet, sheet=command.sheet)
    if sheet is None:
        raise unknown_code_error(f"there is no count sheet {command.sheet}; open one first", "")
    if journal.books.latest_row(CountedLine, sheet=command.sheet) is not None:
        raise AlreadyDone(f"count sheet {command.sheet} was counted already; open another")
    opened = journal.books.latest_seq(CountSheet, sheet=command.sheet) or 0
    began = journal.books.body(opened).happened_on
    if journal.happened_on < began:
        raise InvalidField.at(
            "/happened_on", f"{journal.happened_on} is before the sheet was opened ({began})"
        )
    _check_lines(journal, command)
    expected = _expected(journal, sheet.location, opened)
    draft = journal.entry("stock_counted", document=command.sheet)
    unborne: list[str] = []
    touched: dict[str, None] = {}
    for index, line in enumerate(command.lines):
        there = expected[line.item]
        held = sum(there.values()) if line.lot is None else there[line.lot]
        draft.state(
            CountedLine(
                sheet=command.sheet,
                line=index + 1,
                item=line.item,
                lot=line.lot or "",
                expected=held,
                counted=line.counted,
            )
        )
        if line.counted > held:
            _surplus(journal, draft, sheet.location, line, index, line.counted - held)
        else:
            missing = held - line.counted
            rest = _shortage(journal, draft, sheet.location, line, missing, touched)
            if rest:
                name = journal.books.item(line.item).name
                unborne.append(f"{rest} × {name} more are missing than the books still hold")
    if unborne:
        raise Contradicted(f"{'; '.join(unborne)} in {sheet.location}")
    for allocation in touched:
        restore_needs(journal, draft, allocation)


def _check_lines(journal: Journal, command: CountStock) -> None:
    """Refuse unknown items and lots, and an item or lot that is counted twice."""
    counted: dict[str, set[str | None]] = defaultdict(set)
    for index, line in enumerate(command.lines):
        pointer = f"/lines/{index}"
        journal.books.item(line.item, f"{pointer}/item")
        if line.lot is not None:
            journal.lot(line.lot, line.item, f"{pointer}/lot")
        before = counted[line.item]
        if line.lot in before or None in before or (line.lot is None and before):
            raise InvalidField.at(f"{pointer}/item", f"{line.item} is counted twice in this sheet")
        before.add(line.lot)


def _expected(journal: Journal, location: str, seq: int) -> dict[str, Counter[str]]:
    """The stock of a location, free and allocated, as of entry `seq`: by item and lot.

    It is the stock now, less what moved since.
    """
    held: dict[str, Counter[str]] = defaultdict(Counter)
    for (account, item, lot), quantity in {
        **journal.books.nonzero_balances(STOCK(location)),
        **journal.books.nonzero_balances(ALLOCATED.prefix),
    }.items():
        if _stands_at(account, location):
            held[item][lot] += quantity
    since = journal.books.all(
        "SELECT source, target, item, lot, quantity FROM transfers "
        "WHERE station = :station AND seq > :seq",
        seq=seq,
    )
    for source, target, item, lot, quantity in since:
        if _stands_at(source, location):
            held[item][lot] += quantity
        if _stands_at(target, location):
            held[item][lot] -= quantity
    return held


def _stands_at(account: str, location: str) -> bool:
    return account == STOCK(location) or (
        account.startswith(ALLOCATED.prefix) and keys_of(account)[1] == location
    )


def _surplus(
    journal: Journal, draft: Draft, location: str, line: CountLine, index: int, quantity: int
) -> None:
    """Book a surplus to the named lot, or the newest lot there, or a new lot."""
    lot = line.lot or _newest(journal, location, line.item)
    if lot is None:
        lot = f"l_{journal.books.station_code}_{draft.seq}_{index + 1}"
        draft.state(Lot(lot=lot, item=line.item, origin=UNEXPLAINED(location)))
    journal.move(
        draft, UNEXPLAINED(location), STOCK(location), line.item, lot, quantity, f"/lines/{index}"
    )


def _newest(journal: Journal, location: str, item: str) -> str | None:
    lots = [lot for _, _, lot in journal.held(STOCK(location), item)]
    return max(lots, key=lambda lot: int(lot.rsplit("_", 2)[1]), default=None)


def _shortage(
    journal: Journal,
    draft: Draft,
    location: str,
    line: CountLine,
    quantity: int,
    touched: dict[str, None],
) -> int:
    """Take missing goods from free stock, then from allocations, least urgent and newest first.

    Returns what is missing beyond both. touched: gets the allocations from which goods were taken.
    """
    free = [
        (STOCK(location), lot)
        for _, _, lot in journal.held(STOCK(location), line.item)
        if line.lot in (None, lot)
    ]
    for account, lot in free + _allocations(journal, location, line):
        part = min(quantity, max(0, journal.available(account, line.item, lot)))
        journal.move(draft, account, UNEXPLAINED(location), line.item, lot, part)
        if part and account.startswith(ALLOCATED.prefix):
            touched[keys_of(account)[0]] = None
        quantity -= part
    return quantity


def _allocations(journal: Journal, location: str, line: CountLine) -> list[tuple[str, str]]:
    """Allocations of an item at a location: for no need first, then least urgent, newest."""
    found = []
    for account, item, lot in journal.held(ALLOCATED.prefix, line.item):
        allocation, place = keys_of(account)
        if place == location and line.lot in (None, lot):
            need = journal.needs_served(allocation).get((item, lot))
            rank = (3, 0) if need is None else most_urgent_first(find_need(journal, need))
            found.append((rank, account, lot))
    return [(account, lot) for _, account, lot in sorted(found, reverse=True)]
