"""Many phones over simulated weeks: no report is lost, and none is counted twice."""

from __future__ import annotations

import pytest

from simulation.phones import simulate


@pytest.mark.parametrize("seed", [1, 2])
def test_reports_of_many_phones_are_booked_once_and_none_is_lost(books_url: str, seed: int) -> None:
    done = simulate(books_url, seed, steps=250)
    assert {kind for kind, count in done.items() if count} >= {
        "send",
        "lose_answer",
        "killed",
        "decide",
        "decide_otherwise",
        "hand_out",
        "take_goods_away",
        "change_counter",
        "revoke_and_rescue",
        "close_delivery",
        "reassign",
        "move_stop",
        "undo_dispatch",
        "collect",
    }
