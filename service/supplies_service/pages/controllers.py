"""All controllers of the pages."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from supplies_service.pages.account import AccountPages
from supplies_service.pages.administration import AdministrationPages
from supplies_service.pages.allocations import AllocationPages
from supplies_service.pages.assets import AssetFiles
from supplies_service.pages.books_care import BooksCarePages
from supplies_service.pages.catalogue import CATALOGUE_PAGES
from supplies_service.pages.deliveries import DeliveryPages
from supplies_service.pages.donations import DonationPages, ReceiptPages
from supplies_service.pages.donor import DonorLinkPages, DonorPages
from supplies_service.pages.entries import EntryPages
from supplies_service.pages.exports import ExportPages
from supplies_service.pages.figures import FigurePages
from supplies_service.pages.find import FindPages
from supplies_service.pages.imports import ImportPages
from supplies_service.pages.item_merges import ItemMergePages
from supplies_service.pages.languages import LanguagePages
from supplies_service.pages.links import OWNERS_LINK_PAGES, LinkPages
from supplies_service.pages.merges import MERGE_PAGES, LookAlikePages
from supplies_service.pages.needs import NeedPages
from supplies_service.pages.one_time_codes import OneTimeCodePages
from supplies_service.pages.organisation import OrganisationPages
from supplies_service.pages.passkeys import PasskeyPages, PasskeySignIn
from supplies_service.pages.periods import PeriodPages
from supplies_service.pages.phone_join import PhoneJoinPages
from supplies_service.pages.phones import PhonePages
from supplies_service.pages.pledges import PledgePages
from supplies_service.pages.privacy import (
    ERASURE_PAGES,
    AccessLogPages,
    DonorRequestPages,
    ForgettingPages,
)
from supplies_service.pages.recall import RecallPages
from supplies_service.pages.receipt_checks import ReceiptCheckPages
from supplies_service.pages.report_tables import ReportTablePages
from supplies_service.pages.reports import ReportPages
from supplies_service.pages.run import RunPages
from supplies_service.pages.scan import ScanPages
from supplies_service.pages.shipments import ShipmentPages
from supplies_service.pages.sign_in import SignInPages
from supplies_service.pages.start import StartPages
from supplies_service.pages.station_settings import StationPages
from supplies_service.pages.stock import StockPages
from supplies_service.pages.stock_counts import CountPages
from supplies_service.pages.today import TodayPages
from supplies_service.pages.tokens import TokenPages
from supplies_service.pages.users import UserPages
from supplies_service.pages.withdrawals import WithdrawalPages

PAGE_CONTROLLERS: list[ControllerRouterHandler] = [
    AssetFiles,
    LanguagePages,
    SignInPages,
    PasskeySignIn,
    TodayPages,
    AccountPages,
    OneTimeCodePages,
    PasskeyPages,
    FindPages,
    ScanPages,
    NeedPages,
    PledgePages,
    AllocationPages,
    DeliveryPages,
    RunPages,
    StockPages,
    CountPages,
    RecallPages,
    WithdrawalPages,
    ShipmentPages,
    DonationPages,
    ReceiptPages,
    EntryPages,
    ExportPages,
    FigurePages,
    ImportPages,
    ItemMergePages,
    ReportPages,
    ReportTablePages,
    OrganisationPages,
    *CATALOGUE_PAGES,
    *OWNERS_LINK_PAGES,
    AdministrationPages,
    UserPages,
    TokenPages,
    LinkPages,
    StationPages,
    StartPages,
    BooksCarePages,
    PeriodPages,
    AccessLogPages,
    ForgettingPages,
    *ERASURE_PAGES,
    *MERGE_PAGES,
    LookAlikePages,
    DonorRequestPages,
    PhoneJoinPages,
    PhonePages,
    DonorLinkPages,
    DonorPages,
    ReceiptCheckPages,
]
