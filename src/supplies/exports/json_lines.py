"""Write all entries with their hashes as JSON Lines, so that others can check the hash chain."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from supplies.books.reader import Books
from supplies.verification.entry_lines import EntryLine

_ENTRIES_AT_ONCE = 50
"""How many entries are read together. Each may have 500 transfers, and thousands of bytes."""


def entry_lines(books: Books) -> Iterator[bytes]:
    """Yield each entry as a JSON line with its hash and the bytes that were hashed.

    `supplies.verification.entry_lines.verify_lines` checks such lines. The bytes contain no
    personal data: instead of free texts, they contain digests.
    """
    encode = msgspec.json.Encoder().encode
    last, after = books.last_entry().seq, 0
    while after < last:
        for seq, body, digest in books.all(
            "SELECT seq, body, hash FROM entries WHERE station = :station AND seq > :after "
            f"AND seq <= :last ORDER BY seq LIMIT {_ENTRIES_AT_ONCE}",
            after=after,
            last=last,
        ):
            yield encode(EntryLine(msgspec.Raw(bytes(body)), bytes(digest).hex())) + b"\n"
            after = seq
