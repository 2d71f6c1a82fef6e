"""The messages on the troubleshooting page are those of the program."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")


def messages() -> list[str]:
    """Return every string in the code, with … for its placeholders."""
    found: list[str] = []
    for source in ("src/supplies", "service/supplies_service"):
        for path in (ROOT / source).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    parts = [
                        str(part.value) if isinstance(part, ast.Constant) else "…"
                        for part in node.values
                    ]
                    found.append("".join(parts))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(re.sub(r"\{[^{}]*\}", "…", node.value))
    return found


MESSAGES = messages()


@pytest.mark.parametrize(
    "quoted", sorted(set(re.findall(r'(?<!`)"([^"|]+)"', PAGE.partition("## Any database")[2])))
)
def test_a_quoted_message_exists(quoted: str) -> None:
    pieces = [piece for piece in quoted.split("…") if piece.strip()]
    assert any(all(piece in message for piece in pieces) for message in MESSAGES)
