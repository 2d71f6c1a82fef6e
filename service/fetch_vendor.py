"""Fetch the files of other projects that the pages load, from the npm registry.

    .venv/bin/python service/fetch_vendor.py

It writes each package into `supplies_service/pages/vendor/NAME-VERSION/`, together with its licence
and `SHA512SUMS`. The package itself is checked against its SHA-512, as the registry published it
when the version was chosen. A test recomputes the hashes of the files. It needs npm.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

VENDOR = Path(__file__).parent / "supplies_service" / "pages" / "vendor"


class Package(NamedTuple):
    """A package: its name and version in the registry, its SHA-512, and the files to take.

    Attributes:
        files: For each file, its name here and its path within the package.
    """

    name: str
    version: str
    integrity: str
    files: dict[str, str]

    @property
    def folder(self) -> str:
        """Name of the folder for this package."""
        return f"{self.name.rpartition('/')[2]}-{self.version}"


PACKAGES = (
    Package(
        "simpledotcss",
        "2.3.7",
        "Ag3TpigN7725AnvgwyGkErd50SuYmlDQRU+9LLNHUIK8T4DUEWPHut6GpD1ivxARrBd8eYGTL8vzKazVFYUpQg==",
        {"simple.css": "simple.css", "LICENSE": "LICENSE"},
    ),
    Package(
        "@github/combobox-nav",
        "3.0.2",
        "txEw3G7oK2b7G5olc5+xDEUJcHvyp9N+yx+LIjAwKsfOq22CGAx5zUL/6yVsHiCF/tRZlKMuFTAgpOHoCrNrzA==",
        {"combobox-nav.js": "dist/index.js", "LICENSE": "LICENSE"},
    ),
    Package(
        "idb",
        "8.0.4",
        "jd0ITCrN+Zah4J7R/Z2jnR3W7A4BXDAjmo62MwWuSjxCiueUAf7X5rbodEdidWzeknwXHmLpdZkoiiCppNi30Q==",
        {"idb.js": "build/index.js", "LICENSE": "LICENSE"},
    ),
    Package(
        "signature_pad",
        "5.1.4",
        "q0wO5a+U+AWPVcVmiNXz7FY4Ad1QiE8wto/3Yn41WVqepoVVYMvkb1CTokaWPUUAHWDLLabH3/acODeWM9jCrg==",
        {"signature_pad.js": "dist/signature_pad.min.js", "LICENSE": "LICENSE"},
    ),
    Package(
        "lean-qr",
        "2.7.4",
        "tlMPFfqhAAZN7+j/djRSvl/2+AYT2+7RRuyq8bvcbV8gMiENiscquQ9WTfCSyeEdxsVaEB+tU7e9nFZC63BFnQ==",
        {"lean-qr.js": "index.mjs", "LICENSE": "LICENSE"},
    ),
)


def main() -> None:
    """Fetch every package."""
    with tempfile.TemporaryDirectory() as temporary:
        for package in PACKAGES:
            fetch(package, Path(temporary))


def fetch(package: Package, temporary: Path) -> None:
    """Write the files of one package into its folder.

    Raises:
        SystemExit: the package does not have the expected SHA-512.
    """
    name = f"{package.name}@{package.version}"
    packed = subprocess.run(  # noqa: S603  # the names are those above
        ["npm", "pack", "--silent", name],  # noqa: S607  # npm of the PATH, as a developer has it
        cwd=temporary,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    content = (temporary / packed).read_bytes()
    found = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if found != package.integrity:
        sys.exit(f"{name} has SHA-512 {found}, expected {package.integrity}")
    folder = VENDOR / package.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sums = []
    with tarfile.open(temporary / packed) as archive:
        for target, source in package.files.items():
            member = archive.extractfile(f"package/{source}")
            assert member is not None, f"{source} is a file"
            text = member.read()
            (folder / target).write_bytes(text)
            sums.append(f"{hashlib.sha512(text).hexdigest()}  {target}\n")
    (folder / "SHA512SUMS").write_text("".join(sums))


if __name__ == "__main__":
    main()
