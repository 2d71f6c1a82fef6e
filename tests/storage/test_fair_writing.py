"""Processes that write to one file at the same time take turns."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from supplies.storage.sqlite.store import SqliteStore

TURNS = 1000

SINCE_BOTH_BEGAN = """
FROM turns WHERE rowid >= (
    SELECT CASE WHEN count(*) = 2 THEN max(began) END
    FROM (SELECT min(rowid) AS began FROM turns GROUP BY name)
)
"""
"""The turns after both processes had their first, because one of them may begin late."""

WRITER = f"""
import sys
from supplies.storage.sqlite.store import SqliteStore

store = SqliteStore(sys.argv[1], made=False)
print("ready", flush=True)
sys.stdin.readline()
while True:
    with store.writing():
        if store.one('''SELECT count(*) {SINCE_BOTH_BEGAN}''')[0] >= int(sys.argv[3]):
            break
        store.run("INSERT INTO turns VALUES (:name)", {{"name": sys.argv[2]}})
"""


def test_two_processes_that_write_all_the_time_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "turns.db"
    store = SqliteStore(str(path), made=False)
    store.run("CREATE TABLE turns (name TEXT NOT NULL)")
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name, str(TURNS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    turns = dict(store.all(f"SELECT name, count(*) {SINCE_BOTH_BEGAN} GROUP BY name"))
    store.close()
    assert sum(turns.values()) == TURNS
    assert min(turns.get("one", 0), turns.get("two", 0)) > TURNS // 20, turns
