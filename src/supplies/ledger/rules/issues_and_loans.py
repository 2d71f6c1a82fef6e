"""Issue goods for the station's own use, lend goods, and take both back into stock."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

from supplies.books.reader import unknown_code_error
from supplies.domain.accounts import LENT, STOCK, USED
from supplies.domain.commands import IssueGoods, LendGoods, ReturnIssue, ReturnLoan
from supplies.domain.entry_rows import Withdrawal
from supplies.errors import Sentence
from supplies.ledger.journal import Journal
from supplies.ledger.lot_selection import by_pointer, in_fefo_order, lots_first, pick_from
from supplies.ledger.rules.allocations import check_open_location
from supplies.ledger.rules.line_transfers import move_lines


def issue_goods(command: IssueGoods, journal: Journal) -> None:
    """Issue goods that the station uses itself: stock → used.

    Raises:
        InvalidField: a code is unknown, or the location is a quarantine.
        NotEnough: less than requested is unallocated.
    """
    _withdraw(journal, command, "goods_issued", "i", USED(command.purpose), None)


def lend_goods(command: LendGoods, journal: Journal) -> None:
    """Lend goods: stock → lent.

    Raises:
        InvalidField: a code is unknown, or the location is a quarantine.
        NotEnough: less than requested is unallocated.
    """
    _withdraw(journal, command, "goods_lent", "g", LENT(command.borrower), command.due_on)


def _withdraw(
    journal: Journal,
    command: IssueGoods | LendGoods,
    kind: str,
    prefix: str,
    account: str,
    due_on: date | None,
) -> None:
    check_open_location(journal, command.location)
    draft = journal.entry(kind, prefix=prefix)
    draft.add_rows(
        Withdrawal(
            withdrawal=str(draft.document),
            account=account,
            location=command.location,
            due_on=due_on,
        )
    )
    move_lines(
        journal, draft, command.lines, STOCK(command.location), account, expired="if_allowed"
    )


def return_issue(command: ReturnIssue, journal: Journal) -> None:
    """Book goods that were issued and came back unused: used → stock.

    Raises:
        NotFound: the issue is unknown.
        InvalidField: a code is unknown.
        NotEnough: more goods came back than were issued.
    """
    _return_withdrawal(journal, command.issue, "issue", "issue_returned", USED.prefix, command)


def return_loan(command: ReturnLoan, journal: Journal) -> None:
    """Book goods that were lent and came back: lent → stock.

    Raises:
        NotFound: the loan is unknown.
        InvalidField: a code is unknown.
        NotEnough: more goods came back than were lent.
    """
    _return_withdrawal(journal, command.loan, "loan", "loan_returned", LENT.prefix, command)


def _return_withdrawal(
    journal: Journal,
    document: str,
    noun: str,
    kind: str,
    prefix: str,
    command: ReturnIssue | ReturnLoan,
) -> None:
    """Book goods that came back from an issue or a loan.

    Raises:
        NotFound: the issue or loan is unknown.
        InvalidField: a code is unknown.
        NotEnough: more goods came back than were issued or lent.
    """
    withdrawal = journal.books.latest_row(Withdrawal, withdrawal=document)
    if withdrawal is None or not withdrawal.account.startswith(prefix):
        raise unknown_code_error(
            Sentence("unknown {noun} {document}", noun=noun, document=document), ""
        )
    location = command.location or withdrawal.location
    journal.books.location(location, "/location")
    draft = journal.entry(kind, document=document)
    outstanding = {
        item: in_fefo_order(journal, item, lots)
        for item, lots in _outstanding(journal, withdrawal).items()
    }
    account = withdrawal.account
    for pointer, line in lots_first(by_pointer(command.lines)):
        quantity = journal.base_units(line, pointer)
        lots = outstanding.get(line.item, {})
        for lot, part in pick_from(journal, account, line, quantity, pointer, lots).items():
            journal.move(draft, account, STOCK(location), line.item, lot, part, pointer)


def _outstanding(journal: Journal, withdrawal: Withdrawal) -> dict[str, Counter[str]]:
    """Return the quantities of an issue or a loan that have not come back yet, by item and lot."""
    rows = journal.books.all(
        "SELECT t.item, t.lot, sum(CASE WHEN t.target = :account THEN t.quantity "
        "ELSE -t.quantity END) FROM transfers t JOIN entries e "
        "ON e.station = t.station AND e.seq = t.seq "
        "WHERE e.station = :station AND e.document = :document "
        "AND (t.target = :account OR t.source = :account) GROUP BY t.item, t.lot",
        account=withdrawal.account,
        document=withdrawal.withdrawal,
    )
    outstanding: dict[str, Counter[str]] = defaultdict(Counter)
    for item, lot, quantity in rows:
        outstanding[item][lot] = int(quantity)
    if journal.corrected is not None:
        for (account, item, lot), change in journal.corrected.effect.items():
            if account == withdrawal.account:
                outstanding[item][lot] -= change
    return outstanding
