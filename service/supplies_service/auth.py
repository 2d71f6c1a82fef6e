"""The gate: who calls, whether this route serves them, and the line that is left in the log.

A route says whom it serves in its `opt`, by the letters of the API's table (`roles="CRA"`); one
that says nothing serves nobody, and the application does not start with it. `/api` takes a token in
the `Authorization` header and nothing else: a cookie would come along from any other site. The
pages beside it take a cookie and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.types import Scope

from supplies.access import attempts, credentials, log
from supplies.access.credentials import Caller, Kind
from supplies.access.gate import Gate
from supplies.access.roles import LETTERS
from supplies_service.loopback import is_loopback
from supplies_service.problems import Forbidden, RateLimited, SignInFirst, Unauthenticated

Connection = ASGIConnection[Any, Any, Any, Any]

PUBLIC = "-"
"""Whom a route serves that serves everybody."""

SESSION_COOKIE, DONOR_COOKIE = "supplies_session", "supplies_donor"

_SEE_NAMES = ("coordinator", "recorder")
"""Auditors see codes. What couriers and donors see is theirs or not, which is asked later: only
then is it written down that they looked.
"""

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
    looks = handler.opt.get("personal", False) and caller.role in _SEE_NAMES
    if looks or is_to_be_noted:
        await _came_in(connection, caller, looks=looks, used=is_to_be_noted)
    connection.scope["user"] = caller


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
    await connection.app.state.office.administer(lambda gate: log.write(gate, **line))


async def note_look(connection: Connection, caller: Caller) -> None:
    """Leave a line of a look at personal data."""
    line = _line(connection, caller, "looked")
    await connection.app.state.office.administer(lambda gate: log.write(gate, **line))


async def let_try(connection: Connection, allowance: attempts.Allowance, who: str) -> None:
    """Count a try; RateLimited where there were too many, in whichever process.

    who: an address, whose neighbours in one household's IPv6 network count as one; or a login.
    """
    who = _one_household(who)
    office = connection.app.state.office
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
    ledger = connection.app.state.office.ledger
    # One question, so it needs no transaction around it.
    with ledger.glancing() as books:
        return credentials.admit(Gate(books, ledger.clock()), shown, kinds) or (None, False)


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


async def _came_in(connection: Connection, caller: Caller, *, looks: bool, used: bool) -> None:
    """What an admission leaves behind, in one durable step before anything is answered."""
    line = _line(connection, caller, "looked")

    def write(gate: Gate) -> None:
        if used:
            credentials.used(gate, caller.credential)
        if looks:
            log.write(gate, **line)

    await connection.app.state.office.administer(write)


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
        "who": None if caller is None else caller.who,
        "role": None if caller is None else caller.role,
        "credential": None if caller is None else caller.credential,
        "address": address_of(connection),
    }
