"""Home page for signed-in users: the station report, their own tokens, their password."""

from __future__ import annotations

import re
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from supplies.access import credentials, passwords, rate_limits, users
from supplies.access.access_context import AccessContext
from supplies.access.roles import GRANTABLE_ROLES
from supplies.books.reader import Books
from supplies.domain.validation import convert
from supplies.errors import InvalidField, SuppliesError
from supplies.views.periods import get_period_of_entries
from supplies_service.pages.forms import PASSWORDS_DIFFER, form_fields, redirect
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.reports import station_report_pdf
from supplies_service.routes.tokens import NewToken, make_token, revoke_token
from supplies_service.security.audit import log_refusal
from supplies_service.security.authorization import allow_roles
from supplies_service.security.hashing import hash_in_thread
from supplies_service.security.rate_limit_checks import check_rate_limit

NOT_CURRENT = "The current password is wrong; nothing was changed. 当前密码不正确，未作更改。"


class HomePages(Controller):
    """Pages for signed-in users."""

    path = "/"
    include_in_schema = False
    opt = allow_roles("coordinator", "recorder", "courier", "auditor") | {
        "page": True
    }  # Litestar reads it so

    @get()
    async def home(self, context: Context) -> Response[bytes]:
        """Show the home page."""
        return home_page(context)

    @get("/report", opt=allow_roles("coordinator", "recorder", "auditor"))
    async def report(self, context: Context) -> Response[bytes]:
        """Show the station report as PDF, from the first to the last day with an entry."""
        with context.reading() as books:
            first, last = get_period_of_entries(books)
        return await station_report_pdf(context, first, last)

    @post("/tokens")
    async def make(self, context: Context) -> Response[bytes]:
        """Create a token for the user, and show its secret once."""
        sent = await form_fields(context.request, ("label", "role", "days"))
        code = str(context.caller.user)
        try:
            days = int(sent["days"]) if re.fullmatch("[0-9]{1,4}", sent["days"]) else 0
            fields = {"user": code, "label": sent["label"], "role": sent["role"], "days": days}
            new = convert(NewToken, fields)
            made = await context.station.admin_write(lambda access: make_token(access, new, code))
        except InvalidField as error:
            return home_page(context, status=422, error=error.detail)
        return home_page(context, secret=made.secret)

    @post("/tokens/{token:str}/revoke")
    async def revoke(self, context: Context, token: FromPath[str]) -> Response[bytes]:
        """Revoke one of the user's own tokens."""
        code = context.caller.user
        await context.station.admin_write(lambda access: revoke_token(access, token, holder=code))
        return redirect("/")

    @post("/password")
    async def password(self, context: Context) -> Response[bytes]:
        """Change the user's password. This ends all sessions of the user."""
        sent = await form_fields(context.request, ("current", "password", "repeat"))
        try:
            password_hash = await self._hash_new_password(context, sent)
        except SuppliesError as error:
            return home_page(context, status=422, error=error.detail)
        code = str(context.caller.user)
        await context.station.admin_write(
            lambda access: users.set_password(access, code, password_hash)
        )
        return redirect("/sign-in")

    async def _hash_new_password(self, context: RequestContext, sent: dict[str, str]) -> str:
        """Check the form, and return the hash of the new password.

        Raises:
            RateLimited: there were too many attempts.
            InvalidField: the current password is wrong, or the new one is not allowed.
        """
        with context.reading() as books:
            access = context.access(books)
            login = users.get(access, str(context.caller.user)).login
            found = users.find_password(access, login)
        await check_rate_limit(context.request, rate_limits.SIGN_IN_BY_LOGIN, login)
        if not await hash_in_thread(
            passwords.verify_password, found and found.password_hash, sent["current"]
        ):
            await log_refusal(context.request, context.caller)
            raise InvalidField(NOT_CURRENT)
        if sent["password"] != sent["repeat"]:
            raise InvalidField(PASSWORDS_DIFFER)
        return await hash_in_thread(passwords.hash_password, sent["password"], login)


def home_page(
    context: RequestContext,
    *,
    status: int = 200,
    error: str | None = None,
    secret: str | None = None,
) -> Template:
    """Return the home page.

    error: a message to show. secret: the secret of a token that was just created.
    """
    with context.reading() as books:
        values = {"error": error, "secret": secret, **_template_context(context, books)}
    return Template("home.html", status_code=status, context=values)


def _template_context(context: RequestContext, books: Books) -> dict[str, Any]:
    access: AccessContext = context.access(books)
    user = users.get(access, str(context.caller.user))
    seq = books.head()[0]
    tokens = credentials.list_credentials(access, kinds=("token",), holder=user.code)
    return {
        "station": books.station,
        "user": user,
        "roles": GRANTABLE_ROLES[user.role],
        "entries": seq,
        "period": get_period_of_entries(books) if seq else None,
        "tokens": [
            token for token in tokens if token.revoked_at is None and token.expires_at > access.now
        ],
    }
