"""Records that are registered together with the command of a form, such as a new donor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from supplies.domain.catalogue_records import Campaign, Donor, Recipient, Team
from supplies.errors import InvalidField, Sentence
from supplies.ledger.ledger import Ledger
from supplies.stations.paper_settings import PurposeName, add_purpose
from supplies.views.look_alikes import find_look_alikes
from supplies.views.pagination import Warned
from supplies_service.pages.typed_values import command_of
from supplies_service.request_context import RequestContext
from supplies_service.routes.catalogue import log_registration

NewRecord = Donor | Recipient | Campaign | Team | PurposeName
"""A record that a form can register together with its command."""

PROVISIONAL_CODE = "new"
"""A code that stands for a new record in the command until the record is registered."""

FILL_IN_RIGHT = Sentence("some fields are not filled in right")


def read_new_record(kind: type[NewRecord], fields: Mapping[str, str], pointer: str) -> NewRecord:
    """Return the new record that was typed into the fields below a pointer.

    Args:
        kind: The struct of the record.
        fields: All fields of the form, by JSON pointer.
        pointer: JSON pointer to the fields of the new record.

    Raises:
        InvalidField: fields are wrong. The pointers of the faults are field names of the form.
    """
    start = f"{pointer}/"
    own = {
        name.removeprefix(pointer): text for name, text in fields.items() if name.startswith(start)
    }
    if kind is not PurposeName:
        own["/code"] = PROVISIONAL_CODE
    try:
        return command_of(kind, own)
    except InvalidField as error:
        faults = [replace(fault, pointer=pointer + fault.pointer) for fault in error.faults]
        raise InvalidField(FILL_IN_RIGHT, faults) from None


def register_record(
    context: RequestContext, ledger: Ledger, new: NewRecord
) -> tuple[str, list[Warned]]:
    """Register a record under the next free code.

    Return the code, and a warning for each older record that looks like the new one.

    Raises:
        InvalidField: the station has too many purposes.
    """
    if isinstance(new, PurposeName):
        return add_purpose(ledger.books, new), []
    # Another record may have got the proposed code meanwhile.
    code = ledger.next_code(type(new))
    new = msgspec.structs.replace(new, code=code)
    ledger.register(new)
    log_registration(context, ledger, code)
    is_person = isinstance(new, Donor | Recipient)
    return code, find_look_alikes(ledger.books, new) if is_person else []
