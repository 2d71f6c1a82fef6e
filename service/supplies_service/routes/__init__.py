"""The routes of the API, one module for each resource. `CONTROLLERS` lists all controllers."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from supplies_service.pages.controllers import PAGE_CONTROLLERS
from supplies_service.routes.access_log import AccessLogController
from supplies_service.routes.activities import ActivityController
from supplies_service.routes.allocations import AllocationController
from supplies_service.routes.barcodes import BarcodeController
from supplies_service.routes.catalogue import CATALOGUE_CONTROLLERS, ForgetController
from supplies_service.routes.deliveries import DeliveryController
from supplies_service.routes.donations import DonationController
from supplies_service.routes.donor_requests import DonorRequestController
from supplies_service.routes.entries import EntryController
from supplies_service.routes.exports import ExportController
from supplies_service.routes.health import HealthController
from supplies_service.routes.links import LINK_CONTROLLERS
from supplies_service.routes.lots import LotController
from supplies_service.routes.merges import MergeController
from supplies_service.routes.needs import NeedController
from supplies_service.routes.organisation import OrganisationController
from supplies_service.routes.period_reports import REPORT_HANDLERS
from supplies_service.routes.periods import PeriodController
from supplies_service.routes.phones import PhoneController
from supplies_service.routes.pledges import PledgeController
from supplies_service.routes.receipts import ReceiptController
from supplies_service.routes.reports import ReportController
from supplies_service.routes.runs import RunController
from supplies_service.routes.sessions import SessionController
from supplies_service.routes.shipments import ShipmentController
from supplies_service.routes.statements import StatementController
from supplies_service.routes.station import StationController
from supplies_service.routes.stock import StockController
from supplies_service.routes.tokens import TokenController
from supplies_service.routes.users import UserController
from supplies_service.routes.verify import VerifyController
from supplies_service.routes.witness import WitnessController

CONTROLLERS: list[ControllerRouterHandler] = [
    *CATALOGUE_CONTROLLERS,
    BarcodeController,
    ForgetController,
    MergeController,
    StatementController,
    NeedController,
    PledgeController,
    DonationController,
    ReceiptController,
    AllocationController,
    DeliveryController,
    RunController,
    PhoneController,
    StockController,
    ShipmentController,
    LotController,
    EntryController,
    ActivityController,
    PeriodController,
    *REPORT_HANDLERS,
    ReportController,
    ExportController,
    StationController,
    OrganisationController,
    *LINK_CONTROLLERS,
    DonorRequestController,
    UserController,
    TokenController,
    SessionController,
    AccessLogController,
    VerifyController,
    WitnessController,
    HealthController,
    *PAGE_CONTROLLERS,
]
