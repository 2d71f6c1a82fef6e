"""Check that a refused call records nothing, and read its error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from supplies.errors import (
    SuppliesError,
)
from support.ledger_fixture import StationLedger


def assert_refused(
    station: StationLedger,
    kind: type[SuppliesError],
    do: Callable[[], Any],
    *,
    at: str | None = None,
) -> str:
    """Check that a call is refused and records nothing. Return the message.

    Args:
        at: The JSON pointer to the refused field.
    """
    before = station.entries()
    with pytest.raises(kind) as refusal:
        do()
    assert station.entries() == before
    assert type(refusal.value) is kind
    if at is not None:
        assert refusal.value.faults[0].pointer == at
    return str(refusal.value)
