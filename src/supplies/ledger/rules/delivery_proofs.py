"""Proofs of delivery: signatures, photos, and the codes that households tell the courier."""

from __future__ import annotations

from supplies.books.moved_stops import present_delivery
from supplies.books.reader import Books
from supplies.domain.commands import AddStopPhoto, ConfirmHandOver, ReportOutcome
from supplies.domain.entries import encode_body
from supplies.domain.entry_rows import (
    CodeAttempt,
    Confirmation,
    OutcomeDetails,
    OutcomeLine,
    Proof,
    StopOutcome,
    reason_columns,
)
from supplies.domain.photos import strip_metadata
from supplies.errors import AlreadyDone, Fault, Forgotten, InvalidField, Sentence
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.deliveries import find_stop
from supplies.ledger.rules.stop_codes import code_to_compare

MAX_PHOTOS = 4
"""Maximum number of photos of one stop."""

MAX_SIGNATURES = 4
"""Maximum number of signatures of one stop.

Further reports are recorded without their signature.
"""


def add_proofs(draft: Draft, command: ReportOutcome, books: Books) -> None:
    """Add the proofs in a report to a draft: its signature, and whether its code is right."""
    of_stop = {"delivery": command.delivery, "allocation": command.allocation}
    if command.signature is not None and _may_be_signed(command, books):
        digest = draft.add_erasable(encode_body(command.signature))
        draft.add_rows(Proof(**of_stop, kind="signature", digest=digest))
    if command.code is not None:
        expected = code_to_compare(books, command)
        matches = command.code == expected
        draft.add_rows(
            CodeAttempt(
                **of_stop,
                result="not_compared" if expected is None else "matched" if matches else "wrong",
            )
        )


def add_outcome_details(draft: Draft, command: ReportOutcome) -> None:
    """Add a row with the reason, next attempt and phone time in a report, if it has any of them."""
    details = OutcomeDetails(
        delivery=command.delivery,
        allocation=command.allocation,
        **reason_columns(command.why),
        next_attempt=command.next_attempt,
        phone_time=command.phone_time,
    )
    if (details.any_reason, details.next_attempt, details.phone_time) != (None, None, None):
        draft.add_rows(details)


def brings_proof(command: ReportOutcome, books: Books, recipient: str) -> bool:
    """Return whether a repeated report of an outcome adds a proof of delivery.

    Return False if the data of the recipient was erased, because then no proof is stored.
    """
    return not is_erased(books, recipient) and _has_proof(command, books)


def is_erased(books: Books, recipient: str) -> bool:
    """Return whether the data of a recipient was erased."""
    try:
        books.recipient(recipient)
    except Forgotten:
        return True
    return False


def is_about_erased(books: Books, about: str | None) -> bool:
    """Return whether an entry is about a recipient whose data was erased.

    Args:
        about: `donor:CODE`, `recipient:CODE` or None, as in `Draft`.
    """
    kind, _, code = (about or "").partition(":")
    return kind == "recipient" and is_erased(books, code)


def _has_proof(command: ReportOutcome, books: Books) -> bool:
    if command.signature is not None and _may_be_signed(command, books):
        return True
    where = {"delivery": command.delivery, "allocation": command.allocation}
    return (
        command.code is not None
        and books.latest_row(CodeAttempt, **where, result="matched") is None
        and code_to_compare(books, command) is not None
    )


def _may_be_signed(command: ReportOutcome, books: Books) -> bool:
    where = {"delivery": command.delivery, "allocation": command.allocation}
    return len(books.rows(Proof, **where, kind="signature")) < MAX_SIGNATURES


def add_agreeing_proof(journal: Journal, command: ReportOutcome, about: str) -> None:
    """Record the proofs in a repeated report of an outcome. Move no goods."""
    draft = journal.entry("proof_added", document=command.delivery, about=about)
    add_proofs(draft, command, journal.books)


def add_stop_photo(command: AddStopPhoto, journal: Journal) -> None:
    """Record a photo of a stop, without the photo's metadata.

    The photo may be taken before or after the outcome is reported.

    Raises:
        AlreadyDone: the stop has `MAX_PHOTOS` photos already.
        Forgotten: the data of the recipient was erased.
        InvalidField: the photo is too large or is not an image, or the delivery has no such stop.
        NotFound: the delivery is unknown.
    """
    delivery = present_delivery(journal.books, command.delivery, command.allocation)
    where = {"delivery": delivery, "allocation": command.allocation}
    stop = find_stop(journal, delivery, command.allocation)
    journal.books.recipient(stop.recipient)
    photo = strip_metadata(command.photo, "/photo")
    taken = sum(row.kind == "photo" for row in journal.books.rows(Proof, **where))
    if taken >= MAX_PHOTOS:
        sentence = Sentence(
            "the stop for {allocation} has {taken} photos already; it can have no more",
            allocation=command.allocation,
            taken=taken,
        )
        raise AlreadyDone(sentence, [Fault("/photo", sentence)])
    draft = journal.entry("proof_added", document=delivery, about=f"recipient:{stop.recipient}")
    draft.add_rows(Proof(**where, kind="photo", digest=draft.add_erasable(photo)))


def confirm_hand_over(command: ConfirmHandOver, journal: Journal) -> None:
    """Record that a household confirmed a hand-over, or withdraw its confirmation.

    Raises:
        InvalidField: the delivery has no such stop; no goods were handed over there, or only on a
            later day; or the command does not say who confirmed the hand-over.
        AlreadyDone: the hand-over is not confirmed, so nothing can be withdrawn.
        Forgotten: the data of the recipient was erased.
        NotFound: the delivery is unknown.
    """
    delivery = present_delivery(journal.books, command.delivery, command.allocation)
    where = {"delivery": delivery, "allocation": command.allocation}
    stop = find_stop(journal, delivery, command.allocation)
    journal.books.recipient(stop.recipient)
    withdrawn = command.way == "withdrawn"
    if withdrawn:
        _check_confirmed(journal, where)
    else:
        _check_handed_over(journal, where)
        if command.confirmed_by is None:
            raise InvalidField.at("/confirmed_by", Sentence("name who confirmed the hand-over"))
    draft = journal.entry("proof_added", document=delivery, about=f"recipient:{stop.recipient}")
    confirmed_by = None if withdrawn else command.confirmed_by
    draft.add_rows(Confirmation(**where, way=command.way, confirmed_by=confirmed_by))


def _check_confirmed(journal: Journal, where: dict[str, str]) -> None:
    """Check that the hand-over at a stop, by its latest outcome, is confirmed.

    Raises:
        AlreadyDone: the hand-over is not confirmed.
    """
    books = journal.books
    latest = books.latest_row(Confirmation, **where)
    is_withdrawn = latest is None or latest.way == "withdrawn"
    seq, of_outcome = (books.latest_seq(row, **where) for row in (Confirmation, StopOutcome))
    if is_withdrawn or (seq or 0) < (of_outcome or 0):
        sentence = Sentence("the hand-over of {allocation} is not confirmed", **where)
        raise AlreadyDone(sentence, [Fault("/way", sentence)])


def _check_handed_over(journal: Journal, where: dict[str, str]) -> None:
    """Check that goods of a stop were handed over on the day of the command or before.

    Raises:
        InvalidField: no goods were handed over by that day.
    """
    seq = journal.books.latest_seq(StopOutcome, **where)
    lines = [] if seq is None else journal.books.rows_of_entry(OutcomeLine, seq, **where)
    if seq is None or not any(line.received for line in lines):
        raise InvalidField.at(
            "/allocation",
            Sentence(
                "nothing was handed over for {allocation}, by its outcome; report or correct the "
                "outcome first",
                **where,
            ),
        )
    day = journal.books.body(seq).happened_on
    if journal.happened_on < day:
        raise InvalidField.at(
            "/happened_on",
            Sentence("the goods were handed over on {day}; enter this day or a later one", day=day),
        )
