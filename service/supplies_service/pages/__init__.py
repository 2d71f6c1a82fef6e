"""The few pages that letting people in needs: sign in, set a password, own tokens, own papers.

Plain forms, no script. Each is drawn from a template of the same name and what its handler read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response

T = TypeVar("T")

STYLE = (files("supplies_service.pages") / "templates" / "style.css").read_bytes()


def page(template: str, *, status: int = 200, **shown: Any) -> Response[bytes]:
    """A page as HTML. It may name people, so no browser and no proxy keeps it (headers.py)."""
    text = _environment().get_template(f"{template}.html").render(**shown)
    return Response(
        text.encode(),
        status_code=status,
        media_type="text/html; charset=utf-8",
    )


_HASHING = 2
"""Passwords compared at once: each takes a core and 64 MiB for a while, by intent."""


async def slowly(compare: Callable[..., T], *arguments: object) -> T:
    """Compare or hash a password beside the event loop, and not too many at once."""
    return await run_sync(compare, *arguments, limiter=_limiter())


@cache
def _limiter() -> CapacityLimiter:
    return CapacityLimiter(_HASHING)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("supplies_service.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
