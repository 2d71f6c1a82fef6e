"""Reports about the stock, and what moved in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplies.exports import report_sources as sources
from supplies.exports.report_kinds.kind import (
    ITEM,
    REQUIRED_ITEM,
    Period,
    ReportKind,
    ReportOption,
    Words,
)

if TYPE_CHECKING:
    from supplies.books.reader import Books

_DAYS = ReportOption(
    "days",
    Words("天数", "Days"),
    "Over how many days up to the day of the report the rate is measured.",
    days=28,
)
_ACCOUNT = ReportOption(
    "account", Words("账户", "Account"), "An account, as in stock:store-a.", required=True
)
_LOT = ReportOption("lot", Words("批次", "Lot"), "Id of the lot.")


def _stock(books: Books, period: Period) -> Any:
    from supplies.views.stock import get_stock

    return get_stock(books, limit=None)


def _cover(books: Books, period: Period, *, days: int = 28, item: str | None = None) -> Any:
    from supplies.views.stock_cover import report_stock_cover

    return report_stock_cover(books, period.today, rate_days=days, item=item)


def _derivation(books: Books, period: Period, *, item: str | None = None) -> Any:
    from supplies.views.stock_derivation import derive_stock

    return derive_stock(books, period.first, period.last, item=item)


def _movements(
    books: Books, period: Period, *, account: str, item: str, lot: str | None = None
) -> Any:
    from supplies.views.movements import report_movements

    return report_movements(books, account, item, period.first, period.last, lot=lot)


def _losses(books: Books, period: Period) -> Any:
    from supplies.views.stock_derivation import report_losses

    return report_losses(books, period.first, period.last)


STOCK_REPORTS = (
    ReportKind(
        "stock",
        Words("库存", "Stock"),
        "Report the stock of each item and lot at each location.",
        "supplies.views.stock:StockView",
        _stock,
        {
            "items": (
                "location",
                "item",
                "lot",
                "batch",
                "expires_on",
                "on_hand",
                "free",
                "allocated",
            )
        },
        {"items": dict.fromkeys(("on_hand", "free", "allocated"), sources.stock_movements)},
        has_period=False,
    ),
    ReportKind(
        "cover",
        Words("库存可用天数", "Stock and its cover"),
        "Report the stock with lots and expiry, and for how many days it lasts.",
        "supplies.views.stock_cover:StockCoverReport",
        _cover,
        {
            "items": (
                "item",
                "usable",
                "left",
                "cover_days",
                "location",
                "lot",
                "batch",
                "expires_on",
                "on_hand",
            )
        },
        {
            "items": {
                "usable": sources.ITEM,
                "left": sources.goods_that_left,
                "cover_days": sources.ITEM,
                "on_hand": sources.stock_movements,
            }
        },
        (_DAYS, ITEM),
        has_period=False,
    ),
    ReportKind(
        "derivation",
        Words("库存推算", "Derivation of the stock"),
        "Report how the stock changed in a period: all that came in and went out, step by step.",
        "supplies.views.stock_derivation:DerivationReport",
        _derivation,
        {"items": ("item", "before", "on_hand", "step", "change", "balance")},
        {
            "items": {
                "before": sources.ON_HAND,
                "on_hand": sources.ON_HAND,
                "change": sources.STEP,
                "balance": sources.ON_HAND,
            }
        },
        (ITEM,),
    ),
    ReportKind(
        "movements",
        Words("物资变动", "Movements of an account"),
        "Report the movements of an item in an account, with the balance after each.",
        "supplies.views.movements:MovementsReport",
        _movements,
        {
            "items": (
                "entry",
                "happened_on",
                "kind",
                "document",
                "lot",
                "other",
                "change",
                "balance",
            )
        },
        {
            "items": {
                **dict.fromkeys(("entry", "change", "balance"), sources.ENTRY),
                "document": sources.document_of_row,
            }
        },
        (_ACCOUNT, REQUIRED_ITEM, _LOT),
    ),
    ReportKind(
        "losses",
        Words("物资损失", "Losses by cause"),
        "Report what was lost, by cause.",
        "supplies.views.stock_derivation:LossReport",
        _losses,
        {"items": ("reason", "item", "quantity")},
        {"items": {"quantity": sources.LOSS}},
    ),
)
