"""The page with links to all pages that only coordinators may use."""

from __future__ import annotations

from litestar import Controller, Response, get

from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import COORDINATORS
from supplies_service.request_context import Context


class AdministrationPages(Controller):
    """Route of the page with links to the pages for coordinators."""

    path = "/admin"
    include_in_schema = False

    @get(opt=COORDINATORS)
    async def administration(self, context: Context) -> Response[bytes]:
        """Show links to the pages for coordinators."""
        return render_page(context.request, "administration.html")
