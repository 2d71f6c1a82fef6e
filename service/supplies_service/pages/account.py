"""The account of a signed-in user: sessions, tokens for programs, and the password."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from litestar import Controller, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from supplies.access import access_log, credentials, one_time_codes, passwords, rate_limits, users
from supplies.access.access_context import AccessContext
from supplies.access.roles import GRANTABLE_ROLES
from supplies.domain.validation import convert
from supplies.errors import InvalidField, Sentence, SuppliesError
from supplies_service.pages.forms import PasswordsDiffer, device_cookie, form_fields, redirect
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import EVERY_USER
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.sessions import end_session
from supplies_service.routes.tokens import NewToken, make_token, revoke_token
from supplies_service.security.audit import access_line, log_refusal
from supplies_service.security.hashing import hash_in_thread
from supplies_service.security.rate_limit_checks import check_rate_limit

T = TypeVar("T")


class WrongPassword(InvalidField):
    """Raised if the current password that a user typed is wrong."""


_WRONG_PASSWORD = Sentence("the current password is wrong; nothing was changed")


class AccountPages(Controller):
    """Routes of the account page."""

    path = "/account"
    include_in_schema = False
    opt = EVERY_USER

    @get()
    async def account(self, context: Context) -> Response[bytes]:
        """Show the account of the signed-in user."""
        return account_page(context)

    @post("/tokens")
    async def make(self, context: Context) -> Response[bytes]:
        """Create a token for the user, and show its secret once."""
        sent = await form_fields(context.request, ("label", "role", "days"))
        code = str(context.caller.user)
        try:
            if not sent["label"].strip():
                raise InvalidField.at("/label", Sentence("say what the token is for"))
            days = int(sent["days"]) if re.fullmatch("[0-9]{1,4}", sent["days"]) else 0
            fields = {"user": code, "label": sent["label"], "role": sent["role"], "days": days}
            new = convert(NewToken, fields)
            made = await context.station.admin_write(lambda access: make_token(access, new, code))
        except InvalidField as error:
            return account_page(context, status=422, error=error.detail)
        return account_page(context, secret=made.secret)

    @post("/tokens/{token:str}/revoke")
    async def revoke(self, context: Context, token: FromPath[str]) -> Response[bytes]:
        """Revoke one of the user's own tokens."""
        code = context.caller.user
        await context.station.admin_write(lambda access: revoke_token(access, token, holder=code))
        return redirect("/account")

    @post("/sessions/{session:str}/end")
    async def end_session(self, context: Context, session: FromPath[str]) -> Response[bytes]:
        """End one of the user's own sessions."""
        await end_session(context, session)
        return redirect("/account")

    @post("/password")
    async def password(self, context: Context) -> Response[bytes]:
        """Change the user's password. This ends all sessions of the user.

        The sign-in page still knows the browser as a device on which the user signed in before.
        """
        sent = await form_fields(context.request, ("current", "password", "repeat"))
        try:
            cookie = await self._change_password(context, sent)
        except WrongPassword:
            return account_page(context, status=422, wrong="current")
        except PasswordsDiffer:
            return account_page(context, status=422, wrong="repeat")
        except SuppliesError as error:
            return account_page(context, status=422, error=error.detail)
        return redirect("/sign-in", cookie)

    async def _change_password(self, context: RequestContext, sent: dict[str, str]) -> Cookie:
        """Check the form, and change the password. Return the cookie of the browser as a device.

        Raises:
            RateLimited: there were too many attempts.
            WrongPassword: the current password is wrong.
            PasswordsDiffer: the two new passwords are not the same.
            InvalidField: the new password is not allowed.
        """
        present = await check_current_password(context, sent["current"])
        if sent["password"] != sent["repeat"]:
            raise PasswordsDiffer(Sentence("the two passwords are not the same"))
        with context.reading() as books:
            login = users.get(context.access(books), present.user).login
        new = await hash_in_thread(passwords.hash_password, sent["password"], login)

        def change(access: AccessContext) -> Cookie:
            check_unchanged(access, present)
            users.set_password(access, present.user, new)
            return device_cookie(context.request, access, users.StoredPassword(present.user, new))

        return await context.station.admin_write(change)


async def check_current_password(context: RequestContext, typed: str) -> users.StoredPassword:
    """Check the password that a signed-in user typed again. Return what is stored of it.

    Raises:
        RateLimited: there were too many attempts.
        WrongPassword: the password is wrong.
    """
    code = str(context.caller.user)
    with context.reading() as books:
        found = users.find_password_of(context.access(books), code)
    # Not the limit of attempts to sign in, because strangers can use that limit up.
    await check_rate_limit(context.request, rate_limits.PASSWORD_CHANGES, code)
    is_right = await hash_in_thread(passwords.verify_password, found and found.password_hash, typed)
    if found is None or not is_right:
        await log_refusal(context.request, context.caller)
        raise WrongPassword(_WRONG_PASSWORD)
    return found


def check_unchanged(access: AccessContext, checked: users.StoredPassword) -> None:
    """Check that a password was not changed since it was checked. Call this in the transaction.

    Otherwise, somebody who knows the old password could undo a change that was just made.

    Raises:
        WrongPassword: the password was changed.
    """
    if users.find_password_of(access, checked.user) != checked:
        raise WrongPassword(_WRONG_PASSWORD)


async def write_and_log(
    context: RequestContext, outcome: str, detail: str, write: Callable[[AccessContext], T]
) -> T:
    """Change how the user signs in, and log the change. Return the result of `write`.

    Args:
        context: The request.
        outcome: What the user did, as in `AccessLogLine`.
        detail: What was changed, such as "passkey".
        write: Makes the change.

    Raises:
        SuppliesError: the change is refused. Then nothing is logged.
    """
    line = access_line(context.request, context.caller, outcome, detail=detail)

    def job(access: AccessContext) -> T:
        made = write(access)
        access_log.add_line(access, **{**line, "subject": None})
        return made

    return await context.station.admin_write(job)


def account_page(
    context: RequestContext,
    *,
    status: int = 200,
    error: str | None = None,
    wrong: str | None = None,
    secret: str | None = None,
) -> Response[bytes]:
    """Return the account page.

    Args:
        context: The request.
        status: The HTTP status.
        error: An error message to show on the page.
        wrong: The field of the password form that is wrong, `current` or `repeat`.
        secret: The secret of a token that was just created.
    """
    with context.reading() as books:
        access = context.access(books)
        user, now = users.get(access, str(context.caller.user)), access.now
        found = credentials.list_credentials(access, kinds=("token", "session"), holder=user.code)
        valid = [one for one in found if not one.revoked_at and one.expires_at > now]
        return render_page(
            context.request,
            "account.html",
            status=status,
            error=error,
            wrong=wrong,
            secret=secret,
            roles=GRANTABLE_ROLES[user.role],
            tokens=[one for one in valid if one.kind == "token"],
            sessions=[one for one in valid if one.kind == "session"],
            this_session=context.caller.credential,
            codes_since=one_time_codes.turned_on_at(access, user.code),
        )
