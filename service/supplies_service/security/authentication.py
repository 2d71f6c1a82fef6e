"""The gate: who calls, whether this route serves them, and the line that is left in the log.

A route says whom it serves in its `opt`, by the letters of the API's table (`roles="CRA"`); one
that says nothing serves nobody, and the application does not start with it. `/api` takes a token in
the `Authorization` header and nothing else: a cookie would come along from any other site. The
pages beside it take a cookie and nothing else.

What is shown names its station, and that station's books are the ones that the request reads and
writes. Only a coordinator of the station that heads an organisation may ask about another of its
stations, with `?station=`, and only look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.types import Scope

from supplies.access import access_log as log
from supplies.access import credentials
from supplies.access import rate_limits as attempts
from supplies.access.access_context import Gate
from supplies.access.credentials import Caller, Kind
from supplies.access.roles import LETTERS
from supplies.stations.organisation import leads
from supplies_service.problems import Forbidden, RateLimited, SignInFirst, Unauthenticated
from supplies_service.security.loopback import is_loopback
from supplies_service.stations import Office, lead_to, office_of, offices_of

Connection = ASGIConnection[Any, Any, Any, Any]

PUBLIC = "-"
"""Whom a route serves that serves everybody."""

SESSION_COOKIE, DONOR_COOKIE = "supplies_session", "supplies_donor"

_SEE_NAMES = ("coordinator", "recorder")
"""Auditors see codes. What couriers and donors see is theirs or not, which is asked later: only
then is it written down that they looked.
"""

STATION = "station"
"""The parameter that names another station."""

_READING = {"GET", "HEAD"}

_BEARER_KINDS: tuple[Kind, ...] = ("token", "link")

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

SIGN_IN = "sign in: send a token as `Authorization: Bearer …`; `supplies user token` makes one"


async def at_the_gate(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let a caller through to a handler, or refuse; both as its `opt` says."""
    serves = handler.opt.get("roles", "")
    if serves == PUBLIC or (handler.opt.get("here", False) and _is_here(connection)):
        return
    on_a_page = handler.opt.get("page", False)
    caller, is_to_be_noted = _admitted(connection, on_a_page)
    if caller is None:
        if on_a_page:
            if _cookie(connection):
                await refuse_stranger(connection)
            raise SignInFirst("sign in first")
        await refuse_stranger(connection)
        raise Unauthenticated(SIGN_IN)
    if caller.role not in {LETTERS[letter] for letter in serves}:
        await note_refusal(connection, caller)
        raise Forbidden(
            f"this is not for the role {caller.role}; it serves "
            f"{' and '.join(sorted(LETTERS[letter] for letter in serves)) or 'nobody'}"
        )
    own = office_of(connection)
    if takes_station(handler):
        await _to_the_station_asked_about(connection, caller)
    looks = handler.opt.get("personal", False) and caller.role in _SEE_NAMES
    if looks or is_to_be_noted:
        await _came_in(connection, caller, own, looks=looks, used=is_to_be_noted)
    connection.scope["user"] = caller


def takes_station(handler: BaseRouteHandler) -> bool:
    """Whether it may be asked about another station: what a coordinator reads through the API."""
    reads = isinstance(handler, HTTPRouteHandler) and handler.http_methods <= _READING
    return reads and "shape" in handler.opt and "C" in handler.opt["roles"]


async def _to_the_station_asked_about(connection: Connection, caller: Caller) -> None:
    """Lead to the office that `?station=` names, whom it is open to."""
    asked = connection.query_params.get(STATION)
    if asked is None or asked == caller.station:
        return
    office = None
    if caller.role == "coordinator":
        ledger = office_of(connection).ledger
        with ledger.glancing() as books:
            if leads(books, asked):
                office = offices_of(connection).find(asked)
    if office is None:
        await note_refusal(connection, caller)
        raise Forbidden(
            "these are another station's books; into them may look the coordinators of the "
            "station at the head of its organisation"
        )
    lead_to(connection, office)


def caller_of(scope: Scope) -> Caller | None:
    """Who came through the gate; None on a route that serves everybody."""
    caller: Caller | None = scope.get("user")
    return caller


def refuse_unmarked(handlers: Iterable[HTTPRouteHandler]) -> None:
    """Do not start with a route that does not say whom it serves."""
    for handler in handlers:
        serves = handler.opt.get("roles")
        if serves is None or (serves != PUBLIC and not set(serves) <= set(LETTERS)):
            raise LookupError(f"the route {handler.paths} does not say whom it serves")


def address_of(connection: Connection) -> str:
    """The network address that the caller comes from."""
    return connection.client.host if connection.client else "unknown"


async def note_refusal(connection: Connection, caller: Caller | None) -> None:
    """Leave a line of an attempt that was refused."""
    line = _line(connection, caller, "refused")
    await office_of(connection).administer(lambda gate: log.write(gate, **line))


async def note_look(connection: Connection, caller: Caller) -> None:
    """Leave a line of a look at personal data."""
    line = _line(connection, caller, "looked")
    await office_of(connection).administer(lambda gate: log.write(gate, **line))


async def let_try(connection: Connection, allowance: attempts.Allowance, who: str) -> None:
    """Count a try; RateLimited where there were too many, in whichever process.

    who: an address, whose neighbours in one household's IPv6 network count as one; or a login.
    """
    who = _one_household(who)
    office = office_of(connection)
    wait = await office.administer(lambda gate: attempts.seconds_to_wait(gate, allowance, who))
    if wait:
        raise RateLimited(f"too many tries; try again in {wait} seconds", retry_after=wait)


def _one_household(who: str) -> str:
    """A network address as tries are counted: of IPv6 its first 64 bits, which are one line's."""
    try:
        address = ip_address(who)
    except ValueError:
        return who
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ip_network((int(address) >> 64 << 64, 64)))
    return str(address)


def _is_here(connection: Connection) -> bool:
    """Whether a program of this machine asks by itself, and no proxy for somebody else."""
    forwarded = any(name in connection.headers for name in ("forwarded", "x-forwarded-for"))
    return not forwarded and is_loopback(connection.client.host if connection.client else "")


def _admitted(connection: Connection, on_a_page: bool) -> tuple[Caller | None, bool]:
    kinds: tuple[Kind, ...] = _BEARER_KINDS
    if on_a_page:
        kinds = ("link",) if _of_donors(connection) else ("session",)
    shown = _cookie(connection) if on_a_page else _bearer(connection)
    if not shown:
        return None, False
    office = offices_of(connection).find(credentials.station_of(shown))
    if office is None:
        return None, False
    # One question, so it needs no transaction around it.
    with office.ledger.glancing() as books:
        admitted = credentials.admit(Gate(books, office.ledger.clock()), shown, kinds)
    if admitted is None:
        return None, False
    lead_to(connection, office)
    return admitted


def _bearer(connection: Connection) -> str:
    scheme, _, shown = connection.headers.get("authorization", "").partition(" ")
    return shown.strip() if scheme.lower() == "bearer" else ""


def _cookie(connection: Connection) -> str:
    return connection.cookies.get(DONOR_COOKIE if _of_donors(connection) else SESSION_COOKIE, "")


def _of_donors(connection: Connection) -> bool:
    return connection.url.path.startswith("/my")


async def refuse_stranger(connection: Connection) -> None:
    """Leave a line, unless so many come from one address that they would fill the disk."""
    address = address_of(connection)
    await let_try(connection, attempts.STRANGERS, address)
    await note_refusal(connection, None)


async def _came_in(
    connection: Connection, caller: Caller, own: Office, *, looks: bool, used: bool
) -> None:
    """What an admission leaves behind, durably before anything is answered.

    own: the office of the caller's station, where the credential is; the look is written down
    where the names are that were looked at.
    """
    line, at = _line(connection, caller, "looked"), office_of(connection)

    def write(gate: Gate) -> None:
        if used and gate.station == own.station:
            credentials.used(gate, caller.credential)
        if looks and gate.station == at.station:
            log.write(gate, **line)

    for office in {own.station: own, at.station: at}.values():
        await office.administer(write)


def _line(connection: Connection, caller: Caller | None, outcome: str) -> dict[str, Any]:
    """A line of the access log: the route as it is written, and a code, never what was typed."""
    subject = next(iter(connection.path_params.values()), None)
    if not (isinstance(subject, str) and _CODE.fullmatch(subject)):
        subject = None
    return {
        "method": str(connection.scope.get("method", "")),
        "route": str(connection.scope.get("path_template", "")),
        "subject": None if subject is None or subject.startswith("supplies.") else subject,
        "outcome": outcome,
        "who": None if caller is None else _known_as(connection, caller),
        "role": None if caller is None else caller.role,
        "credential": None if caller is None else caller.credential,
        "address": address_of(connection),
    }


def _known_as(connection: Connection, caller: Caller) -> str:
    """By what another station's log names a caller: codes of users are each station's own."""
    at = office_of(connection).station
    return caller.who if caller.station == at else f"{caller.station}/{caller.who}"
