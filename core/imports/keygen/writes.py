"""A plan taken over: customers, licenses and installations in one transaction, the keys that signed them beside."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.ids import digest, new_id
from core.imports.keygen.plan import Difference, Plan, PlannedLicense
from core.imports.keygen.reads import customers_named, known_installs, taken_keys
from core.imports.reads import may_import
from core.licensing.foreign_keys import TrustedKey
from core.licensing.past_licenses import PastInstallation, PastLicense, add_past_installations, add_past_licenses
from core.organizations.marks import mark_card
from core.organizations.past_customers import PastCustomer, add_past_customers
from db.models.imports import trusted_key
from db.session import ReadSession, WriteSession

SOURCE = "keygen"


def what_is_new(session: ReadSession, plan: Plan) -> Plan:
    """Return the plan without what is here already; a key that another license has here is refused."""
    known = known_installs(session, [one.install_id for one in plan.licenses])
    fresh = [one for one in plan.licenses if one.install_id not in known]
    taken = taken_keys(session, [one.key for one in fresh])
    clashing = [one for one in fresh if digest(one.key) in taken]
    refused = [
        Difference("refused", "licenses", one.id, "A license here proves itself with this key already.")
        for one in clashing
    ]
    left = tuple(one for one in fresh if one not in clashing)
    return replace(plan, licenses=left, differences=(*plan.differences, *refused))


def take_over(session: WriteSession, actor: Actor, plan: Plan, *, now: datetime) -> None:
    """Add everything of a plan that holds only what is new; all of it or, where anything fails, nothing."""
    may_import(actor)
    holders = _customers(session, actor, plan.licenses, now)
    ids = {one.install_id: new_id() for one in plan.licenses}
    add_past_licenses(session, actor, [_license(one, ids, holders, now) for one in plan.licenses], now=now)
    add_past_installations(
        session,
        actor,
        [
            PastInstallation(
                ids[one.install_id],
                holders[one.customer.lower()],
                machine.fingerprint,
                machine.activated_at,
                min(machine.last_seen_at, now),
            )
            for one in plan.licenses
            for machine in one.machines
        ],
    )
    for organization_id in set(holders.values()):
        mark_card(session, organization_id, now)
    after = {"source": SOURCE, "licenses": len(plan.licenses), "read": dict(plan.read)}
    audit.record(session, actor, "import.finished", ("import", SOURCE), now=now, after=after)


def trust(session: WriteSession, actor: Actor, key: TrustedKey, label: str, *, now: datetime) -> bool:
    """Believe what a key of another system signed, and return whether that is new."""
    may_import(actor)
    actor.require(Permission.SECURITY_MANAGE_POLICY)
    values = {"fingerprint": key.fingerprint, "organization_id": actor.organization_id, "label": label[:200]}
    added = insert(trusted_key).values(**values, scheme=key.scheme, public_key=key.der, added_at=now)
    fresh = added.on_conflict_do_nothing().returning(trusted_key.c.fingerprint)
    if session.execute(fresh).scalar_one_or_none() is None:
        return False
    target = ("trusted_key", key.fingerprint)
    audit.record(session, actor, "trusted_key.added", target, now=now, after={"label": label, "scheme": key.scheme})
    return True


def _customers(
    session: WriteSession, actor: Actor, planned: Sequence[PlannedLicense], now: datetime
) -> dict[str, UUID]:
    """Return every customer of a plan by its name in lower case; those that are not here are added."""
    first: dict[str, PlannedLicense] = {}
    for one in sorted(planned, key=lambda each: each.issued_at):
        first.setdefault(one.customer.lower(), one)
    found = customers_named(session, list(first))
    added = {name: new_id() for name in first if name not in found}
    add_past_customers(
        session,
        actor,
        [
            PastCustomer(made, first[name].customer, min(first[name].issued_at, now), email=first[name].email)
            for name, made in added.items()
        ],
        SOURCE,
        now=now,
    )
    return found | added


def _license(one: PlannedLicense, ids: dict[str, UUID], holders: dict[str, UUID], now: datetime) -> PastLicense:
    return PastLicense(
        id=ids[one.install_id],
        organization_id=holders[one.customer.lower()],
        install_id=one.install_id,
        tier_id=one.tier_id,
        term="paid",
        billing_period=None,
        issued_at=one.issued_at,
        expires_at=one.expires_at,
        suspended_at=now if one.suspended else None,
        last_check_in_at=one.last_check_in_at,
        secret=one.key,
        policy=one.policy,
        notes=f"Moved in from Keygen, where its id is {one.id}.",
    )
