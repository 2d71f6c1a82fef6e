"""Docstrings describe only parameters and fields that exist."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import Any

import pytest
from supplies_service.openapi.components import docstring_items

from tools.docstrings import PACKAGES, ROOT, Docstring, docstrings_of, python_files


def documented_object(path: Path, docstring: Docstring) -> Any:
    """Return the function or class of a docstring, or None if it is not one or is local."""
    root = next(ROOT / package for package in PACKAGES if path.is_relative_to(ROOT / package))
    name = path.relative_to(root.parent).with_suffix("").as_posix().replace("/", ".")
    found: Any = importlib.import_module(name.removesuffix(".__init__"))
    for part in docstring.name.split("."):
        found = inspect.getattr_static(found, part, None)
    return inspect.unwrap(getattr(found, "__func__", found))


def names_of(documented: Any) -> set[str]:
    """Return the parameters of a function, or the parameters and attributes of a class."""
    if not inspect.isclass(documented):
        return set(inspect.signature(documented).parameters)
    names = set(dir(documented)) | set(inspect.signature(documented).parameters)
    for base in documented.__mro__:
        names |= set(inspect.get_annotations(base))
        if "__init__" in base.__dict__ and hasattr(base.__init__, "__code__"):
            names |= set(base.__init__.__code__.co_names)
    return names


@pytest.mark.parametrize("path", python_files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_docstring_describes_only_parameters_and_fields_that_exist(path: Path) -> None:
    for docstring in docstrings_of(path):
        described = set(docstring_items(docstring.text))
        if described:
            documented = documented_object(path, docstring)
            if inspect.isclass(documented) or inspect.isroutine(documented):
                assert described <= names_of(documented), docstring.name
