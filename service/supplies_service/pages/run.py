"""The routes of the phone page of a delivery team. Its files contain no data; see `run_shell`."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.params import FromPath

from supplies.views.deliveries import list_deliveries
from supplies_service.pages import run_shell
from supplies_service.pages.assets import static_response
from supplies_service.pages.layout import render_page
from supplies_service.request_context import Context
from supplies_service.security.authorization import allow_anyone, allow_roles

_ASK_AGAIN = {"Cache-Control": "no-cache"}
"""Header that makes a browser ask for a newer version each time.

Without a network, the browser may use the version that it has.
"""


class RunPages(Controller):
    """The page of a delivery team, for phones."""

    path = "/run"
    include_in_schema = False
    opt = allow_anyone()

    @get()
    async def run(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return the page of a delivery team, without data."""
        return _shell(request)

    @get("/{delivery:str}/{allocation:str}")
    async def stop(
        self, request: Request[Any, Any, Any], delivery: FromPath[str], allocation: FromPath[str]
    ) -> Response[bytes]:
        """Return the same page for the QR code on a slip. The page's script then opens the stop."""
        del delivery, allocation  # the script reads them in the address
        return _shell(request)

    @get("/sw.js")
    async def service_worker(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return the service worker script, and allow it to handle requests for `/run`."""
        headers = {**_ASK_AGAIN, "Service-Worker-Allowed": "/run"}
        return static_response(request, run_shell.service_worker(), "text/javascript", headers)

    @get("/manifest.webmanifest")
    async def manifest(self) -> Response[bytes]:
        """Return the name and the icons of the page on a phone's home screen."""
        return Response(
            run_shell.manifest(), media_type="application/manifest+json", headers=_ASK_AGAIN
        )

    @get("/paper", opt=allow_roles("courier"))
    async def paper(self, context: Context) -> Response[bytes]:
        """List the run sheets of the team's open deliveries, for phones without JavaScript."""
        with context.reading() as books:
            found = list_deliveries(books, team=context.caller.team, status="out", limit=None)
            return render_page(context.request, "run_paper.html", deliveries=found.items)


def _shell(request: Request[Any, Any, Any]) -> Response[bytes]:
    return static_response(request, run_shell.shell(), "text/html", _ASK_AGAIN)
