"""The rows that an entry writes into tables, in addition to its transfers."""

from __future__ import annotations

from typing import get_args

from supplies.domain.entry_rows.activities import Activity
from supplies.domain.entry_rows.allocations import Allocation, AllocationLine, Collection
from supplies.domain.entry_rows.arrivals import Arrival, ArrivalCampaign, ArrivalLine
from supplies.domain.entry_rows.base import EntryRow
from supplies.domain.entry_rows.conflicts import (
    Conflict,
    ConflictReason,
    ContradictionKind,
    LaterResolution,
    Resolution,
)
from supplies.domain.entry_rows.days import LatestDay, Period
from supplies.domain.entry_rows.deliveries import Delivery, DeliveryEnd, Stop, StopLine, StopRemoval
from supplies.domain.entry_rows.lots import Lot, LotParent, PackedLine, ProductExpiry, ProductPledge
from supplies.domain.entry_rows.needs import Need, NeedEnd
from supplies.domain.entry_rows.outcomes import (
    CodeAttempt,
    CodeResult,
    Confirmation,
    OutcomeDetails,
    OutcomeLine,
    Proof,
    StopCode,
    StopOutcome,
    reason_columns,
)
from supplies.domain.entry_rows.personal_data import (
    Erasure,
    Forgetting,
    Merge,
    entry_of_forgotten_text,
    forgotten_text,
)
from supplies.domain.entry_rows.pledges import Pledge, PledgeCampaign, PledgeLine
from supplies.domain.entry_rows.receipts import (
    Receipt,
    ReceiptDonation,
    ReceiptReplacement,
    ReceiptVoid,
    Reprint,
)
from supplies.domain.entry_rows.shipments import (
    Shipment,
    ShipmentAcknowledged,
    ShipmentArrival,
    ShipmentLine,
    ShipmentReceived,
)
from supplies.domain.entry_rows.stock import (
    CountedLine,
    CountSheet,
    HandOutReport,
    HandOutTo,
    Recount,
    Withdrawal,
)

__all__ = [
    "ENTRY_ROWS",
    "TABLES",
    "Activity",
    "Allocation",
    "AllocationLine",
    "AnyEntryRow",
    "Arrival",
    "ArrivalCampaign",
    "ArrivalLine",
    "CodeAttempt",
    "CodeResult",
    "Collection",
    "Confirmation",
    "Conflict",
    "ConflictReason",
    "ContradictionKind",
    "CountSheet",
    "CountedLine",
    "Delivery",
    "DeliveryEnd",
    "EntryRow",
    "Erasure",
    "Forgetting",
    "HandOutReport",
    "HandOutTo",
    "LaterResolution",
    "LatestDay",
    "Lot",
    "LotParent",
    "Merge",
    "Need",
    "NeedEnd",
    "OutcomeDetails",
    "OutcomeLine",
    "PackedLine",
    "Period",
    "Pledge",
    "PledgeCampaign",
    "PledgeLine",
    "ProductExpiry",
    "ProductPledge",
    "Proof",
    "Receipt",
    "ReceiptDonation",
    "ReceiptReplacement",
    "ReceiptVoid",
    "Recount",
    "Reprint",
    "Resolution",
    "Shipment",
    "ShipmentAcknowledged",
    "ShipmentArrival",
    "ShipmentLine",
    "ShipmentReceived",
    "Stop",
    "StopCode",
    "StopLine",
    "StopOutcome",
    "StopRemoval",
    "Withdrawal",
    "entry_of_forgotten_text",
    "forgotten_text",
    "reason_columns",
]

AnyEntryRow = (
    Lot
    | LotParent
    | ProductExpiry
    | ProductPledge
    | PackedLine
    | LatestDay
    | Need
    | NeedEnd
    | Pledge
    | PledgeCampaign
    | PledgeLine
    | Arrival
    | ArrivalCampaign
    | ArrivalLine
    | Allocation
    | AllocationLine
    | Collection
    | Delivery
    | Stop
    | StopLine
    | StopRemoval
    | StopOutcome
    | OutcomeDetails
    | CodeAttempt
    | StopCode
    | Proof
    | Confirmation
    | OutcomeLine
    | DeliveryEnd
    | Conflict
    | ConflictReason
    | Resolution
    | LaterResolution
    | CountSheet
    | CountedLine
    | Recount
    | Withdrawal
    | HandOutTo
    | HandOutReport
    | Shipment
    | ShipmentLine
    | ShipmentReceived
    | ShipmentArrival
    | ShipmentAcknowledged
    | Receipt
    | ReceiptDonation
    | ReceiptReplacement
    | ReceiptVoid
    | Reprint
    | Period
    | Activity
    | Merge
    | Forgetting
    | Erasure
)


ENTRY_ROWS: tuple[type[EntryRow], ...] = get_args(AnyEntryRow)


TABLES: dict[type[EntryRow], str] = {
    statement: str(statement.__struct_config__.tag) for statement in ENTRY_ROWS
}
"""The name of the database table for each type of row."""
