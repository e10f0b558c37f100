"""Signed addresses of an invoice's PDF: whoever has one reads that one paper, without signing in, until it runs out."""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from core.config import Settings, secret_for

PATH: Final = "/api/invoice-pdf/"
LASTS: Final = timedelta(days=30)
_STAMP: Final = 8
_SIGNATURE: Final = 32


def pdf_link(settings: Settings, invoice_id: UUID, *, now: datetime, lasts: timedelta = LASTS) -> tuple[str, datetime]:
    """Return the address and when it runs out; a whole second, as it is signed."""
    until = (now + lasts).astimezone(UTC).replace(microsecond=0)
    said = invoice_id.bytes + int(until.timestamp()).to_bytes(_STAMP, "big")
    token = base64.urlsafe_b64encode(said + _signature(settings, said)).rstrip(b"=").decode()
    return f"{settings.origin}{PATH}{token}", until


def invoice_linked(settings: Settings, token: str, *, now: datetime) -> UUID | None:
    """Return which invoice a token leads to, or None for one that has run out or that we did not sign."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (ValueError, binascii.Error):
        return None
    said, signature = raw[: 16 + _STAMP], raw[16 + _STAMP :]
    if len(signature) != _SIGNATURE or not hmac.compare_digest(signature, _signature(settings, said)):
        return None
    if int.from_bytes(said[16:], "big") <= now.timestamp():
        return None
    return UUID(bytes=said[:16])


def _signature(settings: Settings, said: bytes) -> bytes:
    return hmac.new(secret_for(settings, "invoice links"), said, hashlib.sha256).digest()
