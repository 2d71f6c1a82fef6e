"""Known devices: browsers in which a user has signed in before.

The number of sign-in attempts with one login is limited. Attempts from all unknown devices are
counted together, and attempts from each known device separately. So a stranger who uses up the
attempts cannot lock the user out of a known device.

The browser keeps a cookie with the time, a random name and a message authentication code. The key
of this code is the hash of the user's password, which nobody outside the database knows. So after a
change of the password all devices are unknown. Nothing about devices is stored in the database.

Source: OWASP, Slow Down Online Guessing Attacks with Device Cookies.
"""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import timedelta

from supplies.access.access_context import AccessContext
from supplies.access.users import StoredPassword

LIFETIME = timedelta(days=180)
"""How long a device stays known after the last sign-in."""

_COOKIE = re.compile(r"([0-9]{1,12})\.([\w-]{22})\.([0-9a-f]{64})", re.ASCII)


def cookie_name(access: AccessContext, user: str) -> str:
    """Return the name of the cookie for a user.

    If several users share a browser, each has a cookie of their own.
    """
    return f"supplies_device_{access.station}_{user}"


def remember(access: AccessContext, password: StoredPassword, device: str | None = None) -> str:
    """Return the value of the cookie for a device on which the user has just signed in.

    Args:
        device: The name of the device if it is known. If None, a new random name is made.
    """
    name = device or secrets.token_urlsafe(16)
    return f"{access.unix_time}.{name}.{_code(access, password, access.unix_time, name)}"


def known_device(access: AccessContext, password: StoredPassword, cookie: str | None) -> str | None:
    """Return the name of the device from its cookie, or None if the device is unknown."""
    found = _COOKIE.fullmatch(cookie or "")
    if found is None or password.password_hash is None:
        return None
    at, name, code = int(found[1]), found[2], found[3]
    if not hmac.compare_digest(code, _code(access, password, at, name)):
        return None
    age = access.unix_time - at
    return name if 0 <= age <= LIFETIME.total_seconds() else None


def _code(access: AccessContext, password: StoredPassword, at: int, name: str) -> str:
    text = f"device {access.station} {password.user} {at} {name}"
    return hmac.digest((password.password_hash or "").encode(), text.encode(), "sha256").hex()
