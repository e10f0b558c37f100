"""What a license is held and proved by: another customer, an installation retired, a new install secret."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, update

from core.access.actor import Actor
from core.errors import Conflict, NotFound
from core.ids import digest, new_secret
from core.licensing.acts import locked, said_why, tell, write
from core.licensing.reads import License, license_by_install
from core.licensing.renewals import fresh_end
from core.licensing.transitions import Act
from core.organizations.reads import Organization, organization_by_id
from db.models.licensing import installation, seat_lease
from db.models.licensing import license as licenses
from db.session import WriteSession


def hand_over(
    session: WriteSession, actor: Actor, install_id: str, to: Organization, *, fresh: bool, reason: str, now: datetime
) -> License:
    """Give a license to another customer; needs `license:revoke`. Money and what else goes along are accounts' to move.

    With `fresh` its term begins anew: a billing period from now, or as many days as the trial had. Both customers'
    trails tell of it, each without naming the other.
    """
    found = locked(session, actor, install_id, Act.TRANSFER, now)
    if found.organization_id == to.id:
        raise Conflict(
            f"The license {install_id} is held by {to.name} already; nothing was changed.", code="same_holder"
        )
    said = said_why(reason)
    changed: dict[str, Any] = {"organization_id": to.id}
    if fresh:
        period = found.billing_period if found.term == "paid" else None
        changed |= {"starts_at": now, "expires_at": fresh_end(found.starts_at, found.expires_at, period, now)}
    before = organization_by_id(session, actor, found.organization_id)
    session.execute(update(installation).where(installation.c.license_id == found.id).values(organization_id=to.id))
    # Who sat there is of the customer before.
    session.execute(delete(seat_lease).where(seat_lease.c.license_id == found.id))
    write(session, found, changed)
    terms = {"tier_id": found.tier_id, "term": found.term, "expires_at": changed.get("expires_at", found.expires_at)}
    away: dict[str, Any] = {"before": terms, "after": {}}
    here: dict[str, Any] = {"before": {}, "after": terms}
    told = [(before, "license.transferred_away", away), (to, "license.transferred", here)]
    # Their cards are marked in one order, so that two transfers of opposite ways never wait for each other.
    for customer, action, values in sorted(told, key=lambda one: one[0].id):
        tell(session, actor, customer, action, install_id, now=now, reason=said, tier_id=found.tier_id, **values)
    return license_by_install(session, actor, install_id, now=now)


def retire_installation(
    session: WriteSession, actor: Actor, install_id: str, fingerprint: str, *, reason: str, now: datetime
) -> License:
    """Take an installation off a license, which frees its place and its seats; needs `license:update_tier`.

    The empty fingerprint is the unnamed installation. Whoever still runs there is a new installation when they next
    ask. Raises NotFound where there is none.
    """
    found = locked(session, actor, install_id, Act.RETIRE_INSTALLATION, now)
    said = said_why(reason)
    mine = (installation.c.license_id == found.id) & (installation.c.fingerprint == fingerprint)
    told = (installation.c.domain, installation.c.version, installation.c.activated_at, installation.c.last_seen_at)
    gone = session.execute(delete(installation).where(mine).returning(*told)).one_or_none()
    if gone is None:
        raise NotFound(f"This license has no installation with the fingerprint {fingerprint[:80] or '(unnamed)'}.")
    sitting = (seat_lease.c.license_id == found.id) & (seat_lease.c.fingerprint == fingerprint)
    session.execute(delete(seat_lease).where(sitting))
    write(session, found, {})
    customer = organization_by_id(session, actor, found.organization_id)
    before: dict[str, Any] = {"fingerprint": fingerprint, **gone._mapping}
    tell(
        session,
        actor,
        customer,
        "license.installation_retired",
        install_id,
        now=now,
        before=before,
        after={},
        reason=said,
        tier_id=found.tier_id,
    )
    return license_by_install(session, actor, install_id, now=now)


def rotate_secret(session: WriteSession, actor: Actor, install_id: str, *, reason: str, now: datetime) -> str:
    """Return a new install secret, known here and then never again; the old one proves nothing from the commit on.

    Needs `license:create`. Installations go on with the verdict alone until they are given the new one; telemetry may
    take the old one for a minute more.
    """
    found = locked(session, actor, install_id, Act.ROTATE_SECRET, now)
    said = said_why(reason)
    secret = new_secret("cis")
    session.execute(update(licenses).where(licenses.c.id == found.id).values(secret_digest=digest(secret)))
    write(session, found, {})
    customer = organization_by_id(session, actor, found.organization_id)
    # The secret is in no trail, before or after.
    after = {"install_secret": "replaced"}
    tell(
        session,
        actor,
        customer,
        "license.secret_rotated",
        install_id,
        now=now,
        before={"install_secret": "in use"},
        after=after,
        reason=said,
        tier_id=found.tier_id,
    )
    return secret
