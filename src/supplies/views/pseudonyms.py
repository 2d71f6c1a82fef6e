"""Remove personal data from views for auditors, who see codes instead of names.

From views for donors, only the notes of the station's staff are removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import msgspec

from supplies.books.catalogue import PERSONAL_COLUMNS
from supplies.domain.catalogue_records import Donor, Recipient
from supplies.papers.common import DonorName
from supplies.papers.receipt import DonationReceipt
from supplies.views.activities import ActivityView
from supplies.views.allocations import AllocationView
from supplies.views.conflict_sides import Decision, Side
from supplies.views.count_sheets import CountSheetView
from supplies.views.deliveries import DeliveryView, StopView
from supplies.views.document_reports import ReportedPledge
from supplies.views.donations import TEXTS as DONATION_TEXTS
from supplies.views.donations import DonationView, ValueView
from supplies.views.donor_reports import DonorPledges, DonorValue
from supplies.views.entries import ConflictView
from supplies.views.look_alikes import LookAlike
from supplies.views.needs import NeedView
from supplies.views.pledges import PledgeView
from supplies.views.recall import ReachedRecipient
from supplies.views.receipts import ReceiptView, VoidMark
from supplies.views.remarks import TextView
from supplies.views.shipments import ShipmentView
from supplies.views.stock_documents import StockDocumentView
from supplies.views.team_runs import RunOutcome, RunStopView, TeamRun

S = TypeVar("S", bound=msgspec.Struct)

_Replacements = Mapping[type[msgspec.Struct], Mapping[str, str | None]]

WITHHELD = "–"
"""The text that replaces a free text that the reader may not see.

Unlike None, it shows that there is a text in the books.
"""

REPLACED_FIELDS: _Replacements = {
    Donor: dict.fromkeys(PERSONAL_COLUMNS["donor"][1]),
    Recipient: dict.fromkeys(PERSONAL_COLUMNS["recipient"][1]),
    DonorName: {"name": None, "name_en": None, "phone": None},
    DonationReceipt: {
        "handled_by": WITHHELD,
        "checked_by": WITHHELD,
        "wish": WITHHELD,
        "agreement": WITHHELD,
        "fiscal_ticket": WITHHELD,
    },
    LookAlike: {"name": None, "phone": None, "address": None},
    ReachedRecipient: {"name": None, "phone": None, "address": None},
    # The check code opens `/api/verify`, which may show a part of the donor's name.
    ReceiptView: {"check_code": None, "signature": None, "key_id": None},
    DonorPledges: {"name": None},
    DonorValue: {"name": None},
    TextView: {"text": WITHHELD},
    NeedView: {"note": WITHHELD},
    PledgeView: {"note": WITHHELD},
    ReportedPledge: {"note": WITHHELD, "donor_name": None},
    DonationView: dict.fromkeys(DONATION_TEXTS, WITHHELD),
    ValueView: {"evidence": WITHHELD},
    AllocationView: {"note": WITHHELD},
    DeliveryView: {"note": WITHHELD},
    StopView: {"note": WITHHELD, "time_window": WITHHELD},
    TeamRun: {"note": WITHHELD},
    RunStopView: {"time_window": WITHHELD},
    RunOutcome: {"note": WITHHELD},
    ActivityView: {"who": WITHHELD},
    VoidMark: {"reason": WITHHELD},
    StockDocumentView: {"note": WITHHELD, "reason": WITHHELD},
    ConflictView: {"note": WITHHELD, "time_window": WITHHELD, "resolved_because": WITHHELD},
    Side: {"note": WITHHELD, "time_window": WITHHELD},
    Decision: {"reason": WITHHELD},
    ShipmentView: {"note": WITHHELD},
    CountSheetView: {"note": WITHHELD, "count_note": WITHHELD},
}
"""Fields with names of people or free text, each with the value that is shown instead.

The value is a text or None.
"""

_STAFF_TEXT: _Replacements = {
    kind: REPLACED_FIELDS[kind] for kind in (PledgeView, TextView, VoidMark)
}
"""Fields with free text of the station's staff. They are replaced in views for donors.

Free texts that are printed on the receipt are not included.
"""


def pseudonymize(view: S) -> S:
    """Return a copy of a view without names of people and free text. Codes are kept."""
    return cast("S", _replaced(view, REPLACED_FIELDS))


def without_staff_notes(view: S) -> S:
    """Return a copy of a view for a donor, without notes of the station's staff.

    Such a note may name a household.
    """
    return cast("S", _replaced(view, _STAFF_TEXT))


def without_remarks(view: S) -> S:
    """Return a copy of a view for a courier, without the content of remarks about documents.

    A remark may say what a household told the station about the courier.
    """
    return cast("S", _replaced(view, {TextView: REPLACED_FIELDS[TextView]}))


def _replaced(value: Any, fields: _Replacements) -> Any:
    if isinstance(value, list):
        return [_replaced(each, fields) for each in value]
    if not isinstance(value, msgspec.Struct):
        return value
    changes: dict[str, Any] = {}
    hidden = fields.get(type(value), {})
    for name in value.__struct_fields__:
        before = getattr(value, name)
        if name in hidden:
            changes[name] = before if before in (None, msgspec.UNSET) else hidden[name]
        elif isinstance(before, list | msgspec.Struct):
            changes[name] = _replaced(before, fields)
    return msgspec.structs.replace(value, **changes) if changes else value
