"""The station whose books these are."""

from __future__ import annotations

from litestar import Controller, Response, get, patch

from supplies.model import Station
from supplies_service.desk import ADesk
from supplies_service.openapi import gives, takes
from supplies_service.routes.catalogue import amend


class StationController(Controller):
    """Name, address and settings, as papers print them."""

    path = "/api/station"
    tags = ("station",)

    @get(operation_id="getStation", opt=gives(Station, roles="CRA"))
    async def station(self, desk: ADesk) -> Response[bytes]:
        """The station's settings."""
        return desk.show(lambda books: books.station)

    @patch(
        operation_id="amendStation", opt=takes(Station, Station, "code", partial=True, roles="C")
    )
    async def amend(self, desk: ADesk) -> Response[bytes]:
        """Change the settings given, and leave the others."""
        return await amend(desk, Station, desk.ledger.station_code)
