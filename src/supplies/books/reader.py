"""Read the books of one station. Rules and views read the books only through `Books`."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from supplies.books.balance_reader import BalanceReader
from supplies.books.catalogue import Catalogue
from supplies.domain.accounts import ANONYMOUS
from supplies.domain.catalogue_records import (
    Campaign,
    CatalogueRecord,
    Donor,
    Item,
    Location,
    Recipient,
    Station,
    Team,
)
from supplies.errors import (
    Fault,
    Forgotten,
    InvalidField,
    NotFound,
    Sentence,
    SuppliesError,
    template,
)
from supplies.storage.store import Store

N = TypeVar("N", bound=CatalogueRecord)

_MAX_NAMED = 20
"""Maximum number of stations that an error message lists."""

_NAMELESS = {ANONYMOUS, "anon", "nobody", "none", "null", "unknown"}
"""Words that people enter as the code of a donor if they do not know the donor.

The error message then says what to enter instead.
"""


_UNKNOWN = {
    "item": template("unknown item {code}; register it first, or correct the code"),
    "donor": template("unknown donor {code}; register it first, or correct the code"),
    "recipient": template("unknown recipient {code}; register it first, or correct the code"),
    "location": template("unknown location {code}; register it first, or correct the code"),
    "team": template("unknown team {code}; register it first, or correct the code"),
    "campaign": template("unknown campaign {code}; register it first, or correct the code"),
}
"""Message templates for an unknown code, by the kind of record."""


class Books(BalanceReader):
    """The books of one station, for reading: its catalogue, entries and balances.

    Within `Ledger.reading` and within a rule, all queries see the same state of the books.

    Attributes:
        past_day: The past day at whose end the books are shown. None means now.
    """

    past_day: date | None = None

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        super().__init__(store, catalogue.station_code)
        self.catalogue = catalogue

    def for_station(self, station: str) -> Books:
        """Return the books of another station in this database.

        Raises:
            InvalidField: the code of the station is not text.
        """
        return Books(self.store, Catalogue(self.store, station))

    @property
    def station(self) -> Station:
        """The record of this station.

        Raises:
            NotFound: the station is unknown.
        """
        station = self.catalogue.get(Station, self.station_code)
        if station is None:
            raise self._unknown_station_error()
        return station

    def check_station(self) -> None:
        """Check that this station is registered.

        Raises:
            NotFound: the station is unknown.
        """
        if self.catalogue.get(Station, self.station_code) is None:
            raise self._unknown_station_error()

    def _unknown_station_error(self) -> NotFound:
        codes = [row[0] for row in self.store.all("SELECT code FROM stations ORDER BY code")]
        if not codes:
            known = "they have none; create one with `supplies init` or `Ledger.register`"
        else:
            more = f" and {len(codes) - _MAX_NAMED} more" if len(codes) > _MAX_NAMED else ""
            known = (
                f"their stations are {', '.join(codes[:_MAX_NAMED])}{more}; "
                "to register a new one, use `supplies init`, or `Ledger.open` with `new_station`"
            )
        return NotFound(f"unknown station {self.station_code!r} in these books: {known}")

    def item(self, code: str, pointer: str = "") -> Item:
        """Return an item by its code.

        Args:
            pointer: JSON pointer to the field of the command that contains the code; "" if the code
                is not from a command.

        Raises:
            InvalidField: the code is unknown, and `pointer` is given.
            NotFound: the code is unknown, and `pointer` is empty.
        """
        return self._cached_record(Item, "item", code, pointer)

    def donor(self, code: str, pointer: str = "") -> Donor:
        """Return a donor by its code.

        Args:
            pointer: As in `item`.

        Raises:
            Forgotten: the data of the donor was erased.
            InvalidField: the code is unknown, and `pointer` is given.
            NotFound: the code is unknown, and `pointer` is empty.
        """
        if code.casefold() in _NAMELESS and self.catalogue.get(Donor, code) is None:
            raise unknown_code_error(
                f"{code} is not the code of a donor: record an anonymous gift without a donor, and "
                f"settle found goods with the party {ANONYMOUS}; all else needs a registered donor",
                pointer,
            )
        donor = self._cached_record(Donor, "donor", code, pointer)
        return _read_or_refuse(donor, donor.name, "donor", pointer)

    def recipient(self, code: str, pointer: str = "") -> Recipient:
        """Return a recipient by its code.

        Args:
            pointer: As in `item`.

        Raises:
            Forgotten: the data of the recipient was erased.
            InvalidField: the code is unknown, and `pointer` is given.
            NotFound: the code is unknown, and `pointer` is empty.
        """
        recipient = self._cached_record(Recipient, "recipient", code, pointer)
        return _read_or_refuse(recipient, recipient.name, "recipient", pointer)

    def location(self, code: str, pointer: str = "") -> Location:
        """Return a location by its code. Parameters and errors are as in `item`."""
        return self._cached_record(Location, "location", code, pointer)

    def team(self, code: str, pointer: str = "") -> Team:
        """Return a team by its code. Parameters and errors are as in `item`."""
        return self._cached_record(Team, "team", code, pointer)

    def campaign(self, code: str, pointer: str = "") -> Campaign:
        """Return a campaign by its code. Parameters and errors are as in `item`."""
        return self._cached_record(Campaign, "campaign", code, pointer)

    def _cached_record(self, kind: type[N], name: str, code: str, pointer: str) -> N:
        found = self.catalogue.get(kind, code)
        if found is None:
            raise unknown_code_error(Sentence(_UNKNOWN[name], code=code), pointer)
        return found


def unknown_code_error(sentence: str, pointer: str) -> SuppliesError:
    """Return the error for an unknown code.

    If `pointer` is given, this is an InvalidField that points to the field, otherwise a NotFound.
    """
    if pointer:
        return InvalidField(sentence, [Fault(pointer, sentence)])
    return NotFound(sentence)


def _read_or_refuse(record: N, name: str | None, what: str, pointer: str) -> N:
    if name is None:
        raise Forgotten(
            Sentence(
                "the data of {what} {code} was erased at their request; register them under "
                "another code",
                what=what,
                code=record.code,
            ),
            [Fault(pointer, Sentence("the personal data was erased"))] if pointer else (),
        )
    return record
