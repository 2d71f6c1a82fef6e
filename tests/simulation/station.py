"""A simulated station: its requests, their answers, and the model of its books."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
from support.command_generators import CommandGenerator, SeededRandom
from support.oracle import Oracle, Prediction
from support.reference_model import ReferenceModel

from simulation.clock import SimulatedClock
from simulation.fault_injection import ProcessStopped
from simulation.storage import LedgerConnection, Storage, open_connection
from simulation.trace import Trace
from simulation.workload import CODES, USERS, draw_command
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item
from supplies.domain.entries import Body
from supplies.domain.entry_rows import Conflict, Erasure
from supplies.errors import AlreadyDone, IdempotencyConflict, StoreError, SuppliesError
from supplies.ledger.recorded import Recorded, recounted_in, warnings_in
from supplies.ledger.writer import CheckedRequest, Request, shipment_command_id

Answer = Recorded | SuppliesError | ProcessStopped

RecordedOrder = list[tuple[str, str | Item]]
"""Ids of recorded requests, and amended items, in order. Each has its station."""


@dataclass
class UserRequest:
    """A command of a user. Its id stays the same however often the request is sent."""

    id: str
    by: str
    command: c.Command

    @property
    def ledger_request(self) -> Request:
        return Request(command=self.command, by=self.by, id=self.id)


class SimulatedStation:
    """One station with its connections, requests and the reference model of its books.

    Attributes:
        recorded: The recorded requests, by id.
        commands: The commands, by the number of their first entry.
        pending: Requests that are not acknowledged yet.
        recorded_order: The recorded requests and amended items of both stations, in order.
        restart: Reconnects all users after a stop.
    """

    def __init__(
        self,
        code: str,
        storage: Storage,
        clock: SimulatedClock,
        trace: Trace,
        recorded_order: RecordedOrder,
        tally: Counter[str],
        restart: Callable[[], None],
    ) -> None:
        self.code, self.storage, self.clock, self.trace = code, storage, clock, trace
        self.recorded_order, self.tally, self.restart = recorded_order, tally, restart
        self.connections: dict[int, LedgerConnection] = {}
        self.model = ReferenceModel(self.connection().ledger.books)
        self.recorded: dict[str, tuple[UserRequest, Recorded]] = {}
        self.commands: dict[int, c.Command] = {}
        self.oracle = Oracle(self.model, clock, self.commands)
        self.pending: list[UserRequest] = []
        self.other_model: ReferenceModel | None = None
        self.same_database = False

    # --- connections -----------------------------------------------------------------------------

    def connection(self, number: int = 0) -> LedgerConnection:
        """Return a ledger on its own connection, which is opened on first use."""
        if number not in self.connections:
            self.connections[number] = open_connection(self.storage.url, self.code, self.clock)
        return self.connections[number]

    def close_connections(self) -> None:
        """Close all connections. Each is opened again when it is next used."""
        while self.connections:
            self.connections.popitem()[1].ledger.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let the model read one snapshot of the books."""
        with self.connection().ledger.reading() as books:
            self.model.books = books
            yield

    # --- requests --------------------------------------------------------------------------------

    def generator(self, random: SeededRandom) -> CommandGenerator:
        """Return a generator of commands that fit the current books."""
        return CommandGenerator(
            random,
            self.model,
            self.clock,
            self.commands,
            CODES,
            self.other_model,
            self.same_database,
        )

    def draw_request(self, random: SeededRandom) -> UserRequest:
        """Return a random request."""
        return self.new_request(random, draw_command(self.generator(random), random))

    def new_request(self, random: SeededRandom, command: c.Command) -> UserRequest:
        """Return a request with a new id, or with the fixed id of a command about a shipment."""
        return UserRequest(
            shipment_command_id(command) or random.uuid(), random.choose(USERS), command
        )

    # --- submitting ------------------------------------------------------------------------------

    def submit(
        self,
        request: UserRequest,
        number: int = 0,
        faults: dict[int, Callable[[], None]] | None = None,
    ) -> Answer:
        """Record a command, check the answer, and return the answer."""
        prediction = None if request.id in self.recorded else self.oracle.predict(request.command)
        connection = self.connection(number)
        with connection.store.injecting(faults or {}):
            answer = send(connection, request)
        self.check_answers([(request, answer, prediction)])
        return answer

    def check_answers(self, answers: list[tuple[UserRequest, Answer, Prediction | None]]) -> None:
        """Check the answers against the books."""
        if any(isinstance(answer, ProcessStopped) for _, answer, _ in answers):
            self.restart()
        before = {request.id for request, *_ in answers if request.id in self.recorded}
        new = self.read_new_entries([request for request, *_ in answers])
        for request, answer, prediction in answers:
            self.trace.line(self.code, request.by, request.command, answer)
            if isinstance(answer, Recorded):
                bodies = [] if answer.repeated else new.pop(request.id, [])
                self._check_recorded(request, answer, bodies, prediction)
            elif isinstance(answer, StoreError | ProcessStopped):
                self.tally["unanswered"] += 1
                self.pending.append(request)
            else:
                self._check_refused(request, answer, prediction, before=request.id in before)
        for id_ in new:
            unanswered = self.recorded[id_][0] in self.pending
            assert unanswered, f"{self.recorded[id_]} was recorded, and another answer was given"

    def read_new_entries(self, sent: Iterable[UserRequest] = ()) -> dict[str, list[Body]]:
        """Return the new entries by request.

        Each request must be complete, recorded once and sent before.
        """
        if not self.storage.readable:
            return {}
        with self.reading():
            found = self.model.read_new_entries()
        recorded: list[tuple[UserRequest, list[Body]]] = []
        for body in found:
            if body.part == 0:
                assert body.id not in self.recorded, f"request {body.id} was recorded twice"
                recorded.append((_request_of(body, sent), []))
            _, bodies = recorded[-1]
            assert body.part == len(bodies), f"entry {body.seq}: a part is missing"
            bodies.append(body)
        with self.reading():
            for request, bodies in recorded:
                self._add_recorded(request, bodies)
        return {request.id: bodies for request, bodies in recorded}

    def _add_recorded(self, request: UserRequest, bodies: list[Body]) -> None:
        first = bodies[0]
        because = [row.because for row in first.rows if isinstance(row, Conflict)]
        rows = [row for body in bodies for row in body.rows]
        self.recorded[request.id] = (
            request,
            Recorded(
                seq=first.seq,
                last=bodies[-1].seq,
                id=first.id,
                document=first.document,
                conflict=because[0] if because else None,
                recounted=recounted_in(rows),
                warnings=warnings_in(self.model.books, rows, first.seq, bodies[-1].seq),
            ),
        )
        self.recorded_order.append((self.code, request.id))
        if not because:
            self.commands[first.seq] = request.command
        self.tally[type(request.command).__name__] += 1
        self.tally["conflicts"] += bool(because)
        self.trace.entries(self.code, self.model.chain[first.seq - 1 : bodies[-1].seq])

    def redefine_pack(self, random: SeededRandom) -> None:
        """Amend the size of an item's pack."""
        item = random.choose(sorted(self.model.packs))
        pack, _ = self.model.packs[item]
        size = random.number(2, 12)
        with self.reading():
            amended = msgspec.structs.replace(self.model.books.item(item), packs={pack: size})
        self.connection().ledger.amend(amended)
        self.model.packs[item] = pack, size
        self.recorded_order.append((self.code, amended))
        self.tally["a pack is redefined"] += 1
        self.trace.event(f"{self.code}: a pack {pack} of {item} has {size}")

    # --- checks ----------------------------------------------------------------------------------

    def _check_recorded(
        self, request: UserRequest, answer: Recorded, new: list[Body], prediction: Prediction | None
    ) -> None:
        """Check that an answer describes the entries of its request, also if the request was
        repeated.
        """
        assert answer.id in self.recorded, f"{answer} was acknowledged and is not in the books"
        first, known = self.recorded[answer.id]
        assert answer == msgspec.structs.replace(known, repeated=answer.repeated)
        assert answer.repeated or new, f"{request.command} was recorded before, and answered anew"
        if prediction is not None:
            prediction.check_recorded(answer, new)
        if answer.id != request.id:
            # The outcome or conflict was in the books, so the answer is the earlier entry's.
            assert isinstance(request.command, c.ReportOutcome | c.CountStock)
        elif request.command != first.command:
            assert self.texts_erased(request.id), "another command was answered as the first"
        self.tally["repeated" if answer.repeated else "recorded"] += 1

    def _check_refused(
        self,
        request: UserRequest,
        refusal: SuppliesError,
        prediction: Prediction | None,
        *,
        before: bool,
    ) -> None:
        """Check that a refusal is one that the model expects.

        If the request was recorded before, only another command under its id may be refused.
        """
        if before:
            first, _ = self.recorded[request.id]
            assert request.command != first.command, f"refused, though it was recorded: {refusal}"
            assert isinstance(refusal, IdempotencyConflict | AlreadyDone), refusal
        elif prediction is not None:
            prediction.check_refused(refusal)
        self.tally[f"refused: {refusal.slug}"] += 1

    def texts_erased(self, id_: str) -> bool:
        """Return whether the texts of a request were erased.

        If so, the request cannot be compared with a repeat.
        """
        erased = {row.digest for _, row in self.model.rows[Erasure]}
        return self.model.bodies[self.recorded[id_][1].seq - 1].texts in erased


def _request_of(body: Body, sent: Iterable[UserRequest]) -> UserRequest:
    """Return the request to which an entry belongs. Several commands may share a shipment's fixed
    id.
    """
    own = [request for request in sent if (request.id, request.by) == (body.id, body.recorded_by)]
    assert own, f"entry {body.seq} was asked for by nobody"
    same = (
        request
        for request in own
        if CheckedRequest.of(request.ledger_request).digest == body.request
    )
    return next(same, own[0])


def send(connection: LedgerConnection, request: UserRequest) -> Answer:
    """Record a command and return the answer, which may be an error or the end of the process."""
    try:
        return connection.ledger.record(request.command, by=request.by, id=request.id)
    except (SuppliesError, ProcessStopped) as answer:
        return answer


class ConcurrentRequest(threading.Thread):
    """A thread that records a command at the same time as another command."""

    def __init__(self, connection: LedgerConnection, request: UserRequest) -> None:
        super().__init__(name="beside")
        self.connection, self.request = connection, request
        self._answer: Answer | None = None

    def run(self) -> None:
        self._answer = send(self.connection, self.request)

    @property
    def answer(self) -> Answer:
        """The final answer."""
        assert self._answer is not None, "the second writer ended without an answer"
        return self._answer
