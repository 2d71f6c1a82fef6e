"""Print whether the users, credentials, settings and access log in a copy of books were checked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from click.exceptions import Exit

from supplies.domain.plurals import counted

if TYPE_CHECKING:
    from supplies.verification.seals import SealedRows
    from supplies.verification.verify import Verified


def print_seals(verified: Verified) -> None:
    """Print which rows were checked, for each station in a copy. Print differences to stderr."""
    for each in verified.stations:
        if each.access.difference is None:
            print(seal_sentence(each.station, each.access))
        else:
            print(
                f"supplies: the copy is complete, but it differs: {each.access.difference}",
                file=sys.stderr,
            )


def exit_if_changed(verified: Verified) -> None:
    """End the command if a copy contains rows that were changed without the keys.

    Raises:
        Exit: with status 1.
    """
    if any(each.access.difference is not None for each in verified.stations):
        raise Exit(1)


def seal_sentence(station: str, access: SealedRows) -> str:
    """Return a sentence that says how many users, settings and other rows were checked."""
    what = "users, credentials, settings and access log"
    if access.state == "no-keys":
        return f"Not compared for station {station}, because the key file is not here: {what}."
    if access.state == "not-sealed":
        return f"Not compared for station {station}, because they are not sealed yet: {what}."
    day = "" if access.since is None else f" since {access.since[:10]}"
    text = (
        f"Only programs with the keys of station {station} changed its users, credentials and "
        f"settings ({counted(access.rows, 'row')}) and its access log "
        f"({counted(access.lines, 'line')}){day}."
    )
    if access.earlier_lines:
        text += f" {counted(access.earlier_lines, 'older line')} were not compared."
    if not access.has_last_seal:
        text += " Whether the last of these changes were undone is not known here."
    return text
