"""Erase the personal data of a donor or recipient; the goods stay in the books."""

from __future__ import annotations

from supplies.books.free_text import free_text_of_entry
from supplies.domain.accounts import (
    ALLOCATED,
    ANONYMOUS,
    ASSIGNED,
    CLAIMED,
    DONOR,
    NEEDED,
    PLEDGED,
    keys_of,
)
from supplies.domain.commands import ForgetDonor, ForgetRecipient, ForgetText
from supplies.domain.entry_rows import Erasure, Forgetting, forgotten_text
from supplies.errors import Forgotten, InvalidField, Unaccounted
from supplies.ledger.journal import Draft, Journal


def forget_donor(command: ForgetDonor, journal: Journal) -> None:
    """Erase a donor's name, address and all texts about them.

    Raises:
        InvalidField: the code means all anonymous donors.
        NotFound: the donor is unknown.
        Forgotten: the data was erased before.
        Unaccounted: a pledge is outstanding, or a conflict about the donor is unresolved.
    """
    if command.donor == ANONYMOUS:
        raise InvalidField("the books have no personal data of anonymous donors")
    journal.books.donor(command.donor)
    pledges = journal.books.all(
        "SELECT DISTINCT pledge FROM pledges WHERE station = :station AND donor = :donor",
        donor=command.donor,
    )
    for (pledge,) in pledges:
        if journal.nonzero_balances(PLEDGED(pledge)) or journal.nonzero_balances(
            f"{PLEDGED(pledge)}:"
        ):
            raise Unaccounted(
                f"donor {command.donor} still has pledge {pledge} outstanding; "
                "record its donation, cancel it or let it lapse first"
            )
    _forget(journal, DONOR(command.donor))


def forget_recipient(command: ForgetRecipient, journal: Journal) -> None:
    """Erase a recipient's name, address and all texts about them.

    Raises:
        NotFound: the recipient is unknown.
        Forgotten: the data was erased before.
        Unaccounted: a need, allocation or delivery of the recipient is open, or a conflict about
            the recipient is unresolved.
    """
    journal.books.recipient(command.recipient)
    needs = journal.books.all(
        "SELECT DISTINCT need FROM needs WHERE station = :station AND recipient = :recipient",
        recipient=command.recipient,
    )
    for (need,) in needs:
        if journal.nonzero_balances(NEEDED(need)) or any(
            journal.nonzero_balances(f"{kind(need)}:") for kind in (CLAIMED, ASSIGNED)
        ):
            raise Unaccounted(
                f"recipient {command.recipient} still has need {need} open; meet or end it first"
            )
    _refuse_open_allocations(journal, command.recipient)
    _forget(journal, f"recipient:{command.recipient}")


def forget_text(command: ForgetText, journal: Journal) -> None:
    """Erase the free text of the command that recorded an entry.

    Raises:
        NotFound: there is no such entry.
        InvalidField: the entry has no text, or the text names who handled a gift.
        Forgotten: the text was erased before.
        Unaccounted: the entry is a conflict that is not resolved.
    """
    body = journal.books.body(command.entry)
    body = journal.books.body(body.seq - body.part)
    if body.texts is None:
        raise InvalidField.at("/entry", f"entry {body.seq} has no notes or reasons")
    if body.kind == "donation_received":
        raise InvalidField.at(
            "/entry",
            f"the text of entry {body.seq} is that of a receipt; forget its donor, or correct it",
        )
    if free_text_of_entry(journal.books, body.seq) is None:
        raise Forgotten(f"the text of entry {body.seq} was erased already")
    if body.seq in _open_conflicts(journal):
        raise Unaccounted(f"the conflict of entry {body.seq} is open; resolve it first")
    draft = journal.entry("forgotten")
    draft.add_rows(Erasure(digest=body.texts), Forgetting(party=forgotten_text(body.seq)))


def _refuse_open_allocations(journal: Journal, recipient: str) -> None:
    rows = journal.books.all(
        "SELECT allocation FROM allocations WHERE station = :station AND recipient = :recipient",
        recipient=recipient,
    )
    for (allocation,) in rows:
        stops = journal.books.all(
            "SELECT delivery FROM stops WHERE station = :station AND allocation = :allocation",
            allocation=allocation,
        )
        accounts = [f"{ALLOCATED(allocation)}:"]
        accounts += [f"in_transit:{delivery}:{allocation}" for (delivery,) in stops]
        if any(journal.nonzero_balances(account) for account in accounts):
            raise Unaccounted(
                f"allocation {allocation} of recipient {recipient} is not yet handed over; "
                "hand it over or release it first"
            )


def _forget(journal: Journal, party: str) -> None:
    for seq in _open_conflicts(journal):
        if journal.books.body(seq).about == party:
            raise Unaccounted(f"the conflict of entry {seq} is about {party}; resolve it first")
    draft: Draft = journal.entry("forgotten", document=keys_of(party)[0])
    rows = journal.books.all(
        "SELECT digest FROM erasable WHERE station = :station AND about = :party "
        "AND content IS NOT NULL ORDER BY seq, digest",
        party=party,
    )
    # The digests are recorded first, because a trigger allows only texts to be erased whose
    # digest is recorded as forgotten.
    draft.add_rows(*(Erasure(digest=digest) for (digest,) in rows))
    draft.add_rows(Forgetting(party=party))


def _open_conflicts(journal: Journal) -> list[int]:
    rows = journal.books.all(
        "SELECT c.seq FROM conflicts c WHERE c.station = :station AND NOT EXISTS ("
        "SELECT 1 FROM resolutions r WHERE r.station = c.station AND r.conflict = c.seq)"
    )
    return [int(seq) for (seq,) in rows]
