"""Shapes of one customer on the wire: profile and timeline."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.depends import Answer
from api.schemas.enterprise import Amount
from core.accounts.profile import CustomerProfile, SubscriptionView
from core.licensing.status import Status


class MeterRow(Answer):
    """One meter against its limit; `highest` null is unlimited, `used` null not reported."""

    meter: str
    label: str
    unit: str
    window: str
    used: int | None
    busy: int | None
    highest: int | None
    share: float | None
    reason: str | None


class ProfileSubscription(Answer):
    """The license with its price; amounts are null without one or without `finance:read`."""

    install_id: str
    organization_id: UUID
    organization: str
    tier: str
    tier_label: str
    features: list[str]
    status: Status
    term: str
    billing_period: str | None
    price: Amount | None
    mrr: Amount | None
    issued_at: datetime
    starts_at: datetime
    expires_at: datetime | None
    suspended_at: datetime | None
    revoked_at: datetime | None
    revoke_reason: str | None
    converted_at: datetime | None
    paid_since: datetime | None
    next_date: datetime | None
    next_date_label: str | None
    max_installs: int | None
    max_seats: int | None
    domains: list[str]
    notes: str

    @classmethod
    def of(cls, view: SubscriptionView) -> "ProfileSubscription":
        """Return the shape of a subscription."""
        held, found = view.license, view.next_date
        same = {name: getattr(held, name) for name in cls.model_fields if hasattr(held, name)}
        return cls.model_validate(
            {
                **same,
                "organization": held.organization_name,
                "tier": held.tier_id,
                "tier_label": view.tier.label,
                "features": view.tier.features,
                "price": view.price,
                "mrr": view.mrr,
                "paid_since": view.started_at,
                "next_date": found.at if found else None,
                "next_date_label": found.label if found else None,
            }
        )


class ProfileUsage(Answer):
    """Usage against the limits in force; without `usage:read` no meters."""

    meters: list[MeterRow]
    records_30d: int = Field(alias="records30d")
    events_30d: int = Field(alias="events30d")
    daily_30d: list[int] = Field(alias="daily30d", description="Events a UTC day, oldest first.")


class ProfileTelemetry(Answer):
    """What the install has sent, to the hour, and when it phoned home."""

    events_30d: int = Field(alias="events30d")
    first_event_at: datetime | None
    last_event_at: datetime | None
    first_verified_at: datetime | None
    last_check_in_at: datetime | None


class ProfileBranding(Answer):
    """How the customer's own screens look; null is the vendor's."""

    display_name: str
    primary_color: str | None
    support_email: str | None
    domains: list[str]


class ProfileAnswer(Answer):
    """Everything about the customer of one install."""

    subscription: ProfileSubscription
    usage: ProfileUsage
    telemetry: ProfileTelemetry
    branding: ProfileBranding

    @classmethod
    def of(cls, found: CustomerProfile) -> "ProfileAnswer":
        """Return the answer for a profile."""
        return cls(
            subscription=ProfileSubscription.of(found.subscription),
            usage=ProfileUsage.model_validate(found.usage),
            telemetry=ProfileTelemetry.model_validate(found.telemetry),
            branding=ProfileBranding.model_validate(found.branding),
        )


class TimelineRow(Answer):
    """One thing that happened; `amount` is a month's, of movements alone."""

    id: str
    at: datetime
    kind: str
    title: str
    detail: str
    actor: str
    reason: str | None
    install_id: str | None
    amount: Amount | None


class TimelineAnswer(Answer):
    """A page of a timeline, newest first."""

    entries: list[TimelineRow]
    next_cursor: str | None
