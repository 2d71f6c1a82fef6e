"""Secrets that a page shows once, such as the URL of an invitation or a token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from litestar import Response

from supplies.ledger.ledger import Ledger
from supplies_service.pages.command_forms import CommandForm, Saved
from supplies_service.pages.forms import redirect
from supplies_service.request_context import RequestContext

T = TypeVar("T")


async def save_and_show(
    context: RequestContext,
    form: CommandForm[Any],
    make: Callable[[Ledger], tuple[T, str]],
    show: Callable[[T], Response[bytes]],
) -> Response[bytes]:
    """Save a form that creates a secret, and return the page that shows the secret.

    If the same form is sent again, the secret is not shown. The browser is redirected to the page
    of the created object.

    Args:
        context: The request.
        form: The form.
        make: Creates the object with its secret within a transaction. Returns the object and the
            URL of its page.
        show: Returns the page with the secret.

    Raises:
        SuppliesError: the form is refused, or the database cannot be written.
    """
    made: list[T] = []

    def job(ledger: Ledger, _: str) -> Saved:
        found, address = make(ledger)
        made[:] = [found]
        return Saved(address)

    address = await form.record(context, job)
    return show(made[0]) if made else redirect(address)


def full_address(context: RequestContext, path: str) -> str:
    """Return a path of this service with the scheme and host that the browser uses."""
    return str(context.request.base_url).rstrip("/") + path
