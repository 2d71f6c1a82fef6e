"""Users: add, list, invite, disable and enable them, and change their roles."""

from __future__ import annotations

import re
from collections.abc import Callable

from litestar import Controller, Response, get, post
from litestar.params import FromPath

from supplies.access import users
from supplies.access.access_context import AccessContext
from supplies.access.users import NewRole, NewUser, User
from supplies.views.pagination import Page, View, invalid_cursor, make_page, rows_to_fetch
from supplies_service.idempotency import Outcome
from supplies_service.request_bodies import Body, EmptyBody
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import CreatedResponse
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.authorization import allow_roles


class Invited(View, frozen=True, kw_only=True):
    """A user, and a URL at which the user can set a password. The URL works once.

    Attributes:
        invitation, expires_at: The URL, and when it stops working. Both are None in the response to
            a repeated request.
    """

    user: User
    invitation: str | None
    expires_at: str | None


def invite(access: AccessContext, user: User, by: str) -> Outcome[Invited]:
    """Create a URL at which a user can set a password once.

    Earlier URLs for the same user stop working.
    """
    invitation, path = users.invite(access, user, by=by)
    invited = Invited(user=user, invitation=path, expires_at=invitation.expires_at)
    return Outcome(f"/api/users/{user.code}", invited)


def show_without_invitation(user: User) -> Invited:
    """Build the response to a repeated request for an invitation, without its URL."""
    return Invited(user=user, invitation=None, expires_at=None)


async def _invite(
    context: RequestContext, find: Callable[[AccessContext], User]
) -> CreatedResponse[Invited]:
    """Create an invitation for the user that `find` returns, and build the response.

    Args:
        find: Finds, adds or enables the user, within an SQL transaction.
    """
    by = context.by
    return await context.run_admin_idempotent(
        lambda access: invite(access, find(access), by),
        lambda access, code: show_without_invitation(users.get(access, code)),
        is_secret=True,
    )


def users_page(access: AccessContext, after: str | None, limit: int) -> Page[User]:
    """Return a page of the list of users, in the order in which they were added.

    Raises:
        InvalidField: `after` is not the code of a user, or `limit` is out of bounds.
    """
    if after is not None and not re.fullmatch(r"u_[0-9]{1,9}", after):
        raise invalid_cursor(after)
    found = users.list_users(access, after=after, limit=rows_to_fetch(limit))
    return make_page([(user.code, user) for user in found], limit)


class UserController(Controller):
    """Users: they have a role, and sign in with a password."""

    path = "/api/users"
    tags = ("users",)

    @post(operation_id="addUser", opt=allow_roles("coordinator"))
    async def add(self, context: Context, payload: Body[NewUser]) -> CreatedResponse[Invited]:
        """Add a user. The user sets a password at the URL in `invitation`."""
        by = context.by
        return await _invite(context, lambda access: users.add(access, payload, by=by))

    @get(operation_id="listUsers", opt=allow_roles("coordinator"))
    async def users(
        self, context: Context, after: After = None, limit: Limit = DEFAULT_LIMIT
    ) -> Response[Page[User]]:
        """List users in the order in which they were added, including disabled users."""
        return context.page(lambda books: users_page(context.access(books), after, limit))

    @get("/{user:str}", operation_id="getUser", opt=allow_roles("coordinator"))
    async def user(self, context: Context, user: FromPath[str]) -> User:
        """Get a user."""
        return context.show(lambda books: users.get(context.access(books), user))

    @post(
        "/{user:str}/invitation",
        operation_id="inviteUser",
        opt=allow_roles("coordinator"),
    )
    async def invite(
        self, context: Context, user: FromPath[str], payload: Body[EmptyBody]
    ) -> CreatedResponse[Invited]:
        """Create a URL at which a user can set another password. The URL is returned only once."""
        return await _invite(context, lambda access: users.get(access, user))

    @post("/{user:str}/disable", operation_id="disableUser", opt=allow_roles("coordinator"))
    async def disable(
        self, context: Context, user: FromPath[str], payload: Body[EmptyBody]
    ) -> CreatedResponse[User]:
        """Disable a user. This ends all sessions and tokens of the user at once."""
        return await context.run_admin_idempotent(
            lambda access: Outcome(f"/api/users/{user}", users.disable(access, user)),
            users.get,
        )

    @post("/{user:str}/enable", operation_id="enableUser", opt=allow_roles("coordinator"))
    async def enable(
        self, context: Context, user: FromPath[str], payload: Body[EmptyBody]
    ) -> CreatedResponse[Invited]:
        """Let a disabled user sign in, after setting a password at the URL in `invitation`."""
        return await _invite(context, lambda access: users.enable(access, user))

    @post("/{user:str}/role", operation_id="changeRole", opt=allow_roles("coordinator"))
    async def change_role(
        self, context: Context, user: FromPath[str], payload: Body[NewRole]
    ) -> CreatedResponse[User]:
        """Give a user another role. This ends all sessions and tokens of the user at once."""
        return await context.run_admin_idempotent(
            lambda access: Outcome(f"/api/users/{user}", users.change_role(access, user, payload)),
            users.get,
        )
