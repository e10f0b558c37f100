"""Shapes of the enterprise console on the wire, with the seed's names."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from api.depends import Answer, Strict
from api.schemas.policy import PolicyRules
from api.schemas.releases import Moment
from core.accounts.customers import Customer
from core.accounts.requests import Changed, Created, LicenseRequest, Terms
from core.licensing.status import Status
from core.money import Money

InstallId = Annotated[str, Field(min_length=1, max_length=80)]
TierName = Annotated[str, Field(min_length=1, max_length=40)]
BillingPeriodName = Annotated[str, Field(max_length=20, description="monthly, quarterly or annual")]
Reason = Annotated[str, Field(max_length=1000)]


class Amount(Answer):
    """Money in whole minor units: 1999 USD is $19.99."""

    minor: int
    currency: str


class AgreedAmount(Strict):
    """A price in whole minor units, zero or more."""

    minor: Annotated[int, Field(ge=0, le=10**15)]
    currency: Annotated[str, Field(min_length=3, max_length=3)]


class StatsAnswer(Answer):
    """The four figures; revenue is null without `finance:read`, the rate is a fraction or null where none ended."""

    total_customers: int
    active_licenses: int = Field(description="Licenses to which verification would say valid.")
    monthly_revenue: Amount | None
    conversion_rate: str | None = Field(description="Of the trials that ended in 90 days, the part that became paid.")


class CustomerUse(Answer):
    """Telemetry of 30 days, and how near the customer is to any limit (0.95 is 95 %)."""

    events_30d: int = Field(alias="events30d")
    daily_30d: list[int] = Field(alias="daily30d", description="Events a UTC day, oldest first.")
    limit_share: float | None
    limit_meter: str | None


class CustomerRow(Answer):
    """A customer with its main license."""

    install_id: str
    organization_id: UUID
    name: str
    tier: str
    status: Status
    term: str
    billing_period: str | None
    usage: CustomerUse
    health: float | None
    band: str | None
    mrr: Amount | None
    last_seen: datetime | None
    expires_at: datetime | None
    licenses: int
    country: str | None
    segment: str | None
    owner: str | None
    archetype: str | None
    sentence: str | None
    upsells: int
    top_priority: str | None

    @classmethod
    def of(cls, one: Customer) -> "CustomerRow":
        """Return the row of a customer."""
        same = {name: getattr(one, name) for name in cls.model_fields if hasattr(one, name)}
        return cls.model_validate(
            {
                **same,
                "tier": one.tier_id,
                "owner": one.owner_email,
                "last_seen": one.last_seen_at,
                "usage": CustomerUse.model_validate(one),
            }
        )


class CustomerList(Answer):
    """A page of customers."""

    customers: list[CustomerRow]
    next_cursor: str | None


class CreateLicense(Strict):
    """A license to issue; `userId` is the id of a person or an organization, or an e-mail (unknown: a new customer).

    `organizationId` may stand in its place. `amount` is a price by contract a billing period, instead of the list's.
    """

    user_id: Annotated[str, Field(min_length=1, max_length=320)] | None = None
    organization_id: Annotated[UUID, Field(strict=False)] | None = None
    tier: TierName
    billing_period: BillingPeriodName = "monthly"
    trial_days: Annotated[int, Field(ge=0, le=365)] = 0
    notes: Annotated[str, Field(max_length=20_000)] = ""
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    currency: Annotated[str, Field(min_length=3, max_length=3)] | None = None
    amount: AgreedAmount | None = None
    quantity: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    starts_at: Moment | None = None
    expires_at: Moment | None = None
    policy: PolicyRules | None = None

    @model_validator(mode="after")
    def _one_holder(self) -> Self:
        if (self.user_id is None) == (self.organization_id is None):
            raise ValueError("give either userId or organizationId")
        return self

    def request(self) -> LicenseRequest:
        """Return it as the core takes it."""
        own = {"user_id", "organization_id", "amount", "policy"}
        return LicenseRequest(
            user_id=self.user_id or str(self.organization_id),
            amount=Money(self.amount.minor, self.amount.currency) if self.amount else None,
            policy=self.policy.policy() if self.policy else None,
            **{name: getattr(self, name) for name in type(self).model_fields.keys() - own},
        )


class CreatedLicense(Answer):
    """A license just issued; `installSecret` is shown this once."""

    install_id: str
    install_secret: str
    license_id: UUID
    organization_id: UUID
    organization: str
    new_customer: bool
    tier: str
    term: Literal["trial", "paid", "free"]
    status: Status
    billing_period: str | None
    expires_at: datetime | None
    mrr: Amount | None

    @classmethod
    def of(cls, made: Created) -> "CreatedLicense":
        """Return the answer for a license just issued."""
        same = {name: getattr(made, name) for name in cls.model_fields if hasattr(made, name)}
        return cls.model_validate({**same, "tier": made.tier_id})


class RevokeLicense(Strict):
    """A license to take back; the reason is kept in the audit trail."""

    install_id: InstallId
    reason: Reason = ""


class UpdateTier(Strict):
    """The tier a license is to be on; without a billing period the present one stays."""

    new_tier: TierName
    billing_period: BillingPeriodName | None = None
    reason: Reason = ""


class LicenseTerms(Answer):
    """What a license was or is."""

    tier: str
    term: str
    billing_period: str | None
    mrr: Amount | None

    @classmethod
    def of(cls, terms: Terms) -> "LicenseTerms":
        """Return the shape of some terms."""
        return cls(
            tier=terms.tier_id,
            term=terms.term,
            billing_period=terms.billing_period,
            mrr=Amount.model_validate(terms.mrr) if terms.mrr else None,
        )


class MovementMade(Answer):
    """What an act did to the MRR."""

    kind: str
    change: Amount
    effective_at: datetime


class ChangedLicense(Answer):
    """A license before and after an act; `movement` is null where no MRR moved, or without `finance:read`."""

    install_id: str
    organization_id: UUID
    status: Status
    tier: str
    term: str
    billing_period: str | None
    mrr: Amount | None
    before: LicenseTerms
    movement: MovementMade | None

    @classmethod
    def of(cls, changed: Changed) -> "ChangedLicense":
        """Return the answer for an act."""
        after = LicenseTerms.of(changed.after)
        return cls(
            install_id=changed.install_id,
            organization_id=changed.organization_id,
            status=changed.status,
            tier=after.tier,
            term=after.term,
            billing_period=after.billing_period,
            mrr=after.mrr,
            before=LicenseTerms.of(changed.before),
            movement=MovementMade.model_validate(changed.movement) if changed.movement else None,
        )
