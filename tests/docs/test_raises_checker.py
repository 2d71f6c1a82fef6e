"""The checker of `Raises:` finds errors that a docstring does not list."""

from __future__ import annotations

from tools import raises

SOURCE = '''
def listed():
    """Do it.

    Raises:
        NotFound: it is unknown.
    """
    raise NotFound("x")

class Ledger:
    def missing(self):
        """Do it."""
        if True:
            raise errors.InvalidField.at("/x", "x")

    def _private(self):
        raise NotFound("x")

def caught():
    """Do it."""
    try:
        raise NotFound("x")
    except NotFound:
        raise Busy("x") from None

@click.command(cls=Command)
def help_text():
    """Help."""
    raise NotFound("x")

def given(error):
    """Raise it again."""
    raise error
'''


def test_public_functions_with_unlisted_errors_are_found() -> None:
    assert [found[1:] for found in raises.undocumented(SOURCE)] == [
        ("Ledger.missing", ["InvalidField"]),
        ("caught", ["Busy"]),
    ]
