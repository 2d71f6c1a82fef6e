"""Whether the service lives."""

from __future__ import annotations

from litestar import Controller, Response, get

from supplies.books import Books
from supplies.views.shapes import View
from supplies_service.auth import PUBLIC
from supplies_service.desk import ADesk
from supplies_service.openapi import gives


class Health(View, frozen=True, kw_only=True):
    """That the books can be read. seq: their last entry."""

    status: str
    station: str
    seq: int


def health(books: Books) -> Health:
    """A read of the books."""
    return Health(status="ok", station=books.station.code, seq=books.head()[0])


class HealthController(Controller):
    """Whether the service lives."""

    @get("/api/health", operation_id="getHealth", tags=["service"], opt=gives(Health, roles=PUBLIC))
    async def health(self, desk: ADesk) -> Response[bytes]:
        """Whether the books can be read."""
        return desk.show(health)
