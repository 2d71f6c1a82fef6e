"""The request header `Sent-At`: the time by the sender's clock when the request was sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from litestar import Request

from supplies.access.phone_reports import clock_differs
from supplies.domain.plurals import counted
from supplies.errors import InvalidField, Sentence
from supplies.views.pagination import Warned

SENT_AT_HEADER = "sent-at"


def read_sent_at(request: Request[Any, Any, Any]) -> datetime | None:
    """Return the time in the header `Sent-At`, or None if the request has no such header.

    Raises:
        InvalidField: the header is not a time with a time zone.
    """
    text = request.headers.get(SENT_AT_HEADER)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidField(
            Sentence("Sent-At takes a time with a zone, as in 2026-11-29T08:00:00.123Z")
        )
    return moment


def clock_offset(request: Request[Any, Any, Any], now: datetime) -> timedelta | None:
    """Return how far the station's clock is ahead of the sender's.

    Return None if the request has no header `Sent-At`.

    Raises:
        InvalidField: the header is not a time with a time zone.
    """
    sent_at = read_sent_at(request)
    return None if sent_at is None else now - sent_at


def clock_warnings(about: str, offset: timedelta | None) -> list[Warned]:
    """Return a warning if the clock of a phone is wrong, and an empty list otherwise.

    Args:
        about: The id of the document that the phone's report is about.
        offset: How far the station's clock is ahead of the phone's; None if it is unknown.
    """
    if offset is None or not clock_differs(offset):
        return []
    minutes = round(abs(offset).total_seconds() / 60)
    way = "behind" if offset > timedelta() else "ahead of"
    detail = f"the clock of the phone is {counted(minutes, 'minute')} {way} the station's"
    return [Warned(warning="clock-differs", detail=detail, about=about)]
