"""Other programs that check the files which are exported for them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent


def judge(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run another program and return its result.

    If the program is missing, the test is skipped. Continuous integration installs all of them.

    Args:
        command: The name of the program, followed by its arguments.
    """
    name = str(command[0])
    program = shutil.which(name, path=str(BIN)) or shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    return subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
