"""What the service is told from outside, all of it in `SUPPLIES_…` variables of the environment.

docs/configuration.md has them as a table, which a test holds to this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Annotated, Any, Literal

import msgspec

from supplies.errors import InvalidField

PREFIX = "SUPPLIES_"

ELSEWHERE = frozenset(
    {"SUPPLIES_KEYS", "SUPPLIES_BODY_SECONDS", "SUPPLIES_BACKUPS", "SUPPLIES_REPLICA"}
)
"""Variables that are read in their own rooms: the keys', the bodies', and those of `deploy/`."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How one service runs; each field is the variable of its name. Defaults suit one machine."""

    database: str = "supplies.db"
    station: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def of(cls, environment: Mapping[str, str], **said: object) -> Settings:
        """The settings of an environment; what was said on the command line (not None) goes first.

        Raises InvalidField naming the variable that is not right.
        """
        given: dict[str, Any] = {}
        for field in msgspec.structs.fields(cls):
            name = variable(field.name)
            text = environment.get(name, "").strip()
            value = said.get(field.name)
            if value is None and text:
                value = _READ_BY.get(field.name, str)(text)
            if value is not None:
                given[field.name] = _checked(field.type, value, name)
        return cls(**given)


def variable(field: str) -> str:
    """The name of a setting's variable."""
    return PREFIX + field.upper()


def unknown(environment: Mapping[str, str]) -> list[str]:
    """Variables that look like ours and are none: a slip of the pen, most likely."""
    known = {variable(name) for name in Settings.__struct_fields__} | ELSEWHERE
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def _checked(kind: Any, value: object, name: str) -> Any:
    try:
        # Not strict: a number in the environment is text.
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        said = str(error).partition(" - at")[0]
        raise InvalidField(
            f"{name}={value} is not right ({said}); see docs/configuration.md"
        ) from None


def _names(text: str) -> tuple[str, ...]:
    """Names apart by commas or spaces, as hosts are compared: small letters, without a port."""
    names = tuple(text.replace(",", " ").lower().split())
    for name in names:
        if "/" in name or (":" in name and not name.startswith("[")):
            raise InvalidField(
                f"{variable('hosts')}: {name} is no host; write the name alone, as in "
                "supplies.example.org"
            )
    return tuple(name.strip("[]") for name in names)


def _networks(text: str) -> tuple[str, ...]:
    networks = tuple(text.replace(",", " ").split())
    for network in networks:
        try:
            ip_network(network)
        except ValueError:
            raise InvalidField(
                f"{variable('proxies')}: {network} is no address or network; write "
                "127.0.0.1 or 172.16.0.0/12"
            ) from None
    return networks


_READ_BY: Mapping[str, Callable[[str], object]] = {"hosts": _names, "proxies": _networks}
"""Settings that are lists, and how they are read."""
