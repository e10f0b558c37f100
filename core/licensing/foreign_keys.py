"""License keys that another system signed: read, and verified with that system's public key."""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from core.errors import InvalidInput

LONGEST_KEY: Final = 8_000
_PREFIX: Final = "key/"
_ED25519_BYTES: Final = 32
_SMALLEST_RSA: Final = 2048

Scheme = Literal["ed25519", "rsa"]


@dataclass(frozen=True)
class TrustedKey:
    """A public key of another system; `der` is its SubjectPublicKeyInfo."""

    scheme: Scheme
    der: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key in hex: its name."""
        return hashlib.sha256(self.der).hexdigest()


def read_public_key(text: str) -> TrustedKey:
    """Return the key written as PEM, or as 64 hex digits (Ed25519); InvalidInput for anything else."""
    given = text.strip()
    try:
        raw = bytes.fromhex(given) if len(given) == 2 * _ED25519_BYTES else b""
    except ValueError:
        raw = b""
    try:
        known = Ed25519PublicKey.from_public_bytes(raw) if raw else load_pem_public_key(given.encode())
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise _no_key() from wrong
    der = known.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if isinstance(known, Ed25519PublicKey):
        return TrustedKey("ed25519", der)
    if isinstance(known, RSAPublicKey) and known.key_size >= _SMALLEST_RSA:
        return TrustedKey("rsa", der)
    raise _no_key()


def signed(key: str, trusted: Iterable[TrustedKey]) -> bool:
    """Whether one of these keys signed a license key of the form `key/<payload>.<signature>`.

    The signature is over everything before the dot: Ed25519, or RSA over SHA-256 with either padding.
    """
    if not key.startswith(_PREFIX) or len(key) > LONGEST_KEY or not key.isascii():
        return False
    message, _, encoded = key.rpartition(".")
    signature = _unpacked(encoded)
    return signature is not None and any(_verifies(one, message.encode(), signature) for one in trusted)


def _verifies(key: TrustedKey, message: bytes, signature: bytes) -> bool:
    known = load_der_public_key(key.der)
    if isinstance(known, Ed25519PublicKey):
        try:
            known.verify(signature, message)
        except InvalidSignature:
            return False
        return True
    return isinstance(known, RSAPublicKey) and _verifies_rsa(known, message, signature)


def _verifies_rsa(key: RSAPublicKey, message: bytes, signature: bytes) -> bool:
    for padding in (PKCS1v15(), PSS(MGF1(SHA256()), PSS.AUTO)):
        try:
            key.verify(signature, message, padding, SHA256())
        except InvalidSignature:
            continue
        return True
    return False


def _unpacked(encoded: str) -> bytes | None:
    bare = encoded.rstrip("=")
    try:
        raw = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    # One signature is written in one way only.
    return raw if base64.urlsafe_b64encode(raw).decode().rstrip("=") == bare else None


def _no_key() -> InvalidInput:
    return InvalidInput(
        "Give the public key as PEM (Ed25519, or RSA of 2,048 bits or more), or as 64 hex digits (Ed25519).",
        field="publicKey",
    )
