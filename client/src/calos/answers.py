"""A signed answer: proved by its signature, compared with what was asked, kept on disk, judged by the time."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from .clock import Reading
from .errors import Untrusted
from .keys import ANSWERS, Key, KeyRing
from .storage import StateFolder
from .verdict import CONCLUSIVE, GRACE_OVER, Verdict, clock_tampered, unproven
from .wire import instant, read_object, unsigned

FILE: Final = "answer.json"

log = logging.getLogger("calos")


@dataclass(frozen=True)
class Question:
    """What is asked at the door; `nonce` makes the answer ours."""

    install_id: str
    fingerprint: str | None
    domain: str | None = None
    version: str | None = None
    seats: int | None = None
    entitlements: tuple[str, ...] = ()
    nonce: str | None = None

    def anew(self, seats: int | None = None) -> Question:
        """Return the same question, with a new nonce and the seats that are in use now."""
        return replace(self, nonce=secrets.token_urlsafe(24), seats=seats)

    def as_json(self) -> dict[str, Any]:
        """Return the body to send."""
        body: dict[str, Any] = {
            "installId": self.install_id,
            "fingerprint": self.fingerprint,
            "domain": self.domain,
            "version": self.version,
            "seats": self.seats,
            "entitlements": list(self.entitlements) or None,
            "nonce": self.nonce,
        }
        return {name: value for name, value in body.items() if value is not None}


@dataclass(frozen=True)
class SignedAnswer:
    """An answer whose signature held; `raw` is how it came, to be kept and proved again."""

    raw: bytes
    valid: bool
    code: str
    detail: str
    license: Mapping[str, Any]
    entitlements: frozenset[str]
    limits: Mapping[str, int | None]
    issued_at: datetime
    check_again_at: datetime


def prove(raw: bytes, asked: Question, find: Callable[[Any], Key]) -> SignedAnswer:
    """Return the answer if it is the vendor's, and to this very question; `find` gives keys by kid. Untrusted."""
    document = read_object(raw)
    answer = _prove(raw, document, asked, find(document.get("kid")))
    if document.get("nonce") != asked.nonce:
        raise Untrusted("The answer is to another question.")
    return answer


def kept(folder: StateFolder, asked: Question, keys: KeyRing) -> SignedAnswer | None:
    """Return the answer of before, if it still proves to be the vendor's and to us; nothing is fetched."""
    raw = folder.read(FILE)
    if raw is None:
        return None
    try:
        document = read_object(raw)
        return _prove(raw, document, asked, keys.known_only(ANSWERS)(document.get("kid")))
    except Untrusted as wrong:
        log.warning("The answer kept in %s counts for nothing: %s", folder.path, wrong)
        return None


def judge(
    answer: SignedAnswer | None, reading: Reading, *, grace: timedelta, source: str, problem: str | None
) -> Verdict:
    """Return what an answer is worth at this time: itself until it is due, then itself for as long as grace lasts."""
    if answer is None:
        return unproven(problem)
    grace_ends_at = max(answer.issued_at + grace, answer.check_again_at)
    said = Verdict(
        answer.valid,
        answer.code,
        answer.detail,
        source,
        issued_at=answer.issued_at,
        check_again_at=answer.check_again_at,
        license=answer.license,
        entitlements=answer.entitlements,
        limits=answer.limits,
        problem=problem,
    )
    if answer.code in CONCLUSIVE:
        return said
    if reading.turned_back:
        return clock_tampered(source, answer.license, problem)
    if not answer.valid:
        return said
    if reading.at < answer.check_again_at:
        return replace(said, grace_ends_at=grace_ends_at)
    if reading.at < grace_ends_at:
        return replace(said, in_grace=True, grace_ends_at=grace_ends_at)
    detail = f"No answer since {answer.issued_at:%Y-%m-%d}, and the grace for that is over. Restore the connection."
    return replace(said, valid=False, code=GRACE_OVER, detail=detail, entitlements=frozenset(), limits={})


def _prove(raw: bytes, document: Mapping[str, Any], asked: Question, key: Key) -> SignedAnswer:
    key.verify(document.get("signature"), unsigned(document, "signature"))
    answer = _read(raw, document)
    if answer.license.get("installId") != asked.install_id or answer.license.get("fingerprint") != asked.fingerprint:
        raise Untrusted("The answer is for another installation.")
    return answer


def _read(raw: bytes, document: Mapping[str, Any]) -> SignedAnswer:
    try:
        issued_at, check_again_at = instant(document.get("issuedAt")), instant(document.get("checkAgainAt"))
    except ValueError as wrong:
        raise Untrusted(f"The answer does not say when it was made or when to ask again: {wrong}") from wrong
    valid, code, license = document.get("valid"), document.get("code"), document.get("license")
    if not isinstance(valid, bool) or not isinstance(code, str) or not isinstance(license, Mapping):
        raise Untrusted("The answer lacks valid, code or license.")
    return SignedAnswer(
        raw,
        valid,
        code,
        str(document.get("detail") or ""),
        license,
        granted(document.get("entitlements")),
        limits(document.get("limits")),
        issued_at,
        check_again_at,
    )


def granted(listed: Any) -> frozenset[str]:
    """Return the entitlements of a signed document; those who did not prove the secret are told none."""
    return frozenset(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else frozenset()


def limits(listed: Any) -> dict[str, int | None]:
    """Return the limits of a signed document by meter; None is unlimited."""
    return dict(listed) if isinstance(listed, Mapping) else {}
