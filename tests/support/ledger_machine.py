"""A state machine that records random commands and compares the books with the reference model.

`HYPOTHESIS_PROFILE=thorough` runs many more examples.
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
from supplies.domain.catalogue_records import Team
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
from support.command_generators import CommandGenerator
from support.engines import RUNNING
from support.ledger_fixture import Clock, register_all
from support.oracle import Oracle
from support.reading_views import check_reading_views
from support.reference_model import ReferenceModel

settings.register_profile(
    "quick",
    max_examples=50,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # Failures are not shrunk: that can take longer than all other tests.
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

# The file is made once and copied: making the tables takes longer than forty commands.
_TEMPLATE: list[Path] = []


def _register(ledger: Ledger) -> None:
    """Register the station of the tests, with a team that has a counter."""
    register_all(ledger)
    ledger.amend(Team(code="T-1", name="Team 1", counter="store"))


def _template() -> Path:
    if not _TEMPLATE:
        folder = Path(tempfile.mkdtemp(prefix="supplies-machine-"))
        path = folder / "template.db"
        with Ledger.open(str(path), station="lx", clock=Clock(FIRST_DAY)) as ledger:
            _register(ledger)
        _TEMPLATE.append(path)
    return _TEMPLATE[0]


def remove_template() -> None:
    """Delete the template file."""
    while _TEMPLATE:
        shutil.rmtree(_TEMPLATE.pop().parent, ignore_errors=True)


class HypothesisSource:
    """A source of random choices that hypothesis draws."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data

    def choose(self, options: Any) -> Any:
        return self.data.draw(st.sampled_from(options))

    def number(self, low: int, high: int) -> int:
        return self.data.draw(st.integers(low, high))

    def sample(self, options: Any, most: int) -> list[Any]:
        chosen = st.lists(st.sampled_from(options), min_size=1, max_size=most, unique=True)
        return self.data.draw(chosen)


class LedgerMachine(RuleBasedStateMachine):
    """A state machine. Each rule records a random command that fits the current books."""

    engine = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.clock = Clock(FIRST_DAY + timedelta(days=3))
        self.ledger = self.open_ledger()
        self.model = ReferenceModel(self.ledger.books)
        self.commands: dict[int, c.Command] = {}
        """The command of each first entry."""
        self.oracle = Oracle(self.model, self.clock, self.commands)
        self.ids: dict[str, tuple[c.Command, Recorded]] = {}
        self.changed = True

    def teardown(self) -> None:
        with self.closing:
            self.finish()

    def open_ledger(self) -> Ledger:
        """Open station lx in a copy of the template or on the server."""
        if self.engine == "sqlite":
            folder = Path(tempfile.mkdtemp(dir=_template().parent))
            self.closing.callback(shutil.rmtree, folder, ignore_errors=True)
            url = str(shutil.copy(_template(), folder / "books.db"))
        else:
            url = self.closing.enter_context(RUNNING.server.books(warm=True))
            with Ledger.open(url, station="lx", clock=Clock(FIRST_DAY)) as ledger:
                _register(ledger)
        ledger = Ledger.open(url, station="lx", clock=self.clock)
        self.closing.callback(ledger.close)
        return ledger

    def finish(self) -> None:
        verify(self.ledger.store)
        check_reading_views(self.ledger.books)

    # --- recording -------------------------------------------------------------------------------

    def record(self, command: c.Command) -> Recorded | SuppliesError:
        """Record a command, and compare the answer with the prediction of the oracle."""
        before = len(self.model.bodies)
        id_ = str(uuid.UUID(int=before * 1000 + len(self.ids), version=4))
        prediction = self.oracle.predict(command)
        try:
            done = self.ledger.record(command, by="u_1", id=id_)
        except SuppliesError as error:
            prediction.check_refused(error)
            assert self.ledger.books.last_entry().seq == before, "a refusal left entries"
            return error
        new = self.model.read_new_entries()
        prediction.check_recorded(done, new)
        if not done.repeated:
            assert done.id == id_
            self.changed = True
            self.ids[id_] = command, done
            if done.conflict is None:
                self.commands[done.seq] = command
        return done

    # --- actions -----------------------------------------------------------------------------

    def generator(self, data: st.DataObject) -> CommandGenerator:
        """Return a generator of commands that fit the current books."""
        return CommandGenerator(HypothesisSource(data), self.model, self.clock, self.commands)

    def record_one_of(self, data: st.DataObject, *what: str) -> Recorded | SuppliesError:
        """Record one of these commands."""
        name = data.draw(st.sampled_from(what))
        return self.record(getattr(self.generator(data), name)())

    @initialize(data=DATA)
    def begin(self, data: st.DataObject) -> None:
        for name in ("note_need", "note_need", "make_pledge", "open_stock"):
            self.record_one_of(data, name)

    def delivery_is_closed(self, data: st.DataObject) -> None:
        command = self.generator(data).close_delivery()
        on_the_way = self.model.nonzero_balances(f"in_transit:{command.delivery}:")
        done = self.record(command)
        assert not on_the_way or isinstance(done, SuppliesError)

    def person_is_forgotten(self, data: st.DataObject) -> None:
        if data.draw(st.integers(0, 3)) == 0:
            self.record_one_of(data, "forget")

    def entry_is_corrected(self, data: st.DataObject) -> None:
        generator = self.generator(data)
        self.corrected(generator.correct(generator.pick(generator.correctable())))

    def entry_is_corrected_soon(self, data: st.DataObject) -> None:
        generator = self.generator(data)
        self.corrected(generator.correct(generator.choose(*generator.correctable()[-3:])))

    def entry_is_reworded(self, data: st.DataObject) -> None:
        generator = self.generator(data)
        self.record(generator.correct_words(generator.pick(generator.rewordable())))

    def corrected(self, command: c.Correct) -> None:
        answer = self.record(command)
        if isinstance(answer, NotEnough) and "smallest possible quantit" in str(answer):
            self.smallest_figure_holds(command, answer.faults[0].available or 0)

    def smallest_figure_holds(self, command: c.Correct, smallest: int) -> None:
        """Check that the smallest quantity in a refusal is accepted, and one less is refused."""
        if len(getattr(command.command, "lines", ())) != 1:
            return
        line = command.command.lines[0]
        for quantity, fits in ((smallest - 1, False), (smallest, True)):
            if quantity > 0:
                loose = msgspec.structs.replace(line, quantity=quantity, pack=None, pack_size=None)
                restated = msgspec.structs.replace(command.command, lines=[loose])
                done = self.record(msgspec.structs.replace(command, command=restated))
                assert isinstance(done, Recorded) == fits, (restated, done)

    def entry_is_reversed(self, data: st.DataObject) -> None:
        generator = self.generator(data)
        self.record(generator.reverse(generator.pick(generator.correctable())))

    def second_correction_is_refused(self, data: st.DataObject) -> None:
        generator = self.generator(data)
        refusal = self.record(generator.reverse(generator.pick(self.model.superseded)))
        assert isinstance(refusal, AlreadyDone)

    def same_id_answers_the_same(self, data: st.DataObject) -> None:
        id_ = self.generator(data).pick(self.ids)
        command, done = self.ids[id_]
        before = len(self.model.bodies)
        again = self.ledger.record(command, by="u_1", id=id_)
        assert again == msgspec.structs.replace(done, repeated=True)
        erased = {row.digest for _, row in self.model.rows[Erasure]}
        if self.model.bodies[done.seq - 1].texts in erased:
            return  # erased texts cannot be compared
        with pytest.raises(IdempotencyConflict):
            self.ledger.record(c.RecordActivity(kind="other", count=77), by="u_1", id=id_)
        assert self.ledger.books.last_entry().seq == before

    def several_requests_share_a_commit(self, data: st.DataObject) -> None:
        generator = self.generator(data)
        requests = [
            Request(command=make(), by="u_1")
            for make in (generator.note_need, generator.open_stock)
        ]
        bad = Request(command=c.RecordActivity(kind="x", count=0), by="u_1")
        answers = self.ledger.record_many([requests[0], bad, requests[1]])
        assert isinstance(answers[1], InvalidField)
        new = self.model.read_new_entries()
        self.changed = True
        good = [answer for answer in answers if isinstance(answer, Recorded)]
        # A back-dated command also changes later counts, in entries of its own.
        entries = [seq for answer in good for seq in range(answer.seq, answer.last + 1)]
        assert entries == [body.seq for body in new]
        for request, answer in zip(requests, (answers[0], answers[2]), strict=True):
            if isinstance(answer, Recorded):
                self.commands[answer.seq] = request.command
            else:
                assert isinstance(answer, InvalidField | PeriodClosed | Forgotten)

    # --- rules: families of commands, so that deep states are reached -----------------------------

    def run_one_of(self, data: st.DataObject, *acts: tuple[bool, Any]) -> None:
        """Run one of the actions that are possible now."""
        possible = [act for sensible, act in acts if sensible]
        data.draw(st.sampled_from(possible))(data)

    def record_action(self, *what: str) -> Any:
        """Return the action that records one of these commands."""
        return lambda data: self.record_one_of(data, *what)

    @rule(data=DATA)
    def record_needs_and_pledges(self, data: st.DataObject) -> None:
        model = self.model
        self.run_one_of(
            data,
            (True, self.record_action("note_need", "make_pledge")),
            (bool(model.needs()), self.record_action("end_need")),
            (bool(model.pledges()), self.record_action("drop_pledge")),
            (bool(model.pledges()), self.record_action("claim_needs")),
        )

    @rule(data=DATA)
    def record_arrivals(self, data: st.DataObject) -> None:
        gift = "record_donation"
        self.record_one_of(data, gift, gift, gift, "open_stock", "record_arrival")

    @rule(data=DATA)
    def record_deliveries(self, data: st.DataObject) -> None:
        model = self.model
        stock, allocation = (
            bool(model.nonzero_balances("stock:")),
            bool(model.nonzero_balances("allocated:")),
        )
        away, stops = bool(model.nonzero_balances("in_transit:")), bool(model.stops())
        self.run_one_of(
            data,
            (not (allocation or away), self.record_action("record_donation")),
            *((stock, act) for act in 2 * [self.record_action("allocate")]),
            (bool(model.allocations()), self.record_action("release")),
            *((allocation, act) for act in 2 * [self.record_action("dispatch")]),
            (allocation, self.record_action("collect_allocation")),
            *((away, act) for act in 2 * [self.record_action("report_outcome")]),
            (stops, self.record_action("report_outcome")),
            (bool(model.open_deliveries()), self.delivery_is_closed),
            (bool(model.open_deliveries()), self.record_action("reassign")),
            (bool(model.open_deliveries()), self.record_action("undo_dispatch", "move_stops")),
            *(
                (bool(model.open_conflicts()), act)
                for act in 2 * [self.record_action("resolve_conflict")]
            ),
            (bool(model.resolved_conflicts()), self.record_action("resolve_conflict")),
        )

    @rule(data=DATA)
    def record_more_deliveries(self, data: st.DataObject) -> None:
        self.record_deliveries(data)

    @rule(data=DATA)
    def record_stock_changes(self, data: st.DataObject) -> None:
        model = self.model
        stock = bool(model.nonzero_balances("stock:"))
        leaves = self.record_action(
            "issue_goods", "lend_goods", "write_off", "return_goods", "convert"
        )
        self.run_one_of(
            data,
            (not stock, self.record_action("open_stock")),
            (stock, self.record_action("move", "quarantine_batch")),
            (stock, leaves),
            (stock, leaves),
            (stock, self.record_action("hand_out")),
            (stock, self.record_action("report_hand_out")),
            (stock, self.record_action("open_count_sheet")),
            (bool(model.open_sheets()), self.record_action("count_stock")),
            (bool(model.withdrawals("used:")), self.record_action("return_issue")),
            (bool(model.withdrawals("lent:")), self.record_action("return_loan")),
            (bool(model.nonzero_balances("lost:")), self.record_action("find_again")),
            (bool(model.nonzero_balances("received:")), self.record_action("take_back")),
            (bool(model.nonzero_balances("unexplained:")), self.record_action("settle")),
        )

    @rule(data=DATA)
    def record_receipts_and_periods(self, data: st.DataObject) -> None:
        self.run_one_of(
            data,
            (bool(self.model.donations()), self.record_action("issue_receipt")),
            (bool(self.model.receipts()), self.record_action("deal_with_receipt")),
            (True, self.record_action("close_or_reopen")),
            (True, self.record_action("record_activity")),
            (True, self.person_is_forgotten),
            (bool(self.ids), self.same_id_answers_the_same),
            (True, self.several_requests_share_a_commit),
            (True, self.a_day_passes),
        )

    @precondition(lambda self: self.generator(None).correctable())
    @rule(data=DATA)
    def record_corrections(self, data: st.DataObject) -> None:
        self.run_one_of(
            data,
            (True, self.entry_is_corrected),
            (True, self.entry_is_corrected),
            (True, self.entry_is_corrected_soon),
            (True, self.entry_is_corrected_soon),
            (bool(self.generator(data).rewordable()), self.entry_is_reworded),
            (True, self.entry_is_reversed),
            (bool(self.model.superseded), self.second_correction_is_refused),
        )

    def a_day_passes(self, _data: st.DataObject) -> None:
        self.clock.advance()

    @invariant()
    def model_invariants_hold(self) -> None:
        if self.changed:
            self.model.check()
            self.changed = False


class PostgresLedgerMachine(LedgerMachine):
    """The same machine on PostgreSQL, with fewer runs."""

    engine = "postgresql"
