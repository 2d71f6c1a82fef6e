"""Remove the one-time codes and passkeys of a user, for example after the phone was lost."""

from __future__ import annotations

from supplies.access import one_time_codes, passkeys
from supplies.access.access_context import AccessContext


def remove(access: AccessContext, user: str) -> None:
    """Turn off the one-time codes of a user, and remove all passkeys of the user."""
    one_time_codes.remove(access, user)
    passkeys.remove_all(access, user)
