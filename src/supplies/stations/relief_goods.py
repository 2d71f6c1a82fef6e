"""Common relief goods, which a new station can copy into its catalogue.

The file `relief_goods.toml` lists them with names in both languages, units and packs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from functools import cache
from importlib.resources import files

from supplies.books.reader import Books
from supplies.domain.catalogue_records import Item
from supplies.domain.validation import convert


@cache
def relief_goods() -> tuple[Item, ...]:
    """Return all common relief goods, grouped by category."""
    text = (files(__package__) / "relief_goods.toml").read_text("utf-8")
    found = [_item(fields) for fields in tomllib.loads(text)["items"]]
    categories = list(dict.fromkeys(item.category for item in found))
    return tuple(sorted(found, key=lambda item: categories.index(item.category)))


def new_relief_goods(books: Books, codes: Collection[str]) -> list[Item]:
    """Return the relief goods with these codes that are not in the station's catalogue yet.

    Unknown codes are ignored.
    """
    return [
        item
        for item in relief_goods()
        if item.code in codes and books.catalogue.get(Item, item.code) is None
    ]


def _item(fields: dict[str, object]) -> Item:
    batch, expiry = fields.pop("batch", False), fields.pop("expiry", False)
    return convert(Item, {**fields, "needs_batch": batch, "needs_expiry": expiry})
