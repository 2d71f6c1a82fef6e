"""Sessions: users list their own sessions, and end sessions that they do not recognize."""

from __future__ import annotations

from litestar import Controller, Response, delete, get
from litestar.params import FromPath

from supplies.access import access_log, credentials
from supplies.access.access_context import AccessContext
from supplies.access.credentials import Credential
from supplies.errors import NotFound, Sentence
from supplies.views.pagination import Page
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.routes.tokens import credentials_page
from supplies_service.security.audit import access_line
from supplies_service.security.authorization import allow_roles


async def end_session(context: RequestContext, session_id: str) -> Credential:
    """End one of the caller's own sessions. Add a line to the access log.

    Raises:
        NotFound: the caller has no such session.
    """
    user = context.caller.user
    line = access_line(context.request, context.caller, "revoked", detail=f"session.{session_id}")

    def end(access: AccessContext) -> Credential:
        found = credentials.get(access, session_id)
        if found.kind != "session" or found.holder is None or found.holder != user:
            raise NotFound(Sentence("you have no such session; see the list of your sessions"))
        access_log.add_line(access, **line)
        return credentials.revoke(access, session_id)

    return await context.station.admin_write(end)


class SessionController(Controller):
    """Sessions of the user to whom the request's token belongs."""

    path = "/api/sessions"
    tags = ("users",)

    @get(operation_id="listSessions", opt=allow_roles("coordinator", "recorder", "auditor"))
    async def sessions(
        self, context: Context, after: After = None, limit: Limit = DEFAULT_LIMIT
    ) -> Response[Page[Credential]]:
        """List your own sessions, newest first, including those that have ended."""
        user = str(context.caller.user)
        return context.page(
            lambda books: credentials_page(
                context.access(books), after, limit, kinds=("session",), holder=user
            )
        )

    @delete(
        "/{session:str}",
        operation_id="endSession",
        status_code=200,
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def end(self, context: Context, session: FromPath[str]) -> Credential:
        """End one of your own sessions at once."""
        return await end_session(context, session)
