"""Identifiers: UUIDv7 for rows, opaque random tokens for secrets and install ids."""

import hashlib
import secrets
from uuid import UUID

import uuid6


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562): unique, and ordered by the time it was made."""
    return UUID(bytes=uuid6.uuid7().bytes)


def new_install_id() -> str:
    """Return an install id: `inst-` and 26 lower-case base32 characters (130 bits); not a secret."""
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    return "inst-" + "".join(secrets.choice(alphabet) for _ in range(26))


def new_secret(prefix: str) -> str:
    """Return `<prefix>_<43 URL-safe characters>`: 256 random bits; shown once, stored only as its digest."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def digest(secret: str) -> bytes:
    """Return SHA-256 of a high-entropy secret (32 bytes), which is what is stored and compared.

    A slow hash protects guessable passwords; a 256-bit random secret needs none.
    """
    return hashlib.sha256(secret.encode()).digest()
