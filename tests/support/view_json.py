"""Compare the JSON of a view, including the order of its keys."""

from __future__ import annotations

from typing import Any

import msgspec


def has_exact_json(view: Any, expected: Any) -> bool:
    """Return whether a view's JSON is exactly this, with its keys in this order."""
    found, wanted = (msgspec.json.encode(one).decode() for one in (view, expected))
    if found != wanted:
        raise AssertionError(f"shown:\n{found}\nexpected:\n{wanted}")
    return True
