"""`supplies database …`: grant access to a PostgreSQL database."""

from __future__ import annotations

import click

from supplies.cli.arguments import database_option
from supplies.cli.click_extensions import Group


@click.group(cls=Group)
def database() -> None:
    """Grant access to a PostgreSQL database."""


@database.command("grant")
@click.argument("role", metavar="ROLE")
@database_option
def grant_role(database: str, role: str) -> None:
    """Let the server role ROLE read the books and record in them.

    ROLE must not own the tables. It cannot change or delete what was recorded.
    """
    from supplies.storage.engines import grant_access

    grant_access(database, role)
    print(
        f"{role} may read the books and record in them, and change or delete nothing "
        "that was recorded. Run this again after each upgrade of the tables."
    )
