"""Verification of a signed answer as a customer's client does it, with other libraries than those that signed."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
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


def activation_request(install_id: str, secret: str, *, now: datetime, **changed: Any) -> str:
    """Return an activation request as an installation writes it, by docs/protocol.md alone."""
    proof = changed.pop("mac", None)
    asked = {
        "version": 1,
        "installId": install_id,
        "fingerprint": "machine-1",
        "domain": None,
        "hostVersion": None,
        "publicKey": None,
        "createdAt": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "nonce": secrets.token_urlsafe(16),
        **changed,
    }
    key = hashlib.sha256(secret.encode()).digest()
    mac = base64.urlsafe_b64encode(hmac.digest(key, rfc8785.dumps(asked), "sha256")).rstrip(b"=").decode()
    written = base64.b64encode(rfc8785.dumps({**asked, "mac": proof or mac})).decode()
    lines = [written[at : at + 64] for at in range(0, len(written), 64)]
    kind = "CALOS ACTIVATION REQUEST"
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""])


def _bytes_of(written: str) -> bytes:
    raw = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
    # Only the one spelling of the 64 bytes counts, else the last character could be changed unnoticed.
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != written:
        raise ValueError("not canonical base64url")
    return raw
