"""UUIDs made without the module `uuid` are the same as its own."""

from __future__ import annotations

import uuid

import pytest

from supplies.domain.uuids import is_uuid, name_based_uuid, random_uuid

NAMESPACE = "6f0cbb0e-7c3a-5b52-9d5b-5d0c7f3f2c11"


@pytest.mark.parametrize("name", ["", "1", "u_1\nkey", "口罩", "x" * 1000])
def test_a_name_has_the_uuid_that_the_module_uuid_gives_it(name: str) -> None:
    assert name_based_uuid(NAMESPACE, name) == str(uuid.uuid5(uuid.UUID(NAMESPACE), name))


def test_a_random_uuid_is_a_new_one_of_version_4() -> None:
    made = {random_uuid() for _ in range(200)}
    assert len(made) == 200
    for text in made:
        parsed = uuid.UUID(text)
        assert (str(parsed), parsed.version, parsed.variant) == (text, 4, uuid.RFC_4122)


def test_a_namespace_that_is_not_a_uuid_is_refused() -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        name_based_uuid("station", "1")


@pytest.mark.parametrize(
    ("text", "is_usual"),
    [
        (NAMESPACE, True),
        (NAMESPACE.upper(), False),
        (NAMESPACE.replace("-", ""), False),
        (f"{{{NAMESPACE}}}", False),
        (f"{NAMESPACE}\n", False),
        ("", False),
    ],
)
def test_only_the_usual_form_of_a_uuid_is_recognized(text: str, is_usual: bool) -> None:
    assert is_uuid(text) is is_usual
