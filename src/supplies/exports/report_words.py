"""Chinese and English texts for reports: headings of columns, and texts for codes."""

from __future__ import annotations

from collections.abc import Mapping

from supplies.exports.datasette_words import CHINESE_VALUES
from supplies.papers.common import BilingualText
from supplies.views.stock_derivation import STEPS


def _texts(texts: Mapping[str, tuple[str, str]]) -> dict[str, BilingualText]:
    return {name: BilingualText(zh=zh, en=en) for name, (zh, en) in texts.items()}


HEADINGS: Mapping[str, BilingualText] = _texts(
    {
        "account": ("账户", "Account"),
        "address": ("地址", "Address"),
        "allocated": ("已预留", "Set aside"),
        "arrived": ("已到", "Arrived"),
        "asked": ("需求数量", "Asked"),
        "assigned": ("已预留", "Set aside"),
        "balance": ("结余", "Balance"),
        "batch": ("批号", "Batch"),
        "before": ("期初", "Before"),
        "brought_back": ("带回", "Brought back"),
        "campaign": ("项目", "Campaign"),
        "change": ("增减", "Change"),
        "claimed": ("已认领", "Claimed"),
        "code": ("对象", "About"),
        "community": ("社区", "Community"),
        "cover_days": ("可用天数", "Days of cover"),
        "currency": ("币种", "Currency"),
        "deliveries": ("配送次数", "Deliveries"),
        "document": ("单据", "Document"),
        "donations": ("捐赠笔数", "Donations"),
        "donor": ("捐赠人", "Donor"),
        "due": ("期限", "Due"),
        "due_on": ("预计到达", "Due"),
        "donor_name": ("捐赠人名称", "Name of the donor"),
        "ended": ("已终止", "Ended"),
        "entry": ("分录", "Entry"),
        "expires_on": ("有效期至", "Expires"),
        "free": ("可用", "Free"),
        "handed_over": ("已发放", "Handed over"),
        "happened_on": ("日期", "Day"),
        "id": ("编号", "Number"),
        "in_transit": ("在途", "On the way"),
        "item": ("物资", "Item"),
        "kept": ("已兑现", "Fulfilled"),
        "kind": ("事项", "What happened"),
        "late": ("逾期", "Late"),
        "left": ("期间出库", "Left the stock"),
        "line_happened_on": ("结果日期", "Day of the outcome"),
        "line_late": ("逾期数量", "Quantity late"),
        "loaded": ("装车", "Loaded"),
        "location": ("地点", "Place"),
        "longest_days": ("最长等待天数", "Longest wait, days"),
        "lost": ("遗失", "Lost"),
        "lot": ("批次", "Lot"),
        "mean_days": ("平均等待天数", "Mean wait, days"),
        "mean_days_to_meet": ("平均满足天数", "Mean days until met"),
        "met": ("已满足", "Met"),
        "missing": ("缺口", "Missing"),
        "name": ("名称", "Name"),
        "needed": ("未满足", "Still open"),
        "needed_by": ("需要日期", "Needed by"),
        "not_reported": ("尚未上报", "Not reported"),
        "not_valued": ("未估值行数", "Lines not valued"),
        "on_hand": ("库存", "In stock"),
        "open": ("未到齐", "Pending"),
        "other": ("其他去处", "Elsewhere"),
        "movements.other": ("来自或去往", "From or to"),
        "out": ("配送中", "Out"),
        "outcome": ("结果", "Outcome"),
        "outstanding": ("未到", "Outstanding"),
        "phone": ("电话", "Telephone"),
        "place": ("所在", "Where"),
        "pledges": ("认捐", "Pledges"),
        "promised": ("认捐数量", "Promised"),
        "quantity": ("数量", "Quantity"),
        "quarantined": ("隔离中", "In quarantine"),
        "reason": ("原因", "Cause"),
        "received": ("收到", "Received"),
        "recipient": ("受助人", "Recipient"),
        "repacked": ("分装所得", "Made by repacking"),
        "since": ("起始日期", "Since"),
        "station_name": ("站点", "Station"),
        "stations": ("站点数", "Stations"),
        "status": ("状态", "Status"),
        "step": ("来源或去向", "From or to"),
        "stop": ("配送点", "Stop"),
        "stops": ("配送点", "Stops"),
        "team": ("配送队", "Team"),
        "used": ("自用", "Used"),
        "urgency": ("紧急程度", "Urgency"),
        "usable": ("可用库存", "Usable"),
        "value": ("价值", "Value"),
        "waiting": ("等待中", "Waiting"),
        "what": ("提醒", "What"),
        "year": ("年度", "Year"),
    }
)
"""The headings of columns in Chinese and English, by the name of the column.

The name of a report and a dot may be in front, for a heading of this report only.
"""

TABLE_TITLES: Mapping[str, BilingualText] = _texts(
    {
        "totals": ("合计", "Totals"),
        "items": ("合计", "Totals"),
        "at_stations": ("按站点", "By station"),
        "goods": ("物资去向", "Where the goods are"),
        "reached": ("已收到的受助人", "Recipients who have goods of it"),
    }
)
"""The titles of the tables in reports with several tables.

The key is the field of the report that contains the rows of the table.
"""

_REASONS = {
    "expired": "过期",
    "damaged": "破损",
    "missing": "缺失",
    "lost": "遗失",
    "spilled": "洒漏",
}

_STEPS = {
    "opening": "期初库存",
    "donor": "接收捐赠",
    "bought": "采购",
    "made": "自制",
    "borrowed": "借入",
    "from_station": "他站调入",
    "received": "发放",
    "in_transit": "配送队领取",
    "used": "站点自用",
    "lent": "借出",
    "returned": "退还捐赠人",
    "sent": "调往他站",
    "delivered": "他站已确认",
    "converted": "分装",
    "lost": "损耗",
    "unexplained": "待查明差异",
}

_PLACES = {
    **_STEPS,
    "stock": "在库",
    "allocated": "已预留",
    "in_transit": "在途",
    "received": "已发放",
}

_ALERTS = {
    "expired": ("在库的过期物资", "expired goods"),
    "expires_soon": ("即将过期的物资", "goods that expire soon"),
    "below_minimum": ("低于最低库存", "less in stock than the minimum"),
    "conflict_open": ("与账面不符的上报", "report that contradicts the books"),
    "delivery_out": ("未结束的配送", "delivery that is not closed"),
    "need_past_its_day": ("逾期的需求", "need past its day"),
    "pledge_overdue": ("逾期未到的认捐", "promised goods that have not come"),
    "allocation_waiting": ("已预留未配送的物资", "goods set aside and not sent out"),
    "code_wrong": ("住户验证码不符", "wrong code of a household"),
    "shipment_to_receive": ("待接收的调拨", "shipment to receive"),
    "shipment_unacknowledged": ("待确认的调拨", "shipment that is not acknowledged"),
    "receipt_voided": ("已作废的凭证", "receipt voided without a new one"),
    "to_be_forgotten": ("应删除的个人信息", "person whose data is due to be erased"),
    "unexplained": ("盘点差异待查明", "count that is not explained"),
    "beside_pledge": ("超出认捐的捐赠", "gift of more than was promised"),
    "donor_request_open": ("待答复的捐赠人请求", "request of a donor to answer"),
    "local_address": ("凭证网址仅本机可用", "address on receipts opens on this computer only"),
}

_DELIVERY_STATUSES = {"out": ("配送中", "out"), "closed": ("已结束", "closed")}

_ENGLISH_STATUSES = {("needs", "assigned"): "set aside", ("pledges", "open"): "pending"}
"""Words for the status of a need or pledge that differ from its code."""

_OUTCOMES = {
    "handed_over": ("已送达", "handed over"),
    "partly": ("部分送达", "partly handed over"),
    "refused": ("拒收", "refused"),
    "not_at_home": ("无人在家", "not at home"),
    "lost": ("遗失", "lost"),
}

_CATEGORIES = {
    "protection": ("防护用品", "Protection"),
    "hygiene": ("卫生用品", "Hygiene"),
    "medical": ("医疗用品", "Medical"),
    "food": ("食品与饮用水", "Food and water"),
    "infants": ("婴幼儿", "Infants"),
    "shelter": ("安置与保暖", "Shelter and warmth"),
}

_VALUES: Mapping[str, Mapping[str, BilingualText]] = {
    "category": _texts(_CATEGORIES),
    "reason": _texts({code: (zh, code) for code, zh in _REASONS.items()}),
    "step": _texts({code: (zh, STEPS[code]) for code, zh in _STEPS.items()})
    | _texts({f"lost:{code}": (f"损耗：{zh}", f"lost ({code})") for code, zh in _REASONS.items()}),
    "place": _texts({code: (zh, code.replace("_", " ")) for code, zh in _PLACES.items()}),
    "what": _texts(_ALERTS),
    "status": _texts(_DELIVERY_STATUSES),
    **{
        f"{report}.status": _texts(
            {
                code: (zh, _ENGLISH_STATUSES.get((report, code), code))
                for code, zh in CHINESE_VALUES[report, "status"].items()
            }
        )
        for report in ("needs", "pledges")
    },
    "outcome": _texts(_OUTCOMES),
    "urgency": _texts(
        {code: (zh, code) for code, zh in CHINESE_VALUES["needs", "urgency"].items()}
    ),
    "kind": _texts(
        {
            code: (zh, code.replace("_", " "))
            for code, zh in CHINESE_VALUES["entries", "kind"].items()
        }
    ),
}


ACCOUNTS: Mapping[str, BilingualText] = _texts(
    {
        "donor": ("{name}捐赠", "given by {name}"),
        "bought": ("向{name}采购", "bought from {name}"),
        "made": ("{name}自制", "made by {name}"),
        "borrowed": ("向{name}借入", "borrowed from {name}"),
        "opening": ("{name}期初库存", "opening stock at {name}"),
        "from_station": ("由{name}调入", "received from {name}"),
        "pledged": ("{name}认捐", "promised by {name}"),
        "stock": ("{name}可用", "free at {name}"),
        "allocated": ("预留给{name}", "set aside for {name}"),
        "in_transit": ("{name}配送中", "on the way with {name}"),
        "received": ("{name}已收到", "received by {name}"),
        "used": ("领用：{name}", "in use for {name}"),
        "lost": ("损耗：{name}", "written off as {name}"),
        "lent": ("借给{name}", "lent to {name}"),
        "converted": ("分装或转换", "repacked"),
        "returned": ("退还{name}", "given back to {name}"),
        "sent": ("发往{name}", "on the way to {name}"),
        "delivered": ("{name}确认收到", "arrived at {name}"),
        "unexplained": ("{name}待查明", "unexplained at {name}"),
        "asked": ("{name}的需求", "asked for by {name}"),
        "needed": ("{name}尚需", "still needed by {name}"),
        "claimed": ("{name}的需求已认领", "promised to {name}"),
        "assigned": ("{name}的需求已分配", "set aside for the need of {name}"),
        "met": ("{name}的需求已满足", "met of the need of {name}"),
        "ended": ("{name}的需求已终止", "ended of the need of {name}"),
    }
)
"""What an account is, by the name of its kind. {name} is whom or what the account is about."""


def alert_title(what: str) -> BilingualText:
    """Return the words for a kind of alert, such as below_minimum, in Chinese and English."""
    return _VALUES["what"][what]


def value_words(column: str, value: str, report: str = "") -> BilingualText | str:
    """Return the words for a value of a column, or the value itself if there are no words.

    Args:
        report: The name of the report, if one value has different words in different reports.
    """
    words = _VALUES.get(f"{report}.{column}") or _VALUES.get(column, {})
    return words.get(value, value)


def codes_of_word(column: str, word: str) -> list[str]:
    """Return the values of a column that have this word in Chinese or English."""
    found = _VALUES.get(column, {}).items()
    return [code for code, text in found if word in (text.zh, text.en)]
