"""Needs: noted, and ended when the recipient no longer asks."""

from __future__ import annotations

from supplies.domain.accounts import ASKED, ASSIGNED, CLAIMED, ENDED, MET, NEEDED, keys_of
from supplies.domain.commands import EndNeed, NoteNeed
from supplies.domain.entry_rows import Need, NeedEnd
from supplies.errors import AlreadyDone, InvalidField
from supplies.ledger.journal import Journal
from supplies.ledger.rules.need_fulfilment import drop_claim, find_need


def note_need(command: NoteNeed, journal: Journal) -> None:
    """Note a need: asked → needed."""
    journal.books.recipient(command.recipient, "/recipient")
    quantity = journal.units(command, "")
    if command.needed_by is not None and command.needed_by < journal.happened_on:
        raise InvalidField.at(
            "/needed_by",
            f"{command.needed_by} is before the need was noted ({journal.happened_on})",
        )
    draft = journal.entry("need_noted", prefix="n", about=f"recipient:{command.recipient}")
    need = str(draft.document)
    if journal.corrected is not None:
        _check_same_recipient(journal, need, command.recipient)
    journal.move(
        draft, ASKED(command.recipient), NEEDED(need), command.item, "", quantity, "/quantity"
    )
    draft.state(
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
    """Refuse to give a need to another recipient once goods serve it."""
    before = find_need(journal, need).recipient
    if recipient == before:
        return
    if journal.held(f"{ASSIGNED.prefix}{need}:") or journal.held(MET(need)):
        raise InvalidField.at(
            "/command/recipient",
            f"goods for need {need} were set aside for or reached recipient {before}; "
            "release or take them back first, or note a need anew",
        )


def end_need(command: EndNeed, journal: Journal) -> None:
    """End a need: claimed → needed → ended. Goods set aside go to `ended` only if released."""
    need = find_need(journal, command.need)
    if journal.books.latest_row(NeedEnd, need=need.need) is not None:
        raise AlreadyDone(f"need {need.need} was ended before")
    draft = journal.entry("need_ended", document=need.need, about=f"recipient:{need.recipient}")
    for (account, _, _), quantity in journal.held(f"{CLAIMED.prefix}{need.need}:").items():
        drop_claim(journal, draft, need, keys_of(account)[1], quantity)
    open_ = journal.balance(NEEDED(need.need), need.item)
    journal.move(draft, NEEDED(need.need), ENDED(need.need, command.reason), need.item, "", open_)
    draft.state(NeedEnd(need=need.need, reason=command.reason))
