"""The layout of all pages: a header with station, navigation, language and account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response

from supplies.access import users
from supplies.access.access_context import AccessContext
from supplies.books.reader import Books
from supplies.stations.paper_settings import paper_settings
from supplies_service.pages.forms import local_path
from supplies_service.pages.languages import language_of
from supplies_service.pages.names import Names
from supplies_service.security.authentication import caller_of
from supplies_service.stations import current_station, served_stations
from supplies_service.templating import render


def render_page(
    request: Request[Any, Any, Any], template: str, *, status: int = 200, **values: object
) -> Response[bytes]:
    """Return a page in the language of its reader.

    Call this on the event loop, within the transaction that read `values`. So the names on the page
    come from the same state of the books.

    Args:
        request: The request.
        template: File name of the template.
        status: The HTTP status.
        values: Variables of the template, in addition to those of `base.html`.
    """
    with current_station(request).ledger.reading() as books:
        return html(_content(request, books, template, values), status)


def render_page_of(
    books: Books, request: Request[Any, Any, Any], template: str, **values: object
) -> Response[bytes]:
    """Render a page in the thread that reads the books; see `render_page`."""
    return html(_content(request, books, template, values))


def _content(
    request: Request[Any, Any, Any], books: Books, template: str, values: Mapping[str, object]
) -> bytes:
    caller, user = caller_of(request.scope), None
    settings = paper_settings(books)
    access = AccessContext(books, current_station(request).ledger.clock())
    if caller is not None and caller.user is not None:
        user = users.get(access, caller.user)
    language = language_of(request, settings.languages)
    names_shown = caller is not None and caller.role != "auditor"
    shared: Mapping[str, object] = {
        "station": None if user is None and _has_several(request) else books.station,
        "user": user,
        "role": "" if user is None else user.role,
        "path": request.url.path,
        "here": local_path(request),
        "names": Names(books, settings, language, personal=names_shown, access=access),
    }
    return render(language, template, {**shared, **values})


def html(content: bytes, status: int = 200) -> Response[bytes]:
    """Return a response with an HTML page."""
    return Response(content, status_code=status, media_type="text/html")


def _has_several(request: Request[Any, Any, Any]) -> bool:
    return served_stations(request).has_several()
