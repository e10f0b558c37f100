"""Activation requests: how an installation without a connection asks to be activated, by a file carried by hand."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from core.errors import InvalidInput
from core.licensing.armor import b64u, from_b64u, unarmor
from core.licensing.verdicts import Question
from core.signing import canonical

LABEL: Final = "CALOS ACTIVATION REQUEST"
OLDEST: Final = timedelta(days=30)
# Clocks of machines without a network are not exact.
AHEAD: Final = timedelta(hours=1)
# The longest each text may be, as at the verify door; None where it may be absent.
_TEXTS: Final = {"installId": 80, "fingerprint": 200, "domain": 253, "hostVersion": 100, "nonce": 200, "mac": 43}
_OPTIONAL: Final = {"domain", "hostVersion", "publicKey"}
_FIELDS: Final = {"version", "createdAt", "publicKey", *_TEXTS}


@dataclass(frozen=True)
class ActivationRequest:
    """What was asked; `mac` proves it, `digest` tells it from another with the same nonce."""

    install_id: str
    fingerprint: str
    domain: str | None
    host_version: str | None
    public_key: bytes | None
    created_at: datetime
    nonce: str
    mac: str
    signed: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of everything but the proof."""
        return hashlib.sha256(self.signed).digest()

    def question(self) -> Question:
        """Return the question that this is, once it is proved."""
        return Question(
            self.install_id,
            self.fingerprint,
            self.domain,
            self.host_version,
            self.nonce,
            authenticated=True,
        )


def read(text: str) -> ActivationRequest:
    """Return the request of an armored file, or raise InvalidInput (`unreadable_file`); it is not proved yet."""
    content = unarmor(LABEL, text)
    try:
        found = json.loads(content)
        whole = isinstance(found, dict) and found.keys() == _FIELDS and canonical(found) == content
    except (ValueError, RecursionError) as wrong:
        raise InvalidInput("This activation request does not hold JSON.", code="unreadable_file") from wrong
    if not whole or type(found["version"]) is not int or found["version"] != 1:
        raise InvalidInput("This does not hold what an activation request of version 1 holds.", code="unreadable_file")
    for field in (*_TEXTS, "createdAt", "publicKey"):
        _require_text(field, found[field])
    if not found["mac"].isascii():
        raise InvalidInput("In this activation request, mac is not base64url.", code="unreadable_file")
    public = from_b64u(found["publicKey"], "publicKey", length=32) if found["publicKey"] else None
    return ActivationRequest(
        found["installId"],
        found["fingerprint"],
        found["domain"],
        found["hostVersion"],
        public,
        _instant(found["createdAt"]),
        found["nonce"],
        found["mac"],
        canonical({name: value for name, value in found.items() if name != "mac"}),
    )


def proved(request: ActivationRequest, secret_digest: bytes) -> bool:
    """Whether it was made by who knows the install secret, whose SHA-256 is given."""
    return hmac.compare_digest(mac_of(request.signed, secret_digest), request.mac)


def mac_of(signed: bytes, secret_digest: bytes) -> str:
    """Return the proof of a request's canonical form without it."""
    return b64u(hmac.digest(secret_digest, signed, "sha256"))


def require_timely(request: ActivationRequest, *, now: datetime) -> None:
    """Raise InvalidInput unless the request was made within the last 30 days."""
    if request.created_at > now + AHEAD:
        raise InvalidInput(
            f"This request was made on {request.created_at:%Y-%m-%d %H:%M} UTC, which is still to come. Set the clock "
            "of that machine and make a new one.",
            code="request_from_the_future",
        )
    if request.created_at < now - OLDEST:
        raise InvalidInput(
            f"This request was made on {request.created_at:%Y-%m-%d} and holds for {OLDEST.days} days. Make a new one.",
            code="request_too_old",
        )


def _require_text(field: str, value: Any) -> None:
    if value is None and field in _OPTIONAL:
        return
    longest = _TEXTS.get(field, 64)
    if not isinstance(value, str) or not 1 <= len(value) <= longest or "\x00" in value:
        raise InvalidInput(f"In this activation request, {field} is not as it should be.", code="unreadable_file")


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise InvalidInput("In this activation request, createdAt is no instant.", code="unreadable_file") from wrong
    raise InvalidInput("In this activation request, createdAt names no time zone.", code="unreadable_file")
