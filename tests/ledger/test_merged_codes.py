"""Merging two codes of one person, separating them again, and commands that name a merged code."""

from __future__ import annotations

import pytest
from support.ledger_fixture import StationLedger
from support.photos import jpeg
from support.refusals import assert_refused

from supplies.books.stop_codes import code_of_stop
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Recipient
from supplies.errors import AlreadyDone, Forgotten, InvalidField, NotEnough, Unaccounted
from supplies.ledger.recorded import Recorded
from supplies.views.catalogue import get_record
from supplies.views.deliveries import get_delivery
from supplies.views.delivery_slips import build_delivery_slips, build_run_sheet
from supplies.views.likely_duplicates import find_likely_duplicates
from supplies.views.merges import find_merge_warnings
from supplies.views.needs import get_need, list_needs
from supplies.views.pledges import get_pledge
from supplies.views.receipts import list_receipts


@pytest.fixture
def station(station: StationLedger) -> StationLedger:
    station.ledger.register(
        Donor(code="D-3", name="李某", phone="13900139000"),
        Recipient(code="R-3", name="张某", phone="13700137000"),
    )
    return station


def merge(station: StationLedger, code: str, into: str) -> Recorded:
    kind = "donor" if code.startswith("D") else "recipient"
    return station(
        c.MergeCodes(kind=kind, code=code, into=into, reason="registered twice")  # type: ignore[arg-type]  # one of two texts
    )


def party_of(station: StationLedger, recorded: Recorded) -> str:
    rows = station.books.body(recorded.seq).rows
    return next(str(row.party) for row in rows if hasattr(row, "party"))


def test_a_merge_moves_nothing_and_retires_the_code(station: StationLedger) -> None:
    station.give(5, donor="D-3")
    merged = merge(station, "D-3", "D-2")
    assert station.books.body(merged.seq).transfers == ()
    assert station.total("donor:D-3") == -5
    assert get_record(station.books, Donor, "D-3").retired
    assert not get_record(station.books, Donor, "D-2").retired
    station.ledger.verify()


def test_new_documents_get_the_code_that_stays(station: StationLedger) -> None:
    merge(station, "D-3", "D-2")
    merge(station, "R-3", "R-2")
    assert party_of(station, station.give(5, donor="D-3")) == "D-2"
    assert get_pledge(station.books, station.pledge(5, donor="D-3")).donor == "D-2"
    assert get_need(station.books, station.need(5, "R-3")).recipient == "R-2"
    station.give(4, donor="D-3", recipient="R-3")
    allocation = station.books.value("SELECT recipient FROM allocations")
    assert allocation == "R-2"
    station.ledger.verify()


def test_a_repeated_request_that_names_the_merged_code_is_recorded_once(
    station: StationLedger,
) -> None:
    merge(station, "R-3", "R-2")
    need = c.NoteNeed(recipient="R-3", item="mask", quantity=5, note="asked by telephone")
    number = "00000000-0000-4000-8000-000000000001"
    first = station.ledger.record(need, by="u_1", id=number)
    again = station.ledger.record(need, by="u_1", id=number)
    assert (again.seq, again.repeated) == (first.seq, True)


def test_open_needs_of_a_merged_code_are_served_under_it(station: StationLedger) -> None:
    need = station.need(5, "R-3")
    station.stock(20)
    merge(station, "R-3", "R-2")
    line = c.RecipientLine(item="mask", quantity=5)
    station(c.HandOut(recipient="R-2", location="store", lines=[line]))
    assert get_need(station.books, need).status == "met"
    assert station.total("received:R-3") == 5
    station(c.HandOut(recipient="R-3", location="store", lines=[line]))
    assert station.total("received:R-2") == 5
    station.ledger.verify()


def test_an_allocation_for_a_need_of_the_merged_code_is_recorded_under_it(
    station: StationLedger,
) -> None:
    need, own = station.need(5, "R-3"), station.need(5, "R-2")
    station.stock(20)
    merge(station, "R-3", "R-2")
    station.allocate(5, "R-2", need=need)
    assert get_need(station.books, need).status == "assigned"
    station.allocate(5, "R-3")
    assert get_need(station.books, own).status == "assigned"
    station.ledger.verify()


def test_goods_that_a_merged_code_received_are_taken_back_from_it(station: StationLedger) -> None:
    station.stock(20)
    line = c.RecipientLine(item="mask", quantity=5)
    station(c.HandOut(recipient="R-3", location="store", lines=[line]))
    merge(station, "R-3", "R-2")
    back = c.TakeBack(recipient="R-2", location="store", lines=[line], reason="r")
    station(back)
    assert station.total("received:R-3") == 0
    assert_refused(station, NotEnough, lambda: station(back))


def test_a_gift_on_a_pledge_of_the_merged_code_fulfils_it(station: StationLedger) -> None:
    named, kept = station.pledge(5, donor="D-3"), station.pledge(7, donor="D-3")
    merge(station, "D-3", "D-2")
    station.give(5, donor="D-2", pledge=named)
    assert get_pledge(station.books, named).status == "kept"
    line = c.DonationLine(item="mask", quantity=7)
    station(
        c.RecordDonation(
            donor="D-2", location="store", handled_by="w", lines=[line], keep_pledges=True
        )
    )
    assert get_pledge(station.books, kept).status == "kept"
    station.ledger.verify()


def test_a_correction_keeps_the_code_that_it_names(station: StationLedger) -> None:
    gift = station.give(5, donor="D-3")
    merge(station, "D-3", "D-2")
    station(c.Correct(entry=gift.seq, command=station.donation(6, donor="D-3"), reason="counted"))
    assert station.total("donor:D-3") == -6
    station.ledger.verify()


def test_goods_that_a_count_found_are_given_by_the_code_that_stays(station: StationLedger) -> None:
    merge(station, "D-3", "D-2")
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=5)]))
    station(
        c.Settle(
            place="store",
            by="donor",
            party="D-3",
            handled_by="w",
            reason="found",
            lines=[c.LotLine(item="mask", quantity=5)],
        )
    )
    assert station.total("donor:D-2") == -5


def test_reversing_a_merge_divides_the_codes_again(station: StationLedger) -> None:
    station.need(5, "R-3")
    merged = merge(station, "R-3", "R-2")
    assert len(list_needs(station.books, recipient="R-2").items) == 1
    divided = station(c.Reverse(entry=merged.seq, reason="two brothers"))
    assert not list_needs(station.books, recipient="R-2").items
    assert not get_record(station.books, Recipient, "R-3").retired
    assert get_need(station.books, station.need(7, "R-3")).recipient == "R-3"
    for seq in (merged.seq, divided.seq):
        with pytest.raises(AlreadyDone, match=f"was reversed by entry {divided.seq}"):
            station(c.Reverse(entry=seq, reason="again"))
    merge(station, "R-3", "R-2")
    station.ledger.verify()


def test_a_merge_cannot_be_corrected(station: StationLedger) -> None:
    merged = merge(station, "R-3", "R-2")
    command = c.NoteNeed(recipient="R-1", item="mask", quantity=1)
    with pytest.raises(InvalidField, match="reverse it, and merge the codes that are one"):
        station(c.Correct(entry=merged.seq, command=command, reason="r"))


def test_chains_of_merged_codes_are_refused(station: StationLedger) -> None:
    station.ledger.register(Recipient(code="R-4", name="张"), Recipient(code="R-5", name="张"))
    merge(station, "R-3", "R-2")
    with pytest.raises(AlreadyDone, match="R-3 was merged into R-2 before"):
        merge(station, "R-3", "R-4")
    with pytest.raises(InvalidField, match="R-3 was merged into R-2; merge R-4 into R-2"):
        merge(station, "R-4", "R-3")
    with pytest.raises(InvalidField, match="so it must stay; merge R-4 into R-2"):
        merge(station, "R-2", "R-4")
    merge(station, "R-4", "R-2")
    station.ledger.verify()


@pytest.mark.parametrize(
    ("code", "into", "message"),
    [
        ("R-2", "R-2", "give another code than R-2"),
        ("G-1", "R-2", "G-1 is registered as group and R-2 as household"),
        ("R-9", "R-2", "unknown recipient R-9"),
        ("R-2", "R-9", "unknown recipient R-9"),
        ("D-2", "R-2", "unknown donor R-2"),
    ],
)
def test_codes_of_different_people_are_not_merged(
    station: StationLedger, code: str, into: str, message: str
) -> None:
    with pytest.raises(InvalidField, match=message):
        merge(station, code, into)


def test_a_merged_code_stays_retired(station: StationLedger) -> None:
    merge(station, "R-3", "R-2")
    with pytest.raises(InvalidField, match="reverse the entry that merged it"):
        station.ledger.amend(Recipient(code="R-3", name="张某"))
    station.ledger.amend(Recipient(code="R-3", name="张某某", retired=True))


def test_forgetting_one_code_forgets_all_codes_of_the_person(station: StationLedger) -> None:
    station.give(5, donor="D-3", wish="给张婆婆")
    pledge = station.pledge(5, donor="D-3")
    merge(station, "D-3", "D-2")
    with pytest.raises(Unaccounted, match=f"donor D-3 still has pledge {pledge} outstanding"):
        station(c.ForgetDonor(donor="D-2"))
    station(c.LapsePledge(pledge=pledge, reason="r"))
    station(c.ForgetDonor(donor="D-3"))
    for code in ("D-2", "D-3"):
        assert get_record(station.books, Donor, code).name is None
        left = "SELECT count(*) FROM erasable WHERE about = :about AND content IS NOT NULL"
        assert station.books.value(left, about=f"donor:{code}") == 0
    with pytest.raises(Forgotten):
        station.give(1, donor="D-3")
    station.ledger.verify()


def test_a_recipient_is_not_forgotten_while_a_merged_code_has_an_open_need(
    station: StationLedger,
) -> None:
    need = station.need(5, "R-3")
    merge(station, "R-3", "R-2")
    with pytest.raises(Unaccounted, match=f"recipient R-3 still has need {need} open"):
        station(c.ForgetRecipient(recipient="R-2"))
    station(c.EndNeed(need=need, reason="moved"))
    station(c.ForgetRecipient(recipient="R-2"))
    assert get_record(station.books, Recipient, "R-3").name is None


def test_a_forgotten_person_is_not_merged(station: StationLedger) -> None:
    station(c.ForgetRecipient(recipient="R-3"))
    with pytest.raises(Forgotten, match="the personal data of R-3 was erased"):
        merge(station, "R-3", "R-2")


def test_the_same_need_under_both_codes_is_a_likely_duplicate(station: StationLedger) -> None:
    before = station.need(5, "R-3")
    merge(station, "R-3", "R-2")
    again = station.need(5, "R-2")
    (warning,) = find_likely_duplicates(station.books, again)
    assert warning.about == before


def test_a_receipt_covers_gifts_under_both_codes_of_a_donor(station: StationLedger) -> None:
    station.ledger.register(Donor(code="D-8", name="李某"), Donor(code="D-9", name="李某"))
    first = station.give(3, donor="D-8")
    second = station.give(4, donor="D-9")
    both = [str(first.document), str(second.document)]
    with pytest.raises(InvalidField, match="a receipt is for one donor"):
        station(c.IssueReceipt(donations=both))
    station(c.MergeCodes(kind="donor", code="D-9", into="D-8", reason="one firm"))
    station(c.IssueReceipt(donations=both))
    receipts = list_receipts(station.books, donor="D-9").items
    assert [len(one.donations) for one in receipts if one.status == "issued"] == [2]
    line = c.DonationLine(item="mask", quantity=5)
    fixed = c.RecordDonation(donor="D-9", location="store", handled_by="Chen", lines=[line])
    station(c.Correct(entry=second.seq, reason="miscounted", command=fixed))
    receipts = list_receipts(station.books, donor="D-9").items
    assert [len(one.donations) for one in receipts if one.status == "issued"] == [2]


def test_a_merge_that_would_publish_a_donor_is_warned_of(station: StationLedger) -> None:
    station.ledger.register(
        Donor(code="D-8", name="李某", publish="name"), Donor(code="D-9", name="李某")
    )
    (warned,) = find_merge_warnings(station.books, "donor", "D-9", "D-8")
    assert (warned.warning, warned.about) == ("publishes-name", "D-8")
    assert find_merge_warnings(station.books, "donor", "D-8", "D-9") == []


def test_forgetting_after_a_merge_erases_proofs_of_both_codes_and_keeps_no_later_ones(
    station: StationLedger,
) -> None:
    station.stock(10)
    stops = []
    for recipient in ("R-2", "R-3"):
        allocation = station.allocate(5, recipient)
        stops.append((station.dispatch(allocation), allocation))
    strokes = [[(10, 20), (30, 40)]]
    for stop in stops:
        station.outcome(*stop, "handed_over", signature=strokes, time_window="after six")
        station(c.AddStopPhoto(delivery=stop[0], allocation=stop[1], photo=jpeg()))
    merge(station, "R-3", "R-2")
    station(c.ForgetRecipient(recipient="R-2"))
    for delivery, allocation in stops:
        (shown,) = get_delivery(station.books, delivery).stops
        assert isinstance(shown.proofs, list)
        assert [proof.erased for proof in shown.proofs] == [True, True]
        assert code_of_stop(station.books, delivery, allocation) is None
        again = station.outcome(delivery, allocation, "handed_over", signature=strokes)
        assert again.repeated
        late = station.outcome(delivery, allocation, "refused", signature=strokes, note="Li")
        assert late.conflict is not None
    kept = station.books.all("SELECT content FROM erasable WHERE content IS NOT NULL")
    assert not any(b"10,20" in row[0] or b"Li" in row[0] for row in kept)
    station.ledger.verify()


def test_papers_of_a_delivery_print_the_code_and_the_address_that_stay(
    station: StationLedger,
) -> None:
    station.give(10)
    allocation = station.allocate(4, "R-3")
    delivery = station.dispatch(allocation)
    merge(station, "R-3", "R-2")
    stays = get_record(station.books, Recipient, "R-2")
    (slip,) = build_delivery_slips(station.books, delivery)
    assert (slip.recipient, slip.address) == ("R-2", stays.address)
    sheet = build_run_sheet(station.books, delivery)
    assert [stop.recipient for stop in sheet.stops] == ["R-2"]
