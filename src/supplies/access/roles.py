"""The roles, and which roles each may grant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Role = Literal["coordinator", "recorder", "courier", "auditor", "donor"]
"""coordinator: everything. recorder: the daily work. courier: a team's open deliveries. auditor:
reads, codes instead of names. donor: what concerns the own gifts."""

UserRole = Literal["coordinator", "recorder", "courier", "auditor"]
"""The roles of users with a password."""

USER_ROLES: tuple[UserRole, ...] = get_args(UserRole)

MAY_GRANT: Mapping[str, tuple[UserRole, ...]] = {
    "coordinator": ("coordinator", "recorder", "auditor"),
    "recorder": ("recorder", "auditor"),
    "courier": ("courier",),
    "auditor": ("auditor",),
}
"""The roles that a user may give to a token: never more than the user's own."""
