"""The page about the care of the books: verification and backup."""

from __future__ import annotations

from litestar import Controller, Response, get

from supplies.signing.station_keys import key_file
from supplies.storage.engines import database_file
from supplies.verification.log import read_last_verification
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import COORDINATORS
from supplies_service.request_context import Context
from supplies_service.routes.health import build_health, free_bytes


class BooksCarePages(Controller):
    """Route of the page."""

    path = "/admin/books"
    include_in_schema = False

    @get(opt=COORDINATORS)
    async def care(self, context: Context) -> Response[bytes]:
        """Show the last verification, and how to verify and back up the books."""
        url = context.ledger.store.url
        file = database_file(url)
        free = free_bytes(url)
        with context.reading() as books:
            return render_page(
                context.request,
                "books_care.html",
                verified=read_last_verification(books),
                entries=books.head()[0],
                attention=build_health(context, books).attention,
                file=None if file is None else file.name,
                megabytes=None if file is None else -(-file.stat().st_size // 2**20),
                today=context.ledger.today().isoformat(),
                free_megabytes=None if free is None else free // 2**20,
                keys=None if file is None else key_file(url).name,
            )
