"""The OpenAPI document: Litestar's paths and parameters, completed from the handlers' signatures.

A handler's parameter `payload: Body[RecordDonation]` describes the request body of the operation.
The handler's return annotation describes the response. `complete_document` adds the schemas of
both. They allow only what the service's JSON decoder accepts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.routes import HTTPRoute

from supplies_service.openapi import swagger_ui
from supplies_service.openapi.components import Components
from supplies_service.openapi.operations import complete_operation, response_type
from supplies_service.problems import Problem
from supplies_service.request_bodies import body_type
from supplies_service.responses import ConflictRecorded
from supplies_service.security.authorization import allow_anyone

_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token, or the secret of a donor's or team's link. `x-roles` lists the roles.",
}


class CompletedDocument(JsonRenderPlugin):
    """A Litestar render plugin that serves the completed document."""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json", media_type=MediaType.JSON)
        self._rendered: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the document. It is built once, at the first request for it."""
        if self._rendered is None:
            self._rendered = msgspec.json.encode(complete_document(request.app, openapi_schema))
        return self._rendered


def config(version: str) -> OpenAPIConfig:
    """Return Litestar's OpenAPI configuration, with the page that shows the document.

    Litestar's own pages are not used, because they load scripts from other hosts.
    """
    return OpenAPIConfig(
        title="supplies",
        version=version,
        description="A ledger for donated goods. Every error is problem+json (RFC 9457).",
        render_plugins=[CompletedDocument()],
        openapi_router=Router(
            path="/schema",
            route_handlers=swagger_ui.HANDLERS,
            include_in_schema=False,
            opt=allow_anyone(),
        ),
    )


def complete_document(app: Litestar, document: dict[str, Any]) -> dict[str, Any]:
    """Add request bodies and responses to Litestar's document, and return it."""
    handlers = {str(handler.operation_id): handler for handler in _documented(app)}
    bodies = [body.struct for handler in handlers.values() if (body := body_type(handler))]
    answers = [response_type(handler) for handler in handlers.values()]
    components = Components([Problem, ConflictRecorded, *bodies, *answers])
    for path in document["paths"].values():
        for operation in path.values():
            complete_operation(operation, handlers[operation["operationId"]], components)
    described = {
        "schemas": components.used_by(document["paths"]),
        "securitySchemes": {"token": _TOKEN},
    }
    return {**document, "components": described}


def _documented(app: Litestar) -> Iterator[HTTPRouteHandler]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            yield from (each for each in route.route_handlers if each.resolve_include_in_schema())
