"""Pseudonyms: auditors see codes instead of names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import msgspec

from supplies.books.catalogue import PERSONAL_COLUMNS
from supplies.domain.catalogue_records import Donor, Recipient
from supplies.papers.common import DonorName
from supplies.papers.receipt import DonationReceipt
from supplies.views.activities import ActivityView
from supplies.views.receipts import VoidMark

S = TypeVar("S", bound=msgspec.Struct)

WITHHELD = "–"
"""Replaces a name in a required field."""

REPLACED_FIELDS: Mapping[type[msgspec.Struct], Mapping[str, str | None]] = {
    Donor: dict.fromkeys(PERSONAL_COLUMNS["donor"][1]),
    Recipient: dict.fromkeys(PERSONAL_COLUMNS["recipient"][1]),
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
"""Fields with names or free text, and what replaces them; None: the field is emptied."""


def pseudonymize(view: S) -> S:
    """Return a copy of a view without names and free text; codes stay."""
    return cast("S", _pseudonymized(view))


def _pseudonymized(value: Any) -> Any:
    if isinstance(value, list):
        return [_pseudonymized(each) for each in value]
    if not isinstance(value, msgspec.Struct):
        return value
    changes: dict[str, Any] = {}
    hidden = REPLACED_FIELDS.get(type(value), {})
    for name in value.__struct_fields__:
        before = getattr(value, name)
        if name in hidden:
            changes[name] = None if before is None else hidden[name]
        elif isinstance(before, list | msgspec.Struct):
            changes[name] = _pseudonymized(before)
    return msgspec.structs.replace(value, **changes) if changes else value
