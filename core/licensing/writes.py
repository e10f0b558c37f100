"""Changes to licenses: issued, revoked, reinstated, suspended, resumed, renewed, given another tier."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.announce.writes import announce
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import digest, new_id, new_install_id, new_secret
from core.licensing import policy as policies
from core.licensing.policy import Policy
from core.licensing.reads import License, license_by_install, tier_by_id
from core.licensing.transitions import Act, require_legal, standing
from core.organizations.marks import mark_card
from core.organizations.reads import Organization, organization_by_id
from core.periods import BillingPeriod
from db.models.licensing import license as licenses
from db.session import WriteSession

Term = Literal["trial", "paid", "free"]
LONGEST_TRIAL: Final = 365
LONGEST_TEXT: Final = 20_000
LONGEST_REASON: Final = 1_000
_INSTALL_ID = re.compile(r"[A-Za-z0-9._-]{8,80}")


@dataclass(frozen=True)
class Issued:
    """A new license; `install_secret` is known here and then never again."""

    license_id: UUID
    install_id: str
    install_secret: str


def issue(
    session: WriteSession,
    actor: Actor,
    organization_id: UUID,
    tier_id: str,
    *,
    now: datetime,
    term: Term,
    billing_period: BillingPeriod | None = None,
    trial_days: int | None = None,
    starts_at: datetime | None = None,
    expires_at: datetime | None = None,
    notes: str = "",
    policy: Policy | None = None,
    install_id: str | None = None,
    secret: str | None = None,
) -> Issued:
    """Give an organization a license; needs `license:create`.

    A trial ends `trial_days` after its start. A paid license follows its contract, which renews, so it has no end
    unless `expires_at` gives one; a free license has none. `install_id` and `secret` are made unless given.
    """
    actor.require_vendor()
    actor.require(Permission.LICENSE_CREATE)
    customer = organization_by_id(session, actor, organization_id)
    tier = tier_by_id(session, tier_id)
    starts_at = starts_at or now
    expires_at = _end(term, starts_at, trial_days, expires_at)
    if term == "paid" and billing_period is None:
        raise InvalidInput("Say how a paid license is billed: monthly, quarterly or annual.", field="billingPeriod")
    rules = policies.checked(policy or Policy(), max_domains=tier.max_domains)
    issued = Issued(new_id(), install_id or new_install_id(), secret or new_secret("cis"))
    if not _INSTALL_ID.fullmatch(issued.install_id):
        raise InvalidInput("An install id has 8 to 80 letters, digits, dots, dashes or underscores.", field="installId")
    values = {
        "tier_id": tier.id,
        "term": term,
        "billing_period": None if term == "free" else billing_period,
        "starts_at": starts_at,
        "expires_at": expires_at,
        "notes": _bounded(notes, LONGEST_TEXT, "notes"),
        **_columns(rules),
    }
    _insert(session, {"id": issued.license_id, "organization_id": organization_id, **values}, issued, now)
    _tell(session, actor, customer, "license.issued", issued.install_id, now=now, after=values, tier_id=tier.id)
    return issued


def suspend(session: WriteSession, actor: Actor, install_id: str, *, reason: str, now: datetime) -> License:
    """Stop a license for now; needs `license:revoke`. Raises Conflict where it is not in force."""
    found = _locked(session, actor, install_id, Act.SUSPEND, now)
    return _change(session, actor, found, {"suspended_at": now}, "license.suspended", _reason(reason), now)


def resume(session: WriteSession, actor: Actor, install_id: str, *, reason: str, now: datetime) -> License:
    """Let a suspended license run again; needs `license:revoke`."""
    found = _locked(session, actor, install_id, Act.RESUME, now)
    return _change(session, actor, found, {"suspended_at": None}, "license.resumed", _reason(reason), now)


def revoke(session: WriteSession, actor: Actor, install_id: str, *, reason: str, now: datetime) -> License:
    """Take a license back; needs `license:revoke`. Once committed, no question asked afterwards is told `valid`."""
    found = _locked(session, actor, install_id, Act.REVOKE, now)
    said = _reason(reason)
    changed = {"revoked_at": now, "revoke_reason": said}
    return _change(session, actor, found, changed, "license.revoked", said, now)


def reinstate(session: WriteSession, actor: Actor, install_id: str, *, reason: str, now: datetime) -> License:
    """Undo a revocation; needs `license:revoke`. What was suspended before it is suspended again."""
    found = _locked(session, actor, install_id, Act.REINSTATE, now)
    changed = {"revoked_at": None, "revoke_reason": None}
    return _change(session, actor, found, changed, "license.reinstated", _reason(reason), now)


def renew(
    session: WriteSession, actor: Actor, install_id: str, *, until: datetime | None, reason: str = "", now: datetime
) -> License:
    """Move a license's end to `until`, None for no end; needs `license:update_tier`. It is never moved closer."""
    found = _locked(session, actor, install_id, Act.RENEW, now)
    if found.expires_at is None:
        raise Conflict(f"The license {install_id} has no end, so there is nothing to renew.", code="illegal_transition")
    if until is not None and until <= max(now, found.expires_at):
        raise InvalidInput("Renew to a date that is still to come and later than the present end.", field="until")
    return _change(
        session, actor, found, {"expires_at": until}, "license.renewed", _reason(reason, required=False), now
    )


def set_tier(
    session: WriteSession,
    actor: Actor,
    install_id: str,
    tier_id: str,
    *,
    billing_period: BillingPeriod | None = None,
    expires_at: datetime | None = None,
    reason: str = "",
    now: datetime,
) -> License:
    """Put a license on a tier by contract; needs `license:update_tier`. The subscription's part is accounts' to change.

    The free tier's term is free, any other's paid: a trial is thereby converted and loses its end. The billing period
    stays unless one is given. Raises Conflict where nothing would change.
    """
    found = _locked(session, actor, install_id, Act.CHANGE_TIER, now)
    tier = tier_by_id(session, tier_id)
    term: Term = "free" if tier.rank == 0 else "paid"
    period = None if term == "free" else billing_period or found.billing_period
    if term == "paid" and period is None:
        raise InvalidInput("Say how the tier is billed: monthly, quarterly or annual.", field="billingPeriod")
    changed: dict[str, Any] = {"tier_id": tier.id, "term": term, "billing_period": period, "expires_at": expires_at}
    if found.term == "trial" and term == "paid":
        changed["converted_at"] = now
    if all(getattr(found, name) == value for name, value in changed.items()):
        raise Conflict(f"The license {install_id} is on {tier.label} already; nothing was changed.", code="same_tier")
    return _change(session, actor, found, changed, "license.tier_changed", _reason(reason, required=False), now)


_NEEDS: Final[dict[Act, Permission]] = {
    Act.SUSPEND: Permission.LICENSE_REVOKE,
    Act.RESUME: Permission.LICENSE_REVOKE,
    Act.REVOKE: Permission.LICENSE_REVOKE,
    Act.REINSTATE: Permission.LICENSE_REVOKE,
    Act.RENEW: Permission.LICENSE_UPDATE_TIER,
    Act.CHANGE_TIER: Permission.LICENSE_UPDATE_TIER,
}
_TITLES: Final = {
    "license.issued": "New license for {}",
    "license.suspended": "License of {} suspended",
    "license.resumed": "License of {} resumed",
    "license.revoked": "License of {} revoked",
    "license.reinstated": "License of {} reinstated",
    "license.renewed": "License of {} renewed",
    "license.tier_changed": "{} changed tier",
}


def _locked(session: WriteSession, actor: Actor, install_id: str, act: Act, now: datetime) -> License:
    """Return the license with its row locked, so that the next act and activations wait; refuse an illegal act."""
    actor.require_vendor()
    actor.require(_NEEDS[act])
    statement = select(licenses.c.id).where(licenses.c.install_id == install_id).with_for_update(key_share=True)
    if session.execute(statement).one_or_none() is None:
        raise NotFound(f"There is no license with the install id {install_id[:80]}.")
    found = license_by_install(session, actor, install_id, now=now)
    require_legal(install_id, standing(found.revoked_at, found.suspended_at), act)
    return found


def _change(
    session: WriteSession,
    actor: Actor,
    found: License,
    changed: Mapping[str, Any],
    action: str,
    reason: str | None,
    now: datetime,
) -> License:
    session.execute(
        update(licenses).where(licenses.c.id == found.id).values(**changed, state_version=licenses.c.state_version + 1)
    )
    customer = organization_by_id(session, actor, found.organization_id)
    before = {name: getattr(found, name) for name in changed}
    tier_id = str(changed.get("tier_id", found.tier_id))
    _tell(
        session,
        actor,
        customer,
        action,
        found.install_id,
        now=now,
        before=before,
        after=changed,
        reason=reason,
        tier_id=tier_id,
    )
    return license_by_install(session, actor, found.install_id, now=now)


def _tell(
    session: WriteSession,
    actor: Actor,
    customer: Organization,
    action: str,
    install_id: str,
    *,
    now: datetime,
    after: Mapping[str, Any],
    tier_id: str,
    before: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Audit, announce and mark a change, all within its transaction. The reason is for the audit alone."""
    audit.record(
        session,
        actor,
        action,
        ("license", install_id),
        now=now,
        organization_id=customer.id,
        reason=reason,
        before=_plain(before) if before is not None else None,
        after=_plain(after),
    )
    news = {
        "kind": action,
        "title": _TITLES[action].format(customer.name),
        "installId": install_id,
        "customerName": customer.name,
        "tier": tier_id,
    }
    announce(session, customer.id, "activity:new", news, now=now)
    mark_card(session, customer.id, now)


def _insert(session: WriteSession, values: Mapping[str, Any], issued: Issued, now: datetime) -> None:
    row = {**values, "install_id": issued.install_id, "secret_digest": digest(issued.install_secret), "issued_at": now}
    untaken = insert(licenses).values(row).on_conflict_do_nothing(index_elements=[licenses.c.install_id])
    if session.execute(untaken.returning(licenses.c.id)).one_or_none() is None:
        raise Conflict(f"The install id {issued.install_id} is taken; leave it out to get a new one.")


def _end(term: Term, starts_at: datetime, trial_days: int | None, expires_at: datetime | None) -> datetime | None:
    if term == "trial":
        if trial_days is None or not 1 <= trial_days <= LONGEST_TRIAL:
            raise InvalidInput(f"Give a trial 1 to {LONGEST_TRIAL} days.", field="trialDays")
        return starts_at + timedelta(days=trial_days)
    if expires_at is not None and expires_at <= starts_at:
        raise InvalidInput("A license ends after it begins.", field="expiresAt")
    return expires_at if term == "paid" else None


def _columns(rules: Policy) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(rules).items()}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _reason(reason: str, *, required: bool = True) -> str | None:
    reason = reason.strip()
    if required and not reason:
        raise InvalidInput("Say why, in a sentence: it is kept in the audit trail.", field="reason")
    return _bounded(reason, LONGEST_REASON, "reason") or None


def _bounded(text: str, longest: int, field: str) -> str:
    if len(text) > longest:
        raise InvalidInput(f"That is too long: at most {longest:,} characters.", field=field)
    return text
