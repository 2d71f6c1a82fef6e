"""The footer and the margins of a donation receipt.

The footer is on the last page: the legal statement, the QR code for checking the receipt, three
signatures and the space for the seal. The margins of every page show the number of the receipt's
entry in the books. When a receipt is printed again, they also show marks such as VOID and
DUPLICATE.
"""

from __future__ import annotations

from datetime import date

import msgspec

from supplies.papers.receipt import DonationReceipt, GivenBackMark, Proof, ReceiptPaper
from supplies_receipts.drawing import bilingual
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block
from supplies_receipts.drawing.canvas import (
    A4,
    BLACK,
    GREY,
    RED,
    ROSE,
    Sheet,
    Style,
    fit_in_box,
    one_line,
)

MARGIN = 12.0
WIDTH = A4[0] - 2 * MARGIN  # A5 landscape is as wide as A4 portrait

_CLOSING = 38.5  # height of the footer with a short statement

VALUE = Style(9.5, leading=1.25)
TINY = Style(6, ink=GREY, leading=1.2)

# For receipts that were issued before the statement became a setting.
_STATEMENT = Words(
    "兹收到上列捐赠物资。本凭证未作估价，不是公益事业捐赠票据；"
    "接收方未因此提供任何商品或服务作为回报。",
    "The goods listed were received as described. They are not valued here; this is not a "
    "fiscal donation ticket; nothing was given in return.",
)

_VOID = Words("作废", "VOID")
_DUPLICATE = Words("副本", "DUPLICATE")
_REPLACED_BY = Words("由新凭证替换", "Replaced by")
_ALL_GIVEN_BACK = Words("物资已全部退还捐赠人", "All goods were given back to the donor")
_PARTLY_GIVEN_BACK = Words("部分物资已退还捐赠人", "Given back to the donor in part")
_REASON = Words("原因", "Reason")
_ENTRY = Words("账目", "Entry")
_CHECK_CODE = Words("查验码", "Check code")
_SCAN = Words("扫码查验", "Scan to verify")
_SEAL_HERE = Words("盖章", "Seal")
_SIGNERS = (Words("经办人", "Handler"), Words("复核人", "Checker"), Words("捐赠人签名", "Donor"))

_THANKS = Style(8.5, bold=True, leading=1.3)
_LAW = Style(7, leading=1.25)
_LAW_EN = Style(6, ink=GREY, leading=1.2)
_CODE = Style(7, bold=True, leading=1.2)
_MARK = Style(8, bold=True, ink=RED)
_STAMP = Style(84, bold=True, ink=ROSE)
_VOIDED = Style(7, ink=RED, leading=1.25)

_SEAL = 38.0
_QR = 23.0
_LINE = 33.0  # width of a line for a signature


def closing(sheet: Sheet, paper: ReceiptPaper, top: float, bottom: float) -> None:
    """Draw the footer of the last page. The circle for the seal is left empty.

    Args:
        top, bottom: The y of the upper and of the lower edge of the footer.
    """
    document = paper.document
    _stated(document).draw(sheet, top)
    _qr(sheet, paper, bottom)
    _signatures(sheet, document, bottom)
    left = MARGIN + WIDTH - _SEAL
    sheet.dashed_circle(left, bottom - _SEAL, _SEAL, GREY)
    # Two short lines fit into the corner beside the circle; the one line of older layouts does not.
    lines = [_SEAL_HERE.primary, _SEAL_HERE.secondary]
    title = [line for line in lines if line] if document.layout >= 3 else [_SEAL_HERE.label]
    for at, line in enumerate(reversed(title), 1):
        sheet.text(MARGIN + WIDTH, bottom - at * TINY.line, line, TINY, "right")


def closing_height(document: DonationReceipt) -> float:
    """Return the height of the footer of a receipt.

    The legal statement and the QR code are one above the other, and the seal is beside them. The
    footer is as high as the higher of these two columns.
    """
    return max(_CLOSING, _stated(document).height + _QR + 0.5)


def _stated(document: DonationReceipt) -> Block:
    stated = document.statement
    words = _STATEMENT if stated is None else Words(stated.zh, stated.en)
    parts = [(words.primary, _LAW), (words.secondary, _LAW_EN)]
    if document.thanks is not msgspec.UNSET:
        thanks = Words(document.thanks.zh, document.thanks.en)
        parts = [(thanks.label, _THANKS), *parts]
    text = [layout.text(MARGIN, WIDTH - _SEAL - 4, text, style) for text, style in parts if text]
    return layout.stacked([layout.space(0.5), *text])


def _qr(sheet: Sheet, paper: ReceiptPaper, bottom: float) -> None:
    sheet.qr(MARGIN, bottom - _QR, _QR, paper.proof.url)
    beside = MARGIN + _QR + 2.5
    top = bottom - _QR
    code = f"{_CHECK_CODE.label}  {paper.proof.check_code}"
    address = paper.document.station.host
    if paper.document.layout >= 2:
        address = f"{address}/v"
    host = one_line(f"{_SCAN.label}  {address}", TINY, WIDTH - _SEAL - _QR - 6.5)
    sheet.text(beside, top, code, _CODE)
    sheet.paragraph(beside, top + _CODE.line, host)


def _signatures(sheet: Sheet, document: DonationReceipt, bottom: float) -> None:
    """Draw three lines for signatures, with the names of handler and checker above their lines."""
    gap, first = 6.0, MARGIN + _QR + 2.5
    base = bottom - 2 * TINY.line
    names = (document.handled_by, document.checked_by, None)
    for at, (signer, words) in enumerate(zip(_SIGNERS, names, strict=True)):
        x = first + at * (_LINE + gap)
        if words is not None:
            name = fit_in_box(words, VALUE, _LINE, _QR - 13)
            sheet.paragraph(x, base - name.height - 0.4, name)
        sheet.rule(x, base, _LINE, weight=0.5, ink=BLACK)
        sheet.text(x, base + 0.6, signer.label, TINY)


# --- the margins ----------------------------------------------------------------------------------


def void_across(sheet: Sheet, height: float) -> None:
    """Draw VOID across the page. Call this first, so that the text is drawn over it."""
    x, y = A4[0] / 2, height / 2
    with sheet.turned(x, y, degrees=25):
        sheet.text(x, y - _STAMP.line / 2, _VOID.label, _STAMP, "centre")


def margins(sheet: Sheet, proof: Proof, height: float, page: str) -> None:
    """Draw the margins: entry and page number at the bottom, marks such as VOID at the top.

    Args:
        height: Height of the page.
        page: The text with the page number.
    """
    foot = height - MARGIN + 2.5
    entry = f"{_ENTRY.label} {proof.seq} · {proof.hash[:16]}"
    sheet.text(MARGIN, foot, entry, TINY)
    sheet.text(MARGIN + WIDTH, foot, page, TINY, "right")
    if proof.copy is not None:
        _copied(sheet, proof)
    if proof.void_on is not None:
        _voided(sheet, proof, proof.void_on)
    elif proof.given_back is not msgspec.UNSET:
        _given_back(sheet, proof.given_back)


def _copied(sheet: Sheet, proof: Proof) -> None:
    """Draw the duplicate mark: how many times the receipt has been reprinted, and the date."""
    on = "" if proof.copied_on is None else f"  {proof.copied_on.isoformat()}"
    counted = Words(f"第 {proof.copy} 次", f"No. {proof.copy}")
    mark = f"{_DUPLICATE.label}  {counted.label}{on}"
    width = _MARK.width(mark) + 4
    x = MARGIN + WIDTH - width
    sheet.box(x, 4.6, width, _MARK.line + 1.2, weight=0.8, ink=RED)
    sheet.text(x + 2, 5.2, mark, _MARK)


def _voided(sheet: Sheet, proof: Proof, on: date) -> None:
    """Draw the day and the reason of voiding, and the number of the receipt's replacement."""
    words = [f"{_VOID.label} {on.isoformat()}"]
    if proof.replaced_by is not None:
        words.append(f"{_REPLACED_BY.label} No. {proof.replaced_by}")
    reason = " ".join(f"{_REASON.label}  {proof.void_reason or '—'}".split())
    width = WIDTH * 0.55
    sheet.paragraph(MARGIN, 4, one_line(" · ".join(words), _VOIDED, width))
    # A long reason is shortened. The books contain all of it.
    sheet.paragraph(MARGIN, 4 + _VOIDED.line, one_line(reason, _VOIDED, width))


def _given_back(sheet: Sheet, mark: GivenBackMark) -> None:
    """Draw the mark about goods that were given back to the donor, with their quantities."""
    words = _ALL_GIVEN_BACK if mark.all else _PARTLY_GIVEN_BACK
    goods = " · ".join(
        f"{bilingual.named(each.name, each.name_en).primary} "
        f"{bilingual.number(each.given_back)} / {bilingual.number(each.received)}"
        for each in mark.goods
    )
    width = WIDTH * 0.55
    sheet.paragraph(MARGIN, 4, one_line(words.label, _VOIDED, width))
    # A long list is shortened. The books contain all of it.
    sheet.paragraph(MARGIN, 4 + _VOIDED.line, one_line(goods, _VOIDED, width))
