"""`supplies database …`: what concerns the engine that keeps the books."""

from __future__ import annotations

import argparse

from supplies.storage.store import grant


def grant_role(arguments: argparse.Namespace) -> int:
    """Let another role record in the books, and alter nothing in them."""
    grant(arguments.database, arguments.role)
    print(
        f"{arguments.role} may read the books and record in them, and change or delete nothing "
        "that was recorded. Run this again after each upgrade of the tables."
    )
    return 0
