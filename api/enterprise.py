"""The enterprise console over HTTP, on the seed's paths: customers, licenses issued and taken back, tiers."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic.alias_generators import to_camel

from api.depends import CurrentActor, Now, Reading, SeenAt, StrictRoute, TelemetryReading, Writing
from api.once import Idempotent
from api.schemas.customer import ProfileAnswer, TimelineAnswer
from api.schemas.enterprise import (
    Amount,
    ChangedLicense,
    CreatedLicense,
    CreateLicense,
    CustomerList,
    CustomerRow,
    RevokeLicense,
    StatsAnswer,
    UpdateTier,
)
from api.schemas.policy import within_policy
from core.access.permissions import Permission
from core.accounts import reads, writes
from core.accounts.cards import refresh_card
from core.accounts.customers import CustomerFilter
from core.accounts.profile import profile
from core.accounts.requests import Changed
from core.accounts.timeline import timeline
from core.accounts.timeline_sources import Kind
from core.culture import reads as culture
from core.culture.profile import to_json
from core.licensing.reads import tier_by_id
from core.licensing.status import Status
from db.session import ReadSession, WriteSession

router = APIRouter(prefix="/enterprise", tags=["Enterprise"], route_class=StrictRoute)

InstallId = Annotated[str, Path(alias="installId", min_length=1, max_length=80)]
NO_REASON = "Revoked over the API; no reason was given."


@router.get("/stats", summary="Customers, active licenses, monthly revenue, conversion rate")
def stats(actor: CurrentActor, session: Reading, now: SeenAt) -> StatsAnswer:
    """Return the console's four figures."""
    found = reads.stats(session, actor, now=now)
    rate = found.conversion_rate
    return StatsAnswer(
        total_customers=found.total_customers,
        active_licenses=found.active_licenses,
        monthly_revenue=Amount.model_validate(found.monthly_revenue) if found.monthly_revenue is not None else None,
        conversion_rate=None if rate is None else str(rate),
    )


@router.get("/customers", summary="List customers")
def customers(
    actor: CurrentActor,
    session: Reading,
    now: SeenAt,
    status: Annotated[Status | None, Query()] = None,
    tier: Annotated[str | None, Query(max_length=40)] = None,
    q: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CustomerList:
    """Return customers by name; `q` is part of one or an install id, `cursor` the `nextCursor` of the page before."""
    if tier is not None:
        tier_by_id(session, tier)
    wanted = CustomerFilter(status=status, tier=tier, text=q)
    page = reads.list_customers(session, actor, wanted, now=now, cursor=cursor, limit=limit)
    return CustomerList(customers=[CustomerRow.of(one) for one in page.customers], next_cursor=page.next_cursor)


@router.post("/create-license", status_code=201, summary="Issue a license")
def create_license(
    actor: CurrentActor,
    session: Writing,
    telemetry: TelemetryReading,
    now: Now,
    once: Idempotent,
    body: CreateLicense,
) -> CreatedLicense:
    """Issue a trial (`trialDays` above 0), a paid or a free license; answers the install secret, this once."""
    with within_policy():
        asked = body.request()

    def work() -> CreatedLicense:
        with within_policy():
            made = writes.create_license(session, actor, asked, now=now)
        refresh_card(session, telemetry, made.organization_id, now=now)
        return CreatedLicense.of(made)

    return once(CreatedLicense, work)


@router.post("/revoke-license", summary="Revoke a license")
def revoke_license(
    actor: CurrentActor,
    session: Writing,
    telemetry: TelemetryReading,
    now: Now,
    once: Idempotent,
    body: RevokeLicense,
) -> ChangedLicense:
    """Take a license back and end its subscription. Once answered, no verification says valid. 409 if it is revoked."""

    def work() -> ChangedLicense:
        reason = body.reason or NO_REASON
        changed = writes.revoke_license(session, actor, body.install_id, reason=reason, now=now)
        return _shown(session, telemetry, changed, now)

    return once(ChangedLicense, work)


@router.post("/customer/{installId}/update-tier", summary="Change a customer's tier")
def update_tier(
    actor: CurrentActor,
    session: Writing,
    telemetry: TelemetryReading,
    now: Now,
    once: Idempotent,
    install_id: InstallId,
    body: UpdateTier,
) -> ChangedLicense:
    """Put a license on another tier or billing period; a trial is converted. 409 if revoked or nothing would change."""

    def work() -> ChangedLicense:
        changed = writes.change_tier(
            session, actor, install_id, body.new_tier, body.billing_period, now=now, reason=body.reason
        )
        return _shown(session, telemetry, changed, now)

    return once(ChangedLicense, work)


@router.get("/customer/{installId}/profile", summary="Everything about a customer")
def customer_profile(
    actor: CurrentActor, session: Reading, telemetry: TelemetryReading, now: SeenAt, install_id: InstallId
) -> ProfileAnswer:
    """Return subscription, usage against limits, telemetry and branding."""
    return ProfileAnswer.of(profile(session, telemetry, actor, install_id, now=now))


@router.get("/customer/{installId}/timeline", summary="What happened to a customer")
def customer_timeline(
    actor: CurrentActor,
    session: Reading,
    now: SeenAt,
    install_id: InstallId,
    kind: Annotated[Kind | None, Query()] = None,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> TimelineAnswer:
    """Return licenses, verifications, money, opportunities, people and notes in one order, newest first."""
    found = reads.customer_of_install(session, actor, install_id, now=now)
    kinds = None if kind is None else [kind]
    page = timeline(session, actor, found.organization_id, now=now, kinds=kinds, cursor=cursor, limit=limit)
    return TimelineAnswer.model_validate(page)


@router.get("/customer/{installId}/culture", summary="How a customer uses us")
def customer_culture(
    actor: CurrentActor, session: Reading, telemetry: TelemetryReading, now: SeenAt, install_id: InstallId
) -> dict[str, Any]:
    """Return the culture profile: features, behavior, team, upsells, health; each number with n or a reason."""
    found = to_json(culture.profile(session, telemetry, actor, install_id, now))
    if not actor.may(Permission.FINANCE_READ):
        for each in found["upsells"]:
            # The basis tells prices too.
            each.update(expected_value_minor=None, expected_value_basis=None)
    behavior = {name: found.pop(name) for name in ("rhythm", "sessions", "engagement", "trend", "reliability")}
    answer: dict[str, Any] = _camel({**found, "behavior": behavior, "health_score": found["health"]["score"]})
    return answer


def _shown(session: WriteSession, telemetry: ReadSession, changed: Changed, now: datetime) -> ChangedLicense:
    refresh_card(session, telemetry, changed.organization_id, now=now)
    return ChangedLicense.of(changed)


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {to_camel(key): _camel(inner) for key, inner in value.items()}
    return [_camel(inner) for inner in value] if isinstance(value, list) else value
