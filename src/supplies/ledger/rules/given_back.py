"""Give goods back to the donor who gave them, or to the lender who lent them."""

from __future__ import annotations

from supplies.domain.accounts import (
    ANONYMOUS,
    BORROWED,
    CONVERTED,
    DONOR,
    RETURNED,
    STOCK,
    keys_of,
    kind_of,
)
from supplies.domain.commands import ReturnGoods
from supplies.errors import InvalidField, Sentence
from supplies.ledger.journal import Journal
from supplies.ledger.rules.line_transfers import move_lines
from supplies.ledger.rules.repacked_lots import givers_of


def return_goods(command: ReturnGoods, journal: Journal) -> None:
    """Give goods back to the donor who gave them, or to the lender who lent them.

    Goods of a donor move from stock to `returned`, and goods of a lender from stock to `borrowed`.
    The origin of each lot shows to whom its goods are given back.

    Raises:
        InvalidField: a code is unknown, or a lot has neither a known donor nor a lender.
        NotEnough: less than requested is unallocated.
    """
    journal.books.location(command.location, "/location")
    draft = journal.entry("goods_returned", prefix="r")

    def giver_account(item: str, lot: str, pointer: str) -> str:
        origin = journal.lot(lot, item, pointer).origin
        donors = [donor for donor, _ in journal.books.donors_of_lot(lot, item)]
        if kind_of(origin) is CONVERTED:
            # Repacked goods can be given back only if all goods in them came from one donor.
            givers = givers_of(journal, [lot])
            only = next(iter(givers)) if len(givers) == 1 else origin
            donors = [keys_of(only)[0]] if kind_of(only) is DONOR else []
        for donor in donors:
            if donor != ANONYMOUS:
                draft.about = draft.about or f"donor:{donor}"
                return RETURNED(donor)
        if kind_of(origin) is BORROWED:
            return origin
        raise InvalidField.at(
            f"{pointer}/lot",
            Sentence(
                "lot {lot} came from {origin}, to which goods cannot be returned; name a lot "
                "that was given by a known donor or lent by a lender",
                lot=lot,
                origin=origin,
            ),
        )

    move_lines(
        journal, draft, command.lines, STOCK(command.location), giver_account, expired="if_named"
    )
