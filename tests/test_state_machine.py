"""Random commands of every kind against a plain model of the books.

`HYPOTHESIS_PROFILE=thorough` takes its time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from desk import Clock, register_all
from engines import RUNNING, Engines, hasty
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from plain_books import PlainBooks

from supplies import commands as c
from supplies.errors import (
    AlreadyDone,
    Forgotten,
    IdempotencyConflict,
    InvalidField,
    NotEnough,
    PeriodClosed,
    StoreError,
    SuppliesError,
)
from supplies.journal import FACTS
from supplies.ledger import Ledger, Recorded, Request
from supplies.model import Allocation, Erasure, Forgetting, Need
from supplies.rules import RULES
from supplies.rules.history import CORRECTABLE

settings.register_profile(
    "quick",
    max_examples=50,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # A failure is made smaller on request: that can take longer than all other tests.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
settings.register_profile(
    "thorough",
    settings.get_profile("quick"),
    max_examples=2000,
    stateful_step_count=80,
    phases=tuple(Phase),
)
PROFILE = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

ITEMS = ["mask", "mask", "mask", "soap"]
DONORS = ["D-1", "D-2"]
RECIPIENTS = ["R-1", "R-2", "G-1"]
SHELVES = ["store", "store", "annex"]
PLACES = [*SHELVES, "ward"]
REASONS = ["damaged", "expired"]
FIRST_DAY = date(2020, 2, 3)
DATA = st.data()

# The file is made once and copied: making tables and guards takes longer than forty commands.
_TEMPLATE: list[Path] = []


def _template() -> Path:
    if not _TEMPLATE:
        folder = Path(tempfile.mkdtemp(prefix="supplies-machine-"))
        path = folder / "template.db"
        with Ledger.open(str(path), station="lx", clock=Clock(FIRST_DAY)) as ledger:
            register_all(ledger)
        _TEMPLATE.append(path)
    return _TEMPLATE[0]


@pytest.fixture(scope="module", autouse=True)
def _tidy(engines: Engines) -> Any:
    yield
    while _TEMPLATE:
        shutil.rmtree(_TEMPLATE.pop().parent, ignore_errors=True)


class Books(RuleBasedStateMachine):
    """Every rule draws a command that mostly makes sense from what stands in the books."""

    engine = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.clock = Clock(FIRST_DAY + timedelta(days=3))
        self.ledger = self.open_ledger()
        self.plain = PlainBooks(self.ledger.books)
        self.given: dict[int, c.Command] = {}
        """The command of each head entry."""
        self.ids: dict[str, tuple[c.Command, Recorded]] = {}
        self.changed = True

    def teardown(self) -> None:
        with self.closing:
            self.finish()

    def open_ledger(self) -> Ledger:
        """Station lx, in a copy of the template or on the server."""
        if self.engine == "sqlite":
            folder = Path(tempfile.mkdtemp(dir=_template().parent))
            self.closing.callback(shutil.rmtree, folder, ignore_errors=True)
            url = str(shutil.copy(_template(), folder / "books.db"))
        else:
            url = self.closing.enter_context(RUNNING.server.books())
            with Ledger.open(url, station="lx", clock=Clock(FIRST_DAY)) as ledger:
                register_all(ledger)
        ledger = Ledger.open(url, station="lx", clock=self.clock)
        self.closing.callback(ledger.close)
        if self.engine == "sqlite":
            hasty(ledger)
            ledger.store.run("PRAGMA journal_mode = MEMORY")
        return ledger

    def finish(self) -> None:
        try:
            from supplies.chain import verify
        except ImportError:
            return
        verify(self.ledger.store)

    # --- recording -------------------------------------------------------------------------------

    def record(self, command: c.Command) -> Recorded | SuppliesError:
        """Record, or see it refused properly; and see it refused where a plain model says so."""
        before = len(self.plain.bodies)
        id_ = str(uuid.UUID(int=before * 1000 + len(self.ids), version=4))
        hopeless, sure = self.hopeless(command), self.sure(command)
        try:
            done = self.ledger.record(command, by="u_1", id=id_)
        except SuppliesError as error:
            assert not sure, f"{command} was refused: {error}"  # noqa: PT017
            return self.refused(error, before)
        assert hopeless is None or done.conflict is not None, f"recorded, yet {hopeless}"
        new = self.plain.absorb()
        if done.repeated:
            assert not new
            return done
        assert (new[0].seq, new[-1].seq, new[0].id) == (done.seq, done.last, id_)
        assert [body.part for body in new] == list(range(len(new)))
        self.changed = True
        self.ids[id_] = command, done
        if done.conflict is None:
            self.given[done.seq] = command
        else:
            assert not sure, f"{command} became a conflict: {done.conflict}"
            assert isinstance(command, c.ReportOutcome | c.CountStock)
            assert done.conflict.strip()
            assert not any(body.transfers for body in new)
        self.expect(command, done, new)
        return done

    def refused(self, refusal: SuppliesError, before: int) -> SuppliesError:
        """A refusal says why in words of its own, and leaves nothing behind."""
        assert not isinstance(refusal, StoreError), refusal
        assert str(refusal).strip()
        assert type(refusal) is not SuppliesError
        assert self.ledger.books.head()[0] == before, "a refusal left entries"
        return refusal

    def hopeless(self, command: c.Command) -> str | None:
        """Why this command must be refused, as far as a plain model can tell."""
        day = command.happened_on or self.clock.day
        if day > self.clock.day:
            return "it is in the future"
        closed = self.plain.closed_through()
        if (
            closed is not None
            and day <= closed
            and not isinstance(command, (*FACTS, c.Correct, c.Reverse))
        ):
            plan = not isinstance(command, c.ClosePeriod | c.ReopenPeriod | c.ResolveConflict)
            if plan and not isinstance(command, _RECEIPTS):
                return "the day is closed"
        asked: dict[str, int] = {}
        named = (getattr(command, name, None) for name in ("lines", "consumed", "spilled"))
        for line in [line for lines in named for line in lines or []]:
            if isinstance(line, c.GoodsLine):
                asked[line.item] = asked.get(line.item, 0) + self.units(line)
        for source in self.sources(command):
            for item, quantity in asked.items():
                there = self.plain.total(source, item)
                if quantity > there:
                    return f"only {there} of {quantity} {item} stand in {source}"
        return None

    def sure(self, command: c.Command) -> bool:
        """Whether there is no ground to refuse this command, as far as a plain model can tell."""
        today, closed = self.clock.day, self.plain.closed_through()
        forgotten = {row.party.partition(":")[2] for _, row in self.plain.stated[Forgetting]}
        people = [getattr(command, name, None) for name in ("recipient", "donor")]
        lines = getattr(command, "lines", None) or []
        people += [getattr(line, "recipient", None) for line in lines]
        if forgotten.intersection(people):
            return False
        if isinstance(command, c.RecordDonation | c.RecordArrival):
            day = command.happened_on or today
            return day <= today and all(
                getattr(line, "pledge", None) is None
                and (line.expires_on is None or line.expires_on >= day)
                and (getattr(line, "recipient", None) is None or command.location != "ward")
                for line in command.lines
            )
        first_open = date.min if closed is None else closed + timedelta(days=1)
        last = max((body.booked_on for body in self.plain.bodies), default=today)
        if command.happened_on not in (None, today) or max(last, first_open) > today:
            return False
        return self.is_there(command, lines)

    def is_there(self, command: c.Command, lines: list[Any]) -> bool:
        """Whether what a command of today takes is there, whatever its lots."""
        match command:
            case c.NoteNeed():
                return True
            case c.Dispatch():
                return command.allow_expired and all(
                    self.plain.total(f"allocated:{a}:") for a in command.allocations
                )
            case c.Release():
                return not lines and self.plain.total(f"allocated:{command.allocation}:") > 0
            case c.ReportOutcome():
                team = f"in_transit:{command.delivery}:{command.allocation}"
                return not lines and self.plain.total(team) > 0
            case c.Convert() | c.ReturnGoods():
                return False
            case c.Allocate() if len(lines) > 1 or lines[0].need is not None:
                return False
        sources = self.sources(command)
        named = (getattr(line, name, None) for line in lines for name in ("lot", "lots"))
        if not sources or any(lot is not None for lot in named):
            return False
        if isinstance(command, c.Allocate | c.HandOut | c.IssueGoods | c.LendGoods) and (
            command.location == "ward" or not all(line.allow_expired for line in lines)
        ):
            return False
        return self.hopeless(command) is None

    def units(self, line: c.GoodsLine) -> int:
        packs = {"ten": 10, "box": 50, "six": 6}
        return line.quantity * (1 if line.pack is None else packs[line.pack])

    def sources(self, command: c.Command) -> list[str]:
        """The accounts that a command takes its lines from."""
        match command:
            case c.Move():
                return [f"stock:{command.source}"]
            case (
                c.Allocate()
                | c.IssueGoods()
                | c.WriteOff()
                | c.ReturnGoods()
                | c.LendGoods()
                | c.HandOut()
                | c.Convert()
            ):
                return [f"stock:{command.location}"]
            case c.FindAgain():
                return [f"lost:{command.reason}"]
            case c.TakeBack():
                return [f"received:{command.recipient}"]
            case _:
                return []

    def expect(self, command: c.Command, done: Recorded, new: list[Any]) -> None:
        """What a plain model can say of the goods that this command moved."""
        moved: dict[tuple[str, str], int] = {}
        for body in new:
            for source, target, item, lot, quantity in body.transfers:
                for account, sign in ((source, -1), (target, 1)):
                    name = account.partition(":")[0] + ("" if lot else "·")
                    moved[name, item] = moved.get((name, item), 0) + sign * quantity
        lines: dict[str, int] = {}
        for line in getattr(command, "lines", None) or []:
            if isinstance(line, c.GoodsLine):
                lines[line.item] = lines.get(line.item, 0) + self.units(line)

        def went(source: str, target: str, *, held: str = "") -> None:
            for item, quantity in lines.items():
                out, into = moved.get((source, item), 0), moved.get((target, item), 0)
                into += moved.get((held, item), 0)
                assert (out, into) == (-quantity, quantity), (command, moved)

        match command:
            case c.NoteNeed():
                assert moved["needed·", command.item] == self.units(command)
            case c.MakePledge():
                went("donor·", "pledged·")
            case c.RecordDonation():
                went("donor", "stock", held="allocated")
            case c.OpenStock():
                went("opening", "stock")
            case c.RecordArrival():
                went(command.origin, "stock")
            case c.Allocate():
                went("stock", "allocated")
            case c.IssueGoods():
                went("stock", "used")
            case c.ReturnIssue():
                went("used", "stock")
            case c.WriteOff():
                went("stock", "lost")
            case c.FindAgain():
                went("lost", "stock")
            case c.TakeBack():
                went("received", "stock")
            case c.ReturnGoods():
                went("stock", "returned", held="borrowed")
            case c.LendGoods():
                went("stock", "lent")
            case c.ReturnLoan():
                went("lent", "stock")
            case c.HandOut():
                went("stock", "received")
            case c.Dispatch():
                for name in command.allocations:
                    assert self.plain.total(f"allocated:{name}:") == 0
            case c.ReportOutcome():
                if done.conflict is None:
                    team = f"in_transit:{command.delivery}:{command.allocation}"
                    assert self.plain.total(team) == 0
            case c.CountStock():
                if done.conflict is None:
                    self.counted(command, new)
            case c.CloseDelivery():
                assert not self.plain.held(f"in_transit:{command.delivery}:")
            case c.ClosePeriod():
                assert self.plain.closed_through() == command.through
            case c.Correct() | c.Reverse():
                self.only_on_its_day(command, new)
            case _:
                pass

    def counted(self, command: c.CountStock, new: list[Any]) -> None:
        """Unexplained moves by exactly what the count found amiss."""
        for row in new[0].rows:
            if hasattr(row, "counted"):
                amiss = sum(
                    t.quantity * (1 if t.source.startswith("unexplained:") else -1)
                    for t in new[0].transfers
                    if t.item == row.item
                    and row.lot in ("", t.lot)
                    and "unexplained" in t.source + t.target
                )
                assert amiss == row.counted - row.expected

    def only_on_its_day(self, command: c.Correct | c.Reverse, new: list[Any]) -> None:
        """The goods a command and its corrections moved net out on every day but its own."""
        bodies = {body.seq: body for body in self.plain.bodies}
        head = next(body for body in new if body.part == 0)
        chain, seq = [], head.seq
        while seq is not None:
            at = seq
            while at in bodies and (at == seq or bodies[at].part > 0):
                chain.append(bodies[at])
                at += 1
            seq = bodies[seq].supersedes
        own = {row.allocation for body in chain for row in body.rows if isinstance(row, Allocation)}
        released = [b for b in bodies.values() if b.kind == "released" and b.document in own]
        chain += released
        days: dict[tuple[date, tuple[str, str, str]], int] = {}
        closed = self.plain.closed_through()

        def open_day(day: date) -> date:
            return day if closed is None or day > closed else closed + timedelta(days=1)

        for body in chain:
            day = open_day(body.booked_on)
            for source, target, item, lot, quantity in body.transfers:
                if not lot:
                    continue  # needs keep step with goods that moved on other days
                for account, sign in ((source, -1), (target, 1)):
                    key = day, (account, item, lot)
                    days[key] = days.get(key, 0) + sign * quantity
        left = {day for (day, _), quantity in days.items() if quantity}
        if isinstance(command, c.Reverse):
            assert not left, (command, days)
        else:
            left -= {open_day(body.booked_on) for body in released}
            assert len(left) <= 1, (command, {k: n for k, n in days.items() if n})

    # --- drawing ---------------------------------------------------------------------------------

    def pick(self, data: st.DataObject, options: Any) -> Any:
        return data.draw(st.sampled_from(sorted(options, key=str)))

    def some(self, data: st.DataObject, there: int) -> int:
        """A quantity, mostly no more than there is."""
        if there <= 0 or data.draw(st.integers(0, 19)) == 0:
            return data.draw(st.integers(1, 40))
        return data.draw(st.one_of(st.just(there), st.integers(1, there)))

    def day(self, data: st.DataObject, *, often: bool = False) -> date | None:
        back = data.draw(
            st.sampled_from(
                [0, 1, 1, 2, 3, 5] if often else [None] * 16 + [0, 0, 1, 1, 1, 1, 2, 2, 3, 4, 5, -1]
            )
        )
        return None if back is None else self.clock.day - timedelta(days=back)

    def expiry(self, data: st.DataObject) -> date | None:
        ahead = data.draw(st.sampled_from([None, None, 0, 1, 3, 30]))
        return None if ahead is None else self.clock.day + timedelta(days=ahead)

    def packed(self, data: st.DataObject, item: str, quantity: int) -> dict[str, Any]:
        pack, size = {"mask": ("ten", 10), "soap": ("six", 6)}[item]
        if quantity % size == 0 and data.draw(st.booleans()):
            return {"item": item, "quantity": quantity // size, "pack": pack}
        return {"item": item, "quantity": quantity}

    def lot_lines(self, data: st.DataObject, account: str) -> list[c.LotLine]:
        """One or two lines of what stands in an account."""
        lines = []
        there = self.plain.held(account)
        for _ in range(data.draw(st.sampled_from([1, 1, 1, 2]))):
            if there and data.draw(st.integers(0, 19)):
                _, item, lot = self.pick(data, there)
                whole = data.draw(st.booleans())
                quantity = self.some(
                    data,
                    self.plain.total(account, item)
                    if whole
                    else there.get((account, item, lot), 0),
                )
                lines.append(
                    c.LotLine(
                        **self.packed(data, item, quantity),
                        lot=None if whole else lot,
                        allow_expired=data.draw(st.booleans()),
                    )
                )
            else:
                lines.append(c.LotLine(item=self.pick(data, ITEMS), quantity=self.some(data, 0)))
        return lines

    def shelf(self, data: st.DataObject) -> str:
        """A place, mostly one where something stands."""
        stocked = [key[0].partition(":")[2] for key in self.plain.held("stock:")]
        open_ = [place for place in stocked if place != "ward"] or stocked
        often = data.draw(st.integers(0, 9))
        return str(self.pick(data, (open_ if often else stocked) or SHELVES))

    # --- needs and pledges -----------------------------------------------------------------------

    def note_need(self, data: st.DataObject) -> c.Command:
        item = self.pick(data, ITEMS)
        return c.NoteNeed(
            recipient=self.pick(data, RECIPIENTS),
            **self.packed(data, item, self.some(data, 30)),
            urgency=data.draw(st.sampled_from(["low", "normal", "high"])),
            happened_on=self.day(data),
        )

    def make_pledge(self, data: st.DataObject) -> c.Command:
        lines = []
        for item in data.draw(st.sampled_from([["mask"], ["mask"], ["soap"], ["mask", "soap"]])):
            claims: dict[str, int] = {}
            for _ in range(data.draw(st.integers(0, 3))):
                open_ = [n for n in self.plain.needs(item) if self.plain.total(f"needed:{n}")]
                if open_:
                    need = self.pick(data, open_)
                    claims[need] = self.some(data, self.plain.total(f"needed:{need}"))
            free = data.draw(st.sampled_from([0, 0, 5, 20]))
            quantity = max(1, sum(claims.values()) + free)
            lines.append(
                c.PledgeLine(
                    item=item,
                    quantity=quantity,
                    claims=[c.Claim(need=need, quantity=n) for need, n in claims.items()],
                )
            )
        return c.MakePledge(
            donor=self.pick(data, DONORS), lines=lines, happened_on=self.day(data), note="n"
        )

    def end_need(self, data: st.DataObject) -> c.Command:
        return c.EndNeed(
            need=self.pick(data, self.plain.needs()),
            reason=data.draw(st.sampled_from(["withdrawn", "moved"])),
            happened_on=self.day(data),
        )

    def drop_pledge(self, data: st.DataObject) -> c.Command:
        pledge = self.pick(data, self.plain.pledges())
        lines = []
        for line in self.plain.pledge_lines()[pledge]:
            claims = {
                key[0].rsplit(":", 1)[1]: n
                for key, n in self.plain.held(f"pledged:{pledge}:").items()
                if key[1] == line.item
            }
            there = sum(claims.values()) + self.plain.total(f"pledged:{pledge}", line.item)
            if there and data.draw(st.booleans()):
                quantity = self.some(data, there)
                drop = None
                if claims and data.draw(st.booleans()):
                    need = self.pick(data, claims)
                    drop = [c.Claim(need=need, quantity=min(quantity, claims[need]))]
                lines.append(c.DroppedLine(line=line.line, quantity=quantity, drop=drop))
        kind = data.draw(st.sampled_from([c.CancelPledge, c.LapsePledge]))
        return kind(pledge=pledge, reason="r", lines=lines or None, happened_on=self.day(data))

    # --- arrivals --------------------------------------------------------------------------------

    def record_donation(self, data: st.DataObject) -> c.Command:
        pledges = self.plain.pledges()
        lines = []
        donor: str | None = data.draw(st.sampled_from([*DONORS, None]))
        for _ in range(data.draw(st.sampled_from([1, 1, 2, 3]))):
            pledge, item, there = None, self.pick(data, ITEMS), 20
            mine = [
                name
                for name, row in pledges.items()
                if row.donor == donor or (donor is not None and not lines)
            ]
            if mine and data.draw(st.integers(0, 3)):
                pledge = self.pick(data, mine)
                donor = pledges[pledge].donor
                stated = self.plain.pledge_lines()[pledge]
                if stated:
                    item = self.pick(data, [line.item for line in stated])
                there = self.plain.total(f"pledged:{pledge}", item)
                there += self.plain.total(f"pledged:{pledge}:", item)
                there += data.draw(st.sampled_from([0, 0, 5]))
            lines.append(
                c.DonationLine(
                    **self.packed(data, item, self.some(data, there)),
                    pledge=pledge,
                    recipient=data.draw(st.sampled_from([None, None, None, *RECIPIENTS])),
                    expires_on=self.expiry(data),
                    value=data.draw(
                        st.sampled_from(
                            [None, c.Value(minor=500, currency="CNY", evidence="invoice")]
                        )
                    ),
                )
            )
        return c.RecordDonation(
            donor=donor,
            location=self.pick(data, PLACES),
            handled_by="x",
            lines=lines,
            happened_on=self.day(data),
        )

    def arrival_lines(self, data: st.DataObject) -> list[c.ArrivalLine]:
        return [
            c.ArrivalLine(
                **self.packed(data, self.pick(data, ITEMS), self.some(data, 40)),
                expires_on=self.expiry(data),
                batch=data.draw(st.sampled_from([None, "B1"])),
            )
            for _ in range(data.draw(st.sampled_from([1, 1, 2])))
        ]

    def open_stock(self, data: st.DataObject) -> c.Command:
        return c.OpenStock(
            location=self.pick(data, PLACES),
            lines=self.arrival_lines(data),
            happened_on=self.day(data),
        )

    def record_arrival(self, data: st.DataObject) -> c.Command:
        return c.RecordArrival(
            origin=data.draw(st.sampled_from(["bought", "made", "borrowed"])),
            party=data.draw(st.sampled_from(["X-1", "X-2"])),
            location=self.pick(data, PLACES),
            lines=self.arrival_lines(data),
            happened_on=self.day(data),
        )

    # --- allocations and deliveries --------------------------------------------------------------

    def allocate(self, data: st.DataObject) -> c.Command:
        place = self.shelf(data)
        recipient = self.pick(data, RECIPIENTS)
        needs = {
            name: need
            for name, need in self.plain.latest(Need, "need").items()
            if self.plain.total(f"needed:{name}") or self.plain.total(f"claimed:{name}:")
        }
        lines = []
        for line in self.lot_lines(data, f"stock:{place}"):
            need = None
            fitting = [n for n, row in needs.items() if row.item == line.item]
            if fitting and data.draw(st.integers(0, 3)):
                need = self.pick(data, fitting)
                recipient = needs[need].recipient if not lines else recipient
            quantity = self.units(line)
            lots = None if line.lot is None else [c.LotPart(lot=line.lot, quantity=quantity)]
            lines.append(
                c.AllocationLine(
                    item=line.item,
                    quantity=quantity,
                    need=need,
                    lots=lots,
                    allow_expired=line.allow_expired,
                )
            )
        return c.Allocate(
            recipient=recipient, location=place, lines=lines, happened_on=self.day(data)
        )

    def set_aside(self) -> list[str]:
        return [key[0].split(":")[1] for key in self.plain.held("allocated:")]

    def release(self, data: st.DataObject) -> c.Command:
        allocation = self.pick(data, self.set_aside() or self.plain.allocations())
        lines = None
        there = self.plain.total(f"allocated:{allocation}:")
        if there and data.draw(st.booleans()):
            lines = [c.ReleasedLine(line=1, quantity=self.some(data, there))]
        return c.Release(allocation=allocation, reason="r", lines=lines, happened_on=self.day(data))

    def dispatch(self, data: st.DataObject) -> c.Command:
        names = sorted(set(self.set_aside())) or sorted(self.plain.allocations())
        chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
        return c.Dispatch(
            team=self.pick(data, ["T-1", "T-2"]),
            allocations=chosen,
            allow_expired=data.draw(st.integers(0, 4)) > 0,
            happened_on=self.day(data),
        )

    def report_outcome(self, data: st.DataObject) -> c.Command:
        stops = self.plain.stops()
        waiting = [s for s in stops if self.plain.total(f"in_transit:{s.delivery}:{s.allocation}")]
        chosen = waiting if waiting and data.draw(st.integers(0, 4)) else stops
        stop = chosen[data.draw(st.integers(0, len(chosen) - 1))]
        outcome = data.draw(
            st.sampled_from(
                ["handed_over", "handed_over", "partly", "partly", "refused", "not_at_home", "lost"]
            )
        )
        lines = None
        if outcome == "partly":
            lines = []
            for load in self.plain.loaded(stop):
                received = data.draw(st.integers(0, load.loaded))
                lost = data.draw(st.integers(0, load.loaded - received))
                more = data.draw(st.sampled_from([0, 0, 0, 0, 0, 0, 1]))
                lines.append(
                    c.OutcomeLine(
                        line=load.line,
                        received=received + more,
                        lost=lost,
                        brought_back=load.loaded - received - lost,
                        to=data.draw(st.sampled_from(["allocated", "stock"])),
                        location=data.draw(st.sampled_from([None, None, "annex"])),
                    )
                )
        return c.ReportOutcome(
            delivery=stop.delivery,
            allocation=stop.allocation,
            outcome=outcome,
            lines=lines,
            happened_on=self.day(data),
        )

    # --- stock -----------------------------------------------------------------------------------

    def move(self, data: st.DataObject) -> c.Command:
        source = self.shelf(data)
        return c.Move(
            source=source,
            target=self.pick(data, [p for p in PLACES if p != source]),
            lines=self.lot_lines(data, f"stock:{source}"),
            happened_on=self.day(data),
        )

    def count_stock(self, data: st.DataObject) -> c.Command:
        sheets = self.plain.open_sheets()
        sheet = self.pick(data, sheets)
        place = sheets[sheet].location
        lines: dict[str, c.CountLine] = {}
        for item in data.draw(st.sampled_from([["mask"], ["soap"], ["mask", "soap"]])):
            there = self.plain.total(f"stock:{place}", item) + sum(
                n
                for (account, what, _), n in self.plain.held("allocated:").items()
                if account.endswith(f":{place}") and what == item
            )
            amiss = data.draw(st.sampled_from([0, 0, 1, -1, 3, -3, -there, -30]))
            lot = None
            lots = [key[2] for key in self.plain.held(f"stock:{place}") if key[1] == item]
            if lots and data.draw(st.booleans()):
                lot = self.pick(data, lots)
                there = self.plain.balances[f"stock:{place}", item, lot]
            lines[item] = c.CountLine(item=item, lot=lot, counted=max(0, there + amiss))
        return c.CountStock(sheet=sheet, lines=list(lines.values()), happened_on=self.day(data))

    def issue_goods(self, data: st.DataObject) -> c.Command:
        place = self.shelf(data)
        return c.IssueGoods(
            purpose=self.pick(data, ["gate-1", "notices"]),
            location=place,
            lines=self.lot_lines(data, f"stock:{place}"),
            happened_on=self.day(data),
        )

    def lend_goods(self, data: st.DataObject) -> c.Command:
        place = self.shelf(data)
        return c.LendGoods(
            borrower=self.pick(data, ["B-1", "B-2"]),
            location=place,
            lines=self.lot_lines(data, f"stock:{place}"),
            happened_on=self.day(data),
        )

    def bring_back(self, data: st.DataObject, kind: str) -> dict[str, Any]:
        name = self.pick(data, self.plain.withdrawals(kind))
        account = next(
            row.account
            for _, row in reversed(self.plain.stated[_withdrawal()])
            if row.withdrawal == name
        )
        return {
            "lines": self.lot_lines(data, account),
            "location": data.draw(st.sampled_from([None, None, "annex"])),
            "happened_on": self.day(data),
            "name": name,
        }

    def return_issue(self, data: st.DataObject) -> c.Command:
        back = self.bring_back(data, "used:")
        return c.ReturnIssue(issue=back.pop("name"), **back)

    def return_loan(self, data: st.DataObject) -> c.Command:
        back = self.bring_back(data, "lent:")
        return c.ReturnLoan(loan=back.pop("name"), **back)

    def write_off(self, data: st.DataObject) -> c.Command:
        place = self.shelf(data)
        return c.WriteOff(
            reason=self.pick(data, REASONS),
            location=place,
            lines=self.lot_lines(data, f"stock:{place}"),
            happened_on=self.day(data),
        )

    def find_again(self, data: st.DataObject) -> c.Command:
        lost = [key[0].partition(":")[2] for key in self.plain.held("lost:")]
        reason = self.pick(data, lost or REASONS)
        return c.FindAgain(
            reason=reason,
            location=self.pick(data, PLACES),
            lines=self.lot_lines(data, f"lost:{reason}"),
            happened_on=self.day(data),
        )

    def take_back(self, data: st.DataObject) -> c.Command:
        glad = [key[0].partition(":")[2] for key in self.plain.held("received:")]
        recipient = self.pick(data, glad or RECIPIENTS)
        return c.TakeBack(
            recipient=recipient,
            location=self.pick(data, PLACES),
            lines=self.lot_lines(data, f"received:{recipient}"),
            reason="r",
            happened_on=self.day(data),
        )

    def return_goods(self, data: st.DataObject) -> c.Command:
        place = self.shelf(data)
        return c.ReturnGoods(
            location=place,
            lines=self.lot_lines(data, f"stock:{place}"),
            reason="r",
            happened_on=self.day(data),
        )

    def hand_out(self, data: st.DataObject) -> c.Command:
        place, recipient = self.shelf(data), self.pick(data, RECIPIENTS)
        return c.HandOut(
            recipient=recipient,
            location=place,
            lines=self.lot_lines(data, f"stock:{place}"),
            headcount=95 if recipient == "G-1" else None,
            happened_on=self.day(data),
        )

    def convert(self, data: st.DataObject) -> c.Command:
        place = self.shelf(data)
        return c.Convert(
            location=place,
            consumed=self.lot_lines(data, f"stock:{place}"),
            produced=[
                c.ConvertedLine(
                    item=self.pick(data, ITEMS),
                    quantity=self.some(data, 20),
                    expires_on=self.expiry(data),
                )
            ],
            spilled=self.lot_lines(data, f"stock:{place}")[: data.draw(st.integers(0, 1))],
            happened_on=self.day(data),
        )

    def settle(self, data: st.DataObject) -> c.Command:
        account, item, lot = key = self.pick(data, self.plain.held("unexplained:"))
        balance = self.plain.balances[key]
        by = (
            "lost"
            if balance > 0
            else data.draw(st.sampled_from(["opening", "donor", "bought", "made", "borrowed"]))
        )
        return c.Settle(
            place=account.partition(":")[2],
            by=by,
            party=data.draw(st.sampled_from([None, "D-1"])),
            lines=[
                c.LotLine(
                    item=item,
                    quantity=self.some(data, abs(balance)),
                    lot=data.draw(st.sampled_from([None, lot])),
                )
            ],
            reason="r",
            happened_on=self.day(data),
        )

    # --- mending ---------------------------------------------------------------------------------

    def correctable(self) -> list[int]:
        """Entries that hold and were made by a command that can be corrected."""
        return [
            body.seq
            for body in self.plain.bodies
            if body.part == 0
            and body.kind in CORRECTABLE
            and body.seq not in self.plain.superseded
            and body.seq in self.given
        ]

    def restated(self, data: st.DataObject, seq: int) -> c.Command:
        """The command of an entry, with something changed: a figure, the day, a place, all."""
        command: Any = self.given[seq]
        if isinstance(command, c.Correct):
            command = command.command
        while isinstance(command, c.Reverse):
            command = self.given[command.entry]
            if isinstance(command, c.Correct):
                command = command.command
        if isinstance(command, c.ResolveConflict):
            return self.report_outcome(data)
        changes: dict[str, Any] = {}
        what = data.draw(st.sampled_from(["figure", "figure", "figure", "day", "both", "all"]))
        if what == "all":
            fresh: Any = GENERATORS[type(command)](self, data)
            keep = {
                name: getattr(command, name)
                for name in ("delivery", "allocation", "issue", "loan")
                if hasattr(command, name)
            }
            return msgspec.structs.replace(fresh, **keep)
        if what in ("figure", "both"):
            changes |= self.other_figures(data, command)
        if what in ("day", "both"):
            changes["happened_on"] = self.day(data, often=True)
        return msgspec.structs.replace(command, **changes)

    def other_figures(self, data: st.DataObject, command: Any) -> dict[str, Any]:
        if isinstance(command, c.ReportOutcome):
            fresh: Any = data.draw(st.sampled_from(["handed_over", "refused", "not_at_home"]))
            return {"outcome": fresh, "lines": None}
        if isinstance(command, c.NoteNeed | c.RecordActivity):
            name = "quantity" if isinstance(command, c.NoteNeed) else "count"
            return {name: max(1, getattr(command, name) + data.draw(st.integers(-9, 9)))}
        name = "consumed" if isinstance(command, c.Convert) else "lines"
        lines = []
        for line in getattr(command, name):
            more = data.draw(st.sampled_from([0, 1, -1, 5, -5, -20]))
            quantity = max(1, line.quantity + more)
            change: dict[str, Any] = {"quantity": quantity}
            if isinstance(line, c.PledgeLine) and quantity < sum(q.quantity for q in line.claims):
                change["claims"] = []
            if isinstance(line, c.AllocationLine) and line.lots is not None:
                change["lots"] = [c.LotPart(lot=line.lots[0].lot, quantity=quantity)]
            lines.append(msgspec.structs.replace(line, **change))
        if len(lines) > 1 and data.draw(st.booleans()):
            lines.pop(data.draw(st.integers(0, len(lines) - 1)))
        return {name: lines}

    # --- acts -------------------------------------------------------------------------------

    @initialize(data=DATA)
    def begin(self, data: st.DataObject) -> None:
        for make in (self.note_need, self.note_need, self.make_pledge, self.open_stock):
            self.record(make(data))

    def a_day_passes(self, _data: st.DataObject) -> None:
        self.clock.advance()

    def need_is_noted(self, data: st.DataObject) -> None:
        self.record(self.note_need(data))

    def need_is_ended(self, data: st.DataObject) -> None:
        self.record(self.end_need(data))

    def pledge_is_made(self, data: st.DataObject) -> None:
        self.record(self.make_pledge(data))

    def pledge_is_dropped(self, data: st.DataObject) -> None:
        self.record(self.drop_pledge(data))

    def donation_comes(self, data: st.DataObject) -> None:
        self.record(self.record_donation(data))

    def stock_is_opened(self, data: st.DataObject) -> None:
        self.record(self.open_stock(data))

    def goods_arrive(self, data: st.DataObject) -> None:
        self.record(self.record_arrival(data))

    def goods_are_allocated(self, data: st.DataObject) -> None:
        self.record(self.allocate(data))

    def allocation_is_released(self, data: st.DataObject) -> None:
        self.record(self.release(data))

    def team_sets_out(self, data: st.DataObject) -> None:
        self.record(self.dispatch(data))

    def outcome_is_reported(self, data: st.DataObject) -> None:
        self.record(self.report_outcome(data))

    def delivery_is_closed(self, data: st.DataObject) -> None:
        delivery = self.pick(data, self.plain.open_deliveries())
        on_the_way = self.plain.held(f"in_transit:{delivery}:")
        done = self.record(c.CloseDelivery(delivery=delivery))
        assert not on_the_way or isinstance(done, SuppliesError)

    def delivery_is_reassigned(self, data: st.DataObject) -> None:
        delivery = self.pick(data, self.plain.open_deliveries())
        self.record(c.ReassignDelivery(delivery=delivery, team=self.pick(data, ["T-1", "T-2"])))

    def conflict_is_resolved(self, data: st.DataObject) -> None:
        self.record(
            c.ResolveConflict(
                conflict=self.pick(data, self.plain.open_conflicts()),
                by=data.draw(st.sampled_from(["correct", "unexplained"])),
                reason="r",
            )
        )

    def goods_are_moved(self, data: st.DataObject) -> None:
        self.record(self.move(data))

    def count_sheet_is_opened(self, data: st.DataObject) -> None:
        self.record(c.OpenCountSheet(location=self.shelf(data), happened_on=self.day(data)))

    def stock_is_counted(self, data: st.DataObject) -> None:
        self.record(self.count_stock(data))

    def goods_leave_the_shelf(self, data: st.DataObject) -> None:
        make = data.draw(
            st.sampled_from(
                [
                    self.issue_goods,
                    self.lend_goods,
                    self.write_off,
                    self.return_goods,
                    self.convert,
                ]
            )
        )
        self.record(make(data))

    def goods_are_handed_out(self, data: st.DataObject) -> None:
        self.record(self.hand_out(data))

    def issue_comes_back(self, data: st.DataObject) -> None:
        self.record(self.return_issue(data))

    def loan_comes_back(self, data: st.DataObject) -> None:
        self.record(self.return_loan(data))

    def goods_are_found_again(self, data: st.DataObject) -> None:
        self.record(self.find_again(data))

    def goods_are_taken_back(self, data: st.DataObject) -> None:
        self.record(self.take_back(data))

    def unexplained_is_settled(self, data: st.DataObject) -> None:
        self.record(self.settle(data))

    def combined_receipt_is_issued(self, data: st.DataObject) -> None:
        donor = self.pick(data, {row.party for row in self.plain.donations().values()})
        mine = sorted(n for n, row in self.plain.donations().items() if row.party == donor)
        chosen = data.draw(st.lists(st.sampled_from(mine), min_size=1, unique=True))
        self.record(c.IssueReceipt(donations=chosen))

    def receipt_is_dealt_with(self, data: st.DataObject) -> None:
        number = self.pick(data, self.plain.receipts())
        self.record(
            data.draw(
                st.sampled_from(
                    [
                        c.VoidReceipt(number=number, reason="r"),
                        c.ReplaceReceipt(number=number, reason="r"),
                        c.ReprintReceipt(number=number),
                    ]
                )
            )
        )

    def period_is_closed_or_reopened(self, data: st.DataObject) -> None:
        day = self.clock.day - timedelta(days=data.draw(st.integers(0, 4)))
        if data.draw(st.booleans()):
            self.record(c.ClosePeriod(through=day))
        else:
            self.record(c.ReopenPeriod(day=day, reason="r"))

    def activity_is_recorded(self, data: st.DataObject) -> None:
        self.record(
            c.RecordActivity(kind="visit", count=self.some(data, 9), happened_on=self.day(data))
        )

    def person_is_forgotten(self, data: st.DataObject) -> None:
        if data.draw(st.integers(0, 3)) == 0:
            self.record(
                data.draw(
                    st.sampled_from(
                        [
                            c.ForgetDonor(donor="D-2"),
                            c.ForgetRecipient(recipient="R-2"),
                        ]
                    )
                )
            )

    def entry_is_corrected(self, data: st.DataObject) -> None:
        self.corrected(data, self.pick(data, self.correctable()))

    def entry_is_corrected_soon(self, data: st.DataObject) -> None:
        self.corrected(data, data.draw(st.sampled_from(self.correctable()[-3:])))

    def corrected(self, data: st.DataObject, seq: int) -> None:
        command: Any = self.restated(data, seq)
        answer = self.record(c.Correct(entry=seq, command=command, reason="r"))
        if isinstance(answer, NotEnough) and "smallest figure" in str(answer):
            self.smallest_figure_holds(seq, command, answer.faults[0].available or 0)

    def smallest_figure_holds(self, seq: int, command: Any, smallest: int) -> None:
        """The figure that a refusal names is possible, and none below it is."""
        if len(getattr(command, "lines", ())) != 1:
            return
        line = command.lines[0]
        for quantity, fits in ((smallest - 1, False), (smallest, True)):
            if quantity > 0:
                lines = [msgspec.structs.replace(line, quantity=quantity, pack=None)]
                restated = msgspec.structs.replace(command, lines=lines)
                done = self.record(c.Correct(entry=seq, command=restated, reason="r"))
                assert isinstance(done, Recorded) == fits, (restated, done)

    def entry_is_reversed(self, data: st.DataObject) -> None:
        self.record(c.Reverse(entry=self.pick(data, self.correctable()), reason="r"))

    def second_correction_is_refused(self, data: st.DataObject) -> None:
        entry = self.pick(data, self.plain.superseded)
        refusal = self.record(c.Reverse(entry=entry, reason="r"))
        assert isinstance(refusal, AlreadyDone)

    def same_id_answers_the_same(self, data: st.DataObject) -> None:
        id_ = self.pick(data, self.ids)
        command, done = self.ids[id_]
        before = len(self.plain.bodies)
        again = self.ledger.record(command, by="u_1", id=id_)
        assert again == msgspec.structs.replace(done, repeated=True)
        erased = {row.digest for _, row in self.plain.stated[Erasure]}
        if self.plain.bodies[done.seq - 1].texts in erased:
            return  # what was forgotten cannot be compared any more
        with pytest.raises(IdempotencyConflict):
            self.ledger.record(c.RecordActivity(kind="other", count=77), by="u_1", id=id_)
        assert self.ledger.books.head()[0] == before

    def several_come_at_once(self, data: st.DataObject) -> None:
        requests = [
            Request(command=make(data), by="u_1") for make in (self.note_need, self.open_stock)
        ]
        bad = Request(command=c.RecordActivity(kind="x", count=0), by="u_1")
        answers = self.ledger.record_many([requests[0], bad, requests[1]])
        assert isinstance(answers[1], InvalidField)
        new = self.plain.absorb()
        self.changed = True
        good = [answer for answer in answers if isinstance(answer, Recorded)]
        assert [answer.seq for answer in good] == [body.seq for body in new]
        for request, answer in zip(requests, (answers[0], answers[2]), strict=True):
            if isinstance(answer, Recorded):
                self.given[answer.seq] = request.command
            else:
                assert isinstance(answer, InvalidField | PeriodClosed | Forgotten)

    # --- who does what: families of commands, so that deep states are reached ---------------------

    def any_of(self, data: st.DataObject, *acts: tuple[bool, Any]) -> None:
        """One of the acts that make sense now."""
        possible = [act for sensible, act in acts if sensible]
        data.draw(st.sampled_from(possible))(data)

    @rule(data=DATA)
    def the_telephone_rings(self, data: st.DataObject) -> None:
        plain = self.plain
        self.any_of(
            data,
            (True, self.need_is_noted),
            (True, self.pledge_is_made),
            (bool(plain.needs()), self.need_is_ended),
            (bool(plain.pledges()), self.pledge_is_dropped),
        )

    @rule(data=DATA)
    def a_van_comes(self, data: st.DataObject) -> None:
        donation = self.donation_comes
        self.any_of(
            data,
            *((True, act) for act in (donation, donation, donation)),
            (True, self.stock_is_opened),
            (True, self.goods_arrive),
        )

    @rule(data=DATA)
    def teams_are_busy(self, data: st.DataObject) -> None:
        plain = self.plain
        stock, aside = bool(plain.held("stock:")), bool(plain.held("allocated:"))
        away, stops = bool(plain.held("in_transit:")), bool(plain.stops())
        self.any_of(
            data,
            (not (aside or away), self.donation_comes),
            *((stock, act) for act in (self.goods_are_allocated, self.goods_are_allocated)),
            (bool(plain.allocations()), self.allocation_is_released),
            *((aside, act) for act in (self.team_sets_out, self.team_sets_out)),
            *((away, act) for act in (self.outcome_is_reported, self.outcome_is_reported)),
            (stops, self.outcome_is_reported),
            (bool(plain.open_deliveries()), self.delivery_is_closed),
            (bool(plain.open_deliveries()), self.delivery_is_reassigned),
            (bool(plain.open_conflicts()), self.conflict_is_resolved),
            (bool(plain.open_conflicts()), self.conflict_is_resolved),
        )

    @rule(data=DATA)
    def teams_are_busier(self, data: st.DataObject) -> None:
        self.teams_are_busy(data)

    @rule(data=DATA)
    def the_shelf_is_worked_on(self, data: st.DataObject) -> None:
        plain = self.plain
        stock = bool(plain.held("stock:"))
        self.any_of(
            data,
            (not stock, self.stock_is_opened),
            (stock, self.goods_are_moved),
            (stock, self.goods_leave_the_shelf),
            (stock, self.goods_leave_the_shelf),
            (stock, self.goods_are_handed_out),
            (stock, self.count_sheet_is_opened),
            (bool(plain.open_sheets()), self.stock_is_counted),
            (bool(plain.withdrawals("used:")), self.issue_comes_back),
            (bool(plain.withdrawals("lent:")), self.loan_comes_back),
            (bool(plain.held("lost:")), self.goods_are_found_again),
            (bool(plain.held("received:")), self.goods_are_taken_back),
            (bool(plain.held("unexplained:")), self.unexplained_is_settled),
        )

    @rule(data=DATA)
    def the_desk_writes_papers(self, data: st.DataObject) -> None:
        self.any_of(
            data,
            (bool(self.plain.donations()), self.combined_receipt_is_issued),
            (bool(self.plain.receipts()), self.receipt_is_dealt_with),
            (True, self.period_is_closed_or_reopened),
            (True, self.activity_is_recorded),
            (True, self.person_is_forgotten),
            (bool(self.ids), self.same_id_answers_the_same),
            (True, self.several_come_at_once),
            (True, self.a_day_passes),
        )

    @precondition(lambda self: self.correctable())
    @rule(data=DATA)
    def a_mistake_is_mended(self, data: st.DataObject) -> None:
        self.any_of(
            data,
            (True, self.entry_is_corrected),
            (True, self.entry_is_corrected),
            (True, self.entry_is_corrected_soon),
            (True, self.entry_is_corrected_soon),
            (True, self.entry_is_reversed),
            (bool(self.plain.superseded), self.second_correction_is_refused),
        )

    @invariant()
    def every_law_holds(self) -> None:
        if self.changed:
            self.plain.check()
            self.changed = False


def _withdrawal() -> type:
    from supplies.model import Withdrawal

    return Withdrawal


_RECEIPTS = (c.IssueReceipt, c.ReplaceReceipt, c.VoidReceipt, c.ReprintReceipt)

GENERATORS: dict[type[c.Command], Any] = {
    c.NoteNeed: Books.note_need,
    c.MakePledge: Books.make_pledge,
    c.RecordDonation: Books.record_donation,
    c.OpenStock: Books.open_stock,
    c.RecordArrival: Books.record_arrival,
    c.Allocate: Books.allocate,
    c.ReportOutcome: Books.report_outcome,
    c.Move: Books.move,
    c.IssueGoods: Books.issue_goods,
    c.ReturnIssue: Books.return_issue,
    c.WriteOff: Books.write_off,
    c.FindAgain: Books.find_again,
    c.TakeBack: Books.take_back,
    c.ReturnGoods: Books.return_goods,
    c.LendGoods: Books.lend_goods,
    c.ReturnLoan: Books.return_loan,
    c.HandOut: Books.hand_out,
    c.Convert: Books.convert,
    c.RecordActivity: lambda self, data: c.RecordActivity(
        kind="call", count=self.some(data, 9), happened_on=self.day(data)
    ),
}

TestBooks = Books.TestCase
TestBooks.settings = PROFILE


class BooksOnPostgres(Books):
    """The same on the other engine: the rules are the same, so fewer runs see what differs."""

    engine = "postgresql"


TestBooksOnPostgres = BooksOnPostgres.TestCase
TestBooksOnPostgres.settings = settings(PROFILE, max_examples=PROFILE.max_examples // 5)


def test_every_command_that_can_be_corrected_is_drawn_by_the_machine() -> None:
    assert {kind.__name__ for kind in GENERATORS} == set(CORRECTABLE.values())
    assert set(RULES) >= set(GENERATORS)


OF_TWO_STATIONS = {c.SendShipment, c.ReceiveShipment, c.AcknowledgeShipment}
"""Given over two stations by the property test of tests/test_shipments.py."""


def test_every_command_of_the_ledger_is_given_by_the_machine() -> None:
    machine = Path(__file__).read_text(encoding="utf-8")
    here = set(RULES) - OF_TWO_STATIONS
    assert [kind.__name__ for kind in here if f"c.{kind.__name__}" not in machine] == []
