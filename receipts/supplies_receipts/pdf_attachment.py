"""A file inside a PDF, and whether two PDFs show the same: the only room that knows pikepdf."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import pikepdf
from pikepdf import AttachedFileSpec, Name, ObjectStreamMode, Pdf

LARGEST = 1 << 20
"""Bytes of an attachment beyond which it is not ours, and not read."""

_OF_THE_FILE = {"/Pages", "/Names", "/Metadata", "/AF", "/Type"}
"""What of a PDF's root is compared by itself, or shows nothing."""


_BROKEN = (
    pikepdf.PdfError,
    pikepdf.PasswordError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What reading raises where a stranger's PDF has one kind of thing in the place of another."""


class Unreadable(Exception):
    """The bytes are no PDF, or one that is damaged where it was read."""


@contextmanager
def opened(content: bytes) -> Iterator[Pdf]:
    """A PDF for reading. One that must be mended first is refused: readers would mend it apart."""
    try:
        with pikepdf.open(BytesIO(content), attempt_recovery=False) as pdf:
            yield pdf
    except _BROKEN as error:
        raise Unreadable(str(error)) from error


def attach(pdf: bytes, name: str, content: bytes, says: str) -> bytes:
    """The PDF with a JSON file inside. The same arguments give the same bytes.

    says: what a reader's list of attachments tells of it.
    """
    with opened(pdf) as target:
        target.attachments[name] = AttachedFileSpec(
            target,
            content,
            filename=name,
            mime_type="application/json",
            description=says,
            relationship=Name.Data,
        )
        out = BytesIO()
        target.save(out, deterministic_id=True, object_stream_mode=ObjectStreamMode.generate)
    return out.getvalue()


def attached(pdf: Pdf, name: str) -> bytes | None:
    """The file of this name inside a PDF, or None."""
    if name not in pdf.attachments:
        return None
    file = pdf.attachments[name].get_file()
    if file.size > LARGEST:
        raise Unreadable(f"{name} is {file.size} bytes large")
    return file.read_bytes()


def titles(pdf: Pdf) -> tuple[str, str, str]:
    """What a PDF says of itself, as a reader's window shows it: subject, title and author."""
    subject, title, author = (
        str(pdf.docinfo.get(key, "")) for key in ("/Subject", "/Title", "/Author")
    )
    return subject, title, author


def show_the_same(one: Pdf, other: Pdf) -> bool:
    """Whether two PDFs have the same pages, drawn alike, and the same files inside.

    What a program may change that only saves a file anew does not count: compression, the order
    of objects, dates. Anything else does: a note upon a page, a form, a script, another font.
    """
    if len(one.pages) != len(other.pages) or titles(one) != titles(other):
        return False
    if set(one.attachments) != set(other.attachments):
        return False
    if any(attached(one, name) != attached(other, name) for name in one.attachments):
        return False
    same = _Comparison()
    roots = [
        {key: value for key, value in pdf.Root.items() if key not in _OF_THE_FILE}
        for pdf in (one, other)
    ]
    if set(roots[0]) != set(roots[1]) or _names(one) != _names(other):
        return False
    return all(same.of(roots[0][key], roots[1][key]) for key in roots[0]) and all(
        same.of(page.obj, drawn.obj) for page, drawn in zip(one.pages, other.pages, strict=True)
    )


def _names(pdf: Pdf) -> set[str]:
    """What kinds of named things a PDF holds: files, scripts."""
    return set(pdf.Root.get("/Names", pikepdf.Dictionary()).keys())


class _Comparison:
    """Compares what two PDFs hold, however deep, and each shared object once."""

    def __init__(self) -> None:
        self._met: set[tuple[tuple[int, int], tuple[int, int]]] = set()

    def of(self, one: object, other: object) -> bool:
        if not (isinstance(one, pikepdf.Object) and isinstance(other, pikepdf.Object)):
            return type(one) is type(other) and one == other
        if one._type_code != other._type_code:
            return False
        if one.is_indirect and other.is_indirect:
            pair = (one.objgen, other.objgen)
            if pair in self._met:
                return True
            self._met.add(pair)
        if isinstance(one, pikepdf.Stream):
            return one.read_bytes() == other.read_bytes() and self._entries(
                one, other, {"/Length", "/Filter", "/DecodeParms"}
            )
        if isinstance(one, pikepdf.Dictionary):
            return self._entries(one, other, {"/Parent"})
        if isinstance(one, pikepdf.Array):
            return len(one) == len(other) and all(map(self.of, one, other))
        return bool(one == other)

    def _entries(self, one: pikepdf.Object, other: pikepdf.Object, but: set[str]) -> bool:
        names = set(one.keys()) - but
        return names == set(other.keys()) - but and all(
            self.of(one[name], other[name]) for name in names
        )
