"""Rules: for each command, the function that drafts its entries.

A rule reads the books and drafts entries only through its `Journal`. Related rules share a module.
`RULES` maps each command to its rule. In the descriptions of the rules, an arrow such as stock →
allocated shows from which account quantities move to which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from supplies.domain import commands as c
from supplies.ledger.journal import Journal
from supplies.ledger.rules import (
    activities,
    allocations,
    collections,
    conflicts,
    corrections,
    deliveries,
    delivery_changes,
    delivery_outcomes,
    delivery_proofs,
    donations,
    expired_goods,
    forgetting,
    given_back,
    hand_outs,
    issues_and_loans,
    merges,
    moves,
    needs,
    periods,
    pledges,
    receipts,
    repacking,
    reported_hand_outs,
    settlements,
    shipments,
    stock_counts,
    write_offs,
)

Rule = Callable[[Any, Journal], None]

_PLAIN: dict[type[c.Command], Rule] = {
    c.NoteNeed: needs.note_need,
    c.EndNeed: needs.end_need,
    c.MakePledge: pledges.make_pledge,
    c.ClaimNeeds: pledges.claim_needs,
    c.CancelPledge: pledges.cancel_pledge,
    c.LapsePledge: pledges.lapse_pledge,
    c.RecordDonation: donations.record_donation,
    c.OpenStock: donations.open_stock,
    c.RecordArrival: donations.record_arrival,
    c.Allocate: allocations.allocate,
    c.Release: allocations.release,
    c.CollectAllocation: collections.collect_allocation,
    c.Dispatch: deliveries.dispatch,
    c.ReportOutcome: delivery_outcomes.report_outcome,
    c.AddStopPhoto: delivery_proofs.add_stop_photo,
    c.ConfirmHandOver: delivery_proofs.confirm_hand_over,
    c.CloseDelivery: deliveries.close_delivery,
    c.ReassignDelivery: deliveries.reassign_delivery,
    c.MoveStops: delivery_changes.move_stops,
    c.UndoDispatch: delivery_changes.undo_dispatch,
    c.Move: moves.move_stock,
    c.QuarantineBatch: moves.quarantine_batch,
    c.OpenCountSheet: stock_counts.open_count_sheet,
    c.CountStock: stock_counts.count_stock,
    c.IssueGoods: issues_and_loans.issue_goods,
    c.ReturnIssue: issues_and_loans.return_issue,
    c.WriteOff: write_offs.write_off,
    c.FindAgain: write_offs.find_again,
    c.TakeBack: hand_outs.take_back,
    c.ReturnGoods: given_back.return_goods,
    c.LendGoods: issues_and_loans.lend_goods,
    c.ReturnLoan: issues_and_loans.return_loan,
    c.HandOut: hand_outs.hand_out,
    c.ReportHandOut: reported_hand_outs.report_hand_out,
    c.Convert: repacking.convert,
    c.Settle: settlements.settle,
    c.DescribeLot: expired_goods.describe_lot,
    c.SendShipment: shipments.send_shipment,
    c.ReceiveShipment: shipments.receive_shipment,
    c.AcknowledgeShipment: shipments.acknowledge_shipment,
    c.IssueReceipt: receipts.issue_receipt,
    c.VoidReceipt: receipts.void_receipt,
    c.ReplaceReceipt: receipts.replace_receipt,
    c.ReprintReceipt: receipts.reprint_receipt,
    c.ClosePeriod: periods.close_period,
    c.ReopenPeriod: periods.reopen_period,
    c.RecordActivity: activities.record_activity,
    c.MergeCodes: merges.merge_codes,
    c.ForgetDonor: forgetting.forget_donor,
    c.ForgetRecipient: forgetting.forget_recipient,
    c.ForgetText: forgetting.forget_text,
}

RULES: Mapping[type[c.Command], Rule] = {
    **_PLAIN,
    c.Correct: partial(corrections.correct, rules=_PLAIN),
    c.Reverse: corrections.reverse,
    c.ResolveConflict: partial(conflicts.resolve_conflict, rules=_PLAIN),
}
"""The rule of each command type.

The rules that correct a command or resolve a conflict run the rules of other commands.
"""
