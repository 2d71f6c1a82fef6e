"""Stock-takes: differences against what the books held when the count sheet was opened."""

from __future__ import annotations

from collections import defaultdict

from supplies.books.reader import unknown
from supplies.domain.accounts import ALLOCATED, STOCK, UNEXPLAINED, keys_of
from supplies.domain.commands import CountLine, CountStock, OpenCountSheet
from supplies.domain.entry_rows import CountedLine, CountSheet, Lot
from supplies.errors import AlreadyDone, InvalidField
from supplies.ledger.journal import Draft, Journal
from supplies.ledger.rules.deliveries import Contradicted
from supplies.ledger.rules.need_fulfilment import (
    find_need,
    most_urgent_first,
    needs_in,
    restore_needs,
)


def open_count_sheet(command: OpenCountSheet, journal: Journal) -> None:
    """The entry that a count is compared with."""
    journal.books.location(command.location, "/location")
    draft = journal.entry("count_opened", prefix="c")
    draft.state(CountSheet(sheet=str(draft.document), location=command.location))


def count_stock(command: CountStock, journal: Journal) -> None:
    """Unexplained → stock where there is more than expected, stock → unexplained where less."""
    sheet = journal.books.latest(CountSheet, sheet=command.sheet)
    if sheet is None:
        raise unknown(f"there is no count sheet {command.sheet}; open one first", "")
    if journal.books.latest(CountedLine, sheet=command.sheet) is not None:
        raise AlreadyDone(f"count sheet {command.sheet} was counted already; open another")
    opened = journal.books.stated_in(CountSheet, sheet=command.sheet) or 0
    began = journal.books.body(opened).happened_on
    if journal.happened_on < began:
        raise InvalidField.at(
            "/happened_on", f"{journal.happened_on} is before the sheet was opened ({began})"
        )
    expected = _held_at(journal, sheet.location, opened)
    draft = journal.entry("stock_counted", document=command.sheet)
    unborne: list[str] = []
    for index, line in enumerate(command.lines):
        _check_line(journal, command, index)
        held = sum(
            quantity
            for (item, lot), quantity in expected.items()
            if item == line.item and line.lot in (None, lot)
        )
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
            rest = _shortage(journal, draft, sheet.location, line, held - line.counted)
            if rest:
                name = journal.books.item(line.item).name
                unborne.append(f"{rest} × {name} more are missing than the books still hold")
    if unborne:
        raise Contradicted(f"{'; '.join(unborne)} in {sheet.location}")


def _check_line(journal: Journal, command: CountStock, index: int) -> None:
    line, pointer = command.lines[index], f"/lines/{index}"
    journal.books.item(line.item, f"{pointer}/item")
    if line.lot is not None:
        journal.lot(line.lot, line.item, f"{pointer}/lot")
    for other in command.lines[:index]:
        if other.item == line.item and (None in (line.lot, other.lot) or line.lot == other.lot):
            raise InvalidField.at(f"{pointer}/item", f"{line.item} is counted twice in this sheet")


def _held_at(journal: Journal, location: str, seq: int) -> dict[tuple[str, str], int]:
    """Free and set aside at a place when entry `seq` was the last: now, less what moved since."""
    held: dict[tuple[str, str], int] = defaultdict(int)
    for (account, item, lot), quantity in {
        **journal.books.held(STOCK(location)),
        **journal.books.held(ALLOCATED.prefix),
    }.items():
        if _stands_at(account, location):
            held[item, lot] += quantity
    since = journal.books.all(
        "SELECT source, target, item, lot, quantity FROM transfers "
        "WHERE station = :station AND seq > :seq",
        seq=seq,
    )
    for source, target, item, lot, quantity in since:
        if _stands_at(source, location):
            held[item, lot] += quantity
        if _stands_at(target, location):
            held[item, lot] -= quantity
    return held


def _stands_at(account: str, location: str) -> bool:
    return account == STOCK(location) or (
        account.startswith(ALLOCATED.prefix) and keys_of(account)[1] == location
    )


def _surplus(
    journal: Journal, draft: Draft, location: str, line: CountLine, index: int, quantity: int
) -> None:
    """More than expected joins the lot named, or the newest there, or a lot of its own."""
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


def _shortage(journal: Journal, draft: Draft, location: str, line: CountLine, quantity: int) -> int:
    """Free stock bears it first, then allocations, least urgent and newest. What none can bear."""
    free = [
        (STOCK(location), lot)
        for _, _, lot in journal.held(STOCK(location), line.item)
        if line.lot in (None, lot)
    ]
    for account, lot in free + _allocations(journal, location, line):
        part = min(quantity, max(0, journal.least(account, line.item, lot)))
        journal.move(draft, account, UNEXPLAINED(location), line.item, lot, part)
        if part and account.startswith(ALLOCATED.prefix):
            restore_needs(journal, draft, keys_of(account)[0])
        quantity -= part
    return quantity


def _allocations(journal: Journal, location: str, line: CountLine) -> list[tuple[str, str]]:
    """What is set aside at a place of an item: for no need first, then least urgent, newest."""
    found = []
    for account, item, lot in journal.held(ALLOCATED.prefix, line.item):
        allocation, place = keys_of(account)
        if place == location and line.lot in (None, lot):
            need = needs_in(journal, allocation).get((item, lot))
            rank = (3, 0) if need is None else most_urgent_first(find_need(journal, need))
            found.append((rank, account, lot))
    return [(account, lot) for _, account, lot in sorted(found, reverse=True)]
