"""Commands that mostly make sense, drawn from what stands in the books.

The state machine draws them with hypothesis, the simulator with a seeded dice: see `chance`.
"""

from asking.chance import Chance, Dice
from asking.drawing import DESK, Cast
from asking.gifts import Gifts
from asking.mending import Mending
from asking.papers import Papers
from asking.shelf import Shelf
from asking.shipping import Shipping
from asking.teams import Teams

__all__ = ["DESK", "Asks", "Cast", "Chance", "Dice"]


class Asks(Mending, Gifts, Teams, Shelf, Papers, Shipping):
    """All that may be asked of a ledger, a method a command."""
