"""Links that end a subscription without signing in: signed, good for one person and one kind of mail."""

import base64
import binascii
import hashlib
import hmac
from typing import Final
from urllib.parse import quote
from uuid import UUID

from core.config import Settings, secret_for

PATH: Final = "/unsubscribe"
_BYTES: Final = 16


def unsubscribe_link(settings: Settings, kind: str, person_id: UUID) -> str:
    """Return the address under which one click ends this person's subscription of a kind of mail.

    It does not run out: a mail may be read years later, and all that it can do is send less.
    """
    token = base64.urlsafe_b64encode(person_id.bytes + _signature(settings, kind, person_id)).rstrip(b"=").decode()
    return f"{settings.origin}{PATH}?kind={quote(kind)}&token={token}"


def person_of(settings: Settings, kind: str, token: str) -> UUID | None:
    """Return whose subscription a token ends, or None for one that we did not sign."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (ValueError, binascii.Error):
        return None
    if len(raw) != 2 * _BYTES:
        return None
    person_id = UUID(bytes=raw[:_BYTES])
    return person_id if hmac.compare_digest(raw[_BYTES:], _signature(settings, kind, person_id)) else None


def _signature(settings: Settings, kind: str, person_id: UUID) -> bytes:
    key = secret_for(settings, "unsubscribe links")
    return hmac.new(key, f"{kind}:{person_id}".encode(), hashlib.sha256).digest()[:_BYTES]
