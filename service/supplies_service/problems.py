"""Errors of the service, their HTTP statuses, and the JSON form of an error (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from supplies.domain.barcodes import ScannedCode
from supplies.errors import (
    AgainstBooks,
    Busy,
    DiskFull,
    Gone,
    InvalidField,
    NotFound,
    ReadOnly,
    StoreError,
    SuppliesError,
    Uncertain,
    template,
)

MEDIA_TYPE = "application/problem+json"


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message about one invalid field.

    Attributes:
        pointer: JSON pointer (RFC 6901) to the field in the request's body, or the name of a
            parameter.
        asked, available: The requested and the available quantity in base units; left out if the
            error is not about a quantity.
    """

    pointer: str
    detail: str
    asked: int | None = None
    available: int | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON body of an error response, called "problem details" in RFC 9457.

    Attributes:
        type: A relative URI that identifies the kind of error and never changes.
        instance: The request's id in the log.
        scanned: The parts of a scanned barcode, if no item has the barcode; left out for other
            errors.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldProblem]
    scanned: ScannedCode | msgspec.UnsetType = msgspec.UNSET


class Malformed(SuppliesError):
    """The request cannot be read, for example because its body is not JSON."""

    slug = "malformed"
    title = template("The request cannot be read")


class WrongMethod(SuppliesError):
    """The URL does not accept this method."""

    slug = "method"
    title = template("Method not allowed")


class TooLarge(SuppliesError):
    """The body is larger than the limit."""

    slug = "too-large"
    title = template("The request is too large")


class TooSlow(SuppliesError):
    """The body did not arrive in time."""

    slug = "too-slow"
    title = template("The request arrived too slowly")


class WrongMediaType(SuppliesError):
    """The request does not declare its body in the required format, JSON or a form."""

    slug = "media-type"
    title = template("Unsupported media type")


class Unauthenticated(SuppliesError):
    """The request has no credential, or an invalid one."""

    slug = "unauthenticated"
    title = template("Not authenticated")


class Forbidden(SuppliesError):
    """The caller may not do what the request asks for."""

    slug = "forbidden"
    title = template("Not allowed")


class RateLimited(SuppliesError):
    """The caller made too many attempts.

    Attributes:
        retry_after: Seconds until the next attempt is accepted.
    """

    slug = "rate-limited"
    title = template("Too many attempts")

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Overloaded(SuppliesError):
    """The service is too busy to handle this request."""

    slug = "busy"
    title = template("The service is busy")


class SessionRequired(SuppliesError):
    """A page needs a session, but the request has none. The sign-in form is shown instead.

    Attributes:
        typed: The fields of the form that the request sent; empty if it sent no form.
    """

    def __init__(self, typed: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__("sign in first")
        self.typed = tuple(typed)


class Internal(SuppliesError):
    """An unexpected error of the service itself.

    The log shows the details of the error. The response names the request's id in the log as
    `instance`.
    """


_STATUS: Mapping[type[SuppliesError], int] = {
    Malformed: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    WrongMethod: 405,
    TooSlow: 408,
    AgainstBooks: 409,
    TooLarge: 413,
    WrongMediaType: 415,
    InvalidField: 422,
    RateLimited: 429,
    Internal: 500,
    Busy: 503,
    DiskFull: 503,
    Overloaded: 503,
    Gone: 503,
    ReadOnly: 503,
    Uncertain: 503,
}
"""The HTTP status of each error class and its subclasses. Other errors get status 500."""


_BUSY = "the books cannot be written now; nothing was recorded, try again"

_UNCERTAIN = (
    "the database did not confirm the commit, so it is unknown whether this was recorded; repeat "
    "the request with the same Idempotency-Key, or check the books first if you sent none"
)


def status_of(error: SuppliesError) -> int | None:
    """Return the HTTP status of an error, or None if callers must not see the error."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), None)


def shown_detail(error: SuppliesError) -> str:
    """Return the part of an error message that the caller may see.

    Details of database errors are only logged.
    """
    if isinstance(error, StoreError):
        return _UNCERTAIN if isinstance(error, Uncertain) else _BUSY
    return error.detail
