"""The page with which a phone joins a delivery team.

Messengers open the URL to show a preview. So the phone joins only when its user presses the button
on the page.
"""

from __future__ import annotations

import re

from litestar import Controller, Response, get, post
from litestar.params import FromPath

from supplies.access import phones
from supplies.errors import InvalidField, template
from supplies.stations.paper_settings import paper_settings
from supplies_service.pages.forms import form_fields, phone_cookie, redirect
from supplies_service.pages.languages import language_of, translations
from supplies_service.pages.layout import render_page
from supplies_service.pages.shown_once import full_address
from supplies_service.phone_joining import join_team
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.phones import find_invitation
from supplies_service.security.authentication import PHONE_COOKIE
from supplies_service.security.authorization import allow_anyone

_BUILT_IN_BROWSER = re.compile(
    r"MicroMessenger|\bQQ/|Weibo|AliApp|DingTalk|Lark|FBAN|FBAV|Instagram|\bLine/", re.IGNORECASE
)
"""Names in `User-Agent` by which the built-in browsers of other programs are recognized.

The built-in browser of a messenger, for example, has its own storage and may not work offline.
"""

_NO_MODELS = ("K", "Mobile", "Tablet")
"""Words that browsers send in place of the phone's model, to protect the user's privacy."""

_LABEL_WITHOUT_MODEL = template("Phone {number}")
"""The label that is proposed for a phone whose model is unknown."""

_MODEL = re.compile(r"Android [\d.]+; ([^;)]{1,40}?)(?: Build/|[;)])|\b(iPhone|iPad)\b")


class PhoneJoinPages(Controller):
    """Routes of the page with which a phone joins a team."""

    path = "/run/join"
    include_in_schema = False
    opt = allow_anyone()

    @get("/{secret:str}")
    async def join_page(self, context: Context, secret: FromPath[str]) -> Response[bytes]:
        """Show the team, and the button that joins it."""
        context, invitation = await find_invitation(context, secret)
        if invitation is None:
            return _invalid_page(context)
        return _join_page(context, secret, invitation.team)

    @post("/{secret:str}")
    async def join(self, context: Context, secret: FromPath[str]) -> Response[bytes]:
        """Add the phone to the team, and open the page with the team's deliveries."""
        sent = await form_fields(context.request, ("label",))
        context, invitation = await find_invitation(context, secret)
        if invitation is None:
            return _invalid_page(context)
        if is_built_in_browser(context):
            return _join_page(context, secret, invitation.team)
        try:
            _, own_secret = await join_team(
                context,
                invitation,
                label=sent["label"].strip() or _proposed_label(context, invitation.team),
                present_secret=context.request.cookies.get(PHONE_COOKIE, ""),
            )
        except InvalidField as error:
            return _join_page(context, secret, invitation.team, error=error.detail)
        return redirect("/run", phone_cookie(context.request, own_secret))


def is_built_in_browser(context: RequestContext) -> bool:
    """Return whether a request comes from the built-in browser of another program.

    Examples are the browsers of messengers.
    """
    return _BUILT_IN_BROWSER.search(context.request.headers.get("user-agent", "")) is not None


def _proposed_label(context: RequestContext, team: str) -> str:
    """Return a name for the phone: its model, or its number in the team if the model is unknown."""
    found = _MODEL.search(context.request.headers.get("user-agent", ""))
    model = "" if found is None else (found[1] or found[2]).strip()
    if model and model not in _NO_MODELS:
        return model
    with context.reading() as books:
        number = phones.count(context.access(books), team) + 1
        language = language_of(context.request, paper_settings(books).languages)
    return translations(language).gettext(_LABEL_WITHOUT_MODEL).format(number=number)


def _join_page(
    context: RequestContext, secret: str, team: str, *, error: str | None = None
) -> Response[bytes]:
    address = full_address(context, f"/run/join/{secret}")
    return render_page(
        context.request,
        "phone_join.html",
        status=200 if error is None else 422,
        team=team,
        label=_proposed_label(context, team),
        built_in=is_built_in_browser(context),
        address=address,
        error=error,
    )


def _invalid_page(context: RequestContext) -> Response[bytes]:
    return render_page(context.request, "invalid_link.html", status=404, link="team")
