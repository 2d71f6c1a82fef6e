"""Pages on which users add and remove passkeys, and sign in with one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from supplies.access import passkeys, rate_limits, users
from supplies.access.access_context import AccessContext
from supplies.access.passkeys import Site
from supplies.errors import SuppliesError
from supplies_service.pages.account import check_current_password, write_and_log
from supplies_service.pages.forms import form_fields, redirect, safe_path
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import EVERY_USER
from supplies_service.pages.session_start import (
    SignInForm,
    log_refused_sign_in,
    sign_in_page,
    start_session,
)
from supplies_service.problems import RateLimited
from supplies_service.request_context import Context, RequestContext
from supplies_service.security.authorization import allow_anyone
from supplies_service.security.rate_limit_checks import check_rate_limit, client_address


class PasskeyPages(Controller):
    """Routes of the pages about a user's own passkeys."""

    path = "/account/passkeys"
    include_in_schema = False
    opt = EVERY_USER

    @get()
    async def show(self, context: Context) -> Response[bytes]:
        """List the user's passkeys, with the form that adds one."""
        return _page(context)

    @post("/challenge")
    async def challenge(self, context: Context) -> Response[bytes]:
        """Check the user's password, and return the data for the browser to make a passkey."""
        sent = await form_fields(context.request, ("password",))
        code, site = str(context.caller.user), _site(context.request)
        await check_current_password(context, sent["password"])
        return _json(
            await context.station.admin_write(
                lambda access: passkeys.start_adding(access, users.get(access, code), site)
            )
        )

    @post()
    async def add(self, context: Context) -> Response[bytes]:
        """Add the passkey that the browser made."""
        sent = await form_fields(context.request, ("answer", "label", "password"))
        user, site = str(context.caller.user), _site(context.request)
        try:
            if not sent["answer"]:  # the service refused the challenge: say why
                await check_current_password(context, sent["password"])
            await write_and_log(
                context,
                "made",
                "passkey",
                lambda access: passkeys.add(
                    access, user, site, sent["answer"], sent["label"].strip()
                ),
            )
        except SuppliesError as error:
            return _page(context, status=422, error=error.detail)
        return redirect("/account/passkeys")

    @post("/{passkey:str}/remove")
    async def remove(self, context: Context, passkey: FromPath[str]) -> Response[bytes]:
        """Remove one of the user's own passkeys."""
        user = str(context.caller.user)
        await write_and_log(
            context, "revoked", "passkey", lambda access: passkeys.remove(access, user, passkey)
        )
        return redirect("/account/passkeys")


class PasskeySignIn(Controller):
    """Routes that sign in with a passkey."""

    path = "/sign-in/passkey"
    include_in_schema = False
    opt = allow_anyone()

    @post("/challenge")
    async def challenge(self, context: Context) -> Response[bytes]:
        """Return the data for signing in with a passkey. The number of requests is limited.

        Raises:
            RateLimited: there were too many requests from this network address.
        """
        sent = await form_fields(context.request, ("station",))
        address = client_address(context.request)
        await check_rate_limit(context.request, rate_limits.PASSKEY_CHALLENGES, address)
        service = context.stations.find(sent["station"].strip() or None)
        site = _site(context.request)
        return _json(
            await (service or context.stations.default).admin_write(
                lambda access: passkeys.start_sign_in(access, site)
            )
        )

    @post()
    async def sign_in(self, context: Context) -> Response[bytes]:
        """Check the answer of a passkey, and start a session."""
        sent = await form_fields(context.request, ("answer", *SignInForm._fields))
        form = SignInForm("", sent["station"].strip(), safe_path(sent["next"]), sent["typed"])
        service = context.stations.find(form.station or None)
        if service is None:
            return sign_in_page(context.request, form, status=401, passkey_is_wrong=True)
        context, site = context.for_station(service), _site(context.request)
        try:
            address = client_address(context.request)
            await check_rate_limit(context.request, rate_limits.PASSKEY_CHALLENGES, address)
        except RateLimited as error:
            wait = error.retry_after
            answer = sign_in_page(context.request, form, status=429, wait=wait)
            answer.headers["Retry-After"] = str(wait)
            return answer

        def find(access: AccessContext) -> tuple[users.User, users.StoredPassword] | None:
            user = passkeys.find_user(access, site, sent["answer"])
            password = None if user is None else users.find_password_of(access, user)
            return None if password is None else (users.get(access, password.user), password)

        found = await service.admin_write(find)
        if found is None:
            await log_refused_sign_in(context, None)
            return sign_in_page(context.request, form, status=401, passkey_is_wrong=True)
        user, password = found
        form = form._replace(login=user.login)
        return await start_session(context, form, password, needs_code=False)


def _site(request: Request[Any, Any, Any]) -> Site:
    """Return the web site for which a browser creates and offers passkeys."""
    parts = urlsplit(str(request.base_url))
    return Site(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


def _json(content: str) -> Response[bytes]:
    return Response(content.encode(), media_type="application/json", status_code=200)


def _page(
    context: RequestContext, *, status: int = 200, error: str | None = None
) -> Response[bytes]:
    with context.reading() as books:
        access = context.access(books)
        return render_page(
            context.request,
            "passkeys.html",
            status=status,
            error=error,
            passkeys=passkeys.list_passkeys(access, str(context.caller.user)),
        )
