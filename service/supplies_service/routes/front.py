"""The front page, which only says where to look."""

from __future__ import annotations

from html import escape

from litestar import Controller, MediaType, get

from supplies.books import Books
from supplies.views.entries import entries
from supplies_service.desk import ADesk

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>body {{ font: 1rem/1.6 sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }}\
</style>
<h1>{name}</h1>
<p>These are the station's books: {entries} entries, {period}.
<ul>
{links}
</ul>
<p>Nobody signs in yet, so this service listens on this machine only.
"""

_LINKS = (
    ("/api/reports/station/pdf?{period}", "The station report, as a paper"),
    ("/api/reports/station?{period}", "The same figures as JSON"),
    ("/api/stock", "What stands on the shelves"),
    ("/api/needs?status=open", "What is still needed"),
    ("/api/pledges", "What was promised"),
    ("/api/donations", "What was given"),
    ("/api/receipts", "Receipts; /api/receipts/NUMBER/pdf is the paper"),
    ("/api/deliveries", "Deliveries"),
    ("/api/entries", "Every entry, with its hash"),
    ("/schema/openapi.json", "All that this service can do (OpenAPI 3.1)"),
)


def front(books: Books) -> str:
    """Where to look, with the report's links over all days that were booked on."""
    seq, _, last = books.head()
    first = entries(books, limit=1).items
    begun = str(first[0].booked_on) if first else last
    period = f"from={begun}&to={last}"
    return _PAGE.format(
        name=escape(books.station.name),
        entries=seq,
        period=f"{begun} to {last}" if seq else "nothing booked yet",
        links="\n".join(
            f'<li><a href="{escape(link.format(period=period))}">{escape(words)}</a>'
            for link, words in _LINKS
            if seq or "{period}" not in link
        ),
    )


class FrontController(Controller):
    """The way in."""

    path = "/"

    @get(include_in_schema=False, media_type=MediaType.HTML)
    async def page(self, desk: ADesk) -> str:
        """Where to look."""
        with desk.reading() as books:
            return front(books)
