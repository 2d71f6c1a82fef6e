"""The catalogue: items, locations, teams, donors and recipients, by code."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.catalogue_records import Donor, Item, Location, Noun, Recipient, Team
from supplies.domain.commands import ForgetDonor, ForgetRecipient
from supplies.domain.validation import convert
from supplies.errors import Forgotten, InvalidField
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.storage.idempotency import Answered
from supplies.views.catalogue import noun, nouns
from supplies.views.entries import EntryView, entry
from supplies.views.pagination import Page, View
from supplies_service.idempotency import Made
from supplies_service.openapi.schema import gives, takes
from supplies_service.request_context import Context, RequestContext, answer
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit

N = TypeVar("N", bound=Noun)

PEOPLE = (Donor, Recipient)
"""Of whom there is something personal."""


async def amend(context: RequestContext, kind: type[N], code: str) -> Response[bytes]:
    """Change the fields given, and leave the others."""
    body = await context.body()
    if "code" in body:
        raise InvalidField.at("/code", "a code stays; register another and use that")

    def changed(ledger: Ledger) -> N:
        before = noun(ledger.books, kind, code)
        if getattr(before, "name", "") is None:
            raise Forgotten(f"{code} was forgotten at their wish; register them under another code")
        after = convert(kind, {**msgspec.to_builtins(before), **body})
        ledger.amend(after)
        return after

    return answer(await context.write(changed))


def controller(kind: type[Noun], one: str) -> type[Controller]:
    """The room of one kind of noun, with the same verbs as all of them."""
    title, many = one.capitalize(), kind.table
    registered = msgspec.defstruct(f"{title}Registered", [(one, kind)], kw_only=True, frozen=True)

    class NounController(Controller):
        path = f"/api/{many}"
        tags = (many,)

        @post(operation_id=f"register{title}", opt=takes(kind, registered, roles="CR"))
        async def register(self, context: Context) -> Response[bytes]:
            """Register under a code of its own."""
            new = convert(kind, await context.body())

            def do(ledger: Ledger) -> Made:
                ledger.register(new)
                return Made(201, f"/api/{many}/{new.code}", registered(**{one: new}))

            def again(ledger: Ledger, _: Answered) -> msgspec.Struct:
                return registered(**{one: noun(ledger.books, kind, new.code)})

            return await context.once(do, again)

        @get(
            operation_id=f"list{many.capitalize()}",
            opt=gives(Page[kind], roles="CRA", personal=kind in PEOPLE),  # type: ignore[valid-type]  # msgspec reads it at run time
        )
        async def nouns(
            self,
            context: Context,
            q: FromQuery[str | None] = None,
            after: After = None,
            limit: Limit = DEFAULT_LIMIT,
        ) -> Response[bytes]:
            """All by code, or those with each word of `q` in code or name."""
            if q is not None and kind in PEOPLE and context.caller.role == "auditor":
                await context.forbid("auditors see codes: people are not searched for by name")
            named = context.caller.role != "auditor"
            return context.page(
                lambda books: nouns(books, kind, q, after=after, limit=limit, personal=named)
            )

        @get(
            "/{code:str}",
            operation_id=f"get{title}",
            opt=gives(kind, roles="CRA", personal=kind in PEOPLE),
        )
        async def noun(self, context: Context, code: FromPath[str]) -> Response[bytes]:
            """One, by its code."""
            named = context.caller.role != "auditor"
            return context.show(lambda books: noun(books, kind, code, personal=named))

        @patch(
            "/{code:str}",
            operation_id=f"amend{title}",
            opt=takes(kind, kind, partial=True, roles="CR", personal=kind in PEOPLE),
        )
        async def amend(self, context: Context, code: FromPath[str]) -> Response[bytes]:
            """Change the fields given, and leave the others."""
            return await amend(context, kind, code)

    NounController.__name__ = NounController.__qualname__ = f"{title}Controller"
    return NounController


NOUN_CONTROLLERS = [
    controller(Item, "item"),
    controller(Location, "location"),
    controller(Team, "team"),
    controller(Donor, "donor"),
    controller(Recipient, "recipient"),
]


class DonorForgotten(View, frozen=True, kw_only=True):
    """The entry that was made, and what is left of the donor."""

    entry: EntryView
    donor: Donor


class RecipientForgotten(View, frozen=True, kw_only=True):
    """The entry that was made, and what is left of the recipient."""

    entry: EntryView
    recipient: Recipient


def donor_forgotten(books: Books, done: Recorded) -> tuple[str, DonorForgotten]:
    """A donor without anything personal."""
    left = noun(books, Donor, str(done.document))
    return f"/api/donors/{left.code}", DonorForgotten(entry=entry(books, done.seq), donor=left)


def recipient_forgotten(books: Books, done: Recorded) -> tuple[str, RecipientForgotten]:
    """A recipient without anything personal."""
    left = noun(books, Recipient, str(done.document))
    return f"/api/recipients/{left.code}", RecipientForgotten(
        entry=entry(books, done.seq), recipient=left
    )


class ForgetController(Controller):
    """People who wish to be forgotten."""

    path = "/api"

    @post(
        "/donors/{donor:str}/forget",
        operation_id="forgetDonor",
        tags=["donors"],
        opt=takes(ForgetDonor, DonorForgotten, roles="C"),
    )
    async def donor(self, context: Context, donor: FromPath[str]) -> Response[bytes]:
        """Erase everything personal about a donor; the goods stay in the books."""
        return await context.record(ForgetDonor, donor_forgotten, donor=donor)

    @post(
        "/recipients/{recipient:str}/forget",
        operation_id="forgetRecipient",
        tags=["recipients"],
        opt=takes(ForgetRecipient, RecipientForgotten, roles="C"),
    )
    async def recipient(self, context: Context, recipient: FromPath[str]) -> Response[bytes]:
        """Erase everything personal about a recipient; the goods stay in the books."""
        return await context.record(ForgetRecipient, recipient_forgotten, recipient=recipient)
