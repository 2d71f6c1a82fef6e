"""How a view looks to a program that reads its JSON: names, values and the order of the keys."""

from __future__ import annotations

from typing import Any

import msgspec


def shows(view: Any, expected: Any) -> bool:
    """Whether a view's JSON is exactly this, key by key in this order."""
    found, wanted = (msgspec.json.encode(one).decode() for one in (view, expected))
    if found != wanted:
        raise AssertionError(f"shown:\n{found}\nexpected:\n{wanted}")
    return True
