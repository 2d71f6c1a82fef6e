"""Responses of the API.

The return annotation of a handler names one of these classes, or a struct. A handler that returns
a struct answers 200 with the struct as JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import msgspec
from litestar import Response

from supplies.views.entries import ConflictView, EntryView
from supplies.views.pagination import View, Warned

T = TypeVar("T")

encode = msgspec.json.Encoder().encode


class EntryRecorded(View, frozen=True, kw_only=True):
    """The recorded entry. Its `document` is the code of what the entry created.

    warnings: likely duplicates; unset without any.
    recounted: count sheets that are compared with other figures from now on, because the command
    belongs to an earlier moment; unset without any.
    """

    entry: EntryView
    warnings: list[Warned] | msgspec.UnsetType = msgspec.UNSET
    recounted: list[str] | msgspec.UnsetType = msgspec.UNSET


class ConflictRecorded(View, frozen=True, kw_only=True):
    """A reported fact that contradicts the books. It moves no goods until a coordinator decides."""

    entry: EntryView
    conflict: ConflictView


class JSONResponse(Response[T]):
    """A struct as JSON, in the order of its fields."""

    def render(
        self, content: Any, media_type: str, enc_hook: Callable[[Any], Any] | None = None
    ) -> bytes:
        """Encode a struct with one shared encoder: Litestar makes an encoder for each response."""
        if isinstance(content, msgspec.Struct):
            return encode(content)
        return super().render(content, media_type)


class CreatedResponse(Response[T]):
    """What a POST created, as JSON that decodes to `T`; `Location` is the address to read it.

    The content is encoded in the transaction that stores it for repeats of the request.
    """

    def __init__(self, content: bytes, *, status: int = 201, location: str | None) -> None:
        super().__init__(
            cast("T", content),  # The bytes of a `T`.
            status_code=status,
            media_type="application/json",
            headers={} if location is None else {"Location": location},
        )


class CreatedOrConflict(CreatedResponse[T]):
    """A `CreatedResponse`, or 202 and `ConflictRecorded` for a fact that contradicts the books."""


class PDFResponse(Response[bytes]):
    """A PDF that browsers show, and save as `{name}.pdf`."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(
            content,
            media_type="application/pdf",
            headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
        )
