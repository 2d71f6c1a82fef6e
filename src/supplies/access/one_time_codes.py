"""One-time codes (TOTP): a second factor that a user types after the password.

An app on the user's phone and the station share a secret. From the secret and the time, the app
computes a code of six digits, which changes every 30 seconds. Each code is accepted once. If the
phone is lost, the user types a recovery code instead. Each recovery code is also accepted once.

Source: RFC 6238.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata

import pyotp

from supplies.access.access_context import AccessContext
from supplies.access.users import User
from supplies.errors import AlreadyDone, InvalidField, Sentence

STEP_SECONDS = 30

ALLOWED_STEPS = (-1, 0, 1)
"""Time steps of 30 seconds whose codes are accepted, relative to the current step.

One step before and one after allow for a wrong clock and for the time that typing takes.
"""

RECOVERY_CODES = 10
"""How many recovery codes a user gets."""

_RECOVERY_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_RECOVERY_GROUPS, _GROUP_LENGTH = 6, 4
"""Number of groups in a recovery code, and number of characters in a group.

A whole code has 24 characters from an alphabet of 31, which is 118 bits.
"""


def start(access: AccessContext, user: User) -> str:
    """Make a secret for a user's app, and return it. Codes are required only after `confirm`.

    Raises:
        AlreadyDone: the user has one-time codes.
    """
    if is_on(access, user.code):
        raise AlreadyDone(Sentence("one-time codes are turned on; turn them off first"))
    remove(access, user.code)
    secret = pyotp.random_base32()
    access.insert(
        "one_time_codes", holder=user.code, secret=secret, made_at=access.now, last_step=0
    )
    return secret


def pending_secret(access: AccessContext, user: str) -> str | None:
    """Return the secret that the user has not confirmed yet, or None if there is none."""
    row = access.one(
        "SELECT secret FROM one_time_codes "
        "WHERE station = :station AND holder = :user AND confirmed_at IS NULL",
        user=user,
    )
    return None if row is None else str(row[0])


def app_address(access: AccessContext, user: User, secret: str) -> str:
    """Return the `otpauth` URL that contains a secret. Apps read it from a QR code."""
    name = f"{user.login} ({access.station})"
    app = pyotp.TOTP(secret, name=name, issuer="supplies")
    return app.provisioning_uri()


def confirm(access: AccessContext, user: str, code: str) -> list[str]:
    """Turn on one-time codes, if the user has typed a right code. Return the recovery codes.

    The recovery codes cannot be shown later.

    Raises:
        InvalidField: the code is wrong, or `start` was not called before.
    """
    if pending_secret(access, user) is None or not _use_app_code(access, user, code):
        raise InvalidField.at(
            "/code",
            Sentence(
                "this code is wrong; type the six digits that the app shows now, and check the "
                "clock of the phone"
            ),
        )
    access.update(
        "one_time_codes", "confirmed_at = :now", "holder = :user", now=access.now, user=user
    )
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    for one in codes:
        access.insert("recovery_codes", holder=user, digest=_digest(one), made_at=access.now)
    return codes


def is_on(access: AccessContext, user: str) -> bool:
    """Return whether the user must type a one-time code to sign in."""
    return turned_on_at(access, user) is not None


def turned_on_at(access: AccessContext, user: str) -> str | None:
    """Return when the user turned on one-time codes, or None if they are off."""
    row = access.one(
        "SELECT confirmed_at FROM one_time_codes WHERE station = :station AND holder = :user",
        user=user,
    )
    return None if row is None else row[0]


def count_recovery_codes(access: AccessContext, user: str) -> int:
    """Return the number of recovery codes that the user has not used yet."""
    row = access.one(
        "SELECT count(*) FROM recovery_codes "
        "WHERE station = :station AND holder = :user AND used_at IS NULL",
        user=user,
    )
    return 0 if row is None else int(row[0])


def use(access: AccessContext, user: str, code: str) -> bool:
    """Check a code from the app or a recovery code. If the code is right, mark it as used.

    Return whether the code is right. Spaces, dashes and case do not matter.
    """
    if not is_on(access, user):
        return False
    return _use_app_code(access, user, code) or _use_recovery_code(access, user, code)


def remove(access: AccessContext, user: str) -> None:
    """Turn off one-time codes: delete the secret and the recovery codes."""
    for table in ("one_time_codes", "recovery_codes"):
        access.delete(table, "holder = :user", user=user)


def _use_app_code(access: AccessContext, user: str, code: str) -> bool:
    row = access.one(
        "SELECT secret FROM one_time_codes WHERE station = :station AND holder = :user", user=user
    )
    if row is None:
        return False
    app, typed = pyotp.TOTP(row[0], interval=STEP_SECONDS), _plain(code)
    for step in (access.unix_time // STEP_SECONDS + offset for offset in ALLOWED_STEPS):
        if hmac.compare_digest(app.generate_otp(step).encode(), typed.encode()):
            changed = access.run(
                "UPDATE one_time_codes SET last_step = :step "
                "WHERE station = :station AND holder = :user AND last_step < :step",
                step=step,
                user=user,
            )
            return changed == 1
    return False


def _use_recovery_code(access: AccessContext, user: str, code: str) -> bool:
    changed = access.update(
        "recovery_codes",
        "used_at = :now",
        "holder = :user AND digest = :digest AND used_at IS NULL",
        now=access.now,
        user=user,
        digest=_digest(code),
    )
    return changed == 1


def _recovery_code() -> str:
    groups = (
        "".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(_GROUP_LENGTH))
        for _ in range(_RECOVERY_GROUPS)
    )
    return "-".join(groups)


def _digest(code: str) -> bytes:
    return hashlib.sha256(_plain(code).encode()).digest()


def _plain(code: str) -> str:
    """Return a code without spaces and dashes, in lower case and ASCII digits."""
    text = unicodedata.normalize("NFKC", code[:100]).lower()
    return "".join(character for character in text if character.isalnum())
