"""Turn a recorded donation back into the command that would record it, for correction forms."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED, LOST, STOCK, keys_of
from supplies.domain.commands import DonationLine, RecordDonation
from supplies.domain.entry_rows import Allocation, AllocationLine
from supplies.domain.money import Value
from supplies.views.donations import DOCUMENT_TYPE, DonationView, ValueView, get_donation
from supplies.views.pagination import PackedView
from supplies.views.shared_queries import read_latest

ERASED = "–"
"""The text that replaces a required text which was erased."""

_SHELVES = (STOCK.prefix, ALLOCATED.prefix)


def stated_donation(books: Books, name: str) -> RecordDonation:
    """Return the command that would record a donation as it is after all corrections.

    Optional texts that were erased are None. Required texts that were erased are "–".

    Raises:
        NotFound: the donation does not exist.
    """
    view = get_donation(books, name)
    destinations = _destinations(books, view)
    needs = _needs_served(books, view)
    lines = []
    for line in view.lines:
        quarantine, write_off = destinations.get(line.lot, (None, None))
        lines.append(
            DonationLine(
                item=line.item,
                quantity=line.stated.quantity if line.stated else line.quantity,
                pack=line.stated.pack if line.stated else None,
                pack_size=unusual_size(books, line.item, line.stated or None),
                pledge=line.pledge,
                recipient=line.recipient,
                need=needs.get(line.lot),
                batch=line.batch,
                expires_on=line.expires_on,
                expires_month=line.expires_month or None,
                value=_stated_value(line.value),
                quarantine=quarantine,
                write_off=write_off,
            )
        )
    return RecordDonation(
        donor=view.donor,
        location=view.location,
        handled_by=view.handled_by or ERASED,
        lines=lines,
        wish=view.wish,
        checked_by=view.checked_by,
        agreement=view.agreement,
        fiscal_ticket=view.fiscal_ticket,
        note=view.note,
        keep_pledges=any(line.on_pledge and line.pledge is None for line in view.lines),
        happened_on=view.happened_on,
        or_earlier=bool(view.or_earlier),
        campaign=view.campaign or None,
    )


def _stated_value(value: ValueView | None) -> Value | None:
    if value is None:
        return None
    return Value(minor=value.minor, currency=value.currency, evidence=value.evidence or ERASED)


def unusual_size(books: Books, item: str, stated: PackedView | None) -> int | None:
    """Return the pack size with which a quantity was stated, if it is not the registered size.

    Return None if it is the registered size, or if the quantity was stated in base units.
    """
    if stated is None or books.item(item).packs.get(stated.pack) == stated.size:
        return None
    return stated.size


def _destinations(books: Books, view: DonationView) -> dict[str, tuple[str | None, str | None]]:
    rows = books.all(
        "SELECT t.lot, t.source, t.target, t.quantity FROM entries e CROSS JOIN transfers t "
        "WHERE e.station = :station AND e.document = :name AND e.kind = :kind "
        "AND t.station = e.station AND t.seq = e.seq AND t.lot <> ''",
        name=view.id,
        kind=DOCUMENT_TYPE.kind,
    )
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for lot, source, target, quantity in rows:
        moved[lot][source] -= quantity
        moved[lot][target] += quantity
    return {lot: destination(changes, view.location) for lot, changes in moved.items()}


def destination(changes: Mapping[str, int], location: str) -> tuple[str | None, str | None]:
    """Return the quarantine to which a lot went on arrival, and the reason why it was written off.

    The first is None if nothing went to a quarantine; the second if nothing was written off.

    Args:
        changes: The net change of each account by the arrival of the lot.
        location: The location in the command, to which all other goods went.
    """
    places = [account for account, change in changes.items() if change > 0]
    shelves = [keys_of(one)[-1] for one in places if one.startswith(_SHELVES)]
    lost = [keys_of(one)[0] for one in places if one.startswith(LOST.prefix)]
    elsewhere = [place for place in shelves if place != location]
    return elsewhere[0] if elsewhere else None, lost[0] if lost else None


def _needs_served(books: Books, view: DonationView) -> dict[str, str]:
    """Return the needs for which goods of a donation were set aside on arrival, by lot.

    Only lines for which the donor named a recipient are included.
    """
    wished = {line.lot for line in view.lines if line.recipient is not None}
    served: dict[str, set[str]] = defaultdict(set)
    for lines in read_latest(
        books, AllocationLine, "allocation", view.allocations, decided_by=Allocation
    ).values():
        for line in lines:
            if line.need is not None and line.lot in wished:
                served[line.lot].add(line.need)
    return {lot: needs.pop() for lot, needs in served.items() if len(needs) == 1}
