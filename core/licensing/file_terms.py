"""For how long a license file holds: what may be asked when it is made, and what it is worth at an instant.

The file's own end is not the license's: a file of 30 days may belong to a license of 3 years, and one of a year to a
trial that ends tomorrow. Whichever is first counts, and only the file's end has a grace.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from core.errors import InvalidInput
from core.licensing.verification import EXPIRING_WITHIN

SHORTEST: Final = timedelta(hours=1)
LONGEST: Final = timedelta(days=3650)
# An installation, or a customer's own people, may not put themselves out of a revocation's reach for longer.
LONGEST_SELF_SERVED: Final = timedelta(days=365)
USUAL: Final = timedelta(days=30)
MOST_GRACE_DAYS: Final = 90
# Two clocks never agree; a file from further ahead than this means that one of them was turned back.
CLOCKS_APART: Final = timedelta(hours=24)


@dataclass(frozen=True)
class Terms:
    """How long a file holds (`ttl` None: without end) and for how many days after that it is still let pass."""

    ttl: timedelta | None = USUAL
    grace_days: int = 0


class FileCode(StrEnum):
    """Why a file is worth what it is; beside the codes of a verdict, two of its own."""

    INSTALL_MISMATCH = "INSTALL_MISMATCH"
    FINGERPRINT_MISMATCH = "FINGERPRINT_MISMATCH"
    CLOCK_TAMPERED = "CLOCK_TAMPERED"
    NOT_STARTED = "NOT_STARTED"
    EXPIRED = "EXPIRED"
    FILE_EXPIRED = "FILE_EXPIRED"
    EXPIRING = "EXPIRING"
    VALID = "VALID"


@dataclass(frozen=True)
class Worth:
    """What a file is worth: `valid` decides, and may stand beside a code that complains."""

    valid: bool
    code: FileCode


def checked(terms: Terms, *, check_in_days: int | None, self_served: bool) -> Terms:
    """Return the terms, or raise InvalidInput saying which are possible.

    A license that has to check in every so many days gets files for no longer, and so none without end; neither does
    whoever serves themselves.
    """
    longest = min(LONGEST_SELF_SERVED if self_served else LONGEST, timedelta(days=check_in_days or LONGEST.days))
    if terms.ttl is None and (self_served or check_in_days is not None):
        why = (
            f"this license has to check in every {check_in_days} days"
            if check_in_days
            else "only the vendor gives them"
        )
        raise InvalidInput(f"A file without end is not possible here: {why}. Give ttlDays.", field="ttlDays")
    if terms.ttl is not None and not SHORTEST <= terms.ttl <= longest:
        raise InvalidInput(f"This license's files hold for 1 hour to {longest.days:,} days.", field="ttlDays")
    if not 0 <= terms.grace_days <= MOST_GRACE_DAYS:
        raise InvalidInput(f"The grace is 0 to {MOST_GRACE_DAYS} days.", field="graceDays")
    return terms


def worth(
    said: Mapping[str, Any], *, install_id: str, fingerprint: str | None, now: datetime, seen: datetime | None = None
) -> Worth:
    """Return what a file's document is worth to an installation at `now`; `seen` is the latest instant it remembers.

    The order of the checks is the one of docs/protocol.md.
    """
    issued = datetime.fromisoformat(said["issuedAt"])
    starts, expires = _instant(said["license"]["startsAt"]), _instant(said["license"]["expiresAt"])
    ends = _instant(said["fileExpiresAt"])
    if said["installId"] != install_id:
        return Worth(False, FileCode.INSTALL_MISMATCH)
    if said["fingerprint"] not in {None, fingerprint}:
        return Worth(False, FileCode.FINGERPRINT_MISMATCH)
    if max(issued, seen or issued) - now > CLOCKS_APART:
        return Worth(False, FileCode.CLOCK_TAMPERED)
    if starts is not None and starts > now:
        return Worth(False, FileCode.NOT_STARTED)
    expired = expires is not None and expires <= now
    if expired and said["expiryStrategy"] == "restrict":
        return Worth(False, FileCode.EXPIRED)
    if ends is not None and ends <= now:
        return Worth(now < ends + timedelta(days=said["graceDays"]), FileCode.FILE_EXPIRED)
    if expired:
        return Worth(True, FileCode.EXPIRED)
    if expires is not None and expires - now <= EXPIRING_WITHIN:
        return Worth(True, FileCode.EXPIRING)
    return Worth(True, FileCode.VALID)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
