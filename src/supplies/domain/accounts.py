"""The chart of accounts: all kinds of account for promises, goods and needs.

An account is written `kind:key` or `kind:key:key`, as in `stock:store-a` or `in_transit:v_20:a_13`.
The balances of most kinds must not fall below zero (their floor); the database enforces this. The
database constraints, verification, reports and exports are derived from this chart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from supplies.errors import InvalidField, Sentence, check_type, template

ANONYMOUS = "anonymous"
"""The key for unnamed donors, as in the account `donor:anonymous`."""

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Family(StrEnum):
    """What the balance of an account counts: promised goods, goods or needs.

    Promises and needs are counted by item. Goods are counted by item and lot.
    """

    PROMISES = "promises"
    GOODS = "goods"
    NEEDS = "needs"


class ReportColumn(StrEnum):
    """The column in which station reports and donor statements count the goods of an account."""

    OPENING = "opening"
    RECEIVED = "received"
    HANDED_OVER = "handed_over"
    USED = "used"
    LOST = "lost"
    UNEXPLAINED = "unexplained"
    OTHER = "other"
    FREE = "free"
    ALLOCATED = "allocated"
    IN_TRANSIT = "in_transit"


@dataclass(frozen=True, slots=True)
class AccountKind:
    """A kind of account in the chart of accounts.

    Attributes:
        name: The part of an account before the first colon.
        keys: The meaning of each key after a colon, in order. "?" at the end of a meaning marks an
            optional key.
        families: What the balances of this kind can count.
        column: The report column that counts the goods in accounts of this kind; None if they
            contain no goods.
        floored: Whether balances of this kind must never fall below zero.
        description: What an account of this kind stands for. {name} is replaced by the account's
            first key.
    """

    name: str
    keys: tuple[str, ...]
    families: frozenset[Family]
    column: ReportColumn | None
    floored: bool
    description: str

    def __call__(self, *keys: str) -> str:
        """Return the account of this kind with the given keys, such as `stock:store-a`."""
        return ":".join((self.name, *keys))

    @property
    def prefix(self) -> str:
        """The text with which every account of this kind begins: the name and a colon."""
        return self.name + ":"

    @property
    def required(self) -> int:
        """The number of keys that every account of this kind must have."""
        return sum(not key.endswith("?") for key in self.keys)


def _kind(
    name: str,
    keys: str,
    families: str,
    column: ReportColumn | None,
    description: str,
    *,
    floored: bool = True,
) -> AccountKind:
    allowed = frozenset(Family(family) for family in families.split())
    return AccountKind(name, tuple(keys.split()), allowed, column, floored, description)


DONOR = _kind(
    "donor",
    "donor",
    "promises goods",
    ReportColumn.RECEIVED,
    template("given by {name}"),
    floored=False,
)
BOUGHT = _kind(
    "bought",
    "supplier",
    "goods",
    ReportColumn.RECEIVED,
    template("bought from {name}"),
    floored=False,
)
MADE = _kind(
    "made", "maker", "goods", ReportColumn.RECEIVED, template("made by {name}"), floored=False
)
BORROWED = _kind(
    "borrowed",
    "lender",
    "goods",
    ReportColumn.RECEIVED,
    template("borrowed from {name}"),
    floored=False,
)
OPENING = _kind(
    "opening",
    "location",
    "goods",
    ReportColumn.OPENING,
    template("opened in {name}"),
    floored=False,
)
FROM_STATION = _kind(
    "from_station",
    "shipment",
    "goods",
    ReportColumn.RECEIVED,
    template("received by {name}"),
    floored=False,
)

PLEDGED = _kind(
    "pledged", "pledge need?", "promises", None, template("outstanding on pledge {name}")
)

STOCK = _kind("stock", "location", "goods", ReportColumn.FREE, template("free in {name}"))
ALLOCATED = _kind(
    "allocated",
    "allocation location",
    "goods",
    ReportColumn.ALLOCATED,
    template("set aside in allocation {name}"),
)
IN_TRANSIT = _kind(
    "in_transit",
    "delivery allocation",
    "goods",
    ReportColumn.IN_TRANSIT,
    template("in transit on delivery {name}"),
)
RECEIVED = _kind(
    "received", "recipient", "goods", ReportColumn.HANDED_OVER, template("with recipient {name}")
)
USED = _kind("used", "purpose", "goods", ReportColumn.USED, template("in use for {name}"))
LOST = _kind("lost", "reason", "goods", ReportColumn.LOST, template("written off as {name}"))
LENT = _kind("lent", "borrower", "goods", ReportColumn.OTHER, template("lent to {name}"))
CONVERTED = _kind(
    "converted",
    "conversion",
    "goods",
    ReportColumn.OTHER,
    template("repacked in {name}"),
    floored=False,
)
RETURNED = _kind("returned", "donor", "goods", ReportColumn.OTHER, template("given back to {name}"))
SENT = _kind(
    "sent", "shipment", "goods", ReportColumn.OTHER, template("on the way in shipment {name}")
)
DELIVERED = _kind(
    "delivered", "shipment", "goods", ReportColumn.OTHER, template("arrived by shipment {name}")
)
UNEXPLAINED = _kind(
    "unexplained",
    "place",
    "goods",
    ReportColumn.UNEXPLAINED,
    template("unexplained in {name}"),
    floored=False,
)

ASKED = _kind("asked", "recipient", "needs", None, template("asked for by {name}"), floored=False)
NEEDED = _kind("needed", "need", "needs", None, template("still needed in need {name}"))
CLAIMED = _kind("claimed", "need pledge", "needs", None, template("claimed of need {name}"))
ASSIGNED = _kind("assigned", "need allocation", "needs", None, template("assigned to need {name}"))
MET = _kind("met", "need", "needs", None, template("met of need {name}"))
ENDED = _kind("ended", "need reason", "needs", None, template("ended of need {name}"))

CHART: dict[str, AccountKind] = {
    kind.name: kind
    for kind in (
        DONOR,
        BOUGHT,
        MADE,
        BORROWED,
        OPENING,
        FROM_STATION,
        PLEDGED,
        STOCK,
        ALLOCATED,
        IN_TRANSIT,
        RECEIVED,
        USED,
        LOST,
        LENT,
        CONVERTED,
        RETURNED,
        SENT,
        DELIVERED,
        UNEXPLAINED,
        ASKED,
        NEEDED,
        CLAIMED,
        ASSIGNED,
        MET,
        ENDED,
    )
}

_ACCOUNTS = {
    kind.name: re.compile(f"{kind.name}(?::{_KEY.pattern}){{{kind.required},{len(kind.keys)}}}")
    for kind in CHART.values()
}
"""A regular expression for the accounts of each kind, by the name of the kind."""

ORIGINS = {kind.name: kind for kind in (DONOR, BOUGHT, MADE, BORROWED, OPENING)}
"""The kinds of account from which donations, other arrivals and opening stock are booked.

The keys are the names of the kinds. Goods from other stations are booked from accounts of the kind
`from_station` instead.
"""


def kind_of(account: str) -> AccountKind:
    """Return the kind of an account. The keys of the account are not checked.

    Raises:
        KeyError: the chart has no such kind.
    """
    return CHART[account.partition(":")[0]]


def kind_on_chart(account: str) -> AccountKind | None:
    """Return the kind of an account, or None if its kind is unknown or its keys are wrong."""
    kind = CHART.get(account.partition(":")[0])
    return kind if kind is not None and _ACCOUNTS[kind.name].fullmatch(account) else None


def check_account(account: str) -> None:
    """Check that an account has a known kind, and valid keys in the right number.

    Whether a location, donor or document with such a code exists is not checked.

    Raises:
        InvalidField: the account is not text, its kind is unknown, or its keys are wrong.
    """
    check_type(account, str, "account", "text, such as 'stock:store-a'")
    if kind_on_chart(account) is None:
        raise _not_an_account(account)


def check_accounts(prefix: str) -> None:
    """Check a prefix that selects accounts: a kind, with all, some or none of its keys.

    Examples are `stock:store-a`, `stock`, `stock:` and `in_transit:v_20:`.

    Raises:
        InvalidField: no account on the chart begins with this prefix.
    """
    check_type(prefix, str, "account", "text, such as 'stock:store-a' or 'stock:'")
    name, *keys = prefix.removesuffix(":").split(":")
    kind = CHART.get(name)
    if kind is None or len(keys) > len(kind.keys) or not all(map(_KEY.fullmatch, keys)):
        raise _not_an_account(prefix)


def _not_an_account(account: str) -> InvalidField:
    name, _, keys = account.partition(":")
    kind = CHART.get(name)
    if kind is None:
        return InvalidField(
            Sentence(
                "{account} is not an account: {kind} is not a kind of account; use one of {known}",
                account=repr(account[:200]),
                kind=repr(name[:64]),
                known=", ".join(CHART),
            )
        )
    form = "".join(
        f"[:{key[:-1].upper()}]" if key.endswith("?") else f":{key.upper()}" for key in kind.keys
    )
    wrong = [key for key in keys.split(":") if key and not _KEY.fullmatch(key)]
    shown, form = repr(account[:200]), name + form
    if not wrong:
        return InvalidField(
            Sentence("{account} is not an account: write it as {form}", account=shown, form=form)
        )
    return InvalidField(
        Sentence(
            "{account} is not an account: {key} is not a code; write it as {form}",
            account=shown,
            key=repr(wrong[0][:64]),
            form=form,
        )
    )


def keys_of(account: str) -> list[str]:
    """Return the keys of an account, in the order of the chart of accounts."""
    return account.split(":")[1:]


def family_of(account: str, lot: str) -> Family:
    """Return what a balance of an account counts: promises, goods or needs.

    Only accounts of the kind `donor` have balances of two families: promises if the balance has no
    lot, and goods if it has one.

    Args:
        lot: The lot of the balance; "" means no lot.
    """
    families = kind_of(account).families
    if len(families) == 1:
        return next(iter(families))
    return Family.GOODS if lot else Family.PROMISES


def place_name(kind: AccountKind) -> str:
    """Return the name that a donor statement uses for accounts of this kind.

    It is the name of the report column to which the kind belongs. If the kind has no column, or its
    column is `other`, it is the name of the kind itself.
    """
    return kind.name if kind.column in (None, ReportColumn.OTHER) else str(kind.column)


def is_origin(kind: AccountKind) -> bool:
    """Return whether goods enter the books from accounts of this kind.

    The balance of such an account is negative: minus the quantity that came from the account.
    """
    return kind.column in (ReportColumn.OPENING, ReportColumn.RECEIVED)


PLACES: tuple[str, ...] = tuple(
    place_name(kind)
    for kind in CHART.values()
    if Family.GOODS in kind.families and not is_origin(kind)
)
"""The names of all places where donated goods can be, in the order of the chart.

For each donor, the quantities at all places add up to the quantity that the donor gave.
"""
