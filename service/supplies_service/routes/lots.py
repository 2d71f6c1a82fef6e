"""Lots: trace goods from their origin to the recipients."""

from __future__ import annotations

from litestar import Controller, get
from litestar.params import FromPath

from supplies.views.trace import TraceView, trace_lot
from supplies_service.request_context import Context
from supplies_service.security.authorization import allow_roles


class LotController(Controller):
    """Lots: goods of one item that arrived together."""

    path = "/api/lots"
    tags = ("stock",)

    @get(
        "/{lot:str}/trace",
        operation_id="traceLot",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def trace(self, context: Context, lot: FromPath[str]) -> TraceView:
        """Trace a lot: where its goods came from, and where they are now.

        Goods that were repacked from the lot are included.
        """
        return await context.show_in_thread(lambda books: trace_lot(books, lot))
