"""Pages about users: list, add, invite, disable and enable them, and change their roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.access import access_log, credentials, one_time_codes, passkeys, second_factors, users
from supplies.access.access_context import AccessContext
from supplies.access.roles import USER_ROLES
from supplies.access.users import NewRole, NewUser, User
from supplies.books.reader import Books
from supplies.domain.catalogue_records import Team
from supplies.errors import Sentence, SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.views.first_steps import get_first_steps
from supplies_service.pages.command_forms import CommandForm, Saved, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.page_roles import COORDINATORS
from supplies_service.pages.shown_once import full_address, save_and_show
from supplies_service.problems import Forbidden
from supplies_service.request_bodies import EmptyBody
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.users import Invited, invite, users_page
from supplies_service.security.audit import access_line

ROWS = 50
"""Number of users on a page of the list."""

_FORMS = ("invitation", "sign_out", "second_factor", "disable", "enable")
"""The names of the forms on a user's page that have only a button and no fields."""


class UserPages(Controller):
    """Routes of the pages about users."""

    path = "/admin/users"
    include_in_schema = False
    opt = COORDINATORS

    @get()
    async def users(self, context: Context, after: FromQuery[str | None] = None) -> Response[bytes]:
        """List the users, and show the form of a new one."""
        return _list_page(context, CommandForm(NewUser, {"/role": "recorder"}), after)

    @post()
    async def add(self, context: Context) -> Response[bytes]:
        """Add a user, and show the URL of the invitation once."""
        form = await CommandForm.read(context.request, NewUser)
        _prepare_team(form)
        if not form.is_save:
            return _list_page(context, form)
        try:
            with context.reading() as books:
                new = form.command(books)

            def add(ledger: Ledger) -> User:
                stated, _ = form.register_new(context, ledger, new)
                return users.add(_access(ledger), stated, by=context.by)

            return await _invite(context, form, add)
        except SuppliesError as error:
            form.refuse(error)
            return _list_page(context, form)

    @get("/{user:str}")
    async def user(self, context: Context, user: FromPath[str]) -> Response[bytes]:
        """Show a user, with the forms that change the user's access."""
        return _user_page(context, user)

    @post("/{user:str}")
    async def invite(self, context: Context, user: FromPath[str]) -> Response[bytes]:
        """Create a new invitation, and show its URL once."""
        form = await CommandForm.read(context.request, EmptyBody)
        try:
            return await _invite(context, form, lambda ledger: users.get(_access(ledger), user))
        except SuppliesError as error:
            form.refuse(error)
            return _user_page(context, user, forms={"invitation": form})

    @post("/{user:str}/sign-out")
    async def sign_out(self, context: Context, user: FromPath[str]) -> Response[bytes]:
        """End all sessions of the user."""
        form = await CommandForm.read(context.request, EmptyBody)

        def end_sessions(ledger: Ledger) -> None:
            users.end_sessions(_access(ledger), user)

        return await _change(context, form, user, end_sessions, "sign_out")

    @post("/{user:str}/remove-second-factor")
    async def remove_second_factor(self, context: Context, user: FromPath[str]) -> Response[bytes]:
        """Turn off the one-time codes of another user, and remove the user's passkeys."""
        form = await CommandForm.read(context.request, EmptyBody)
        line = access_line(
            context.request, context.caller, "revoked", detail="one-time codes, passkeys"
        )

        def remove(ledger: Ledger) -> None:
            access = _access(ledger)
            if user == context.caller.user:
                raise Forbidden(Sentence("another coordinator must remove your second factor"))
            second_factors.remove(access, users.get(access, user).code)
            access_log.add_line(access, **line)

        return await _change(context, form, user, remove, "second_factor")

    @post("/{user:str}/disable")
    async def disable(self, context: Context, user: FromPath[str]) -> Response[bytes]:
        """Disable the user. This ends the user's sessions, tokens and invitations."""
        form = await CommandForm.read(context.request, EmptyBody)
        return await _change(
            context, form, user, lambda ledger: users.disable(_access(ledger), user), "disable"
        )

    @post("/{user:str}/enable")
    async def enable(self, context: Context, user: FromPath[str]) -> Response[bytes]:
        """Enable a disabled user, and show the URL of a new invitation once."""
        form = await CommandForm.read(context.request, EmptyBody)
        try:
            return await _invite(context, form, lambda ledger: users.enable(_access(ledger), user))
        except SuppliesError as error:
            form.refuse(error)
            return _user_page(context, user, forms={"enable": form})

    @post("/{user:str}/role")
    async def change_role(self, context: Context, user: FromPath[str]) -> Response[bytes]:
        """Give the user another role. This ends the user's sessions, tokens and invitations."""
        form = await CommandForm.read(context.request, NewRole)
        _prepare_team(form)
        if not form.is_save:
            return _user_page(context, user, forms={"role": form})
        try:
            with context.reading() as books:
                new = form.command(books)
        except SuppliesError as error:
            form.refuse(error)
            return _user_page(context, user, forms={"role": form})

        def change(ledger: Ledger) -> None:
            stated, _ = form.register_new(context, ledger, new)
            users.change_role(_access(ledger), user, stated)

        return await _change(context, form, user, change, "role")


def _access(ledger: Ledger) -> AccessContext:
    return AccessContext(ledger.books, ledger.clock())


def _prepare_team(form: CommandForm[Any]) -> None:
    """Let the form for a courier name a new team. Remove the team from a form for other roles."""
    form.allow_new("/team", Team, "/new_team")
    if form.value("/role") != "courier":
        form.fields.pop("/team", None)
        form.fields.pop("/new_team/name", None)


async def _invite(
    context: RequestContext, form: CommandForm[Any], find: Callable[[Ledger], User]
) -> Response[bytes]:
    def make(ledger: Ledger) -> tuple[Invited, str]:
        invited = invite(_access(ledger), find(ledger), context.by).content
        return invited, f"/admin/users/{invited.user.code}"

    def show(invited: Invited) -> Response[bytes]:
        return _user_page(
            context,
            invited.user.code,
            address=full_address(context, str(invited.invitation)),
            expires_at=invited.expires_at,
        )

    return await save_and_show(context, form, make, show)


async def _change(
    context: RequestContext,
    form: CommandForm[Any],
    user: str,
    change: Callable[[Ledger], object],
    name: str,
) -> Response[bytes]:
    def job(ledger: Ledger, _: str) -> Saved:
        change(ledger)
        return Saved(f"/admin/users/{user}")

    try:
        return redirect(await form.record(context, job))
    except SuppliesError as error:
        form.refuse(error)
        return _user_page(context, user, forms={name: form})


def _list_page(
    context: RequestContext, form: CommandForm[NewUser], after: str | None = None
) -> Response[bytes]:
    with context.reading() as books:
        access = context.access(books)
        page = users_page(access, after, ROWS)
        return render_form(
            context, "users.html", form, page=page, roles=USER_ROLES, is_new=_is_new(books)
        )


def _is_new(books: Books) -> bool:
    """Return whether nothing is recorded yet, so that pages lead back to the guide."""
    return not get_first_steps(books).entries


def _user_page(
    context: RequestContext,
    code: str,
    *,
    address: str | None = None,
    expires_at: str | None = None,
    forms: dict[str, CommandForm[Any]] | None = None,
) -> Response[bytes]:
    """Return the page of a user.

    Args:
        context: The request.
        code: The user's code.
        address: The URL of a new invitation, to show it once.
        expires_at: The time until which the invitation is valid.
        forms: The refused form, by its name: one of `_FORMS`, or "role". None if no form was
            refused.
    """
    forms = forms or {}
    refused = next(iter(forms.values()), CommandForm(EmptyBody))
    with context.reading() as books:
        access = context.access(books)
        user = users.get(access, code)
        return render_form(
            context,
            "user.html",
            refused,
            person=user,
            sessions=_open_credentials(access, user, "session"),
            tokens=_open_credentials(access, user, "token"),
            invitations=_open_credentials(access, user, "invitation"),
            codes_since=one_time_codes.turned_on_at(access, code),
            passkeys=len(passkeys.list_passkeys(access, code)),
            address=address,
            expires_at=expires_at,
            is_new=_is_new(books),
            forms={name: forms.get(name, CommandForm(EmptyBody)) for name in _FORMS},
            role_form=forms.get("role") or _role_form(user),
            roles=USER_ROLES,
        )


def _role_form(user: User) -> CommandForm[NewRole]:
    return CommandForm(NewRole, {"/role": user.role, "/team": user.team or ""})


def _open_credentials(
    access: AccessContext, user: User, kind: credentials.CredentialKind
) -> list[credentials.Credential]:
    found = credentials.list_credentials(access, kinds=(kind,), holder=user.code)
    return [one for one in found if one.revoked_at is None and one.expires_at > access.now]
