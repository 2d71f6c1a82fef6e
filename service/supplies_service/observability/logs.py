"""The service's log: one JSON object per line, without personal data.

A request is named by its id, which is also the `instance` of its problem response. Of a path only
the route's template is logged. Of an error its class and traceback are logged; its message is not,
because it may quote what a caller sent. Messages of store errors quote no caller and are logged.
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
"""The attribute of a log record with further fields of its line: `extra={FIELDS: {…}}`."""

_encode = msgspec.json.Encoder().encode


class JsonFormatter(logging.Formatter):
    """Format a log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return time, level, event, the extra fields, and the error with its causes."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info is not None and record.exc_info[1] is not None:
            line["error"] = error_chain(record.exc_info[1])
        return _encode(line).decode()


def error_chain(error: BaseException) -> list[dict[str, Any]]:
    """Return an error and its causes, at most 8: class and traceback, but no messages."""
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


def configure_logging(stream: TextIO = sys.stderr) -> None:
    """Write the service's log to a stream, from level INFO on."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger(LOGGER)
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
