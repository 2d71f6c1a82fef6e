"""What a command became: the answer of `Ledger.record`, also if it was recorded before."""

from __future__ import annotations

import msgspec

from supplies.books.reader import Books
from supplies.domain.entries import salted_digest
from supplies.domain.entry_rows import Conflict
from supplies.errors import AlreadyDone, IdempotencyConflict
from supplies.ledger.writer import Checked, id_of_its_own


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What a command became.

    seq, id, document: of its first entry. last: the number of its last entry. repeated: the command
    was recorded before, and nothing new was. conflict: a sentence, if the command states a fact
    that contradicts the books, kept for a coordinator; otherwise None.
    """

    seq: int
    last: int
    id: str
    document: str | None
    repeated: bool = False
    conflict: str | None = None


def recorded_before(books: Books, request: Checked) -> Recorded | None:
    """The first answer to a request, if its id was recorded before.

    Raises:
        IdempotencyConflict: the id was used for another command.
        AlreadyDone: this was recorded for the shipment before, with other content.
    """
    seq = books.value(
        "SELECT seq FROM entries WHERE station = :station AND id = :id", id=request.id
    )
    if seq is None:
        return None
    body = books.body(seq)
    salt = b""
    if body.texts is not None:
        salt = books.value(
            "SELECT salt FROM erasable "
            "WHERE station = :station AND seq = :seq AND digest = :digest",
            seq=seq,
            digest=body.texts,
        )
    # If the texts were erased, so was the salt, and the request can no longer be compared.
    if salt is not None and body.request != salted_digest(salt, request.content):
        if id_of_its_own(request.command) is not None:
            raise AlreadyDone(
                f"this was done already to shipment {body.document}, otherwise: see entry {seq}"
            )
        raise IdempotencyConflict(
            f"the id {request.id} was used for another command (entry {seq}); "
            "use a new id for a new command"
        )
    return as_recorded(books, seq)


def as_recorded(books: Books, seq: int) -> Recorded:
    """The answer to the command that began with entry `seq`, marked as repeated."""
    body = books.body(seq)
    because = [row.because for row in body.rows if isinstance(row, Conflict)]
    return Recorded(
        seq=seq,
        last=books.last_seq_of_command(seq),
        id=body.id,
        document=body.document,
        repeated=True,
        conflict=because[0] if because else None,
    )
