"""Requests of donors about their own data: to correct, hide or erase it.

A request does not change the data, because receipts may depend on it. A coordinator or recorder
changes the data and answers the request. The text of a request is personal data. The text is erased
when the request is answered, and when the donor is forgotten.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from supplies.access.access_context import AccessContext
from supplies.books.merged_codes import codes_of_person
from supplies.domain.fields import Reason
from supplies.domain.validation import check_fields
from supplies.errors import AlreadyDone, Fault, InvalidField, NotFound, Sentence

RequestKind = Literal["correct", "hide", "forget"]


class NewRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request about a donor's own data, as the donor sends it.

    Attributes:
        wish: What the donor wants, in the donor's words. Required if a name is to be corrected.
    """

    kind: RequestKind
    wish: Reason | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to a request: what was done, in the words of the person who answers."""

    answer: Literal["done", "declined"]


class DonorRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A donor's request about the donor's own data, with its answer if there is one.

    Attributes:
        wish: What the donor wants. None if the donor wrote nothing, or if the request was answered.
    """

    id: int
    donor: str
    kind: RequestKind
    wish: str | None
    made_at: str
    answered_at: str | None
    answered_by: str | None
    answer: str | None


_COLUMNS = "seq, donor, kind, wish, made_at, answered_at, answered_by, answer"


def add(access: AccessContext, donor: str, new: NewRequest) -> DonorRequest:
    """Store a request.

    Raises:
        InvalidField: a field is invalid, or a request to correct the name does not contain the
            right name.
        NotFound: the donor is unknown.
    """
    new = check_fields(new)
    access.books.donor(donor)
    if new.kind == "correct" and new.wish is None:
        raise InvalidField.at(
            "/wish", Sentence("say how the name is written, so that it can be corrected")
        )
    number = access.next_number("donor_requests")
    access.insert(
        "donor_requests",
        seq=number,
        donor=donor,
        kind=new.kind,
        wish=new.wish,
        made_at=access.now,
    )
    return get(access, donor, number)


def get(access: AccessContext, donor: str, number: int) -> DonorRequest:
    """Return one request of a donor. Requests under codes merged with the donor's are found too.

    Raises:
        NotFound: the donor has no request with this number.
    """
    row = access.one(
        f"SELECT {_COLUMNS} FROM donor_requests WHERE station = :station AND seq = :seq",
        seq=number,
    )
    if row is not None and row[1] not in codes_of_person(access.books, "donor", donor):
        row = None
    if row is None:
        raise NotFound(
            Sentence(
                "donor {donor} has no request {number}; see the list of their requests",
                donor=donor,
                number=number,
            )
        )
    return _from_row(row)


def list_requests(
    access: AccessContext, donor: str, *, after: int, limit: int
) -> list[DonorRequest]:
    """List a donor's requests with numbers greater than `after`, oldest first.

    Requests under codes merged with the donor's are included.
    """
    codes = codes_of_person(access.books, "donor", donor)
    names = {f"donor{index}": code for index, code in enumerate(codes)}
    rows = access.all(
        f"SELECT {_COLUMNS} FROM donor_requests WHERE station = :station "
        f"AND donor IN ({', '.join(f':{name}' for name in names)}) "
        "AND seq > :after ORDER BY seq LIMIT :limit",
        after=after,
        limit=limit,
        **names,
    )
    return [_from_row(row) for row in rows]


def answer(
    access: AccessContext, donor: str, number: int, answer: Answer, *, by: str
) -> DonorRequest:
    """Store the answer to a request, and erase the request's text.

    Raises:
        NotFound: the donor has no request with this number.
        AlreadyDone: the request was answered before.
        InvalidField: the answer is invalid.
    """
    if get(access, donor, number).answered_at is not None:
        sentence = f"request {number} was answered before; the donor can make another request"
        raise AlreadyDone(sentence, [Fault("", sentence)])
    access.run(
        "UPDATE donor_requests SET wish = NULL, answered_at = :now, answered_by = :by, "
        "answer = :answer WHERE station = :station AND seq = :seq",
        now=access.now,
        by=by,
        answer=check_fields(answer).answer,
        seq=number,
    )
    return get(access, donor, number)


def _from_row(row: tuple[object, ...]) -> DonorRequest:
    fields = dict(zip(DonorRequest.__struct_fields__, row, strict=True))
    return msgspec.convert(fields, DonorRequest)
