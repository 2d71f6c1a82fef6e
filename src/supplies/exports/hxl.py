"""Tags of the Humanitarian Exchange Language (HXL 1.1) for the columns of lists."""

from __future__ import annotations

from supplies.exports.tables import Column, Table

_TAGS = {
    "account": "#meta+account",
    "activity": "#activity+code",
    "address": "#contact+address",
    "batch": "#item+batch",
    "community": "#adm+community+code",
    "donor": "#org+donor+code",
    "due_on": "#date+due",
    "expires_on": "#date+expiry",
    "for": "#beneficiary+code",
    "happened_on": "#date+occurred",
    "id": "#meta+id",
    "issued_on": "#date+issued",
    "item": "#item+code",
    "location": "#loc+code",
    "lot": "#item+lot",
    "name": "#meta+name",
    "name_en": "#meta+name+i_en",
    "needed_by": "#date+needed",
    "note": "#description",
    "phone": "#contact+phone",
    "quantity": "#item+num",
    "recipient": "#beneficiary+code",
    "status": "#status",
    "team": "#org+team+code",
    "unit": "#item+unit",
    "urgency": "#severity",
}
"""The HXL tags of columns, by the heading of the column."""

_ATTRIBUTES = str.maketrans({"-": "_", ".": "_", " ": "_"})


def with_hxl_tags(table: Table) -> Table:
    """Return a table with an HXL tag for each column.

    If the vocabulary of HXL has no tag for a column, the tag is `#meta` with the heading as its
    attribute.
    """
    return table._replace(columns=[Column(one.heading, _tag(one)) for one in table.columns])


def _tag(column: Column) -> str:
    made = f"#meta+{column.heading.lower().translate(_ATTRIBUTES)}"
    return column.hxl or _TAGS.get(column.heading, made)
