"""The roles, and who may hand which to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Role = Literal["coordinator", "recorder", "courier", "auditor", "donor"]
"""coordinator: everything. recorder: the daily work. courier: a team's open deliveries. auditor:
reads, codes instead of names. donor: what concerns the own gifts."""

UserRole = Literal["coordinator", "recorder", "courier", "auditor"]
"""What a person with a password can be."""

USER_ROLES: tuple[UserRole, ...] = get_args(UserRole)

MAY_GRANT: Mapping[str, tuple[UserRole, ...]] = {
    "coordinator": ("coordinator", "recorder", "auditor"),
    "recorder": ("recorder", "auditor"),
    "courier": ("courier",),
    "auditor": ("auditor",),
}
"""What a program may be on behalf of a person: never more than the person is."""
