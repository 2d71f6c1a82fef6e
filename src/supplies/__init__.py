"""A double-entry ledger for donated goods.

Open a station's books, record commands, read views::

    from supplies import Ledger, NoteNeed
    from supplies.views.needs import needs

    with Ledger.open("books.db", station="lx") as ledger:
        ledger.record(NoteNeed(recipient="R-007", item="mask", quantity=10), by="u_1")
        with ledger.reading() as books:
            still_open = needs(books, status="open")

This page is the whole public API; names are imported when first used, so that the command line
starts at once. `supplies.views` reads, one room a noun; `supplies.errors` is all refusals.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from supplies.books.reader import Books as Books
    from supplies.domain.catalogue_records import Donor as Donor
    from supplies.domain.catalogue_records import Item as Item
    from supplies.domain.catalogue_records import Location as Location
    from supplies.domain.catalogue_records import Recipient as Recipient
    from supplies.domain.catalogue_records import Station as Station
    from supplies.domain.catalogue_records import Team as Team
    from supplies.domain.commands import Allocate as Allocate
    from supplies.domain.commands import AllocationLine as AllocationLine
    from supplies.domain.commands import ArrivalLine as ArrivalLine
    from supplies.domain.commands import CancelPledge as CancelPledge
    from supplies.domain.commands import Claim as Claim
    from supplies.domain.commands import CloseDelivery as CloseDelivery
    from supplies.domain.commands import ClosePeriod as ClosePeriod
    from supplies.domain.commands import Convert as Convert
    from supplies.domain.commands import ConvertedLine as ConvertedLine
    from supplies.domain.commands import Correct as Correct
    from supplies.domain.commands import CountLine as CountLine
    from supplies.domain.commands import CountStock as CountStock
    from supplies.domain.commands import Dispatch as Dispatch
    from supplies.domain.commands import DonationLine as DonationLine
    from supplies.domain.commands import DroppedLine as DroppedLine
    from supplies.domain.commands import EndNeed as EndNeed
    from supplies.domain.commands import FindAgain as FindAgain
    from supplies.domain.commands import ForgetDonor as ForgetDonor
    from supplies.domain.commands import ForgetRecipient as ForgetRecipient
    from supplies.domain.commands import HandOut as HandOut
    from supplies.domain.commands import IssueGoods as IssueGoods
    from supplies.domain.commands import IssueReceipt as IssueReceipt
    from supplies.domain.commands import LapsePledge as LapsePledge
    from supplies.domain.commands import LendGoods as LendGoods
    from supplies.domain.commands import LotLine as LotLine
    from supplies.domain.commands import LotPart as LotPart
    from supplies.domain.commands import MakePledge as MakePledge
    from supplies.domain.commands import Move as Move
    from supplies.domain.commands import NoteNeed as NoteNeed
    from supplies.domain.commands import OpenCountSheet as OpenCountSheet
    from supplies.domain.commands import OpenStock as OpenStock
    from supplies.domain.commands import OutcomeLine as OutcomeLine
    from supplies.domain.commands import PledgeLine as PledgeLine
    from supplies.domain.commands import ReassignDelivery as ReassignDelivery
    from supplies.domain.commands import RecordActivity as RecordActivity
    from supplies.domain.commands import RecordArrival as RecordArrival
    from supplies.domain.commands import RecordDonation as RecordDonation
    from supplies.domain.commands import Release as Release
    from supplies.domain.commands import ReleasedLine as ReleasedLine
    from supplies.domain.commands import ReopenPeriod as ReopenPeriod
    from supplies.domain.commands import ReplaceReceipt as ReplaceReceipt
    from supplies.domain.commands import ReportOutcome as ReportOutcome
    from supplies.domain.commands import ReprintReceipt as ReprintReceipt
    from supplies.domain.commands import ResolveConflict as ResolveConflict
    from supplies.domain.commands import ReturnGoods as ReturnGoods
    from supplies.domain.commands import ReturnIssue as ReturnIssue
    from supplies.domain.commands import ReturnLoan as ReturnLoan
    from supplies.domain.commands import Reverse as Reverse
    from supplies.domain.commands import Settle as Settle
    from supplies.domain.commands import TakeBack as TakeBack
    from supplies.domain.commands import Value as Value
    from supplies.domain.commands import VoidReceipt as VoidReceipt
    from supplies.domain.commands import WriteOff as WriteOff
    from supplies.errors import AgainstBooks as AgainstBooks
    from supplies.errors import AlreadyDone as AlreadyDone
    from supplies.errors import BooksBroken as BooksBroken
    from supplies.errors import Busy as Busy
    from supplies.errors import DiskFull as DiskFull
    from supplies.errors import Forgotten as Forgotten
    from supplies.errors import GuardMissing as GuardMissing
    from supplies.errors import IdempotencyConflict as IdempotencyConflict
    from supplies.errors import InvalidField as InvalidField
    from supplies.errors import NewerVersion as NewerVersion
    from supplies.errors import NotADatabase as NotADatabase
    from supplies.errors import NotEnough as NotEnough
    from supplies.errors import NotFound as NotFound
    from supplies.errors import PeriodClosed as PeriodClosed
    from supplies.errors import ReadOnly as ReadOnly
    from supplies.errors import StoreError as StoreError
    from supplies.errors import SuppliesError as SuppliesError
    from supplies.errors import Unaccounted as Unaccounted
    from supplies.ledger.ledger import Ledger as Ledger
    from supplies.ledger.ledger import Recorded as Recorded
    from supplies.ledger.writer import Request as Request
    from supplies.verification.verify import verify as verify

_MODULES = (
    "ledger.ledger",
    "domain.commands",
    "domain.catalogue_records",
    "errors",
    "books.reader",
    "verification.verify",
    "ledger.writer",
)
"""Where the names above live."""


def __getattr__(name: str) -> object:
    if name.startswith("_"):
        raise AttributeError(name)
    from importlib import import_module

    for module in _MODULES:
        found: object = getattr(import_module(f"supplies.{module}"), name, None)
        if getattr(found, "__module__", None) == f"supplies.{module}":
            return found
    raise AttributeError(f"module 'supplies' has no attribute {name!r}")
