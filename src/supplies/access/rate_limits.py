"""Rate limits, counted in the database so that all processes share them.

A span begins with the clock's own multiples of its length, so a row says all there is to know, and
those of spans gone by are swept away by whoever comes next.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import NamedTuple

from supplies.access.access_context import Gate


class Allowance(NamedTuple):
    """A number of attempts in each time window."""

    what: str
    tries: int
    within: timedelta


SIGN_IN_FROM_ADDRESS = Allowance("sign-in-address", 30, timedelta(minutes=15))
SIGN_IN_AS_FROM = Allowance("sign-in-login-address", 10, timedelta(minutes=15))
SIGN_IN_AS = Allowance("sign-in-login", 100, timedelta(minutes=15))
"""From one place; with one login from one place; and with one login from wherever, which is wider,
so that nobody keeps another out by guessing on purpose.
"""

VERIFY = Allowance("verify", 30, timedelta(minutes=1))
"""Checks of papers: enough for a holder, too few to guess a code of eight characters."""

STRANGERS = Allowance("strangers", 60, timedelta(minutes=1))
"""Refused attempts that are logged one by one; further ones get 429."""

ASKED_BY_DONOR = Allowance("donor-requests", 10, timedelta(days=1))


def seconds_to_wait(gate: Gate, allowance: Allowance, who: str) -> int:
    """Count an attempt; return 0 if it is allowed, else the seconds until the next window."""
    who = _digest(who)
    length = int(allowance.within.total_seconds())
    span = gate.seconds // length
    gate.run(
        "DELETE FROM attempts WHERE station = :station AND what = :what AND span < :span",
        what=allowance.what,
        span=span,
    )
    gate.run(
        "INSERT INTO attempts (station, what, who, span, tried) "
        "VALUES (:station, :what, :who, :span, 1) "
        "ON CONFLICT (station, what, who, span) DO UPDATE SET tried = attempts.tried + 1",
        what=allowance.what,
        who=who,
        span=span,
    )
    row = gate.one(
        "SELECT tried FROM attempts WHERE station = :station AND what = :what "
        "AND who = :who AND span = :span",
        what=allowance.what,
        who=who,
        span=span,
    )
    if row is None or row[0] <= allowance.tries:
        return 0
    return (span + 1) * length - gate.seconds


def forgive(gate: Gate, allowance: Allowance, who: str) -> None:
    """Reset the count after a successful sign-in."""
    gate.run(
        "DELETE FROM attempts WHERE station = :station AND what = :what AND who = :who",
        what=allowance.what,
        who=_digest(who),
    )


def _digest(who: str) -> str:
    """Hash the name of the caller: some type their password into the login field."""
    return hashlib.sha256(who.encode("utf-8", "surrogatepass")).hexdigest()[:32]
