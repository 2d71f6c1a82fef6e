"""Reasons of failed stops: those that fit an outcome, and those in notes of older phones."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from supplies_service.pages.assets import asset

from supplies.domain.commands import FailureReason, Outcome
from supplies.domain.failure_reasons import REASONS_OF_OUTCOME, split_reason

WORDING = asset("wording.js").content.decode()


def test_the_phone_offers_the_same_reasons_as_the_forms() -> None:
    table = re.search(r"REASONS_OF_OUTCOME = \{(.*?)\n\};", WORDING, re.DOTALL)
    assert table is not None
    offered = {
        outcome: tuple(re.findall(r'"(\w+)"', reasons))
        for outcome, reasons in re.findall(r"(\w+): \[(.*?)\]", table[1])
    }
    assert offered == REASONS_OF_OUTCOME


def test_every_reason_is_offered_and_has_words_on_the_phone() -> None:
    codes = set(get_args(FailureReason))
    assert {each for reasons in REASONS_OF_OUTCOME.values() for each in reasons} == codes
    words = re.search(r"REASONS = \(\) => \(\{(.*?)\n\}\);", WORDING, re.DOTALL)
    assert words is not None
    assert set(re.findall(r"(\w+): t\(", words[1])) == codes


@pytest.mark.parametrize(
    ("outcome", "note", "split"),
    [
        ("refused", "Not needed", ("not_needed", None)),
        ("refused", "Not needed. has enough. Rice too", ("not_needed", "has enough. Rice too")),
        ("refused", "物资已损坏。袋子破了", ("damaged", "袋子破了")),
        ("refused", "收件人不符", ("wrong_person", None)),
        ("not_at_home", "Nobody answered. rang twice", ("nobody_answered", "rang twice")),
        ("not_at_home", "无人应答", ("nobody_answered", None)),
        ("not_at_home", "Not needed. has enough", (None, "Not needed. has enough")),
        ("refused", "Not needed any more", (None, "Not needed any more")),
        ("lost", "Nobody answered", (None, "Nobody answered")),
        ("refused", None, (None, None)),
    ],
)
def test_the_reason_at_the_start_of_an_older_note_becomes_a_code(
    outcome: Outcome, note: str | None, split: tuple[FailureReason | None, str | None]
) -> None:
    assert split_reason(outcome, note) == split


def test_a_note_beside_a_code_is_left_as_it_is() -> None:
    assert split_reason("refused", "Wrong goods", "damaged") == ("damaged", "Wrong goods")


@pytest.mark.parametrize(
    ("outcome", "words", "code"),
    [
        ("refused", ("Not needed", "不需要"), "not_needed"),
        ("refused", ("Wrong goods", "物资不符"), "wrong_goods"),
        ("refused", ("Goods are damaged", "物资已损坏"), "damaged"),
        ("refused", ("Wrong person", "收件人不符"), "wrong_person"),
        ("not_at_home", ("Nobody answered", "无人应答"), "nobody_answered"),
    ],
)
def test_the_words_of_older_phones_stay_known_when_the_translations_change(
    outcome: Outcome, words: tuple[str, str], code: FailureReason
) -> None:
    for note in words:
        assert split_reason(outcome, note) == (code, None)
