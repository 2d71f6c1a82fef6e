"""The base class of the rows that entries write."""

from __future__ import annotations

import msgspec


class EntryRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="table", gc=False):
    """Base class of the rows that entries write. The fields are the columns of the row's table."""
