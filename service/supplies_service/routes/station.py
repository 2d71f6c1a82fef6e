"""The station whose books these are."""

from __future__ import annotations

from litestar import Controller, Response, get, patch

from supplies.stations.paper_settings import StationShown, amend_station, station_shown
from supplies_service.openapi.schema import gives, takes
from supplies_service.request_context import Context, answer


class StationController(Controller):
    """Name, address and settings, as papers print them."""

    path = "/api/station"
    tags = ("station",)

    @get(operation_id="getStation", opt=gives(StationShown, roles="CRA"))
    async def station(self, context: Context) -> Response[bytes]:
        """The station's settings, those of its papers among them."""
        return context.show(station_shown)

    @patch(
        operation_id="amendStation",
        opt=takes(StationShown, StationShown, "code", partial=True, roles="C"),
    )
    async def amend(self, context: Context) -> Response[bytes]:
        """Change the settings given, and leave the others; receipts that were issued stay."""
        changes = await context.body()
        done = await context.station.admin_write(lambda gate: amend_station(gate.books, changes))
        return answer(done)
