"""One act upon a license: its row locked, refused where it is illegal, then audited, announced and marked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.announce.writes import announce
from core.errors import InvalidInput, NotFound
from core.licensing.reads import License, license_by_install
from core.licensing.transitions import Act, require_legal, standing
from core.organizations.marks import mark_card
from core.organizations.reads import Organization, organization_by_id
from db.models.licensing import license as licenses
from db.session import WriteSession

LONGEST_REASON: Final = 1_000
NEEDS: Final[dict[Act, Permission]] = {
    Act.SUSPEND: Permission.LICENSE_REVOKE,
    Act.RESUME: Permission.LICENSE_REVOKE,
    Act.REVOKE: Permission.LICENSE_REVOKE,
    Act.REINSTATE: Permission.LICENSE_REVOKE,
    Act.RENEW: Permission.LICENSE_UPDATE_TIER,
    Act.CHANGE_TIER: Permission.LICENSE_UPDATE_TIER,
    Act.CONVERT: Permission.LICENSE_UPDATE_TIER,
    Act.CHANGE_POLICY: Permission.LICENSE_UPDATE_TIER,
    # One customer loses what another gets: as much as a revocation.
    Act.TRANSFER: Permission.LICENSE_REVOKE,
    Act.RETIRE_INSTALLATION: Permission.LICENSE_UPDATE_TIER,
    Act.RELEASE_SEAT: Permission.LICENSE_UPDATE_TIER,
    # Whoever may issue a license is shown its secret.
    Act.ROTATE_SECRET: Permission.LICENSE_CREATE,
}
TITLES: Final = {
    "license.issued": "New license for {}",
    "license.suspended": "License of {} suspended",
    "license.resumed": "License of {} resumed",
    "license.revoked": "License of {} revoked",
    "license.reinstated": "License of {} reinstated",
    "license.renewed": "License of {} renewed",
    "license.tier_changed": "{} changed tier",
    "license.policy_changed": "Policy of {}'s license changed",
    "license.transferred_away": "License of {} transferred away",
    "license.transferred": "License transferred to {}",
    "license.installation_retired": "Installation of {} retired",
    "license.seat_released": "Seat of {} released",
    "license.secret_rotated": "New install secret for {}",
}


def locked(session: WriteSession, actor: Actor, install_id: str, act: Act, now: datetime) -> License:
    """Return the license with its row locked, so that the next act and activations wait; refuse an illegal act."""
    actor.require_vendor()
    actor.require(NEEDS[act])
    statement = select(licenses.c.id).where(licenses.c.install_id == install_id).with_for_update(key_share=True)
    if session.execute(statement).one_or_none() is None:
        raise NotFound(f"There is no license with the install id {install_id[:80]}.")
    found = license_by_install(session, actor, install_id, now=now)
    require_legal(install_id, standing(found.revoked_at, found.suspended_at), act)
    return found


def change(
    session: WriteSession,
    actor: Actor,
    found: License,
    changed: Mapping[str, Any],
    action: str,
    reason: str | None,
    now: datetime,
) -> License:
    """Write the changed columns of a locked license, raise its state version, tell of it; return it as it is now."""
    write(session, found, changed)
    customer = organization_by_id(session, actor, found.organization_id)
    before = {name: getattr(found, name) for name in changed}
    tier_id = str(changed.get("tier_id", found.tier_id))
    tell(
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


def write(session: WriteSession, found: License, changed: Mapping[str, Any]) -> None:
    """Write columns of a locked license and raise its state version, which its decisions are kept under."""
    version = {"state_version": licenses.c.state_version + 1}
    session.execute(update(licenses).where(licenses.c.id == found.id).values(**changed, **version))


def tell(
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
        "title": TITLES[action].format(customer.name),
        "installId": install_id,
        "customerName": customer.name,
        "tier": tier_id,
    }
    announce(session, customer.id, "activity:new", news, now=now)
    mark_card(session, customer.id, now)


def said_why(reason: str, *, required: bool = True) -> str | None:
    """Return the reason for the audit trail, trimmed, or raise InvalidInput where one is required or it is too long."""
    reason = reason.strip()
    if required and not reason:
        raise InvalidInput("Say why, in a sentence: it is kept in the audit trail.", field="reason")
    return bounded(reason, LONGEST_REASON, "reason") or None


def bounded(text: str, longest: int, field: str) -> str:
    """Return the text, or raise InvalidInput naming the field where it is too long."""
    if len(text) > longest:
        raise InvalidInput(f"That is too long: at most {longest:,} characters.", field=field)
    return text


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
