"""Short-lived proofs that a user has just typed the right password.

A user with one-time codes signs in on two pages. The first page checks the password and returns
such a proof. The second page sends the proof together with the code. One-time codes are turned on
in the same way, so that a session alone does not suffice. The proof is not stored: it is
authenticated with the hash of the password, which nobody outside the database knows.
"""

from __future__ import annotations

import hmac
import re
from datetime import timedelta

from supplies.access import users
from supplies.access.access_context import AccessContext
from supplies.access.users import StoredPassword

LIFETIME = timedelta(minutes=5)
"""How long a proof is valid after the user has typed the password."""

_PROOF = re.compile(r"([0-9]{1,12})\.(u_[0-9]{1,9})\.([0-9a-f]{64})", re.ASCII)


def make_proof(access: AccessContext, password: StoredPassword) -> str:
    """Return a proof for a user who has just typed the right password."""
    at = access.unix_time
    return f"{at}.{password.user}.{_code(access, password, at)}"


def find_password(
    access: AccessContext, proof: str, *, lifetime: timedelta = LIFETIME
) -> StoredPassword | None:
    """Return the user for whom a proof was made, and the hash of the user's password.

    Return None if the proof is invalid or too old, if the password was changed, or if the user is
    disabled.

    Args:
        lifetime: How long the proof is valid after the user has typed the password.
    """
    found = _PROOF.fullmatch(proof)
    if found is None:
        return None
    at, code = int(found[1]), found[2]
    password = users.find_password_of(access, code)
    if password is None or password.password_hash is None:
        return None
    if not hmac.compare_digest(found[3], _code(access, password, at)):
        return None
    age = access.unix_time - at
    return password if 0 <= age <= lifetime.total_seconds() else None


def _code(access: AccessContext, password: StoredPassword, at: int) -> str:
    text = f"password {access.station} {password.user} {at}"
    return hmac.digest((password.password_hash or "").encode(), text.encode(), "sha256").hex()
