"""Firefox, commanded by WebDriver BiDi: JSON over a WebSocket, with the standard library alone.

Playwright uses its own build of Firefox and cannot control the one that people have installed.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

PROGRAMS = ("firefox", "firefox-esr")

PATIENCE = 30
"""Seconds to wait for Firefox to start, and for something on a page."""

UNTIL = """async (condition, milliseconds) => {
  const end = Date.now() + milliseconds;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`${condition}: ${document.body.innerText}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}"""
"""Script that waits until a condition holds. If it does not, the error has the text of the page."""


class Firefox:
    """A Firefox with a separate profile and one window.

    Args:
        profile: The folder of the profile. Another Firefox with the same profile has the same data.
    """

    def __init__(self, profile: Path) -> None:
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if program is None:
            raise OSError("there is no Firefox on this machine; on Debian, install firefox-esr")
        (profile / "user.js").write_text('user_pref("intl.accept_languages", "en-GB");\n')
        self._process = subprocess.Popen(
            [
                program,
                "--headless",
                "--no-remote",
                "--profile",
                profile,
                "--remote-debugging-port=0",
            ],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self._process.stderr is not None
        self._log = self._process.stderr
        self._socket = _WebSocket(self._address() + "/session")
        self._last = 0
        self._send("session.new", {"capabilities": {}})
        tree = self._send("browsingContext.getTree", {})
        self._window = str(tree["contexts"][0]["context"])

    def _address(self) -> str:
        for line in self._log:
            if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                return found[1]
        raise OSError("Firefox did not start")

    def __enter__(self) -> Firefox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close Firefox in the ordinary way, or kill it after an error."""
        if error is None and self._process.poll() is None:
            self._send("browser.close", {})
            self._process.wait(PATIENCE)
        self.kill()

    def kill(self) -> None:
        """Kill Firefox with all of its processes, as when the battery is empty."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._socket.close()
        self._log.close()

    def open(self, address: str) -> None:
        """Open an address, and wait until the page is loaded."""
        parameters = {"context": self._window, "url": address, "wait": "complete"}
        self._send("browsingContext.navigate", parameters)

    def evaluate(self, expression: str) -> Any:
        """Return the value of a script of the page, which must be a text, a number or null."""
        target = {"context": self._window}
        parameters = {"expression": expression, "target": target, "awaitPromise": True}
        found = self._send("script.evaluate", parameters)
        assert found["type"] == "success", found["exceptionDetails"]["text"]
        return found["result"].get("value")

    def wait_until(self, condition: str) -> None:
        """Wait until an expression of the page is true. It may be a promise."""
        self.evaluate(f"({UNTIL})(() => {condition}, {PATIENCE * 1000})")

    def wait_for(self, text: str) -> None:
        """Wait until the page shows a text."""
        self.wait_until(f"document.body.innerText.includes({json.dumps(text)})")

    def click(self, name: str, selector: str = "button, a, label") -> None:
        """Click the button, link or label that begins with a text, when it is there."""
        found = f"""[...document.querySelectorAll({json.dumps(selector)})].find((one) =>
            one.checkVisibility() && one.innerText.trim().startsWith({json.dumps(name)}))"""
        self.wait_until(f"Boolean({found})")
        self.evaluate(f"({found}).click()")

    def fill(self, label: str, value: str) -> None:
        """Type into the field with a label."""
        found = f"""[...document.querySelectorAll("label")].find(
            (one) => one.innerText.startsWith({json.dumps(label)})).control"""
        self.evaluate(
            f"""{{ const field = {found}; field.value = {json.dumps(value)};
            field.dispatchEvent(new Event("input", {{ bubbles: true }})); }}"""
        )

    def _send(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        self._last += 1
        command = {"id": self._last, "method": method, "params": parameters}
        self._socket.send(json.dumps(command))
        while True:
            answer: dict[str, Any] = json.loads(self._socket.receive())
            if answer.get("id") == self._last:
                assert answer["type"] == "success", answer
                result: dict[str, Any] = answer["result"]
                return result


class _WebSocket:
    """A client's connection for texts."""

    def __init__(self, address: str) -> None:
        found = urlsplit(address)
        assert found.hostname is not None
        self._connection = socket.create_connection((found.hostname, found.port or 80), PATIENCE)
        self._connection.settimeout(PATIENCE + 10)
        self._stream = self._connection.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self._connection.sendall(
            f"GET {found.path} HTTP/1.1\r\nHost: {found.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert b" 101 " in self._stream.readline()
        while self._stream.readline().strip():
            pass

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
        self._connection.close()

    def send(self, text: str) -> None:
        """Send a text in one frame. Firefox closes the connection if the mask is zero."""
        content = text.encode()
        size = len(content)
        if size < 126:
            head = struct.pack("!BB", 0x81, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x81, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x81, 0x80 | 127, size)
        mask = os.urandom(3) + b"1"
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(content))
        self._connection.sendall(head + mask + masked)

    def receive(self) -> str:
        """Return the next text."""
        content, is_last = b"", False
        while not is_last:
            first, length = self._stream.read(2)
            if length == 126:
                (length,) = struct.unpack("!H", self._stream.read(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", self._stream.read(8))
            part = self._stream.read(length)
            if first & 0x0F in (0, 1):  # texts and their continuations; not pings
                content += part
                is_last = bool(first & 0x80)
        return content.decode()
