"""The lock files name each dependency of the project file, with hashes and without addresses."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = {"deploy/service.lock": ("postgres",), ".ci/test.lock": ("postgres", "test")}


def locked(name: str) -> dict[str, str]:
    """The locked versions by package."""
    text = (ROOT / name).read_text("utf-8")
    return {
        canonicalize_name(package): version
        for package, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.M)
    }


@pytest.mark.parametrize("name", LOCKS)
def test_every_dependency_is_locked_at_a_version_that_the_project_allows(name: str) -> None:
    stated = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    for extra in LOCKS[name]:
        stated += PROJECT["project"]["optional-dependencies"][extra]
    versions = locked(name)
    for requirement in map(Requirement, stated):
        package = canonicalize_name(requirement.name)
        if package != "supplies":
            assert package in versions, f"{package} is not in {name}: run `make lock`"
            assert requirement.specifier.contains(versions[package]), f"{package}: run `make lock`"


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    parts = re.split(r"^(?=[\w.-]+==)", text, flags=re.M)
    assert parts[0].strip() == ""
    assert all("--hash=sha256:" in part for part in parts[1:])
    assert re.search(r"https?://|file://|--index|--find-links", text) is None


def test_both_lock_files_agree() -> None:
    service, test = map(locked, LOCKS)
    assert {package: test.get(package) for package in service} == service
