"""A request's body, strictly: JSON that says it is JSON, and no field that nobody asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException

from supplies.domain.commands import Command
from supplies.domain.validation import convert
from supplies.errors import InvalidField, NotFound
from supplies_service.problems import Malformed, TooSlow, WrongMediaType

MAX_BODY = 2**20
"""Bytes. Five hundred lines with every field filled need about a third of it."""

C = TypeVar("C", bound=Command)

_decode = msgspec.json.Decoder().decode


async def json_object(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """The body as a JSON object; nothing is read from a body that does not say it is JSON.

    Refusing other types also keeps other sites' forms out: a browser asks before it sends JSON.
    """
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if kind.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise WrongMediaType("send JSON in UTF-8, with Content-Type: application/json")
    try:
        body = _decode(await whole(request))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"the body is not JSON: {error}") from None
    except RecursionError:
        raise Malformed("the body is not JSON that can be read: it is nested too deeply") from None
    if not isinstance(body, dict):
        raise InvalidField.at("", "the body must be a JSON object, as in {}")
    return body


async def whole(request: Request[Any, Any, Any]) -> bytes:
    """The body's bytes, once all of them are there; whoever sends them too slowly is cut off."""
    seconds: float = request.app.state.body_seconds
    try:
        async with asyncio.timeout(seconds):
            return await request.body()
    except TimeoutError:
        raise TooSlow(
            f"the body did not arrive within {seconds:g} seconds; send it again, or in parts"
        ) from None
    except InternalServerException:
        raise Malformed("the connection ended before the body did") from None


def command(kind: type[C], body: Mapping[str, Any], path: Mapping[str, str | int]) -> C:
    """The command that a body and its address make together.

    Which command it is and what it is about stand in the address alone. An address that could
    not be any code names nothing that there is.
    """
    for name in ("type", *path):
        if name in body:
            raise InvalidField.at(f"/{name}", f"{name} stands in the address; leave it out")
    try:
        return convert(kind, {**body, **path})
    except InvalidField as error:
        named = {fault.pointer.removeprefix("/") for fault in error.faults}
        if named & set(path):
            raise NotFound("there is nothing at this address; see the lists") from None
        raise


def entry_number(text: str) -> int:
    """An entry's number in an address; what is no number names no entry."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise NotFound(f"there is no entry {text[:64]}; entries are numbered from 1")
    return int(text)
