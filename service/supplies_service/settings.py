"""Settings of the service: environment variables `SUPPLIES_…`.

Only this module reads the settings, with two exceptions. `SUPPLIES_KEYS` is read by
`supplies.signing`, because the command line needs it too. The other variables in `READ_ELSEWHERE`
are read by scripts in `deploy/`. A test compares the table of all variables in
`docs/configuration.md` with this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv6Address, ip_network
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta

from supplies.errors import InvalidField

PREFIX = "SUPPLIES_"

READ_ELSEWHERE = frozenset(
    {"SUPPLIES_KEYS", "SUPPLIES_TOKEN", "SUPPLIES_BACKUPS", "SUPPLIES_REPLICA"}
)

BODY_SECONDS = 30.0
"""Default number of seconds in which the body of a request must arrive.

This time is enough for a mebibyte over a slow mobile connection. The headers of a request must
arrive in the same time.
"""

MAX_PARTNERS = 20
"""Maximum number of partner stations whose checkpoints the service reads."""

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a service. The defaults suit a single machine.

    Each field's metadata describes its valid values, for error messages.
    """

    database: Annotated[
        str, Meta(min_length=1, description="use a file or a `postgresql://` URL")
    ] = "supplies.db"
    station: Annotated[str | None, Meta(description="use the code of a station")] = None
    host: Annotated[
        str,
        Meta(
            min_length=1,
            pattern=r"^\S+$",
            description="use an address of this machine, as in 127.0.0.1",
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="use a number from 1 to 65535")] = 8000
    workers: Annotated[int, Meta(ge=1, le=64, description="use a number from 1 to 64")] = 1
    hosts: Annotated[
        tuple[str, ...],
        Meta(description="use host names without scheme and port, as in supplies.example.org"),
    ] = ()
    proxies: Annotated[
        tuple[str, ...],
        Meta(description="use addresses and networks, as in 127.0.0.1, 172.16.0.0/12"),
    ] = ()
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="use debug, info, warning or error"),
    ] = "info"
    body_seconds: Annotated[
        float, Meta(ge=0.1, le=3600, description="use a number of seconds from 0.1 to 3600")
    ] = BODY_SECONDS
    checkpoints: Annotated[
        str | None, Meta(description="use a file in a folder that exists, or off")
    ] = None
    partners: Annotated[
        tuple[str, ...],
        Meta(
            description=f"use at most {MAX_PARTNERS} files and addresses, as in "
            "https://partner.example.org/api/witness"
        ),
    ] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **options: object) -> Settings:
        """Read the settings from environment variables.

        Args:
            environment: The variables. Blank variables count as unset.
            options: Options of the command line, which override the variables. None means not
                given.

        Raises:
            InvalidField: a value is invalid. The message names the variable or option.
        """
        values: dict[str, Any] = {}
        for field, kind in get_type_hints(cls, include_extras=True).items():
            name, value = variable_name(field), options.get(field)
            if value is not None:
                name = f"--{field}"
            else:
                value = environment.get(name, "").strip() or None
            if value is not None:
                values[field] = _convert(field, kind, value, name)
        return cls(**values)


def variable_name(field: str) -> str:
    """Return the name of a setting's environment variable, such as `SUPPLIES_PORT`."""
    return PREFIX + field.upper()


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Return variables named `SUPPLIES_…` that are not settings, such as misspelt ones."""
    known = {variable_name(name) for name in Settings.__struct_fields__} | READ_ELSEWHERE
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def _convert(field: str, kind: Any, value: object, name: str) -> Any:
    try:
        if isinstance(value, str) and field in _PARSERS:
            value = _PARSERS[field](value)
        # Not strict, because numbers in environment variables are text.
        return msgspec.convert(value, kind, strict=False)
    except ValueError:  # msgspec's ValidationError is a ValueError.
        (valid,) = (meta.description for meta in kind.__metadata__ if meta.description)
        raise InvalidField(
            f"invalid {name} {value!r}: {valid}; see docs/configuration.md"
        ) from None


def _parse_hosts(text: str) -> tuple[str, ...]:
    """Split a list of host names. Put them in lower case, and remove brackets of IPv6 addresses."""
    names = tuple(text.replace(",", " ").lower().split())
    return tuple(map(_parse_host, names))


def _parse_host(name: str) -> str:
    if name.startswith("["):
        if not name.endswith("]"):
            raise ValueError(name)
        return str(IPv6Address(name[1:-1]))
    if not _HOST.fullmatch(name):
        raise ValueError(name)
    return name


def _parse_partners(text: str) -> tuple[str, ...]:
    partners = tuple(text.replace(",", " ").split())
    for partner in partners:
        if not partner.startswith(("/", "http://", "https://")):
            raise ValueError(partner)
    if len(partners) > MAX_PARTNERS:
        raise ValueError(text)
    return partners


def _parse_networks(text: str) -> tuple[str, ...]:
    networks = tuple(text.replace(",", " ").split())
    for network in networks:
        ip_network(network)
    return networks


_PARSERS: Mapping[str, Callable[[str], object]] = {
    "hosts": _parse_hosts,
    "proxies": _parse_networks,
    "partners": _parse_partners,
}
"""For each setting with several values: the function that splits the text of the setting."""
