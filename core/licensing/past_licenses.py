"""Licenses that were given before Calos kept them, and what tiers include where books say otherwise."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.access.actor import Actor
from core.access.audit import record
from core.access.permissions import Permission
from core.ids import digest, new_secret
from core.licensing.policy import Policy
from core.licensing.writes import Term
from core.periods import BillingPeriod
from db.models.licensing import installation, tier
from db.models.licensing import license as licenses
from db.session import WriteSession


@dataclass(frozen=True)
class PastLicense:
    """A license as it stands after its history; `expires_at` lies in the past for a customer who left."""

    id: UUID
    organization_id: UUID
    install_id: str
    tier_id: str
    term: Term
    billing_period: BillingPeriod | None
    issued_at: datetime
    expires_at: datetime | None = None
    converted_at: datetime | None = None
    max_seats: int | None = None
    suspended_at: datetime | None = None
    last_check_in_at: datetime | None = None
    # What its holder proves itself with already; a secret that nobody knows where there was none.
    secret: str | None = None
    policy: Policy = field(default_factory=Policy)
    notes: str = ""


@dataclass(frozen=True)
class PastInstallation:
    """Where a license was installed before Calos kept it."""

    license_id: UUID
    organization_id: UUID
    fingerprint: str
    activated_at: datetime
    last_seen_at: datetime
    domain: str | None = None
    version: str | None = None


def add_past_licenses(session: WriteSession, actor: Actor, given: Sequence[PastLicense], *, now: datetime) -> None:
    """Add licenses, each in the audit trail; needs `license:create`.

    Where no secret came along it is known to nobody, so no installation can send telemetry with one: whoever runs the
    software again is issued a license anew. The policies are checked already.
    """
    actor.require(Permission.LICENSE_CREATE)
    actor.require_vendor()
    if not given:
        return
    session.execute(insert(licenses), [_columns(one) for one in given])
    for one in given:
        after = {"tier_id": one.tier_id, "term": one.term, "issued_at": one.issued_at.isoformat()}
        target = ("license", one.install_id)
        record(session, actor, "license.imported", target, now=now, organization_id=one.organization_id, after=after)


def add_past_installations(session: WriteSession, actor: Actor, given: Sequence[PastInstallation]) -> int:
    """Add installations of licenses just taken over, and return how many were new; audited by their import."""
    actor.require(Permission.LICENSE_CREATE)
    actor.require_vendor()
    if not given:
        return 0
    statement = upsert(installation).on_conflict_do_nothing().returning(installation.c.license_id)
    return len(session.execute(statement, [asdict(one) for one in given]).all())


def _columns(one: PastLicense) -> dict[str, object]:
    rules = {**asdict(one.policy), "domains": list(one.policy.domains), "entitlements": list(one.policy.entitlements)}
    if one.max_seats is not None:
        rules["max_seats"] = one.max_seats
    copied = ("id", "organization_id", "install_id", "tier_id", "term", "billing_period", "issued_at", "expires_at")
    since = ("converted_at", "suspended_at", "last_check_in_at", "notes")
    return {
        **{name: getattr(one, name) for name in (*copied, *since)},
        **rules,
        "secret_digest": digest(one.secret or new_secret("cis")),
        "starts_at": one.issued_at,
    }


# Whoever used the software on a day had it running: for the status of a license that is a check-in like any other.
_LIVED: Final = """
UPDATE license l SET last_check_in_at = greatest(l.last_check_in_at, g.at)
FROM unnest(%(installs)s::text[], %(instants)s::timestamptz[]) AS g (install_id, at)
WHERE l.install_id = g.install_id
"""


def note_signs_of_life(session: WriteSession, last_used: Mapping[str, datetime]) -> None:
    """Count the last known use of each install as a check-in, unless a later one is known; audited by its import."""
    asked = {"installs": list(last_used), "instants": list(last_used.values())}
    session.connection.exec_driver_sql(_LIVED, asked)


def set_tier_features(
    session: WriteSession, actor: Actor, tier_id: str, features: Collection[str], *, now: datetime
) -> bool:
    """Say what a tier includes from now on, and return whether that is new; needs `license:update_tier`."""
    actor.require(Permission.LICENSE_UPDATE_TIER)
    actor.require_vendor()
    mine = tier.c.id == tier_id
    before = session.execute(select(tier.c.features).where(mine).with_for_update()).scalar_one()
    wanted = sorted(features)
    if sorted(before) == wanted:
        return False
    session.execute(update(tier).where(mine).values(features=wanted))
    said = ({"features": list(before)}, {"features": wanted})
    record(session, actor, "tier.features_set", ("tier", tier_id), now=now, before=said[0], after=said[1])
    return True
