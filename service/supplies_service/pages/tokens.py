"""Pages about tokens, with which programs call the service for users."""

from __future__ import annotations

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.access import users
from supplies.access.access_context import AccessContext
from supplies.access.credentials import DEFAULT_LIFETIMES
from supplies.access.roles import USER_ROLES
from supplies.errors import SuppliesError
from supplies.ledger.ledger import Ledger
from supplies_service.pages.command_forms import CommandForm, Saved, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.page_roles import COORDINATORS
from supplies_service.pages.shown_once import save_and_show
from supplies_service.request_bodies import EmptyBody
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.tokens import (
    NewToken,
    TokenMade,
    credentials_page,
    make_token,
    revoke_token,
)

ROWS = 50
"""Number of tokens on a page of the list."""


class TokenPages(Controller):
    """Routes of the pages about tokens."""

    path = "/admin/tokens"
    include_in_schema = False
    opt = COORDINATORS

    @get()
    async def tokens(
        self,
        context: Context,
        user: FromQuery[str] = "",
        after: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """List the tokens, and show the form of a new one.

        Args:
            user: Code of the user that is chosen in the form. If None, nobody is chosen.
        """
        fields = {"/user": user or context.by, "/days": str(DEFAULT_LIFETIMES["token"].days)}
        return _page(context, CommandForm(NewToken, fields), after=after)

    @post()
    async def make(self, context: Context) -> Response[bytes]:
        """Create a token, and show its secret once."""
        form = await CommandForm.read(context.request, NewToken)
        if not form.is_save:
            return _page(context, form)
        try:
            with context.reading() as books:
                new = form.command(books)

            def make(ledger: Ledger) -> tuple[TokenMade, str]:
                access = AccessContext(ledger.books, ledger.clock())
                return make_token(access, new, context.by), "/admin/tokens"

            def show(made: TokenMade) -> Response[bytes]:
                fields = {"/user": new.user, "/days": str(new.days)}
                return _page(context, CommandForm(NewToken, fields), secret=made.secret)

            return await save_and_show(context, form, make, show)
        except SuppliesError as error:
            form.refuse(error)
            return _page(context, form)

    @post("/{token:str}/revoke")
    async def revoke(self, context: Context, token: FromPath[str]) -> Response[bytes]:
        """Revoke a token."""
        form = await CommandForm.read(context.request, EmptyBody)

        def job(ledger: Ledger, _: str) -> Saved:
            revoke_token(AccessContext(ledger.books, ledger.clock()), token)
            return Saved("/admin/tokens")

        return redirect(await form.record(context, job))


def _page(
    context: RequestContext,
    form: CommandForm[NewToken],
    *,
    after: str | None = None,
    secret: str | None = None,
) -> Response[bytes]:
    with context.reading() as books:
        access = context.access(books)
        return render_form(
            context,
            "tokens.html",
            form,
            page=credentials_page(access, after, ROWS, kinds=("token",)),
            users=[one for one in users.list_users(access) if one.disabled_at is None],
            roles=USER_ROLES,
            now=access.now,
            secret=secret,
            revoking=CommandForm(EmptyBody),
        )
