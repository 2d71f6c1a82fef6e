"""The tables and columns of an export for Datasette, with headings in Chinese and English."""

from __future__ import annotations

from typing import Literal, NamedTuple

Language = Literal["zh", "en"]

# In each table, a name with "*" is the key, one with ">" refers to the key of the table after it,
# and one with "+" is in the file only if personal data was asked for.
_TABLES = {
    "items": "name* code name_en unit",
    "donors": "name* code kind phone+ address+",
    "recipients": "name* code kind community phone+ address+",
    "places": "name* code",
    "campaigns": "name* code",
    "gifts": "day donor>donors item>items quantity# unit place>places receipt donation lot batch "
    "expires_on campaign>campaigns wish+ note+",
    "needs": "need day recipient>recipients item>items asked# open# claimed# assigned# met# "
    "urgency status needed_by note+",
    "pledges": "pledge day donor>donors item>items promised# arrived# outstanding# due_on status "
    "campaign>campaigns note+",
    "stock": "place>places item>items on_hand# free# set_aside# unit lot batch expires_on",
    "entries": "number*# day happened_on kind document recorded_at recorded_by supersedes# hash",
    "transfers": "entry>entries# day from_account to_account item>items lot quantity#",
    "handed_out": "day recipient>recipients item>items quantity# unit community",
}

CHINESE = {
    "address": "地址",
    "arrived": "已到",
    "asked": "所需",
    "assigned": "已预留",
    "batch": "批号",
    "campaign": "项目",
    "campaigns": "项目",
    "claimed": "已认领",
    "code": "编号",
    "community": "社区",
    "day": "日期",
    "document": "单据",
    "donation": "捐赠编号",
    "donor": "捐赠人",
    "donors": "捐赠人",
    "due_on": "应到日期",
    "entries": "分录",
    "entry": "分录",
    "expires_on": "有效期",
    "free": "可用",
    "from_account": "从",
    "gifts": "捐赠",
    "handed_out": "发放",
    "happened_on": "发生日期",
    "hash": "哈希",
    "item": "物资",
    "items": "物资",
    "kind": "类别",
    "lot": "批次",
    "met": "已满足",
    "name": "名称",
    "name_en": "英文名称",
    "need": "需求编号",
    "needed_by": "需要日期",
    "needs": "需求",
    "note": "备注",
    "number": "序号",
    "on_hand": "在库",
    "open": "未满足",
    "outstanding": "未到",
    "phone": "电话",
    "place": "地点",
    "places": "地点",
    "pledge": "认捐编号",
    "pledges": "认捐",
    "promised": "承诺",
    "quantity": "数量",
    "receipt": "凭证",
    "recipient": "受助人",
    "recipients": "受助人",
    "recorded_at": "记录时间",
    "recorded_by": "记录人",
    "set_aside": "已预留",
    "status": "状态",
    "stock": "库存",
    "supersedes": "更正分录",
    "to_account": "到",
    "transfers": "流转",
    "unit": "单位",
    "urgency": "紧急程度",
    "wish": "捐赠意愿",
}


class NamedColumn(NamedTuple):
    """A column of an exported table.

    Attributes:
        name: Name of the column in English.
        heading: Name of the column in the file, in the chosen language.
        is_number: Whether the values are whole numbers; otherwise, they are texts.
        refers_to: The English name of the table whose key the column contains, or None.
    """

    name: str
    heading: str
    is_number: bool
    refers_to: str | None


class NamedTable(NamedTuple):
    """An exported table.

    Attributes:
        heading: Name of the table in the file, in the chosen language.
        key: The heading of the key column; "" if there is none.
    """

    heading: str
    columns: list[NamedColumn]
    key: str


def named_tables(language: Language, *, personal: bool) -> dict[str, NamedTable]:
    """Return all tables by their English names.

    Args:
        language: The language of the names in the file.
        personal: Whether to include columns with telephone numbers, addresses and free texts.
    """

    def heading(name: str) -> str:
        return CHINESE[name] if language == "zh" else name

    tables = {}
    for name, text in _TABLES.items():
        columns, key = [], ""
        for word in text.split():
            if word.endswith("+") and not personal:
                continue
            plain, _, table = word.rstrip("+").partition(">")
            column = plain.rstrip("#").rstrip("*")
            is_number = word.endswith("#")
            columns.append(
                NamedColumn(column, heading(column), is_number, table.rstrip("#") or None)
            )
            if "*" in plain:
                key = heading(column)
        tables[name] = NamedTable(heading(name), columns, key)
    return tables
