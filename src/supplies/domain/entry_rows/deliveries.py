"""Rows about deliveries and their stops."""

from __future__ import annotations

from supplies.domain.entry_rows.base import EntryRow


class Delivery(EntryRow, frozen=True, kw_only=True, tag="deliveries"):
    """A delivery and its team.

    If another team takes over, a further row names that team. The latest row is valid.
    """

    delivery: str
    team: str


class Stop(EntryRow, frozen=True, kw_only=True, tag="stops"):
    """A stop of a delivery: the place where the goods of one allocation are handed over."""

    delivery: str
    stop: int
    allocation: str
    recipient: str


class StopLine(EntryRow, frozen=True, kw_only=True, tag="stop_lines"):
    """The quantity of one lot from one location that was loaded for a stop, in base units."""

    delivery: str
    allocation: str
    line: int
    item: str
    lot: str
    location: str
    loaded: int


class StopRemoval(EntryRow, frozen=True, kw_only=True, tag="stop_removals"):
    """The removal of a stop from a delivery before an outcome was reported.

    Attributes:
        moved_to: The delivery to which the stop was moved; None if its goods are set aside again
            where they were loaded.
    """

    delivery: str
    allocation: str
    moved_to: str | None


class DeliveryEnd(EntryRow, frozen=True, kw_only=True, tag="delivery_ends"):
    """The end of a delivery. Recorded when no goods of the delivery are in transit."""

    delivery: str
