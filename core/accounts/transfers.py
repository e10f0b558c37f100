"""A license that changes hands, with its price and everything known of it; one transaction."""

from datetime import datetime
from typing import Literal, get_args

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.belongings import send_along
from core.accounts.holders import known_holder
from core.accounts.requests import Transferred
from core.accounts.turns import move, turn
from core.billing.reads import active_subscription
from core.billing.writes import end_subscription, start_subscription
from core.errors import Conflict, InvalidInput
from core.finance.reads import Movement
from core.licensing.handover import hand_over, rotate_secret
from core.licensing.reads import License, license_by_install
from core.organizations.reads import Organization
from db.session import WriteSession

Expiry = Literal["keep", "reset"]


def transfer_license(
    session: WriteSession,
    actor: Actor,
    install_id: str,
    user_id: str,
    *,
    expiry: str = "keep",
    new_secret: bool = False,
    reason: str,
    now: datetime,
) -> Transferred:
    """Give a license to another customer, named as in `create_license`; needs `license:revoke` and `license:create`.

    Its subscription ends with the one and begins with the other at the same terms, so both ledgers move and their sum
    does not. `expiry` reset begins its term anew. Conflict for a revoked license, or where it is theirs already.
    """
    for needed in (Permission.LICENSE_REVOKE, Permission.LICENSE_CREATE):
        actor.require(needed)
    actor.require_vendor()
    if expiry not in get_args(Expiry):
        raise InvalidInput("The expiry is to keep or to reset.", field="expiry")
    held = license_by_install(session, actor, install_id, now=now)
    to = known_holder(session, actor, user_id, now)
    # In one order, whichever way two transfers go, so that they wait for each other instead of deadlocking.
    for organization_id in sorted({held.organization_id, to.id}):
        now = turn(session, organization_id, now)
    found = license_by_install(session, actor, install_id, now=now)
    if found.organization_id != held.organization_id:
        raise Conflict(f"The license {install_id} has just been transferred. Look at it anew.", code="just_transferred")
    given = hand_over(session, actor, install_id, to, fresh=expiry == "reset", reason=reason, now=now)
    send_along(session, given, to.id)
    moved_from, moved_to = _move_price(session, actor, given, reason, now)
    secret = rotate_secret(session, actor, install_id, reason=reason, now=now) if new_secret else None
    _record(session, actor, found, to, reason, now)
    if not actor.may(Permission.FINANCE_READ):
        moved_from = moved_to = None
    return Transferred(
        install_id,
        found.organization_id,
        found.organization_name,
        to.id,
        to.name,
        given.status,
        given.expires_at,
        secret,
        moved_from,
        moved_to,
    )


def _move_price(
    session: WriteSession, actor: Actor, given: License, reason: str, now: datetime
) -> tuple[Movement | None, Movement | None]:
    paying = active_subscription(session, actor, given.id)
    if paying is None:
        return None, None
    end_subscription(session, actor, paying, now=now, reason=reason)
    begun = start_subscription(
        session,
        actor,
        given.organization_id,
        given.id,
        paying.tier_id,
        paying.billing_period,
        paying.amount,
        now=now,
        quantity=paying.quantity,
        product_id=paying.product_id,
    )
    lost = move(session, actor, paying, None, now=now, reason=reason)
    return lost, move(session, actor, None, begun, now=now, reason=reason)


def _record(session: WriteSession, actor: Actor, found: License, to: Organization, reason: str, now: datetime) -> None:
    """Keep in the vendor's own trail from whom to whom: neither customer's may name the other."""
    before = {"organization_id": str(found.organization_id), "organization": found.organization_name}
    after = {"organization_id": str(to.id), "organization": to.name}
    target = ("license", found.install_id)
    audit.record(
        session, actor, "license.handed_over", target, now=now, reason=reason.strip(), before=before, after=after
    )
