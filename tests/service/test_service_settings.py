"""What the service is told from outside: read strictly, and as its page of documentation says."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from supplies_service.settings import ELSEWHERE, Settings, unknown, variable

from supplies.errors import InvalidField

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_environment_is_read() -> None:
    environment = {
        "SUPPLIES_PORT": "9000",
        "SUPPLIES_HOSTS": "Supplies.example.org, 192.168.1.5 [fd00::5]",
        "SUPPLIES_PROXIES": "127.0.0.1 172.16.0.0/12",
        "SUPPLIES_WORKERS": "2",
        "SUPPLIES_LOG_LEVEL": "",
        "HOME": "/",
    }
    settings = Settings.of(environment, database="books.db", port=None, workers=3)
    assert settings == Settings(
        database="books.db",
        port=9000,
        workers=3,
        hosts=("supplies.example.org", "192.168.1.5", "fd00::5"),
        proxies=("127.0.0.1", "172.16.0.0/12"),
    )
    assert Settings.of({}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "80.5"),
        ("WORKERS", "0"),
        ("LOG_LEVEL", "loud"),
        ("HOSTS", "https://supplies.example.org"),
        ("HOSTS", "supplies.example.org:8000"),
        ("PROXIES", "proxy"),
        ("PROXIES", "127.0.0.1/8"),
    ],
)
def test_what_is_not_right_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidField, match=f"SUPPLIES_{name}"):
        Settings.of({f"SUPPLIES_{name}": value})


def test_a_slip_of_the_pen_is_noticed() -> None:
    assert unknown({"SUPPLIES_PROXY": "1", "SUPPLIES_KEYS": "x", "SUPPLIES_PORT": "1"}) == [
        "SUPPLIES_PROXY"
    ]


def test_the_page_names_each_setting_and_its_default() -> None:
    rows = dict(re.findall(r"^\| `(SUPPLIES_\w+)` \| (.*?) \|", PAGE.read_text("utf-8"), re.M))
    defaults = {
        variable(field.name): _shown(field.default) for field in msgspec.structs.fields(Settings)
    }
    assert {name: rows[name] for name in rows if name not in ELSEWHERE} == defaults
    assert set(rows) >= ELSEWHERE


def _shown(default: object) -> str:
    return f"`{default}`" if default not in (None, ()) else "–"
