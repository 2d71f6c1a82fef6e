"""Passkeys (WebAuthn): keys on a user's device for signing in without a password.

The service sends a challenge, which is a random number. The device signs the challenge, after it
has checked its user by fingerprint, face or PIN. So a passkey replaces the password and the
one-time code. The station stores the public key only. A passkey belongs to one host name and is not
offered to other sites.

Source: W3C, Web Authentication, level 2.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import msgspec

from supplies.access.access_context import AccessContext
from supplies.access.users import User
from supplies.domain.fields import Label
from supplies.domain.validation import check_fields
from supplies.errors import InvalidField, NotFound, Sentence

CHALLENGE_LIFETIME = timedelta(minutes=5)
"""How much time a device has to answer a challenge."""

_CHALLENGE_BYTES = 32


class Site(NamedTuple):
    """The web site for which passkeys are made.

    Attributes:
        host: The host name, without a port.
        origin: Scheme, host and port, as in `https://example.org`.
    """

    host: str
    origin: str


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey without its public key.

    Attributes:
        id: The id that the device gave to the passkey, in base64url.
        label: The name that the user gave to the passkey.
        used_at: The last sign-in with the passkey, or None if there was none.
    """

    id: str
    holder: str
    label: str
    made_at: str
    used_at: str | None


class _Labelled(msgspec.Struct, frozen=True):
    label: Label


_COLUMNS = ", ".join(Passkey.__struct_fields__)


def start_adding(access: AccessContext, user: User, site: Site) -> str:
    """Return the JSON with which a browser asks the user's device to make a passkey."""
    import webauthn
    from webauthn.helpers import base64url_to_bytes, structs

    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=f"supplies {access.station}",
        user_id=f"{access.station}/{user.code}".encode(),
        user_name=user.login,
        challenge=_new_challenge(access, user.code),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            structs.PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.id))
            for one in list_passkeys(access, user.code)
        ],
    )
    return webauthn.options_to_json(options)


def add(access: AccessContext, user: str, site: Site, answer: str, label: str) -> Passkey:
    """Store the passkey that a device made.

    Args:
        access: The access tables of the station.
        user: The code of the user.
        site: The site for which the device was asked to make the passkey.
        answer: The JSON that the browser sent.
        label: A name for the passkey.

    Raises:
        InvalidField: the label is invalid, or the answer does not match a challenge for this user.
    """
    import webauthn
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    label = check_fields(_Labelled(label)).label
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=_take_challenge(access, answer, holder=user),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise InvalidField.at(
            "/answer", Sentence("the device did not make a valid passkey; try again")
        ) from error
    passkey_id = bytes_to_base64url(made.credential_id)
    if access.one("SELECT 1 FROM passkeys WHERE station = :station AND id = :id", id=passkey_id):
        raise InvalidField.at("/answer", Sentence("this passkey was added before"))
    access.insert(
        "passkeys",
        id=passkey_id,
        holder=user,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        label=label,
        made_at=access.now,
    )
    return _get(access, user, passkey_id)


def start_sign_in(access: AccessContext, site: Site) -> str:
    """Return the JSON with which a browser asks a device to sign in with one of its passkeys."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=_new_challenge(access, None),
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def find_user(access: AccessContext, site: Site, answer: str) -> str | None:
    """Return the code of the user whose passkey signed a challenge. Store the time of this use.

    Return None if the answer is not valid. No challenge is accepted twice.

    Args:
        access: The access tables of the station.
        site: The site for which the device was asked to sign in.
        answer: The JSON that the browser sent.
    """
    import webauthn
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        challenge = _take_challenge(access, answer, holder=None)
        passkey_id = bytes_to_base64url(
            webauthn.helpers.parse_authentication_credential_json(answer).raw_id
        )
        row = access.one(
            "SELECT holder, public_key, sign_count FROM passkeys "
            "WHERE station = :station AND id = :id",
            id=passkey_id,
        )
        if row is None:
            return None
        used = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=bytes(row[1]),
            credential_current_sign_count=row[2],
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        return None
    access.run(
        "UPDATE passkeys SET sign_count = :count, used_at = :now "
        "WHERE station = :station AND id = :id",
        count=used.new_sign_count,
        now=access.now,
        id=passkey_id,
    )
    return str(row[0])


def list_passkeys(access: AccessContext, user: str) -> list[Passkey]:
    """List the passkeys of a user, newest first."""
    rows = access.all(
        f"SELECT {_COLUMNS} FROM passkeys WHERE station = :station AND holder = :user "
        "ORDER BY made_at DESC, id",
        user=user,
    )
    return [_from_row(row) for row in rows]


def remove(access: AccessContext, user: str, passkey_id: str) -> None:
    """Remove a passkey of a user.

    Raises:
        NotFound: the user has no such passkey.
    """
    _get(access, user, passkey_id)
    access.delete("passkeys", "id = :id", id=passkey_id)


def remove_all(access: AccessContext, user: str) -> None:
    """Remove all passkeys of a user."""
    access.delete("passkeys", "holder = :user", user=user)


def _get(access: AccessContext, user: str, passkey_id: str) -> Passkey:
    row = access.one(
        f"SELECT {_COLUMNS} FROM passkeys WHERE station = :station AND holder = :user AND id = :id",
        user=user,
        id=passkey_id,
    )
    if row is None:
        raise NotFound(Sentence("you have no such passkey; see the list of your passkeys"))
    return _from_row(row)


def _from_row(row: Sequence[object]) -> Passkey:
    return msgspec.convert(dict(zip(Passkey.__struct_fields__, row, strict=True)), Passkey)


_IS_ACCEPTED = "expires_at > :now AND expires_at <= :latest"
"""SQL condition for challenges that have not expired.

A challenge that expires later than a new one was made while the clock was ahead. It is refused too,
because it would be accepted for too long.
"""


def _new_challenge(access: AccessContext, holder: str | None) -> bytes:
    """Store a new challenge and return it. Delete challenges that are not accepted any more.

    Args:
        holder: The user who adds a passkey; None for a sign-in.
    """
    access.run(
        f"DELETE FROM passkey_challenges WHERE station = :station AND NOT ({_IS_ACCEPTED})",
        now=access.now,
        latest=access.time_after(CHALLENGE_LIFETIME),
    )
    challenge = secrets.token_bytes(_CHALLENGE_BYTES)
    access.insert(
        "passkey_challenges",
        challenge=challenge,
        holder=holder,
        expires_at=access.time_after(CHALLENGE_LIFETIME),
    )
    return challenge


def _take_challenge(access: AccessContext, answer: str, *, holder: str | None) -> bytes:
    """Return the challenge that a device answered. Delete it, so that it is accepted only once.

    Raises:
        ValueError: the answer cannot be read, or its challenge is unknown.
    """
    challenge = _challenge_in(answer)
    of_holder = "holder IS NULL" if holder is None else "holder = :holder"
    params = {} if holder is None else {"holder": holder}
    found = access.run(
        "DELETE FROM passkey_challenges WHERE station = :station AND challenge = :challenge "
        f"AND {_IS_ACCEPTED} AND {of_holder}",
        challenge=challenge,
        now=access.now,
        latest=access.time_after(CHALLENGE_LIFETIME),
        **params,
    )
    if found != 1:
        raise ValueError("no such challenge waits for an answer")
    return challenge


class _ClientData(msgspec.Struct):
    challenge: str


class _Response(msgspec.Struct, rename="camel"):
    client_data_json: str = msgspec.field(name="clientDataJSON")


class _Answer(msgspec.Struct):
    response: _Response


def _challenge_in(answer: str) -> bytes:
    """Return the challenge that the JSON from a browser contains.

    Raises:
        ValueError: the JSON contains no challenge.
    """
    from webauthn.helpers import base64url_to_bytes

    response = msgspec.json.decode(answer, type=_Answer).response
    data = msgspec.json.decode(base64url_to_bytes(response.client_data_json), type=_ClientData)
    return base64url_to_bytes(data.challenge)
