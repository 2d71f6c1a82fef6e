"""捐赠物资接收凭证, the donation receipt.

The paper is A5 landscape if the receipt has at most five lines and fits on one page. Otherwise it
is A4 portrait. If a receipt is printed again later, marks such as VOID and DUPLICATE are drawn in
the margin and across the page, so that the line breaks stay as on the first printing.
"""

from __future__ import annotations

import base64

import msgspec

from supplies.papers.receipt import DonationReceipt, ReceiptLine, ReceiptPaper
from supplies_receipts.drawing import bilingual
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block, Column, Table
from supplies_receipts.drawing.canvas import (
    A4,
    A5_LANDSCAPE,
    GREY,
    RED,
    SMALLEST_TYPE,
    Sheet,
    Style,
    fit_style,
    one_line,
    smallest_type,
)
from supplies_receipts.papers.receipt_footer import (
    MARGIN,
    TINY,
    VALUE,
    WIDTH,
    closing,
    closing_height,
    margins,
    void_across,
)

_A5_LINES = 5

TITLE = Words("捐赠物资接收凭证", "Receipt for donated goods (in kind)")
_NOBODY = Words("匿名", "Anonymous")
_NO_WISH = Words("无", "none")
_CREDIT_CODE = Words("统一社会信用代码", "Credit code")
_ISSUED_ON = Words("签发日期", "Issued on")
_REPLACES = Words("本凭证替换", "Replaces")
_BLANK = Words("以下空白", "nothing below this line")
_AGREEMENT = Words("捐赠协议编号", "Agreement no.")
_FISCAL_TICKET = Words("公益事业捐赠票据号（合作慈善组织开具）", "Fiscal ticket no. (of a partner)")
_VALUE = Words("价值", "Value")

_NAME = Style(10.5, bold=True, leading=1.25)
_NUMBER = Style(10.5, bold=True, ink=RED, leading=1.25)
_HEADING = Style(17, bold=True, leading=1.2)
_ISSUED = Style(7.5)
_SMALL = Style(6.5, ink=GREY, leading=1.25)
_SUBTITLE = Style(7, ink=GREY, leading=1.25)
_LABEL = Style(7, ink=GREY, leading=1.2)
_LONG = Style(8.5, leading=1.3)
_CELL = Style(8.5, leading=1.2)
_QUANTITY = Style(8.5, bold=True, leading=1.2)
_CELL_SMALL = Style(6.5, leading=1.25)
_CELL_EN = Style(5.5, ink=GREY, leading=1.2)

_COLUMNS = (
    Column(Words("序", "No."), 8),
    Column(Words("品名与规格", "Goods"), 70),
    Column(Words("批号与有效期", "Batch, expiry"), 32),
    Column(Words("单位", "Unit"), 12),
    Column(Words("数量", "Quantity"), 18, "right"),
    Column(Words("数量大写", "In words"), 46),
)

_SIDE = 64.0  # width of the header left and right of the title
_LOGO = 12.0  # side of the square for the logo
_GAP = 1.1  # between fields


def draw_receipt(paper: ReceiptPaper) -> bytes:
    """Return the receipt as a PDF. The same struct, with the same marks, gives the same bytes.

    The PDF has no attachment. `signed_receipt` attaches the signed record.
    """
    document = paper.document
    with bilingual.as_issued_by(document.station):
        # The PDF's title begins in Chinese in every language, because it identifies the file.
        sheet = Sheet(title=f"{TITLE.zh} {document.number}", author=document.station.name)
        draw(sheet, paper)
        return sheet.finish()


def draw(sheet: Sheet, paper: ReceiptPaper) -> None:
    """Draw the pages of a receipt on a sheet that may contain pages of other receipts already."""
    document = paper.document
    with smallest_type(SMALLEST_TYPE if document.layout >= 2 else 0.0):
        _draw(sheet, paper)


def _draw(sheet: Sheet, paper: ReceiptPaper) -> None:
    document = paper.document
    headers = [_page_header(document), _running_header(document)]
    foot = closing_height(document)
    (width, height), pages = _planned(document, [header.height for header in headers], foot)
    for at, body in enumerate(pages, 1):
        with sheet.page(width, height):
            if paper.proof.void_on is not None:
                void_across(sheet, height)
            layout.stacked([headers[at > 1], body]).draw(sheet, MARGIN)
            if at == len(pages):
                closing(sheet, paper, height - MARGIN - foot, height - MARGIN)
            margins(sheet, paper.proof, height, bilingual.page(at, len(pages)))


def _planned(
    document: DonationReceipt, headers: list[float], foot: float
) -> tuple[tuple[float, float], list[Block]]:
    """Return the paper size, and the content of each page below the page's header.

    Args:
        headers: Height of the header of the first page, and of the header of each further page.
        foot: Height of the footer of the last page.
    """
    body = [*_fields(document), *_table(document)]

    def pages(height: float) -> list[Block]:
        available = height - 2 * MARGIN
        return layout.paginated(body, available - headers[0], available - headers[1], foot)

    small = pages(A5_LANDSCAPE[1])
    if len(document.lines) <= _A5_LINES and len(small) == 1:
        return A5_LANDSCAPE, small
    return A4, pages(A4[1])


# --- the header of a page ------------------------------------------------------------------------


def _page_header(document: DonationReceipt) -> Block:
    """Draw the header of the first page: the issuer, the title and the number, above a line."""
    station, right = document.station, MARGIN + WIDTH - _SIDE
    code = station.credit_code and f"{_CREDIT_CODE.label} {station.credit_code}"
    name = bilingual.named(station.name, station.name_en)
    issuer = [(name.primary, _NAME), (name.secondary, _SMALL), (code, _SMALL)]
    day = document.issued_on
    shown = bilingual.short_day(day) if document.layout >= 3 else day.isoformat()
    issued = f"{_ISSUED_ON.label}  {shown}"
    number = [(f"No. {document.number}", _NUMBER), (issued, _ISSUED)]
    if len(document.replaces) == 1:
        number.append((f"{_REPLACES.label} No. {document.replaces[0]}", _SMALL))
    centre, middle = MARGIN + _SIDE, WIDTH - 2 * _SIDE
    return layout.stacked(
        [
            layout.beside(
                [
                    _issuer(station.logo, [(t, s) for t, s in issuer if t]),
                    _title(centre, middle),
                    layout.stacked([layout.text(right, _SIDE, t, s, "right") for t, s in number]),
                ]
            ),
            layout.space(1.2),
            layout.rule(MARGIN, WIDTH, weight=0.8),
            layout.space(1.4),
        ]
    )


def _title(x: float, width: float) -> Block:
    """Draw the title, in smaller type if the width requires it."""
    heading = fit_style(TITLE.primary, _HEADING, width)
    under = [layout.text(x, width, TITLE.secondary, _SUBTITLE, "centre")] if TITLE.secondary else []
    return layout.stacked([layout.text(x, width, TITLE.primary, heading, "centre"), *under])


def _issuer(logo: str | None, lines: list[tuple[str, Style]]) -> Block:
    """Draw the name and details of the station, with its logo to their left if it has one."""
    left = 0.0 if logo is None else _LOGO + 2
    available = _SIDE - left - layout.GUTTER  # the title begins where the left part ends
    names = [layout.text(MARGIN + left, available, t, s) for t, s in lines]
    image = [] if logo is None else [layout.image(MARGIN, _LOGO, base64.b64decode(logo))]
    return layout.beside([*image, layout.stacked(names)])


def _running_header(document: DonationReceipt) -> Block:
    """Draw the header of the second and each later page, with the number of the receipt."""
    half = WIDTH / 2
    available = half - _ISSUED.width(f"  {TITLE.primary}") - 1
    issuer = bilingual.named(document.station.name, document.station.name_en).primary
    name = one_line(issuer, _ISSUED, available, smallest=_ISSUED.points).lines[0]
    return layout.stacked(
        [
            layout.beside(
                [
                    layout.text(MARGIN, half, f"{name}  {TITLE.primary}", _ISSUED),
                    layout.text(MARGIN + half, half, f"No. {document.number}", _NUMBER, "right"),
                ]
            ),
            layout.space(2),
        ]
    )


# --- donor, day and place, wish ------------------------------------------------------------------


class _Field(msgspec.Struct, frozen=True):
    label: Words
    value: str
    small: str | None = None


def _fields(document: DonationReceipt) -> list[Block]:
    donor, station = document.donor, document.station
    name = _NOBODY if donor.name is None else bilingual.named(donor.name, donor.name_en)
    coded = Words("捐赠人", "Donor" if donor.code is None else f"Donor · {donor.code}")
    received = bilingual.days(
        document.received_on, document.received_until, or_earlier=bool(document.or_earlier)
    )
    at = " ".join(filter(None, (station.address, station.phone)))
    pairs = [
        _Field(coded, name.primary, name.secondary),
        _Field(
            Words("接收日期与地点", "Received on, at"),
            f"{received.primary}  {document.location}",
            at,
        ),
        _Field(Words("联系方式", "Contact"), donor.phone or "—"),
    ]
    if document.layout == 1:
        ids = bilingual.listed(document.donations)
        pairs.insert(2, _Field(Words("捐赠编号", "Donation no."), ids))
    if document.agreement is not None:
        pairs.append(_Field(_AGREEMENT, document.agreement))
    if document.fiscal_ticket is not None:
        pairs.append(_Field(_FISCAL_TICKET, document.fiscal_ticket))
    wish = document.wish or _NO_WISH.label
    blocks = [*_paired(pairs), *_long(_Field(Words("定向意愿", "Wish of the donor"), wish))]
    if len(document.replaces) > 1:
        replaced = Words("本凭证替换", "This receipt replaces")
        blocks += _long(_Field(replaced, bilingual.listed(document.replaces)))
    return [*blocks, layout.space(0.4)]


def _paired(fields: list[_Field]) -> list[Block]:
    """Arrange fields in two columns, row by row."""
    half = WIDTH / 2
    return [
        layout.stacked(
            [
                layout.beside(
                    [
                        _field(MARGIN + at * half, half - layout.GUTTER, field)
                        for at, field in enumerate(fields[first : first + 2])
                    ]
                ),
                layout.space(_GAP),
            ]
        )
        for first in range(0, len(fields), 2)
    ]


def _field(x: float, width: float, field: _Field) -> Block:
    lines = [(field.label.label, _LABEL), (field.value, VALUE), (field.small, _CELL_EN)]
    return layout.stacked([layout.text(x, width, t, s) for t, s in lines if t])


def _long(field: _Field) -> list[Block]:
    """Draw a field over the full width of the page. It may continue on the next page."""
    label = layout.text(MARGIN, WIDTH, field.label.label, _LABEL)
    first, *rest = layout.split(MARGIN, WIDTH, field.value, _LONG)
    return [layout.stacked([label, first]), *rest, layout.space(_GAP)]


# --- the goods -----------------------------------------------------------------------------------


def _table(document: DonationReceipt) -> list[Block]:
    """Draw a row for each line of goods, and below the rows a note that no more lines follow."""
    table = Table(MARGIN, _COLUMNS)
    expiry = bilingual.expiry if document.layout >= 3 else bilingual.iso_expiry
    rows = [_row(table, at, line, expiry(line)) for at, line in enumerate(document.lines, 1)]
    below = layout.stacked(
        [
            layout.space(0.5),
            layout.text(MARGIN, WIDTH, _BLANK.label, TINY, "centre"),
        ]
    )
    if not rows:
        return [below]
    last = layout.stacked([rows[-1], below])
    return [*rows[:-1], Block(last.height, last.draw, table.header)]


def _row(table: Table, at: int, line: ReceiptLine, expiry: str) -> Block:
    (quantity, unit), base = bilingual.quantity_of_line(line), bilingual.unit_of_line(line)
    name = bilingual.named(line.name, line.name_en)
    packs = bilingual.packs_of_line(line)
    # The quantity in words is in base units. If these differ from the figure's, both name theirs.
    in_words_en = line.in_words_en if unit == base else f"{line.in_words_en} {base.en}"
    words = Words(f"{line.in_words}{base.zh}", in_words_en)
    value = "" if line.value is None else f"{_VALUE.label} {bilingual.money(line.value)}"
    return table.row(
        [
            [(str(at), _CELL)],
            [
                (name.primary, _CELL),
                (name.secondary, _CELL_EN),
                (packs.primary, _CELL_SMALL),
                (packs.secondary, _CELL_EN),
            ],
            [(line.batch or "", _CELL_SMALL), (expiry, _CELL_SMALL)],
            [(unit.primary, _CELL), (unit.secondary, _CELL_EN)],
            [(quantity, fit_style(quantity, _QUANTITY, _COLUMNS[4].width - layout.GUTTER))],
            [(words.primary, _CELL), (words.secondary, _CELL_EN), (value, _CELL_SMALL)],
        ]
    )
