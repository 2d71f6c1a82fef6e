"""The prose checker finds the problems that it should, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import prose

LONG = "one " * 31 + "word."


def problems(folder: Path, text: str) -> list[str]:
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    return [f"{problem.line}: {problem.text}" for problem in prose.check_page(page)]


def test_a_plain_page_has_no_problems(tmp_path: Path) -> None:
    assert problems(tmp_path, "# Title\n\nShort sentences. They are easy.\n") == []


def test_a_long_sentence_is_found_with_its_line(tmp_path: Path) -> None:
    page = f"# Title\n\nA short line.\nAnother one. {LONG} " + "Short. " * 20
    (problem,) = problems(tmp_path, page)
    assert problem.startswith("4: a sentence of 32 words; at most 30: one one")


def test_long_sentences_on_average_are_found(tmp_path: Path) -> None:
    sentence = "word " * 24 + "word. "
    assert problems(tmp_path, sentence * 3) == ["1: 25.0 words a sentence on average; at most 20"]


@pytest.mark.parametrize(
    "block",
    [
        f"```\n{LONG}\n```\n",
        f"    {LONG}\n",
        f"# {LONG}\n",
        f"| a |\n|---|\n| {LONG} |\n",
        f"`{LONG}`\n",
    ],
    ids=["fence", "indented code", "heading", "table", "inline code"],
)
def test_code_tables_and_headings_are_not_sentences(tmp_path: Path, block: str) -> None:
    assert problems(tmp_path, block) == []


def test_each_list_item_is_a_sentence_of_its_own(tmp_path: Path) -> None:
    items = "- " + "\n- ".join(["twelve words stand in this item of a list, and no more"] * 9)
    assert problems(tmp_path, items) == []


def test_two_chinese_characters_count_as_one_word() -> None:
    assert prose.count_words("捐赠物资，从认领到送达。") == 5
    assert prose.count_words("用 SQLite 保存账本。") == 4


def test_chinese_sentences_end_at_their_own_full_stop() -> None:
    assert [found for _, found in prose.sentences("先登记。再发放！")] == ["先登记。", "再发放！"]


def test_abbreviations_do_not_end_a_sentence() -> None:
    assert len(list(prose.sentences("Use a code, e.g. mask, for items."))) == 1


@pytest.mark.parametrize(
    "sentence",
    [
        "A name that is no host is refused.",
        "Home page of who signed in.",
        "Return what there is to do.",
        "Proxies whose word it takes.",
        "Where a file is missing, it is made.",
    ],
)
def test_a_phrase_to_avoid_is_found(tmp_path: Path, sentence: str) -> None:
    (problem,) = problems(tmp_path, sentence)
    assert problem.startswith("1: avoid ")


@pytest.mark.parametrize(
    "sentence",
    [
        "The link is no longer valid.",
        "There is no way back.",
        "Where is the file, and why?",
        "The service was told to stop.",
        "Both are told apart by name.",
    ],
)
def test_plain_phrases_are_accepted(tmp_path: Path, sentence: str) -> None:
    assert problems(tmp_path, sentence) == []


def test_a_link_to_a_missing_file_is_found(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "See [the page](missing.md).")
    assert problem == "1: dead link: missing.md"


def test_an_image_that_is_missing_is_found(tmp_path: Path) -> None:
    assert problems(tmp_path, "![x](x.png)") == ["1: dead link: x.png"]
    assert problems(tmp_path, '<img src="x.png">\n') == ["1: dead link: x.png"]


def test_a_link_to_a_missing_heading_is_found(tmp_path: Path) -> None:
    page = "# One `code` title\n\n# Two\n\n# Two\n\n[a](#one-code-title) [b](#two-1) [c](#two-2)\n"
    assert problems(tmp_path, page) == ["7: dead link: #two-2 (no such heading)"]


def test_a_phrase_to_avoid_is_found_in_docstrings_messages_and_comments(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        '"""Return what there is."""\n\n# This is no comment.\nERROR = f"{1} is no host"\n',
        encoding="utf-8",
    )
    assert [problem.line for problem in prose.check_code(file)] == [1, 3, 4]


def test_a_word_to_avoid_is_found_in_names_except_those_of_tests(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        "def test_it_says_so(told):\n    said = told\n\n\nclass GoodsAside:\n    pass\n",
        encoding="utf-8",
    )
    assert [problem.line for problem in prose.check_names(file)] == [5, 1, 2]


def test_problems_are_printed_and_set_the_exit_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("[x](missing.md)", encoding="utf-8")
    with pytest.raises(SystemExit, match="1"):
        prose.main([str(page)])
    assert capsys.readouterr().out == f"{page}:1: dead link: missing.md\n"
