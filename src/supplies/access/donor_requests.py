"""Requests of donors about their own data: to correct, hide or erase it.

Somebody at the desk answers, because a firm's receipt may depend on it; the wish is personal, so it
is erased once it was answered, and whenever its donor is forgotten.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from supplies.access.access_context import Gate
from supplies.domain.fields import Reason
from supplies.domain.validation import check_fields
from supplies.errors import AlreadyDone, Fault, InvalidField, NotFound

Wish = Literal["correct", "hide", "forget"]


class NewRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new request. wish: in the donor's words; required to correct a name."""

    kind: Wish
    wish: Reason | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done about a request."""

    answer: Literal["done", "declined"]


class DonorRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A donor's request. wish: None if there was none, and after the answer."""

    id: int
    donor: str
    kind: Wish
    wish: str | None
    made_at: str
    answered_at: str | None
    answered_by: str | None
    answer: str | None


_COLUMNS = "seq, donor, kind, wish, made_at, answered_at, answered_by, answer"


def ask(gate: Gate, donor: str, new: NewRequest) -> DonorRequest:
    """Record a request."""
    new = check_fields(new)
    gate.books.donor(donor)
    if new.kind == "correct" and new.wish is None:
        raise InvalidField.at("/wish", "say how the name is written, so that it can be corrected")
    number = gate.next("donor_requests")
    gate.insert(
        "donor_requests",
        seq=number,
        donor=donor,
        kind=new.kind,
        wish=new.wish,
        made_at=gate.now,
    )
    return get(gate, donor, number)


def get(gate: Gate, donor: str, number: int) -> DonorRequest:
    """Return one request of a donor."""
    row = gate.one(
        f"SELECT {_COLUMNS} FROM donor_requests "
        "WHERE station = :station AND donor = :donor AND seq = :seq",
        donor=donor,
        seq=number,
    )
    if row is None:
        raise NotFound(f"donor {donor} has no request {number}; see the list of their requests")
    return _request(row)


def listed(gate: Gate, donor: str, *, after: int, limit: int) -> list[DonorRequest]:
    """List a donor's requests, oldest first."""
    rows = gate.all(
        f"SELECT {_COLUMNS} FROM donor_requests "
        "WHERE station = :station AND donor = :donor AND seq > :after ORDER BY seq LIMIT :limit",
        donor=donor,
        after=after,
        limit=limit,
    )
    return [_request(row) for row in rows]


def answered(gate: Gate, donor: str, number: int, answer: Answer, *, by: str) -> DonorRequest:
    """Record what was done, and erase the wish."""
    if get(gate, donor, number).answered_at is not None:
        sentence = f"request {number} was answered before; the donor can ask again"
        raise AlreadyDone(sentence, [Fault("", sentence)])
    gate.run(
        "UPDATE donor_requests SET wish = NULL, answered_at = :now, answered_by = :by, "
        "answer = :answer WHERE station = :station AND donor = :donor AND seq = :seq",
        now=gate.now,
        by=by,
        answer=check_fields(answer).answer,
        donor=donor,
        seq=number,
    )
    return get(gate, donor, number)


def _request(row: tuple[object, ...]) -> DonorRequest:
    fields = dict(zip(DonorRequest.__struct_fields__, row, strict=True))
    return msgspec.convert(fields, DonorRequest)
