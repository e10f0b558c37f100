"""Making license files: decided as at the verify door with the license locked, signed, kept and audited in one go."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.access import audit
from core.access.actor import Actor, ActorKind
from core.access.permissions import Permission
from core.errors import Conflict, InvalidInput, LimitReached, NotFound
from core.ids import new_id
from core.licensing import activation_requests, file_register, files
from core.licensing.activation import activate_within
from core.licensing.activation_requests import ActivationRequest
from core.licensing.file_register import IssuedFile, Way
from core.licensing.file_terms import Terms, checked
from core.licensing.reads import license_by_install
from core.licensing.verdicts import LicenseState, Question, Verdict
from core.signing import KeyRing
from db.session import WriteSession

# Each is kept for good; an installation that asks anew at every start would fill the register.
MOST_A_DAY: Final = 100
UNRECALLABLE: Final = (
    "A file cannot be recalled: revoking the license ends online answers at once, this file goes on until it ends."
)


@dataclass(frozen=True)
class _Decision:
    state: LicenseState
    question: Question
    verdict: Verdict


def make_file(
    session: WriteSession,
    actor: Actor,
    ring: KeyRing,
    install_id: str,
    terms: Terms,
    *,
    fingerprint: str | None = None,
    public_key: bytes | None = None,
    now: datetime,
) -> IssuedFile:
    """Make a file for an installation and so activate it; needs `license:create`, of the vendor.

    Without a fingerprint it is for the license's unnamed installation, and bound to none. With a `public_key` (X25519,
    32 bytes) it is encrypted to it. Raises Conflict with the verdict's code where the license is not valid for it.
    """
    actor.require_vendor()
    actor.require(Permission.LICENSE_CREATE)
    license_by_install(session, actor, install_id, now=now)
    question = Question(install_id, fingerprint, authenticated=True)
    decision = _valid(session, question, now)
    terms = checked(terms, check_in_days=decision.state.check_in_days, self_served=False)
    return _made(session, actor, ring, decision, terms, "person", public_key, now)


def make_own_file(
    session: WriteSession,
    ring: KeyRing,
    install_id: str,
    secret: str,
    terms: Terms,
    *,
    fingerprint: str | None = None,
    public_key: bytes | None = None,
    address: str = "",
    request_id: str = "",
    now: datetime,
) -> IssuedFile | None:
    """Make a file for the installation that asks with its secret; None where secret and install id do not match."""
    holder = file_register.holder_with(session, install_id, secret)
    if holder is None:
        return None
    actor = Actor(
        ActorKind.INSTALLATION,
        install_id,
        install_id,
        holder.organization_id,
        "customer",
        frozenset(),
        address=address,
        request_id=request_id,
    )
    question = Question(install_id, fingerprint, authenticated=True)
    decision = _valid(session, question, now)
    _require_few(session, decision.state, now)
    terms = checked(terms, check_in_days=decision.state.check_in_days, self_served=True)
    return _made(session, actor, ring, decision, terms, "install", public_key, now)


def activate_offline(
    session: WriteSession, actor: Actor, ring: KeyRing, text: str, terms: Terms, *, now: datetime
) -> tuple[str, IssuedFile]:
    """Answer an activation request; return its install id and the file.

    Needs `license:create`, and sight of the license: the customer's own people may do this too. A request that comes
    again gets the file it got; another one with the same nonce is a Conflict (`nonce_used`).
    """
    actor.require(Permission.LICENSE_CREATE)
    request = activation_requests.read(text)
    license_by_install(session, actor, request.install_id, now=now)
    _require_proof(session, request)
    activation_requests.require_timely(request, now=now)
    decision = _valid(session, request.question(), now)
    known = file_register.answer_to(session, decision.state, request.nonce)
    if known is not None:
        return request.install_id, _same(known, request)
    _require_few(session, decision.state, now)
    terms = checked(terms, check_in_days=decision.state.check_in_days, self_served=actor.realm != "vendor")
    made = _made(session, actor, ring, decision, terms, "request", request.public_key, now, request.digest)
    return request.install_id, made


def _valid(session: WriteSession, question: Question, now: datetime) -> _Decision:
    """Decide and activate as the verify door does; the license stays locked until the transaction ends."""
    found = activate_within(session, question, now)
    if found is None:
        raise NotFound(f"There is no license with the install id {question.install_id[:80]}.")
    state, verdict = found
    if not verdict.valid:
        raise Conflict(f"No license file was made: {verdict.detail}", code=verdict.code.value)
    return _Decision(state, question, verdict)


def _require_proof(session: WriteSession, request: ActivationRequest) -> None:
    holder = file_register.holder_of(session, request.install_id)
    if holder is None or not activation_requests.proved(request, holder.secret_digest):
        raise InvalidInput(
            "This request was not made with the install secret of its license. Check CALOS_INSTALL_SECRET on that "
            "machine and make a new one.",
            code="unproved_request",
            field="request",
        )


def _require_few(session: WriteSession, state: LicenseState, now: datetime) -> None:
    if file_register.asked_for_since(session, state, now - timedelta(days=1)) >= MOST_A_DAY:
        raise LimitReached(
            f"This license has had {MOST_A_DAY} files within a day. Keep the file you have; ask again tomorrow.",
            retry_after=3600,
            code="files_a_day_reached",
        )


def _same(known: IssuedFile, request: ActivationRequest) -> IssuedFile:
    if known.request_digest is None or bytes(known.request_digest) != request.digest:
        raise Conflict(
            "Another request with the same nonce was answered already. Make a new request; each draws its own nonce.",
            code="nonce_used",
        )
    return known


def _made(
    session: WriteSession,
    actor: Actor,
    ring: KeyRing,
    decision: _Decision,
    terms: Terms,
    way: Way,
    public_key: bytes | None,
    now: datetime,
    request_digest: bytes | None = None,
) -> IssuedFile:
    state, question, verdict = decision.state, decision.question, decision.verdict
    ends = now + terms.ttl if terms.ttl is not None else None
    limits = file_register.limits_in_force(session, state, now=now)
    said = files.document(state, question, verdict, limits, file_expires_at=ends, grace_days=terms.grace_days, now=now)
    content = files.seal(said, ring, recipient=public_key)
    file = IssuedFile(
        id=new_id(),
        fingerprint=question.fingerprint or "",
        made_at=now,
        made_by=actor.label,
        way=way,
        file_expires_at=ends,
        grace_days=terms.grace_days,
        encrypted=public_key is not None,
        kid=ring.current.kid,
        sha256=hashlib.sha256(content.encode()).digest(),
        content=content,
        nonce=question.nonce,
        request_digest=request_digest,
    )
    file_register.keep(session, state, file)
    _audit(session, actor, state, file, verdict, now)
    return file


def _audit(
    session: WriteSession, actor: Actor, state: LicenseState, file: IssuedFile, verdict: Verdict, now: datetime
) -> None:
    after = {
        "fingerprint": file.fingerprint,
        "file_expires_at": file.file_expires_at.isoformat() if file.file_expires_at else None,
        "grace_days": file.grace_days,
        "encrypted": file.encrypted,
        "way": file.way,
        "kid": file.kid,
        "sha256": file.sha256.hex(),
        "code": verdict.code.value,
    }
    audit.record(
        session,
        actor,
        "license.file_made",
        ("license", state.install_id),
        now=now,
        organization_id=UUID(state.organization_id),
        after=after,
    )
