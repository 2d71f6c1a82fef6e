"""A small Flask application with plain SQL, as many programs of this kind are written.

It checks an API token and the body of a request, and reads or writes SQLite. A request to move
goods writes three rows in a commit of its own: the entry, the transfer and the stored response.
There are no rules, no balances and no hash chain.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from typing import Any

from flask import Flask, Response, abort, jsonify, request

from benchmarks.floor import TOKEN

_TABLES = """
CREATE TABLE tokens (secret TEXT PRIMARY KEY, caller TEXT NOT NULL);
CREATE TABLE balances (account TEXT, item TEXT, quantity INTEGER, PRIMARY KEY (account, item));
CREATE TABLE entries (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, caller TEXT NOT NULL, body TEXT);
CREATE TABLE transfers (seq INTEGER, line INTEGER, source TEXT, target TEXT, item TEXT,
    quantity INTEGER, PRIMARY KEY (seq, line));
CREATE TABLE answers (key TEXT PRIMARY KEY, digest TEXT NOT NULL, seq INTEGER, content TEXT);
"""


def create_peer(path: str) -> None:
    """Create the tables, an API token and goods in stock."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_TABLES)
        connection.execute("INSERT INTO tokens VALUES (?, 'u_1')", (_digest(TOKEN.encode()),))
        connection.execute("INSERT INTO balances VALUES ('stock:store-a', 'mask', 1000000000)")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def create_app(path: str) -> Flask:
    """Return the application. Each thread has a connection of its own."""
    app, local = Flask(__name__), threading.local()

    def execute(sql: str, *values: Any) -> sqlite3.Cursor:
        if not hasattr(local, "connection"):
            local.connection = sqlite3.connect(path, isolation_level=None, timeout=60)
            local.connection.execute("PRAGMA synchronous = FULL")
        cursor: sqlite3.Cursor = local.connection.execute(sql, values)
        return cursor

    def caller() -> str:
        secret = request.headers["Authorization"].removeprefix("Bearer ")
        row = execute(
            "SELECT caller FROM tokens WHERE secret = ?", _digest(secret.encode())
        ).fetchone()
        return str(row[0]) if row else abort(401)

    @app.get("/")
    def get_stock() -> Response:
        caller()
        rows = execute(
            "SELECT account, item, quantity FROM balances WHERE account = ? AND item = ?",
            "stock:store-a",
            "mask",
        )
        return jsonify(items=rows.fetchall())

    @app.post("/")
    def move_goods() -> tuple[Response, int]:
        by, move = caller(), request.get_json()
        line, key = move["lines"][0], request.headers["Idempotency-Key"]
        execute("BEGIN IMMEDIATE")
        body = json.dumps(move)
        seq = execute("INSERT INTO entries VALUES (NULL, 'move', ?, ?)", by, body).lastrowid
        execute(
            "INSERT INTO transfers VALUES (?, 1, ?, ?, ?, ?)",
            *(seq, move["from"], move["to"], line["item"], line["quantity"]),
        )
        answer = {"entry": {"seq": seq, "kind": "move", "by": by, "body": move}}
        digest = _digest(request.get_data())
        execute("INSERT INTO answers VALUES (?, ?, ?, ?)", key, digest, seq, json.dumps(answer))
        execute("COMMIT")
        return jsonify(answer), 201

    return app
