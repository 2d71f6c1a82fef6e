"""The catalogue of items, locations, teams, donors and recipients, each with a code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from supplies.access import access_log
from supplies.access.access_context import AccessContext
from supplies.access.record_changes import CHANGED, REGISTERED, changed_fields
from supplies.books.reader import Books
from supplies.domain.catalogue_records import (
    Campaign,
    CatalogueRecord,
    Community,
    Donor,
    Item,
    Location,
    Recipient,
    Team,
)
from supplies.domain.commands import ForgetDonor, ForgetRecipient
from supplies.domain.fields import Code, Label
from supplies.domain.validation import convert
from supplies.errors import Forgotten, Sentence
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.storage.idempotency import StoredResponse
from supplies.views.catalogue import get_record, list_records
from supplies.views.entries import EntryView, get_entry
from supplies.views.look_alikes import find_look_alikes
from supplies.views.pagination import Page, View, Warned
from supplies_service.idempotency import Outcome
from supplies_service.phone_warnings import find_counter_warnings
from supplies_service.request_bodies import Body, Changes
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import CreatedResponse
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.audit import access_line
from supplies_service.security.authorization import allow_roles

R = TypeVar("R", bound=CatalogueRecord)
S = TypeVar("S", bound=msgspec.Struct)

PERSONAL_KINDS = (Donor, Recipient)
"""The kinds of catalogue record that contain personal data."""


def new_record_struct(kind: type[CatalogueRecord]) -> type[msgspec.Struct]:
    """Create the type of the body with which a kind of record is registered, such as `NewDonor`.

    The name is required. The code is optional.
    """
    code = Annotated[
        Code | None, Meta(description="absent: the next free code, such as D-012, is taken")
    ]
    return msgspec.defstruct(
        f"New{kind.__name__}",
        [("name", Label), ("code", code, None)],
        bases=(kind,),
        namespace={"__doc__": f"A {kind.__name__.lower()} to register. A name is required."},
        kw_only=True,
        frozen=True,
    )


if TYPE_CHECKING:
    # Names in the annotations of `RecordController`; `signature_namespace` gives their types.
    NewRecord = CatalogueRecord
    RecordChanged = msgspec.Struct
    RecordRegistered = msgspec.Struct


def catalogue_controller(kind: type[CatalogueRecord], singular: str) -> type[Controller]:
    """Return the controller for one kind of catalogue record. All kinds have the same routes.

    Args:
        kind: The kind of record.
        singular: The singular name of the kind, such as "donor". The plural is the table's name.
    """
    title, plural = singular.capitalize(), kind.table
    personal = kind in PERSONAL_KINDS
    registered = registered_struct(kind, singular)
    changed = changed_struct(kind)

    class RecordController(Controller):
        path = f"/api/{plural}"
        tags = (plural,)
        signature_namespace = {  # noqa: RUF012  # Litestar reads it once, and nobody changes it
            "CatalogueRecord": kind,
            "NewRecord": new_record_struct(kind),
            "RecordRegistered": registered,
            "RecordChanged": changed,
        }

        @post(
            operation_id=f"register{title}",
            summary=f"Register a new {singular}.",
            # Warnings about duplicates contain names of other people.
            opt=allow_roles("coordinator", "recorder", personal=personal),
        )
        async def register(
            self, context: Context, payload: Body[NewRecord]
        ) -> CreatedResponse[RecordRegistered]:
            """Register a record under a new code. Without a code, it gets the next free one.

            `warnings` names older records that have the same name, telephone number or address,
            because the record may be registered twice.
            """
            return await register_record(
                context,
                kind,
                payload,
                lambda books, made: registered(
                    **{singular: made}, warnings=find_look_alikes(books, made) or msgspec.UNSET
                ),
            )

        @get(
            operation_id=f"list{plural.capitalize()}",
            summary=f"List {plural} by code; with q, those that contain each of its words.",
            opt=allow_roles("coordinator", "recorder", "auditor", personal=personal),
        )
        async def records(
            self,
            context: Context,
            q: FromQuery[str | None] = None,
            retired: FromQuery[bool | None] = None,
            after: After = None,
            limit: Limit = DEFAULT_LIMIT,
        ) -> Response[Page[CatalogueRecord]]:
            """List records by code. With `q`, list only records that contain each word of `q`.

            `retired=true` lists only retired records, and `retired=false` only records in use.
            """
            if q is not None and personal and not sees_names(context):
                await context.forbid("auditors see codes: people are not searched for by name")
            named = sees_names(context)
            return context.page(
                lambda books: list_records(
                    books, kind, q, after, limit, retired=retired, personal=named
                )
            )

        @get(
            "/{code:str}",
            operation_id=f"get{title}",
            summary=f"Get the {singular} with a code.",
            opt=allow_roles("coordinator", "recorder", "auditor", personal=personal),
        )
        async def record(self, context: Context, code: FromPath[str]) -> CatalogueRecord:
            """Get one record by its code."""
            named = sees_names(context)
            return context.show(lambda books: get_record(books, kind, code, personal=named))

        @patch(
            "/{code:str}",
            operation_id=f"amend{title}",
            summary=f"Change the given fields of the {singular}; other fields keep their values.",
            opt=allow_roles("coordinator", "recorder", personal=personal),
        )
        async def amend(
            self, context: Context, code: FromPath[str], payload: Body[Changes[CatalogueRecord]]
        ) -> RecordChanged:
            """Change the given fields. The other fields keep their values.

            If the counter of a team changes, the response has warnings about phones whose unsent
            hand-outs will be recorded as conflicts. If a location becomes a quarantine or is
            retired, the response has warnings about the teams that use it as their counter.
            """

            def change(ledger: Ledger) -> RecordChanged:
                before = get_record(ledger.books, kind, code)
                after = change_record(context, ledger, kind, code, payload)
                found = find_counter_warnings(context.access(ledger.books), before, after)
                if not found:
                    return after
                return changed(**msgspec.structs.asdict(after), warnings=found)

            return await context.write(change)

    RecordController.__name__ = RecordController.__qualname__ = f"{title}Controller"
    return RecordController


def registered_struct(kind: type[CatalogueRecord], singular: str) -> type[msgspec.Struct]:
    """Create the type of the response to a registration, such as `ItemRegistered`."""
    return msgspec.defstruct(
        f"{singular.capitalize()}Registered",
        [(singular, kind), ("warnings", list[Warned] | msgspec.UnsetType, msgspec.UNSET)],
        bases=(View,),
        namespace={"__doc__": f"The registered {singular}."},
        kw_only=True,
        frozen=True,
    )


def changed_struct(kind: type[CatalogueRecord]) -> type[msgspec.Struct]:
    """Create the type of the response to a change of a record.

    The type has the fields of the record. For a team or a location, it also has the field
    `warnings`.
    """
    if kind not in (Team, Location):
        return kind
    return msgspec.defstruct(
        f"{kind.__name__}Changed",
        [("warnings", list[Warned] | msgspec.UnsetType, msgspec.UNSET)],
        bases=(kind,),
        namespace={"__doc__": f"The changed {kind.__name__.lower()}."},
        kw_only=True,
        frozen=True,
    )


async def register_record(
    context: RequestContext,
    kind: type[R],
    new: CatalogueRecord,
    response: Callable[[Books, R], S],
) -> CreatedResponse[S]:
    """Register a record. If it has no code, it gets the next free one.

    Args:
        context: The context of the request.
        kind: The kind of record.
        new: The record from the request body.
        response: Makes the content of the response from the registered record.

    Raises:
        AlreadyDone: the code or a barcode is in use.
        InvalidField: the record is invalid.
    """
    fields = msgspec.to_builtins(new)

    def operation(ledger: Ledger) -> Outcome[S]:
        code = fields["code"] or ledger.next_code(kind)
        ledger.register(convert(kind, {**fields, "code": code}))
        log_registration(context, ledger, code)
        return Outcome(f"/api/{kind.table}/{code}", made(ledger, code))

    def replay(ledger: Ledger, stored: StoredResponse) -> S:
        return made(ledger, str(stored.location).rpartition("/")[2])

    def made(ledger: Ledger, code: str) -> S:
        return response(ledger.books, get_record(ledger.books, kind, code))

    return await context.run_idempotent(operation, replay)


def sees_names(context: RequestContext) -> bool:
    """Return whether the caller may see names of people. Auditors may not."""
    return context.caller.role != "auditor"


def change_record(
    context: RequestContext, ledger: Ledger, kind: type[R], code: str, changes: Changes[R]
) -> R:
    """Change some fields of a record. The access log gets a line with the names of these fields.

    Raises:
        NotFound: the code is unknown.
        Forgotten: the personal data of this person was erased.
        InvalidField: a field is unknown, or its value is invalid.
    """
    before = get_record(ledger.books, kind, code)
    if getattr(before, "name", "") is None:
        raise Forgotten(
            Sentence("{code} was forgotten; register the person under another code", code=code)
        )
    after = changes.apply_to(before)
    ledger.amend(after)
    names = changed_fields(before, after)
    if names:
        line = access_line(context.request, context.caller, CHANGED, detail=", ".join(names))
        access_log.add_line(AccessContext(ledger.books, ledger.clock()), **line)
    return after


def log_registration(context: RequestContext, ledger: Ledger, code: str) -> None:
    """Add a line to the access log, saying that a record was registered."""
    line = access_line(context.request, context.caller, REGISTERED, code)
    access_log.add_line(AccessContext(ledger.books, ledger.clock()), **line)


CATALOGUE_CONTROLLERS = [
    catalogue_controller(Item, "item"),
    catalogue_controller(Location, "location"),
    catalogue_controller(Team, "team"),
    catalogue_controller(Community, "community"),
    catalogue_controller(Campaign, "campaign"),
    catalogue_controller(Donor, "donor"),
    catalogue_controller(Recipient, "recipient"),
]


class DonorForgotten(View, frozen=True, kw_only=True):
    """The response to an erasure: the recorded entry, and the donor without personal data."""

    entry: EntryView
    donor: Donor


class RecipientForgotten(View, frozen=True, kw_only=True):
    """The response to an erasure: the recorded entry, and the recipient without personal data."""

    entry: EntryView
    recipient: Recipient


def show_forgotten_donor(books: Books, recorded: Recorded) -> Outcome[DonorForgotten]:
    """Build the response to the erasure of a donor's personal data."""
    donor = get_record(books, Donor, str(recorded.document))
    return Outcome(
        f"/api/donors/{donor.code}",
        DonorForgotten(entry=get_entry(books, recorded.seq), donor=donor),
    )


def show_forgotten_recipient(books: Books, recorded: Recorded) -> Outcome[RecipientForgotten]:
    """Build the response to the erasure of a recipient's personal data."""
    recipient = get_record(books, Recipient, str(recorded.document))
    return Outcome(
        f"/api/recipients/{recipient.code}",
        RecipientForgotten(entry=get_entry(books, recorded.seq), recipient=recipient),
    )


class ForgetController(Controller):
    """Erasure of the personal data of donors and recipients."""

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
        """Erase all personal data of a donor. The donations stay in the books."""
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
        """Erase all personal data of a recipient. The quantities received stay in the books."""
        return await context.record(payload, show_forgotten_recipient)
