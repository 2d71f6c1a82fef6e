"""Repack goods: consume lots and produce new lots, often of other items."""

from __future__ import annotations

import msgspec

from supplies.domain.accounts import CONVERTED, DONOR, LOST, STOCK
from supplies.domain.commands import Convert, ConvertedLine, DonationLine
from supplies.domain.entry_rows import Lot, LotParent, ProductPledge
from supplies.errors import InvalidField, Sentence
from supplies.ledger.corrected_command import CreatedLot
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.lot_selection import by_pointer
from supplies.ledger.rules.allocations import is_closed_to_arrivals
from supplies.ledger.rules.correction_lots import matching_lots
from supplies.ledger.rules.earmarks import EarmarkedShare, allocate_shares, earmarked_shares
from supplies.ledger.rules.expired_goods import Destination
from supplies.ledger.rules.line_transfers import take_lines
from supplies.ledger.rules.pledge_fulfilment import DonatedGoods, fulfil_pledge
from supplies.ledger.rules.pledges import find_pledge
from supplies.ledger.rules.product_expiries import (
    describe_products,
    expiry_of_consumed,
    line_with_expiry,
    record_statement,
)
from supplies.ledger.rules.repacked_lots import consumed_lots, givers_of, recorded_parents

SPILLED = "spilled"
"""The reason for writing off goods that were spilled during repacking."""


MAX_PARENT_ROWS = 10_000
"""Maximum number of rows about parents that one conversion may store.

Every product has all consumed and spilled lots as its parents. So the number of rows is the number
of these lots × the number of products.
"""


def convert(command: Convert, journal: Journal) -> None:
    """Repack goods: stock → converted → stock. Spilled goods: stock → lost.

    Each product is a new lot whose parents are the consumed and spilled lots. A product may fulfil
    a pledge of the donor of the consumed goods. If needs have claims on the pledge, goods are then
    set aside for these needs, as when goods arrive.

    Raises:
        InvalidField: a code is unknown; a product would expire later than the consumed goods
            without a reason; a pledge is not by the donor of the consumed goods; or there are too
            many lots and products (see `MAX_PARENT_ROWS`).
        NotEnough: less than requested is unallocated.
    """
    place = journal.books.location(command.location, "/location")
    closed = is_closed_to_arrivals(journal, place)
    draft = journal.entry("goods_converted", prefix="k")
    conversion, stock = CONVERTED(str(draft.document)), STOCK(command.location)
    consumed = by_pointer(command.consumed, "consumed")
    spilled = by_pointer(command.spilled, "spilled")
    targets = dict.fromkeys(consumed, conversion) | dict.fromkeys(spilled, LOST(SPILLED))
    take_lines(journal, draft, consumed | spilled, targets, stock, "if_named")
    parents = sorted({move.transfer.lot for move in draft.moves})
    if len(parents) * len(command.produced) > MAX_PARENT_ROWS:
        raise InvalidField.at(
            "/produced",
            Sentence(
                "{count} products made of {count_2} lots are too many for one conversion; "
                "convert the goods in smaller parts",
                count=len(command.produced),
                count_2=len(parents),
            ),
        )
    first = expiry_of_consumed(journal, conversion)
    produced = [
        line_with_expiry(journal, line, first, f"/produced/{index}")
        for index, line in enumerate(command.produced)
    ]
    lots = matching_lots(
        journal,
        [
            CreatedLot("", number, line.item, line.batch, line.expires_on, quantity=0)
            for number, (line, _) in enumerate(produced, 1)
        ],
    )
    shares: list[EarmarkedShare] = []
    for index, (line, stated) in enumerate(produced):
        lot = _produce_line(journal, draft, line, index, stock, lots.get(index + 1), parents)
        stated = msgspec.structs.replace(stated, lot=lot)
        if lot in lots.values():
            record_statement(journal, draft, stated)
        else:
            draft.add_rows(stated)
        if line.pledge is not None:
            expired = line.expires_on is not None and line.expires_on < journal.happened_on
            to = Destination(command.location, None, not (closed or expired))
            shares += _keep_pledge(journal, draft, line, lot, to, conversion, f"/produced/{index}")
    describe_products(journal, draft, lots.values())
    allocate_shares(journal, draft, command.location, shares)


def _keep_pledge(
    journal: Journal,
    draft: Draft,
    line: ConvertedLine,
    lot: str,
    to: Destination,
    conversion: str,
    pointer: str,
) -> list[EarmarkedShare]:
    """Count a product towards the pledge that its line names.

    Return the parts of the product that are set aside for needs with claims on the pledge.
    """
    donor = find_pledge(journal.books, str(line.pledge), f"{pointer}/pledge").donor
    givers = givers_of(journal, consumed_lots(journal, conversion))
    if givers != {DONOR(donor)}:
        raise InvalidField.at(
            f"{pointer}/pledge",
            Sentence(
                "pledge {pledge} was made by donor {donor}, but the goods came from {list}",
                pledge=line.pledge,
                donor=donor,
                list=", ".join(sorted(givers)),
            ),
        )
    quantity = journal.base_units(line, pointer)
    goods = DonationLine(item=line.item, quantity=quantity, pledge=line.pledge)
    made = DonatedGoods(donor, goods, lot, quantity, to, pointer)
    on_pledge, for_needs = fulfil_pledge(journal, draft, made)
    draft.add_rows(
        ProductPledge(
            lot=lot,
            item=line.item,
            pledge=str(line.pledge),
            quantity=quantity,
            on_pledge=on_pledge,
        )
    )
    return earmarked_shares(journal, draft, goods, lot, quantity, for_needs, pointer)


def _produce_line(
    journal: Journal,
    draft: Draft,
    line: ConvertedLine,
    index: int,
    stock: str,
    kept_lot: str | None,
    parents: list[str],
) -> str:
    """Draft the lot of a product and its transfer into stock. Return the lot's id.

    Args:
        index: Index of the line in `produced`, from 0.
        stock: The account in which the product arrives.
        kept_lot: The lot that a correction keeps for the product; None for a new lot.
        parents: The lots from which the product was made.
    """
    pointer = f"/produced/{index}"
    quantity = journal.base_units(line, pointer)
    lot = Lot(
        lot=kept_lot or f"l_{journal.books.station_code}_{draft.seq}_{index + 1}",
        item=line.item,
        origin=CONVERTED(str(draft.document)),
        batch=line.batch,
        expires_on=line.expires_on,
        expires_month=line.expires_month,
    )
    draft.add_rows(lot)
    # The latest recorded parents count, so a correction records parents only if they changed.
    if kept_lot is None or parents != recorded_parents(journal, kept_lot):
        draft.add_rows(*(LotParent(lot=lot.lot, parent=parent) for parent in parents))
    journal.move(draft, lot.origin, stock, line.item, lot.lot, quantity, pointer)
    return lot.lot
