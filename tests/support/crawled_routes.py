"""The parameters with which tests call each route, and the routes that tests do not call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from supplies_service.pages.figures import ACTIVITIES, FIGURES, HOUSEHOLDS
from supplies_service.pages.find import KINDS
from supplies_service.pages.stock import FORMS

from supplies.books.reader import Books
from supplies.exports.reports import REPORTS

CODES: Mapping[str, str] = {
    "entries/{entry}": "SELECT max(seq) FROM entries WHERE station = :station GROUP BY kind",
    "entries/conflicts/{conflict}": "SELECT seq FROM conflicts WHERE station = :station",
    "deliveries/{delivery}/photos/{entry}": (
        "SELECT delivery, seq FROM proofs WHERE station = :station AND kind = 'photo'"
    ),
    "deliveries/{delivery}/signatures/{entry}": (
        "SELECT delivery, seq FROM proofs WHERE station = :station AND kind = 'signature'"
    ),
    "run/{delivery}/{allocation}": (
        "SELECT delivery, allocation FROM stops WHERE station = :station"
    ),
    "deliveries/{delivery}/stops/{allocation}": (
        "SELECT delivery, allocation FROM stops WHERE station = :station"
    ),
    "phones/{phone}": "SELECT id FROM phones WHERE station = :station",
    "users/{user}": "SELECT code FROM users WHERE station = :station",
    "communities/{code}": "SELECT code FROM communities WHERE station = :station",
    "counts/{sheet}": "SELECT sheet FROM count_sheets WHERE station = :station",
    "count-sheets/{sheet}": "SELECT sheet FROM count_sheets WHERE station = :station",
    "stock/items/{item}": "SELECT code FROM items WHERE station = :station",
    "organisation/items/{item}": "SELECT code FROM items WHERE station = :station",
    "lots/{lot}": "SELECT DISTINCT lot FROM lots WHERE station = :station",
    "stock/out/{noun}/{document}": (
        "SELECT CASE WHEN account LIKE 'lent%' THEN 'loans' ELSE 'issues' END, withdrawal "
        "FROM withdrawals WHERE station = :station"
    ),
    "teams/{code}/link/{link}": (
        "SELECT team, id FROM credentials WHERE station = :station AND team IS NOT NULL"
    ),
    "donors/{code}/link/{link}": (
        "SELECT donor, id FROM credentials WHERE station = :station AND donor IS NOT NULL"
    ),
}
"""For the end of a route's path, up to its last parameter: SQL for the values of its parameters."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "find/{kind}": tuple(KINDS),
    "reports/tables/{report}": tuple(REPORTS),
    "reports/figures/{figure}": (
        *(f"{figure}?item=mask" for figure in FIGURES),
        *HOUSEHOLDS,
        *ACTIVITIES,
        "activity?activity=visit",
        "step?step=lost&item=mask",
    ),
    "stock/new/{kind}": tuple(FORMS),
    "stock/out/{noun}": ("loans", "issues"),
    "exports/{kind}": (
        "hledger",
        "beancount",
        "jsonl",
        "3w",
        "csv?lists=donors",
        "csv?lists=donations",
    ),
}
"""For the end of a route's path, up to its last parameter: the values of this parameter."""

BARCODE = "6901234567892"
"""The barcode of an item in the books."""

_MOVEMENTS = "account=stock:a&item=mask"

QUERIES: Mapping[str, str] = {
    "/api/stock/movements": _MOVEMENTS,
    "/stock/movements": _MOVEMENTS,
    "/api/reports/movements": _MOVEMENTS,
    "/api/reports/household": "recipient=h1",
    "/api/reports/recall": "item=mask&batch=B1",
    "/api/reports/look-alikes": "kind=donors",
    "/api/barcodes": f"code={BARCODE}",
    "/scan": f"code={BARCODE}",
}
"""Required query parameters, by the beginning of the route's path."""

_SECRET = "the secret of a link opens it; the tests of the link read the page"
_DESCRIPTION = "it describes the API and reads no books"

NOT_READ: Mapping[str, str] = {
    "/assets/{name}": "files of the program",
    "/invitation/{secret}": _SECRET,
    "/my/{secret}": _SECRET,
    "/run/join/{secret}": _SECRET,
    "/my/lost": "a fixed text with status 404",
    "/schema/parts/{name}": _DESCRIPTION,
    "/schema/{path}": _DESCRIPTION,
}
"""GET routes from which no test reads personal data, with the reason."""

NOT_SENT: Mapping[str, str] = {
    "/sign-in": "it needs a password and reads no books",
    "/sign-in/code": "it needs a password and reads no books",
    "/sign-in/passkey": "it needs a passkey and reads no books",
    "/sign-in/passkey/challenge": "it needs a passkey and reads no books",
    "/sign-out": "it ends the session of the caller",
    "/tour/{user}": "only the demo has it",
    "/invitation/{secret}": _SECRET,
    "/run/join/{secret}": _SECRET,
    "/account/tokens/{token}/revoke": "it ends the access of the caller",
    "/account/sessions/{session}/end": "it ends the access of the caller",
    "/account/passkeys/{passkey}/remove": "the books have no passkey",
    "/admin/tokens/{token}/revoke": "it ends the access of the caller",
}
"""Routes that write and that no test calls in search of personal data, with the reason."""


def fill(template: str, books: Books) -> Iterator[str] | None:
    """Return the paths of a route that the tables above contain, or None if they have none.

    Further parameters, after those in the tables, are not filled in.
    """
    for ending, sql in CODES.items():
        before, found, after = template.partition(ending)
        if found:
            rows = books.all(f"{sql} ORDER BY 1")
            return (before + _with_values(ending, row) + after for row in rows)
    for ending, values in CHOICES.items():
        before, found, after = template.partition(ending)
        if found and not after:
            return (before + _with_values(ending, (value,)) for value in values)
    return None


def with_query(path: str) -> str:
    """Return a path with the query parameters that its route requires."""
    for beginning, query in QUERIES.items():
        if path == beginning or path.startswith(f"{beginning}/"):
            return f"{path}?{query}"
    return path


def _with_values(ending: str, values: tuple[Any, ...]) -> str:
    """Replace the parameters of a path, such as `{code}`, by values in this order."""
    parts = ending.split("{")
    return parts[0] + "".join(
        f"{value}{part.partition('}')[2]}" for value, part in zip(values, parts[1:], strict=True)
    )
