"""Other programs, which judge the files that are exported for them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent


def judge(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run another program and return its result. `command` begins with its name.

    The test is skipped if the program is missing. Continuous integration installs all of them.
    """
    name = str(command[0])
    program = shutil.which(name, path=str(BIN)) or shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    return subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
