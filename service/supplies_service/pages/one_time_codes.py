"""Pages on which users turn their one-time codes on and off."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from litestar import Controller, Response, get, post

from supplies.access import access_log, one_time_codes, password_proofs, rate_limits, users
from supplies.access.access_context import AccessContext
from supplies.errors import InvalidField, Sentence, SuppliesError
from supplies_service.pages.account import (
    check_current_password,
    check_unchanged,
    write_and_log,
)
from supplies_service.pages.forms import form_fields, redirect
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import EVERY_USER
from supplies_service.pages.qr_codes import qr_code
from supplies_service.request_context import Context, RequestContext
from supplies_service.security.audit import access_line, log_refusal
from supplies_service.security.rate_limit_checks import check_rate_limit

SETUP_TIME = timedelta(minutes=30)
"""How long users have to install an app and type its first code after their password."""


class _Shown(NamedTuple):
    """Secrets that a page shows only once.

    Attributes:
        secret: The secret for the user's app. It is shown until the user has typed the first code.
        proof: The proof that the user typed the password, which is sent with the first code.
        recovery_codes: The recovery codes. They are shown after the user has typed the first code.
    """

    secret: str | None = None
    proof: str = ""
    recovery_codes: tuple[str, ...] = ()


class OneTimeCodePages(Controller):
    """Routes of the pages about one-time codes."""

    path = "/account/one-time-codes"
    include_in_schema = False
    opt = EVERY_USER

    @get()
    async def show(self, context: Context) -> Response[bytes]:
        """Show whether one-time codes are turned on, with the form that turns them on or off."""
        return _page(context)

    @post()
    async def start(self, context: Context) -> Response[bytes]:
        """Create a secret for the user's app, and show it with the form for the first code."""
        sent = await form_fields(context.request, ("password",))
        try:
            password = await check_current_password(context, sent["password"])

            def begin(access: AccessContext) -> _Shown:
                check_unchanged(access, password)
                secret = one_time_codes.start(access, users.get(access, password.user))
                return _Shown(secret, password_proofs.make_proof(access, password))

            return _page(context, await context.station.admin_write(begin))
        except SuppliesError as error:
            return _page(context, status=422, error=error.detail)

    @post("/confirm")
    async def confirm(self, context: Context) -> Response[bytes]:
        """Turn on one-time codes, and show the recovery codes once.

        The session alone does not suffice, because it may be that of a browser left open.
        """
        sent = await form_fields(context.request, ("code", "proof"))
        user, proof = str(context.caller.user), sent["proof"]

        def confirm(access: AccessContext) -> list[str]:
            if not _is_proof_of(access, user, proof):
                raise InvalidField.at(
                    "/code",
                    Sentence("this took too long; type your password again, and then the code"),
                )
            return one_time_codes.confirm(access, user, sent["code"])

        try:
            await check_rate_limit(context.request, rate_limits.ONE_TIME_CODES, user)
            codes = await write_and_log(context, "made", "one-time codes", confirm)
        except SuppliesError as error:
            secret = None
            with context.reading() as books:
                access = context.access(books)
                if _is_proof_of(access, user, proof):
                    secret = one_time_codes.pending_secret(access, user)
            return _page(context, _Shown(secret, proof), status=422, error=error.detail)
        return _page(context, _Shown(recovery_codes=tuple(codes)))

    @post("/remove")
    async def remove(self, context: Context) -> Response[bytes]:
        """Turn off one-time codes, if the user typed a valid code."""
        sent = await form_fields(context.request, ("code",))
        user = str(context.caller.user)
        line = access_line(context.request, context.caller, "revoked", detail="one-time codes")

        def remove(access: AccessContext) -> bool:
            is_right = one_time_codes.use(access, user, sent["code"])
            if is_right:
                one_time_codes.remove(access, user)
                access_log.add_line(access, **line)
            return is_right

        try:
            await check_rate_limit(context.request, rate_limits.ONE_TIME_CODES, user)
        except SuppliesError as error:
            return _page(context, status=422, error=error.detail)
        if not await context.station.admin_write(remove):
            await log_refusal(context.request, context.caller)
            return _page(context, status=422, is_wrong=True)
        return redirect("/account/one-time-codes")


def _is_proof_of(access: AccessContext, user: str, proof: str) -> bool:
    """Return whether this user typed the right password within `SETUP_TIME`."""
    found = password_proofs.find_password(access, proof, lifetime=SETUP_TIME)
    return found is not None and found.user == user


def _page(
    context: RequestContext,
    shown: _Shown = _Shown(),  # noqa: B008  # a named tuple cannot be changed
    *,
    status: int = 200,
    error: str | None = None,
    is_wrong: bool = False,
) -> Response[bytes]:
    with context.reading() as books:
        access = context.access(books)
        user = users.get(access, str(context.caller.user))
        address = one_time_codes.app_address(access, user, shown.secret) if shown.secret else None
        return render_page(
            context.request,
            "one_time_codes.html",
            status=status,
            error=error,
            is_wrong=is_wrong,
            since=one_time_codes.turned_on_at(access, user.code),
            left=one_time_codes.count_recovery_codes(access, user.code),
            secret=shown.secret,
            proof=shown.proof,
            recovery_codes=shown.recovery_codes,
            app_address=address,
            qr_code=qr_code(address) if address else None,
        )
