"""Text in commands and logins is normalized and never blank, and logins never look alike."""

from __future__ import annotations

import uuid

import pytest
from support.ledger_fixture import StationLedger

from supplies.access import passwords, users
from supplies.access.access_context import AccessContext
from supplies.books.free_text import free_text_of_entry
from supplies.domain import commands as c
from supplies.domain import validation
from supplies.domain.catalogue_records import Donor, Item
from supplies.errors import AlreadyDone, InvalidField, NotFound
from supplies.views.receipts import get_receipt
from supplies.views.stock import get_stock


def test_the_texts_of_a_command_are_stored_normalized(station: StationLedger) -> None:
    done = station.give(1, wish=" Nguye\u0302\u0303n\u200b　給老人 ", batch=" B7\u200b ")
    assert free_text_of_entry(station.books, done.seq) == {
        "handled_by": "陈某",
        "wish": "Nguyễn 給老人",
    }
    assert station.books.value("SELECT batch FROM lots WHERE station = :station") == "B7"


def test_the_names_of_the_catalogue_are_stored_normalized(station: StationLedger) -> None:
    station.ledger.register(
        Donor(code="D-9", name=" １号 \u200b", phone="\u202a138\u202c", note=" ")
    )
    assert station.books.donor("D-9") == Donor(code="D-9", name="1号", phone="138")


@pytest.mark.parametrize("name", [" ", "\u3000", "\u200b\u2060", "\u3164"])
def test_a_blank_name_is_refused(station: StationLedger, name: str) -> None:
    with pytest.raises(InvalidField, match="/name is blank"):
        station.ledger.register(Item(code="tea", name=name))
    with pytest.raises(InvalidField, match="the name is missing"):
        station.ledger.register(Donor(code="D-9", name=name))
    with pytest.raises(InvalidField, match="/handled_by is blank"):
        station(
            c.RecordDonation(
                location="store",
                handled_by=name,
                lines=[c.DonationLine(item="mask", quantity=1)],
            )
        )


def test_blank_texts_of_older_versions_can_be_read_and_verified(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = uuid.uuid4()
    gift = c.RecordDonation(
        donor="D-1",
        location="store",
        handled_by=" ",
        wish="",
        lines=[c.DonationLine(item="mask", quantity=1)],
    )
    note = c.NoteNeed(recipient="R-1", item="mask", quantity=1, note=" \u200b")
    with monkeypatch.context() as older:
        older.setattr(validation, "normalize_fields", lambda _, fields: (fields, []))
        done = station(gift)
        noted = station.ledger.record(note, by="u_1", id=id)
    assert free_text_of_entry(station.books, done.seq) == {"handled_by": " ", "wish": ""}
    assert station.ledger.verify().entries == station.entries()
    receipt = get_receipt(station.books, "JZ-2020-000001")
    assert receipt.document is not None
    assert receipt.document.handled_by == " "
    again = station.ledger.record(note, by="u_1", id=id)
    assert again.repeated
    assert again.seq == noted.seq


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("B7/2020-01.a", "B7/2020-01.a"),
        (" LOT 7　甲 ", "LOT 7 甲"),
        ("国药准字Ｚ２００", "国药准字Z200"),
        ("(01)06901234567892(17)270531(10)A 7", "(01)06901234567892(17)270531(10)A 7"),
        ("]C10106901234567892\x1d10A7\x1d", "]C10106901234567892␝10A7␝"),
    ],
)
def test_a_batch_number_is_kept_as_the_maker_prints_it(
    station: StationLedger, typed: str, stored: str
) -> None:
    station.give(2, batch=typed)
    station.stock(3, batch=typed)
    assert {row.batch for row in get_stock(station.books).items} == {stored}
    receipt = get_receipt(station.books, "JZ-2020-000001").document
    assert receipt is not None
    assert receipt.lines[0].batch == stored
    assert station.ledger.verify().entries == station.entries()


@pytest.mark.parametrize("batch", ["", "\u3000", "a\nb", "a\x07", "x" * 101])
def test_an_invalid_batch_number_is_refused_or_absent(station: StationLedger, batch: str) -> None:
    if not batch.strip():
        station.give(1, batch=batch)
        assert station.books.value("SELECT batch FROM lots WHERE station = :station") is None
        return
    with pytest.raises(InvalidField) as refused:
        station.give(1, batch=batch)
    assert refused.value.faults[0].pointer == "/lines/0/batch"


# --- logins ------------------------------------------------------------------------------------


def add(station: StationLedger, login: str) -> users.User:
    with station.ledger.admin_transaction() as books:
        new = users.NewUser(login=login, role="recorder")
        return users.add(AccessContext(books, station.clock()), new, by="u_1")


@pytest.mark.parametrize("login", ["chen", "CHEN", "ｃｈｅｎ", " chen ", "che\u200bn"])
def test_a_login_that_differs_only_in_encoding_is_in_use(
    station: StationLedger, login: str
) -> None:
    add(station, "chen")
    with pytest.raises(AlreadyDone, match="this login is in use"):
        add(station, login)


@pytest.mark.parametrize(
    ("used", "lookalike"),
    [
        ("coco", "сосо"),
        ("anna1", "annal"),
        ("l1il", "I1il"),
        ("1l", "Il"),
        ("0o", "OO"),
        ("modern", "modem"),
        ("Iris1", "lrisl"),
    ],
)
def test_a_login_that_looks_like_another_is_refused(
    station: StationLedger, used: str, lookalike: str
) -> None:
    add(station, used)
    with pytest.raises(AlreadyDone, match=f"looks like {used}, which is in use"):
        add(station, lookalike)


@pytest.mark.parametrize("login", ["сhen", "сһеn", "cheп", "χen"])
def test_a_login_with_letters_of_several_scripts_is_refused(
    station: StationLedger, login: str
) -> None:
    with pytest.raises(InvalidField, match="letters of several scripts"):
        add(station, login)


@pytest.mark.parametrize(
    "login", ["chen陈", "ひカ漢", "한han", "陈某", "Łukasz", "Nguye\u0302\u0303n", "한지민", "שרה"]
)
def test_a_login_of_any_script_is_found_however_it_is_encoded(
    station: StationLedger, login: str
) -> None:
    added = add(station, login)
    access = AccessContext(station.books, station.clock())
    for typed in (login, added.login, added.login.upper(), f"{login}\u200b"):
        assert users.get_by_login(access, typed) == added
    with pytest.raises(NotFound):
        users.get_by_login(access, "nobody")


@pytest.mark.parametrize("login", ["", " ", "\u3000", "\u200b", "a b", "שרהabc", "x\u0000", "ﬁ"])
def test_an_invalid_login_is_refused(station: StationLedger, login: str) -> None:
    with pytest.raises(InvalidField) as refused:
        add(station, login)
    assert refused.value.faults[0].pointer == "/login"


def test_similar_logins_of_older_versions_can_each_sign_in(
    station: StationLedger,
) -> None:
    first, second = add(station, "chen"), add(station, "other")
    with station.ledger.admin_transaction() as books:
        AccessContext(books, station.clock()).run(
            "UPDATE users SET login = :login WHERE station = :station AND code = :code",
            login="CHEN",
            code=second.code,
        )
    access = AccessContext(station.books, station.clock())
    assert users.get_by_login(access, "chen").code == first.code
    assert users.get_by_login(access, "CHEN").code == second.code
    with pytest.raises(NotFound):
        users.get_by_login(access, "Chen")


def test_a_password_matches_however_its_characters_are_encoded() -> None:
    hashed = passwords.hash_password("carry café baskets\u00a0home", "chen")
    assert passwords.verify_password(hashed, "carry cafe\u0301 baskets home")
    assert not passwords.verify_password(hashed, "carry cafe baskets home")
    old = passwords._hasher.hash("carry cafe\u0301 baskets home")
    assert passwords.verify_password(old, "carry cafe\u0301 baskets home")
