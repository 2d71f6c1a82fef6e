"""Idempotency keys: a POST with a key runs once, and each repeat gets the same response.

Before the handler runs, `answer_repeat` looks for a stored response. Two repeats may arrive at the
same time, so `run_idempotent` looks again in the transaction that records the request. If the
bytes of the first response were not stored, it builds the response again from the books.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from litestar import Request, Response

from supplies.errors import InvalidField, Sentence
from supplies.ledger.ledger import Ledger
from supplies.storage.idempotency import IdempotencyKey, StoredResponse, id_of_command
from supplies_service.request_bodies import body_type, json_object
from supplies_service.responses import CreatedResponse, encode
from supplies_service.security.authentication import caller_of
from supplies_service.stations import current_station
from supplies_service.write_batches import Job

T = TypeVar("T", bound=msgspec.Struct, covariant=True)

KEY_HEADER = "idempotency-key"

ALL_PHONES = "phones"
"""The code of the caller that is stored with the idempotency keys of all phones.

Phones share one code, because a phone that joins a second time gets another id.
"""

_REQUEST = "supplies_keyed_request"
"""The key in a request's ASGI scope that holds the `KeyedRequest`."""

canonical = msgspec.json.Encoder(order="sorted").encode


class Outcome(NamedTuple, Generic[T]):
    """The result of a request, with response content that is not encoded yet.

    Attributes:
        location: The URL of the created object, or None.
        entry: The number of the recorded entry, or None if no entry was recorded.
    """

    location: str | None
    content: T
    entry: int | None = None
    status: int = 201


class EncodedOutcome(NamedTuple):
    """The result of a request, with the encoded response body. Repeats get the same body."""

    status: int
    location: str | None
    content: bytes


class KeyedRequest(NamedTuple):
    """A request with an idempotency key.

    Attributes:
        stored: The response to an earlier request with this key; None if the key is new.
    """

    key: IdempotencyKey
    stored: StoredResponse | None


Operation = Callable[[Ledger], Outcome[T]]
Replay = Callable[[Ledger, StoredResponse], T]
"""A function that builds the response to a repeat if the first response was not stored."""


async def answer_repeat(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """Return the stored response to a repeated POST. Return None if the handler must run.

    Raises:
        IdempotencyConflict: the key was used for another request.
        InvalidField: the key is invalid.
    """
    if request.method != "POST" or body_type(request.route_handler) is None:
        return None
    header, caller = read_idempotency_key(request), caller_of(request.scope)
    if header is None or caller is None:
        return None
    shares_keys = caller.kind == "phone" and request.route_handler.opt.get("phones_share_keys")
    identify = phone_request_key if shares_keys else request_key
    key = identify(caller.code, header, request.scope["path"], await json_object(request))
    ledger = current_station(request).ledger
    with ledger.read_without_transaction():
        stored = ledger.stored_responses.find(key)
    scope: Any = request.scope
    scope[_REQUEST] = KeyedRequest(key, stored)
    if stored is None or stored.answer is None:
        return None
    return CreatedResponse(stored.answer, status=stored.status, location=stored.location)


def request_key(caller: str, header: str, path: str, body: dict[str, Any]) -> IdempotencyKey:
    """Return the key of a POST: the caller, the idempotency key, and the path and body.

    Args:
        caller: The code of the caller.
        header: The value of the header `Idempotency-Key`.
    """
    return IdempotencyKey(caller, header, canonical(["POST", path, body]))


def phone_request_key(phone: str, header: str, path: str, body: dict[str, Any]) -> IdempotencyKey:
    """Return the key of a POST from a phone. All phones share one set of idempotency keys.

    Earlier versions stored responses under the code of the phone itself. These responses are found
    too.

    Args:
        phone: The code of the phone as a caller.
        header: The value of the header `Idempotency-Key`.
    """
    key = request_key(ALL_PHONES, header, path, body)
    return msgspec.structs.replace(key, former_caller=phone)


def keyed_request(request: Request[Any, Any, Any]) -> KeyedRequest | None:
    """Return the request's idempotency key and stored response; None without a key."""
    scope: Any = request.scope
    found: KeyedRequest | None = scope.get(_REQUEST)
    return found


def read_idempotency_key(request: Request[Any, Any, Any]) -> str | None:
    """Return the request's `Idempotency-Key`, or None if there is none.

    Raises:
        InvalidField: the key is not 1 to 200 printable ASCII characters.
    """
    key = request.headers.get(KEY_HEADER)
    if key is not None and not is_idempotency_key(key):
        raise InvalidField(Sentence("Idempotency-Key takes 1 to 200 printable ASCII characters"))
    return key


def is_idempotency_key(key: str) -> bool:
    """Return whether a key has 1 to 200 printable ASCII characters."""
    return 1 <= len(key) <= 200 and key.isascii() and key.isprintable()


def command_id(key: IdempotencyKey) -> str:
    """Return the id of the command that a request with this idempotency key records."""
    return id_of_command(key.caller, key.key)


def run_idempotent(
    key: IdempotencyKey | None,
    operation: Operation[T],
    replay: Replay[T],
    *,
    is_secret: bool = False,
) -> Job[EncodedOutcome]:
    """Return a job that runs a request, or repeats the response if the request has run before.

    Args:
        key: The request's idempotency key. A request without a key (None) always runs.
        operation: Handles the request if it has not run before.
        replay: Builds the response content for a repeat whose response is not stored.
        is_secret: Whether the response contains a secret that is shown once. If so, the response is
            not stored.
    """

    def job(ledger: Ledger) -> EncodedOutcome:
        answered = None if key is None else ledger.stored_responses.find(key)
        if answered is not None:
            content = answered.answer
            if content is None:
                content = encode(replay(ledger, answered))
            return EncodedOutcome(answered.status, answered.location, content)
        outcome = operation(ledger)
        encoded = EncodedOutcome(outcome.status, outcome.location, encode(outcome.content))
        if key is not None:
            answered = StoredResponse(
                status=encoded.status,
                location=encoded.location,
                seq=outcome.entry,
                answer=None if is_secret else encoded.content,
            )
            ledger.stored_responses.keep(key, answered, now=ledger.clock())
        return encoded

    return job
