"""Move goods to another location of the station, or a whole batch to a quarantine."""

from __future__ import annotations

from supplies.books.related_lots import lots_of_batch
from supplies.domain.accounts import STOCK, keys_of
from supplies.domain.commands import Move, QuarantineBatch
from supplies.errors import AlreadyDone, InvalidField, Sentence
from supplies.ledger.journal import Journal
from supplies.ledger.rules.line_transfers import move_lines


def move_stock(command: Move, journal: Journal) -> None:
    """Move goods from one location of the station to another: stock → stock.

    Expired goods can be moved to a quarantine without `allow_expired`.

    Raises:
        InvalidField: a code is unknown, or both locations are the same.
        NotEnough: less than requested is unallocated.
    """
    journal.books.location(command.source, "/from")
    target = journal.books.location(command.target, "/to")
    if command.source == command.target:
        raise InvalidField.at(
            "/to", Sentence("the goods are in {location} already", location=command.target)
        )
    draft = journal.entry("goods_moved", prefix="m")
    move_lines(
        journal,
        draft,
        command.lines,
        STOCK(command.source),
        STOCK(command.target),
        expired="freely" if target.quarantine else "if_named",
    )


def quarantine_batch(command: QuarantineBatch, journal: Journal) -> None:
    """Move all unallocated goods of a batch to a quarantine location, in one entry.

    Raises:
        InvalidField: a code or the batch is unknown, or the location is not a quarantine.
        AlreadyDone: no unallocated goods of the batch are outside of a quarantine.
    """
    books = journal.books
    item = books.item(command.item, "/item")
    if not books.location(command.target, "/to").quarantine:
        raise InvalidField.at(
            "/to",
            Sentence(
                "{target} is not a quarantine; name a location that is marked as one",
                target=command.target,
            ),
        )
    draft = journal.entry("goods_moved", prefix="m")
    lots = lots_of_batch(books, item.code, command.batch)
    if not lots:
        raise InvalidField.at(
            "/batch",
            Sentence("no lot of {item} has the batch {batch}", item=item.name, batch=command.batch),
        )
    for lot in sorted(lots):
        for (account, lot_item, _), quantity in sorted(books.balances_of_lot(STOCK, lot).items()):
            if books.location(keys_of(account)[0]).quarantine:
                continue
            free = min(quantity, journal.available(account, lot_item, lot, leaving=True))
            journal.move(draft, account, STOCK(command.target), lot_item, lot, max(0, free))
    if not draft.moves:
        raise AlreadyDone(
            Sentence(
                "nothing of batch {batch} of {item} is free outside of a quarantine",
                batch=command.batch,
                item=item.name,
            )
        )
