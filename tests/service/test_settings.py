"""Settings of the service: read strictly, and documented in docs/configuration.md."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from supplies_service.settings import READ_ELSEWHERE, Settings, unknown_variables, variable_name

from supplies.cli import main
from supplies.domain.catalogue_records import Station
from supplies.errors import InvalidField
from supplies.ledger.ledger import Ledger
from supplies.storage.engines import open_store

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"

INVALID = [
    ("PORT", "eighty"),
    ("PORT", "80.5"),
    ("PORT", "0"),
    ("PORT", "65536"),
    ("PORT", "8000 8001"),
    ("PORT", "1_000"),
    ("WORKERS", "0"),
    ("WORKERS", "65"),
    ("WORKERS", "many"),
    ("LOG_LEVEL", "loud"),
    ("HOSTS", "https://supplies.example.org"),
    ("HOSTS", "supplies.example.org:8000"),
    ("HOSTS", "good.example.org, *"),
    ("HOSTS", "a..b"),
    ("HOSTS", "[::::]"),
    ("HOSTS", "[fd00::5"),
    ("HOSTS", "x" * 64 + ".org"),
    ("HOSTS", "good.example.org \x1b[31m"),
    ("HOST", "no such host"),
    ("PROXIES", "proxy"),
    ("PROXIES", "127.0.0.1/8"),
    ("PROXIES", "10.0.0.0/40"),
    ("BODY_SECONDS", "abc"),
    ("BODY_SECONDS", "0"),
    ("BODY_SECONDS", "-1"),
    ("BODY_SECONDS", "nan"),
    ("BODY_SECONDS", "inf"),
    ("BODY_SECONDS", "1e9"),
    ("PARTNERS", "ftp://partner.example.org/api/witness"),
    ("PARTNERS", "https://a.example.org, partner"),
    ("PARTNERS", "/a," * 21),
]


def test_settings_are_read_from_the_environment_and_overridden_by_options() -> None:
    environment = {
        "SUPPLIES_PORT": "9000",
        "SUPPLIES_HOSTS": "Supplies.example.org, 192.168.1.5 [fd00::5]",
        "SUPPLIES_PROXIES": "127.0.0.1 172.16.0.0/12",
        "SUPPLIES_WORKERS": "2",
        "SUPPLIES_LOG_LEVEL": "",
        "SUPPLIES_BODY_SECONDS": "0.5",
        "SUPPLIES_PARTNERS": "https://a.example.org/api/witness, /mnt/b/checkpoints.txt",
        "HOME": "/",
    }
    settings = Settings.from_environment(environment, database="books.db", port=None, workers=3)
    assert settings == Settings(
        database="books.db",
        port=9000,
        workers=3,
        hosts=("supplies.example.org", "192.168.1.5", "fd00::5"),
        proxies=("127.0.0.1", "172.16.0.0/12"),
        body_seconds=0.5,
        partners=("https://a.example.org/api/witness", "/mnt/b/checkpoints.txt"),
    )
    assert Settings.from_environment({}) == Settings()


@pytest.mark.parametrize(("name", "value"), INVALID)
def test_an_invalid_variable_is_refused_with_its_name_value_and_what_is_valid(
    name: str, value: str
) -> None:
    expected = f"invalid SUPPLIES_{name} {value!r}: use "
    with pytest.raises(InvalidField, match=f"^{re.escape(expected)}"):
        Settings.from_environment({f"SUPPLIES_{name}": value})


def test_an_invalid_option_is_refused_with_its_name() -> None:
    with pytest.raises(InvalidField, match=r"^invalid --port 0: use a number from 1 to 65535"):
        Settings.from_environment({"SUPPLIES_PORT": "8000"}, port=0)


GARBAGE = [
    *INVALID,
    ("DATABASE", "postgresql://[x"),
    ("DATABASE", "postgresql://127.0.0.1:1/none?connect_timeout=1"),
    ("DATABASE", "no/such/folder/books.db"),
    ("STATION", "no-such-station"),
    ("STATION", "!"),
    ("HOST", "a" * 70 + ".example.org"),
    ("HOST", "203.0.113.1"),
    ("KEYS", "no/such/folder/station.key"),
    ("KEYS", "/"),
    ("CHECKPOINTS", "no/such/folder/checkpoints.txt"),
    ("CHECKPOINTS", "books.db"),
]


@pytest.mark.parametrize(("name", "value"), GARBAGE)
def test_serve_refuses_an_invalid_value_of_every_variable_in_one_message(
    books_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
) -> None:
    monkeypatch.chdir(books_path.parent)
    with Ledger.open(str(books_path), station="lx") as ledger:
        ledger.register(Station(code="lx", name="龙穴街社工服务站"))
    monkeypatch.setenv("SUPPLIES_DATABASE", str(books_path))
    monkeypatch.setenv(f"SUPPLIES_{name}", value)
    with pytest.raises(SystemExit) as ended:
        raise SystemExit(main(["serve"]))
    output = capsys.readouterr()
    assert ended.value.code not in (0, None)
    assert output.out == ""
    assert "Traceback" not in output.err
    assert len(output.err.strip().splitlines()) == 1
    assert f"SUPPLIES_{name}" in output.err or name == "HOST"
    assert "\x1b" not in output.err
    with closing(open_store(str(books_path), create=False)) as store:
        assert store.one("SELECT count(*) FROM credentials") == (0,)


def test_an_invalid_value_is_tried_for_every_setting_of_the_service() -> None:
    settings = {variable_name(name) for name in Settings.__struct_fields__} | {"SUPPLIES_KEYS"}
    assert {f"SUPPLIES_{name}" for name, _ in GARBAGE} == settings


def test_a_misspelt_variable_is_reported() -> None:
    assert unknown_variables(
        {"SUPPLIES_PROXY": "1", "SUPPLIES_KEYS": "x", "SUPPLIES_PORT": "1"}
    ) == ["SUPPLIES_PROXY"]


def test_the_documentation_names_each_setting_and_its_default() -> None:
    rows = dict(re.findall(r"^\| `(SUPPLIES_\w+)` \| (.*?) \|", PAGE.read_text("utf-8"), re.M))
    defaults = {
        variable_name(field.name): _documented(field.default)
        for field in msgspec.structs.fields(Settings)
    }
    assert {name: rows[name] for name in rows if name not in READ_ELSEWHERE} == defaults
    assert set(rows) >= READ_ELSEWHERE


def _documented(default: object) -> str:
    if default in (None, ()):
        return "–"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"
