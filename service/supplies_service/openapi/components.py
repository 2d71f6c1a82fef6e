"""Schemas of the OpenAPI document, made by msgspec from the structs of requests and responses.

Litestar's own schemas would accept unknown fields and leave out constraints. Client generators
misread some details of msgspec's schemas, so they are changed as follows:

- `title` is removed: a generator uses it as class name, and several schemas would have the same.
- `default` is removed: a generator takes a field with a default as always present, even in
  requests. The description names the default instead.
- All fields of a response are required, because all of them are encoded. Only a field whose default
  is `UNSET` may be left out.
- An optional text of a request may be empty, because an empty text counts as not given.
- The description of a field is taken from `Attributes:` in the docstring of its struct.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_origin

import msgspec

from supplies.domain.commands import Command
from supplies.domain.normalization import normalize_fields
from supplies_service.request_bodies import BodyType

Schema = dict[str, Any]

_TEMPLATE = "#/components/schemas/{name}"

_JSON_WORDS = {"None": "null", "True": "true", "False": "false"}
_SECTIONS = ("Attributes:", "Args:")
_ITEM = re.compile(r"^ {4}(\w+(?:, \w+)*)(?: \(.*?\))?: ((?:.|\n {8})+)", re.MULTILINE)
"""Regular expression of an item in a docstring, such as `first, last: Both days are included.`

Indented lines below the item are part of it.
"""

_PYTHON_WORD = re.compile(rf"`?\b({'|'.join(_JSON_WORDS)})\b`?")


class Components:
    """The schemas of all structs in requests and responses, by name."""

    def __init__(self, structs: Iterable[Any]) -> None:
        """Make the schemas of these structs, and of all structs that their fields contain.

        Generic structs are given as `Page[X]`.
        """
        # Each `Page[Need]` is a new object, so structs are identified by name.
        all_structs = _with_nested(structs)
        references, schemas = msgspec.json.schema_components(
            list(all_structs.values()), ref_template=_TEMPLATE
        )
        self._references = dict(zip(all_structs, references, strict=True))
        self._schemas = {name: _for_clients(schema) for name, schema in schemas.items()}
        for key, struct in all_structs.items():
            self._describe_fields(self._schemas[_name(self._references[key])], struct)
        self._may_be_absent = {
            _name(self._references[key]): {
                field.encode_name
                for field in msgspec.structs.fields(get_origin(struct) or struct)
                if field.default is msgspec.UNSET
            }
            for key, struct in all_structs.items()
        }
        self._fully_encoded = {
            _name(self._references[key])
            for key, struct in all_structs.items()
            if not (get_origin(struct) or struct).__struct_config__.omit_defaults
        }

    @staticmethod
    def _describe_fields(schema: Schema, struct: Any) -> None:
        """Add the field descriptions from a struct's docstring to its schema."""
        struct = get_origin(struct) or struct
        described = docstring_items(struct.__doc__)
        for field in msgspec.structs.fields(struct):
            if field.name in described:
                of_field = schema["properties"][field.encode_name]
                words = [described[field.name], of_field.get("description")]
                of_field["description"] = "\n\n".join(filter(None, words))

    def reference(self, struct: Any) -> Schema:
        """Return a `$ref` to the schema of a struct."""
        return dict(self._references[repr(struct)])

    def body(self, body: BodyType, in_path: set[str]) -> Schema:
        """Return a `$ref` to the schema of a request body.

        The schema leaves out `type`, and the fields whose values are in the path. If the body is
        partial, as in a PATCH, all fields are optional and the code cannot be changed.
        """
        name = _name(self.reference(body.struct))
        schema, hidden = self._schemas[name], in_path | {"type"}
        if body.is_partial:
            hidden |= {"code"}
        fields = {key: value for key, value in schema["properties"].items() if key not in hidden}
        for field in msgspec.structs.fields(body.struct):
            if isinstance(field.type, type) and issubclass(field.type, Command):
                fields[field.encode_name] = self.body(BodyType(field.type, is_partial=False), set())
            elif field.encode_name in fields:
                fields[field.encode_name] = _with_blank(body.struct, field.encode_name, fields)
        required = [key for key in schema.get("required", ()) if key not in hidden]
        name += "Changes" if body.is_partial else "Body"
        self._schemas[name] = {
            **schema,
            "properties": fields,
            "required": [] if body.is_partial else required,
            "additionalProperties": False,
        }
        return {"$ref": _TEMPLATE.format(name=name)}

    def used_by(self, paths: Mapping[str, Any]) -> Schema:
        """Return the schemas that these paths refer to, directly or through other schemas."""
        operations = [operation for path in paths.values() for operation in path.values()]
        used = self._reachable(paths)
        in_requests = self._reachable([each.get("requestBody") for each in operations])
        for name in (used & self._fully_encoded) - in_requests:
            may_be_absent = self._may_be_absent[name]
            self._schemas[name]["required"] = [
                field for field in self._schemas[name]["properties"] if field not in may_be_absent
            ]
        return {name: self._schemas[name] for name in sorted(used)}

    def _reachable(self, part: Any) -> set[str]:
        found: set[str] = set()
        names = _referenced(part)
        while names:
            found |= names
            names = _referenced([self._schemas[name] for name in names]) - found
        return found


def docstring_paragraphs(docstring: str | None) -> list[str]:
    """Return the paragraphs of a docstring, each on one line. Lists keep their lines.

    Sections that describe fields or parameters are left out. Python terms are replaced by JSON
    terms, such as `None` by `null`.
    """
    return [
        paragraph if paragraph.startswith("- ") else " ".join(paragraph.split())
        for paragraph in _paragraphs(docstring)
        if not paragraph.startswith(_SECTIONS)
    ]


def docstring_items(docstring: str | None) -> dict[str, str]:
    """Return the descriptions of fields or parameters in a docstring, by their names."""
    return {
        name: " ".join(text.split())
        for paragraph in _paragraphs(docstring)
        if paragraph.startswith(_SECTIONS)
        for names, text in _ITEM.findall(paragraph)
        for name in re.findall(r"\w+", names)
    }


def _paragraphs(docstring: str | None) -> list[str]:
    text = _PYTHON_WORD.sub(lambda found: f"`{_JSON_WORDS[found[1]]}`", docstring or "")
    return [each for each in re.split(r"\n\s*\n", inspect.cleandoc(text)) if each]


def _with_nested(structs: Iterable[Any]) -> dict[str, Any]:
    """Return these structs and all structs that their fields contain, by name."""
    found: dict[str, Any] = {}
    waiting = list(structs)
    while waiting:
        kind = waiting.pop()
        struct = get_origin(kind) or kind
        if not (isinstance(struct, type) and issubclass(struct, msgspec.Struct)):
            waiting += get_args(kind)
        elif repr(kind) not in found:
            found[repr(kind)] = kind
            waiting += [field.type for field in msgspec.structs.fields(kind)]
            waiting += get_args(kind)
    return found


def _for_clients(schema: Any) -> Any:
    """Return a schema without titles and defaults, and with descriptions not indented."""
    if isinstance(schema, list):
        return [_for_clients(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {}
    for key, value in schema.items():
        if key == "properties":
            changed[key] = {name: _for_clients(field) for name, field in value.items()}
        elif key == "items" and value is False:
            continue  # A generator of clients does not read it. `maxItems` says the same.
        elif key not in ("title", "default", "description"):
            changed[key] = _for_clients(value)
    words = docstring_paragraphs(schema.get("description"))
    default = schema.get("default")
    if default is not None:
        words.append(f"Default: `{json.dumps(default, ensure_ascii=False)}`.")
    return {"description": "\n\n".join(words), **changed} if words else changed


def _with_blank(
    struct: type[msgspec.Struct], name: str, properties: Mapping[str, Schema]
) -> Schema:
    """Return the schema of a field of a request, changed so that an optional text may be empty.

    An empty text counts as not given.
    """
    schema = properties[name]
    if "anyOf" not in schema or normalize_fields(struct, {name: ""})[0][name] is not None:
        return schema
    return {**schema, "anyOf": [*schema["anyOf"], {"type": "string", "maxLength": 0}]}


def _name(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _referenced(part: Any) -> set[str]:
    """Return the names of the schemas that a part of the OpenAPI document refers to.

    References in a discriminator are included.
    """
    text = msgspec.json.encode(part).decode()
    return set(re.findall(r'"#/components/schemas/([^"]+)"', text))
