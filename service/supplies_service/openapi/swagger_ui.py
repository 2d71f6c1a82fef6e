"""`/schema`: the OpenAPI document to read and try, by Swagger UI, with nothing from elsewhere.

Its script and style come from the package `swagger-ui-py`, of which nothing else is used: it is
never imported. They are served as they are, and the page is one of ours.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template

from supplies_service.security.authorization import allow_anyone

ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
"""What the page needs of the package's files."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Swagger UI sets styles inline and draws its marks from data; no script of it does."""

START = b"""window.ui = SwaggerUIBundle({
  dom_id: "#document",
  url: "/schema/openapi.json",
  // The badge of another site's validator would be fetched from there.
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "list",
  filter: true,
  persistAuthorization: false
});
"""

_FOR_A_DAY = {"Cache-Control": "public, max-age=86400"}


@get("/", opt=allow_anyone())
async def read_document() -> Response[bytes]:
    """The page."""
    shown = Template("swagger_ui.html")
    shown.headers["Content-Security-Policy"] = POLICY
    return shown


@get("/start.js", opt=allow_anyone())
async def start() -> Response[bytes]:
    """What the page does first; it stands apart because nothing may stand inline."""
    return Response(START, media_type="text/javascript")


@get("/parts/{name:str}", opt=allow_anyone())
async def part(name: FromPath[str]) -> Response[bytes]:
    """A file of the package."""
    if name not in ASSETS:
        raise NotFoundException
    return Response(_content(name), media_type=ASSETS[name], headers=_FOR_A_DAY)


@cache
def _content(name: str) -> bytes:
    folder = Path(str(distribution("swagger-ui-py").locate_file("swagger_ui/static")))
    return (folder / name).read_bytes()


HANDLERS = [read_document, start, part]
