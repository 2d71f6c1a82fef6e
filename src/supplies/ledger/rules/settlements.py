"""Settlements: book the cause of unexplained goods when it becomes known."""

from __future__ import annotations

from supplies.books.reader import unknown_code_error
from supplies.domain.accounts import LOST, ORIGINS, UNEXPLAINED
from supplies.domain.commands import Settle
from supplies.errors import InvalidField, Sentence
from supplies.ledger.journal import Journal
from supplies.ledger.rules.found_goods import check_giver, explain_lines, record_found_gift
from supplies.ledger.rules.line_transfers import move_lines
from supplies.ledger.rules.repacked_lots import check_goods_of_pledges

_NEED_PARTY = ("bought", "made", "borrowed")
"""Origins for which a command must also name the supplier, maker or lender."""


def settle(command: Settle, journal: Journal) -> None:
    """Book the cause of goods that are unexplained at a location or on a delivery.

    Missing goods: unexplained → lost. Surplus goods: their origin → unexplained.

    Raises:
        InvalidField: nothing is unexplained at this place; the supplier, maker, lender or donor is
            missing or unknown; `handled_by` is missing for a gift; or repacked goods would fulfil
            the pledge of another donor.
        NotEnough: less is unexplained than the command settles.
    """
    by_donor = command.by == "donor"
    if by_donor and journal.corrected is not None:
        raise InvalidField.at(
            "/command/by",
            Sentence("a gift is a donation with a receipt: reverse this entry and settle anew"),
        )
    if by_donor:
        check_giver(command, journal)
    elif command.party is None and command.by in _NEED_PARTY:
        raise InvalidField.at(
            "/party", Sentence("give the code of the party: {origin} needs one", origin=command.by)
        )
    unexplained = UNEXPLAINED(command.place)
    if not journal.nonzero_balances(unexplained):
        raise unknown_code_error(
            Sentence("nothing is unexplained in {place}", place=command.place), "/place"
        )
    if by_donor:
        record_found_gift(command, journal)
        check_goods_of_pledges(journal, "/party")
        return
    draft = journal.entry("settled", prefix="s")
    if command.by == "lost":
        move_lines(journal, draft, command.lines, unexplained, LOST("missing"), expired="freely")
        return
    party = command.party or command.place
    explain_lines(journal, draft, command, ORIGINS[command.by](party))
    if journal.corrected is None:
        check_goods_of_pledges(journal, "/party")
