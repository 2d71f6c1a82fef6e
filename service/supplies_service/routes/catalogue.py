"""The catalogue: items, locations, teams, donors and recipients, by code."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.catalogue_records import (
    CatalogueRecord,
    Donor,
    Item,
    Location,
    Recipient,
    Team,
)
from supplies.domain.commands import ForgetDonor, ForgetRecipient
from supplies.domain.fields import Label
from supplies.domain.validation import convert
from supplies.errors import Forgotten
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.storage.idempotency import StoredResponse
from supplies.views.catalogue import get_record, list_records
from supplies.views.entries import EntryView, get_entry
from supplies.views.pagination import Page, View
from supplies_service.idempotency import Outcome
from supplies_service.request_bodies import Body, Changes
from supplies_service.request_context import Context
from supplies_service.responses import CreatedResponse
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.authorization import allow_roles

N = TypeVar("N", bound=CatalogueRecord)

PERSONAL_KINDS = (Donor, Recipient)
"""The kinds that have personal data."""


class NewDonor(Donor, frozen=True, kw_only=True):
    """A donor to register. Only a forgotten donor has no name."""

    name: Label


class NewRecipient(Recipient, frozen=True, kw_only=True):
    """A recipient to register. Only a forgotten recipient has no name."""

    name: Label


if TYPE_CHECKING:
    # What the annotations of `NounController` name; each controller says which it is of.
    Registered = msgspec.Struct
    NewNoun = CatalogueRecord


def apply_changes(ledger: Ledger, kind: type[N], code: str, changes: Changes[N]) -> N:
    """Change some fields of a noun.

    Raises:
        NotFound: the code is unknown.
        Forgotten: the person was forgotten.
        InvalidField: a field is unknown, or its value is invalid.
    """
    before = get_record(ledger.books, kind, code)
    if getattr(before, "name", "") is None:
        raise Forgotten(f"{code} was forgotten at their wish; register them under another code")
    after = changes.apply_to(before)
    ledger.amend(after)
    return after


def catalogue_controller(
    kind: type[CatalogueRecord], one: str, *, new: type[CatalogueRecord] | None = None
) -> type[Controller]:
    """Return the controller of one kind of noun; all kinds have the same routes.

    one: the noun in the singular. new: what is required to register it; None: the noun's own
    fields.
    """
    title, many = one.capitalize(), kind.table
    has_names = kind in PERSONAL_KINDS
    registered = msgspec.defstruct(
        f"{title}Registered",
        [(one, kind)],
        bases=(View,),
        namespace={"__doc__": f"The registered {one}."},
        kw_only=True,
        frozen=True,
    )

    class NounController(Controller):
        path = f"/api/{many}"
        tags = (many,)
        signature_namespace = {  # noqa: RUF012  # Litestar reads it so
            "CatalogueRecord": kind,
            "NewNoun": new or kind,
            "Registered": registered,
        }

        @post(
            operation_id=f"register{title}",
            summary=f"Register a new {one}.",
            opt=allow_roles("coordinator", "recorder"),
        )
        async def register(
            self, context: Context, payload: Body[NewNoun]
        ) -> CreatedResponse[Registered]:
            """Register under a new code."""
            added = convert(kind, msgspec.to_builtins(payload))

            def operation(ledger: Ledger) -> Outcome[Registered]:
                ledger.register(added)
                return Outcome(f"/api/{many}/{added.code}", registered(**{one: added}))

            def replay(ledger: Ledger, _: StoredResponse) -> Registered:
                return registered(**{one: get_record(ledger.books, kind, added.code)})

            return await context.run_idempotent(operation, replay)

        @get(
            operation_id=f"list{many.capitalize()}",
            summary=f"List {many} by code; with q, those with each of its words in code or name.",
            opt=allow_roles("coordinator", "recorder", "auditor", personal=has_names),
        )
        async def nouns(
            self,
            context: Context,
            q: FromQuery[str | None] = None,
            after: After = None,
            limit: Limit = DEFAULT_LIMIT,
        ) -> Response[Page[CatalogueRecord]]:
            """List by code: all, or those with each word of `q` in their code or name."""
            if q is not None and has_names and context.caller.role == "auditor":
                await context.forbid("auditors see codes: people are not searched for by name")
            named = context.caller.role != "auditor"
            return context.page(
                lambda books: list_records(books, kind, q, after=after, limit=limit, personal=named)
            )

        @get(
            "/{code:str}",
            operation_id=f"get{title}",
            summary=f"Get the {one} with a code.",
            opt=allow_roles("coordinator", "recorder", "auditor", personal=has_names),
        )
        async def noun(self, context: Context, code: FromPath[str]) -> CatalogueRecord:
            """Get one by its code."""
            named = context.caller.role != "auditor"
            return context.show(lambda books: get_record(books, kind, code, personal=named))

        @patch(
            "/{code:str}",
            operation_id=f"amend{title}",
            summary=f"Change the given fields of the {one}; other fields keep their values.",
            opt=allow_roles("coordinator", "recorder", personal=has_names),
        )
        async def amend(
            self, context: Context, code: FromPath[str], payload: Body[Changes[CatalogueRecord]]
        ) -> CatalogueRecord:
            """Change the given fields; other fields keep their values."""
            return await context.write(lambda ledger: apply_changes(ledger, kind, code, payload))

    NounController.__name__ = NounController.__qualname__ = f"{title}Controller"
    return NounController


CATALOGUE_CONTROLLERS = [
    catalogue_controller(Item, "item"),
    catalogue_controller(Location, "location"),
    catalogue_controller(Team, "team"),
    catalogue_controller(Donor, "donor", new=NewDonor),
    catalogue_controller(Recipient, "recipient", new=NewRecipient),
]


class DonorForgotten(View, frozen=True, kw_only=True):
    """The recorded entry, and the donor without personal data."""

    entry: EntryView
    donor: Donor


class RecipientForgotten(View, frozen=True, kw_only=True):
    """The recorded entry, and the recipient without personal data."""

    entry: EntryView
    recipient: Recipient


def show_forgotten_donor(books: Books, recorded: Recorded) -> Outcome[DonorForgotten]:
    """Show a donor without personal data."""
    left = get_record(books, Donor, str(recorded.document))
    return Outcome(
        f"/api/donors/{left.code}", DonorForgotten(entry=get_entry(books, recorded.seq), donor=left)
    )


def show_forgotten_recipient(books: Books, recorded: Recorded) -> Outcome[RecipientForgotten]:
    """Show a recipient without personal data."""
    left = get_record(books, Recipient, str(recorded.document))
    return Outcome(
        f"/api/recipients/{left.code}",
        RecipientForgotten(entry=get_entry(books, recorded.seq), recipient=left),
    )


class ForgetController(Controller):
    """Erasure of personal data."""

    path = "/api"

    @post(
        "/donors/{donor:str}/forget",
        operation_id="forgetDonor",
        tags=["donors"],
        opt=allow_roles("coordinator"),
    )
    async def donor(
        self, context: Context, payload: Body[ForgetDonor]
    ) -> CreatedResponse[DonorForgotten]:
        """Erase all personal data of a donor; their donations stay in the books."""
        return await context.record(payload, show_forgotten_donor)

    @post(
        "/recipients/{recipient:str}/forget",
        operation_id="forgetRecipient",
        tags=["recipients"],
        opt=allow_roles("coordinator"),
    )
    async def recipient(
        self, context: Context, payload: Body[ForgetRecipient]
    ) -> CreatedResponse[RecipientForgotten]:
        """Erase all personal data of a recipient; what they received stays in the books."""
        return await context.record(payload, show_forgotten_recipient)
