"""Names in the runs of teams, for tests."""

from __future__ import annotations


class Names:
    """Codes in place of names."""

    def item(self, code: str) -> str:
        return code

    def quantity(self, quantity: int, item: str) -> str:
        return f"{quantity} × {item}"

    def unit_of(self, item: str, quantity: int) -> str:
        return f"unit of {item}"

    def pack(self, pack: str, size: int, item: str) -> str:
        return f"{pack} of {size} × {item}"

    def phone(self, by: str) -> str | None:
        return None
