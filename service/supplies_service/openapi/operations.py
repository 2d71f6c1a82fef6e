"""Describe one operation in the OpenAPI document: its body, parameters and responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from supplies_service.openapi.components import (
    Components,
    Schema,
    docstring_items,
    docstring_paragraphs,
)
from supplies_service.openapi.examples import EXAMPLES
from supplies_service.problems import MEDIA_TYPE, Problem
from supplies_service.request_bodies import PHOTO_TYPES, body_type
from supplies_service.responses import (
    ConflictRecorded,
    CreatedOrConflict,
    CreatedResponse,
    DownloadResponse,
    PDFResponse,
    PhotoResponse,
)
from supplies_service.security.authorization import PUBLIC
from supplies_service.security.station_selection import STATION_PARAMETER, accepts_station

_READ_PROBLEMS = {
    400: "Malformed request",
    404: "Not found",
    422: "Invalid parameter",
    500: "Error of the service",
    503: "The database cannot be used now; see Retry-After",
}
_WRITE_PROBLEMS = {
    **_READ_PROBLEMS,
    408: "The body arrived too slowly",
    409: "Contradicts the books",
    413: "Body too large",
    415: "Not JSON",
    422: "Invalid field",
}
_AUTHORIZATION_PROBLEMS = {
    401: "Not authenticated",
    403: "Not allowed for this role",
    429: "Too many attempts; see Retry-After",
}
_PUBLIC_PROBLEMS = {429: "Too many attempts; see Retry-After"}
_PERSONAL_PROBLEMS = {409: "Forgotten: personal data was erased"}

_KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repeat with the same key and body gets the same response.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}

_STATION_PARAMETER = {
    "name": STATION_PARAMETER,
    "in": "query",
    "required": False,
    "description": "Another station, for a coordinator of the head of its organisation.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 64},
}

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_PDF = {"application/pdf": _BINARY}
_TEXT = {"text/plain": {"schema": {"type": "string"}}}


def response_type(handler: HTTPRouteHandler) -> Any:
    """Return the type of a handler's response content.

    The type is a struct for JSON, bytes for a PDF, `PhotoResponse` for a photo, or str for text. It
    is `DownloadResponse` for other files; the handler's `opt` lists their media types.
    """
    if "media_types" in handler.opt:
        return DownloadResponse
    answer = handler.parsed_fn_signature.return_type
    if answer.is_subclass_of(PDFResponse):
        return bytes
    if answer.is_subclass_of(PhotoResponse):
        return PhotoResponse
    if answer.is_subclass_of(Response):
        return answer.args[0]
    return answer.annotation


def complete_operation(
    operation: dict[str, Any], handler: HTTPRouteHandler, components: Components
) -> None:
    """Complete the OpenAPI operation that Litestar generated for a route handler.

    The summary and the descriptions come from the handler's docstring, the rest from its signature
    and its `opt`.
    """
    first, *more = docstring_paragraphs(handler.fn.__doc__)
    operation["summary"] = handler.summary or first
    operation.pop("description", None)
    if more:
        operation["description"] = "\n\n".join(more)
    roles = handler.opt["roles"]
    operation["security"] = [] if roles == PUBLIC else [{"token": []}]
    operation["x-roles"] = [] if roles == PUBLIC else list(roles)
    if body_type(handler) is not None:
        operation["requestBody"] = _request_body(operation, handler, components)
    parameters = [*operation.get("parameters", ()), *_extra_parameters(handler)]
    if parameters:
        described = docstring_items(handler.fn.__doc__)
        for each in parameters:
            if each["name"] in described:
                each["description"] = described[each["name"]]
        operation["parameters"] = parameters
    operation["responses"] = _responses(operation, handler, components)


def _request_body(
    operation: Mapping[str, Any], handler: HTTPRouteHandler, components: Components
) -> Schema:
    body = body_type(handler)
    assert body is not None, "asked only of handlers that take a body"
    in_path = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
    example = EXAMPLES[body.struct.__name__]
    content = {
        "schema": components.body(body, in_path),
        "example": {key: value for key, value in example.items() if key not in in_path},
    }
    files = PHOTO_TYPES if "file_field" in handler.opt else ()
    return {
        "required": True,
        "content": {"application/json": content, **dict.fromkeys(files, _BINARY)},
    }


def _extra_parameters(handler: HTTPRouteHandler) -> list[Schema]:
    """Return the parameters of a route that its handler does not declare.

    These are `station` on routes that accept this parameter, and `Idempotency-Key` on all other
    POST routes.
    """
    if accepts_station(handler):
        return [_STATION_PARAMETER]
    if "POST" in handler.http_methods:
        return [_KEY_PARAMETER]
    return []


def _responses(
    operation: Mapping[str, Any], handler: HTTPRouteHandler, components: Components
) -> Schema:
    success, *_ = operation["responses"]
    content = response_type(handler)
    responses = {success: _success(content, components)}
    if content is DownloadResponse:
        responses[success]["content"] = dict.fromkeys(handler.opt["media_types"], _BINARY)
    answer = handler.parsed_fn_signature.return_type
    if answer.is_subclass_of(CreatedResponse):
        responses[success]["headers"] = {"Location": {"schema": {"type": "string"}}}
    if answer.is_subclass_of(CreatedOrConflict):
        responses["202"] = {
            **_success(ConflictRecorded, components),
            "description": "Recorded as a conflict, because it contradicts the books",
        }
    problem = {MEDIA_TYPE: {"schema": components.reference(Problem)}}
    for status, words in _problems(handler).items():
        responses[str(status)] = {"description": words, "content": problem}
    return dict(sorted(responses.items()))


def _success(content: Any, components: Components) -> Schema:
    if content is bytes:
        return {"description": "The PDF", "content": _PDF}
    if content is PhotoResponse:
        return {"description": "The photo", "content": dict.fromkeys(PHOTO_TYPES, _BINARY)}
    if content is DownloadResponse:
        return {"description": "The file", "content": {}}
    if content is str:
        return {"description": "The text", "content": _TEXT}
    schema = components.reference(content)
    return {"description": "Success", "content": {"application/json": {"schema": schema}}}


def _problems(handler: HTTPRouteHandler) -> Mapping[int, str]:
    """Return the descriptions of a route's error responses, by HTTP status."""
    who = _PUBLIC_PROBLEMS if handler.opt["roles"] == PUBLIC else _AUTHORIZATION_PROBLEMS
    if body_type(handler) is not None:
        # Without a role, the caller's secret is in the body.
        return {**_WRITE_PROBLEMS, 401: _AUTHORIZATION_PROBLEMS[401], **who}
    if handler.opt["personal"] or response_type(handler) is bytes:
        return {**_READ_PROBLEMS, **_PERSONAL_PROBLEMS, **who}
    return {**_READ_PROBLEMS, **who}
