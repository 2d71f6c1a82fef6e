"""A double-entry ledger for donated goods.

Open a station's books, record commands, read views::

    from supplies import Ledger, NoteNeed
    from supplies.views.needs import list_needs

    with Ledger.open("books.db", station="lx") as ledger:
        ledger.record(NoteNeed(recipient="R-007", item="mask", quantity=10), by="u_1")
        with ledger.reading() as books:
            still_open = list_needs(books, status="open")

This module is the public API, together with `supplies.views`, whose functions read the books.
`__all__` lists it: the ledger, all commands and their lines, catalogue records, errors and
`verify`. A name is imported on first use, so that `import supplies` and the command line start
fast.
"""

TYPE_CHECKING = False  # Not imported from typing: that would take longer than this whole module.

if TYPE_CHECKING:
    from supplies.books.reader import Books
    from supplies.domain.catalogue_records import (
        Barcode,
        Campaign,
        Community,
        Donor,
        Item,
        LargerUnit,
        Location,
        Recipient,
        Station,
        Team,
    )
    from supplies.domain.commands import (
        AcknowledgeShipment,
        AddStopPhoto,
        Allocate,
        AllocationLine,
        AllocationPart,
        ArrivalLine,
        ArrivedLine,
        CancelPledge,
        CitedEntry,
        Claim,
        ClaimNeeds,
        CloseDelivery,
        ClosePeriod,
        CollectAllocation,
        Command,
        ConfirmHandOver,
        Convert,
        ConvertedLine,
        Correct,
        CountLine,
        CountStock,
        DescribeLot,
        Dispatch,
        DispatchPart,
        DonationLine,
        DroppedLine,
        EndNeed,
        FindAgain,
        ForgetDonor,
        ForgetRecipient,
        ForgetText,
        GoodsLine,
        HandOut,
        IssueGoods,
        IssueReceipt,
        LapsePledge,
        LendGoods,
        LotLine,
        LotPart,
        MakePledge,
        MergeCodes,
        Move,
        MoveStops,
        NoteNeed,
        OpenCountSheet,
        OpenStock,
        OutcomeLine,
        PledgeLine,
        QuarantineBatch,
        ReassignDelivery,
        ReceiveShipment,
        RecipientLine,
        RecordActivity,
        RecordArrival,
        RecordDonation,
        Release,
        ReleasedLine,
        ReopenPeriod,
        ReplaceReceipt,
        ReportHandOut,
        ReportOutcome,
        ReprintReceipt,
        ResolveConflict,
        ReturnGoods,
        ReturnIssue,
        ReturnLoan,
        Reverse,
        SendShipment,
        Settle,
        TakeBack,
        UndoDispatch,
        VoidReceipt,
        WriteOff,
    )
    from supplies.domain.money import Value
    from supplies.errors import (
        AgainstBooks,
        AlreadyDone,
        BooksBroken,
        Busy,
        DiskFull,
        Fault,
        Forgotten,
        Gone,
        GuardMissing,
        IdempotencyConflict,
        InvalidField,
        NewerVersion,
        NotADatabase,
        NotEnough,
        NotFound,
        PeriodClosed,
        ReadOnly,
        Sentence,
        StoreError,
        SuppliesError,
        Unaccounted,
        Uncertain,
        UnknownBarcode,
    )
    from supplies.ledger.ledger import Ledger
    from supplies.ledger.recorded import Recorded
    from supplies.ledger.writer import Request
    from supplies.storage.engines import open_store
    from supplies.verification.verify import Verified, VerifiedStation, verify

__all__ = [
    "AcknowledgeShipment",
    "AddStopPhoto",
    "AgainstBooks",
    "Allocate",
    "AllocationLine",
    "AllocationPart",
    "AlreadyDone",
    "ArrivalLine",
    "ArrivedLine",
    "Barcode",
    "Books",
    "BooksBroken",
    "Busy",
    "Campaign",
    "CancelPledge",
    "CitedEntry",
    "Claim",
    "ClaimNeeds",
    "CloseDelivery",
    "ClosePeriod",
    "CollectAllocation",
    "Command",
    "Community",
    "ConfirmHandOver",
    "Convert",
    "ConvertedLine",
    "Correct",
    "CountLine",
    "CountStock",
    "DescribeLot",
    "DiskFull",
    "Dispatch",
    "DispatchPart",
    "DonationLine",
    "Donor",
    "DroppedLine",
    "EndNeed",
    "Fault",
    "FindAgain",
    "ForgetDonor",
    "ForgetRecipient",
    "ForgetText",
    "Forgotten",
    "Gone",
    "GoodsLine",
    "GuardMissing",
    "HandOut",
    "IdempotencyConflict",
    "InvalidField",
    "IssueGoods",
    "IssueReceipt",
    "Item",
    "LapsePledge",
    "LargerUnit",
    "Ledger",
    "LendGoods",
    "Location",
    "LotLine",
    "LotPart",
    "MakePledge",
    "MergeCodes",
    "Move",
    "MoveStops",
    "NewerVersion",
    "NotADatabase",
    "NotEnough",
    "NotFound",
    "NoteNeed",
    "OpenCountSheet",
    "OpenStock",
    "OutcomeLine",
    "PeriodClosed",
    "PledgeLine",
    "QuarantineBatch",
    "ReadOnly",
    "ReassignDelivery",
    "ReceiveShipment",
    "Recipient",
    "RecipientLine",
    "RecordActivity",
    "RecordArrival",
    "RecordDonation",
    "Recorded",
    "Release",
    "ReleasedLine",
    "ReopenPeriod",
    "ReplaceReceipt",
    "ReportHandOut",
    "ReportOutcome",
    "ReprintReceipt",
    "Request",
    "ResolveConflict",
    "ReturnGoods",
    "ReturnIssue",
    "ReturnLoan",
    "Reverse",
    "SendShipment",
    "Sentence",
    "Settle",
    "Station",
    "StoreError",
    "SuppliesError",
    "TakeBack",
    "Team",
    "Unaccounted",
    "Uncertain",
    "UndoDispatch",
    "UnknownBarcode",
    "Value",
    "Verified",
    "VerifiedStation",
    "VoidReceipt",
    "WriteOff",
    "open_store",
    "verify",
]

_MODULES = (
    "supplies.errors",
    "supplies.domain.money",
    "supplies.domain.commands",
    "supplies.domain.catalogue_records",
    "supplies.storage.engines",
    "supplies.books.reader",
    "supplies.verification.verify",
    "supplies.ledger.writer",
    "supplies.ledger.recorded",
    "supplies.ledger.ledger",
)
"""Modules that define the public names, each after the modules that it imports."""

if not TYPE_CHECKING:
    # Hidden from type checkers: they would accept any name, also a misspelt one.

    def __getattr__(name: str) -> object:
        """Import the module of a public name when the name is first used."""
        if name in __all__:
            from importlib import import_module

            for path in _MODULES:
                module = import_module(path)
                found = vars(module).get(name)
                # Skip names that the module itself only imports.
                if found is not None and f"{found.__module__}.".startswith(f"{path}."):
                    globals()[name] = found
                    return found
        raise AttributeError(f"module 'supplies' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
