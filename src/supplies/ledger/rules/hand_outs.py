"""Hand goods out to a recipient without a delivery, and take goods back from a recipient."""

from __future__ import annotations

from collections import Counter

from supplies.domain.accounts import RECEIVED, STOCK
from supplies.domain.commands import HandOut, RecipientLine, TakeBack
from supplies.domain.entry_rows import HandOutTo, Need
from supplies.errors import InvalidField, Sentence
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.allocations import check_open_location
from supplies.ledger.rules.line_transfers import move_lines
from supplies.ledger.rules.need_fulfilment import (
    meet_need,
    meet_needs,
    need_for,
    reopen_need,
    reopen_needs,
)


def take_back(command: TakeBack, journal: Journal) -> None:
    """Take goods back from a recipient: received → stock.

    If a line names a need, this need is reopened. For the other lines, goods that met no need are
    assumed to come back first, and needs are reopened only for the rest.

    Raises:
        InvalidField: a code is unknown, or a need is not for this recipient and item.
        NotEnough: the recipient received less than the command takes back.
    """
    journal.books.recipient(command.recipient, "/recipient")
    journal.books.location(command.location, "/location")
    draft = journal.entry("taken_back", prefix="t", about=f"recipient:{command.recipient}")
    move_lines(
        journal,
        draft,
        command.lines,
        RECEIVED(command.recipient),
        STOCK(command.location),
        expired="freely",
    )
    for _, quantity, need in _named_needs_first(journal, command):
        if need is not None:
            reopen_need(journal, draft, need, quantity)
    for item in dict.fromkeys(line.item for line in command.lines):
        reopen_needs(journal, draft, command.recipient, item)


def hand_out(command: HandOut, journal: Journal) -> None:
    """Hand out unallocated goods to a recipient: stock → received.

    The goods meet open needs of the recipient.

    Raises:
        InvalidField: a code is unknown, or a headcount is given for a recipient that is not a
            group.
        NotEnough: less than requested is unallocated.
    """
    recipient = journal.books.recipient(command.recipient, "/recipient")
    check_open_location(journal, command.location)
    was_group = journal.corrected is not None and any(
        row.recipient == command.recipient and row.headcount is not None
        for row in journal.books.rows(HandOutTo, hand_out=journal.corrected.document)
    )
    if command.headcount is not None and recipient.kind != "group" and not was_group:
        raise InvalidField.at(
            "/headcount",
            Sentence(
                "recipient {recipient} is not a group but one {kind}; leave the headcount out",
                recipient=command.recipient,
                kind=Sentence(recipient.kind),
            ),
        )
    draft = draft_hand_out(journal, command, "handed_out")
    move_lines(
        journal,
        draft,
        command.lines,
        STOCK(command.location),
        RECEIVED(command.recipient),
        expired="if_allowed",
    )
    meet_needs_of_lines(journal, draft, command)


def draft_hand_out(journal: Journal, command: HandOut, kind: str) -> Draft:
    """Begin the entry of a hand-out, without transfers yet."""
    draft = journal.entry(kind, prefix="h", about=f"recipient:{command.recipient}")
    draft.add_rows(
        HandOutTo(
            hand_out=str(draft.document),
            recipient=command.recipient,
            location=command.location,
            headcount=command.headcount,
        )
    )
    return draft


def meet_needs_of_lines(journal: Journal, draft: Draft, command: HandOut) -> None:
    """Meet needs of the recipient with the goods of each line.

    Lines of the same item that name no need meet needs together.

    Raises:
        InvalidField: a need that a line names is not for this recipient and item.
    """
    quantities: Counter[str] = Counter()
    for line, quantity, need in _named_needs_first(journal, command):
        if need is not None:
            meet_need(journal, draft, need, quantity)
        else:
            quantities[line.item] += quantity
    for item, quantity in quantities.items():
        meet_needs(journal, draft, command.recipient, item, quantity)


def _named_needs_first(
    journal: Journal, command: HandOut | TakeBack
) -> list[tuple[RecipientLine, int, Need | None]]:
    """Return each line with its quantity in base units and the need that it names.

    The need is None if the line names none. Lines that name a need come first.
    """
    lines = []
    for index, line in enumerate(command.lines):
        need = None
        if line.need is not None:
            at = f"/lines/{index}/need"
            need = need_for(journal, line.need, at, item=line.item, recipient=command.recipient)
        lines.append((line, journal.base_units(line, f"/lines/{index}"), need))
    return sorted(lines, key=lambda each: each[2] is None)
