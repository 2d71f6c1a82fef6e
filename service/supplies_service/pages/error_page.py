"""The page that a browser shows for an error."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from litestar import Request, Response

from supplies.errors import Sentence, StoreError, SuppliesError
from supplies_service.pages.languages import language_of
from supplies_service.pages.layout import html, render_page
from supplies_service.templating import render


def render_error(
    request: Request[Any, Any, Any], error: SuppliesError, status: int, detail: str
) -> Response[bytes]:
    """Return a page that describes an error.

    Args:
        request: The request.
        error: The error.
        status: The HTTP status.
        detail: The description of the error without anything that the reader must not see.
    """
    values: dict[str, object] = {
        "slug": error.slug,
        "detail": detail,
        "code": status,
        "is_translated": isinstance(detail, Sentence),
    }
    if not isinstance(error, StoreError):
        with suppress(SuppliesError):
            return render_page(request, "error.html", status=status, **values)
    # The books cannot be read, so the header has no station and no navigation.
    bare = {"station": None, "user": None, "role": "", "path": "", "here": "/", "names": None}
    return html(render(language_of(request), "error.html", {**bare, **values}), status)
