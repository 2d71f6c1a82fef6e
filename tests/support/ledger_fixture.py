"""Station lx, a clock that tests set, and short methods for frequent commands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from supplies.domain import commands as c
from supplies.domain.catalogue_records import (
    Campaign,
    Donor,
    Item,
    Location,
    Recipient,
    Station,
    Team,
)
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded

TODAY = date(2020, 2, 10)
"""The first day of the clock."""


class Clock:
    """A clock that shows noon in Shanghai on the day to which it was set."""

    def __init__(self, day: date = TODAY) -> None:
        self.day = day

    def __call__(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, 4, tzinfo=UTC)

    def advance(self, days: int = 1) -> None:
        self.day += timedelta(days=days)


def register_all(ledger: Ledger) -> None:
    """Register station lx with some items, people and places."""
    ledger.register(Station(code="lx", name="龙穴街社工服务站", zone="Asia/Shanghai"))
    ledger.register(
        Item(code="mask", name="口罩", name_en="mask", packs={"ten": 10, "box": 50}),
        Item(code="soap", name="洗手液", name_en="hand sanitiser", unit="bottle", packs={"six": 6}),
        Item(code="rice", name="大米", unit="kg"),
        Donor(code="D-1", name="广州某企业", kind="organisation", phone="13800138000"),
        Donor(code="D-2", name="李某"),
        Recipient(code="R-1", name="王某", community="longxue"),
        Recipient(code="R-2", name="张某"),
        Recipient(code="G-1", name="新来居民", kind="group"),
        Location(code="store", name="Store A"),
        Location(code="annex", name="Annex"),
        Location(code="ward", name="Quarantine", quarantine=True),
        Team(code="T-1", name="一队"),
        Team(code="T-2", name="二队"),
        Campaign(code="C-1", name="战疫募捐", name_en="Epidemic appeal"),
    )


class StationLedger:
    """A station's ledger with short methods for frequent commands."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.ledger, self.clock = ledger, clock
        self.books = ledger.books

    def __call__(self, command: c.Command) -> Recorded:
        return self.ledger.record(command, by="u_1")

    def balance(self, account: str, item: str = "mask", lot: str = "") -> int:
        return self.ledger.balance(account, item, lot)

    def total(self, account: str, item: str = "mask") -> int:
        """Return the sum over all lots of an account.

        If `account` ends in ":", it is the sum over all accounts that begin like this.
        """
        return sum(self.books.nonzero_balances(account, item).values())

    def entries(self) -> int:
        return self.books.last_entry().seq

    def day(self, offset: int) -> date:
        return self.clock.day + timedelta(days=offset)

    # --- short commands -----------------------------------------------------------------------

    def need(
        self, quantity: int = 10, recipient: str = "R-1", item: str = "mask", **more: Any
    ) -> str:
        return str(
            self(c.NoteNeed(recipient=recipient, item=item, quantity=quantity, **more)).document
        )

    def pledge(
        self,
        quantity: int = 10,
        claims: dict[str, int] | None = None,
        donor: str = "D-1",
        item: str = "mask",
        **more: Any,
    ) -> str:
        claimed = [c.Claim(need=need, quantity=n) for need, n in (claims or {}).items()]
        line = c.PledgeLine(item=item, quantity=quantity, claims=claimed)
        return str(self(c.MakePledge(donor=donor, lines=[line], **more)).document)

    def donation(
        self, quantity: int = 10, item: str = "mask", *, donor: str | None = "D-1", **line: Any
    ) -> c.RecordDonation:
        """Return a donation with one line. It is not recorded yet."""
        place, day = line.pop("location", "store"), line.pop("happened_on", None)
        wish = line.pop("wish", None)
        return c.RecordDonation(
            donor=donor,
            location=place,
            handled_by="陈某",
            wish=wish,
            happened_on=day,
            lines=[c.DonationLine(item=item, quantity=quantity, **line)],
        )

    def give(self, *args: Any, **kwargs: Any) -> Recorded:
        return self(self.donation(*args, **kwargs))

    def stock(self, quantity: int = 10, item: str = "mask", **line: Any) -> str:
        """Open stock of one lot and return the id of the lot."""
        place, day = line.pop("location", "store"), line.pop("happened_on", None)
        done = self(
            c.OpenStock(
                location=place,
                happened_on=day,
                lines=[c.ArrivalLine(item=item, quantity=quantity, **line)],
            )
        )
        return f"l_lx_{done.seq}_1"

    def allocate(
        self, quantity: int, recipient: str = "R-1", item: str = "mask", **line: Any
    ) -> str:
        place, day = line.pop("location", "store"), line.pop("happened_on", None)
        return str(
            self(
                c.Allocate(
                    recipient=recipient,
                    location=place,
                    happened_on=day,
                    lines=[c.AllocationLine(item=item, quantity=quantity, **line)],
                )
            ).document
        )

    def dispatch(self, *allocations: str, team: str = "T-1", **more: Any) -> str:
        return str(self(c.Dispatch(team=team, allocations=list(allocations), **more)).document)

    def outcome(self, delivery: str, allocation: str, outcome: str, **more: Any) -> Recorded:
        return self(
            c.ReportOutcome(delivery=delivery, allocation=allocation, outcome=outcome, **more)  # type: ignore[arg-type]  # fields by name
        )
