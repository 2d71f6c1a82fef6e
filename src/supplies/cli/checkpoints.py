"""Read and write checkpoints for `supplies verify`.

A checkpoint is a signed line of text with the number and hash of a station's last entry.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from supplies.cli.paper_files import OutputFile
from supplies.errors import InvalidField
from supplies.ledger.clock import system_clock
from supplies.signing.checkpoints import Checkpoint, read_checkpoints, write_checkpoints
from supplies.signing.receipt_signatures import PublicKeys
from supplies.signing.station_keys import StationKeys
from supplies.storage.store import Store
from supplies.verification.checkpoint_sources import read_file, read_witnesses
from supplies.verification.checkpoints import sign_checkpoints
from supplies.verification.verify import Verified


def check_any_applies(checkpoints: Sequence[Checkpoint], stations: Collection[str]) -> int:
    """Return how many checkpoints belong to the verified stations. There must be at least one.

    If no checkpoints are given, the result is 0.

    Raises:
        InvalidField: there are checkpoints, but none of them belongs to a verified station.
    """
    count = sum(each.station in stations for each in checkpoints)
    if checkpoints and not count:
        other = ", ".join(sorted({each.station for each in checkpoints}))
        raise InvalidField(f"the checkpoints are of other stations ({other}) than these books")
    return count


def read_trusted(stations: Collection[str], name: str, keys: PublicKeys | None) -> list[Checkpoint]:
    """Read those checkpoints in a file that stations signed themselves, and check the signatures.

    Args:
        stations: The stations in the database.
        keys: The public keys of these stations.

    Raises:
        InvalidField: the file cannot be read or contains no such checkpoint, a checkpoint was
            altered or forged, or `keys` is None.
    """
    if keys is None:
        raise InvalidField(
            "--since checks the signatures of checkpoints, but the key file of these books is "
            "missing; name the public keys of the station with --key"
        )
    found = [
        each
        for each in read_witnesses(stations, [name], keys)
        if each.by == each.station and each.station in stations
    ]
    if not found:
        raise InvalidField(
            f"{name} contains no checkpoint that a station of these books signed for itself; "
            "`supplies verify --checkpoint FILE` writes one"
        )
    return found


class CheckpointFile:
    """A file to which checkpoints are added.

    The constructor checks the file, so that a command fails before it reads the books.

    Raises:
        InvalidField: the file is not a file of checkpoints, or is a file of the books.
        StoreError: the file or the key file cannot be read.
    """

    def __init__(self, name: str, database: str) -> None:
        self._output = OutputFile(name, database, force=True)
        self._keys = StationKeys.for_database(database)
        self._before = read_file(name) if Path(name).exists() else ""
        if self._before:
            read_checkpoints(self._before, name)

    def __str__(self) -> str:
        return str(self._output)

    def add(self, store: Store, verified: Verified) -> None:
        """Add a checkpoint for each verified station to the file.

        Raises:
            StoreError: the file cannot be written.
        """
        now = system_clock()
        signed = [
            checkpoint
            for each in verified.stations
            for checkpoint in sign_checkpoints(
                store, self._keys, each.station, each.entries, each.hash, at=now
            )
        ]
        content = self._before + write_checkpoints(signed)
        self._output.write(content.encode(), is_public=True)
