"""Compute the transfers of a command: for each line, how much of which lot moves where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from supplies.domain.accounts import STOCK, kind_of
from supplies.domain.commands import LotLine
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.lot_selection import by_pointer, lots_first, pick_lots

Expired = Literal["if_allowed", "if_named", "freely"]
"""Which expired lots may be taken for a line.

With "if_allowed", the line must set `allow_expired`. With "if_named", it must set `allow_expired`
or name the lot. With "freely", all expired lots may be taken.
"""


Target = str | Callable[[str, str, str], str]
"""The account to which goods of a line go.

It may also be a function of item, lot and JSON pointer that returns this account.
"""


def move_lines(
    journal: Journal,
    draft: Draft,
    lines: Sequence[LotLine],
    source: str,
    target: Target,
    *,
    expired: Expired,
) -> None:
    """Draft transfers that move the goods of all lines from `source` to `target`, lot by lot.

    Raises:
        NotEnough: less than requested is available.
        InvalidField: an item, pack or lot is unknown.
    """
    pointed = by_pointer(lines)
    take_lines(journal, draft, pointed, dict.fromkeys(pointed, target), source, expired)


def take_lines(
    journal: Journal,
    draft: Draft,
    lines: Mapping[str, LotLine],
    targets: Mapping[str, Target],
    source: str,
    expired: Expired,
) -> None:
    """Draft transfers that move the goods of each line from `source` to the target of this line.

    Args:
        lines: The lines by their JSON pointers.
        targets: The account to which the goods of each line go, by the same pointers.

    Raises:
        NotEnough: less than requested is available.
        InvalidField: an item, pack or lot is unknown.
    """
    for pointer, line in lots_first(lines):
        target = targets[pointer]
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
