"""Commands that mostly make sense, drawn from what stands in the books.

The state machine draws them with hypothesis, the simulator with a seeded dice: see `chance`.
"""

from support.command_generators.chance import Chance, Dice
from support.command_generators.drawing import DESK, Cast
from support.command_generators.gifts import Gifts
from support.command_generators.mending import Mending
from support.command_generators.papers import Papers
from support.command_generators.shelf import Shelf
from support.command_generators.shipping import Shipping
from support.command_generators.teams import Teams

__all__ = ["DESK", "Asks", "Cast", "Chance", "Dice"]


class Asks(Mending, Gifts, Teams, Shelf, Papers, Shipping):
    """All that may be asked of a ledger, a method a command."""
