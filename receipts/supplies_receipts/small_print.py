"""Wording that is only ever set in the regular face: the bold subset need not hold it."""

from __future__ import annotations

from supplies_receipts.wording import Words

AGREEMENT = Words("捐赠协议编号", "Agreement no.")
FISCAL_TICKET = Words("公益事业捐赠票据号（合作慈善组织开具）", "Fiscal ticket no. (of a partner)")
VALUE = Words("价值", "Value")
