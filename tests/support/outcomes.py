"""Lines of a partial outcome."""

from __future__ import annotations

from supplies.domain import commands as c


def partial_outcome(
    received: int, back: int = 0, lost: int = 0, **more: str
) -> list[c.OutcomeLine]:
    line = c.OutcomeLine(line=1, received=received, brought_back=back, lost=lost, **more)  # type: ignore[arg-type]  # fields by name
    return [line]
