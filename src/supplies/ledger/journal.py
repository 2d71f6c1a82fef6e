"""The journal of one command: through it, the command's rule reads the books and drafts entries.

The balances of a journal include what the rule has drafted (`DraftedBalances`). The journal does
not write to the database. It does not check that balances stay above zero either, because the
database does this when the drafted entries are written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cached_property, partial

from supplies.books.balance_reader import LotBalance
from supplies.books.entry_reader import EndOfBooks
from supplies.books.free_text import Texts
from supplies.books.reader import Books
from supplies.domain.accounts import NEEDED, keys_of
from supplies.domain.commands import (
    AddStopPhoto,
    Command,
    ConfirmHandOver,
    CountStock,
    GoodsLine,
    NoteNeed,
    ReceiveShipment,
    RecordArrival,
    RecordDonation,
    ReportHandOut,
    ReportOutcome,
    ResolveConflict,
)
from supplies.domain.entries import Transfer
from supplies.domain.entry_rows import (
    AllocationLine,
    LatestDay,
    Lot,
    Need,
)
from supplies.errors import Fault, InvalidField, NotEnough, PeriodClosed, Sentence
from supplies.ledger.corrected_command import (
    CorrectedCommand,
    Earmark,
    Earmarks,
    EarmarksToCome,
)
from supplies.ledger.drafted_balances import DraftedBalances
from supplies.ledger.drafts import Draft, DraftedRows, Move
from supplies.ledger.named_records import names_in
from supplies.ledger.needs_in_order import NeedsInOrder
from supplies.ledger.not_enough import not_enough_error
from supplies.ledger.packed_lines import PackedLines

FACTS = (
    RecordDonation,
    RecordArrival,
    ReceiveShipment,
    ReportOutcome,
    ReportHandOut,
    AddStopPhoto,
    ConfirmHandOver,
    CountStock,
    ResolveConflict,
)
"""Commands that record what happened, such as a donation or a stock count.

Such a command is never refused because its day is closed. It is booked on the first open day.
"""


_SortedLots = dict[tuple[str, str], dict[str, LotBalance]]


class Journal(DraftedBalances):
    """Gives the rule of one command access to the books, and collects the entries that it drafts.

    Attributes:
        now: The current time in UTC, by the clock of the ledger.
        sorted_lots: Two caches of `lot_selection`: the lots of an account and item in the order in
            which they are taken, without lots that the command has used up. In the second one,
            expired lots come last.
        packs: The packs in which lines of the command give their quantities.
        needs_in_order: A cache of `need_fulfilment`: the open needs of a recipient and item, and
            the claims on a pledge and item.
        promised_items: A cache of `pledges`: the items of each pledge.
        reported_texts: The free texts of an earlier report that the command books. These texts are
            stored with the first entry, beside the texts of the command.

    Raises:
        InvalidField: the command's day is in the future.
    """

    def __init__(
        self,
        books: Books,
        command: Command,
        *,
        now: datetime,
        today: date,
        corrected: CorrectedCommand | None = None,
        end: EndOfBooks | None = None,
    ) -> None:
        super().__init__(
            books,
            end=end or books.end_of_books(),
            happened_on=command.happened_on or today,
            today=today,
            corrected=corrected,
        )
        self.command, self.now = command, now
        self.drafts: list[Draft] = []
        self.reported_texts: Texts = {}
        self._needs: dict[str, Need] = {}
        self.needs_in_order: dict[tuple[str, str], NeedsInOrder] = {}
        self.promised_items: dict[str, frozenset[str]] = {}
        self._needs_served: dict[str, dict[tuple[str, str], str | None]] = {}
        self.sorted_lots: tuple[_SortedLots, _SortedLots] = ({}, {})
        self._claims_asked: dict[str, int] = defaultdict(int)
        self._asked_by_item: set[str] = set()
        self.packs = PackedLines(() if corrected is None else corrected.packed)
        self._drafted_rows = DraftedRows()
        check_not_in_future(self.happened_on, today)

    @cached_property
    def items(self) -> list[str]:
        """The items that the command names, each only once."""
        return list(names_in(self.command).get("item", ()))

    # --- drafting ----------------------------------------------------------------------------

    def entry(
        self,
        kind: str,
        *,
        prefix: str | None = None,
        document: str | None = None,
        about: str | None = None,
        day: date | None = None,
    ) -> Draft:
        """Begin a new entry and return its draft.

        Args:
            kind: The kind of entry, such as `goods_moved`.
            prefix: First letter of the id of a new document. The id ends in the number of the
                entry.
            document: Id of the existing document to which the entry belongs.
            about: The person whom the entry concerns, as in `Draft`.
            day: The day of the event, if it is not the day of the command.

        Raises:
            InvalidField: a correction names another document than the original command.
            PeriodClosed: the day is closed, and the command does not record a fact.
        """
        happened_on = day or self.happened_on
        booked_on = self.booked_on(happened_on)
        if day is None and booked_on != happened_on:
            self._check_open(happened_on, booked_on)
        if self.corrected is not None and not self.drafts:
            if document not in (None, self.corrected.document):
                raise InvalidField.at(
                    "/command",
                    Sentence(
                        "the corrected entry belongs to {document}, not to {document_2}; record "
                        "a separate command for {document_2}",
                        document=self.corrected.document,
                        document_2=document,
                    ),
                )
            kind, document = self.corrected.kind, self.corrected.document
        elif prefix is not None:
            document = f"{prefix}_{self.next_seq}"
        draft = Draft(
            seq=self.next_seq,
            kind=kind,
            document=document,
            happened_on=happened_on,
            booked_on=booked_on,
            about=about,
            index=self._drafted_rows,
        )
        self.next_seq += 1
        self.drafts.append(draft)
        return draft

    def _check_open(self, day: date, first_open: date) -> None:
        """Check that the command may be dated on a closed day. Facts and corrections always may.

        Args:
            day: The day of the command, which is closed.
            first_open: The first day that is not closed.

        Raises:
            PeriodClosed: the command records a plan.
        """
        if self.corrected is not None or isinstance(self.command, FACTS):
            return
        closed = self.end.closed_through
        raise PeriodClosed(
            Sentence(
                "{day} is closed (the books are closed through {closed}); "
                "date it {first_open} or later, or let a coordinator reopen the period",
                day=day,
                closed=closed,
                first_open=first_open,
            ),
            [Fault("/happened_on", Sentence("closed through {closed}", closed=closed))],
        )

    def move(
        self,
        draft: Draft,
        source: str,
        target: str,
        item: str,
        lot: str,
        quantity: int,
        pointer: str = "",
    ) -> None:
        """Add a transfer from one account to another to a draft, unless the quantity is zero.

        Args:
            pointer: JSON pointer to the field of the command that causes the transfer.
        """
        if quantity == 0:
            return
        draft.moves.append(Move(Transfer(source, target, item, lot, quantity), pointer))
        self._change((source, item, lot), -quantity)
        self._change((target, item, lot), quantity)
        for sorted_lots in self.sorted_lots:
            sorted_lots.pop((target, item), None)

    # --- goods that the original command set aside -------------------------------------------

    @cached_property
    def _earmarks(self) -> Earmarks:
        return Earmarks(() if self.corrected is None else self.corrected.earmarks)

    def earmarks(self, lot: str) -> Sequence[Earmark]:
        """Return the goods of a lot that the original command set aside when they arrived.

        The result is empty if this is not a correction.
        """
        return self._earmarks.of_lot(lot)

    def earmarks_to_come(self, lot: str) -> EarmarksToCome:
        """Return the goods that the original command set aside, but that are not drafted again.

        Args:
            lot: The lot for the attribute `of_lot` of the result.
        """
        return self._earmarks.to_come(lot, self._drafted_rows.arrived_lots)

    # --- needs and lots of several items -----------------------------------------------------

    def lot_balances(self, account: str, item: str) -> list[LotBalance]:
        """Return the recorded lots of an item in an account, as `Books.lot_balances` does."""
        self.read_of_each_item(self.books.lot_balances, account)
        return self.books.lot_balances(account, item)

    def needs_still_open(self, recipient: str, item: str) -> dict[str, bool]:
        """Return the recorded needs of a recipient, as `Books.needs_still_open` does."""
        if self.read_of_each_item(self.books.needs_still_open, recipient):
            open_needs = [
                (need, each)
                for each in self.items
                for need, is_open in self.books.needs_still_open(recipient, each).items()
                if is_open
            ]
            self.recorded_needs([need for need, _ in open_needs])
            self.books.read_together(
                partial(self.books.balance, NEEDED(need), each) for need, each in open_needs
            )
        return self.books.needs_still_open(recipient, item)

    def read_of_each_item(self, method: Callable[[str, str], object], of: str) -> bool:
        """Make a call for all items of the command together, when a rule makes it for the first.

        Only the first `of` is read together: if each line has a recipient of its own, reading all
        items for each of them would take longer. Return whether the items were read.
        """
        if self.books.store.in_process or len(self.items) < 2:
            return False
        if method.__name__ in self._asked_by_item:
            return False
        self._asked_by_item.add(method.__name__)
        return self.books.read_together(partial(method, of, item) for item in self.items)

    def recorded_needs(self, needs: Sequence[str]) -> list[Need]:
        """Return the needs with these ids from the books. All ids must exist."""
        if unread := [need for need in needs if need not in self._needs]:
            self._needs.update(self.books.latest_rows(Need, "need", unread))
        return [self._needs[need] for need in needs]

    def read_needs_of_claims(self, pledge: str) -> None:
        """Read the needs of all claims on a pledge together, at the second call for this pledge.

        A command that fulfils only one item of the pledge does not need the claims on the others.

        Args:
            pledge: The prefix of the accounts of the claims, such as "pledged:p_1:". Their balances
                must have been read by `balances_of_item`.
        """
        self._claims_asked[pledge] += 1
        if self._claims_asked[pledge] == 2:
            by_item = self._balances_by_item(pledge).values()
            self.recorded_needs([keys_of(account)[1] for keys in by_item for account, _, _ in keys])

    def needs_served(self, allocation: str) -> dict[tuple[str, str], str | None]:
        """Return the need that goods in an allocation are for, by item and lot.

        Drafted entries are included. None means that the goods are for no need.
        """
        served = self._needs_served.get(allocation)
        if served is None:
            lines = self.books.rows(AllocationLine, allocation=allocation)
            served = {(line.item, line.lot): line.need for line in lines}
            self._needs_served[allocation] = served
        drafted = self._drafted_rows.needs_served.get(allocation)
        return {**served, **drafted} if drafted else served

    # --- lines and lots ----------------------------------------------------------------------

    def base_units(self, line: GoodsLine | NoteNeed, pointer: str) -> int:
        """Return the quantity of a line, converted to base units of its item.

        If the line counts packs, `packs` remembers them.

        Raises:
            InvalidField: the item or pack is unknown, or the quantity is more than `MAX_QUANTITY`.
        """
        return self.packs.base_units(line, self.books.item(line.item, f"{pointer}/item"), pointer)

    def add_packed_lines(self) -> None:
        """Add rows about packs to the first draft, one for each line that counts packs.

        Call this method after the rule has run.
        """
        self.drafts[0].add_rows(*self.packs.rows())

    def add_latest_day(self) -> None:
        """If the command sets `or_earlier`, record that the event may have happened before its day.

        The row for this is added to the first draft once, even if both a correction and the command
        in it set `or_earlier`. Call this method after the rule has run.
        """
        head = self.drafts[0]
        if self.command.or_earlier and not any(isinstance(row, LatestDay) for row in head.rows):
            head.add_rows(LatestDay(latest_day=head.happened_on))

    def recorded_lot(self, lot: str) -> Lot | None:
        """Return the latest description of a lot in the books, without the drafted entries.

        Return None if the books contain no such lot.
        """
        if self.corrected is not None and lot in self.corrected.described:
            return self.corrected.described[lot]
        return self.books.latest_row(Lot, lot=lot)

    def described_lot(self, lot: str) -> Lot | None:
        """Return the latest description of a lot, in the drafted entries or the books.

        Return None if the lot does not exist.
        """
        return self._drafted_rows.lots.get(lot) or self.recorded_lot(lot)

    def lot(self, lot: str, item: str, pointer: str = "") -> Lot:
        """Return the latest description of a lot, in the drafted entries or the books.

        Raises:
            InvalidField: the id does not belong to a lot of this item.
        """
        found = self.described_lot(lot)
        if found is None or found.item != item:
            raise InvalidField.at(
                pointer,
                Sentence(
                    "{lot} is not a lot of {item}; see its lots in the stock",
                    lot=lot,
                    item=self.books.item(item).name,
                ),
            )
        return found

    def not_enough_error(
        self,
        account: str,
        item: str,
        requested: int,
        available: int,
        pointer: str,
    ) -> NotEnough:
        """Return the error for an account that has less of an item than requested."""
        return not_enough_error(self.books, account, item, requested, available, pointer)


def check_not_in_future(day: date, today: date) -> None:
    """Refuse the day of a command if it is after the station's current day.

    Raises:
        InvalidField: the day is in the future.
    """
    if day > today:
        raise InvalidField.at(
            "/happened_on",
            Sentence(
                "{day} is in the future; today is {today} at this station", day=day, today=today
            ),
        )
