"""Draft the transfers of a command's lines, lot by lot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from supplies.domain.accounts import STOCK, kind_of
from supplies.domain.commands import LotLine
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.lot_selection import pick_lots

Expired = Literal["if_allowed", "if_named", "freely"]
"""Which expired lots a line may take.

"if_allowed": expired lots only if the line sets `allow_expired`. "if_named": also an expired lot
that the line names. "freely": all expired lots.
"""


LineToTake = tuple[LotLine, str, str | Callable[[str, str, str], str]]
"""A line whose goods leave an account, its JSON pointer, and the account that receives the goods.

The account can also be given as a function. Its arguments are an item, a lot and a pointer.
"""


def move_lines(
    journal: Journal,
    draft: Draft,
    lines: Sequence[LotLine],
    source: str,
    target: str | Callable[[str, str, str], str],
    *,
    expired: Expired,
) -> None:
    """Draft the transfers that move the goods of each line from one account to another, by lot.

    Args:
        target: The account that receives the goods, or a function that returns this account for an
            item, a lot and a JSON pointer.

    Raises:
        NotEnough: less than requested is available.
        InvalidField: an item, pack or lot is unknown.
    """
    taken = [(line, f"/lines/{index}", target) for index, line in enumerate(lines)]
    take_lines(journal, draft, taken, source, expired)


def take_lines(
    journal: Journal, draft: Draft, taken: Sequence[LineToTake], source: str, expired: Expired
) -> None:
    """Draft the transfers that take the goods of each line out of the account `source`, by lot.

    Lines that name a lot take their goods first, so that the other lines do not use up that lot.

    Raises:
        NotEnough: less than requested is available.
        InvalidField: an item, pack or lot is unknown.
    """
    for line, pointer, target in sorted(taken, key=lambda each: each[0].lot is None):
        quantity = journal.base_units(line, pointer)
        named = expired == "if_named" and line.lot is not None
        picked = pick_lots(
            journal,
            source,
            line.item,
            quantity,
            pointer,
            lot=line.lot,
            allow_expired=line.allow_expired or named or expired == "freely",
            leaving=kind_of(source) is STOCK,
        )
        for lot, part in picked:
            account = target if isinstance(target, str) else target(line.item, lot, pointer)
            journal.move(draft, source, account, line.item, lot, part, pointer)
