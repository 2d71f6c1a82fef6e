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
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from supplies.domain import commands as c
from supplies.domain.entry_rows import Erasure
from supplies.errors import (
    AlreadyDone,
    Forgotten,
    IdempotencyConflict,
    InvalidField,
    NotEnough,
    PeriodClosed,
    SuppliesError,
)
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.ledger.writer import Request
from supplies.verification.verify import verify
from support.command_generators import Asks
from support.engines import RUNNING, hasty
from support.ledger_fixture import Clock, register_all
from support.oracle import Foresight
from support.reference_model import PlainBooks

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


def remove_template() -> None:
    """Delete the file that the machines copied."""
    while _TEMPLATE:
        shutil.rmtree(_TEMPLATE.pop().parent, ignore_errors=True)


class Drawn:
    """Decides as hypothesis draws."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data

    def of(self, options: Any) -> Any:
        return self.data.draw(st.sampled_from(options))

    def number(self, low: int, high: int) -> int:
        return self.data.draw(st.integers(low, high))

    def some_of(self, options: Any, most: int) -> list[Any]:
        chosen = st.lists(st.sampled_from(options), min_size=1, max_size=most, unique=True)
        return self.data.draw(chosen)


class Books(RuleBasedStateMachine):
    """Every rule draws a command that mostly makes sense from what stands in the books."""

    engine = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.clock = Clock(FIRST_DAY + timedelta(days=3))
        self.ledger = self.open_ledger()
        self.plain = PlainBooks(self.ledger.books)
        self.foresight = Foresight(self.plain, self.clock)
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
        return hasty(ledger)

    def finish(self) -> None:
        verify(self.ledger.store)

    # --- recording -------------------------------------------------------------------------------

    def record(self, command: c.Command) -> Recorded | SuppliesError:
        """Record, or see it refused properly; and see it refused where a plain model says so."""
        before = len(self.plain.bodies)
        id_ = str(uuid.UUID(int=before * 1000 + len(self.ids), version=4))
        foreseen = self.foresight.of(command)
        try:
            done = self.ledger.record(command, by="u_1", id=id_)
        except SuppliesError as error:
            foreseen.refused(error)
            assert self.ledger.books.head()[0] == before, "a refusal left entries"
            return error
        new = self.plain.absorb()
        foreseen.recorded(done, new)
        if not done.repeated:
            assert done.id == id_
            self.changed = True
            self.ids[id_] = command, done
            if done.conflict is None:
                self.given[done.seq] = command
        return done

    # --- acts -------------------------------------------------------------------------------

    def asks(self, data: st.DataObject) -> Asks:
        """What somebody may ask now."""
        return Asks(Drawn(data), self.plain, self.clock, self.given)

    def asked(self, data: st.DataObject, *what: str) -> Recorded | SuppliesError:
        """One of these commands is given."""
        name = data.draw(st.sampled_from(what))
        return self.record(getattr(self.asks(data), name)())

    @initialize(data=DATA)
    def begin(self, data: st.DataObject) -> None:
        for name in ("note_need", "note_need", "make_pledge", "open_stock"):
            self.asked(data, name)

    def delivery_is_closed(self, data: st.DataObject) -> None:
        command = self.asks(data).close_delivery()
        on_the_way = self.plain.held(f"in_transit:{command.delivery}:")
        done = self.record(command)
        assert not on_the_way or isinstance(done, SuppliesError)

    def person_is_forgotten(self, data: st.DataObject) -> None:
        if data.draw(st.integers(0, 3)) == 0:
            self.asked(data, "forget")

    def entry_is_corrected(self, data: st.DataObject) -> None:
        asks = self.asks(data)
        self.corrected(asks.correct(asks.pick(asks.correctable())))

    def entry_is_corrected_soon(self, data: st.DataObject) -> None:
        asks = self.asks(data)
        self.corrected(asks.correct(asks.of(*asks.correctable()[-3:])))

    def corrected(self, command: c.Correct) -> None:
        answer = self.record(command)
        if isinstance(answer, NotEnough) and "smallest figure" in str(answer):
            self.smallest_figure_holds(command, answer.faults[0].available or 0)

    def smallest_figure_holds(self, command: c.Correct, smallest: int) -> None:
        """The figure that a refusal names is possible, and none below it is."""
        if len(getattr(command.command, "lines", ())) != 1:
            return
        line = command.command.lines[0]
        for quantity, fits in ((smallest - 1, False), (smallest, True)):
            if quantity > 0:
                lines = [msgspec.structs.replace(line, quantity=quantity, pack=None)]
                restated = msgspec.structs.replace(command.command, lines=lines)
                done = self.record(msgspec.structs.replace(command, command=restated))
                assert isinstance(done, Recorded) == fits, (restated, done)

    def entry_is_reversed(self, data: st.DataObject) -> None:
        asks = self.asks(data)
        self.record(asks.reverse(asks.pick(asks.correctable())))

    def second_correction_is_refused(self, data: st.DataObject) -> None:
        asks = self.asks(data)
        refusal = self.record(asks.reverse(asks.pick(self.plain.superseded)))
        assert isinstance(refusal, AlreadyDone)

    def same_id_answers_the_same(self, data: st.DataObject) -> None:
        id_ = self.asks(data).pick(self.ids)
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
        asks = self.asks(data)
        requests = [Request(command=make(), by="u_1") for make in (asks.note_need, asks.open_stock)]
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

    def asking(self, *what: str) -> Any:
        """The act of giving one of these commands."""
        return lambda data: self.asked(data, *what)

    @rule(data=DATA)
    def the_telephone_rings(self, data: st.DataObject) -> None:
        plain = self.plain
        self.any_of(
            data,
            (True, self.asking("note_need", "make_pledge")),
            (bool(plain.needs()), self.asking("end_need")),
            (bool(plain.pledges()), self.asking("drop_pledge")),
        )

    @rule(data=DATA)
    def a_van_comes(self, data: st.DataObject) -> None:
        gift = "record_donation"
        self.asked(data, gift, gift, gift, "open_stock", "record_arrival")

    @rule(data=DATA)
    def teams_are_busy(self, data: st.DataObject) -> None:
        plain = self.plain
        stock, aside = bool(plain.held("stock:")), bool(plain.held("allocated:"))
        away, stops = bool(plain.held("in_transit:")), bool(plain.stops())
        self.any_of(
            data,
            (not (aside or away), self.asking("record_donation")),
            *((stock, act) for act in 2 * [self.asking("allocate")]),
            (bool(plain.allocations()), self.asking("release")),
            *((aside, act) for act in 2 * [self.asking("dispatch")]),
            *((away, act) for act in 2 * [self.asking("report_outcome")]),
            (stops, self.asking("report_outcome")),
            (bool(plain.open_deliveries()), self.delivery_is_closed),
            (bool(plain.open_deliveries()), self.asking("reassign")),
            *((bool(plain.open_conflicts()), act) for act in 2 * [self.asking("resolve_conflict")]),
        )

    @rule(data=DATA)
    def teams_are_busier(self, data: st.DataObject) -> None:
        self.teams_are_busy(data)

    @rule(data=DATA)
    def the_shelf_is_worked_on(self, data: st.DataObject) -> None:
        plain = self.plain
        stock = bool(plain.held("stock:"))
        leaves = self.asking("issue_goods", "lend_goods", "write_off", "return_goods", "convert")
        self.any_of(
            data,
            (not stock, self.asking("open_stock")),
            (stock, self.asking("move")),
            (stock, leaves),
            (stock, leaves),
            (stock, self.asking("hand_out")),
            (stock, self.asking("open_count_sheet")),
            (bool(plain.open_sheets()), self.asking("count_stock")),
            (bool(plain.withdrawals("used:")), self.asking("return_issue")),
            (bool(plain.withdrawals("lent:")), self.asking("return_loan")),
            (bool(plain.held("lost:")), self.asking("find_again")),
            (bool(plain.held("received:")), self.asking("take_back")),
            (bool(plain.held("unexplained:")), self.asking("settle")),
        )

    @rule(data=DATA)
    def the_desk_writes_papers(self, data: st.DataObject) -> None:
        self.any_of(
            data,
            (bool(self.plain.donations()), self.asking("issue_receipt")),
            (bool(self.plain.receipts()), self.asking("deal_with_receipt")),
            (True, self.asking("close_or_reopen")),
            (True, self.asking("record_activity")),
            (True, self.person_is_forgotten),
            (bool(self.ids), self.same_id_answers_the_same),
            (True, self.several_come_at_once),
            (True, self.a_day_passes),
        )

    @precondition(lambda self: self.asks(None).correctable())
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

    def a_day_passes(self, _data: st.DataObject) -> None:
        self.clock.advance()

    @invariant()
    def every_law_holds(self) -> None:
        if self.changed:
            self.plain.check()
            self.changed = False


class BooksOnPostgres(Books):
    """The same on the other engine: the rules are the same, so fewer runs see what differs."""

    engine = "postgresql"
