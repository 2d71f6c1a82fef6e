"""Read and write checkpoints for `supplies verify`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from supplies.cli.paper_files import OutputFile
from supplies.errors import InvalidField
from supplies.ledger.ledger import system_clock
from supplies.signing.checkpoints import (
    MAX_FILE_BYTES,
    Checkpoint,
    check_checkpoint,
    read_checkpoints,
    write_checkpoints,
)
from supplies.signing.receipt_signatures import PublicKeys
from supplies.signing.station_keys import StationKeys
from supplies.storage.store import Store
from supplies.verification.checkpoints import sign_checkpoints
from supplies.verification.verify import Verified

_TIMEOUT_SECONDS = 30.0


def read_witnesses(
    stations: Collection[str], names: Sequence[str], keys: PublicKeys | None
) -> list[Checkpoint]:
    """Read checkpoints from files and web addresses, and check their signatures.

    Args:
        stations: The stations whose checkpoints must be signed with one of `keys`.
        keys: The public keys of these stations. If None, any key is accepted. Checkpoints of other
            stations may have any key.

    Raises:
        InvalidField: a file cannot be read, or a checkpoint was altered or forged.
    """
    found = [each for name in names for each in read_checkpoints(_read(name), name)]
    for each in found:
        check_checkpoint(each, keys if each.by in stations else None)
    return found


def check_any_applies(checkpoints: Sequence[Checkpoint], stations: Collection[str]) -> int:
    """Return how many of the checkpoints belong to the verified stations.

    Raises:
        InvalidField: there are checkpoints, but none of them belongs to a verified station.
    """
    count = sum(each.station in stations for each in checkpoints)
    if checkpoints and not count:
        other = ", ".join(sorted({each.station for each in checkpoints}))
        raise InvalidField(f"the checkpoints are of other stations ({other}) than these books")
    return count


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
        self._before = _read_file(name) if Path(name).exists() else ""
        if self._before:
            read_checkpoints(self._before, name)

    def __str__(self) -> str:
        """Return the name of the file."""
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
                store, self._keys, each.station, each.entries, each.head, at=now
            )
        ]
        content = self._before + write_checkpoints(signed)
        self._output.write(content.encode(), is_public=True)


def _read(name: str) -> str:
    return _download(name) if name.startswith(("http://", "https://")) else _read_file(name)


def _download(address: str) -> str:
    try:
        with urlopen(address, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310  # http or https
            content: bytes = answer.read(MAX_FILE_BYTES + 1)
    except (URLError, OSError, ValueError) as error:
        raise InvalidField(
            f"{address} cannot be read ({error}); name the address of a service, as in "
            "https://example.org/api/witness"
        ) from error
    return _decode(content, address)


def _read_file(name: str) -> str:
    try:
        with Path(name).open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InvalidField(
            f"{name} cannot be read ({error.strerror}); name a file of checkpoints"
        ) from error
    return _decode(content, name)


def _decode(content: bytes, name: str) -> str:
    if len(content) > MAX_FILE_BYTES:
        raise InvalidField(f"{name} is larger than {MAX_FILE_BYTES} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InvalidField(f"{name} is not a file of checkpoints") from error
