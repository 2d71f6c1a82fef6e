"""Users, credentials, settings and access log, changed by somebody without the station's keys."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from support.engines import ENGINES, Engines
from support.ledger_fixture import register_all
from support.tampering import Tampering, changes_undone, tampering, verification_error

from supplies.access import access_log, credentials, demo_people, one_time_codes, users
from supplies.access.access_context import AccessContext
from supplies.access.run_codes import ensure_key
from supplies.domain.catalogue_records import Station, Team
from supplies.domain.commands import ForgetDonor
from supplies.errors import BooksBroken, StoreError
from supplies.ledger.ledger import Ledger
from supplies.signing.last_seals import forget_last_seal, last_seal_file
from supplies.signing.sealed_tables import LOG_COLUMNS, SEALED_TABLES
from supplies.signing.seals import Seals
from supplies.signing.station_keys import KEYS_SETTING, StationKeys, create_first_key, key_file
from supplies.stations.organisation import set_head
from supplies.stations.paper_settings import amend_station
from supplies.storage import introspection, schema
from supplies.storage.engines import open_store
from supplies.storage.sqlite.store import SqliteStore
from supplies.verification.seals import SealedRows
from supplies.verification.verify import verify

NOW = datetime(2020, 2, 13, 10, tzinfo=UTC)


class SealedBooks:
    """Books of the stations lx and hp, with a row in each sealed table of hp.

    Args:
        url: New books.
    """

    def __init__(self, url: str) -> None:
        self.url, self.now = url, NOW
        self.lx = Ledger.open(url, station="lx", clock=lambda: self.now)
        for station in ("lx", "hp"):  # The database on the server had other books before.
            forget_last_seal(self.lx.store.url, station)
        register_all(self.lx)
        create_first_key(url)
        hp = Station(code="hp", name="黄埔", series="HP")
        with self.lx.admin_transaction():
            self.lx.register(Team(code="T-9", name="九队"))
        self.hp = Ledger.open(
            url, station="hp", clock=lambda: self.now, create=False, new_station=True
        )
        self.hp.register(hp)
        self.hp.register(Team(code="T-1", name="一队"))
        for ledger in (self.lx, self.hp):
            with ledger.admin_transaction() as books:
                self.fill(AccessContext(books, self.now))
        with self.hp.admin_transaction() as books:
            set_head(books, "lx")

    def fill(self, access: AccessContext) -> None:
        """Add rows to each sealed table, and three lines to the access log."""
        station = access.station
        demo_people.add(access, team="T-1", by="machine")
        chen = users.add(access, users.NewUser(login="chen", role="recorder"), by="machine")
        users.set_password(access, chen.code, f"$argon2id${station}")
        credentials.issue(access, kind="session", role="recorder", by="u_1", holder=chen.code)
        credentials.issue(access, kind="link", role="courier", by="u_1", team="T-1")
        one_time_codes.start(access, chen)
        access.insert(
            "recovery_codes", holder=chen.code, digest=station.encode() * 16, made_at=access.now
        )
        phone = {"id": "0123456789abcdef", "team": "T-1", "secret": b"\1" * 32, "label": station}
        times = {"made_at": access.now, "made_after": 0, "expires_at": access.now}
        access.insert("phones", number=1, joined_by="link.1", **phone, **times)
        key = {"public_key": b"\2", "sign_count": 1, "label": station, "made_at": access.now}
        access.insert("passkeys", id="key", holder=chen.code, **key)
        ensure_key(access)
        days = {"lx": 200, "hp": 300}[station]
        amend_station(access.books, {"retention": {"access_log_days": days}})
        thanks = {"thanks": station, "thanks_en": station}
        amend_station(access.books, {"papers": thanks})
        for who in ("u_1", "u_2", "u_3"):
            log(access, who)

    def close(self) -> None:
        self.lx.close()
        self.hp.close()

    def writing(self, change: Any, station: str = "hp") -> None:
        """Change rows of a station as the program does, in one transaction."""
        ledger = self.hp if station == "hp" else self.lx
        with ledger.admin_transaction() as books:
            change(AccessContext(books, self.now))


def log(access: AccessContext, who: str) -> None:
    access_log.add_line(access, method="GET", route="/api/donors", outcome="looked", who=who)


@pytest.fixture(scope="module", autouse=True)
def key_setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Name a key file, because books on a server need one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEYS_SETTING, str(tmp_path_factory.mktemp("keys") / "station.key"))
        yield


@pytest.fixture(scope="module", params=ENGINES)
def opened(
    request: pytest.FixtureRequest,
    key_setting: None,
    engines: Engines,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Tampering]:
    """A store with sealed books. Its only transaction removes triggers and constraints once."""
    with engines.books(request.param, tmp_path_factory.mktemp("sealed")) as url:
        SealedBooks(url).close()
        store = tampering(url)
        store.unguard()
        yield store
        store.close()


@pytest.fixture
def intruder(opened: Tampering) -> Iterator[Tampering]:
    """A store with sealed books, without triggers and constraints. Changes are rolled back."""
    with changes_undone(opened):
        yield opened


@pytest.fixture(params=ENGINES)
def sealed(
    request: pytest.FixtureRequest, engines: Engines, tmp_path: Any
) -> Iterator[SealedBooks]:
    """New sealed books, open."""
    with engines.books(request.param, tmp_path) as url:
        books = SealedBooks(url)
        yield books
        books.close()


def access_of(store: Any, station: str = "hp") -> SealedRows:
    (found,) = verify(store, station).stations
    return found.access


def test_unchanged_rows_are_compared(intruder: Tampering) -> None:
    found = access_of(intruder)
    assert (found.state, found.since) == ("unchanged", "2020-02-13T10:00:00.000000Z")
    assert (found.lines, found.earlier_lines, found.has_last_seal) == (3, 0, True)
    assert found.rows >= len(SEALED_TABLES)


def test_every_sealed_table_has_a_row_in_these_tests(intruder: Tampering) -> None:
    for table in SEALED_TABLES:
        assert intruder.all(f"SELECT 1 FROM {table} WHERE station = 'hp'"), table


def test_every_column_of_a_sealed_table_is_sealed_or_known_to_change_with_each_use() -> None:
    for name, table in SEALED_TABLES.items():
        columns = introspection.tables()[name].columns
        assert {"station", *table.all_columns, *table.unsealed} == set(columns), name
        assert introspection.tables()[name].primary_key == ["station", *table.key]
    log_columns = introspection.tables()["access_log"].columns
    assert {"station", "mac", *LOG_COLUMNS} == set(log_columns)


def test_only_seals_change_sealed_columns() -> None:
    """Other code may change only the columns that are not sealed."""
    names = "|".join([*SEALED_TABLES, "access_log"])
    for package in ("supplies", "supplies_service", "supplies_receipts"):
        for path in Path(str(files(package))).rglob("*.py"):
            text = re.sub(r'"\s+f?"', "", path.read_text(encoding="utf-8"))
            for added in re.finditer(rf"(INSERT INTO|DELETE FROM) ({names})\b", text):
                assert path.name == "seals.py", f"{path}: {added[0]}"
            for change in re.finditer(rf"UPDATE ({names}) SET (.*?) WHERE", text):
                columns = re.findall(r"(\w+) = ", change[2])
                assert set(columns) <= set(SEALED_TABLES[change[1]].unsealed), (
                    f"{path}: {change[0]}"
                )


@pytest.mark.parametrize(
    ("table", "column"),
    [(table.name, column) for table in SEALED_TABLES.values() for column in table.columns],
)
def test_a_changed_column_is_found(intruder: Tampering, table: str, column: str) -> None:
    key = SEALED_TABLES[table].key
    *of_row, value = intruder.all(
        f"SELECT {', '.join([*key, column])} FROM {table} WHERE station = 'hp' "
        f"ORDER BY {column} IS NULL, {column}"
    )[0]
    if value is None and column.endswith("days"):
        value = 200
    changed = value + 1 if isinstance(value, int) else value or "x"
    changed = changed * 2 if isinstance(changed, (str, bytes)) else changed
    where = "".join(f" AND {name} = :{name}" for name in key)
    intruder.run(
        f"UPDATE {table} SET {column} = :new WHERE station = 'hp'{where}",
        {"new": changed, **dict(zip(key, of_row, strict=True))},
    )
    assert verification_error(intruder, "hp").table == table


ATTACKS = {
    "a coordinator is added": """
        INSERT INTO users (station, code, login, role, password, made_at, made_by)
        VALUES ('hp', 'u_9', 'eve', 'coordinator', '$argon2id$eve', '2020', 'u_1')""",
    "a recorder becomes a coordinator": """
        UPDATE users SET role = 'coordinator' WHERE station = 'hp' AND login = 'chen'""",
    "a password is replaced": """
        UPDATE users SET password = '$argon2id$eve' WHERE station = 'hp' AND login = 'chen'""",
    "a passkey is added to a coordinator": """
        INSERT INTO passkeys (station, id, holder, public_key, sign_count, label, made_at)
        SELECT station, 'eve', 'u_1', public_key, 0, 'eve', made_at FROM passkeys
        WHERE station = 'hp'""",
    "a second factor is removed": "DELETE FROM one_time_codes",
    "a link stays valid for longer": """
        UPDATE credentials SET expires_at = '2999' WHERE station = 'hp' AND team IS NOT NULL""",
    "a line of the log is changed": """
        UPDATE access_log SET who = 'u_9' WHERE station = 'hp' AND seq = 2""",
    "the route in the last line of the log is erased": """
        UPDATE access_log SET route = '' WHERE station = 'hp' AND seq = 3""",
    "a line of the log is deleted": """
        DELETE FROM access_log WHERE station = 'hp' AND seq = 2""",
    "the first line of the log is deleted": """
        DELETE FROM access_log WHERE station = 'hp' AND seq = 1""",
    "the last line of the log is deleted": """
        DELETE FROM access_log WHERE station = 'hp' AND seq = 3""",
    "the whole log is deleted": "DELETE FROM access_log WHERE station = 'hp'",
    "a line is added to the log": """
        INSERT INTO access_log (station, seq, at, method, route, outcome)
        VALUES ('hp', 4, '2020', 'GET', '/', 'looked')""",
    "a line of another station is added to the log": """
        INSERT INTO access_log SELECT 'hp', 4, at, who, role, credential, method, route, subject,
            outcome, address, detail, mac FROM access_log WHERE station = 'lx' AND seq = 3""",
    "two lines of the log are exchanged": """
        UPDATE access_log SET seq = -seq WHERE station = 'hp' AND seq <= 2;
        UPDATE access_log SET seq = seq + 3 WHERE station = 'hp' AND seq < 0""",
    "the last seal is removed": """
        DELETE FROM seals WHERE station = 'hp'
            AND seq = (SELECT max(seq) FROM seals WHERE station = 'hp')""",
    "a seal is removed": "DELETE FROM seals WHERE station = 'hp' AND seq = 9",
    "all seals are removed": "DELETE FROM seals WHERE station = 'hp'",
    "all seals and codes are removed": """
        UPDATE access_log SET mac = NULL;
        DELETE FROM seals""",
    "a seal says something else": """
        UPDATE seals SET digest = NULL WHERE station = 'hp' AND seq = 9""",
    "a seal is added": """
        INSERT INTO seals SELECT station, seq + 1, kind, sealed, row_key, digest, at, mac FROM seals
        WHERE station = 'hp' AND seq = (SELECT max(seq) FROM seals WHERE station = 'hp')""",
    "seals are numbered anew": """
        DELETE FROM seals WHERE station = 'hp' AND seq = 9;
        UPDATE seals SET seq = -seq WHERE station = 'hp' AND seq > 9;
        UPDATE seals SET seq = -seq - 1 WHERE station = 'hp' AND seq < 0""",
    "seals are exchanged between stations": """
        UPDATE seals SET station = CASE station WHEN 'lx' THEN 'hp ' ELSE 'lx ' END;
        UPDATE seals SET station = trim(station)""",
}
"""What somebody could change who has the database but not the key file, as SQL."""

NAMED_TABLES = {
    "seal": "seals",
    "log": "access_log",
    "passkey": "passkeys",
    "factor": "one_time_codes",
    "link": "credentials",
    "": "users",
}
"""The table that verification names, by a word in the description of the attack."""


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_change_without_the_keys_is_found(intruder: Tampering, attack: str) -> None:
    for statement in ATTACKS[attack].split(";"):
        intruder.run(statement)
    named = next(table for word, table in NAMED_TABLES.items() if word in attack)
    assert verification_error(intruder, "hp").table == named


@pytest.mark.parametrize("table", [*SEALED_TABLES])
def test_a_deleted_row_is_found(intruder: Tampering, table: str) -> None:
    intruder.run(f"DELETE FROM {table} WHERE station = 'hp'")
    error = verification_error(intruder, "hp")
    assert (error.table, error.found) == (table, "nothing")


@pytest.mark.parametrize("table", [name for name in SEALED_TABLES if name != "demo_people"])
def test_a_row_of_another_station_is_found(intruder: Tampering, table: str) -> None:
    """Users of the demo have only a code, so theirs are the same at each station."""
    intruder.run(f"DELETE FROM {table} WHERE station = 'hp'")
    intruder.run(f"UPDATE {table} SET station = 'hp'")
    assert verification_error(intruder, "hp").table == table


# --- older copies --------------------------------------------------------------------------------


COPIED = (*SEALED_TABLES, "access_log", "seals")


def copy_of(store: Any) -> dict[str, list[Any]]:
    return {
        table: store.all(f"SELECT {', '.join(introspection.tables()[table].columns)} FROM {table}")
        for table in COPIED
    }


def put_back(url: str, rows: dict[str, list[Any]], tables: tuple[str, ...]) -> BooksBroken:
    """Put older rows back into some tables. Return what verification finds; nothing is kept."""
    store: Tampering = tampering(url)
    store.unguard()
    try:
        for table in reversed(tables):
            store.run(f"DELETE FROM {table}")
        for table in tables:
            store.bulk_insert(table, introspection.tables()[table].columns, rows[table])
        return verification_error(store, "hp")
    finally:
        if not url.startswith("postgresql:"):
            store.run("ROLLBACK")
        store.close()


@pytest.mark.parametrize("tables", [("users",), ("access_log",), ("seals",), COPIED])
def test_older_copies_of_tables_are_found(sealed: SealedBooks, tables: tuple[str, ...]) -> None:
    rows = copy_of(sealed.hp.store)

    def change(access: AccessContext) -> None:
        users.change_role(access, "u_5", users.NewRole(role="auditor"))
        log(access, "u_5")

    sealed.writing(change)
    assert access_of(sealed.hp.store).state == "unchanged"
    assert put_back(sealed.url, rows, tables).table in (*tables, "seals", "users", "access_log")
    assert access_of(sealed.hp.store).state == "unchanged"


# --- later legal changes ------------------------------------------------------------------------


def test_a_later_change_by_the_program_does_not_hide_an_earlier_one(sealed: SealedBooks) -> None:
    tamper(sealed.url, "UPDATE users SET password = 'eve' WHERE station = 'hp' AND code = 'u_5'")
    sealed.writing(lambda access: users.change_role(access, "u_5", users.NewRole(role="auditor")))
    error = verification_error(sealed.hp.store, "hp")
    assert error.table == "users"
    assert "changed again since then" in str(error)


def test_a_later_line_does_not_hide_that_lines_were_removed(sealed: SealedBooks) -> None:
    tamper(sealed.url, "DELETE FROM access_log WHERE station = 'hp' AND seq >= 2")
    for _ in range(5):
        sealed.writing(lambda access: log(access, "u_1"))
    assert verification_error(sealed.hp.store, "hp").table == "access_log"


def test_an_accepted_change_is_not_reported_again(sealed: SealedBooks) -> None:
    tamper(sealed.url, "DELETE FROM access_log WHERE station = 'hp' AND seq >= 2")
    tamper(sealed.url, "UPDATE users SET password = 'me' WHERE station = 'hp' AND code = 'u_5'")
    assert verification_error(sealed.hp.store, "hp").table
    with sealed.hp.admin_transaction() as books:
        Seals(books.store, "hp", AccessContext(books, NOW).now).begin_again()
    sealed.writing(lambda access: log(access, "u_1"))
    found = access_of(sealed.hp.store)
    assert (found.state, found.lines, found.has_last_seal) == ("unchanged", 1, True)
    assert access_of(sealed.lx.store, "lx").lines == 3


def tamper(url: str, statement: str) -> None:
    """Change rows as somebody with full access to the database could."""
    store = open_store(url)
    if isinstance(store, SqliteStore):
        guards = schema.sqlite_guards()
        for name in guards:
            store.run(f"DROP TRIGGER {name}")
        store.run(statement)
        for text in guards.values():
            store.run(text)
    else:
        with store.writing():
            store.run("SET LOCAL session_replication_role = replica")
            store.run(statement)
    store.close()


def test_erased_lines_are_stated_and_cannot_be_put_back(sealed: SealedBooks) -> None:
    lines = sealed.hp.store.all("SELECT * FROM access_log WHERE station = 'hp' AND seq <= 2")
    sealed.now = NOW + timedelta(days=300)
    sealed.writing(lambda access: log(access, "u_9"))
    sealed.writing(lambda access: access_log.erase_lines(access, before=NOW + timedelta(days=1)))
    found = access_of(sealed.hp.store)
    assert (found.state, found.lines) == ("unchanged", 1)
    sealed.writing(lambda access: log(access, "u_9"))
    assert access_of(sealed.hp.store).lines == 2
    rows = {"access_log": [*lines, *sealed.hp.store.all("SELECT * FROM access_log")]}
    assert put_back(sealed.url, rows, ("access_log",)).table == "access_log"


def test_numbers_of_erased_lines_are_not_used_again(sealed: SealedBooks) -> None:
    sealed.writing(lambda access: access_log.erase_lines(access, before=NOW + timedelta(days=1)))
    sealed.writing(lambda access: log(access, "u_9"))
    assert sealed.hp.store.all("SELECT seq FROM access_log WHERE station = 'hp'") == [(4,)]
    assert access_of(sealed.hp.store).lines == 1


def test_lines_in_the_middle_are_erased_if_the_clock_was_wrong(sealed: SealedBooks) -> None:
    for days in (900, -1, 0, 2, -1):
        sealed.now = NOW + timedelta(days=days)
        sealed.writing(lambda access: log(access, "u_1"))
    sealed.writing(lambda access: access_log.erase_lines(access, before=NOW + timedelta(days=1)))
    found = access_of(sealed.hp.store)
    assert (found.state, found.lines) == ("unchanged", 2)


def test_deleting_links_of_a_forgotten_donor_is_sealed(sealed: SealedBooks) -> None:
    def make(access: AccessContext) -> None:
        credentials.issue(access, kind="link", role="donor", by="u_1", donor="D-2")

    sealed.writing(make, "lx")
    sealed.lx.record(ForgetDonor(donor="D-2"), by="u_1")
    assert access_of(sealed.lx.store, "lx").state == "unchanged"


# --- keys ----------------------------------------------------------------------------------------


def test_rows_are_sealed_with_the_newest_key_and_no_older_one(sealed: SealedBooks) -> None:
    keys = StationKeys.for_database(sealed.url)
    content = key_file(sealed.url).read_bytes()
    keys.add({})
    try:
        sealed.writing(lambda access: log(access, "u_1"))
        sealed.writing(lambda access: users.disable(access, "u_5"))
        assert access_of(sealed.hp.store).lines == 4
        newer = key_file(sealed.url).read_bytes()
        key_file(sealed.url).write_bytes(content)
        sealed.writing(lambda access: users.enable(access, "u_5"))
        key_file(sealed.url).write_bytes(newer)
        assert verification_error(sealed.hp.store, "hp").table == "seals"
    finally:
        key_file(sealed.url).write_bytes(content)


def test_without_the_keys_sealed_rows_are_neither_changed_nor_compared(
    sealed: SealedBooks, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv(KEYS_SETTING, str(tmp_path / "elsewhere.key"))
    with pytest.raises(StoreError, match="the station's keys, which are missing here"):
        sealed.writing(lambda access: users.disable(access, "u_5"))
    with pytest.raises(StoreError, match="are missing here"):
        sealed.writing(lambda access: log(access, "u_1"))
    assert access_of(sealed.hp.store).state == "no-keys"
    create_first_key(sealed.url)
    assert verification_error(sealed.hp.store, "hp").table == "seals"


def test_without_the_record_of_the_last_seal_verification_says_so(sealed: SealedBooks) -> None:
    forget_last_seal(sealed.hp.store.url, "hp")
    assert not access_of(sealed.hp.store).has_last_seal
    sealed.writing(lambda access: log(access, "u_1"))
    assert access_of(sealed.hp.store).has_last_seal


def test_a_damaged_record_of_the_last_seal_is_reported(sealed: SealedBooks) -> None:
    path = last_seal_file(sealed.hp.store.url, "hp")
    assert path is not None
    path.write_bytes(b"{}")
    with pytest.raises(StoreError, match="is damaged"):
        verify(sealed.hp.store, "hp")


def test_the_last_seal_is_read_after_a_shorter_one_was_written_in_part(sealed: SealedBooks) -> None:
    path = last_seal_file(sealed.hp.store.url, "hp")
    assert path is not None
    path.write_bytes(path.read_bytes() + b'"}\n')
    verify(sealed.hp.store, "hp")


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_from_before_the_keys_are_sealed_with_the_first_change_after_them(
    engines: Engines, engine: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEYS_SETTING, str(tmp_path / "new.key"))
    with engines.books(engine, tmp_path) as url:
        with Ledger.open(url, station="lx", clock=lambda: NOW) as ledger:
            register_all(ledger)
            with ledger.admin_transaction() as books:
                access = AccessContext(books, NOW)
                users.add(access, users.NewUser(login="chen", role="coordinator"), by="machine")
                log(access, "u_1")
            assert access_of(ledger.store, "lx").state == "not-sealed"
            create_first_key(url)
            with ledger.admin_transaction() as books:
                log(AccessContext(books, NOW), "u_1")
            found = access_of(ledger.store, "lx")
        assert (found.state, found.lines, found.earlier_lines) == ("unchanged", 1, 1)
        assert found.rows == 1


# --- no false alarm -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_legal_operations_are_never_reported(sealed: SealedBooks, seed: int) -> None:
    draw = random.Random(seed)
    second = Ledger.open(sealed.url, station="hp", clock=lambda: sealed.now, create=False)

    def step(access: AccessContext) -> None:
        code = draw.choice(users.list_users(access)).code
        kind = draw.randrange(10)
        if kind == 0:
            name = f"user{draw.randrange(10**9)}"
            users.add(access, users.NewUser(login=name, role="auditor"), by="u_1")
        elif kind == 1:
            users.set_password(access, code, f"$argon2id${draw.random()}")
        elif kind == 2:
            credentials.issue(access, kind="session", role="auditor", by=code, holder=code)
        elif kind == 3:
            users.end_sessions(access, code)
        elif kind == 4:
            one_time_codes.remove(access, code)
            one_time_codes.start(access, users.get(access, code))
        elif kind == 5:
            users.disable(access, "u_5")
        elif kind == 6:
            users.enable(access, "u_5")
        elif kind == 7:
            amend_station(access.books, {"retention": {"access_log_days": draw.choice([200, 300])}})
        elif kind == 8:
            sealed.now += timedelta(days=draw.randrange(60))
            access_log.erase_lines(access, before=sealed.now - timedelta(days=301))
        else:
            log(access, code)

    for _ in range(60):
        ledger = draw.choice([sealed.hp, second])
        undone = draw.random() < 0.1
        try:
            with ledger.admin_transaction() as books:
                for _ in range(draw.randrange(1, 4)):
                    with ledger.savepoint():
                        step(AccessContext(books, sealed.now))
                if undone:
                    raise RuntimeError("undone")
        except RuntimeError:
            assert undone
    assert access_of(sealed.hp.store).state == "unchanged"
    second.close()
