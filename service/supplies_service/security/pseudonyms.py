"""What an auditor sees: codes, in the place of every name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import msgspec

from supplies.books.catalogue import PERSONAL
from supplies.domain.catalogue_records import Donor, Recipient
from supplies.papers.common import DonorName
from supplies.papers.receipt import DonationReceipt
from supplies.views.activities import ActivityView
from supplies.views.receipts import VoidMark

S = TypeVar("S", bound=msgspec.Struct)

WITHHELD = "–"
"""What stands where a name must stand."""

NAMES: Mapping[type[msgspec.Struct], Mapping[str, str | None]] = {
    Donor: dict.fromkeys(PERSONAL["donor"][1]),
    Recipient: dict.fromkeys(PERSONAL["recipient"][1]),
    DonorName: {"name": None, "name_en": None, "phone": None},
    DonationReceipt: {
        "handled_by": WITHHELD,
        "checked_by": None,
        "wish": None,
        "agreement": None,
        "fiscal_ticket": None,
    },
    VoidMark: {"reason": None},
    ActivityView: {"who": None},
}
"""The fields that name people, or may in somebody's own words, with what stands there instead."""


def codes_only(shown: S) -> S:
    """The same view without a name."""
    return cast("S", _without(shown))


def _without(value: Any) -> Any:
    if isinstance(value, list):
        return [_without(each) for each in value]
    if not isinstance(value, msgspec.Struct):
        return value
    changes: dict[str, Any] = {}
    hidden = NAMES.get(type(value), {})
    for name in value.__struct_fields__:
        before = getattr(value, name)
        if name in hidden:
            changes[name] = None if before is None else hidden[name]
        elif isinstance(before, list | msgspec.Struct):
            changes[name] = _without(before)
    return msgspec.structs.replace(value, **changes) if changes else value
