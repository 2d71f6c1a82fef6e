"""A request with a key is carried out once and answered alike each time: for every POST, here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from supplies.ledger.ledger import Ledger
from supplies.storage.idempotency import Answered, Keyed
from supplies_service.group_commit import Job

encode = msgspec.json.Encoder().encode


class Made(NamedTuple):
    """What a request came to. location: where its outcome is. seq: its entry; None: it has none."""

    status: int
    location: str | None
    shown: msgspec.Struct
    seq: int | None = None


class Reply(NamedTuple):
    """What is answered: all of it that a repeat must have again."""

    status: int
    location: str | None
    content: bytes


Do = Callable[[Ledger], Made]
Again = Callable[[Ledger, Answered], msgspec.Struct]
"""What to show of a request that was answered before, whose own bytes are no longer kept."""


def once(keyed: Keyed | None, do: Do, again: Again, *, secret: bool = False) -> Job[Reply]:
    """The job that does what a request asks, or answers as it was answered the first time.

    keyed: the request, where it came with a key. secret: the answer shows what is shown only
    once, so its bytes are not kept, and a repeat is answered by `again`.
    """

    def job(ledger: Ledger) -> Reply:
        known = None if keyed is None else ledger.answers.find(keyed)
        if known is not None:
            content = known.answer
            if content is None:
                content = encode(again(ledger, known))
            return Reply(known.status, known.location, content)
        made = do(ledger)
        reply = Reply(made.status, made.location, encode(made.shown))
        if keyed is not None:
            answered = Answered(
                status=made.status,
                location=made.location,
                seq=made.seq,
                answer=None if secret else reply.content,
            )
            ledger.answers.keep(keyed, answered, now=ledger.clock())
        return reply

    return job
