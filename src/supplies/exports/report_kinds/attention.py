"""Reports about what needs attention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplies.exports import report_sources as sources
from supplies.exports.report_kinds.kind import (
    REQUIRED_ITEM,
    Period,
    ReportKind,
    ReportOption,
    Words,
)

if TYPE_CHECKING:
    from supplies.books.reader import Books

_BATCH = ReportOption("batch", Words("批号", "Batch"), "Batch number, as in B7.", required=True)


def _recall(books: Books, period: Period, *, item: str, batch: str) -> Any:
    from supplies.domain.normalization import normalize_text
    from supplies.views.recall import build_recall

    return build_recall(books, item, normalize_text(batch))


def _alerts(books: Books, period: Period) -> Any:
    from supplies.views.alerts import report_alerts

    return report_alerts(books, period.today)


ATTENTION_REPORTS = (
    ReportKind(
        "recall",
        Words("批次召回", "Recall of a batch"),
        "Report where the goods of a batch are, and who received them.",
        "supplies.views.recall:Recall",
        _recall,
        {
            "totals": (
                "item",
                "free",
                "quarantined",
                "allocated",
                "in_transit",
                "received",
                "other",
            ),
            "goods": ("item", "lot", "place", "location", "recipient", "quantity"),
            "reached": ("recipient", "phone", "address", "item", "quantity"),
        },
        {
            "totals": dict.fromkeys(
                ("free", "quarantined", "allocated", "in_transit", "received", "other"),
                sources.RECALL,
            ),
            "goods": {"quantity": sources.MOVEMENTS},
            "reached": {"quantity": sources.RECEIVED},
        },
        (REQUIRED_ITEM, _BATCH),
        has_period=False,
        has_names=True,
    ),
    ReportKind(
        "alerts",
        Words("提醒", "Alerts"),
        "Report what needs attention, such as expiring goods and items below their minimum stock.",
        "supplies.views.alerts:AlertsReport",
        _alerts,
        {"items": ("what", "code", "item", "location", "quantity", "since", "due")},
        {"items": {"code": sources.subject_of_alert, "quantity": sources.goods_of_alert}},
        has_period=False,
    ),
)
