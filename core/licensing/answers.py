"""The answer of a verification as it goes over the wire."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from json.encoder import encode_basestring as _text
from typing import Any, Final, NamedTuple

from core.licensing.status import Status, status
from core.licensing.verdicts import LicenseState, Question, Verdict
from core.signing import KeyRing, canonical

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
# The same as text, around whom the verdict is for.
_UNTOLD_TEXT: Final = (
    '{"billingPeriod":null,"domains":null,"expiresAt":null,%s,"maxInstalls":null,"maxSeats":null,"startsAt":null,'
    '"status":null,"term":null,"tier":null,"versions":null}'
)


class Told(NamedTuple):
    """What a license grants, as written around whom the answer is for and around its status."""

    head: str
    middle: str
    tail: str
    entitlements: str


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
    return {
        "tier": state.tier,
        "term": state.term,
        "billingPeriod": state.billing_period,
        "status": _status(state, now).value,
        "startsAt": instant(state.starts_at),
        "expiresAt": instant(state.expires_at) if state.expires_at else None,
        "maxInstalls": state.max_installs,
        "maxSeats": state.max_seats,
        "domains": state.domains,
        "versions": state.versions,
    }


def _status(state: LicenseState, now: datetime) -> Status:
    return status(
        revoked_at=state.revoked_at,
        suspended_at=state.suspended_at,
        expires_at=state.expires_at,
        issued_at=state.issued_at,
        # The question answered here is itself a check-in.
        last_check_in_at=now,
        now=now,
    )


def instant(at: datetime) -> str:
    """Return an instant, which is in UTC throughout, in RFC 3339 with milliseconds."""
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % (  # noqa: UP031 - in half the time of isoformat, a third of format
        at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond // 1000,
    )  # fmt: skip


def signed(
    state: LicenseState | None,
    question: Question,
    verdict: Verdict,
    limits: str,
    now: datetime,
    ring: KeyRing,
    told: Told | None = None,
) -> bytes:
    """Return what `ring.sign` makes of `answer`, byte for byte, for a third of the time (a test compares them).

    `limits` are as `limits_text` gives them, `told` what `told_of` makes of this state if it was made before.
    """
    return ring.seal(_written(state, question, verdict, limits, now, ring.current.kid, told))


def limits_text(limits: Mapping[str, int | None]) -> str:
    """Return limits by meter as `signed` takes them: encoded once for many answers."""
    return canonical(limits).decode()


def _written(
    state: LicenseState | None,
    question: Question,
    verdict: Verdict,
    limits: str,
    now: datetime,
    kid: str,
    told: Told | None,
) -> str:
    """Return the RFC 8785 form of the answer with the `kid`: every key stands in its place in the order of keys."""
    asked = f'"fingerprint":{_word(question.fingerprint)},"installId":{_text(question.install_id)}'
    if state is None or not question.authenticated:
        entitlements, license_, limits = "null", _UNTOLD_TEXT % asked, "null"
    else:
        head, middle, tail, entitlements = told or told_of(state)
        license_ = f"{head}{asked}{middle}{_status(state, now)}{tail}"
    return (
        f'{{"checkAgainAt":"{instant(verdict.check_again_at)}","code":"{verdict.code}",'
        f'"detail":{_text(verdict.detail)},"entitlements":{entitlements},"issuedAt":"{instant(now)}","kid":"{kid}",'
        f'"license":{license_},"limits":{limits},"nonce":{_word(question.nonce)},'
        f'"valid":{"true" if verdict.valid else "false"}}}'
    )


def told_of(state: LicenseState) -> Told:
    """Return what of a license is written alike as long as it stands as it does."""
    ends = f'"{instant(state.expires_at)}"' if state.expires_at else "null"
    return Told(
        f'{{"billingPeriod":{_word(state.billing_period)},"domains":{_words(state.domains)},"expiresAt":{ends},',
        f',"maxInstalls":{_number(state.max_installs)},"maxSeats":{_number(state.max_seats)},'
        f'"startsAt":"{instant(state.starts_at)}","status":"',
        f'","term":{_text(state.term)},"tier":{_text(state.tier)},"versions":{_word(state.versions)}}}',
        _words(state.entitlements),
    )


def _word(word: str | None) -> str:
    return "null" if word is None else _text(word)


def _number(number: int | None) -> str:
    return "null" if number is None else str(number)


@lru_cache(maxsize=10_000)
def _words(words: Iterable[str]) -> str:
    return f"[{','.join(map(_text, words))}]"
