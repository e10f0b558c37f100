"""The credential of a signed-in person: a signed JWT that names a row of `session`, which alone decides."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from core import clock

ALGORITHM = "HS256"
ISSUER = "calos"
# A token of ours has about 250 characters; anything much longer is refused before any work is spent on it.
LONGEST = 2_000
_HEADER = {"alg": ALGORITHM}


def issue(session_id: UUID, expires_at: datetime, *, key: bytes, now: datetime | None = None) -> str:
    """Return the token for a session, good until `expires_at`; `key` is the 32 bytes kept for this use alone."""
    claims = {
        "iss": ISSUER,
        "sid": str(session_id),
        "iat": int((now or clock.now()).timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    return jwt.encode(_HEADER, claims, OctKey.import_key(key), algorithms=[ALGORITHM])


def session_of(token: str, *, key: bytes, now: datetime) -> UUID | None:
    """Return the session that a token names, or None for anything that we didn't sign or that has run out.

    It says nothing of the session itself, which may have been revoked since: ask `sessions.actor_of`.
    """
    # Every token of ours has the same header, so that no other is ever interpreted: joserfc raises TypeError at some.
    if not token.startswith(_OUR_HEADER) or not token.isascii() or len(token) > LONGEST:
        return None
    try:
        claims = jwt.decode(token, OctKey.import_key(key), algorithms=[ALGORITHM]).claims
    except (JoseError, ValueError):
        return None
    return _session_in(claims, now)


def _session_in(claims: Mapping[str, Any], now: datetime) -> UUID | None:
    expires = claims.get("exp")
    # bool is an int in Python, and a token that says {"exp": true} is not ours.
    if claims.get("iss") != ISSUER or type(expires) is not int or now.timestamp() >= expires:
        return None
    try:
        return UUID(str(claims.get("sid")))
    except ValueError:
        return None


_OUR_HEADER = jwt.encode(_HEADER, {}, OctKey.import_key(bytes(32))).partition(".")[0] + "."
