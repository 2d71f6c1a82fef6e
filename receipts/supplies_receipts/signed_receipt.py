"""A receipt that carries its own proof, and the checking of one that somebody holds.

The PDF is a function of the record attached inside it: to check a paper its record is weighed,
and its page drawn again from the record and compared. A file that somebody holds is a stranger's:
it is read in a process of its own.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

import msgspec

from supplies.errors import SuppliesError
from supplies.papers.receipt import ReceiptRecord
from supplies.signing.receipt_signatures import (
    Fault,
    NotGenuine,
    PublicKeys,
    check_key,
    check_record,
    paper_of,
    read_record,
)
from supplies_receipts import pdf_attachment as attachment
from supplies_receipts.drawing import fonts
from supplies_receipts.papers.receipt import TITLE, donation_receipt
from supplies_receipts.sandbox import Apart, Died

ATTACHMENT = "supplies-receipt.json"
"""The name of the record inside a receipt's PDF."""

_SAYS = "凭证 This receipt as data, signed"


def proven_receipt(record: ReceiptRecord) -> bytes:
    """The receipt as a PDF with its record inside: the same record gives the same bytes."""
    return _made(msgspec.structs.replace(record, drawn_by=_program()))


def check_receipt(pdf: bytes, keys: PublicKeys | None) -> ReceiptRecord:
    """The record of a genuine receipt; NotGenuine, with the way in which it is not, for any other.

    keys: the station's; None where the books themselves will tell whether the paper is theirs.
    """
    try:
        answer = _apart(
            msgspec.msgpack.encode(_Question(pdf, None if keys is None else dict(keys)))
        )
    except Died as error:
        raise NotGenuine(
            "no-receipt",
            f"this file is no receipt of this program: reading it came to no end ({error})",
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
    fault: Fault | None = None
    detail: str = ""


_apart = Apart(__name__, "weighed")


def prepare() -> None:
    """Load what weighing any paper needs, before there is one."""
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: F401  # loaded, not used

    _program()
    fonts.check(TITLE.zh)


def weighed(question: bytes) -> bytes:
    """What `check_receipt` is answered, worked out in the process that may break."""
    asked = msgspec.msgpack.decode(question, type=_Question)
    try:
        answer = _Answer(_weighed(asked.pdf, asked.keys))
    except NotGenuine as error:
        answer = _Answer(error.record, error.fault, error.detail)
    return msgspec.msgpack.encode(answer)


def _weighed(pdf: bytes, keys: PublicKeys | None) -> ReceiptRecord:
    record = _read(pdf)
    check_record(record)
    if keys is not None:
        check_key(record, keys)
    if not _drawn_alike(pdf, record):
        if record.drawn_by == _program():
            raise NotGenuine(
                "altered", "this paper was altered: its page is not what its signed data says"
            )
        raise NotGenuine(
            "other-version",
            "the signed data in this paper is genuine, but its page was drawn by another version "
            f"of the program ({_word(record.drawn_by)}) and cannot be compared by this one "
            f"({_program()}): trust the data, or check the paper with that version",
            record,
        )
    return record


def _read(pdf: bytes) -> ReceiptRecord:
    """The record inside a paper, unweighed; NotGenuine where there is none to read."""
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
            "no-receipt", "this file is no receipt of this program: it is no sound PDF"
        ) from error
    if content is not None:
        return read_record(content)
    if ours:
        raise NotGenuine(
            "no-attachment",
            "this looks like a receipt, but the signed data inside it was taken out; "
            "ask for the file as the station issued it",
        )
    raise NotGenuine("no-receipt", "this file is no receipt of this program")


def _drawn_alike(pdf: bytes, record: ReceiptRecord) -> bool:
    try:
        drawn = _made(record)
    except SuppliesError:  # a record that cannot be drawn is of no paper
        return False
    if drawn == pdf:
        return True
    try:
        with attachment.opened(pdf) as one, attachment.opened(drawn) as other:
            return attachment.show_the_same(one, other)
    except attachment.Unreadable:  # a page that cannot be read shows nothing
        return False


def _made(record: ReceiptRecord) -> bytes:
    page = donation_receipt(paper_of(record))
    return attachment.attach(page, ATTACHMENT, msgspec.json.encode(record), _SAYS)


@cache
def _program() -> str:
    """What the look of a page depends on."""
    return f"supplies {version('supplies')}, reportlab {version('reportlab')}"


def _word(text: str) -> str:
    """What a stranger's file says, fit for a sentence."""
    return text if text.isprintable() and 0 < len(text) <= 60 else "it does not say which"
