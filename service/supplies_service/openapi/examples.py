"""An example of each request body, for the OpenAPI document. All names are made up.

A test decodes each example, so an outdated example makes the test fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_REASON = {"reason": "entered twice"}

_FREE = {"location": "store-a", "lines": [{"item": "mask-kn95", "quantity": 10}]}
"""Fields of an example that takes unallocated goods from a location.

The example has no field `lots`, so the program chooses the lots that expire first.
"""

_DONATION = {
    "donor": "D-01",
    "location": "store-a",
    "happened_on": "2020-02-05",
    "handled_by": "陈晓",
    "wish": "elderly first",
    "lines": [
        {
            "item": "mask-kn95",
            "quantity": 1,
            "pack": "box50",
            "pledge": "p_1",
            "batch": "B7",
            "expires_on": "2022-01-31",
            "value": {"minor": 12000, "currency": "CNY", "evidence": "invoice 88"},
        }
    ],
}

_RECORDS: Mapping[str, Mapping[str, Any]] = {
    "Item": {
        "code": "mask-kn95",
        "name": "口罩 (KN95)",
        "name_en": "mask (KN95)",
        "unit": "piece",
        "packs": {"box50": 50},
        "barcodes": [{"code": "6901234567892", "pack": "box50"}],
        "aliases": ["防护口罩"],
        "minimum": 500,
    },
    "Location": {"code": "store-a", "name": "Store A"},
    "Campaign": {"code": "appeal", "name": "抗疫募捐", "note": "grant 2020-17"},
    "Community": {"code": "longxue", "name": "龙穴社区", "name_en": "Longxue"},
    "Team": {"code": "t_1", "name": "一队"},
    "Donor": {"code": "D-01", "name": "蓝湾公司", "kind": "organisation", "publish": "name"},
    "Recipient": {
        "code": "R-007",
        "name": "王某",
        "community": "longxue",
        "access": "knock slowly",
    },
}
"""An example record for each kind of catalogue record."""

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    # --- the catalogue
    **_RECORDS,
    **{f"New{kind}": record for kind, record in _RECORDS.items()},
    "ForgetDonor": {},
    "ForgetRecipient": {},
    "ForgetText": {},
    "MergeCodes": {"kind": "recipient", "code": "R-037", "into": "R-007", **_REASON},
    "StationWithSettings": {"phone": "020-12345678"},
    # --- needs, pledges, donations
    "NoteNeed": {
        "recipient": "R-007",
        "item": "mask-kn95",
        "quantity": 10,
        "urgency": "high",
        "needed_by": "2020-02-08",
        "happened_on": "2020-02-03",
    },
    "EndNeed": {"reason": "helped_elsewhere", "goods": "release"},
    "MakePledge": {
        "donor": "D-01",
        "due_on": "2020-02-06",
        "lines": [
            {"item": "mask-kn95", "quantity": 50, "claims": [{"need": "n_1", "quantity": 6}]}
        ],
    },
    "ClaimNeeds": {
        "claims": [{"need": "n_7", "quantity": 20}],
        "drop": [{"need": "n_1", "quantity": 2}],
    },
    "CancelPledge": {
        "reason": "the factory was closed",
        "lines": [{"line": 1, "quantity": 20, "drop": [{"need": "n_1", "quantity": 2}]}],
    },
    "LapsePledge": {"reason": "nothing came by the day that was promised"},
    "RecordDonation": _DONATION,
    "Correct": {
        "reason": "fifty were counted, not sixty",
        "command": {"type": "RecordDonation", **_DONATION},
    },
    "Reverse": _REASON,
    "DonationCorrection": {"reason": "fifty were counted, not sixty", "command": _DONATION},
    "DonationReversal": _REASON,
    # --- receipts
    "IssueReceipt": {"donations": ["d_1", "d_5"]},
    "ReprintReceipt": {},
    "VoidReceipt": {"reason": "handed to the wrong donor"},
    "ReplaceReceipt": {"reason": "the donor's name was corrected"},
    # --- allocations and deliveries
    "Allocate": {
        "recipient": "R-007",
        "location": "store-a",
        "lines": [
            {
                "item": "mask-kn95",
                "quantity": 10,
                "need": "n_1",
                "lots": [{"lot": "l_lx_1_1", "quantity": 10}],
            }
        ],
    },
    "Release": {"reason": "the household was helped by a neighbour"},
    "CollectAllocation": {"received_by": "family", "lines": [{"line": 1, "quantity": 4}]},
    "Dispatch": {"team": "t_1", "allocations": ["a_1", "a_2"]},
    "ReportOutcome": {
        "allocation": "a_1",
        "outcome": "partly",
        "happened_at": "2020-02-05T06:20:00Z",
        "lines": [{"line": 1, "received": 8, "brought_back": 2, "to": "allocated"}],
        "received_by": "neighbour",
        "proof": "signature",
        "signature": [[[120, 240], [180, 210], [260, 250]], [[300, 240], [340, 240]]],
        "code": "048213",
        "why": "not_ready",
        "next_attempt": "2020-02-06",
        "time_window": "after 18:00",
    },
    "AddStopPhoto": {"photo": "/9j/4AAQSkZJRg=="},
    "ConfirmHandOver": {
        "way": "telephone",
        "confirmed_by": "self",
        "note": "called at 16:40",
    },
    "CloseDelivery": {},
    "ReassignDelivery": {"team": "t_2"},
    "UndoDispatch": {"reason": "the car did not start"},
    "MoveStops": {"allocations": ["a_2"], "team": "t_2"},
    # --- stock
    "OpenStock": {"location": "store-a", "lines": [{"item": "soap", "quantity": 30}]},
    "RecordArrival": {
        "origin": "bought",
        "party": "pharmacy-12",
        "location": "store-a",
        "lines": [{"item": "mask-kn95", "quantity": 2, "pack": "box50"}],
    },
    "Move": {
        "from": "store-a",
        "to": "store-b",
        "lines": [{"item": "mask-kn95", "quantity": 10}],
    },
    "QuarantineBatch": {"item": "mask-kn95", "batch": "B7", "to": "quarantine"},
    "OpenCountSheet": {"location": "store-a"},
    "CountStock": {"lines": [{"item": "mask-kn95", "counted": 48}]},
    "IssueGoods": {"purpose": "gate-post-1", **_FREE},
    "ReturnIssue": {"lines": [{"item": "mask-kn95", "quantity": 2}]},
    "WriteOff": {"reason": "expired", **_FREE},
    "FindAgain": {"reason": "missing", **_FREE},
    "TakeBack": {"recipient": "R-007", "reason": "too many were left", **_FREE},
    "ReturnGoods": {"reason": "the donor asked for them", **_FREE},
    "LendGoods": {"borrower": "clinic-3", "due_on": "2020-03-01", **_FREE},
    "ReturnLoan": {"lines": [{"item": "mask-kn95", "quantity": 10}]},
    "HandOut": {
        "recipient": "R-007",
        "location": "store-a",
        "lines": [{"item": "mask-kn95", "quantity": 10, "need": "n_1"}],
    },
    "ReportHandOut": {
        "team": "T-1",
        "recipient": "newcomers",
        "location": "hall",
        "lines": [{"item": "mask-kn95", "quantity": 20}],
        "headcount": 4,
        "happened_at": "2020-02-05T08:00:00Z",
    },
    "Convert": {
        "location": "store-a",
        "consumed": [{"item": "disinfectant-drum", "quantity": 1}],
        "produced": [{"item": "disinfectant", "quantity": 50}],
    },
    "Settle": {
        "place": "store-a",
        "by": "lost",
        "reason": "not found after the stock-take",
        "lines": [{"item": "mask-kn95", "quantity": 2}],
    },
    "DescribeLot": {
        "batch": "B7",
        "expires_on": "2020-12-31",
        "reason": "read from the box",
    },
    # --- between stations
    "SendShipment": {"to": "nansha", **_FREE},
    "ReceiveShipment": {"location": "store-a", "lines": [{"line": 1, "arrived": 10}]},
    "AcknowledgeShipment": {},
    # --- entries, activities, periods
    "ResolveConflict": {"by": "correct", "reason": "the neighbour confirmed it"},
    "RecordActivity": {"kind": "visit", "count": 12, "happened_on": "2020-02-05"},
    "ClosePeriod": {"through": "2020-02-29"},
    "ReopenPeriod": {"from": "2020-02-01", "reason": "a late delivery note"},
    # --- access
    "NewRole": {"role": "courier", "team": "T-1"},
    "NewUser": {"login": "chen", "role": "recorder"},
    "EmptyBody": {},
    "NewToken": {"user": "u_2", "label": "counting app", "role": "recorder", "days": 30},
    "NewLink": {"days": 90, "label": "letter of 5 February"},
    "NewPhone": {
        "secret": "supplies.lx.v_20.9jKq0vU2p3m1s7Xc4aB5dw",
        "label": "Kai's phone",
        "version": "1",
    },
    "RescueText": {"text": "supplies-run:1:1/1:3f2a8c1d9e7b6a50:eJyrVsrLL1eyUkpUqgUAGKkEAQ"},
    "CounterHandOut": {
        "location": "store",
        "recipient": "newcomers",
        "lines": [{"item": "mask", "quantity": 20}],
        "headcount": 4,
        "happened_at": "2020-02-05T08:00:00Z",
    },
    "PhoneStatus": {"unsent": 2, "oldest_unsent_at": "2020-02-05T08:00:00Z", "version": "1"},
    "NewRequest": {"kind": "correct", "wish": "please write the firm's full name"},
    "Answer": {"answer": "done"},
}
"""An example of each request body, by the name of the struct that it is decoded to."""
