"""The service's log: one JSON object per line, without personal data.

A request is identified by an id, which the caller also gets as `instance` in an error response. The
log has the template of the route instead of the path. For an error, the log has its class and
traceback. The message is logged only for storage errors, because other messages may quote what a
caller sent.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec

from supplies.errors import StoreError

LOGGER = "supplies.service"

FIELDS = "fields"
"""Name of the log record's attribute for further fields. Use it as `extra={FIELDS: {…}}`."""

_encode = msgspec.json.Encoder().encode


class JsonFormatter(logging.Formatter):
    """A formatter that writes each log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a log record as JSON: time, level, event, further fields, and any error."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info is not None and record.exc_info[1] is not None:
            line["error"] = error_chain(record.exc_info[1])
        return _encode(line).decode()


class RemoteError(Exception):
    """An error that was raised in another process.

    Attributes:
        chain: The result of `error_chain` in that process.
    """

    def __init__(self, chain: Sequence[dict[str, Any]]) -> None:
        super().__init__(chain)
        self.chain = chain


def error_chain(error: BaseException) -> list[dict[str, Any]]:
    """Return the classes and tracebacks of an error and its causes, 8 errors at most.

    Error messages are left out.
    """
    found: list[dict[str, Any]] = []
    current: BaseException | None = error
    while current is not None and len(found) < 8:
        if isinstance(current, RemoteError):
            return [*found, *current.chain]
        frames = traceback.extract_tb(current.__traceback__)
        about: dict[str, Any] = {
            "kind": f"{type(current).__module__}.{type(current).__qualname__}",
            "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        }
        if isinstance(current, StoreError):
            about["says"] = str(current.detail)  # a `Sentence` cannot be encoded
        found.append(about)
        current = current.__cause__ or current.__context__
    return found


def configure_logging(stream: TextIO = sys.stderr) -> None:
    """Send the service's log to a stream. The lowest level is INFO.

    Python's search for the line of code, thread and process of each log record is switched off. The
    log does not show them, and the search takes a third of the time to write a log line. See
    "Optimization" in Python's logging guide.
    """
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger(LOGGER)
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
