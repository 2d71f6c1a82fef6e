"""Check the prose of the documentation: sentence length, phrases to avoid and dead links.

    python -m tools.prose            README, CHANGELOG, docs and the README of the fonts
    python -m tools.prose --code     comments, docstrings, messages and names of the three packages,
                                     and names of the tests
    python -m tools.prose FILE …     these Markdown files

Each problem is one line, `path:line: problem`; the exit status is 1 if there is any.

On a page, sentences have 20 words on average and at most 30. Code, tables and headings do not
count as sentences. Two Chinese characters count as one word. Addresses on the network are not
visited.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tools.docstrings import ROOT, python_files

AVERAGE_WORDS = 20
MAX_WORDS = 30

PHRASES = (
    (r"(?<![Tt]here )\bis no (?!longer\b|more\b|less\b)", 'say "is not a …" or "invalid …"'),
    (r"(?<![Tt]here )\bare no (?!longer\b|more\b|less\b)", 'say "are not …"'),
    (r"\bwho signed in\b", 'say "signed-in users"'),
    (r"\bwho comes? in\b", 'say "who signs in" or "callers"'),
    (r"\bwhat there is\b", "name the thing"),
    (r"\bthat is none\b", 'say "invalid …"'),
    (r"\bwhose word\b", 'say "trusted"'),
    (r"\bby the way of\b", 'say "by" or "with"'),
    (r"\bwhat is no\b", 'say "invalid …"'),
    (
        r"\b(?:is|are|was|were) told (?!apart\b|to\b)",
        'say "is reported", "is described" or "is printed"',
    ),
    (r"\bis said so\b", "say what happens"),
    (r"\ba room of (?:its|their) own\b", 'say "a package" or "a module"'),
    (r"^Where (?=[^?]*, [^?]*$)", 'begin with "If" or "When"'),
    (r"; None: ", 'say ", or None if …" or "None means …"'),
)
"""Regular expressions of phrases to avoid in a sentence, each with advice. Case-sensitive."""

NAME_WORDS = {
    "said": "name what it is: text, words, message",
    "says": "name what it is: text, words, message",
    "told": "name what it is: message, warning, reported",
    "held": "say balances, contents or on_hand",
    "mine": "say whose or which",
    "theirs": "say whose or which",
    "aside": "say allocated",
    "went": "say received, handed_over or spent",
    "stands": "say current, balance or location",
    "standing": "say current",
    "kin": "say related",
    "door": "say address",
}
"""Words that names in the code must not contain, each with a better alternative."""

NAMES_IN_JSON = frozenset({"says", "stands"})
"""Names that are allowed although they contain such a word.

They are fields of the API, in `PaperInBooks` and `LotTrace`.
"""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem in a text, with the path and the line where it is."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        """Return path, line and problem in the form that editors and terminals turn into links."""
        return f"{self.path}:{self.line}: {self.text}"


def pages() -> list[Path]:
    """Return the paths of the Markdown files to check."""
    return [
        *sorted(ROOT.glob("README*.md")),
        ROOT / "CHANGELOG.md",
        *sorted(ROOT.glob("docs/**/*.md")),
        *sorted(ROOT.glob("receipts/**/*.md")),
    ]


def check_page(path: Path) -> list[Problem]:
    """Return the problems in a Markdown file, in the order of its lines."""
    problems: list[Problem] = []
    shown = _shown(path)
    lengths: list[int] = []
    for inline, is_paragraph in _inlines(path):
        start = inline.map[0] + 1 if inline.map else 1
        for offset, sentence in sentences(_text(inline)):
            line = start + offset
            problems += (Problem(shown, line, found) for found in phrase_problems(sentence))
            if not is_paragraph:
                continue
            words = count_words(sentence)
            lengths.append(words)
            if words > MAX_WORDS:
                problem = f"a sentence of {words} words; at most {MAX_WORDS}: {sentence[:60]}…"
                problems.append(Problem(shown, line, problem))
        problems += (Problem(shown, start, found) for found in _dead_links(path, inline))
    average = sum(lengths) / len(lengths) if lengths else 0
    if average > AVERAGE_WORDS:
        problem = f"{average:.1f} words a sentence on average; at most {AVERAGE_WORDS}"
        problems.append(Problem(shown, 1, problem))
    return sorted(problems, key=lambda problem: problem.line)


def check_code(path: Path) -> list[Problem]:
    """Return the phrases and words to avoid in comments, strings and names of a Python file."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    texts = [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    texts += [
        (token.start[0], token.string.lstrip("# "))
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
    return [
        Problem(_shown(path), line + offset, problem)
        for line, text in sorted(texts)
        for offset, sentence in sentences(text)
        for problem in phrase_problems(sentence)
    ] + _name_problems(path, tree)


def check_names(path: Path) -> list[Problem]:
    """Return the words to avoid in names of a Python file. Names of tests count as sentences."""
    return _name_problems(path, ast.parse(path.read_text(encoding="utf-8")))


def files_of_tests() -> list[Path]:
    """Return the paths of all Python files of the tests, sorted."""
    return sorted((ROOT / "tests").rglob("*.py"))


def _name_problems(path: Path, tree: ast.AST) -> list[Problem]:
    return [
        Problem(_shown(path), line, f"avoid {word!r} in the name {name}: {NAME_WORDS[word]}")
        for line, name in _defined_names(tree)
        if name not in NAMES_IN_JSON and not name.startswith("test_")
        for word in map(str.lower, re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name))
        if word in NAME_WORDS
    ]


def _defined_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of each function, class, parameter and variable in a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """Split a text into sentences, each with the number of line breaks before it."""
    position = 0
    for end in re.finditer(r"(?:(?<!e\.g)(?<!i\.e)[.!?][)\"”]?(?=\s)|[。！？；])|\n\s*\n|\Z", text):
        sentence = text[position : end.end()]
        stripped = " ".join(sentence.split())
        if stripped:
            leading = len(sentence) - len(sentence.lstrip())
            yield text.count("\n", 0, position + leading), stripped
        position = end.end()


def count_words(sentence: str) -> int:
    """Return the number of words in a text. Two Chinese characters count as one word."""
    chinese = len(re.findall(r"[\u4e00-\u9fff]", sentence))
    others = re.sub(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]", " ", sentence)
    return (chinese + 1) // 2 + sum(any(map(str.isalnum, word)) for word in others.split())


def phrase_problems(sentence: str) -> list[str]:
    """Return a problem for each phrase to avoid in a sentence."""
    return [
        f"avoid {found[0].strip()!r}: {advice}: {sentence[:60]}…"
        for pattern, advice in PHRASES
        if (found := re.search(pattern, sentence))
    ]


@cache
def anchors(path: Path) -> frozenset[str]:
    """Return the link anchors of the headings of a page, as GitHub makes them."""
    found: dict[str, int] = {}
    tokens = _parse(path)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            heading = "".join(child.content for child in inline.children or [])
            kept = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            found[kept] = found.get(kept, -1) + 1
    return frozenset(
        name if number == 0 else f"{name}-{number}"
        for name, last in found.items()
        for number in range(last + 1)
    )


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


@cache
def _parse(path: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))


def _inlines(path: Path) -> Iterator[tuple[Token, bool]]:
    """Yield each text of a page, and whether it is in a paragraph (not a heading or table cell)."""
    parent = ""
    for token in _parse(path):
        if token.type == "inline":
            yield token, parent == "paragraph_open"
        elif token.type == "html_block":
            yield token, False
        parent = token.type


def _text(inline: Token) -> str:
    """Return the text that a reader sees. Each piece of code is replaced by the word `code`."""
    parts = {"softbreak": "\n", "hardbreak": "\n", "code_inline": "code"}
    return "".join(
        child.content if child.type == "text" else parts.get(child.type, "")
        for child in inline.children or []
    )


def _dead_links(path: Path, token: Token) -> Iterator[str]:
    for target in _targets(token):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = unquote(target).partition("#")
        linked = path.parent / name if name else path
        if not linked.exists():
            yield f"dead link: {target}"
        elif anchor and (linked.suffix != ".md" or anchor not in anchors(linked.resolve())):
            yield f"dead link: {target} (no such heading)"


def _targets(token: Token) -> Iterator[str]:
    if token.type in ("html_block", "html_inline"):
        yield from re.findall(r'(?:href|src)="([^"]+)"', token.content)
    for child in token.children or []:
        if child.type in ("link_open", "image"):
            yield str(child.attrs.get("href") or child.attrs.get("src"))
        yield from _targets(child)


def main(arguments: list[str] | None = None) -> None:
    """Check the files, and print the problems.

    Raises:
        SystemExit: with status 1 if there is any problem.
    """
    parser = argparse.ArgumentParser(description="Check sentences, phrases and links.")
    parser.add_argument("files", nargs="*", type=Path, help="Markdown files (all pages)")
    parser.add_argument("--code", action="store_true", help="check the Python packages instead")
    options = parser.parse_args(arguments)
    if options.code:
        problems = [problem for path in python_files() for problem in check_code(path)]
        problems += [problem for path in files_of_tests() for problem in check_names(path)]
    else:
        chosen = [path.resolve() for path in options.files] or pages()
        problems = [problem for path in chosen for problem in check_page(path)]
    for problem in problems:
        print(problem)
    if problems:
        sys.exit(1)


if __name__ == "__main__":
    main()
