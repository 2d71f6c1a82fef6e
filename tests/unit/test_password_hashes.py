"""Hashing a password is work for whoever guesses passwords."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
from supplies.access.passwords import hash_password

print(hash_password("four words nobody guesses", "chen"))
"""


def test_hashing_a_password_takes_64_mib_of_memory_and_three_passes() -> None:
    """In a process of its own, because the tests hash with the least work."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
