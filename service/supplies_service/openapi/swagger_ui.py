"""The page `/schema`: the OpenAPI document in Swagger UI, with no files from other hosts.

The script and style are files of the package `swagger-ui-py`, which is not imported. The page is a
template of this package.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from supplies_service.security.authorization import allow_anyone
from supplies_service.templating import render

ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
"""The files of the package `swagger-ui-py` that the page loads."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Content security policy of the page. Swagger UI needs inline styles and `data:` images."""

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
async def page() -> Response[bytes]:
    """Return the HTML page that contains Swagger UI."""
    headers = {"Content-Security-Policy": POLICY}
    content = render("en", "swagger_ui.html", {})
    return Response(content, media_type="text/html", headers=headers)


@get("/start.js", opt=allow_anyone())
async def start_script() -> Response[bytes]:
    """Return the script that starts Swagger UI.

    It is not part of the page, because the page's content security policy forbids inline scripts.
    """
    return Response(START, media_type="text/javascript")


@get("/parts/{name:str}", opt=allow_anyone())
async def asset(name: FromPath[str]) -> Response[bytes]:
    """Return a file of the package `swagger-ui-py`, such as its script.

    Raises:
        NotFoundException: `name` is not a file that the page uses.
    """
    if name not in ASSETS:
        raise NotFoundException
    return Response(_content(name), media_type=ASSETS[name], headers=_FOR_A_DAY)


@cache
def _content(name: str) -> bytes:
    folder = Path(str(distribution("swagger-ui-py").locate_file("swagger_ui/static")))
    return (folder / name).read_bytes()


HANDLERS = [page, start_script, asset]
