"""The service's log: one JSON object a line, and nothing personal in it.

A request is named by its id, which is also the `instance` of the problem it was answered with. Of
an address only the route is logged, never what stands in it; of an error only its kind and where
it arose, since its words may quote what somebody sent. Errors of the store are in our own words
and are logged with them.
"""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec

from supplies.errors import StoreError

LOGGER = "supplies.service"

FIELDS = "fields"
"""The attribute of a record that holds what its line says besides: `extra={FIELDS: {…}}`."""

_encode = msgspec.json.Encoder().encode


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """At, level, event, the fields given, and the error with all that led to it."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info is not None and record.exc_info[1] is not None:
            line["error"] = told(record.exc_info[1])
        return _encode(line).decode()


def told(error: BaseException) -> list[dict[str, Any]]:
    """An error and what it came from, each with its kind and where it arose; never its words."""
    found: list[dict[str, Any]] = []
    current: BaseException | None = error
    while current is not None and len(found) < 8:
        frames = traceback.extract_tb(current.__traceback__)
        about: dict[str, Any] = {
            "kind": f"{type(current).__module__}.{type(current).__qualname__}",
            "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        }
        if isinstance(current, StoreError):
            about["says"] = current.detail
        found.append(about)
        current = current.__cause__ or current.__context__
    return found


def to(stream: TextIO = sys.stderr) -> None:
    """Send the service's log to a stream."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger(LOGGER)
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
