"""The page on which coordinators and auditors download the books for other programs."""

from __future__ import annotations

from typing import get_args

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery

from supplies.errors import NotFound, Sentence
from supplies.exports.formats import EXPORTED_LISTS, FORMATS, ExportRequest
from supplies_service.pages.layout import render_page
from supplies_service.pages.period_filter import parse_day
from supplies_service.pages.reports import AsOfDay
from supplies_service.request_context import Context
from supplies_service.routes.exports import Kind, export_books
from supplies_service.security.authorization import allow_roles

_DOWNLOADERS = {"page": True} | allow_roles("coordinator", "auditor")


class ExportPages(Controller):
    """Routes of the page for exports, and of the exported files."""

    path = "/exports"
    include_in_schema = False

    @get(opt=_DOWNLOADERS)
    async def choose(self, context: Context) -> Response[bytes]:
        """Show the export formats, each with a form that downloads the books."""
        return render_page(
            context.request,
            "exports.html",
            formats=[FORMATS[name] for name in get_args(Kind)],
            lists=EXPORTED_LISTS,
        )

    @get("/{kind:str}", opt=_DOWNLOADERS)
    async def download(
        self,
        context: Context,
        kind: FromPath[str],
        as_of: AsOfDay = "",
        lists: FromQuery[str] = "",
        personal: FromQuery[bool] = False,
    ) -> Response[bytes]:
        """Return the books in a format. An export with personal data is logged."""
        if kind not in FORMATS:
            raise NotFound(
                Sentence("unknown export format {name}; see the formats", name=repr(kind[:64]))
            )
        request = ExportRequest(
            personal=personal,
            as_of=parse_day(as_of, "/as_of"),
            lists=(lists,) if lists else (),
        )
        return await export_books(context, kind, request)
