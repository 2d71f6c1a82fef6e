"""Rights on PostgreSQL: a role that records can add rows but not change any."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from support.engines import Server

from supplies.cli import main
from supplies.demo.longxue import STATION, Scene, SceneClock
from supplies.errors import GuardMissing, InvalidField, NotFound, StoreError
from supplies.ledger.ledger import Ledger
from supplies.storage import introspection, schema
from supplies.storage.engines import grant_access, open_store
from supplies.storage.postgresql.privileges import OWNER_WRITTEN_TABLES
from supplies.verification.verify import verify

BOOKS = tuple(dict.fromkeys((*schema.APPEND_ONLY, *OWNER_WRITTEN_TABLES)))
"""Tables in which the recording role cannot change rows."""


class Roles:
    """Books of an owner on a server, and another role that may record in them.

    Attributes:
        admin: Connection of a superuser.
        owner, clerk: The URLs with which each opens the books.
    """

    def __init__(self, url: str, admin: psycopg.Connection) -> None:
        self.admin = admin
        self.owner, self.clerk = (
            url.replace("//postgres:", f"//{name}:") for name in ("keeper", "clerk")
        )


@pytest.fixture(scope="module")
def roles(engines: object, request: pytest.FixtureRequest) -> Iterator[Roles]:
    """The books of the whole scene: the role `keeper` owns them, and the role `clerk` records."""
    server: Server = request.getfixturevalue("engines").server
    with server.empty() as url, psycopg.connect(url, autocommit=True) as admin:
        for role in ("keeper", "clerk"):
            admin.execute(f"CREATE ROLE {role} LOGIN".encode())
        admin.execute("GRANT CREATE ON SCHEMA public TO keeper")
        roles = Roles(url, admin)
        open_store(roles.owner).close()
        grant_access(roles.owner, "clerk")
        clock = SceneClock()
        with Ledger.open(roles.clerk, station=STATION, clock=clock, create=False) as ledger:
            Scene(ledger, clock).book()
        yield roles
        for role in ("clerk", "keeper"):
            admin.execute(f"DROP OWNED BY {role} CASCADE".encode())
            admin.execute(f"DROP ROLE {role}".encode())


@pytest.fixture
def clerk(roles: Roles) -> Iterator[psycopg.Connection]:
    """A connection of the recording role, while the owner has disabled all triggers."""
    with psycopg.connect(roles.owner, autocommit=True) as owner:
        for table in schema.table_names():
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        with psycopg.connect(roles.clerk, autocommit=True) as connection:
            yield connection
        for table in schema.table_names():
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())


def refused(connection: psycopg.Connection, statement: str) -> bool:
    """Return whether the server refuses a statement only because of missing rights."""
    try:
        connection.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


def test_a_role_that_owns_no_table_can_record_and_verify_the_demo(roles: Roles) -> None:
    with closing(open_store(roles.clerk, create=False)) as store:
        verified = verify(store)
    assert verified.entries > 200
    assert verified.receipts > 5


@pytest.mark.parametrize("table", BOOKS)
def test_the_role_cannot_change_rows_even_without_triggers(
    clerk: psycopg.Connection, table: str
) -> None:
    known = introspection.tables().get(table)
    for column in ["changes"] if known is None else known.columns:
        assert refused(clerk, f"UPDATE {table} SET {column} = {column}")
    assert refused(clerk, f"DELETE FROM {table}")
    assert refused(clerk, f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("table", OWNER_WRITTEN_TABLES)
def test_the_role_cannot_write_balances(clerk: psycopg.Connection, table: str) -> None:
    assert refused(clerk, f"INSERT INTO {table} SELECT * FROM {table}")


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE entries DISABLE TRIGGER USER",
        "ALTER TABLE entries DROP COLUMN hash",
        "DROP TABLE transfers CASCADE",
        "DROP TRIGGER entries_head ON entries",
        "CREATE TRIGGER quiet BEFORE INSERT ON entries EXECUTE FUNCTION refuse_deletion()",
        "CREATE RULE quiet AS ON INSERT TO transfers DO INSTEAD NOTHING",
        "CREATE TABLE beside (name TEXT)",
        "CREATE OR REPLACE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "ALTER FUNCTION transfers_move() SECURITY INVOKER",
        "SET session_replication_role = replica",
        "SET ROLE keeper",
        "UPDATE items SET code = 'x'",
        "UPDATE erasable SET digest = 'x'",
        "DELETE FROM donors",
        "DELETE FROM answers",
    ],
)
def test_the_role_cannot_change_tables_triggers_or_codes(
    clerk: psycopg.Connection, statement: str
) -> None:
    assert refused(clerk, statement)


@pytest.mark.parametrize(
    "tampered",
    [
        "ALTER FUNCTION transfers_move() SECURITY INVOKER",
        "ALTER FUNCTION transfers_move() RESET ALL",
        "ALTER FUNCTION entries_head() SET search_path = public",
        "ALTER FUNCTION entries_gapless() SECURITY DEFINER",
    ],
)
def test_a_function_with_changed_rights_is_noticed(postgres: Server, tampered: str) -> None:
    with postgres.database() as url:
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(tampered.encode())
        with pytest.raises(GuardMissing, match="was changed"):
            open_store(url)


def test_only_the_owner_can_migrate_older_tables(roles: Roles) -> None:
    newest = schema.latest_version()
    off, on = (f"ALTER TABLE migrations {turned} TRIGGER USER" for turned in ("DISABLE", "ENABLE"))
    migration = roles.admin.execute(
        "SELECT * FROM migrations WHERE version = %s", (newest,)
    ).fetchone()
    roles.admin.execute(off.encode())
    roles.admin.execute("DELETE FROM migrations WHERE version = %s", (newest,))
    try:
        with pytest.raises(StoreError, match="let the owner of the tables open it once"):
            open_store(roles.clerk, create=False)
    finally:
        roles.admin.execute("INSERT INTO migrations VALUES (%s, %s)", migration)
        roles.admin.execute(on.encode())


@pytest.mark.parametrize("function", schema.SECURITY_DEFINER_SINCE)
def test_the_role_cannot_call_security_definer_functions(roles: Roles, function: str) -> None:
    with psycopg.connect(roles.clerk, autocommit=True) as clerk:
        clerk.execute("CREATE TEMPORARY TABLE delivery_ends (station text, delivery text)")
        assert refused(
            clerk,
            "CREATE TRIGGER mine AFTER INSERT ON delivery_ends FOR EACH ROW "
            f"EXECUTE FUNCTION public.{function}()",
        )


def test_a_grant_revokes_additional_rights_on_functions(roles: Roles) -> None:
    with psycopg.connect(roles.owner, autocommit=True) as owner:
        owner.execute("GRANT EXECUTE ON FUNCTION waits() TO PUBLIC, clerk")
        grant_access(roles.owner, "clerk")
        asked = "SELECT has_function_privilege('clerk', 'waits()', 'EXECUTE')"
        assert owner.execute(asked).fetchone() == (False,)
        roles.admin.execute("CREATE ROLE helpers; GRANT helpers TO clerk")
        owner.execute("GRANT EXECUTE ON FUNCTION waits() TO helpers")
        with pytest.raises(StoreError, match=r"clerk may call waits\(\)"):
            grant_access(roles.owner, "clerk")
        roles.admin.execute("DROP OWNED BY helpers; DROP ROLE helpers")


@pytest.mark.parametrize(
    ("grant", "revoke", "message"),
    [
        (
            "GRANT CREATE ON DATABASE {books} TO clerk",
            "REVOKE CREATE ON DATABASE {books} FROM clerk",
            "clerk may create schemas in the database",
        ),
        (
            "CREATE SCHEMA beside AUTHORIZATION clerk",
            "DROP SCHEMA beside",
            "in the schema beside",
        ),
        ("ALTER ROLE clerk CREATEROLE", "ALTER ROLE clerk NOCREATEROLE", "clerk may create roles"),
    ],
)
def test_a_role_that_could_shadow_tables_is_refused(
    roles: Roles, grant: str, revoke: str, message: str
) -> None:
    books = roles.admin.info.dbname
    roles.admin.execute(grant.format(books=books).encode())
    try:
        with pytest.raises((InvalidField, StoreError), match=message):
            grant_access(roles.owner, "clerk")
    finally:
        roles.admin.execute(revoke.format(books=books).encode())


def test_operators_created_by_the_role_cannot_erase_texts(roles: Roles) -> None:
    """Not even a role that may create operators can erase texts with their help."""
    roles.admin.execute("CREATE SCHEMA beside AUTHORIZATION clerk")
    try:
        with psycopg.connect(roles.clerk, autocommit=True) as clerk:
            clerk.execute(
                "CREATE FUNCTION beside.yes(text, text) RETURNS boolean "
                "LANGUAGE sql AS 'SELECT true'"
            )
            clerk.execute(
                "CREATE OPERATOR beside.= (LEFTARG = text, RIGHTARG = text, FUNCTION = beside.yes)"
            )
            clerk.execute("SET search_path = beside, pg_catalog, public")
            clerk.execute("BEGIN")
            with pytest.raises(psycopg.Error, match="erased by an entry that forgets"):
                clerk.execute("UPDATE public.erasable SET salt = NULL, content = NULL")
            clerk.execute("ROLLBACK; BEGIN")
            with pytest.raises(psycopg.Error, match="erased by an entry that forgets"):
                clerk.execute(
                    "INSERT INTO public.erasures SELECT station, seq, 'x' FROM public.heads"
                )
    finally:
        roles.admin.execute("DROP SCHEMA beside CASCADE")


def test_the_role_cannot_empty_the_access_log(roles: Roles) -> None:
    with psycopg.connect(roles.clerk, autocommit=True) as clerk:
        clerk.execute(
            "INSERT INTO access_log (station, seq, at, method, route, outcome) VALUES "
            "(%s, 1, to_char(now(), 'YYYY-MM-DD'), 'GET', '/api/donors', 'looked')",
            (STATION,),
        )
        with pytest.raises(psycopg.errors.IntegrityError, match="when its time is over"):
            clerk.execute("DELETE FROM access_log")
        assert refused(clerk, "UPDATE access_log SET at = '2000-01-01'")


def test_a_role_with_additional_rights_is_granted_nothing(roles: Roles) -> None:
    roles.admin.execute("GRANT DELETE ON entries TO PUBLIC")
    try:
        with pytest.raises(
            StoreError, match="clerk may change entries, because of rights of everybody"
        ):
            grant_access(roles.owner, "clerk")
    finally:
        roles.admin.execute("REVOKE DELETE ON entries FROM PUBLIC")
    roles.admin.execute("GRANT DELETE, TRUNCATE ON entries TO clerk")
    grant_access(roles.owner, "clerk")
    with psycopg.connect(roles.clerk, autocommit=True) as clerk:
        assert refused(clerk, "DELETE FROM entries")


def test_owners_superusers_and_unknown_roles_are_granted_nothing(roles: Roles) -> None:
    with pytest.raises(NotFound, match="there is no role nobody"):
        grant_access(roles.owner, "nobody")
    with pytest.raises(InvalidField, match="keeper owns the tables"):
        grant_access(roles.owner, "keeper")
    with pytest.raises(InvalidField, match="postgres is a superuser"):
        grant_access(roles.owner, "postgres")
    with pytest.raises(StoreError, match="only the owner of the tables"):
        grant_access(roles.clerk, "pg_monitor")
    with pytest.raises(InvalidField, match=r"books.db is a file"):
        grant_access("books.db", "clerk")


def test_the_grant_command_prints_what_the_role_may_do(
    roles: Roles, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["database", "grant", "clerk", "--database", roles.owner]) == 0
    assert "clerk may read the books and record in them" in capsys.readouterr().out
