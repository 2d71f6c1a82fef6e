"""Write papers and other output of commands to files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from supplies.errors import AlreadyDone, InvalidField, StoreError

if TYPE_CHECKING:
    from supplies.ledger.ledger import Ledger

_PUBLIC = 0o644
"""File mode of files without names or addresses of people, before the umask is applied."""


def draw_receipt(ledger: Ledger, database: str, number: str) -> bytes:
    """Draw a receipt as PDF, as it was issued, and attach its signed data."""
    from supplies_receipts import draw_signed_receipt

    from supplies.signing.station_keys import StationKeys
    from supplies.views.receipt_papers import build_receipt_record

    keys = StationKeys.for_database(database)
    with ledger.reading() as books:
        record = build_receipt_record(books, number, keys.sign)
    return draw_signed_receipt(record)


def make_folder(path: Path, database: str) -> None:
    """Create a folder for papers or lists and its parent folders, if they do not exist.

    Raises:
        InvalidField: the path belongs to the files of the books.
        StoreError: the folder cannot be created.
    """
    from supplies.maintenance.protected_files import refuse_files_of_books

    refuse_files_of_books(path.resolve(), database)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be created ({error.strerror}); name another folder"
        ) from error


class OutputFile:
    """A file that a command writes. Commands write files only through this class.

    The constructor checks the file and its folder, so that a command fails before it records
    anything or draws a paper.

    Args:
        database: The database of the books. Its files are never overwritten.
        force: Whether to replace the file if it exists.

    Raises:
        InvalidField: the file is a database, a key file or a file of the books, or not a regular
            file.
        AlreadyDone: the file exists, and `force` is False.
        StoreError: the folder of the file cannot be read or written.
    """

    def __init__(self, name: str, database: str, *, force: bool = False) -> None:
        from supplies.storage.atomic_files import draft_file

        self._path, self._database, self._force = Path(name), database, force
        self._check()
        with draft_file(self._path):
            pass  # An empty file was created in the folder and deleted again.

    def __str__(self) -> str:
        return str(self._path)

    def write(self, content: bytes, *, is_public: bool = False) -> None:
        """Write a temporary file, then rename it to the name of the file.

        Args:
            is_public: Whether the content has no names or addresses of people. If it has any, only
                the owner can read the file.

        Raises:
            InvalidField: the file is a database, a key file or a file of the books, or it is not a
                regular file.
            AlreadyDone: the file exists, and `force` is False.
            StoreError: the file cannot be written.
        """
        with self.draft(is_public=is_public) as draft:
            draft.write_bytes(content)

    @contextmanager
    def draft(self, *, is_public: bool = False) -> Iterator[Path]:
        """Yield the path of an empty temporary file for the `with` block to write.

        After the block, rename the temporary file to the name of the file.

        Args:
            is_public: As in `write`.

        Raises:
            InvalidField: as in `write`.
            AlreadyDone: the file exists, and `force` is False.
            StoreError: the file cannot be written.
        """
        from supplies.storage.atomic_files import PRIVATE, new_file

        self._check()  # Check again, because drawing took a while.
        mode = _PUBLIC if is_public else PRIVATE
        with new_file(self._path, mode=mode, replace=self._force) as draft:
            yield draft

    def _check(self) -> None:
        from supplies.maintenance.protected_files import refuse_files_of_books
        from supplies.storage.atomic_files import exists

        refuse_files_of_books(self._path, self._database)
        if not exists(self._path):
            return
        if not self._path.is_file():
            raise InvalidField(f"{self} is a folder or a device; name a file")
        if not self._force:
            raise AlreadyDone(f"{self} exists already; name another file, or add --force")


def report_output(output: str | None, database: str, *, force: bool) -> OutputFile | None:
    """Return the file that a report is written to, or None to print it on the terminal.

    Args:
        output: The name of the file, or None.
        force: Whether to replace the file if it exists.

    Raises:
        InvalidField: `force` is set without a file, or the file may not be written.
        AlreadyDone: the file exists, and `force` is False.
    """
    if output is not None:
        return OutputFile(output, database, force=force)
    if force:
        raise InvalidField("--force replaces a file: name it with --output FILE")
    return None


def write_report(file: OutputFile, name: str, content: bytes, *, is_public: bool = False) -> None:
    """Write the PDF of a report to a file, and print the name of the file.

    Raises:
        StoreError: the file cannot be written.
    """
    file.write(content, is_public=is_public)
    print(f"The {name} is in {file}.")
