"""Changes to licenses: issued, revoked, reinstated, suspended, resumed, renewed, given another tier or policy."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import Conflict, InvalidInput
from core.ids import digest, new_id, new_install_id, new_secret
from core.licensing import policy as policies
from core.licensing.acts import bounded, change, locked, said_why, tell
from core.licensing.policy import FIELDS, Policy
from core.licensing.reads import License, tier_by_id
from core.licensing.renewals import renewed_until
from core.licensing.transitions import Act
from core.organizations.reads import organization_by_id
from core.periods import BillingPeriod
from db.models.licensing import license as licenses
from db.session import WriteSession

Term = Literal["trial", "paid", "free"]
LONGEST_TRIAL: Final = 365
LONGEST_TEXT: Final = 20_000
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
        "notes": bounded(notes, LONGEST_TEXT, "notes"),
        **_columns(rules),
    }
    _insert(session, {"id": issued.license_id, "organization_id": organization_id, **values}, issued, now)
    tell(session, actor, customer, "license.issued", issued.install_id, now=now, after=values, tier_id=tier.id)
    return issued


def suspend(session: WriteSession, actor: Actor, install_id: str, *, reason: str, now: datetime) -> License:
    """Stop a license for now; needs `license:revoke`. Raises Conflict where it is not in force."""
    found = locked(session, actor, install_id, Act.SUSPEND, now)
    return change(session, actor, found, {"suspended_at": now}, "license.suspended", said_why(reason), now)


def resume(session: WriteSession, actor: Actor, install_id: str, *, reason: str, now: datetime) -> License:
    """Let a suspended license run again; needs `license:revoke`."""
    found = locked(session, actor, install_id, Act.RESUME, now)
    return change(session, actor, found, {"suspended_at": None}, "license.resumed", said_why(reason), now)


def revoke(session: WriteSession, actor: Actor, install_id: str, *, reason: str, now: datetime) -> License:
    """Take a license back; needs `license:revoke`. Once committed, no question asked afterwards is told `valid`."""
    found = locked(session, actor, install_id, Act.REVOKE, now)
    said = said_why(reason)
    changed = {"revoked_at": now, "revoke_reason": said}
    return change(session, actor, found, changed, "license.revoked", said, now)


def reinstate(session: WriteSession, actor: Actor, install_id: str, *, reason: str, now: datetime) -> License:
    """Undo a revocation; needs `license:revoke`. What was suspended before it is suspended again."""
    found = locked(session, actor, install_id, Act.REINSTATE, now)
    changed = {"revoked_at": None, "revoke_reason": None}
    return change(session, actor, found, changed, "license.reinstated", said_why(reason), now)


def renew(
    session: WriteSession, actor: Actor, install_id: str, *, until: datetime | None, reason: str = "", now: datetime
) -> License:
    """Move a license's end to `until`, None for no end; needs `license:update_tier`. It is never moved closer."""
    found = locked(session, actor, install_id, Act.RENEW, now)
    end = _present_end(found)
    if until is not None and until <= max(now, end):
        raise InvalidInput("Renew to a date that is still to come and later than the present end.", field="until")
    said = said_why(reason, required=False)
    return change(session, actor, found, {"expires_at": until}, "license.renewed", said, now)


def extend(
    session: WriteSession,
    actor: Actor,
    install_id: str,
    *,
    days: int | None = None,
    strategy: str = "from_now_if_expired",
    reason: str = "",
    now: datetime,
) -> License:
    """Move a license's end by `days`, or else by its billing period (see renewals.py); needs `license:update_tier`.

    A trial takes days: what it is billed by afterwards says nothing of how long one may try.
    """
    found = locked(session, actor, install_id, Act.RENEW, now)
    end = _present_end(found)
    period = found.billing_period if found.term == "paid" else None
    until = renewed_until(end, period, days=days, strategy=strategy, now=now)
    said = said_why(reason, required=False)
    return change(session, actor, found, {"expires_at": until}, "license.renewed", said, now)


def update_policy(
    session: WriteSession,
    actor: Actor,
    install_id: str,
    changes: Mapping[str, Any],
    *,
    reason: str = "",
    now: datetime,
) -> License:
    """Replace rules of a standing license, by the names of Policy; needs `license:update_tier`.

    Fewer places turn only new installations away; fewer seats than are in use are told until some are freed. Raises
    InvalidInput naming the field, and Conflict where nothing would change.
    """
    found = locked(session, actor, install_id, Act.CHANGE_POLICY, now)
    before = _columns(policy_of(found))
    # Judged alone: a rule that was set when another tier held stays as it is until somebody changes it.
    asked = policies.checked(Policy(**changes), max_domains=tier_by_id(session, found.tier_id).max_domains)
    changed = {name: value for name, value in _columns(asked).items() if name in changes and value != before[name]}
    if not changed:
        raise Conflict(f"The license {install_id} has this policy already; nothing was changed.", code="same_policy")
    said = said_why(reason, required=False)
    return change(session, actor, found, changed, "license.policy_changed", said, now)


def policy_of(held: License) -> Policy:
    """Return the rules of a license as they can be set."""
    return Policy(**{name: getattr(held, name) for name in FIELDS})


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
    found = locked(session, actor, install_id, Act.CHANGE_TIER, now)
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
    return change(session, actor, found, changed, "license.tier_changed", said_why(reason, required=False), now)


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


def _present_end(found: License) -> datetime:
    if found.expires_at is None:
        sentence = f"The license {found.install_id} has no end, so there is nothing to renew."
        raise Conflict(sentence, code="illegal_transition")
    return found.expires_at


def _columns(rules: Policy) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(rules).items()}
