"""A bare ASGI application without a framework: the least work that a service of this kind can do.

It checks an API token, sends the same headers as the service, writes a log line, and runs the same
kind of SQL. A request to move goods writes the same rows as in the service, with the hash chain and
the stored response. One writer commits all waiting requests together. There are no rules or
triggers, and requests are not validated.
"""

from __future__ import annotations

import asyncio
import hashlib
import queue
import sqlite3
import sys
import threading
import uuid
from typing import Any

import msgspec

from benchmarks.bare import BareSqlite, Rows, balance_updates
from benchmarks.workload import STATION

TOKEN = "bench"  # a made-up secret

_DAY, _AT = "2020-02-05", "2020-02-05T04:00:00.000000Z"
_HEADERS = [
    (name.encode(), value.encode())
    for name, value in (
        ("content-type", "application/json"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'"),
    )
]
_STOCK = (
    "SELECT account, item, lot, quantity FROM balances WHERE station = ? AND account = ? "
    "AND item = ? AND quantity <> 0"
)
_encode = msgspec.json.Encoder().encode

Answer = tuple[asyncio.AbstractEventLoop, "asyncio.Future[bytes]", str]


def create_floor(path: str) -> None:
    """Create the tables, an API token and goods in stock."""
    BareSqlite.create(path, [STATION])
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE tokens (secret BLOB PRIMARY KEY, caller TEXT)")
        connection.execute("INSERT INTO tokens VALUES (?, 'u_1')", (_digest(TOKEN),))
        stock = (STATION, "stock:store-a", "mask", "l_1")
        connection.execute("INSERT INTO balances VALUES (?, ?, ?, ?, 1000000000, 0, 0)", stock)
        connection.execute(
            "INSERT INTO days VALUES (?, ?, ?, ?, ?, 1000000000, 0, 0)", (*stock, _DAY)
        )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


class Floor:
    """The bare ASGI application."""

    def __init__(self, path: str) -> None:
        self._read = BareSqlite.connect(path)
        self._path = path
        self._waiting: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        threading.Thread(target=self._write, daemon=True).start()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one HTTP request."""
        if scope["type"] != "http":
            await _start_and_stop(receive, send)
            return
        headers = dict(scope["headers"])
        secret = headers[b"authorization"].decode().removeprefix("Bearer ")
        found = self._read("SELECT caller FROM tokens WHERE secret = ?", (_digest(secret),))
        ((caller,),) = found.fetchall()
        if scope["method"] == "GET":
            rows = self._read(_STOCK, (STATION, "stock:store-a", "mask")).fetchall()
            status, content = 200, _encode({"items": rows})
        else:
            message = await receive()
            msgspec.json.decode(message["body"])
            loop = asyncio.get_running_loop()
            future: asyncio.Future[bytes] = loop.create_future()
            self._waiting.put((loop, future, headers[b"idempotency-key"].decode()))
            status, content = 201, await future
        length = (b"content-length", str(len(content)).encode())
        await send(
            {"type": "http.response.start", "status": status, "headers": [*_HEADERS, length]}
        )
        await send({"type": "http.response.body", "body": content})
        line = {"at": _AT, "route": scope["path"], "status": status, "by": caller}
        print(_encode(line).decode(), file=sys.stderr, flush=True)

    def _write(self) -> None:
        bare, seq = BareSqlite(self._path, STATION), 0
        while True:
            batch = [self._waiting.get()]
            while not self._waiting.empty() and len(batch) < 64:
                batch.append(self._waiting.get())
            answers = []
            moves = []
            for _, _, key in batch:
                seq += 1
                rows, answer = _move(seq, key)
                moves.append(rows)
                answers.append(answer)
            bare.write(*moves)
            for (loop, future, _), answer in zip(batch, answers, strict=True):
                loop.call_soon_threadsafe(future.set_result, answer)


async def _start_and_stop(receive: Any, send: Any) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": f"{message['type']}.complete"})
    await send({"type": "lifespan.shutdown.complete"})


def _move(seq: int, key: str) -> tuple[Rows, bytes]:
    """Return the rows that move goods, and the response to the request."""
    transfer = (STATION, seq, 1, _DAY, "stock:store-a", "stock:annex", "mask", "l_1", 1, None, None)
    entry = {"station": STATION, "seq": seq, "id": str(uuid.uuid4()), "kind": "goods_moved"}
    body = _encode({**entry, "recorded_at": _AT, "transfers": [transfer[4:9]]})
    answer = _encode({"entry": {**entry, "body": body}})
    moved = (entry["id"], 0, "goods_moved", f"m_{seq}", _DAY, _DAY, _AT, "u_1", None, body, b"")
    salt, digest = uuid.uuid4().bytes, hashlib.sha256(body).hexdigest()
    stored = (STATION, "u_1", key, salt, digest, _AT, 201, f"/api/entries/{seq}", seq, answer)
    rows: Rows = [
        (f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", [row])
        for table, row in (
            ("entries", (STATION, seq, *moved)),
            ("transfers", transfer),
            ("answers", stored),
        )
    ]
    return rows + balance_updates(transfer), answer
