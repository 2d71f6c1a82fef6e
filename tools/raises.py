"""Check that docstrings list the errors that functions raise.

    python -m tools.raises

If a public function or method contains `raise X(…)`, its docstring must name `X` below `Raises:`.
Functions of the command line and route handlers are not checked, because their docstrings are help
texts and API descriptions. Each problem is printed on one line as `path:line: problem`. The exit
status is 1 if there is any problem.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from tools.docstrings import ROOT, python_files

_SHOWN_TO_USERS = frozenset(("command", "group", "get", "post", "patch", "put", "delete"))
"""Decorators of functions whose docstrings users read as help or API description."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def undocumented(source: str) -> Iterator[tuple[int, str, list[str]]]:
    """Yield each public function that raises errors which its docstring does not list.

    The values are the line, the name of the function, and the names of the errors.
    """
    for name, function in _public_functions(ast.parse(source), ""):
        listed = (ast.get_docstring(function) or "").partition("Raises:")[2]
        missing = sorted(error for error in set(_raised(function)) if f"{error}:" not in listed)
        if missing:
            yield function.lineno, name, missing


def _public_functions(parent: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for node in ast.iter_child_nodes(parent):
        if not isinstance(node, ast.ClassDef | Function) or node.name.startswith("_"):
            continue
        if isinstance(node, ast.ClassDef):
            yield from _public_functions(node, f"{prefix}{node.name}.")
        elif _SHOWN_TO_USERS.isdisjoint(map(_last_name, node.decorator_list)):
            yield prefix + node.name, node


def _raised(node: ast.AST) -> Iterator[str]:
    """Yield the names of the errors that a function raises and does not catch itself."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(child, ast.Raise) and child.exc is not None:
            name = _last_name(child.exc)
            if name[:1].isupper():
                yield name
        if isinstance(child, ast.Try):
            caught = {_last_name(each.type) for each in child.handlers if each.type is not None}
            body = ast.Module(body=child.body, type_ignores=[])
            yield from (name for name in _raised(body) if name not in caught)
            after = ast.Module(body=[*child.orelse, *child.finalbody], type_ignores=[])
            for part in (*child.handlers, after):
                yield from _raised(part)
        else:
            yield from _raised(child)


def _last_name(node: ast.expr) -> str:
    """Return the class of an error or decorator: C for `a.b.C(…)`, for `C.at(…)` and for `C`."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute) and node.attr == "at":
        node = node.value
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def main() -> int:
    """Print each problem. Return the exit status."""
    found = False
    for path in python_files():
        for line, name, errors in undocumented(path.read_text(encoding="utf-8")):
            found = True
            print(
                f"{path.relative_to(ROOT)}:{line}: {name} raises {', '.join(errors)}: "
                "list it below `Raises:`"
            )
    return int(found)


if __name__ == "__main__":
    sys.exit(main())
