"""A device with passkeys, which answers challenges as a browser and its authenticator do."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

USER_PRESENT, USER_VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Authenticator:
    """A device with one passkey.

    Attributes:
        origin: The site on which the browser shows the page.
    """

    def __init__(self, origin: str, *, verifies_user: bool = True) -> None:
        self.origin, self.id = origin, secrets.token_bytes(16)
        self.flags = USER_PRESENT | (USER_VERIFIED if verifies_user else 0)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.uses = 0

    def make(self, options: dict[str, Any]) -> str:
        """Return the answer to a request for a new passkey."""
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        made = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = self._data(options["rp"]["id"], HAS_KEY) + made
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            clientDataJSON=encode(self._client_data("webauthn.create", options)),
            attestationObject=encode(statement),
        )

    def use(self, options: dict[str, Any]) -> str:
        """Return the answer to a challenge of the sign-in page."""
        self.uses += 1
        data, client = (
            self._data(options["rpId"]),
            self._client_data("webauthn.get", options),
        )
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=encode(client),
            authenticatorData=encode(data),
            signature=encode(signed),
        )

    def _data(self, host: str, more: int = 0) -> bytes:
        flags = bytes([self.flags | more])
        return hashlib.sha256(host.encode()).digest() + flags + self.uses.to_bytes(4, "big")

    def _client_data(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps(
            {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        ).encode()

    def _answer(self, **response: str) -> str:
        name = encode(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
