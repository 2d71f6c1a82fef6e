"""Let a phone join a delivery team."""

from __future__ import annotations

from supplies.access import access_log, phones
from supplies.access.access_context import AccessContext
from supplies.access.phones import Invitation, Phone
from supplies_service.request_context import RequestContext
from supplies_service.security.audit import access_line


async def join_team(
    context: RequestContext,
    invitation: Invitation,
    *,
    label: str,
    version: str | None = None,
    present_secret: str = "",
) -> tuple[Phone, str]:
    """Add a phone to a team, and log it. Return the phone and its secret.

    The arguments are passed on to `phones.join`.

    Raises:
        InvalidField: the label or the version is invalid.
    """

    def join(access: AccessContext) -> tuple[Phone, str]:
        phone, secret = phones.join(
            access, invitation, label=label, version=version, present_secret=present_secret
        )
        line = access_line(context.request, None, "made", subject=phone.team)
        line |= {"detail": f"phone.{phone.id} joined by {invitation.joined_by}"}
        access_log.add_line(access, **line)
        return phone, secret

    return await context.station.admin_write(join)
