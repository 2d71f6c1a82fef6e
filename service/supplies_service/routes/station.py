"""The station's settings."""

from __future__ import annotations

from litestar import Controller, get, patch

from supplies.stations.paper_settings import (
    StationWithSettings,
    UnitView,
    amend_station,
    list_units,
    station_with_settings,
)
from supplies.views.pagination import Page
from supplies_service.request_bodies import Body, Changes
from supplies_service.request_context import Context
from supplies_service.security.authorization import allow_roles


class StationController(Controller):
    """Routes of the station's settings, such as its name and address."""

    path = "/api/station"
    tags = ("station",)

    @get(operation_id="getStation", opt=allow_roles("coordinator", "recorder", "auditor"))
    async def station(self, context: Context) -> StationWithSettings:
        """Get the settings of the station and of its papers."""
        return context.show(station_with_settings)

    @get("/units", operation_id="listUnits", opt=allow_roles("coordinator", "recorder", "auditor"))
    async def units(self, context: Context) -> Page[UnitView]:
        """List the words for units of measure, by the code of the unit.

        The program contains words for common units. A station can set others in `papers.units`.
        """
        with context.reading() as books:
            return Page(items=list_units(books))

    @patch(operation_id="amendStation", opt=allow_roles("coordinator"))
    async def amend(
        self, context: Context, payload: Body[Changes[StationWithSettings]]
    ) -> StationWithSettings:
        """Change the given settings. Other settings and issued receipts stay as they are."""
        return await context.station.admin_write(
            lambda access: amend_station(access.books, payload.fields)
        )
