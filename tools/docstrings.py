"""Print docstrings chosen at random, to judge whether a new reader understands them at once.

    python -m tools.docstrings --seed 1 --count 60

The same seed chooses the same docstrings as long as the sources do not change.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("src/supplies", "service/supplies_service", "receipts/supplies_receipts")


@dataclass(frozen=True, slots=True)
class Docstring:
    """A docstring, with the place where it is.

    Attributes:
        path: The path of the file, relative to the project.
        line: The number of the docstring's first line.
        name: The qualified name of the documented object, or "module" for the docstring of a
            module.
    """

    path: str
    line: int
    name: str
    text: str


def python_files() -> list[Path]:
    """Return the paths of all Python files of the three packages, sorted."""
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def docstrings_of(path: Path) -> list[Docstring]:
    """Return the docstrings of a file: of the module, its classes, functions and constants."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    shown = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
    return [
        Docstring(shown, value.lineno, name, inspect.cleandoc(str(value.value)))
        for name, value in _find(module, "")
    ]


def draw(seed: int, count: int) -> list[Docstring]:
    """Return `count` docstrings chosen at random, or all if there are fewer."""
    found = [docstring for path in python_files() for docstring in docstrings_of(path)]
    return random.Random(seed).sample(found, min(count, len(found)))


def _find(
    scope: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, prefix: str
) -> Iterator[tuple[str, ast.Constant]]:
    previous: ast.stmt | None = None
    for node in scope.body:
        match node:
            case ast.Expr(value=ast.Constant(value=str()) as value):
                if previous is None:
                    yield prefix.rstrip(".") or "module", value
                elif isinstance(previous, ast.Assign | ast.AnnAssign):
                    yield prefix + _target(previous), value
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _find(node, f"{prefix}{node.name}.")
        previous = node


def _target(assignment: ast.Assign | ast.AnnAssign) -> str:
    target = assignment.targets[0] if isinstance(assignment, ast.Assign) else assignment.target
    return ast.unparse(target)


def main(arguments: list[str] | None = None) -> None:
    """Print docstrings chosen at random, each below its path, line and name."""
    parser = argparse.ArgumentParser(description="Draw docstrings at random.")
    parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same")
    parser.add_argument("--count", type=int, default=60, help="how many to draw")
    options = parser.parse_args(arguments)
    for number, docstring in enumerate(draw(options.seed, options.count), start=1):
        print(f"{number}. {docstring.path}:{docstring.line} {docstring.name}")
        print("\n".join(f"    {line}".rstrip() for line in docstring.text.splitlines()))
        print()


if __name__ == "__main__":
    main()
