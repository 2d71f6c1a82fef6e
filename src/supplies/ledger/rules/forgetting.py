"""Erase the personal data of donors and recipients. Quantities stay in the books."""

from __future__ import annotations

from supplies.books.free_text import free_text_of_entry
from supplies.books.merged_codes import codes_of_person
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
from supplies.domain.commands import (
    CountStock,
    ForgetDonor,
    ForgetRecipient,
    ForgetText,
    ReportOutcome,
)
from supplies.domain.entries import Body
from supplies.domain.entry_rows import (
    Arrival,
    ArrivalLine,
    Conflict,
    Erasure,
    Forgetting,
    LaterResolution,
    Proof,
    Resolution,
    StopOutcome,
    forgotten_text,
)
from supplies.errors import Fault, Forgotten, InvalidField, Sentence, Unaccounted
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.contradicted_facts import decode_fact
from supplies.ledger.rules.delivery_outcomes import at_present_stop


def forget_donor(command: ForgetDonor, journal: Journal) -> None:
    """Erase the name, address and telephone number of a donor, and all texts about the donor.

    If codes of the donor were merged, the data of all of them is erased.

    Raises:
        InvalidField: the code is that of anonymous donors.
        NotFound: the donor is unknown.
        Forgotten: the data was erased before.
        Unaccounted: a pledge is open, or a conflict about the donor is unresolved.
    """
    if command.donor == ANONYMOUS:
        raise InvalidField(Sentence("the books have no personal data of anonymous donors"))
    journal.books.donor(command.donor)
    codes = codes_of_person(journal.books, "donor", command.donor)
    for code in codes:
        _refuse_open_pledges(journal, code)
    _forget(journal, [DONOR(code) for code in codes])


def _refuse_open_pledges(journal: Journal, donor: str) -> None:
    pledges = journal.books.all(
        "SELECT DISTINCT pledge FROM pledges WHERE station = :station AND donor = :donor",
        donor=donor,
    )
    for (pledge,) in pledges:
        if journal.nonzero_balances(PLEDGED(pledge)) or journal.nonzero_balances(
            f"{PLEDGED(pledge)}:"
        ):
            raise Unaccounted(
                Sentence(
                    "donor {donor} still has pledge {pledge} outstanding; record its donation, "
                    "cancel it or let it lapse first",
                    donor=donor,
                    pledge=pledge,
                )
            )


def forget_recipient(command: ForgetRecipient, journal: Journal) -> None:
    """Erase the name, address and telephone number of a recipient, and all texts about them.

    If codes of the recipient were merged, the data of all of them is erased.

    Raises:
        NotFound: the recipient is unknown.
        Forgotten: the data was erased before.
        Unaccounted: a need, allocation or delivery of the recipient is open, or a conflict about
            the recipient is unresolved.
    """
    journal.books.recipient(command.recipient)
    codes = codes_of_person(journal.books, "recipient", command.recipient)
    for code in codes:
        _refuse_open_needs(journal, code)
        _refuse_open_allocations(journal, code)
    _forget(journal, [f"recipient:{code}" for code in codes])


def _refuse_open_needs(journal: Journal, recipient: str) -> None:
    needs = journal.books.all(
        "SELECT DISTINCT need FROM needs WHERE station = :station AND recipient = :recipient",
        recipient=recipient,
    )
    for (need,) in needs:
        if journal.nonzero_balances(NEEDED(need)) or any(
            journal.nonzero_balances(f"{kind(need)}:") for kind in (CLAIMED, ASSIGNED)
        ):
            raise Unaccounted(
                Sentence(
                    "recipient {recipient} still has need {need} open; meet or end it first",
                    recipient=recipient,
                    need=need,
                )
            )


def forget_text(command: ForgetText, journal: Journal) -> None:
    """Erase the free texts, signature and photo of the command that recorded an entry.

    If the entry is a gift that was corrected later, its void receipts also contain the text. Their
    contents are erased too. If a conflict was resolved with the texts of a report, all copies of
    them are erased: in the report and in each entry that booked it.

    Raises:
        NotFound: the entry does not exist.
        InvalidField: the entry has no text.
        Forgotten: the text was erased before.
        Unaccounted: the entry is an unresolved conflict, or a valid receipt prints the text.
    """
    body = journal.books.body(command.entry)
    body = journal.books.body(body.seq - body.part)
    if body.texts is None:
        raise InvalidField.at(
            "/entry", Sentence("entry {seq} has no notes or reasons", seq=body.seq)
        )
    if free_text_of_entry(journal.books, body.seq) is None:
        raise Forgotten(Sentence("the text of entry {seq} was erased already", seq=body.seq))
    if body.seq in _open_conflicts(journal):
        raise Unaccounted(
            Sentence("the conflict of entry {seq} is open; resolve it first", seq=body.seq)
        )
    erased = [(body.seq, body.texts), *_void_receipts(journal, body)]
    if _has_report(journal, body.seq):
        copies = (copy for copy in _copies(journal, body) if _has_report(journal, copy.seq))
        erased += [(copy.seq, str(copy.texts)) for copy in copies]
    erased += [(body.seq, row.digest) for row in body.rows if isinstance(row, Proof)]
    draft = journal.entry("forgotten")
    draft.add_rows(*(Erasure(digest=digest) for _, digest in erased))
    seqs = dict.fromkeys(seq for seq, _ in erased)
    draft.add_rows(*(Forgetting(party=forgotten_text(seq)) for seq in seqs))


def _has_report(journal: Journal, seq: int) -> bool:
    """Return whether an entry has texts of a report, not only the reason of a decision."""
    return bool((free_text_of_entry(journal.books, seq) or {}).keys() - {"reason"})


def _copies(journal: Journal, body: Body) -> list[Body]:
    """Return the other entries with the free texts of the report that an entry contains.

    These are the report and all entries that booked it to resolve a conflict, also those that were
    undone. The result is empty if there are no copies.
    """
    outcomes = [row for row in body.rows if isinstance(row, StopOutcome)]
    stop = outcomes[0] if outcomes else _reported_stop(journal, body)
    if stop is not None:
        first = _first_reports(journal, stop.delivery, stop.allocation)
        report = first.get(body.seq, body.seq)
        same = {report, *(seq for seq, found in first.items() if found == report)}
        return [journal.books.body(seq) for seq in sorted(same - {body.seq})]
    conflict = body.seq
    for row in body.rows:
        if isinstance(row, Resolution | LaterResolution):
            if row.way == "keep":
                return []
            conflict = row.conflict
    found = journal.books.rows(Conflict, seq=conflict)
    # The entry that books a count has no texts of the count.
    if not found or isinstance(decode_fact(found[0].stated), CountStock):
        return []
    booked = [
        seq
        for table in ("resolutions", "later_resolutions")
        for (seq,) in journal.books.all(
            f"SELECT seq FROM {table} WHERE station = :station AND conflict = :conflict "
            "AND way <> 'keep' ORDER BY seq",
            conflict=conflict,
        )
    ]
    return [journal.books.body(seq) for seq in (conflict, *booked) if seq != body.seq]


def _reported_stop(journal: Journal, body: Body) -> ReportOutcome | None:
    """Return the outcome in a conflict, with the delivery that has the stop now.

    Return None if the entry is not a conflict about an outcome.
    """
    for row in body.rows:
        if isinstance(row, Conflict):
            fact = decode_fact(row.stated)
            if isinstance(fact, ReportOutcome):
                return at_present_stop(fact, journal)
    return None


def _first_reports(journal: Journal, delivery: str, allocation: str) -> dict[int, int]:
    """Return the entries that contain the texts of a stop's outcomes, by the entry of the outcome.

    If the outcome was booked to resolve a conflict, this is the entry of the conflict. If a later
    resolution restored an earlier outcome, it is the entry of the restored one. Otherwise, it is
    the entry of the outcome itself.
    """
    where = {"delivery": delivery, "allocation": allocation}
    rows = journal.books.all(
        "SELECT o.seq, coalesce(r.conflict, l.conflict), coalesce(r.way, l.way) FROM outcomes o "
        "LEFT JOIN resolutions r ON r.station = o.station AND r.seq = o.seq "
        "LEFT JOIN later_resolutions l ON l.station = o.station AND l.seq = o.seq "
        "WHERE o.station = :station AND o.delivery = :delivery AND o.allocation = :allocation "
        "ORDER BY o.seq",
        **where,
    )
    first: dict[int, int] = {}
    for seq, conflict, way in rows:
        if way == "keep":
            # The latest outcome was undone, and the one before it was restored.
            first[seq] = first[list(first)[-2]]
        else:
            first[seq] = seq if conflict is None else conflict
    return first


def _void_receipts(journal: Journal, body: Body) -> list[tuple[int, str]]:
    """Return the void receipts that print the text of a gift which was corrected later.

    The result has the entry number and the digest of each receipt. Receipts whose content was
    erased before are left out.

    Raises:
        Unaccounted: the gift was not corrected, so a valid receipt prints the text.
    """
    gift = next(
        (row for row in body.rows if isinstance(row, Arrival) and row.origin == "donor"), None
    )
    if gift is None:
        return []
    later = journal.books.value(
        "SELECT min(seq) FROM arrivals WHERE station = :station AND arrival = :gift AND seq > :seq",
        gift=gift.arrival,
        seq=body.seq,
    )
    if later is None:
        if not any(isinstance(row, ArrivalLine) for row in body.rows):
            return []  # The text is the reason of a reversal, which no receipt prints.
        raise Unaccounted(
            Sentence(
                "the receipt of {gift} is printed from the text of entry {seq}; correct the gift "
                "to a text without these words, then erase the text of entry {seq}",
                gift=gift.arrival,
                seq=body.seq,
            ),
            [Fault("/entry", Sentence("the text of {gift} is in use", gift=gift.arrival))],
        )
    # A receipt that a later correction voided was valid while this text was in use.
    rows = journal.books.all(
        "SELECT r.seq, r.digest FROM receipt_donations d CROSS JOIN receipts r "
        "CROSS JOIN receipt_voids v CROSS JOIN entries e CROSS JOIN erasable x "
        "WHERE d.station = :station AND d.donation = :gift "
        "AND r.station = d.station AND r.number = d.number AND r.seq < :later "
        "AND v.station = d.station AND v.number = d.number "
        "AND e.station = d.station AND e.seq = v.seq AND e.seq - e.part > :seq "
        "AND x.station = d.station AND x.seq = r.seq AND x.digest = r.digest "
        "AND x.content IS NOT NULL ORDER BY r.seq",
        gift=gift.arrival,
        seq=body.seq,
        later=later,
    )
    return [(int(seq), str(digest)) for seq, digest in rows]


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
                Sentence(
                    "allocation {allocation} of recipient {recipient} is not yet handed over; "
                    "hand it over or release it first",
                    allocation=allocation,
                    recipient=recipient,
                )
            )


def _forget(journal: Journal, parties: list[str]) -> None:
    """Draft the entry that erases the data of one person.

    Args:
        parties: All codes of the person, each as `donor:CODE` or `recipient:CODE`. If codes were
            merged, the one that stays in use comes first.
    """
    for seq in _open_conflicts(journal):
        about = journal.books.body(seq).about
        if about in parties:
            raise Unaccounted(
                Sentence(
                    "the conflict of entry {seq} is about {about}; resolve it first",
                    seq=seq,
                    about=about,
                )
            )
    draft: Draft = journal.entry("forgotten", document=keys_of(parties[0])[0])
    # The digests are recorded first, because a trigger allows a text to be erased only if its
    # digest is recorded as forgotten.
    for party in parties:
        rows = journal.books.all(
            "SELECT digest FROM erasable WHERE station = :station AND about = :party "
            "AND content IS NOT NULL ORDER BY seq, digest",
            party=party,
        )
        draft.add_rows(*(Erasure(digest=digest) for (digest,) in rows))
    draft.add_rows(*(Forgetting(party=party) for party in parties))


def _open_conflicts(journal: Journal) -> list[int]:
    rows = journal.books.all(
        "SELECT number FROM pending WHERE station = :station AND noun = 'conflict' ORDER BY number"
    )
    return [int(seq) for (seq,) in rows]
