"""Send a request to the application within this process, without a server or a network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from litestar import Litestar
from litestar.types import HTTPScope, Message

HOST = "127.0.0.1"


class LocalResponse(NamedTuple):
    """The response to a request. The names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def send_request(
    app: Litestar, method: str, address: str, headers: Mapping[str, str], body: bytes
) -> LocalResponse:
    """Start the application, send it one request, and stop it. Return the response.

    Args:
        method: The HTTP method, in capital letters.
        address: Path and query, as in `/api/needs?status=open`.
        headers: The headers of the request, without `Host` and `Content-Length`. Values are sent in
            UTF-8, like the arguments of a command.

    Raises:
        SuppliesError: the books or their keys cannot be opened.
    """
    sent = {"host": HOST, "content-length": str(len(body)), **headers}
    requests: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
    status, received, parts = 0, dict[str, str](), list[bytes]()

    async def receive() -> Message:
        message: Message = requests.pop(0) if requests else {"type": "http.disconnect"}
        return message

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            received.update(
                (name.decode("latin-1").lower(), value.decode("latin-1"))
                for name, value in message["headers"]
            )
        elif message["type"] == "http.response.body":
            parts.append(message["body"])

    scope = _scope(app, method, address, sent)
    try:
        async with app.lifespan():
            await app(scope, receive, send)  # type: ignore[arg-type]  # plain ASGI messages
    except BaseExceptionGroup as group:
        raise _first_error(group) from None
    return LocalResponse(status, received, b"".join(parts))


def _first_error(error: BaseException) -> BaseException:
    """Return the first error of a group. Litestar raises groups, because it uses a task group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _scope(app: Litestar, method: str, address: str, headers: Mapping[str, str]) -> HTTPScope:
    parts = urlsplit(address)
    return {  # type: ignore[typeddict-item]  # a plain ASGI scope
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(parts.path),
        "raw_path": parts.path.encode("ascii"),
        "query_string": parts.query.encode("ascii"),
        "root_path": "",
        "headers": [
            (name.lower().encode("ascii"), os.fsencode(value)) for name, value in headers.items()
        ],
        "client": (HOST, 0),
        "server": (HOST, 80),
        "extensions": {},
    }
