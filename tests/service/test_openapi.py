"""The OpenAPI document covers every route, and its request bodies allow no unknown fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from supplies_service.openapi.examples import EXAMPLES
from support.rest_client import RestClient

from supplies.domain import commands
from supplies.domain.validation import convert

VERBS = {"GET", "POST", "PATCH", "DELETE", "PUT"}


def is_for_programs(path: str) -> bool:
    """Return whether a route is for programs. The pages for people are not in the document."""
    return path.startswith("/api/")


@pytest.fixture
def document(rest: RestClient) -> Any:
    return rest.get("/schema/openapi.json")


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            yield path, verb.upper(), operation


def resolved(document: Any, schema: Any) -> Any:
    """Return a schema, or the schema to which it refers."""
    while "$ref" in schema:
        *_, name = schema["$ref"].split("/")
        schema = document["components"]["schemas"][name]
    return schema


def test_every_route_is_documented(coordinator_client: TestClient, document: Any) -> None:
    app = coordinator_client.app
    assert isinstance(app, Litestar)
    routes = {
        (re.sub(r":\w+}", "}", route.path), verb)
        for route in app.routes
        for verb in VERBS & set(getattr(route, "methods", ()))
    }
    wanted = {(path, verb) for path, verb in routes if is_for_programs(path)}
    assert {(path, verb) for path, verb, _ in operations(document)} == wanted


def test_the_document_is_openapi_3_1_and_all_references_resolve(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    names = set(document["components"]["schemas"])
    assert set(re.findall(r"#/components/schemas/([^'\"]+)", str(document))) == names


def test_operations_have_a_unique_id_and_a_summary(document: Any) -> None:
    ids = [operation["operationId"] for *_, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for path, _, operation in operations(document):
        assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", operation["operationId"])
        assert operation["summary"], path
        assert operation["tags"], path


def test_request_bodies_allow_no_unknown_fields_and_no_path_parameters(document: Any) -> None:
    for path, verb, operation in operations(document):
        if verb in ("GET", "DELETE"):
            assert "requestBody" not in operation
            continue
        content = operation["requestBody"]["content"]["application/json"]
        body = resolved(document, content["schema"])
        assert body["additionalProperties"] is False, path
        in_path = set(re.findall(r"{(\w+)}", path))
        assert not ({"type", "station"} | in_path) & set(body["properties"]), path
        assert set(body["required"]) <= set(body["properties"])


def test_lines_of_request_bodies_allow_no_unknown_fields(document: Any) -> None:
    schemas = document["components"]["schemas"]
    for name in ("DonationLine", "PledgeLine", "LotLine", "OutcomeLine", "Claim", "LotPart"):
        assert schemas[name]["additionalProperties"] is False


def test_responses_and_problems_are_described(document: Any) -> None:
    for path, verb, operation in operations(document):
        answers = operation["responses"]
        assert ("201" if verb == "POST" else "200") in answers, path
        for status, answer in answers.items():
            problem = list(answer["content"]) == ["application/problem+json"]
            assert problem == (int(status) >= 400), path


def test_the_correction_of_a_donation_contains_a_donation_without_type(document: Any) -> None:
    operation = document["paths"]["/api/donations/{donation}/correct"]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    body = resolved(document, content["schema"])
    inner = resolved(document, body["properties"]["command"])
    assert "lines" in inner["properties"]
    assert "type" not in inner["properties"]


def test_each_body_has_an_example_of_its_fields(document: Any) -> None:
    for path, verb, operation in operations(document):
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]["application/json"]
            body, example = resolved(document, content["schema"]), content["example"]
            assert set(body["required"]) <= set(example), (path, verb)
            assert set(example) <= set(body["properties"]), (path, verb)


COMMANDS = [kind for kind in EXAMPLES if hasattr(commands, kind)]


@pytest.mark.parametrize("name", COMMANDS)
def test_an_example_is_decoded_as_its_command(name: str) -> None:
    kind = getattr(commands, name)
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    address = {
        key: 1 if key in ("entry", "conflict") else "x_1"
        for key, field in fields.items()
        if field.required and key not in EXAMPLES[name]
    }
    convert(kind, {**EXAMPLES[name], **address})


def test_the_home_page_and_the_api_documentation_load_nothing_from_other_hosts(
    coordinator_client: TestClient,
) -> None:
    for path in ("/", "/schema", "/schema/openapi.json"):
        text = coordinator_client.get(path).text
        # No inline script, and none of another host.
        assert path == "/schema" or not re.search(r'<script(?! type="module" src="/)', text)
        assert not re.search(r"(src|href)=.https?:", text)


# --- generated clients and the page of the API ----------------------------------


def schemas_within(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for name, inner in part.items():
            inner = list(inner.values()) if name == "properties" else inner
            yield from schemas_within(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from schemas_within(inner)


def test_no_schema_has_a_title(document: Any) -> None:
    for name, schema in document["components"]["schemas"].items():
        for inner in schemas_within(schema):
            assert "title" not in inner, name


def test_no_field_has_a_default_that_generators_treat_as_required(document: Any) -> None:
    for name, schema in document["components"]["schemas"].items():
        for inner in schemas_within(schema):
            assert "default" not in inner, name
    fields = document["components"]["schemas"]["NoteNeedBody"]["properties"]
    assert fields["urgency"]["description"] == 'Default: `"normal"`.'


def test_a_new_donor_and_recipient_must_have_a_name(document: Any, rest: RestClient) -> None:
    for many in ("donors", "recipients"):
        content = document["paths"][f"/api/{many}"]["post"]["requestBody"]["content"]
        body = resolved(document, content["application/json"]["schema"])
        assert set(body["required"]) == {"name"}
        assert body["properties"]["name"]["type"] == "string"
        rest.refused(f"/api/{many}", {"code": "X-1"}, 422, "invalid-field")
        rest.refused(f"/api/{many}", {"code": "X-1", "name": None}, 422, "invalid-field")


def test_an_optional_text_may_be_empty_and_then_counts_as_not_given(
    document: Any, rest: RestClient
) -> None:
    schemas = document["components"]["schemas"]
    empty = {"type": "string", "maxLength": 0}
    assert empty in schemas["LocationChanges"]["properties"]["name_en"]["anyOf"]
    assert empty not in schemas["Location"]["properties"]["name_en"]["anyOf"]
    assert empty not in schemas["LocationChanges"]["properties"]["name"].get("anyOf", ())
    place = {"code": "shed", "name": "Shed", "name_en": ""}
    assert rest.post("/api/locations", place)["location"]["name_en"] is None
    amended = rest.client.patch("/api/locations/shed", json={"name_en": ""})
    assert amended.json()["name_en"] is None


def test_all_fields_of_a_response_are_required(document: Any) -> None:
    for name in ("TransferView", "Page_NeedView_", "DonationView", "Donor", "Health"):
        schema = document["components"]["schemas"][name]
        # They are absent if the day is exact, or if there is no campaign.
        optional = {"or_earlier", "campaign"}
        assert set(schema["required"]) == set(schema["properties"]) - optional, name


def test_a_field_that_may_be_absent_is_not_required(document: Any) -> None:
    for name, optional in (
        ("NeedView", {"stated", "or_earlier"}),
        ("DonationEntered", {"recounted"}),
    ):
        schema = document["components"]["schemas"][name]
        assert set(schema["properties"]) - set(schema["required"]) == optional


def test_no_description_is_shown_as_a_code_block(document: Any) -> None:
    def described(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            for name, inner in part.items():
                if name in ("description", "summary") and isinstance(inner, str):
                    yield inner
                yield from described(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from described(inner)

    for text in described(document):
        assert not re.search(r"^(    |\t)", text, re.MULTILINE), text


def descriptions(part: Any) -> Iterator[str]:
    """Yield every description and summary in a part of the document."""
    if isinstance(part, list):
        for each in part:
            yield from descriptions(each)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in ("description", "summary") and isinstance(value, str):
                yield value
            else:
                yield from descriptions(value)


def test_descriptions_use_the_words_of_json_and_not_of_python(document: Any) -> None:
    found = list(descriptions(document))
    python = r"\b(None|True|False|str|int|bool|dict|tuple|Struct|Raises|Args|Python)\b|list\["
    assert [text for text in found if re.search(python, text)] == []
    page = document["components"]["schemas"]["Page_NeedView_"]["properties"]
    assert "`null` on the last page" in page["next"]["description"]


def test_a_field_has_the_description_from_the_docstring_of_its_struct(document: Any) -> None:
    line = document["components"]["schemas"]["DonationLineView"]
    assert "on_pledge" not in line["description"]
    assert line["properties"]["on_pledge"]["description"] == "The part that fulfilled pledges."
    # `recipient` in Python is `for` in JSON.
    assert line["properties"]["for"]["description"] == "The recipient named by the donor."
