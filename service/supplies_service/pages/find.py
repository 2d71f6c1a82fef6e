"""Find records while a user types into a form field. The results are HTML lists."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery

from supplies.domain.catalogue_records import (
    Campaign,
    CatalogueRecord,
    Donor,
    Item,
    Location,
    Recipient,
    Team,
)
from supplies.errors import NotFound, Sentence
from supplies.views.catalogue import list_records
from supplies_service.pages.layout import render_page
from supplies_service.pages.named_records import MAX_CHOICES, find_record
from supplies_service.request_context import Context, RequestContext
from supplies_service.security.authorization import allow_roles

KINDS: Mapping[str, type[CatalogueRecord]] = {
    kind.table: kind for kind in (Donor, Recipient, Item, Location, Team, Campaign)
}


class FindPages(Controller):
    """Routes that list the records whose names match a typed text."""

    path = "/find"
    include_in_schema = False
    opt = allow_roles("coordinator", "recorder", personal=True) | {"page": True}

    @get("/{kind:str}")
    async def find(
        self, context: Context, kind: FromPath[str], q: FromQuery[str] = ""
    ) -> Response[bytes]:
        """Return the records whose name, alias, telephone or code contains each word of `q`.

        If `kind` is `lots`, return the free lots of the item that `q` names.

        Raises:
            NotFound: the kind of record in the URL is unknown.
        """
        if kind == "lots":
            return _lots(context, q)
        if kind not in KINDS:
            raise NotFound(
                Sentence(
                    "there are no records of kind {kind}; see {known}",
                    kind=repr(kind[:64]),
                    known=", ".join(KINDS),
                )
            )
        return _found(context, KINDS[kind], q.strip()[:200])


def _lots(context: RequestContext, text: str) -> Response[bytes]:
    with context.reading() as books:
        item = find_record(books, Item, text[:200])
        return render_page(context.request, "lots.html", item=item if isinstance(item, str) else "")


def _found(context: RequestContext, kind: type[CatalogueRecord], text: str) -> Response[bytes]:
    with context.reading() as books:
        found = list_records(books, kind, text or None, limit=MAX_CHOICES).items
        offered = [one for one in found if not getattr(one, "retired", False)]
        return render_page(context.request, "found.html", kind=kind.table, found=offered)
