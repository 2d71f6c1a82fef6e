"""The pages in Chinese and English: every text is translated, and the reader chooses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient
from supplies_service.pages.forms import safe_path
from supplies_service.pages.run_shell import script_texts
from supplies_service.templating import format_sentence
from support.ledger_fixture import StationLedger
from support.rest_client import ADDRESS

from supplies.errors import NotEnough, SuppliesError
from tools import messages


def test_every_text_has_a_translation_and_none_is_left_over() -> None:
    catalog = messages.read(messages.TRANSLATIONS)
    assert messages.untranslated(catalog) == []
    translated = {
        (*(message.id if isinstance(message.id, tuple) else (message.id, None)), message.context)
        for message in catalog
        if message.id
    }
    assert translated == messages.texts(), "run: .venv/bin/python -m tools.messages"


def test_every_text_of_the_phone_page_is_found_also_inside_of_another_one() -> None:
    scripts = (messages.PAGES / "assets" / "run").glob("*.js")
    written = {
        text for script in scripts for text in re.findall(r'\bt\("([^"]+)"', script.read_text())
    }
    assert written <= script_texts()


OTHER_WORDS = {
    "接收人": "签收人",
    "已回报": "已完成",
    "送货员": "配送员",
    "队伍": "配送队",
    "小队": "配送队",
    "车队": "配送队",
    "群体": "集体",
    "团体": "集体",
}
"""Chinese words that pages and papers avoid, with the word of the glossary for the same thing."""


def test_pages_phones_and_papers_use_one_chinese_word_for_one_thing() -> None:
    glossary = (messages.ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    papers = messages.ROOT / "receipts" / "supplies_receipts" / "papers"
    texts = [str(message.string) for message in messages.read(messages.TRANSLATIONS)]
    texts += [file.read_text(encoding="utf-8") for file in papers.glob("*.py")]
    for other, word in OTHER_WORDS.items():
        assert word in glossary
        assert [text for text in texts if other in text] == [], f"say {word}"


def test_translations_have_the_values_of_their_texts() -> None:
    for message in messages.read(messages.TRANSLATIONS):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        for text in message.string if isinstance(message.string, tuple) else (message.string,):
            assert messages.placeholders(text) == messages.placeholders(ids[-1]), ids


@pytest.mark.parametrize(
    ("cookie", "accepted", "lang"),
    [
        (None, None, "zh-Hans"),
        (None, "en-GB,zh;q=0.8", "en"),
        (None, "fr, zh-TW;q=0.9, en;q=0.5", "zh-Hans"),
        (None, "fr;q=x, ;;, en;q=0", "zh-Hans"),
        ("en", "zh-CN", "en"),
        ("fr", "en", "en"),
    ],
)
def test_the_language_is_the_chosen_one_or_that_of_the_browser(
    anonymous_client: TestClient, cookie: str | None, accepted: str | None, lang: str
) -> None:
    if cookie:
        anonymous_client.cookies.set("language", cookie)
    headers = {"Accept-Language": accepted} if accepted else {}
    assert f'<html lang="{lang}">' in anonymous_client.get("/sign-in", headers=headers).text


def test_the_choice_of_a_language_is_remembered(anonymous_client: TestClient) -> None:
    answer = anonymous_client.post(
        "/language",
        data={"language": "en", "next": "/sign-in?next=%2Faccount"},
        headers={"Origin": ADDRESS},
        follow_redirects=False,
    )
    assert answer.headers["location"] == "/sign-in?next=%2Faccount"
    assert 'lang="en"' in anonymous_client.get("/sign-in").text


@pytest.mark.parametrize(
    "text", ["//evil.example", "/\\evil.example", "https://evil.example", "", "x", "/a\nb", "/a\\b"]
)
def test_a_page_goes_on_only_to_addresses_of_the_service(text: str) -> None:
    assert safe_path(text) == "/"
    assert safe_path("/donations?after=1") == "/donations?after=1"


def test_quantities_that_are_missing_are_explained_in_chinese(station: StationLedger) -> None:
    station.give(5)
    with pytest.raises(NotEnough) as refused:
        station.allocate(9)
    assert format_sentence(refused.value.detail, "en") == str(refused.value)
    assert format_sentence(refused.value.detail, "zh") == "Store A 可用的只有 5 × 口罩；需要 9"


TRANSLATED = (
    *("access", "books", "domain", "exports", "imports", "ledger", "stations", "views"),
    *("pages", "routes"),
)
"""The packages whose messages readers of pages see, besides the modules of the service itself."""

FOR_OPERATORS = {
    "daily_checkpoints.py": "the start of the service",
    "health.py": "programs that watch the service",
    "organisation.py": "the command line",
    "serve.py": "the start of the service",
    "settings.py": "the start of the service",
    "users.py": "the command line",
}
FOR_PROGRAMMERS = {
    "authorization.py": "programs; the page of the error says which role the reader has",
    "ledger.py": "calls of the library",
    "problem_responses.py": "programs; pages have sentences of their own for wrong addresses",
    "request_bodies.py": "programs that send bodies which are not JSON",
    "trusted_hosts.py": "programs that send another host name",
    "reader.py": "calls of the library",
    "recorder.py": "calls of the library",
    "validation.py": "values that JSON cannot represent, and the path before a translated rule",
    "writer.py": "calls of the library",
}
"""Modules with messages in English only, and who reads them."""


def test_messages_that_readers_of_pages_see_can_be_translated() -> None:
    service = messages.PAGES.parent
    files = [
        path
        for name in TRANSLATED
        for path in (messages.ROOT / f"src/supplies/{name}").rglob("*.py")
    ]
    files += service.rglob("*.py")
    plain = {path: list(plain_messages(path)) for path in sorted(files)}
    known = FOR_OPERATORS | FOR_PROGRAMMERS
    assert [line for path, found in plain.items() if path.name not in known for line in found] == []
    assert {path.name for path, found in plain.items() if found} == set(known)


def error_names(kind: type[SuppliesError] = SuppliesError) -> set[str]:
    """Return the names of a class of errors, and of all classes that are derived from it."""
    return {kind.__name__}.union(*map(error_names, kind.__subclasses__()))


ERRORS = error_names() - {"Contradicted"} | {"Fault"}
"""All errors. `Contradicted` is left out: its message is stored, and pages show the conflict."""


def plain_messages(path: Path) -> Iterator[str]:
    """Return the messages of errors in a module that are no `Sentence`, so only in English."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call):
            continue
        name, *rest = ast.unparse(call.func).split(".")
        has_pointer = rest == ["at"] or name == "Fault"
        message = next(iter(call.args[1:2] if has_pointer else call.args[:1]), None)
        has_rule = name == "Fault" and len(call.args) > 4
        if (
            name in ERRORS
            and not has_rule
            and isinstance(message, ast.Constant | ast.JoinedStr | ast.BinOp)
        ):
            yield f"{path.name}, line {call.lineno}"
