"""`supplies verify --jsonl`: verify a file with all entries of a station."""

from __future__ import annotations

from pathlib import Path

from supplies.cli.checkpoints import check_any_applies
from supplies.cli.receipt_check import read_public_key_file
from supplies.cli.tables import print_json
from supplies.domain.plurals import counted
from supplies.errors import InvalidField
from supplies.verification.checkpoint_sources import read_witnesses
from supplies.verification.entry_lines import station_of_line, verify_lines


def print_verified_file(
    name: str, station: str | None, key: str | None, witnesses: tuple[str, ...], *, as_json: bool
) -> None:
    """Verify a file of entries. Print how many entries and checkpoints were verified.

    Args:
        station: The station whose entries the file must contain. If None, any station is allowed.
        key: File with the public keys of the station. If None, checkpoints with any key are
            accepted.
        witnesses: Files and URLs of checkpoints.

    Raises:
        BooksBroken: an entry is missing or was changed.
        InvalidField: the file cannot be read, or is not a file of entries.
    """
    try:
        with Path(name).open("rb") as file:
            found = station_of_line(file.readline(), name)
            if station not in (None, found):
                raise InvalidField(f"{name} has the entries of station {found}, not of {station}")
            keys = None if key is None else read_public_key_file(key)
            known = read_witnesses({found}, witnesses, keys)
            file.seek(0)
            verified = verify_lines(file, name, witnesses=known)
    except OSError as error:
        raise InvalidField(f"{name} cannot be read ({error.strerror})") from error
    compared = check_any_applies(known, {found})
    if as_json:
        print_json(verified)
        return
    print(
        f"{counted(verified.entries, 'entry', 'entries')} of station {found} are a hash chain "
        f"without gaps. Its last hash is {verified.hash}."
    )
    if compared:
        print(f"The entries of {counted(compared, 'checkpoint')} are in the file.")
    else:
        print(
            "To find out whether entries are missing at the end, compare the hash with a later "
            "receipt, or name a checkpoint with --witness."
        )
