"""Draw receipts with their signed record attached, and check such receipts.

The page of a receipt is drawn from the record that is attached to the PDF. To check a receipt,
verify the signature of the record, draw the page from the record again, and compare both pages. The
file may come from anybody, so it is read in a sandbox.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

import msgspec

from supplies.errors import SuppliesError
from supplies.papers.receipt import ReceiptRecord
from supplies.signing.receipt_signatures import (
    NotGenuine,
    NotGenuineReason,
    PublicKeys,
    check_key,
    check_marks,
    check_record,
    has_unsigned_marks,
    paper_from_record,
    read_record,
)
from supplies_receipts import pdf_attachment as attachment
from supplies_receipts.drawing import fonts
from supplies_receipts.papers.receipt import TITLE, draw_receipt
from supplies_receipts.sandbox import Sandbox, WorkerCrashed

ATTACHMENT = "supplies-receipt.json"
"""File name of the signed record that is attached to a receipt."""

_ATTACHMENT_DESCRIPTION = "凭证 This receipt as data, signed"


def draw_signed_receipt(record: ReceiptRecord) -> bytes:
    """Return the receipt as a PDF with its record attached.

    The same record always gives the same bytes.
    """
    return _as_pdf(msgspec.structs.replace(record, drawn_by=_program()))


def check_receipt(pdf: bytes, keys: PublicKeys | None) -> ReceiptRecord:
    """Check that a receipt is genuine, and return its record.

    Args:
        keys: The station's public keys, by id. If None, a signature by any key is accepted. Anybody
            can make such a signature, so also look the receipt up in the books.

    Raises:
        NotGenuine: the file is not a receipt, was altered, or was signed with another key.
    """
    try:
        answer = _apart(
            msgspec.msgpack.encode(_Question(pdf, None if keys is None else dict(keys)))
        )
    except WorkerCrashed as error:
        raise NotGenuine(
            "no-receipt",
            f"this file is not a receipt of this program: it could not be read ({error})",
        ) from error
    found = msgspec.msgpack.decode(answer, type=_Answer)
    if found.fault is not None:
        raise NotGenuine(found.fault, found.detail, found.record)
    assert found.record is not None, "a genuine paper has a record"
    return found.record


class _Question(msgspec.Struct, frozen=True, array_like=True):
    pdf: bytes
    keys: dict[str, str] | None


class _Answer(msgspec.Struct, frozen=True, array_like=True):
    record: ReceiptRecord | None
    fault: NotGenuineReason | None = None
    detail: str = ""


_apart = Sandbox(__name__, "answer")


def prepare() -> None:
    """Load the modules and fonts that are needed to check a receipt.

    The sandbox calls this once at its start, so that no check has to wait for loading.
    """
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: F401  # imported only to load it

    _program()
    fonts.width(TITLE.zh, 10)


def answer(question: bytes) -> bytes:
    """Check one receipt within the sandbox.

    `question` contains the PDF and the public keys. `question` and the result are encoded as
    MessagePack.
    """
    asked = msgspec.msgpack.decode(question, type=_Question)
    try:
        answer = _Answer(_verified_record(asked.pdf, asked.keys))
    except NotGenuine as error:
        answer = _Answer(error.record, error.fault, error.detail)
    return msgspec.msgpack.encode(answer)


def _verified_record(pdf: bytes, keys: PublicKeys | None) -> ReceiptRecord:
    record = _attached_record(pdf)
    check_record(record)
    check_marks(record)
    if keys is not None:
        check_key(record, keys)
    if not _drawn_alike(pdf, record):
        if record.drawn_by == _program():
            raise NotGenuine(
                "altered", "this paper was altered: its page differs from its signed data"
            )
        raise NotGenuine(
            "other-version",
            "the signed data in this paper is genuine, but its page was drawn by another version "
            f"of the program ({_printable(record.drawn_by)}) and cannot be compared by this one "
            f"({_program()}): do not trust the page, only the data inside it, or check the paper "
            "with that version",
            record,
        )
    if has_unsigned_marks(record):
        raise NotGenuine(
            "unsigned-marks",
            "the receipt in this paper is genuine, but what a later printing added to it (void, "
            "copy or given back) is not signed: trust the books, or ask for a new print",
            record,
        )
    return record


def _attached_record(pdf: bytes) -> ReceiptRecord:
    """Return the record that is attached to a receipt. Its signature is not verified here.

    Raises:
        NotGenuine: no record can be read from the file.
    """
    ours = False
    try:
        with attachment.opened(pdf) as paper:
            subject, title, _ = attachment.titles(paper)
            ours = subject == "supplies" and title.startswith(TITLE.zh)
            content = attachment.attached(paper, ATTACHMENT)
    except attachment.Unreadable as error:
        if ours:
            raise NotGenuine(
                "altered", "this paper was altered or damaged: the data inside cannot be read"
            ) from error
        raise NotGenuine(
            "no-receipt", "this file is not a receipt of this program: it is not a valid PDF"
        ) from error
    if content is not None:
        return read_record(content)
    if ours:
        raise NotGenuine(
            "no-attachment",
            "this looks like a receipt, but the signed data inside it was taken out; "
            "ask for the file as the station issued it",
        )
    raise NotGenuine("no-receipt", "this file is not a receipt of this program")


def _drawn_alike(pdf: bytes, record: ReceiptRecord) -> bool:
    try:
        drawn = _as_pdf(record)
    except SuppliesError:  # A genuine record can always be drawn.
        return False
    if drawn == pdf:
        return True
    if not attachment.is_plain_file(pdf):
        return False
    try:
        with attachment.opened(pdf) as one, attachment.opened(drawn) as other:
            return attachment.show_the_same(one, other)
    except attachment.Unreadable:  # A page that cannot be read is not the same.
        return False


def _as_pdf(record: ReceiptRecord) -> bytes:
    page = draw_receipt(paper_from_record(record))
    return attachment.attach(page, ATTACHMENT, msgspec.json.encode(record), _ATTACHMENT_DESCRIPTION)


@cache
def _program() -> str:
    """Return the versions of this program and of reportlab, on which the look of a page depends."""
    return f"supplies {version('supplies')}, reportlab {version('reportlab')}"


def _printable(text: str) -> str:
    """Return a text from an untrusted file if it is short and printable, else a placeholder."""
    return text if text.isprintable() and 0 < len(text) <= 60 else "it does not say which"
