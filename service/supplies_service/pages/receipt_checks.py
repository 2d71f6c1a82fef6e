"""Check a receipt: the page behind its QR code, and the form for its number and check code."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlencode

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from supplies_receipts.drawing.bilingual import quantity_of_line

from supplies.books.reader import Books
from supplies.errors import NotFound
from supplies.views.receipts import ReceiptView
from supplies_service.http_semantics import prefers_html
from supplies_service.pages.layout import render_page
from supplies_service.problems import RateLimited
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.verify import check_receipt, verified_receipt
from supplies_service.security.authorization import allow_anyone

_DASHES = re.compile("[\u2010-\u2015\u2212]")
_NUMBER = re.compile(r"(?:NO\.)?([A-Z0-9]{1,8})-?([0-9]{4})-?([0-9]{6})")
"""A receipt number as people type it: dashes may be missing. `_DASHES` are dashes of keyboards."""


class ReceiptCheckPages(Controller):
    """Pages on which anybody can check a receipt. They show what `/api/verify` returns."""

    path = "/v"
    include_in_schema = False
    opt = allow_anyone()

    @get()
    async def form(
        self, context: Context, number: FromQuery[str] = "", c: FromQuery[str] = ""
    ) -> Response[bytes]:
        """Show the form. If it was sent with a number and a check code, show the receipt too."""
        return await _show_check(context, _number_as_printed(number), _as_printed(c))

    @get("/{number:str}")
    async def receipt(
        self, context: Context, number: FromPath[str], c: FromQuery[str] = ""
    ) -> Response[bytes]:
        """Show a browser the receipt of a QR code. Redirect a program to `/api/verify`."""
        if prefers_html(context.request):
            answer = await _show_check(context, number, c)
        else:
            answer = Redirect(f"/api/verify/{quote(number, safe='')}?{urlencode({'c': c})}")
        answer.headers["Vary"] = "Accept"
        return answer


def _as_printed(typed: str) -> str:
    """Return a typed number or code as printed: no spaces, and half-width letters and digits."""
    return "".join(unicodedata.normalize("NFKC", typed).split())


def _number_as_printed(typed: str) -> str:
    """Return a typed number as printed, also if it has small letters, other dashes or none.

    The "No." in front of it may be typed too.
    """
    text = _DASHES.sub("-", _as_printed(typed)).upper()
    found = _NUMBER.fullmatch(text)
    return "-".join(found.groups()) if found else text


async def _show_check(context: RequestContext, number: str, code: str) -> Response[bytes]:
    if not (number and code):
        return _form_page(context, number, code)
    try:
        return await check_receipt(
            context, number, code, lambda books, found: _receipt_page(context, books, found)
        )
    except NotFound:
        return _form_page(context, number, code, status=404)
    except RateLimited as error:
        answer = _form_page(context, number, code, status=429, wait=error.retry_after)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer


def _receipt_page(context: RequestContext, books: Books, found: ReceiptView) -> Response[bytes]:
    lines = [] if found.document is None else found.document.lines
    return render_page(
        context.request,
        "receipt_check.html",
        station=books.station,
        receipt=verified_receipt(books, found),
        goods=[(line.name, line.name_en, quantity_of_line(line)) for line in lines],
    )


def _form_page(
    context: RequestContext, number: str, code: str, *, status: int = 200, wait: int = 0
) -> Response[bytes]:
    """Return the page with the form.

    Args:
        wait: Seconds until the next attempt is accepted, for a message. If 0, no message is shown.
    """
    return render_page(
        context.request,
        "receipt_check_form.html",
        status=status,
        number=number[:64],
        code=code[:64],
        is_unknown=status == 404,
        wait=wait,
    )
