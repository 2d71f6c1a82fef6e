"""Record the unsent records of a phone from the rescue text, which the phone shows.

The rescue text has lines `supplies-run:1:{part}/{parts}:{phone}:{data}`. A hand scanner may also
read the lines from QR codes. The data of all parts, joined, is base64url of compressed JSON. Each
record is recorded as if the phone had sent it, under the idempotency key that the phone made. So a
record is recorded only once, even if the phone also sends it.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal, NamedTuple

import msgspec

from supplies.access import phones
from supplies.access.phone_reports import (
    correct_clock,
    may_report,
    offset_of_text,
    take_reason_from_note,
)
from supplies.access.phones import Phone
from supplies.books.moved_stops import present_delivery
from supplies.domain.commands import ReportHandOut, ReportOutcome
from supplies.domain.entry_rows import CodeAttempt, CodeResult
from supplies.domain.fields import Timestamp
from supplies.errors import InvalidField, NotFound, Sentence, StoreError, SuppliesError
from supplies.storage.idempotency import IdempotencyKey
from supplies.views.pagination import View
from supplies_service.counter_hand_outs import HAND_OUTS, CounterHandOut, report_of, show_hand_out
from supplies_service.idempotency import is_idempotency_key, phone_request_key
from supplies_service.recording_jobs import Show
from supplies_service.request_bodies import decode_of_team, replace_half_pairs
from supplies_service.request_context import RequestContext
from supplies_service.routes.deliveries import show_own_stop
from supplies_service.security.ownership import NOT_YOUR_REPORT

_LINE = re.compile(
    r"supplies-run:1:([1-9][0-9]{0,4})/([1-9][0-9]{0,4}):([0-9a-f]{16}):([A-Za-z0-9_-]+)"
)

_MAX_BYTES = 8 * 2**20
"""Maximum size in bytes of the decompressed records of a phone."""

_NOT_OURS = "this is not the text of unsent records; copy it from the phone again, whole"


class UnsentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record that a phone has not sent, or that it has sent without getting a response.

    Attributes:
        key: The idempotency key that the phone made.
        body: The exact text of the request's body.
        delivery: The delivery, if the record is an outcome; None for a hand-out at a counter.
    """

    key: str
    body: str
    delivery: str | None = None


class UnsentRecords(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a phone's rescue text.

    Attributes:
        now: The time of the phone's clock when it showed the text.
        records: The unsent records, in the order in which the phone made them.
    """

    now: Timestamp
    records: list[UnsentRecord]


class _Report(NamedTuple):
    """The command that an unsent record contains.

    Attributes:
        show: Builds the response to the recorded command.
    """

    command: ReportOutcome | ReportHandOut
    show: Show[Any]


class ReadRecord(NamedTuple):
    """An unsent record that was read from a rescue text.

    Attributes:
        title: The label and number of the phone that made the record; the phone's id if the phone
            is unknown.
        allocation: The allocation of the stop; None for a hand-out, or if the record is unreadable.
        key: The idempotency key of the request; None if the record is refused.
        report: What the phone reports; None if the record is refused.
        is_recorded: Whether a request with this key was recorded before.
        error: Why the record is refused; None if it is not refused.
    """

    phone_id: str
    title: str
    record: UnsentRecord
    allocation: str | None
    key: IdempotencyKey | None
    report: _Report | None
    is_recorded: bool
    error: SuppliesError | None


class RescuedRecord(View, frozen=True, kw_only=True):
    """What happened to one unsent record.

    Attributes:
        result: Whether the record was booked now, had been booked before, was recorded as a
            conflict, or was refused.
        entry: Number of the record's entry; None if the record was refused.
        because: Why the record was refused; None if it was not refused.
        code: Whether the household's code in the record was right; left out if the record has no
            code.
    """

    phone: str
    key: str
    delivery: str | None
    allocation: str | None
    result: Literal["booked", "already_booked", "conflict", "refused"]
    entry: int | None
    because: str | None
    code: CodeResult | msgspec.UnsetType = msgspec.UNSET


class Rescued(View, frozen=True, kw_only=True):
    """The results for all unsent records, in the order in which the phone made the records."""

    records: list[RescuedRecord]

    def in_english(self) -> Rescued:
        """Return the results for a JSON response, with each reason as English text.

        Pages do not use this, because they translate the reasons.
        """
        plain = [
            msgspec.structs.replace(one, because=None if one.because is None else str(one.because))
            for one in self.records
        ]
        return Rescued(records=plain)


def read_text(text: str) -> list[tuple[str, UnsentRecords]]:
    """Read rescue texts. Return the id of each phone, with the unsent records in its text.

    `text` may contain the rescue texts of several phones. Lines may be in any order, and may occur
    more than once. The pairs are sorted by the time at which the phones showed their texts.

    Raises:
        InvalidField: there are no lines of a rescue text; a part is missing or cannot be decoded;
            or the same part occurs with different content.
    """
    parts: dict[tuple[str, int], dict[int, str]] = {}
    for part, count, phone, data in _LINE.findall(text):
        known = parts.setdefault((phone, int(count)), {})
        if known.setdefault(int(part), data) != data:
            raise InvalidField.at(
                "/text",
                Sentence(
                    "part {part} of {count} of phone {phone} occurs twice, with different "
                    "content; give one text of this phone at a time",
                    part=part,
                    count=count,
                    phone=phone,
                ),
            )
    if not parts:
        raise InvalidField.at("/text", _NOT_OURS)
    found = list[tuple[str, UnsentRecords]]()
    for (phone, count), known in parts.items():
        missing = [at for at in range(1, count + 1) if at not in known]
        if missing:
            raise InvalidField.at(
                "/text",
                Sentence(
                    "part {part} of {count} of phone {phone} is missing; scan or copy it too",
                    part=missing[0],
                    count=count,
                    phone=phone,
                ),
            )
        found.append((phone, _decode("".join(known[at] for at in sorted(known)))))
    return sorted(found, key=lambda one: one[1].now)


def _decode(data: str) -> UnsentRecords:
    try:
        packed = base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))
        content = zlib.decompressobj().decompress(packed, _MAX_BYTES)
        return msgspec.json.decode(content, type=UnsentRecords)
    except (binascii.Error, ValueError, zlib.error, msgspec.DecodeError, RecursionError):
        raise InvalidField.at("/text", _NOT_OURS) from None


def read_records(context: RequestContext, text: str) -> list[ReadRecord]:
    """Read the unsent records in rescue texts. Nothing is recorded.

    The records of each phone are in the order in which the phone made them.

    Raises:
        InvalidField: a rescue text is incomplete or cannot be read.
    """
    return [
        _read(context, phone_id, record, unsent)
        for phone_id, unsent in read_text(text)
        for record in unsent.records
    ]


async def take_over(context: RequestContext, text: str) -> list[tuple[ReadRecord, RescuedRecord]]:
    """Book the unsent records in rescue texts, on behalf of the phones that made them.

    Each record is booked only once. If one record is refused, the others are still booked. Return
    each record with its result.

    Raises:
        InvalidField: a rescue text is incomplete or cannot be read.
        StoreError: the database cannot be written. Records that were booked before remain booked.
    """
    done = []
    for phone_id, unsent in read_text(text):
        for record in unsent.records:
            read = _read(context, phone_id, record, unsent)
            done.append((read, await _take_over(context, read)))
    return done


def _find_phone(context: RequestContext, phone_id: str) -> Phone:
    with context.reading() as books:
        try:
            return phones.get(context.access(books), phone_id)
        except NotFound:
            sentence = Sentence(
                "unknown phone {phone} in these books; see the list of phones", phone=phone_id
            )
            raise NotFound(sentence) from None


def _read(
    context: RequestContext, phone_id: str, record: UnsentRecord, unsent: UnsentRecords
) -> ReadRecord:
    title, allocation = phone_id, None
    try:
        phone = _find_phone(context, phone_id)
        title = phone.title
        body = _json_object(record.body)
        stated = body.get("allocation")
        allocation = stated if isinstance(stated, str) else None
        if not is_idempotency_key(record.key):
            raise InvalidField(
                Sentence(
                    "invalid key {key} of a record: a key has 1 to 200 printable ASCII characters; "
                    "write down what the phone shows",
                    key=repr(record.key[:40]),
                )
            )
        is_outcome = record.delivery is not None
        path = f"/api/deliveries/{record.delivery}/outcomes" if is_outcome else HAND_OUTS
        key = phone_request_key(phones.CALLER_PREFIX + phone_id, record.key, path, body)
        with context.reading():
            is_recorded = context.ledger.stored_responses.find(key) is not None
        if not is_recorded and record.delivery is not None:
            _check_owner(context, phone, record.delivery)
        report = _report(phone, record, body, _offset(context, phone, unsent))
        return ReadRecord(phone_id, title, record, allocation, key, report, is_recorded, None)
    except StoreError:
        raise
    except SuppliesError as error:
        return ReadRecord(phone_id, title, record, allocation, None, None, False, error)


async def _take_over(context: RequestContext, read: ReadRecord) -> RescuedRecord:
    if read.key is None or read.report is None:
        return _refused(read, read.error)
    try:
        by = phones.CALLER_PREFIX + read.phone_id
        answer = await context.record_for(by, read.key, read.report.command, read.report.show)
    except StoreError:
        raise
    except SuppliesError as error:
        return _refused(read, error)
    content = msgspec.json.decode(answer.content)
    result: Literal["booked", "already_booked", "conflict"] = "booked"
    if answer.status == 202:
        result = "conflict"
    elif read.is_recorded or content.get("repeated"):
        result = "already_booked"
    entry = int(content["entry"]["seq"])
    return RescuedRecord(
        phone=read.phone_id,
        key=read.record.key,
        delivery=read.record.delivery,
        allocation=read.allocation,
        result=result,
        entry=entry,
        because=None,
        code=_code_result(context, read.report.command, entry),
    )


def _code_result(
    context: RequestContext, command: ReportOutcome | ReportHandOut, entry: int
) -> CodeResult | msgspec.UnsetType:
    """Return whether the household's code in a report was right; unset if the report has none.

    Args:
        entry: The number of the entry that recorded the report.
    """
    if not isinstance(command, ReportOutcome) or command.code is None:
        return msgspec.UNSET
    with context.reading() as books:
        delivery = present_delivery(books, command.delivery, command.allocation)
        where = {"delivery": delivery, "allocation": command.allocation}
        found = books.rows_of_entry(CodeAttempt, entry, **where)
        return found[0].result if found else msgspec.UNSET


def _offset(context: RequestContext, phone: Phone, unsent: UnsentRecords) -> timedelta:
    seen = None if phone.last_seen is None else datetime.fromisoformat(phone.last_seen)
    return offset_of_text(unsent.now, phone.clock_offset_seconds, context.ledger.clock(), seen)


def _check_owner(context: RequestContext, phone: Phone, delivery: str) -> None:
    """Check that the phone's team has or once had the delivery to which an outcome belongs.

    Raises:
        InvalidField: the team never had the delivery.
    """
    with context.reading() as books:
        if not may_report(books, phone.team, delivery):
            raise InvalidField(NOT_YOUR_REPORT)


def _report(phone: Phone, record: UnsentRecord, body: dict[str, Any], offset: timedelta) -> _Report:
    if record.delivery is None:
        hand_out = decode_of_team(CounterHandOut, body, {})
        return _Report(report_of(hand_out, phone.team, offset), partial(show_hand_out, offset))
    outcome = decode_of_team(ReportOutcome, body, {"delivery": record.delivery})
    outcome = take_reason_from_note(correct_clock(outcome, offset))
    return _Report(outcome, partial(show_own_stop, outcome.allocation, offset))


def _json_object(body: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(replace_half_pairs(body.encode()))
    except (msgspec.DecodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidField(Sentence("the record cannot be read; write down what the phone shows"))
    return found


def _refused(read: ReadRecord, error: SuppliesError | None) -> RescuedRecord:
    return RescuedRecord(
        phone=read.phone_id,
        key=read.record.key,
        delivery=read.record.delivery,
        allocation=read.allocation,
        result="refused",
        entry=None,
        because=None if error is None else error.detail,
    )
