"""Random commands that fit the state of the books. Most of them are valid.

The state machine draws commands with hypothesis, the simulator with a seeded generator: see
`random_source`.
"""

from support.command_generators.arrivals import ArrivalCommands
from support.command_generators.base import LX_CODES, CatalogueCodes
from support.command_generators.corrections import CorrectionCommands
from support.command_generators.deliveries import DeliveryCommands
from support.command_generators.office import OfficeCommands
from support.command_generators.random_source import RandomSource, SeededRandom
from support.command_generators.shipments import ShipmentCommands
from support.command_generators.stock import StockCommands

__all__ = ["LX_CODES", "CatalogueCodes", "CommandGenerator", "RandomSource", "SeededRandom"]


class CommandGenerator(
    CorrectionCommands,
    ArrivalCommands,
    DeliveryCommands,
    StockCommands,
    OfficeCommands,
    ShipmentCommands,
):
    """A generator of random commands, with a method for each command."""
