"""Recall a batch: find its lots, where the goods are, and who received them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date

import msgspec

from supplies.books.merged_codes import code_that_stays
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.books.related_lots import lots_of_batch
from supplies.domain.accounts import (
    ALLOCATED,
    CONVERTED,
    IN_TRANSIT,
    RECEIVED,
    STOCK,
    is_origin,
    keys_of,
    kind_of,
)
from supplies.domain.catalogue_records import Location, Recipient
from supplies.domain.entry_rows import Lot
from supplies.errors import NotFound, Sentence
from supplies.views.pagination import View
from supplies.views.shared_queries import read_lots


class RecalledLot(View, frozen=True, kw_only=True):
    """A lot from the recalled batch, or a lot that was repacked from it.

    Attributes:
        origin: The account from which the lot came, such as `donor:D-01`.
        expires_month: The month of expiry, such as 2027-05, if only a month is known; otherwise
            absent.
    """

    lot: str
    item: str
    name: str
    unit: str
    batch: str | None
    expires_on: date | None
    origin: str
    expires_month: str | msgspec.UnsetType = msgspec.UNSET


class RecalledGoods(View, frozen=True, kw_only=True):
    """Goods of one recalled lot in one account, in base units.

    Attributes:
        place: The kind of account, such as `stock`, `allocated`, `in_transit`, `received` or
            `lost`.
        location: The location of the goods; None if they are not in stock.
        quarantine: Whether `location` is a quarantine.
        allocation: The allocation for which the goods are set aside or in transit; otherwise None.
        delivery: The delivery with which the goods are in transit; otherwise None.
        recipient: The recipient who received the goods, or for whom they are set aside or in
            transit; otherwise None.
    """

    account: str
    place: str
    item: str
    lot: str
    quantity: int
    location: str | None = None
    quarantine: bool = False
    allocation: str | None = None
    delivery: str | None = None
    recipient: str | None = None


class RecallTotals(View, frozen=True, kw_only=True):
    """The recalled goods of one item, by where they are, in base units.

    Attributes:
        free: In stock, outside of a quarantine.
        other: Used, lost, lent, sent to other stations, or given back.
    """

    item: str
    name: str
    unit: str
    free: int
    quarantined: int
    allocated: int
    in_transit: int
    received: int
    other: int


class ReachedRecipient(View, frozen=True, kw_only=True):
    """A recipient who has recalled goods of one item, in base units.

    Attributes:
        name: None if it was erased.
    """

    recipient: str
    name: str | None
    phone: str | None
    address: str | None
    community: str | None
    item: str
    quantity: int


class Recall(View, frozen=True, kw_only=True):
    """A recalled batch: its lots, where the goods are now, and who received them.

    Attributes:
        goods: The goods by lot and account.
        totals: The totals by item. If goods were repacked, there are several items.
        reached: The recipients who have recalled goods, by recipient and item.
    """

    item: str
    batch: str
    as_of_seq: int
    lots: list[RecalledLot]
    totals: list[RecallTotals]
    goods: list[RecalledGoods]
    reached: list[ReachedRecipient]


def build_recall(books: Books, item: str, batch: str) -> Recall:
    """Return where the goods of a batch are, including goods that were repacked from it.

    Raises:
        NotFound: the item is unknown, or no lot of the item has this batch.
    """
    found = books.item(item)
    lots = lots_of_batch(books, item, batch)
    if not lots:
        raise NotFound(
            Sentence(
                "no lot of {item} has the batch {batch}; see the lots in the stock",
                item=found.name,
                batch=batch,
            )
        )
    goods = _goods(books, lots)
    described = read_lots(books, lots)
    return Recall(
        item=item,
        batch=batch,
        as_of_seq=books.last_entry().seq,
        lots=[_lot(books, described[name]) for name in sorted(described)],
        totals=_totals(books, goods, sorted({lot.item for lot in described.values()})),
        goods=goods,
        reached=_reached(books, goods),
    )


def _lot(books: Books, lot: Lot) -> RecalledLot:
    item = books.item(lot.item)
    return RecalledLot(
        lot=lot.lot,
        item=lot.item,
        name=item.name,
        unit=item.unit,
        batch=lot.batch,
        expires_on=lot.expires_on,
        origin=lot.origin,
        expires_month=lot.expires_month or msgspec.UNSET,
    )


def _goods(books: Books, lots: Iterable[str]) -> list[RecalledGoods]:
    """Return the quantity of these lots in each account where goods are now.

    Accounts from which goods enter the books, such as those of donors, are left out.
    """
    rows = query_ids(
        books,
        sorted(lots),
        "SELECT b.lot, b.item, b.account, b.quantity FROM wanted w CROSS JOIN balances b "
        "WHERE b.station = :station AND b.lot = w.id AND b.lot <> '' AND b.quantity > 0 "
        "ORDER BY b.lot, b.account",
    )
    on_hand = [
        row for row in rows if kind_of(row[2]) is not CONVERTED and not is_origin(kind_of(row[2]))
    ]
    recipients = _recipients(books, [account for _, _, account, _ in on_hand])
    quarantines = {
        code
        for (code,) in books.all(
            f"SELECT code FROM {Location.table} WHERE station = :station AND quarantine = 1"
        )
    }
    goods = []
    for lot, item, account, quantity in on_hand:
        kind = kind_of(account)
        keys = dict(zip(kind.keys, keys_of(account), strict=False))
        location = keys.get("location") if kind in (STOCK, ALLOCATED) else None
        allocation = keys.get("allocation")
        goods.append(
            RecalledGoods(
                account=account,
                place=kind.name,
                item=item,
                lot=lot,
                quantity=quantity,
                location=location,
                quarantine=location in quarantines,
                allocation=allocation,
                delivery=keys.get("delivery"),
                recipient=keys.get("recipient") or recipients.get(allocation or ""),
            )
        )
    return goods


def _recipients(books: Books, accounts: Iterable[str]) -> dict[str, str]:
    """Return, by allocation, the recipients for whom goods are set aside or in transit."""
    allocations = [
        keys_of(account)[kind_of(account).keys.index("allocation")]
        for account in accounts
        if kind_of(account) in (ALLOCATED, IN_TRANSIT)
    ]
    rows = query_ids(
        books,
        allocations,
        "SELECT a.allocation, a.recipient FROM wanted w CROSS JOIN allocations a "
        "WHERE a.station = :station AND a.allocation = w.id",
    )
    found: dict[str, str] = dict(rows)
    return found


def _totals(books: Books, goods: list[RecalledGoods], items: list[str]) -> list[RecallTotals]:
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in goods:
        if one.place == STOCK.name:
            column = "quarantined" if one.quarantine else "free"
        elif one.place in (ALLOCATED.name, IN_TRANSIT.name, RECEIVED.name):
            column = one.place
        else:
            column = "other"
        sums[one.item][column] += one.quantity
    return [
        RecallTotals(
            item=code,
            name=books.item(code).name,
            unit=books.item(code).unit,
            free=sums[code]["free"],
            quarantined=sums[code]["quarantined"],
            allocated=sums[code]["allocated"],
            in_transit=sums[code]["in_transit"],
            received=sums[code]["received"],
            other=sums[code]["other"],
        )
        for code in items
    ]


def _reached(books: Books, goods: list[RecalledGoods]) -> list[ReachedRecipient]:
    sums: Counter[tuple[str, str]] = Counter()
    for one in goods:
        if one.place == RECEIVED.name and one.recipient is not None:
            code = code_that_stays(books, "recipient", one.recipient)
            sums[code, one.item] += one.quantity
    reached = []
    for (code, item), quantity in sorted(sums.items()):
        person = books.catalogue.get(Recipient, code)
        assert person is not None, "goods are handed over to registered recipients"
        reached.append(
            ReachedRecipient(
                recipient=code,
                name=person.name,
                phone=person.phone,
                address=person.address,
                community=person.community,
                item=item,
                quantity=quantity,
            )
        )
    return reached
