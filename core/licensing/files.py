"""License files: what a license grants, signed and armored so that it holds without a connection (docs/protocol.md).

A file is signed by a key of the ring `files`; one that is encrypted to an installation is verified before it is opened.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import InvalidInput
from core.licensing.answers import answer, instant
from core.licensing.armor import armor, b64u, from_b64u, unarmor
from core.licensing.verdicts import LicenseState, Question, Verdict
from core.signing import KeyRing, canonical

LABEL: Final = "CALOS LICENSE FILE"
FORMAT: Final = "calos-license-file/1"
PLAIN: Final = "ed25519"
ENCRYPTED: Final = "ed25519+x25519-hkdf-sha256-aes256gcm"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_ENVELOPE: Final = {"payload", "alg", "kid", "sig"}


@dataclass(frozen=True)
class Chance:
    """What encryption draws at random: the ephemeral X25519 secret (32 bytes) and the nonce (12 bytes)."""

    ephemeral: bytes
    nonce: bytes


def document(
    state: LicenseState,
    question: Question,
    verdict: Verdict,
    limits: Mapping[str, int | None],
    *,
    file_expires_at: datetime | None,
    grace_days: int,
    now: datetime,
) -> dict[str, Any]:
    """Return what a file says: the license as a signed answer tells it to who proved the secret, and for how long."""
    told = answer(state, question, verdict, limits, now)
    return {
        "version": 1,
        "installId": state.install_id,
        "fingerprint": question.fingerprint,
        "issuedAt": instant(now),
        "fileExpiresAt": instant(file_expires_at) if file_expires_at else None,
        "graceDays": grace_days,
        "expiryStrategy": state.expiry_strategy,
        "license": told["license"],
        "entitlements": told["entitlements"],
        "limits": told["limits"],
        "nonce": question.nonce,
    }


def seal(
    said: Mapping[str, Any], ring: KeyRing, *, recipient: bytes | None = None, chance: Chance | None = None
) -> str:
    """Return the document as an armored file, encrypted to the `recipient`'s X25519 public key if there is one.

    `chance` is given where a file has to come out the same twice. Raises InvalidInput for a key that is none.
    """
    content = canonical(said)
    if recipient is None:
        return _signed(b64u(content), PLAIN, ring)
    drawn = chance or Chance(secrets.token_bytes(KEY_BYTES), secrets.token_bytes(NONCE_BYTES))
    return _signed(_encrypted(content, recipient, drawn), ENCRYPTED, ring)


def opened(text: str, keys: Mapping[str, bytes], *, private: bytes | None = None) -> dict[str, Any]:
    """Return the document of a file; `keys` are the Ed25519 public keys of the ring `files` by `kid`.

    `private` is the X25519 secret of the installation that an encrypted file is for. Raises InvalidInput with a code:
    `unreadable_file`, `unknown_key`, `bad_signature`, `encrypted_file`, `not_for_this_key`.
    """
    envelope = _envelope(text)
    _verify(envelope, keys)
    if envelope["alg"] == PLAIN:
        content = from_b64u(envelope["payload"], "The payload")
    elif private is None:
        raise InvalidInput("This file is encrypted to an installation; open it with its key.", code="encrypted_file")
    else:
        content = _decrypted(envelope["payload"], private)
    said = _object(content)
    if said.get("version") != 1:
        raise InvalidInput("This license file is of a later version than this reader.", code="unreadable_file")
    return said


def _signed(payload: str, alg: str, ring: KeyRing) -> str:
    kid = ring.current.kid
    signature = b64u(ring.sign_bytes(_message(payload, alg, kid)))
    return armor(LABEL, canonical({"payload": payload, "alg": alg, "kid": kid, "sig": signature}))


def _message(payload: str, alg: str, kid: str) -> bytes:
    return f"{FORMAT}\n{alg}\n{kid}\n{payload}".encode()


def _envelope(text: str) -> dict[str, str]:
    envelope = _object(unarmor(LABEL, text))
    if envelope.keys() != _ENVELOPE or not all(isinstance(value, str) for value in envelope.values()):
        raise InvalidInput("This file does not hold what a license file holds.", code="unreadable_file")
    if envelope["alg"] not in {PLAIN, ENCRYPTED}:
        raise InvalidInput("This file was made in a way that this reader does not know.", code="unreadable_file")
    return envelope


def _verify(envelope: Mapping[str, str], keys: Mapping[str, bytes]) -> None:
    public = keys.get(envelope["kid"])
    if public is None:
        raise InvalidInput(f"There is no key {envelope['kid'][:80]} that signs license files.", code="unknown_key")
    signature = from_b64u(envelope["sig"], "The signature", length=64)
    message = _message(envelope["payload"], envelope["alg"], envelope["kid"])
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature as wrong:
        raise InvalidInput(
            "The signature of this file does not hold: it is not as we made it.", code="bad_signature"
        ) from wrong


def _object(content: bytes) -> dict[str, Any]:
    """Return the JSON object that was written in its canonical form, the only one that is taken."""
    try:
        found = json.loads(content)
        if isinstance(found, dict) and canonical(found) == content:
            return found
    except (ValueError, RecursionError) as wrong:
        raise InvalidInput("This file does not hold JSON.", code="unreadable_file") from wrong
    raise InvalidInput("This file holds JSON in another form than ours.", code="unreadable_file")


def _encrypted(content: bytes, recipient: bytes, drawn: Chance) -> str:
    ephemeral = X25519PrivateKey.from_private_bytes(drawn.ephemeral)
    public = ephemeral.public_key().public_bytes_raw()
    key = _key(ephemeral, recipient, public + recipient)
    sealed = AESGCM(key).encrypt(drawn.nonce, content, FORMAT.encode())
    return f"{b64u(public)}.{b64u(drawn.nonce)}.{b64u(sealed)}"


def _decrypted(payload: str, private: bytes) -> bytes:
    parts = payload.split(".")
    if len(parts) != 3:
        raise InvalidInput("An encrypted payload has three parts.", code="unreadable_file")
    public = from_b64u(parts[0], "The ephemeral key", length=KEY_BYTES)
    nonce = from_b64u(parts[1], "The nonce", length=NONCE_BYTES)
    own = X25519PrivateKey.from_private_bytes(private)
    key = _key(own, public, public + own.public_key().public_bytes_raw())
    try:
        return AESGCM(key).decrypt(nonce, from_b64u(parts[2], "The ciphertext"), FORMAT.encode())
    except InvalidTag as wrong:
        raise InvalidInput("This file is encrypted to another installation's key.", code="not_for_this_key") from wrong


def _key(own: X25519PrivateKey, other: bytes, salt: bytes) -> bytes:
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(other))
    except ValueError as wrong:
        raise InvalidInput(
            "This is no X25519 public key: send its 32 bytes in base64url.", field="publicKey"
        ) from wrong
    return HKDF(SHA256(), KEY_BYTES, salt, FORMAT.encode()).derive(shared)
