"""Whether a message is Stripe's and of this moment: the `Stripe-Signature` header against the raw body."""

import hmac
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from core.errors import NotPermitted

TOLERANCE_SECONDS: Final = 300
LONGEST_HEADER: Final = 4_000
_SCHEME: Final = "v1"


def verify(header: str, body: bytes, secrets: Sequence[str], *, now: datetime) -> None:
    """Raise NotPermitted unless one of the header's v1 signatures is that of `body` by one of the secrets.

    The stamp `t` must lie within 300 s of `now` to either side: Stripe's own library refuses old ones only, and whoever
    could sign for tomorrow could replay for as long. HMAC-SHA256 over `"{t}.{body}"`, as Stripe publishes it.
    """
    if not secrets:
        raise _refused("There is no STRIPE_WEBHOOK_SECRET here to check the signature with.")
    stamp, signatures = _parts(header)
    if not signatures:
        raise _refused("The Stripe-Signature header holds no v1 signature.")
    signed = str(stamp).encode() + b"." + body
    expected = [hmac.new(secret.encode(), signed, sha256).hexdigest().encode() for secret in secrets]
    if not any(hmac.compare_digest(one, given) for one in expected for given in signatures):
        raise _refused("The signature is not that of this body by STRIPE_WEBHOOK_SECRET.")
    if abs(int(now.timestamp()) - stamp) > TOLERANCE_SECONDS:
        raise _refused(
            f"The message is stamped more than {TOLERANCE_SECONDS} s away from now: check the clock of this machine."
        )


def secrets_of(setting: str) -> tuple[str, ...]:
    """Return the secrets in STRIPE_WEBHOOK_SECRET: several, separated by commas, while one is being rotated."""
    return tuple(secret for part in setting.split(",") if (secret := part.strip()))


def signature_of(body: bytes, secret: str, stamp: int) -> str:
    """Return the header that Stripe would send with `body` at `stamp` (whole seconds since 1970)."""
    made = hmac.new(secret.encode(), str(stamp).encode() + b"." + body, sha256).hexdigest()
    return f"t={stamp},{_SCHEME}={made}"


def _parts(header: str) -> tuple[int, list[bytes]]:
    if not header or len(header) > LONGEST_HEADER:
        raise _refused("The Stripe-Signature header is missing or too long; send Stripe's own.")
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in pairs if name == "t"]
    if len(stamps) != 1 or not (stamps[0].isascii() and stamps[0].isdigit() and len(stamps[0]) <= 12):
        raise _refused("The Stripe-Signature header holds no single stamp `t`.")
    # Bytes, since comparing text in constant time takes ASCII only.
    return int(stamps[0]), [value.encode() for name, _, value in pairs if name == _SCHEME]


def _refused(why: str) -> NotPermitted:
    return NotPermitted(f"{why} Nothing was taken.", code="bad_signature")
