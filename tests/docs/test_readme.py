"""Every command block of both READMEs runs, and their figures are those of the demo."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support.service_process import free_port, wait_until_it_is_free

from supplies.cli import main

ROOT = Path(__file__).parents[2]
NAMES = ["README.md", "README.zh-CN.md"]
WAIT = (
    'until "$PYTHON" -c "import urllib.request as r; '
    "r.urlopen('http://127.0.0.1:PORT/api/health')\" 2>/dev/null; do sleep 0.1; done"
)
STOP = "kill $SERVICE; wait $SERVICE || true\n"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", read(name), re.MULTILINE | re.DOTALL)


def script(name: str, port: int) -> str:
    """Return all command blocks as one script: services in the background, make as a dry run.

    `make run` also serves the demo, until the page starts the service of its own books.
    """
    text = "".join(blocks(name, "sh"))
    text = re.sub(r"^make (\w+)", rf"make -C '{ROOT}' -n \1", text, flags=re.M)
    text = re.sub(r"^curl ", "curl --silent --show-error --fail ", text, flags=re.M)
    text, served = re.subn(
        r"^supplies serve .*$", lambda match: STOP + start(match[0]), text, flags=re.M
    )
    text, made = re.subn(
        r"^make .* -n run\b.*$",
        lambda match: f"{match[0]}\n{start('supplies serve --database var/demo.db')}",
        text,
        flags=re.M,
    )
    assert served == made == 1
    return text.replace("8000", "PORT").replace("PORT", str(port))


def start(serve: str) -> str:
    return f"{serve} --port PORT & SERVICE=$!; trap 'kill $SERVICE; wait $SERVICE' EXIT\n{WAIT}"


def test_the_commands_run_in_the_order_of_the_page(tmp_path: Path) -> None:
    """Run the English page. Another test compares its commands with those of the Chinese page."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: the commands of the README were not run")
    (tmp_path / "var").mkdir()
    assert main(["demo", "--database", str(tmp_path / "var" / "demo.db")]) == 0
    port = free_port()
    done = subprocess.run(
        ["/bin/sh", "-e"],
        input=script(NAMES[0], port),
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHON": sys.executable,
        },
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"code":"mask"' in done.stdout
    assert '"address":"/my/' in done.stdout
    assert done.stdout.count("The books are sound.") == 3
    for paper in (
        "first-receipt.pdf",
        "receipt.pdf",
        "slips.pdf",
        "run-sheet.pdf",
        "statement.pdf",
    ):
        assert (tmp_path / "var" / paper).read_bytes().startswith(b"%PDF"), paper
    ends = (".db", ".key", ".seals", ".checkpoints")
    others = sorted(path.name for path in tmp_path.iterdir() if path.suffix not in ends)
    assert others == ["var"]
    wait_until_it_is_free(port)


@pytest.mark.parametrize("name", NAMES)
def test_the_python_block_runs_twice_with_the_same_output(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = blocks(name, "python")
    year = datetime.now(ZoneInfo("Asia/Shanghai")).year
    for _ in range(2):
        exec(compile(block, name, "exec"), {})
        assert capsys.readouterr().out == f"JZ-{year}-000001\n[('mask', 50)]\n"
    # The receipt can be signed, because the key was created with the books.
    assert main(["receipt", f"JZ-{year}-000001", "-o", "r.pdf", "--database", "example.db"]) == 0
    assert Path("r.pdf").read_bytes().startswith(b"%PDF")
    assert main(["verify", "--receipt", "r.pdf", "--database", "example.db"]) == 0


def test_both_languages_show_the_same_commands_and_link_to_each_other() -> None:
    english, chinese = NAMES

    def commands(name: str) -> list[str]:
        return [re.sub(r"  +#.*", "", block) for block in blocks(name, "sh")]

    assert commands(english) == commands(chinese)
    assert f"]({chinese})" in read(english)
    assert f"]({english})" in read(chinese)


def test_the_commands_of_make_exist() -> None:
    makefile = read("Makefile")
    for name in NAMES:
        for target in re.findall(r"`make (\w+)`", read(name)):
            assert re.search(rf"^{target}:", makefile, re.M), (name, target)


@pytest.mark.parametrize("name", NAMES)
def test_the_figures_are_those_of_the_demo(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = str(tmp_path / "demo.db")
    assert main(["demo", "--database", database]) == 0
    capsys.readouterr()
    command = ["report", "station", "--from", "2020-02-03", "--to", "2020-02-13", "--json"]
    assert main([*command, "--database", database]) == 0
    report = json.loads(capsys.readouterr().out)
    booked = {
        (
            row["received"],
            row["handed_over"],
            row["used"],
            row["lost"] + row["unexplained"],
            row["on_hand"],
        )
        for row in report["goods"]
    }
    figures = re.findall(r"^\|[^|]+" + r"\| (\d+) " * 5 + r"\|$", read(name), re.M)
    assert {tuple(map(int, row)) for row in figures} == booked
