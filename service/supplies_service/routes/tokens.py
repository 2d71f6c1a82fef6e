"""Tokens: secrets with which programs call the service on behalf of a user.

A token never has more rights than its user.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath
from msgspec import Meta

from supplies.access import credentials, users
from supplies.access.access_context import AccessContext
from supplies.access.credentials import Credential, CredentialKind
from supplies.access.roles import UserRole
from supplies.domain.fields import Code, Label
from supplies.errors import NotFound, Sentence
from supplies.views.pagination import Page, View, invalid_cursor, make_page, rows_to_fetch
from supplies_service.idempotency import Outcome
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context
from supplies_service.responses import CreatedResponse
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.authorization import allow_roles

Days = Annotated[int, Meta(ge=1, le=credentials.MAX_LIFETIME.days)]


class NewToken(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a request to create a token.

    Attributes:
        role: The role of the token. None means the user's own role.
        days: How many days the token is valid.
    """

    user: Code
    label: Label
    role: UserRole | None = None
    days: Days = credentials.DEFAULT_LIFETIMES["token"].days


class TokenMade(View, frozen=True, kw_only=True):
    """A token that was created, with its secret.

    Attributes:
        secret: The secret; None in the response to a repeated request.
    """

    token: Credential
    secret: str | None


def make_token(access: AccessContext, new: NewToken, by: str) -> TokenMade:
    """Create a token for a user. Its role has no more rights than the user's own.

    Raises:
        InvalidField: the user is disabled, or the user's tokens cannot have this role.
        NotFound: the user is unknown.
    """
    token, secret = users.issue_token(
        access,
        users.get(access, new.user),
        by=by,
        role=new.role,
        label=new.label,
        lifetime=timedelta(days=new.days),
    )
    return TokenMade(token=token, secret=secret)


def credentials_page(
    access: AccessContext,
    after: str | None,
    limit: int,
    *,
    kinds: Sequence[CredentialKind],
    holder: str | None = None,
    donor: str | None = None,
    team: str | None = None,
) -> Page[Credential]:
    """Return a page of the list of tokens or links.

    If `holder` is given, only credentials of this user are returned. If `donor` or `team` is given,
    only links of this donor or team are returned.

    Raises:
        InvalidField: `after` is not the id of a credential, or `limit` is out of bounds.
    """
    if after is not None and not credentials.exists(access, after):
        raise invalid_cursor(after)
    found = credentials.list_credentials(
        access,
        kinds=kinds,
        holder=holder,
        donor=donor,
        team=team,
        after=after,
        limit=rows_to_fetch(limit),
    )
    return make_page([(credential.id, credential) for credential in found], limit)


def revoke_token(access: AccessContext, token_id: str, *, holder: str | None = None) -> Credential:
    """Revoke a token. If `holder` is given, the token must belong to that user.

    Raises:
        NotFound: the token does not exist.
    """
    found = credentials.get(access, token_id)
    if found.kind != "token" or holder not in (None, found.holder):
        raise NotFound(Sentence("unknown token; see the list of tokens"))
    return credentials.revoke(access, token_id)


class TokenController(Controller):
    """Tokens with which programs call the service."""

    path = "/api/tokens"
    tags = ("tokens",)

    @post(operation_id="makeToken", opt=allow_roles("coordinator"))
    async def make(self, context: Context, payload: Body[NewToken]) -> CreatedResponse[TokenMade]:
        """Create a token for a program that acts for a user. The secret is returned only once."""
        by = context.by

        def operation(access: AccessContext) -> Outcome[TokenMade]:
            made = make_token(access, payload, by)
            return Outcome(f"/api/tokens/{made.token.id}", made)

        def replay(access: AccessContext, name: str) -> TokenMade:
            return TokenMade(token=credentials.get(access, name), secret=None)

        return await context.run_admin_idempotent(operation, replay, is_secret=True)

    @get(operation_id="listTokens", opt=allow_roles("coordinator"))
    async def tokens(
        self, context: Context, after: After = None, limit: Limit = DEFAULT_LIMIT
    ) -> Response[Page[Credential]]:
        """List tokens, newest first, including expired and revoked ones."""
        return context.page(
            lambda books: credentials_page(context.access(books), after, limit, kinds=("token",))
        )

    @get("/{token:str}", operation_id="getToken", opt=allow_roles("coordinator"))
    async def token(self, context: Context, token: FromPath[str]) -> Credential:
        """Get a token, with the time of its last use."""
        return context.show(lambda books: credentials.get(context.access(books), token))

    @delete(
        "/{token:str}",
        operation_id="revokeToken",
        status_code=200,
        opt=allow_roles("coordinator"),
    )
    async def revoke(self, context: Context, token: FromPath[str]) -> Credential:
        """Revoke a token at once."""
        return await context.station.admin_write(lambda access: revoke_token(access, token))
