"""Determine the expiry of products: when goods are repacked, and when a consumed lot changes."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from supplies.domain.accounts import CONVERTED, kind_of
from supplies.domain.commands import ConvertedLine
from supplies.domain.entry_rows import Lot, ProductExpiry
from supplies.domain.expiry import expiry_field, shown_expiry
from supplies.domain.product_expiry import Expiry, earliest_expiry, product_expiry
from supplies.errors import InvalidField, Sentence
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.repacked_lots import consumed_lots, products_in_order


def expiry_of_consumed(journal: Journal, conversion: str) -> Expiry:
    """Return the earliest expiry of the goods that a conversion consumed.

    Args:
        conversion: The account of the conversion.
    """
    return earliest_expiry(_described(journal, consumed_lots(journal, conversion)))


def line_with_expiry(
    journal: Journal, line: ConvertedLine, parents: Expiry, pointer: str
) -> tuple[ConvertedLine, ProductExpiry]:
    """Determine the expiry of a product.

    Return the line of the product with this expiry, and the row that records what decides the
    expiry. A product may expire later than the consumed goods only if its line gives a reason. A
    correction may repeat the expiry that the line or its product had before.

    Args:
        parents: The earliest expiry of the consumed goods.

    Raises:
        InvalidField: the product would expire later than the consumed goods without a reason, or
            before it was made.
    """
    stated = _stated_by_line(journal, line, parents, f"{pointer}/{expiry_field(line)}")
    expiry = _expiry_of(stated, parents)
    return msgspec.structs.replace(line, expires_on=expiry.on, expires_month=expiry.month), stated


def _stated_by_line(
    journal: Journal, line: ConvertedLine, parents: Expiry, pointer: str
) -> ProductExpiry:
    """Return the row that records the expiry in a product's line, and what decides the expiry.

    The row names no lot yet.
    """
    stated = ProductExpiry(
        lot="", basis="line", expires_on=line.expires_on, expires_month=line.expires_month
    )
    if line.expiry_reason is not None:
        return msgspec.structs.replace(stated, basis="reason")
    if line.expires_on is None:
        return msgspec.structs.replace(stated, basis="parents")
    for former in _former_statements(journal, line):
        return msgspec.structs.replace(former, lot="")
    if parents.on is not None and line.expires_on > parents.on:
        raise InvalidField.at(
            pointer,
            Sentence(
                "{expiry} is later than the expiry of what it was made of ({value}): leave it "
                "out, or give the expiry_reason",
                expiry=shown_expiry(line),
                value=parents.month or parents.on,
            ),
        )
    expired_before = parents.on is not None and parents.on < journal.happened_on
    if line.expires_on < journal.happened_on and not expired_before:
        raise InvalidField.at(
            pointer,
            Sentence(
                "{expiry} is before the goods were repacked ({happened_on})",
                expiry=shown_expiry(line),
                happened_on=journal.happened_on,
            ),
        )
    return stated


def _former_statements(journal: Journal, line: ConvertedLine) -> list[ProductExpiry]:
    """Return rows about products of the original command that had the expiry in this line.

    Only products of the same item are considered. Rows that state this expiry come first. Then come
    rows of lots whose expiry was changed to it later.
    """
    lots = () if journal.corrected is None else journal.corrected.lots
    products = [journal.recorded_lot(lot.lot) for lot in lots if lot.item == line.item]
    known = [(product, statement_about(journal, product)) for product in products if product]
    return [stated for _, stated in known if stated.expires_on == line.expires_on] + [
        stated for product, stated in known if product.expires_on == line.expires_on
    ]


def statement_about(journal: Journal, product: Lot) -> ProductExpiry:
    """Return the row that records what decides the expiry of repacked goods.

    An older version of the program did not record this row. For goods that it repacked, the row is
    inferred: an expiry equal to that of the consumed goods was taken over, an earlier one was
    typed, and a later one was typed with a reason.
    """
    recorded = journal.books.latest_row(ProductExpiry, lot=product.lot)
    if recorded is not None:
        return recorded
    there = journal.books.nonzero_balances(product.origin)
    consumed = sorted(lot for (_, _, lot), quantity in there.items() if quantity > 0)
    parents = earliest_expiry(filter(None, map(journal.recorded_lot, consumed)))
    stated = ProductExpiry(
        lot=product.lot,
        basis="line",
        expires_on=product.expires_on,
        expires_month=product.expires_month,
    )
    if product.expires_on == parents.on:
        return ProductExpiry(lot=product.lot, basis="parents")
    if product.expires_on is None or (parents.on and product.expires_on > parents.on):
        return msgspec.structs.replace(stated, basis="reason")
    return stated


def record_statement(journal: Journal, draft: Draft, stated: ProductExpiry) -> None:
    """Add a row about a product's expiry to a draft, unless the books contain the same row."""
    if journal.books.latest_row(ProductExpiry, lot=stated.lot) != stated:
        draft.add_rows(stated)


def describe_products(journal: Journal, draft: Draft, lots: Iterable[str]) -> None:
    """Draft the new expiry of each lot that was repacked from these lots, if it changes.

    Lots that were repacked several times are included.

    Args:
        lots: The lots whose expiry the drafted entries may change.
    """
    changed = [lot for lot in lots if _expiry_changes(journal, lot)]
    if not changed:
        return
    for lot in products_in_order(journal, changed):
        (product,) = _described(journal, [lot])
        if kind_of(product.origin) is not CONVERTED:
            continue
        before = journal.recorded_lot(lot)
        stated = statement_about(journal, before or product)
        expiry = _expiry_of(stated, expiry_of_consumed(journal, product.origin))
        if expiry != Expiry(product.expires_on, product.expires_month):
            draft.add_rows(
                msgspec.structs.replace(product, expires_on=expiry.on, expires_month=expiry.month)
            )
            record_statement(journal, draft, stated)


def _expiry_changes(journal: Journal, lot: str) -> bool:
    before, now = journal.recorded_lot(lot), journal.described_lot(lot)
    if before is None or now is None:
        return False
    return (before.expires_on, before.expires_month) != (now.expires_on, now.expires_month)


def _expiry_of(stated: ProductExpiry, parents: Expiry) -> Expiry:
    return product_expiry(stated.basis, Expiry(stated.expires_on, stated.expires_month), parents)


def _described(journal: Journal, lots: Iterable[str]) -> list[Lot]:
    described = [journal.described_lot(lot) for lot in lots]
    assert None not in described, "a repacked lot is not in the books"
    return [lot for lot in described if lot is not None]
