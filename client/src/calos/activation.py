"""Activation without a connection: a request that a person carries to the vendor, and the key it is answered to."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from .armor import ACTIVATION_REQUEST, wrap
from .errors import InvalidFile, Untrusted
from .storage import StateFolder
from .wire import b64u, canonical, from_b64u, written

FILE: Final = "activation.json"


def mac_of(secret: str, document: Mapping[str, Any]) -> str:
    """Return the MAC of a document (given without it): HMAC-SHA256 under SHA-256 of the install secret, base64url."""
    return b64u(hmac.new(hashlib.sha256(secret.encode()).digest(), canonical(document), hashlib.sha256).digest())


def activation_request(secret: str, fields: Mapping[str, Any]) -> str:
    """Return the armored request; `fields` are those of the protocol without `mac`."""
    return wrap(ACTIVATION_REQUEST, {**fields, "mac": mac_of(secret, fields)})


def request_activation(
    folder: StateFolder,
    install_id: str,
    secret: str,
    *,
    fingerprint: str,
    domain: str | None,
    host_version: str | None,
    now: datetime,
) -> str:
    """Return a new request, having kept its private key and nonce (readable by the owner alone). OSError.

    The key stays the same from request to request, so that an answer to an earlier one can still be read.
    """
    private = private_key(folder) or X25519PrivateKey.generate()
    nonce = secrets.token_urlsafe(24)
    fields = {
        "version": 1,
        "installId": install_id,
        "fingerprint": fingerprint,
        "domain": domain,
        "hostVersion": host_version,
        "publicKey": b64u(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)),
        "createdAt": written(now),
        "nonce": nonce,
    }
    request = activation_request(secret, fields)
    raw = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    kept = {"privateKey": b64u(raw), "nonces": [*sent_nonces(folder)[-9:], nonce]}
    if not folder.write(FILE, json.dumps(kept).encode()):
        raise InvalidFile(f"{folder.problem} A request whose key is not kept could not be answered.")
    return request


def private_key(folder: StateFolder) -> X25519PrivateKey | None:
    """Return the key that files are encrypted to, or None before the first request."""
    kept = _kept(folder).get("privateKey")
    try:
        return X25519PrivateKey.from_private_bytes(from_b64u(kept)) if kept is not None else None
    except (ValueError, Untrusted) as wrong:
        raise InvalidFile(f"The key in {folder.path / FILE} is damaged; request an activation again.") from wrong


def sent_nonces(folder: StateFolder) -> list[str]:
    """Return the nonces of the last ten requests."""
    kept = _kept(folder).get("nonces")
    return [one for one in kept if isinstance(one, str)] if isinstance(kept, list) else []


def _kept(folder: StateFolder) -> dict[str, Any]:
    raw = folder.read(FILE)
    try:
        kept = json.loads(raw) if raw else {}
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}
