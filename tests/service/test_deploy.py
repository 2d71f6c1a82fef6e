"""The files in deploy/ match the program, and are run if the machine has the tools."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from supplies_service.pages.assets import asset_address
from supplies_service.serve import SHUTDOWN_SECONDS
from supplies_service.settings import unknown_variables
from support.ledger_fixture import StationLedger, register_all
from support.rest_client import issue_credentials
from support.service_process import PATIENCE, free_port, running_service

from supplies.ledger.ledger import Ledger

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FILES = sorted(
    str(path.relative_to(DEPLOY))
    for path in DEPLOY.rglob("*")
    if path.is_file() and path.suffix != ".pyc"
)


@pytest.fixture
def books(books_path: Path) -> str:
    with Ledger.open(str(books_path), station="lx") as ledger:
        register_all(ledger)
    return str(books_path)


@pytest.mark.parametrize("name", FILES)
def test_every_variable_in_the_deployment_files_exists(name: str) -> None:
    text = (DEPLOY / name).read_text("utf-8")
    named = set(re.findall(r"SUPPLIES_[A-Z][A-Z_]*", text))
    assert unknown_variables(dict.fromkeys(named, "")) == []


def test_the_container_copies_existing_files() -> None:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    copied = re.findall(r"^COPY (?!--)(.*) \S+$", text, re.M)
    for name in " ".join(copied).split():
        assert (ROOT / name).exists()
    # All files that the wheel is built from are copied, as the project file names them.
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    for package in re.findall(r'"([\w/]+/supplies\w*)"', project):
        assert package.partition("/")[0] in " ".join(copied).split()
    assert re.search(r"^USER \d+$", text, re.M)
    assert "VOLUME /data" in text


def test_the_health_check_of_the_container_passes_and_fails_with_the_service(books: str) -> None:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    found = re.search(r'HEALTHCHECK .*?CMD \["python", "-c", "([^"]*)"\]', text, re.DOTALL)
    assert found is not None
    port = free_port()
    check = found[1].replace(":8000/", f":{port}/")
    assert check != found[1]

    def status() -> int:
        return subprocess.run(
            [sys.executable, "-c", check], capture_output=True, timeout=PATIENCE
        ).returncode

    with running_service(books, port):
        assert status() == 0
    assert status() != 0


def test_the_stop_timeout_of_systemd_exceeds_that_of_the_service() -> None:
    unit = (DEPLOY / "supplies.service").read_text("utf-8")
    found = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.M)
    assert found is not None
    assert int(found[1]) > SHUTDOWN_SECONDS


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("supplies")])
def test_systemd_accepts_the_units(name: str, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd on this machine: its units were not looked at")
    for unit in DEPLOY.glob("supplies*"):
        # The programs they start are in other places on this machine.
        text = unit.read_text("utf-8")
        text = re.sub(r"^ExecStart=/opt\S+", "ExecStart=/bin/true", text, flags=re.M)
        (tmp_path / unit.name).write_text(text.replace("User=supplies", "User=root"), "utf-8")
    done = subprocess.run(
        [analyze, "verify", "--man=no", tmp_path / name], capture_output=True, text=True
    )
    about = [line for line in done.stderr.splitlines() if "supplies" in line]
    assert (done.returncode, about) == (0, [])


def test_systemd_starts_the_service_after_the_database_and_restarts_it() -> None:
    unit = (DEPLOY / "supplies.service").read_text("utf-8")
    after = re.search(r"^After=(.*)$", unit, re.M)
    assert after is not None
    assert "postgresql.service" in after[1].split()
    assert "StartLimitIntervalSec=0\n" in unit.partition("[Service]")[0]
    assert "Restart=on-failure\n" in unit


@pytest.mark.parametrize("name", [name for name in FILES if re.match(r"supplies.*\.service", name)])
def test_every_unit_allows_network_connections(name: str) -> None:
    unit = (DEPLOY / name).read_text("utf-8")
    assert "PrivateNetwork" not in unit
    families = re.search(r"^RestrictAddressFamilies=(.*)$", unit, re.M)
    assert families is None or {"AF_INET", "AF_INET6", "AF_UNIX"} <= set(families[1].split())


def test_the_key_of_books_on_a_server_is_where_the_service_may_write() -> None:
    unit = (DEPLOY / "supplies.service").read_text("utf-8")
    key = re.search(r"^# +SUPPLIES_KEYS=(\S+)$", unit, re.M)
    state = re.search(r"^StateDirectory=(\S+)$", unit, re.M)
    assert key is not None
    assert state is not None
    assert Path(key[1]).parent == Path("/var/lib", state[1])
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert f"export SUPPLIES_KEYS={key[1]}\n" in page


def test_the_nightly_backup_keeps_thirty_days_and_removes_drafts_of_killed_ones(
    station: StationLedger, books_url: str, tmp_path: Path
) -> None:
    station.give(3)
    unit = (DEPLOY / "supplies-backup.service").read_text("utf-8").replace("\\\n", " ")
    found = re.search(r"^ExecStart=(.*)$", unit, re.M)
    assert found is not None
    shell, options, script = shlex.split(found[1].replace("%%", "%"))
    script = script.replace("/opt/supplies/bin/", f"{Path(sys.executable).parent}/")
    shelf = tmp_path / "backups"
    shelf.mkdir()
    for name, age in (
        ("books-old.db", "32 days"),
        ("books-kept.db", "29 days"),
        ("books-killed.db.0a1b2c3d", "2 days"),
        ("books-killed.db.0a1b2c3d-wal", "2 days"),
        ("books-being-made.db.4e5f6a7b", "1 hour"),
    ):
        subprocess.run(["touch", "-d", f"{age} ago", shelf / name], check=True)
    subprocess.run(
        [shell, options, script],
        env={
            "PATH": "/usr/bin:/bin",
            "SUPPLIES_DATABASE": books_url,
            "SUPPLIES_BACKUPS": str(shelf),
        },
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    made, *others = sorted(shelf.iterdir())
    assert re.fullmatch(r"books-20\d\d-\d\d-\d\dT\d{6}\.db", made.name)
    assert [file.name for file in others] == ["books-being-made.db.4e5f6a7b", "books-kept.db"]
    with Ledger.open(str(made), station="lx", create=False) as copy:
        assert copy.verify().receipts == 1


def test_nginx_forwards_the_client_address_and_the_scheme(
    books: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nginx, openssl = shutil.which("nginx"), shutil.which("openssl")
    if nginx is None or openssl is None:
        pytest.skip("there is no nginx on this machine: its configuration was not tried")
    with Ledger.open(books, station="lx") as ledger:
        token = issue_credentials(ledger)["coordinator"]
    port, plain, secure = free_port(), free_port(), free_port()
    made = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=x",
    ]
    made += ["-keyout", "privkey.pem", "-out", "fullchain.pem"]
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    site = (DEPLOY / "nginx.conf").read_text("utf-8")
    for shipped, in_test in (
        ("/etc/ssl/supplies", str(tmp_path)),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
        ("127.0.0.1:8000", f"127.0.0.1:{port}"),
    ):
        assert shipped in site
        site = site.replace(shipped, in_test)
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; user root; pid {tmp_path}/pid; error_log {tmp_path}/errors;"
        f"events {{}} http {{ {site} }}",
        "utf-8",
    )
    monkeypatch.setenv("SUPPLIES_PROXIES", "127.0.0.1")
    monkeypatch.setenv("SUPPLIES_HOSTS", "supplies.example.org")
    address = f"https://127.0.0.1:{secure}"
    named = {"Host": "supplies.example.org"}
    with running_service(books, port):
        proxy = subprocess.Popen([nginx, "-p", tmp_path, "-c", tmp_path / "nginx.conf"])
        try:
            with httpx.Client(base_url=address, verify=False, headers=named) as web:
                wait_until_it_listens(proxy, web)
                page = web.get("/sign-in")
                assert page.status_code == 200
                assert "strict-transport-security" in page.headers
                refused = web.get("/api/donors", headers={"X-Forwarded-For": "203.0.113.9"})
                assert refused.status_code == 401
                assert web.get("/api/metrics").status_code == 404
                lines = web.get(
                    "/api/access-log", headers={"Authorization": f"Bearer {token}"}
                ).json()["items"]
        finally:
            proxy.terminate()
            proxy.wait()
    # Proxy and caller are both at 127.0.0.1. The address that the caller invented is not used.
    assert lines[0]["address"] == "127.0.0.1"


def wait_until_it_listens(process: subprocess.Popen[bytes], web: httpx.Client) -> None:
    import time

    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None
        try:
            web.get(asset_address("desk.css"))
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nginx did not listen")


def test_missing_programs_of_a_cluster_are_named(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, DEPLOY / "cluster", "up", tmp_path / "cluster"],
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert re.search(r"^cluster: the cluster needs etcd-server, patroni", result.stderr)
    assert "apt-get install --no-install-recommends etcd-server patroni" in result.stderr
    assert not (tmp_path / "cluster").exists()
