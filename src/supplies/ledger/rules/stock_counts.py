"""Stock counts: book the difference between the counted goods and the goods in the books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from supplies.books.reader import unknown_code_error
from supplies.books.stock_counts import COUNTED, RESOLVED, Moment, sheet_moment, stock_at
from supplies.domain.accounts import ALLOCATED, STOCK, UNEXPLAINED, keys_of
from supplies.domain.commands import CountLine, CountStock, OpenCountSheet
from supplies.domain.entry_rows import CountedLine, CountSheet, Lot
from supplies.domain.expiry import expiry_field
from supplies.errors import AlreadyDone, InvalidField, Sentence
from supplies.ledger.contradictions import Contradicted
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.needs_in_order import most_urgent_first
from supplies.ledger.rules.need_fulfilment import (
    find_need,
    restore_needs,
)


def open_count_sheet(command: OpenCountSheet, journal: Journal) -> None:
    """Open a count sheet. The count is later compared with the stock at this moment.

    Raises:
        InvalidField: the location is unknown.
    """
    journal.books.location(command.location, "/location")
    draft = journal.entry("count_opened", prefix="c")
    draft.add_rows(CountSheet(sheet=str(draft.document), location=command.location))


def count_stock(command: CountStock, journal: Journal) -> None:
    """Book a stock count: unexplained → stock for a surplus, stock → unexplained for a shortage.

    A shortage is booked on the day of the count, as far as the goods have been in stock on every
    day from then on. The rest of the shortage is booked today.

    Raises:
        AlreadyDone: the sheet was counted before.
        InvalidField: the count is dated before the sheet was opened, or a line is invalid.
        NotFound: the sheet is unknown.
        Contradicted: more goods are missing than the books contain, even today.
    """
    sheet = journal.books.latest_row(CountSheet, sheet=command.sheet)
    opened = sheet_moment(journal.books, command.sheet)
    if sheet is None or opened is None:
        raise unknown_code_error(
            Sentence("unknown count sheet {sheet}; open one first", sheet=command.sheet), ""
        )
    if journal.books.latest_row(CountedLine, sheet=command.sheet) is not None:
        raise AlreadyDone(
            Sentence("count sheet {sheet} was counted already; open another", sheet=command.sheet)
        )
    began = journal.books.body(opened.seq).happened_on
    if journal.happened_on < began:
        raise InvalidField.at(
            "/happened_on",
            Sentence(
                "{happened_on} is before the sheet was opened ({began})",
                happened_on=journal.happened_on,
                began=began,
            ),
        )
    _check_lines(journal, command)
    draft = journal.entry(COUNTED, document=command.sheet)
    missing = _book_differences(journal, draft, command, sheet.location, opened)
    if missing and draft.booked_on < journal.today:
        today = journal.entry(COUNTED, document=command.sheet, day=journal.today)
        missing = _book_shortages(journal, today, sheet.location, missing)
    if missing:
        names = ((journal.books.item(line.item).name, rest) for line, rest in missing)
        unborne = (
            f"{rest} × {name} more {'is' if rest == 1 else 'are'} missing than the books still "
            "contain"
            for name, rest in names
        )
        raise Contradicted("counted_less", f"{'; '.join(unborne)} in {sheet.location}")


def book_contradicted_count(command: CountStock, journal: Journal) -> None:
    """Book a stock count whose shortage is larger than the quantity in the books.

    The shortage is booked only up to the quantity in the books. If another count of the same count
    sheet has been recorded in the meantime, nothing is booked.
    """
    sheet = journal.books.latest_row(CountSheet, sheet=command.sheet)
    opened = sheet_moment(journal.books, command.sheet)
    assert sheet is not None, f"{command.sheet} was never opened"
    assert opened is not None, f"{command.sheet} has no entry"
    draft = journal.entry(RESOLVED, document=command.sheet)
    if journal.books.latest_row(CountedLine, sheet=command.sheet) is None:
        _book_differences(journal, draft, command, sheet.location, opened)


def _book_differences(
    journal: Journal, draft: Draft, command: CountStock, location: str, opened: Moment
) -> list[tuple[CountLine, int]]:
    """Book the difference of each line of a count.

    Return the lines with a shortage that exceeds the books, each with the quantity that could not
    be booked.
    """
    expected = stock_at(journal.books, location, opened)
    missing: list[tuple[CountLine, int]] = []
    for index, line in enumerate(command.lines):
        there = expected[line.item]
        in_books = sum(there.values()) if line.lot is None else there[line.lot]
        draft.add_rows(
            CountedLine(
                sheet=command.sheet,
                line=index + 1,
                item=line.item,
                lot=line.lot or "",
                expected=in_books,
                counted=line.counted,
            )
        )
        if line.counted > in_books:
            _surplus(journal, draft, location, line, index, line.counted - in_books)
        elif line.counted < in_books:
            missing.append((line, in_books - line.counted))
    return _book_shortages(journal, draft, location, missing)


def _book_shortages(
    journal: Journal, draft: Draft, location: str, missing: list[tuple[CountLine, int]]
) -> list[tuple[CountLine, int]]:
    """Book goods that a count did not find as unexplained, on the day of the drafted entry.

    Return the lines for which the books contain too little on that day, each with the quantity that
    could not be booked.
    """
    touched: dict[str, None] = {}
    rest = [
        (line, _shortage(journal, draft, location, line, quantity, touched))
        for line, quantity in missing
    ]
    for allocation in touched:
        restore_needs(journal, draft, allocation)
    return [(line, quantity) for line, quantity in rest if quantity]


def _check_lines(journal: Journal, command: CountStock) -> None:
    """Check the lines of a count.

    Raises:
        InvalidField: an item or lot is unknown or counted twice, or a line names a batch or expiry
            besides a lot.
    """
    counted: dict[str, set[str | None]] = defaultdict(set)
    for index, line in enumerate(command.lines):
        pointer = f"/lines/{index}"
        item = journal.books.item(line.item, f"{pointer}/item")
        if line.lot is not None:
            journal.lot(line.lot, line.item, f"{pointer}/lot")
            for value, field, what in (
                (line.batch, "batch", Sentence("a batch")),
                (line.expires_on, expiry_field(line), Sentence("an expiry")),
            ):
                if value is not None:
                    raise InvalidField.at(
                        f"{pointer}/{field}",
                        Sentence(
                            "lot {lot} has {what} already; leave it out", lot=line.lot, what=what
                        ),
                    )
        before = counted[line.item]
        if line.lot in before or None in before or (line.lot is None and before):
            raise InvalidField.at(
                f"{pointer}/item", Sentence("{item} is counted twice in this sheet", item=item.name)
            )
        before.add(line.lot)


def _surplus(
    journal: Journal, draft: Draft, location: str, line: CountLine, index: int, quantity: int
) -> None:
    """Book the surplus of a line: unexplained → stock.

    The goods go to the lot that the line names. If the line names no lot, they go first to lots for
    which earlier counts found too little, up to the quantity missing from each. The rest becomes a
    new lot of unknown origin, with the batch and expiry of the line.
    """
    source, shelf, pointer = UNEXPLAINED(location), STOCK(location), f"/lines/{index}"
    missed = [(line.lot, quantity)] if line.lot else _missed(journal, source, line)
    for lot, missing in missed:
        part = min(quantity, missing)
        journal.move(draft, source, shelf, line.item, lot, part, pointer)
        quantity -= part
    if quantity:
        lot = f"l_{journal.books.station_code}_{draft.seq}_{index + 1}"
        draft.add_rows(
            Lot(
                lot=lot,
                item=line.item,
                origin=source,
                batch=line.batch,
                expires_on=line.expires_on,
                expires_month=line.expires_month,
            )
        )
        journal.move(draft, source, shelf, line.item, lot, quantity, pointer)


def _missed(journal: Journal, unexplained: str, line: CountLine) -> list[tuple[str, int]]:
    """Return the lots of a line's item for which earlier counts found too little, newest first.

    Each lot comes with the missing quantity. If the line has a batch or an expiry, the lot must
    have the same.
    """
    found = []
    for lot, missing in lots_missed(journal, unexplained, line.item):
        described = journal.lot(lot, line.item)
        same_batch = line.batch in (None, described.batch)
        if same_batch and line.expires_on in (None, described.expires_on):
            found.append((lot, missing))
    return found


def lots_missed(journal: Journal, unexplained: str, item: str) -> list[tuple[str, int]]:
    """Return the lots of an item for which earlier counts found too little, newest first.

    Each lot comes with the missing quantity.

    Args:
        unexplained: The account with the unexplained goods of the location.
    """
    found = [
        (lot, missing)
        for (_, _, lot), missing in journal.nonzero_balances(unexplained, item).items()
        if missing > 0
    ]
    return sorted(found, key=lambda one: int(one[0].rsplit("_", 2)[1]), reverse=True)


def _shortage(
    journal: Journal,
    draft: Draft,
    location: str,
    line: CountLine,
    quantity: int,
    touched: dict[str, None],
) -> int:
    """Book missing goods of a line as unexplained: unallocated goods first, then allocated ones.

    Return the quantity that could not be booked.

    Args:
        touched: Receives the allocations from which goods were taken, as keys.
    """
    shelf = STOCK(location)
    if line.lot is None:
        lots = [lot for _, _, lot in journal.nonzero_balances(shelf, line.item)]
    else:
        lots = [line.lot]
    for account, lot in chain(
        ((shelf, lot) for lot in lots), _allocations(journal, location, line)
    ):
        if not quantity:
            break
        there = journal.available(account, line.item, lot, since=draft.booked_on)
        part = min(quantity, max(0, there))
        journal.move(draft, account, UNEXPLAINED(location), line.item, lot, part)
        if part and account.startswith(ALLOCATED.prefix):
            touched[keys_of(account)[0]] = None
        quantity -= part
    return quantity


def _allocations(journal: Journal, location: str, line: CountLine) -> Iterator[tuple[str, str]]:
    """Yield allocations of an item at a location, in the order in which they lose goods.

    Goods for no need come first, then goods for the least urgent needs. Of equally urgent needs,
    the newest comes first.
    """
    found = []
    for account, item, lot in journal.nonzero_balances(ALLOCATED.prefix, line.item):
        allocation, place = keys_of(account)
        if place == location and line.lot in (None, lot):
            need = journal.needs_served(allocation).get((item, lot))
            rank = (3, 0) if need is None else most_urgent_first(find_need(journal.books, need))
            found.append((rank, account, lot))
    for _, account, lot in sorted(found, reverse=True):
        yield account, lot
