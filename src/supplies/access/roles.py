"""The roles of callers, and the roles that users may give to their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Role = Literal["coordinator", "recorder", "courier", "auditor", "donor"]
"""The role of a caller, which decides what the caller may do.

- coordinator: everything.
- recorder: the daily work.
- courier: the open deliveries of one team.
- auditor: read all books, with codes in place of names.
- donor: read the donor's own donations.
"""

UserRole = Literal["coordinator", "recorder", "courier", "auditor"]
"""The roles that a user with a password can have."""

USER_ROLES: tuple[UserRole, ...] = get_args(UserRole)

GRANTABLE_ROLES: Mapping[str, tuple[UserRole, ...]] = {
    "coordinator": ("coordinator", "recorder", "auditor"),
    "recorder": ("recorder", "auditor"),
    "courier": ("courier",),
    "auditor": ("auditor",),
}
"""The roles that users may give to their tokens, by the role of the user.

A token never has more rights than its user.
"""
