"""Record the needs of recipients, and end needs that no longer apply."""

from __future__ import annotations

from supplies.domain.accounts import ASKED, ASSIGNED, CLAIMED, ENDED, MET, NEEDED, keys_of
from supplies.domain.commands import EndNeed, NoteNeed
from supplies.domain.entry_rows import Need, NeedEnd
from supplies.errors import AlreadyDone, InvalidField, Sentence
from supplies.ledger.journal import Journal
from supplies.ledger.rules.allocations import release_goods_of_need
from supplies.ledger.rules.need_fulfilment import drop_claim, find_need


def note_need(command: NoteNeed, journal: Journal) -> None:
    """Record a need: asked → needed.

    Raises:
        InvalidField: a code is unknown, `needed_by` is before the day of the need, or a correction
            names another recipient although goods were allocated to the need.
    """
    journal.books.recipient(command.recipient, "/recipient")
    quantity = journal.base_units(command, "")
    if command.needed_by is not None and command.needed_by < journal.happened_on:
        raise InvalidField.at(
            "/needed_by",
            Sentence(
                "{needed_by} is before the need was noted ({happened_on})",
                needed_by=command.needed_by,
                happened_on=journal.happened_on,
            ),
        )
    draft = journal.entry("need_noted", prefix="n", about=f"recipient:{command.recipient}")
    need = str(draft.document)
    if journal.corrected is not None:
        _check_same_recipient(journal, need, command.recipient)
    journal.move(
        draft, ASKED(command.recipient), NEEDED(need), command.item, "", quantity, "/quantity"
    )
    draft.add_rows(
        Need(
            need=need,
            recipient=command.recipient,
            item=command.item,
            quantity=quantity,
            urgency=command.urgency,
            needed_by=command.needed_by,
        )
    )


def _check_same_recipient(journal: Journal, need: str, recipient: str) -> None:
    """Check that a correction keeps the recipient of a need for which goods are allocated.

    Raises:
        InvalidField: the correction names another recipient.
    """
    before = find_need(journal.books, need).recipient
    if recipient == before:
        return
    if journal.nonzero_balances(f"{ASSIGNED.prefix}{need}:") or journal.nonzero_balances(MET(need)):
        raise InvalidField.at(
            "/command/recipient",
            Sentence(
                "goods for need {need} were allocated to or received by recipient {before}; "
                "release or take them back first, or note a new need",
                need=need,
                before=before,
            ),
        )


def end_need(command: EndNeed, journal: Journal) -> None:
    """End a need that no longer applies: claimed → needed → ended.

    Goods that are set aside for the need stay set aside, unless the command releases them:
    allocated → stock.

    Raises:
        NotFound: the need is unknown.
        AlreadyDone: the need was ended before.
    """
    need = find_need(journal.books, command.need)
    if journal.books.latest_row(NeedEnd, need=need.need) is not None:
        raise AlreadyDone(Sentence("need {need} was ended before", need=need.need))
    draft = journal.entry("need_ended", document=need.need, about=f"recipient:{need.recipient}")
    for (account, _, _), quantity in journal.nonzero_balances(
        f"{CLAIMED.prefix}{need.need}:"
    ).items():
        drop_claim(journal, draft, need, keys_of(account)[1], quantity)
    open_ = journal.balance(NEEDED(need.need), need.item)
    journal.move(draft, NEEDED(need.need), ENDED(need.need, command.reason), need.item, "", open_)
    draft.add_rows(NeedEnd(need=need.need, reason=command.reason))
    if command.goods == "release":
        for account, _, _ in journal.nonzero_balances(f"{ASSIGNED.prefix}{need.need}:"):
            release_goods_of_need(journal, need, keys_of(account)[1])
