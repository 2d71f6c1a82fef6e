"""Attach a file to a PDF, read it back, and compare two PDFs. Only this module imports pikepdf."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from io import BytesIO

import pikepdf
from pikepdf import AttachedFileSpec, Name, ObjectStreamMode, Pdf

LARGEST = 1 << 20
"""Maximum size of an attachment that is read, in bytes. The record of a receipt is smaller."""

_COMPARED_SEPARATELY = {"/Pages", "/Names", "/Metadata", "/AF", "/Type"}
"""Keys of the PDF catalog that are left out when two catalogs are compared.

Their values are compared in another way, or do not change what the pages show.
"""

_PAGE_TREE_KEYS = {"/Type", "/Kids", "/Count", "/Parent"}
"""The only keys that are allowed in a node of the page tree.

Pages would inherit the values of other keys.
"""

_NOT_COMPARED = {"/Parent", "/CreationDate", "/ModDate"}
"""Keys that are left out when two dictionaries are compared: dates, and the parent of a page.

The parent cannot change the page, because `_pages` refuses properties that pages would inherit.
"""

_STREAM_ENCODING = {"/Length", "/Filter", "/DecodeParms"}

_HEADER, _END = b"%PDF-", b"%%EOF"


_BROKEN = (
    pikepdf.PdfError,
    pikepdf.PasswordError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""Exceptions that pikepdf raises for a damaged PDF, or for objects of unexpected types."""


class Unreadable(Exception):
    """Raised if the bytes are not a PDF, or if the PDF is damaged."""


@contextmanager
def opened(content: bytes) -> Iterator[Pdf]:
    """Open a PDF for reading, within a `with` block.

    A damaged PDF is refused, because different programs would repair it differently.

    Raises:
        Unreadable: the bytes are not a PDF, or the PDF is damaged.
    """
    try:
        with pikepdf.open(BytesIO(content), attempt_recovery=False) as pdf:
            yield pdf
    except _BROKEN as error:
        raise Unreadable(str(error)) from error


def attach(pdf: bytes, name: str, content: bytes, description: str) -> bytes:
    """Return the PDF with a JSON file attached. The same arguments give the same bytes.

    Args:
        description: The description of the attachment, which PDF viewers show.
    """
    with opened(pdf) as target:
        target.attachments[name] = AttachedFileSpec(
            target,
            content,
            filename=name,
            mime_type="application/json",
            description=description,
            relationship=Name.Data,
        )
        out = BytesIO()
        target.save(out, deterministic_id=True, object_stream_mode=ObjectStreamMode.generate)
    return out.getvalue()


def attached(pdf: Pdf, name: str) -> bytes | None:
    """Return the content of the attachment with this name, or None if there is none.

    Raises:
        Unreadable: the attachment is larger than `LARGEST`.
    """
    if name not in pdf.attachments:
        return None
    file = pdf.attachments[name].get_file()
    if file.size > LARGEST:
        raise Unreadable(f"{name} is {file.size} bytes large")
    return file.read_bytes()


def titles(pdf: Pdf) -> tuple[str, str, str]:
    """Return the subject, title and author of a PDF. A missing one is an empty text."""
    subject, title, author = (
        str(pdf.docinfo.get(key, "")) for key in ("/Subject", "/Title", "/Author")
    )
    return subject, title, author


def is_plain_file(content: bytes) -> bool:
    """Return whether a PDF has no bytes before its header or after its end.

    A file with such bytes may look like a file of another format to other programs.
    """
    return content.startswith(_HEADER) and content.rstrip(b"\r\n \0").endswith(_END)


def show_the_same(one: Pdf, other: Pdf) -> bool:
    """Return whether two PDFs show the same pages and have the same attachments.

    Differences that arise when a program saves a file again are ignored: compression, the order of
    objects, and dates. All other differences count, such as an annotation, a form, a script or
    another font.
    """
    if titles(one) != titles(other) or set(one.attachments) != set(other.attachments):
        return False
    pages = [_pages(pdf) for pdf in (one, other)]
    if len(pages[0]) != len(pages[1]):
        return False
    same = _Comparison()
    roots = [
        {key: value for key, value in pdf.Root.items() if key not in _COMPARED_SEPARATELY}
        for pdf in (one, other)
    ]
    if set(roots[0]) != set(roots[1]) or _names(one) != _names(other):
        return False
    return (
        all(same.of(roots[0][key], roots[1][key]) for key in roots[0])
        and all(map(same.of, *pages))
        and all(
            same.of(one.attachments[name].obj, other.attachments[name].obj)
            for name in one.attachments
        )
        and same.of(_associated_files(one), _associated_files(other))
    )


def _pages(pdf: Pdf) -> list[pikepdf.Object]:
    """Return the pages of a PDF.

    Raises:
        Unreadable: a page is in the page tree twice, or a node of the tree has a wrong number of
            pages or has properties that its pages would inherit.
    """
    pages: list[pikepdf.Object] = []
    met: set[tuple[int, int]] = set()

    def add(node: pikepdf.Object) -> None:
        if node.is_indirect and node.objgen in met:
            raise Unreadable("a page is in the page tree twice")
        met.add(node.objgen)
        if node.get("/Type") == Name.Page:
            pages.append(node)
            return
        before = len(pages)
        for child in node.Kids:
            add(child)
        if node.Count != len(pages) - before or set(node.keys()) - _PAGE_TREE_KEYS:
            raise Unreadable("the page tree is damaged")

    add(pdf.Root.Pages)
    return pages


def _names(pdf: Pdf) -> set[str]:
    """Return the kinds of named objects in a PDF, such as attachments and scripts."""
    return set(pdf.Root.get("/Names", pikepdf.Dictionary()).keys())


def _associated_files(pdf: Pdf) -> pikepdf.Object:
    """Return the associated files of a PDF (`/AF`), which viewers list as attachments."""
    return pdf.Root.get("/AF", pikepdf.Array())


class _Comparison:
    """Compares the objects of two PDFs recursively.

    Each pair of objects is compared only once.
    """

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
                one, other, _STREAM_ENCODING
            )
        if isinstance(one, pikepdf.Dictionary):
            return self._entries(one, other)
        if isinstance(one, pikepdf.Array):
            return len(one) == len(other) and all(map(self.of, one, other))
        return bool(one == other)

    def _entries(
        self, one: pikepdf.Object, other: pikepdf.Object, but: AbstractSet[str] = frozenset()
    ) -> bool:
        names = set(one.keys()) - but - _NOT_COMPARED
        return names == set(other.keys()) - but - _NOT_COMPARED and all(
            self.of(one[name], other[name]) for name in names
        )
