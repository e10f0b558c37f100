"""Verification of a signed answer as a customer's client does it, with other libraries than those that signed."""

import base64
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def holds(document: dict[str, Any], key_set: dict[str, Any]) -> bool:
    """Whether the document's signature is that of a key in the JWK set."""
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    jwk = next((key for key in key_set["keys"] if key["kid"] == document.get("kid")), None)
    if jwk is None:
        return False
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(jwk["x"] + "="))
    try:
        public.verify(_bytes_of(str(document.get("signature", ""))), rfc8785.dumps(unsigned))
    except (InvalidSignature, ValueError):
        return False
    return True


def _bytes_of(written: str) -> bytes:
    raw = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
    # Only the one spelling of the 64 bytes counts, else the last character could be changed unnoticed.
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != written:
        raise ValueError("not canonical base64url")
    return raw
