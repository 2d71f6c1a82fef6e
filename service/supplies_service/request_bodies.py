"""Request bodies: strict JSON, decoded to the type of a handler's `payload` parameter.

Litestar's own decoder accepts `"5"` and `1.0` for 5, and ignores unknown fields. This module
refuses both.
"""

from __future__ import annotations

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, get_args

import msgspec
from anyio.to_thread import run_sync
from litestar import Request
from litestar.di import NamedDependency
from litestar.exceptions import InternalServerException
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation

from supplies.domain.catalogue_records import CatalogueRecord
from supplies.domain.commands import Command
from supplies.domain.photos import PhotoType
from supplies.domain.validation import convert
from supplies.errors import InvalidField, NotFound, Sentence, SuppliesError
from supplies_service.handler_cache import cached_by_handler
from supplies_service.problems import Malformed, TooSlow, WrongMediaType
from supplies_service.security.authentication import caller_of
from supplies_service.stations import current_station

MAX_BODY = 2**20
"""Maximum size of a body in bytes. The proxies in `deploy` have the same limit.

A body with 500 lines of goods and every field filled in takes about a third of this size.
"""

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")

Body: TypeAlias = NamedDependency[SkipValidation[T]]
"""The decoded body of a request. A handler declares it as `payload: Body[RecordDonation]`.

A field of the struct that is also a path parameter is filled from the path. The body must not
contain such a field, nor `type`.
"""

PHOTO_TYPES: tuple[str, ...] = get_args(PhotoType)
"""The media types that are accepted for photos."""

_BODY = "supplies_body"
"""The key in a request's ASGI scope that holds the JSON object of its body."""

_ENTRY_NUMBERS = ("entry", "conflict")
"""Names of path parameters that are entry numbers. All others are codes."""

_ROLES_SHOWN_BOOKS = ("coordinator", "recorder")
"""Roles that see all faults of a command, even those found by reading the books."""

_BREAK = re.compile("[\t\n\r\u2028\u2029]+")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")

_ESCAPES = re.compile(rb"(\\u[dD][89abAB]..\\u[dD][c-fC-F]..)|\\u[dD][89a-fA-F]..|(\\.)", re.DOTALL)
"""Escapes in JSON: a surrogate pair, half of a pair, or any other escape.

Only escapes that are not half of a pair are captured as groups.
"""

_decode = msgspec.json.Decoder().decode

_encode = msgspec.json.Encoder().encode


class EmptyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body `{}`, for requests that need no fields."""


class Changes(Generic[S]):
    """The body of a PATCH: the fields of the struct `S` to change. Other fields stay unchanged."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = fields

    def apply_to(self, before: S) -> S:
        """Return a copy of `before` with these fields changed.

        Raises:
            InvalidField: a field is unknown, or its value is invalid.
        """
        return convert(type(before), {**msgspec.to_builtins(before), **self.fields})


class BodyType(NamedTuple):
    """The type to which a handler's request body is decoded.

    Attributes:
        is_partial: Whether every field may be left out, as in a PATCH.
    """

    struct: type[msgspec.Struct]
    is_partial: bool


@cached_by_handler
def body_type(handler: BaseRouteHandler) -> BodyType | None:
    """Return the type of a handler's `payload` parameter, or None if it has no such parameter."""
    parameter = handler.parsed_fn_signature.parameters.get("payload")
    if parameter is None:
        return None
    if parameter.origin is Changes:
        return BodyType(parameter.args[0], is_partial=True)
    return BodyType(parameter.annotation, is_partial=False)


async def decode_body(request: Request[Any, Any, Any]) -> msgspec.Struct | Changes[Any]:
    """Return the body, decoded to the type of its handler's `payload` parameter.

    Raises:
        WrongMediaType: the request does not declare JSON in UTF-8.
        Malformed: the body is not JSON.
        TooSlow: the body did not arrive in time.
        InvalidField: a field is missing, unknown or invalid.
        NotFound: a path parameter cannot be a code or number.
    """
    expected = body_type(request.route_handler)
    assert expected is not None, "only a handler with a `payload` parameter depends on this"
    path = _path_fields(expected.struct, request.path_params)
    fields = await json_object(request)
    for name in ("type", *path):
        if name in fields:
            raise InvalidField.at(
                f"/{name}", Sentence("{name} is part of the address; leave it out", name=name)
            )
    if expected.is_partial:
        return Changes(fields)
    try:
        return (decode_of_team if is_of_team(request) else decode)(expected.struct, fields, path)
    except InvalidField as error:
        raise await _with_all_faults(request, error, expected.struct, {**fields, **path}) from None


def is_of_team(request: Request[Any, Any, Any]) -> bool:
    """Return whether a request comes from a delivery team."""
    caller = caller_of(request.scope)
    return caller is not None and caller.role == "courier"


async def _with_all_faults(
    request: Request[Any, Any, Any],
    error: InvalidField,
    struct: type[msgspec.Struct],
    fields: Mapping[str, Any],
) -> SuppliesError:
    """Return an error with all faults of a body, also those that only the books can show.

    If the caller's role may not see the content of the books, return the error unchanged.
    """
    caller = caller_of(request.scope)
    if caller is None or caller.role not in _ROLES_SHOWN_BOOKS:
        return error
    if not issubclass(struct, Command | CatalogueRecord):
        return error
    station = current_station(request)

    def search() -> SuppliesError:
        return station.thread_ledger.with_all_faults(error, struct, fields)

    return await run_sync(search)


def decode(struct: type[S], fields: Mapping[str, Any], path: Mapping[str, str | int]) -> S:
    """Decode the fields of a body and the parameters of the path to one struct.

    Raises:
        InvalidField: a field of the body is missing, unknown or invalid.
        NotFound: a path parameter is invalid, so there is nothing at this URL.
    """
    try:
        return convert(struct, {**fields, **path})
    except InvalidField as error:
        named = {fault.pointer.removeprefix("/") for fault in error.faults}
        if named & set(path):
            raise NotFound(Sentence("there is nothing at this address; see the lists")) from None
        raise


def decode_of_team(struct: type[S], fields: Mapping[str, Any], path: Mapping[str, str | int]) -> S:
    """Decode a body from a phone of a delivery team, as `decode` does.

    If the body is invalid, it is decoded again without control characters. Older versions of the
    phone page, and keyboards with a scanner, leave such characters in notes. A phone resends a
    stored report unchanged, so such a report would be refused every time.

    Raises:
        InvalidField, NotFound: as `decode`.
    """
    try:
        return decode(struct, fields, path)
    except InvalidField:
        cleaned = {name: _without_controls(value) for name, value in fields.items()}
        if cleaned == fields:
            raise
        return decode(struct, cleaned, path)


def _without_controls(value: Any) -> Any:
    """Return a text without control characters. Line breaks and tabs are replaced by spaces.

    The phone page does the same before it stores a record. Values of other types are unchanged.
    """
    if not isinstance(value, str):
        return value
    return _CONTROL.sub("", _BREAK.sub(" ", value)).strip()


def replace_half_pairs(content: bytes) -> bytes:
    """Replace each escaped half of a surrogate pair in a JSON text by U+FFFD.

    The phone page shortens long texts, and older versions cut through such pairs. The text of half
    a pair cannot be stored, and a phone resends a record unchanged, so it would be refused every
    time.
    """

    def replace(escape: re.Match[bytes]) -> bytes:
        return escape[0] if escape.lastindex else rb"\ufffd"

    return _ESCAPES.sub(replace, content)


def _path_fields(
    struct: type[msgspec.Struct], parameters: Mapping[str, Any]
) -> dict[str, str | int]:
    """Return the path parameters that are also fields of a struct, by name."""
    fields: dict[str, str | int] = {}
    for name in parameters.keys() & set(struct.__struct_encode_fields__):
        value = str(parameters[name])
        fields[name] = parse_number(value) if name in _ENTRY_NUMBERS else value
    return fields


async def json_object(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Return the request's body as a JSON object. The body is read only once.

    If the route takes a photo, the body may be the photo itself. The result is then an object with
    the photo in one field. The route's `opt` names this field as `file_field`.

    Bodies of other media types are refused. This also protects against forms of other sites,
    because a browser asks for permission before it sends JSON to another site.

    Raises:
        WrongMediaType: the request does not declare JSON in UTF-8.
        Malformed: the body is not JSON.
        TooSlow: the body did not arrive in time.
        InvalidField: the body is JSON, but not an object.
    """
    scope: Any = request.scope
    body: dict[str, Any] | None = scope.get(_BODY)
    if body is None:
        body = scope[_BODY] = await _read_json_object(request)
    return body


async def _read_json_object(request: Request[Any, Any, Any]) -> dict[str, Any]:
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    field: str | None = request.route_handler.opt.get("file_field")
    if field is not None and kind.strip().lower() in PHOTO_TYPES:
        return {field: b64encode(await read_body(request)).decode()}
    charset = parameters.strip().lower().replace('"', "")
    if kind.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise WrongMediaType("send JSON in UTF-8, with Content-Type: application/json")
    content = await read_body(request)
    if is_of_team(request):
        content = replace_half_pairs(content)
    if not content.strip():
        raise Malformed("the body is empty; send a JSON object, as in {}")
    try:
        body = _decode(content)
        if _may_have_duplicates(content, body):
            _refuse_duplicates_in(content.decode())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        reason = "it ends too early" if "truncated" in str(error) else error
        raise Malformed(f"the body is not JSON: {reason}") from None
    except RecursionError:
        raise Malformed("the body cannot be read as JSON: it is nested too deeply") from None
    if not isinstance(body, dict):
        raise InvalidField.at("", Sentence("the body must be a JSON object, as in {{}}"))
    return body


def _may_have_duplicates(content: bytes, body: object) -> bool:
    """Return whether a JSON object in the content may contain a name twice.

    A decoded object has each name once. So if a name is given twice, the content has more colons
    than the same body encoded again, unless an escape stands for a colon.
    """
    return b"\\" in content or content.count(b":") != _encode(body).count(b":")


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> None:
    """Raise an error if a JSON object contains a name twice.

    Programs do not agree on which of the two values counts.
    """
    seen = set[str]()
    for name, _ in pairs:
        if name in seen:
            raise Malformed(
                f"{name[:64]!r} occurs twice in the same JSON object; send it only once"
            )
        seen.add(name)


_refuse_duplicates_in = json.JSONDecoder(object_pairs_hook=_refuse_duplicates, parse_int=str).decode


def pointer_as_typed(request: Request[Any, Any, Any], pointer: str) -> str:
    """Return the JSON pointer of the field in which the user typed an invalid value.

    An expiry month may be typed into the field `expires_on`, but an error about it names the field
    `expires_month`.
    """
    parent, _, name = pointer.rpartition("/")
    if name != "expires_month":
        return pointer
    scope: Any = request.scope
    value: Any = scope.get(_BODY)
    for part in parent.split("/")[1:]:
        if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, dict) and value.get("expires_month") is None and "expires_on" in value:
        return f"{parent}/expires_on"
    return pointer


async def read_body(request: Request[Any, Any, Any]) -> bytes:
    """Return the bytes of the whole body.

    Raises:
        TooSlow: the body did not arrive within the application's `body_seconds`.
        Malformed: the client disconnected before the end of the body.
    """
    seconds: float = request.app.state.body_seconds
    try:
        async with asyncio.timeout(seconds):
            return await request.body()
    except TimeoutError:
        raise TooSlow(
            f"the body did not arrive within {seconds:g} seconds; send it again, or in parts"
        ) from None
    except InternalServerException:
        raise Malformed("the connection ended before the end of the body") from None


def parse_number(text: str) -> int:
    """Return a number from a path, such as the number of an entry.

    Raises:
        NotFound: the text is not a number, or the number is too large.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise NotFound(
            Sentence("number {text} is not in this list; numbers begin at 1", text=repr(text[:64]))
        )
    return int(text)
