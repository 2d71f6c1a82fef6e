"""Documents that move stock, such as loans and write-offs: routes that list and get them."""

from __future__ import annotations

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from supplies.views.pagination import Page
from supplies.views.stock_documents import (
    StockDocumentView,
    StockNoun,
    get_stock_document,
    list_stock_documents,
)
from supplies_service.request_context import Context
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.authorization import allow_roles


def document_routes(noun: StockNoun) -> list[HTTPRouteHandler]:
    """Return the handlers that list and get documents of one type, for use in a controller."""
    title = "".join(part.capitalize() for part in noun.split("-"))
    label = "goods found again" if noun == "found" else noun.replace("-", " ")

    @get(
        f"/{noun}",
        operation_id=f"list{title}",
        summary=f"List {label}, oldest first.",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def documents(
        self: object, context: Context, after: After = None, limit: Limit = DEFAULT_LIMIT
    ) -> Response[Page[StockDocumentView]]:
        """List the documents, oldest first."""
        return context.page(
            lambda books: list_stock_documents(books, noun, after=after, limit=limit)
        )

    @get(
        f"/{noun}/{{document:str}}",
        operation_id=f"get{title}",
        summary=f"Get one of the {label} by its id.",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def document(
        self: object, context: Context, document: FromPath[str]
    ) -> StockDocumentView:
        """Get one document by its id."""
        return context.show(lambda books: get_stock_document(books, noun, document))

    return [documents, document]
