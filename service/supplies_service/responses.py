"""Response classes of the API.

A handler's return annotation names one of these classes, or a struct. A struct is sent as JSON with
status 200.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import IO, Any, NamedTuple, TypeVar, cast

import msgspec
from anyio.to_thread import run_sync
from litestar import Litestar, Request, Response
from litestar.types import Receive, Scope, Send

from supplies.domain.photos import photo_type
from supplies.views.entries import ConflictView, EntryView
from supplies.views.pagination import View, Warned

T = TypeVar("T")

encode = msgspec.json.Encoder().encode

PDF_TYPE = "application/pdf"

_PART_BYTES = 65_536
"""Size in bytes of the parts in which a file is sent."""


class EntryRecorded(View, frozen=True, kw_only=True):
    """The recorded entry. Its `document` is the id of the document that the command created.

    Attributes:
        warnings: What to check about the entry. For example, the entry is probably a duplicate;
            arrived goods lack a batch or expiry that their item requires; a stock count probably
            recorded the goods already; or a team still carries goods that the entry takes from
            stock. Left out if there is nothing to check.
        recounted: Count sheets whose expected quantities changed, because the command is dated
            before the count; left out if there are none.
    """

    entry: EntryView
    warnings: list[Warned] | msgspec.UnsetType = msgspec.UNSET
    recounted: list[str] | msgspec.UnsetType = msgspec.UNSET


class ConflictRecorded(View, frozen=True, kw_only=True):
    """A reported fact that contradicts the books. No goods move until a coordinator resolves it."""

    entry: EntryView
    conflict: ConflictView


class _JSONBytes:
    """An ASGI application that sends a response of encoded JSON."""

    def __init__(self, body: bytes, status: int, headers: Mapping[str, str]) -> None:
        self._body, self._status = body, status
        self._headers = [
            *((name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": self._status, "headers": self._headers}
        )
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


class JSONResponse(Response[T]):
    """A response with a struct as JSON, with the fields in the order of the struct."""

    def to_asgi_response(
        self,
        app: Litestar | None,
        request: Request[Any, Any, Any],
        *,
        headers: dict[str, str] | None = None,
        status_code: int | None = None,
        **options: Any,
    ) -> Any:
        """Return the application that sends the response.

        Litestar's own application also handles cookies, other media types and background tasks, and
        takes ten times as long.
        """
        if not isinstance(self.content, msgspec.Struct):
            return super().to_asgi_response(
                app, request, headers=headers, status_code=status_code, **options
            )
        status = self.status_code or status_code or 200
        return _JSONBytes(encode(self.content), status, {**(headers or {}), **self.headers})

    def render(
        self, content: Any, media_type: str, enc_hook: Callable[[Any], Any] | None = None
    ) -> bytes:
        """Encode a struct with a shared encoder. Litestar would create one for each response."""
        if isinstance(content, msgspec.Struct):
            return encode(content)
        return super().render(content, media_type)


class CreatedResponse(Response[T]):
    """The response to a POST that created something. Its header `Location` has the new URL.

    The body is JSON that was encoded in the SQL transaction that stored it, so that a repeated
    request gets the same response. `T` is the type that the JSON represents.
    """

    def __init__(self, content: bytes, *, status: int = 201, location: str | None) -> None:
        super().__init__(
            cast("T", content),  # The bytes decode to a `T`.
            status_code=status,
            media_type="application/json",
            headers={} if location is None else {"Location": location},
        )

    def to_asgi_response(
        self,
        app: Litestar | None,
        request: Request[Any, Any, Any],
        *,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> Any:
        """Return the application that sends the response, as `JSONResponse` does."""
        content, status = cast("bytes", self.content), self.status_code or 201
        return _JSONBytes(content, status, {**(headers or {}), **self.headers})


class CreatedOrConflict(CreatedResponse[T]):
    """A `CreatedResponse`, or a response with status 202 if a fact contradicts the books.

    With status 202, the content is a `ConflictRecorded`.
    """


class PhotoResponse(Response[bytes]):
    """A photo, as JPEG or WebP."""

    def __init__(self, photo: bytes) -> None:
        super().__init__(photo, media_type=photo_type(photo) or "application/octet-stream")


class Download(NamedTuple):
    """An open file to send, positioned at its beginning.

    Attributes:
        name: The file name under which browsers save it.
    """

    file: IO[bytes]
    media_type: str
    name: str


def written_download(media_type: str, name: str, write: Callable[[IO[bytes]], object]) -> Download:
    """Write content to a temporary file, and return the file to send.

    A file on disk needs no memory for its content, and a slow client does not keep the books open.
    The file has no name on disk, and disappears when it is closed.

    Args:
        write: Writes the content.
    """
    with ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile(prefix="supplies-"))
        write(file)
        stack.pop_all()  # The response closes the file.
    return Download(file, media_type, name)


class _FileStream:
    """An ASGI application that sends a file in parts, and then closes it."""

    def __init__(self, download: Download, headers: Mapping[str, str]) -> None:
        self._file = download.file
        size = self._file.seek(0, os.SEEK_END)
        self._file.seek(0)
        self._headers = [
            *((name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()),
            (b"content-type", download.media_type.encode()),
            (b"content-length", str(size).encode()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:
            await send({"type": "http.response.start", "status": 200, "headers": self._headers})
            while part := await run_sync(self._file.read, _PART_BYTES):
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class DownloadResponse(Response[bytes]):
    """A file that browsers save. It is sent in parts, and is never in memory as a whole."""

    def __init__(self, download: Download) -> None:
        super().__init__(
            b"",
            media_type=download.media_type,
            headers={"Content-Disposition": f'attachment; filename="{download.name}"'},
        )
        self._download = download

    def to_asgi_response(
        self,
        app: Litestar | None,
        request: Request[Any, Any, Any],
        *,
        headers: dict[str, str] | None = None,
        **_: Any,
    ) -> Any:
        """Return the application that sends the file."""
        return _FileStream(self._download, {**(headers or {}), **self.headers})


class PDFResponse(Response[bytes]):
    """A PDF that browsers show. If it is saved, the file name is `{name}.pdf`."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(
            content,
            media_type=PDF_TYPE,
            headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
        )
