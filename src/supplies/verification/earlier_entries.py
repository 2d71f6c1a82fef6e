"""Read what trusted entries recorded, to check later entries that refer to it.

Entries are trusted up to a checkpoint if only the entries after the checkpoint are verified.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from operator import itemgetter

import msgspec

from supplies.domain.entries import Body, decode_body
from supplies.domain.entry_rows import EntryRow
from supplies.storage.store import Row
from supplies.verification.reader import Reader
from supplies.verification.records import ROW_TABLES, Rows

_SAME_DOCUMENT = """
SELECT DISTINCT e.seq - e.part FROM entries n CROSS JOIN entries e
WHERE n.station = :station AND n.seq > :through
AND e.station = n.station AND e.document = n.document AND e.seq <= :through
"""
"""SQL for the first entry of each trusted command whose document is changed by later entries."""

_COMMAND = """
SELECT seq, body FROM entries WHERE station = :station AND seq >= :first AND seq <= :through
AND seq < coalesce((
    SELECT n.seq FROM entries n WHERE n.station = :station AND n.seq > :first AND n.part = 0
    ORDER BY n.seq LIMIT 1
), :through + 1)
ORDER BY seq
"""


def read_earlier_commands(reader: Reader, through: int) -> Iterator[list[Body]]:
    """Yield the entries of trusted commands whose documents are changed by later entries.

    Each list has the entries of one command. The commands are in the order of their entries.

    Args:
        through: Number of the last trusted entry.

    Raises:
        BooksBroken: an entry cannot be decoded.
    """
    given = {"station": reader.station, "through": through}
    for (first,) in sorted(reader.store.all(_SAME_DOCUMENT, given)):
        rows = reader.store.all(_COMMAND, {**given, "first": first})
        yield [_decode(reader, seq, content) for seq, content in rows]


def _decode(reader: Reader, seq: int, content: bytes) -> Body:
    try:
        return decode_body(content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise reader.broken("entries", "body", seq, "an entry as JSON", error) from None


def read_earlier_rows(reader: Reader, through: int, kinds: Sequence[type[EntryRow]]) -> Rows:
    """Return all rows of some types that trusted entries wrote, in the order of their entries.

    Rows of other types are left out.

    Args:
        through: Number of the last trusted entry.
    """
    found: defaultdict[type[EntryRow], list[Row]] = defaultdict(list)
    for kind in kinds:
        table = ROW_TABLES[kind]
        found[kind] = reader.earlier(table.name, ", ".join(table.columns), through)
        found[kind].sort(key=itemgetter(0))
    return found
