"""The answer of a verification as it goes over the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from core.licensing.status import status
from core.licensing.verdicts import LicenseState, Question, Verdict

_UNTOLD: Final = dict.fromkeys(
    (
        "tier",
        "term",
        "billingPeriod",
        "status",
        "startsAt",
        "expiresAt",
        "maxInstalls",
        "maxSeats",
        "domains",
        "versions",
    )
)


def answer(
    state: LicenseState | None,
    question: Question,
    verdict: Verdict,
    limits: Mapping[str, int | None],
    now: datetime,
) -> dict[str, Any]:
    """Return the answer before it is signed; `limits` are those in force, by meter, None for UNLIMITED.

    What a license grants is told to those who prove its secret; the install id, which is none, gets the verdict. Whom
    the verdict is for is always told, and so signed: else the answer to one installation would pass for another's.
    """
    told = state if question.authenticated else None
    asked = {"installId": question.install_id, "fingerprint": question.fingerprint}
    return {
        "valid": verdict.valid,
        "code": verdict.code.value,
        "detail": verdict.detail,
        "license": {**asked, **(_license(told, now) if told else _UNTOLD)},
        "entitlements": told.entitlements if told else None,
        "limits": limits if told else None,
        "checkAgainAt": instant(verdict.check_again_at),
        "issuedAt": instant(now),
        "nonce": question.nonce,
    }


def _license(state: LicenseState, now: datetime) -> dict[str, Any]:
    computed = status(
        revoked_at=state.revoked_at,
        suspended_at=state.suspended_at,
        expires_at=state.expires_at,
        issued_at=state.issued_at,
        # The question answered here is itself a check-in.
        last_check_in_at=now,
        now=now,
    )
    return {
        "tier": state.tier,
        "term": state.term,
        "billingPeriod": state.billing_period,
        "status": computed.value,
        "startsAt": instant(state.starts_at),
        "expiresAt": instant(state.expires_at) if state.expires_at else None,
        "maxInstalls": state.max_installs,
        "maxSeats": state.max_seats,
        "domains": state.domains,
        "versions": state.versions,
    }


def instant(at: datetime) -> str:
    """Return an instant, which is in UTC throughout, in RFC 3339 with milliseconds."""
    return f"{at.isoformat(timespec='milliseconds')[:-6]}Z"
