"""Verification of a receipt by anybody, as JSON for programs.

The QR code of each receipt leads to `pages/receipt_checks.py`, which shows a page in browsers.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import date
from typing import Literal, TypeVar

import msgspec
from litestar import Controller, get
from litestar.params import FromPath, FromQuery

from supplies.access.rate_limits import VERIFY_RECEIPT
from supplies.books.reader import Books
from supplies.domain.accounts import DONOR
from supplies.domain.redaction import mask_name
from supplies.errors import NotFound, Sentence
from supplies.views.pagination import View
from supplies.views.receipt_papers import issued_receipt
from supplies.views.receipts import ReceiptView, get_receipt
from supplies_service.request_context import Context, RequestContext
from supplies_service.security.audit import log_refusal
from supplies_service.security.authorization import allow_anyone
from supplies_service.security.rate_limit_checks import check_rate_limit, client_address

T = TypeVar("T")


class VerifiedGoods(View, frozen=True, kw_only=True):
    """One line of goods on a verified receipt."""

    name: str
    unit: str
    quantity: int


class VerifiedReceipt(View, frozen=True, kw_only=True):
    """The part of a receipt that is shown to anybody who has the receipt.

    Attributes:
        donor: The masked name. None if the donor is anonymous, was forgotten, or did not agree to
            be named in public.
        goods: Empty if the donor was forgotten.
        given_back: Whether all goods or a part of them were given back to the donor; left out if
            none were.
        replaced_by: Number of the receipt that replaces this one; None if none does.
    """

    number: str
    status: Literal["issued", "void"]
    date: date
    goods: list[VerifiedGoods]
    donor: str | None
    replaced_by: str | None
    given_back: Literal["all", "partly"] | msgspec.UnsetType = msgspec.UNSET


async def check_receipt(
    context: RequestContext, number: str, code: str, show: Callable[[Books, ReceiptView], T]
) -> T:
    """Find a receipt by number and check code. Return the result of `show` for the receipt.

    The number of attempts from a network address is limited, and a refusal is logged. The station
    that issued the receipt becomes the station of the request.

    Raises:
        RateLimited: there were too many attempts.
        NotFound: the number is unknown or the code is wrong; the error does not say which.
    """
    await check_rate_limit(context.request, VERIFY_RECEIPT, client_address(context.request))
    issuer = context.stations.find_issuer(number)
    try:
        if issuer is None:
            raise unknown_receipt()
        context = context.for_station(issuer)
        with context.reading() as books:
            return show(books, _find_receipt(context, books, number, code))
    except NotFound:
        await log_refusal(context.request, None)
        raise


def _find_receipt(context: RequestContext, books: Books, number: str, code: str) -> ReceiptView:
    try:
        found = get_receipt(books, number)
    except NotFound:
        raise unknown_receipt() from None
    expected = context.station_keys.check_code(issued_receipt(books, found))
    if not hmac.compare_digest(expected.encode(), code.upper().encode()):
        raise unknown_receipt()
    return found


def verified_receipt(books: Books, found: ReceiptView) -> VerifiedReceipt:
    """Return the part of a receipt that is shown to anybody who has the receipt."""
    document = found.document
    given_back: Literal["all", "partly"] | msgspec.UnsetType = msgspec.UNSET
    if found.given_back is not msgspec.UNSET:
        given_back = "all" if found.given_back.all else "partly"
    return VerifiedReceipt(
        number=found.number,
        status=found.status,
        date=found.issued_on,
        goods=[
            VerifiedGoods(name=line.name, unit=line.unit, quantity=line.quantity)
            for line in (() if document is None else document.lines)
        ],
        donor=None if document is None else _masked_donor(books, found),
        replaced_by=found.replaced_by,
        given_back=given_back,
    )


def _masked_donor(books: Books, found: ReceiptView) -> str | None:
    """Return the masked name of the donor, or None if the donor did not agree to be named."""
    name = None if found.document is None else found.document.donor.name
    about = books.body(found.entry.seq).about
    if name is None or about is None:
        return None
    donor = books.donor(about.removeprefix(DONOR.prefix))
    return None if donor.publish == "no" else mask_name(name)


def unknown_receipt() -> NotFound:
    """Return the error for an unknown receipt number. A wrong check code gets the same error."""
    return NotFound(Sentence("no receipt in these books has this number and code"))


class VerifyController(Controller):
    """Public verification of receipts, without an account."""

    path = "/"

    @get(
        "/api/verify/{number:str}",
        operation_id="verifyReceipt",
        tags=["receipts"],
        opt=allow_anyone(),
    )
    async def verify(
        self, context: Context, number: FromPath[str], c: FromQuery[str]
    ) -> VerifiedReceipt:
        """Verify a receipt by its number in the path and its check code in the parameter `c`."""
        return await check_receipt(context, number, c, verified_receipt)
