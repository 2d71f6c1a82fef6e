"""Rate limits, counted in the database for all processes together.

Time is divided into windows of equal length. A row counts the attempts of one caller in one window.
At the next attempt, rows of earlier windows are deleted.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import NamedTuple

from supplies.access.access_context import AccessContext


class RateLimit(NamedTuple):
    """A limit: how many attempts each caller may make in each time window."""

    name: str
    attempts: int
    window: timedelta


SIGN_IN_BY_ADDRESS = RateLimit("sign-in-address", 30, timedelta(minutes=15))
SIGN_IN_BY_LOGIN_AND_ADDRESS = RateLimit("sign-in-login-address", 10, timedelta(minutes=15))
SIGN_IN_BY_LOGIN = RateLimit("sign-in-login", 100, timedelta(minutes=15))
"""Limits the sign-in attempts with one login, from all unknown devices together.

This limit allows more attempts than the others, because a stranger can use up the attempts of
another person's login.
"""

SIGN_IN_BY_DEVICE = RateLimit("sign-in-device", 10, timedelta(minutes=15))
"""Limits the sign-in attempts of one user from one known device."""

ONE_TIME_CODES = RateLimit("one-time-codes", 5, timedelta(minutes=15))
"""Limits the wrong one-time codes of a user.

Attempts from each known device are counted separately, and those from all other devices together.
At any time, three of a million codes are right. At this limit, somebody who knows the password and
guesses for a year finds a right code with a probability of less than one half.
"""

PASSKEY_CHALLENGES = RateLimit("passkey-challenges", 60, timedelta(minutes=15))
"""Limits the passkey sign-ins from one network address.

Each sign-in counts twice: at its beginning and at its end. Passkeys cannot be guessed. The limit
prevents strangers from filling the tables.
"""

PASSWORD_CHANGES = RateLimit("password-changes", 10, timedelta(minutes=15))
"""Limits how often a signed-in user may type the old password in order to change it."""

VERIFY_RECEIPT = RateLimit("verify", 30, timedelta(minutes=1))
"""Limits the attempts to verify a receipt by its check code.

This limit allows enough attempts for readers of receipts, but too few to guess a code of eight
characters.
"""

REFUSED_REQUESTS = RateLimit("strangers", 60, timedelta(minutes=1))
"""Limits how many refused requests are written to the access log.

Above the limit, requests get the status 429 and are not written to the log.
"""

DONOR_REQUESTS = RateLimit("donor-requests", 10, timedelta(days=1))


def count_attempt(access: AccessContext, limit: RateLimit, caller: str) -> int:
    """Count an attempt.

    Return 0 if the attempt is allowed, otherwise the number of seconds until the next window.

    Args:
        caller: What identifies the caller, for example a network address or a login. Only its hash
            is stored.
    """
    who = _digest(caller)
    length = int(limit.window.total_seconds())
    window = access.unix_time // length
    # Later windows are those of a clock that was ahead. The clock of another process may be so by
    # less than a second.
    access.run(
        "DELETE FROM attempts WHERE station = :station AND what = :what "
        "AND (span < :span OR span > :span + 1)",
        what=limit.name,
        span=window,
    )
    access.run(
        "INSERT INTO attempts (station, what, who, span, tried) "
        "VALUES (:station, :what, :who, :span, 1) "
        "ON CONFLICT (station, what, who, span) DO UPDATE SET tried = attempts.tried + 1",
        what=limit.name,
        who=who,
        span=window,
    )
    row = access.one(
        "SELECT tried FROM attempts WHERE station = :station AND what = :what "
        "AND who = :who AND span = :span",
        what=limit.name,
        who=who,
        span=window,
    )
    if row is None or row[0] <= limit.attempts:
        return 0
    return (window + 1) * length - access.unix_time


def reset(access: AccessContext, limit: RateLimit, caller: str) -> None:
    """Set the count of a caller's attempts to zero, for example after a successful sign-in."""
    access.run(
        "DELETE FROM attempts WHERE station = :station AND what = :what AND who = :who",
        what=limit.name,
        who=_digest(caller),
    )


def _digest(caller: str) -> str:
    """Return the hash of a caller's name.

    The name itself is not stored, because some people type their password into the login field.
    """
    return hashlib.sha256(caller.encode("utf-8", "surrogatepass")).hexdigest()[:32]
