"""The OpenAPI document: Litestar's paths and parameters, with bodies and answers from the structs.

Litestar would describe a struct as open and without its constraints; here every request body is
closed, as the decoder is that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from supplies.access.roles import LETTERS
from supplies_service.openapi import swagger_ui as reading_room
from supplies_service.openapi.examples import EXAMPLES
from supplies_service.problems import MEDIA_TYPE, Problem
from supplies_service.request_context import Contradicted
from supplies_service.security.authorization import PUBLIC
from supplies_service.security.station_selection import STATION_PARAMETER, accepts_station

_TEMPLATE = "#/components/schemas/{name}"

_READ_PROBLEMS = {
    400: "Malformed",
    404: "Not there",
    422: "A parameter is not right",
    500: "Ours",
    503: "Busy; see Retry-After",
}
_GATE_PROBLEMS = {401: "Nobody signed in", 403: "Not for this role", 429: "Too many tries"}
_WRITE_PROBLEMS = {
    **_READ_PROBLEMS,
    408: "The body came too slowly",
    409: "Against the books",
    413: "Too large",
    415: "Not JSON",
    422: "A field is not right",
}

_KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same body is recorded once and answered alike.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}


_STATION_PARAMETER = {
    "name": STATION_PARAMETER,
    "in": "query",
    "required": False,
    "description": "Another station of the organisation whose head the caller coordinates.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 64},
}

_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token, or what a donor's or team's link holds. `x-roles` says who may.",
}

_NO_STRUCT: Mapping[Any, Any] = {
    bytes: {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    str: {"text/plain": {"schema": {"type": "string"}}},
}


class _Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What a handler takes and gives. hidden: fields of the body that the address says."""

    gives: Any
    takes: Any = None
    hidden: tuple[str, ...] = ()
    partial: bool = False
    contradicted: bool = False
    inner: Mapping[str, Any] = {}


def gives(answer: Any, *, roles: str, personal: bool = False) -> dict[str, Any]:
    """For a handler's `opt`: what it answers; bytes is a PDF, str is text.

    roles: whom it serves, by the letters of the API's table; `PUBLIC` is everybody. personal:
    whether its answer names people, so that each look at it leaves a line in the access log.
    """
    return {"shape": _Shape(gives=answer), "roles": roles, "personal": personal}


def takes(
    body: Any,
    answer: Any,
    *hidden: str,
    roles: str,
    personal: bool = False,
    secret: bool = False,
    partial: bool = False,
    contradicted: bool = False,
    **inner: Any,
) -> dict[str, Any]:
    """For a handler's `opt`: its body, and what it answers. roles, personal: as of `gives`.

    hidden: fields that the address says, beside those named in its path. partial: any of the
    fields alone will do. contradicted: whether it may be kept as a conflict. inner: fields whose
    struct the address settles. secret: whether it tells a secret, which nobody may keep.
    """
    shape = _Shape(
        gives=answer,
        takes=body,
        hidden=hidden,
        partial=partial,
        contradicted=contradicted,
        inner=inner,
    )
    return {"shape": shape, "roles": roles, "personal": personal, "secret": secret}


class ClosedDocument(JsonRenderPlugin):
    """Renders the document of this module in the place of Litestar's own."""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json", media_type=MediaType.JSON)
        self._rendered: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document, made once."""
        if self._rendered is None:
            self._rendered = msgspec.json.encode(complete(request.app, openapi_schema))
        return self._rendered


def config(version: str) -> OpenAPIConfig:
    """The document, and our own page that shows it: Litestar's fetch their parts from elsewhere."""
    return OpenAPIConfig(
        title="supplies",
        version=version,
        description="A ledger for donated goods. Every error is problem+json (RFC 9457).",
        render_plugins=[ClosedDocument()],
        openapi_router=Router(
            path="/schema",
            route_handlers=reading_room.HANDLERS,
            include_in_schema=False,
            opt={"roles": PUBLIC},
        ),
    )


def complete(app: Litestar, document: dict[str, Any]) -> dict[str, Any]:
    """Litestar's document with the bodies and answers of our handlers."""
    handlers = {str(handler.operation_id): handler for handler in _shaped(app)}
    structs = _Structs([handler.opt["shape"] for handler in handlers.values()])
    for operations in document["paths"].values():
        for operation in operations.values():
            handler = handlers[operation["operationId"]]
            operation["summary"], *more = (handler.fn.__doc__ or "").strip().split("\n\n")
            if more:
                operation["description"] = " ".join(" ".join(more).split())
            _fill(operation, handler.opt["shape"], structs, personal=handler.opt["personal"])
            _say_whom_it_serves(operation, handler.opt["roles"], structs)
            if accepts_station(handler):
                operation.setdefault("parameters", []).append(_STATION_PARAMETER)
    components = {
        "schemas": structs.referred_by(document["paths"]),
        "securitySchemes": {"token": _TOKEN},
    }
    return {**document, "components": components}


def _shaped(app: Litestar) -> Iterable[HTTPRouteHandler]:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if "shape" in handler.opt:
                yield handler


class _Structs:
    """The schemas of all structs that requests and answers are made of."""

    def __init__(self, shapes: Iterable[_Shape]) -> None:
        kinds = [Problem, Contradicted]
        for shape in shapes:
            named = (shape.gives, shape.takes, *shape.inner.values())
            kinds += [kind for kind in named if kind not in (None, bytes, str)]
        schemas, self._all = msgspec.json.schema_components(kinds, ref_template=_TEMPLATE)
        # Generic pages are made anew each time they are written; their names tell them apart.
        self._by_name = {repr(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}

    def of(self, kind: Any) -> dict[str, Any]:
        """Where a struct is described."""
        return self._by_name[repr(kind)]

    def body(self, shape: _Shape, hidden: set[str]) -> dict[str, Any]:
        """Where a request's body is described: a closed object, less what the address says."""
        name = self.of(shape.takes)["$ref"].rpartition("/")[2]
        whole = self._all[name]
        hidden = hidden | {"type"}
        fields = {key: value for key, value in whole["properties"].items() if key not in hidden}
        for key, kind in shape.inner.items():
            fields[key] = self.body(_Shape(gives=None, takes=kind), set())
        required = [key for key in whole.get("required", ()) if key not in hidden]
        name += "Changes" if shape.partial else "Body" if not shape.inner else "AsItShouldBe"
        self._all[name] = {
            **whole,
            "properties": fields,
            "required": [] if shape.partial else required,
            "additionalProperties": False,
        }
        return {"$ref": _TEMPLATE.format(name=name)}

    def referred_by(self, paths: Mapping[str, Any]) -> dict[str, Any]:
        """What the paths refer to, and what that refers to in turn."""
        found: dict[str, Any] = {}
        names = _names(paths)
        while names:
            found.update({name: self._all[name] for name in names})
            names = {name for added in names for name in _names(self._all[added])} - set(found)
        return dict(sorted(found.items()))


def _names(part: Any) -> set[str]:
    """The schemas that part of a document refers to, by `$ref` or by a discriminator."""
    text = msgspec.json.encode(part).decode()
    return set(re.findall(r'"#/components/schemas/([^"]+)"', text))


def _fill(operation: dict[str, Any], shape: _Shape, structs: _Structs, *, personal: bool) -> None:
    """Give one operation its body and its answers."""
    success, *_ = operation["responses"]
    answers = {success: _answer(shape.gives, structs)}
    problems = _READ_PROBLEMS
    if shape.takes is not None:
        problems = _WRITE_PROBLEMS
        in_path = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
        hidden, example = in_path | set(shape.hidden), EXAMPLES[shape.takes.__name__]
        body = {
            "schema": structs.body(shape, hidden),
            "example": {key: value for key, value in example.items() if key not in hidden},
        }
        operation["requestBody"] = {"required": True, "content": {"application/json": body}}
        if success == "201":
            operation.setdefault("parameters", []).append(_KEY_PARAMETER)
            answers[success]["headers"] = {"Location": {"schema": {"type": "string"}}}
    elif personal or shape.gives is bytes:
        problems = {**problems, 409: "Forgotten: it is not told again"}
    if shape.contradicted:
        answers["202"] = _answer(Contradicted, structs)
        answers["202"]["description"] = "Kept as a conflict: the books contradict it"
    problem = {MEDIA_TYPE: {"schema": structs.of(Problem)}}
    for status, words in problems.items():
        answers[str(status)] = {"description": words, "content": problem}
    operation["responses"] = dict(sorted(answers.items()))


def _say_whom_it_serves(operation: dict[str, Any], roles: str, structs: _Structs) -> None:
    """Give one operation its roles, and the answers of the gate."""
    gate = _GATE_PROBLEMS if roles != PUBLIC else {429: "Too many tries"}
    operation["security"] = [{"token": []}] if roles != PUBLIC else []
    operation["x-roles"] = [LETTERS[letter] for letter in roles if roles != PUBLIC]
    problem = {MEDIA_TYPE: {"schema": structs.of(Problem)}}
    told = {
        str(status): {"description": words, "content": problem} for status, words in gate.items()
    }
    operation["responses"] = dict(sorted({**operation["responses"], **told}.items()))


def _answer(kind: Any, structs: _Structs) -> dict[str, Any]:
    if kind in _NO_STRUCT:
        return {"description": "As asked", "content": _NO_STRUCT[kind]}
    content = {"application/json": {"schema": structs.of(kind)}}
    return {"description": "As asked", "content": content}
