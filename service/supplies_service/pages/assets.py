"""Style sheets, scripts and images of the pages, at URLs that contain their hash.

A file of `assets/` or `vendor/` is served at `/assets/NAME.HASH.EXTENSION`. The content at a URL
never changes, so browsers keep it for good. A script imports another one by `"./name.js"`. When it
is served, this name is replaced by the URL with the hash.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from litestar import Controller, Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from supplies_service.security.authorization import allow_anyone

MEDIA_TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "png": "image/png",
}

_IMPORT = re.compile(rb'(?<=from ")\./([\w-]+\.js)(?=")')

_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}


class Asset(NamedTuple):
    """A file of the pages, as the service sends it."""

    address: str
    content: bytes
    media_type: str


def asset(name: str) -> Asset:
    """Return a style sheet, script or image by its file name, such as `desk.css`.

    Raises:
        KeyError: no file has this name.
    """
    return _assets()[name]


def asset_address(name: str) -> str:
    """Return the URL of a style sheet, script or image, such as `desk.css`.

    Raises:
        KeyError: no file has this name.
    """
    return asset(name).address


@cache
def _assets() -> dict[str, Asset]:
    """Return all files by file name. A script comes after the scripts that it imports.

    Raises:
        ValueError: two files have the same name, so that one would replace the other.
    """
    pages = files("supplies_service.pages")
    folders = [pages / "assets", pages / "assets" / "run", *(pages / "vendor").iterdir()]
    sources: dict[str, bytes] = {}
    for folder in folders:
        for file in folder.iterdir():
            if file.name.rpartition(".")[2] in MEDIA_TYPES:
                if file.name in sources:
                    raise ValueError(f"two files of the pages are named {file.name}")
                sources[file.name] = file.read_bytes()
    made: dict[str, Asset] = {}

    def address_of(name: str) -> str:
        if name not in made:
            stem, _, extension = name.rpartition(".")
            content = _IMPORT.sub(
                lambda found: address_of(found[1].decode()).encode(), sources[name]
            )
            digest = hashlib.sha256(content).hexdigest()[:16]
            address = f"/assets/{stem}.{digest}.{extension}"
            made[name] = Asset(address, content, MEDIA_TYPES[extension])
        return made[name].address

    for name in sources:
        address_of(name)
    return made


@cache
def _by_address() -> dict[str, Asset]:
    return {asset.address: asset for asset in _assets().values()}


def static_response(
    request: Request[Any, Any, Any], content: bytes, media_type: str, headers: Mapping[str, str]
) -> Response[bytes]:
    """Return a file that is the same for everybody, compressed if the client accepts gzip.

    Do not use it for private data: the size of a compressed response can reveal parts of it.

    Args:
        headers: Further headers of the response.
    """
    sent = {**headers, "Vary": "Accept-Encoding"}
    if media_type != "image/png" and _accepts_gzip(request.headers.get("accept-encoding", "")):
        content, sent["Content-Encoding"] = _compressed(content), "gzip"
    return Response(content, media_type=media_type, headers=sent)


def _accepts_gzip(header: str) -> bool:
    return any(_GZIP.fullmatch(coding.strip()) is not None for coding in header.lower().split(","))


_GZIP = re.compile(r"gzip(?:\s*;\s*q=(?:1|1\.0*|0\.0*[1-9][0-9]*))?")


@cache
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


class AssetFiles(Controller):
    """The route of the files that the pages load."""

    path = "/assets"
    include_in_schema = False
    opt = allow_anyone()

    @get("/{name:str}")
    async def asset(self, request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
        """Return a style sheet, script or image.

        Raises:
            NotFoundException: no page of this version loads this file.
        """
        found = _by_address().get(f"/assets/{name}")
        if found is None:
            raise NotFoundException
        return static_response(request, found.content, found.media_type, _FOR_GOOD)
