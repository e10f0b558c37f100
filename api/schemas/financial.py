"""Shapes of finance on the wire: amounts in whole minor units, rates as decimal strings of a fraction."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import Field

from api.depends import Answer
from api.schemas.enterprise import Amount
from core.finance.drill import MovementRow, SubscriptionRow
from core.finance.exchange import REPORTING
from core.finance.policy_reads import Version
from core.metrics.metric import Undefined, Value
from core.money import Money, round_half_up
from core.periods import BillingPeriod

MovementKindName = Literal["new", "expansion", "contraction", "churn", "reactivation", "transfer"]
# The catalogue's names of the figures that the answer calls otherwise.
NAMES = {"logo_churn": "churnRate", "mrr_growth": "growthRate", "gross_margin": "grossMargin"}
_SHARE = Decimal("0.000001")
_MONTHS = Decimal("0.01")


class PolicyInForce(Answer):
    """The version of the metric policy, 1 being the standard, and the choice of each of its switches."""

    version: int
    settings: dict[str, str]


class MovementSums(Answer):
    """How MRR went from the start of `from` to the end of `to`, to the cent; what was lost is negative.

    opening + new + expansion + contraction + churn + reactivation + transfer + exchange = closing.
    """

    since: date = Field(alias="from")
    until: date = Field(alias="to")
    opening: Amount
    new: Amount
    expansion: Amount
    contraction: Amount
    churn: Amount
    reactivation: Amount
    transfer: Amount
    exchange: Amount
    closing: Amount
    customers_opening: int
    customers_new: int
    customers_churned: int
    customers_reactivated: int
    customers_closing: int

    @classmethod
    def of(cls, sums: Mapping[str, int], first: date, last: date) -> "MovementSums":
        """Return the ledger's sums of some days."""
        said = {
            name: value if name.startswith("customers") else Amount(minor=value, currency=REPORTING)
            for name, value in sums.items()
        }
        return cls.model_validate({**said, "since": first, "until": last})


class MetricsAnswer(Answer):
    """The figures as of an instant; one that is not defined is null, and `reasons` says why."""

    as_of: datetime
    mrr: Amount | None
    arr: Amount | None = Field(description="MRR × 12.")
    ltv: Amount | None = Field(description="ARPA × gross margin ÷ monthly churn, of six whole months.")
    cac: Amount | None = Field(description="Sales and marketing spend per new customer, of six whole months.")
    churn_rate: str | None = Field(description="Customers lost in the last whole month ÷ those at its start.")
    growth_rate: str | None = Field(description="MRR at the end of the last whole month ÷ at its start − 1.")
    runway: str | None = Field(description="Months until cash ends, at the burn of the last three whole months.")
    gross_margin: str | None = Field(description="(Revenue − cost to serve) ÷ revenue, of six whole months.")
    reasons: dict[str, str] = Field(description="By the name of a figure that is null: why.")
    movements: MovementSums = Field(description="Of `from` to `to`; without them, of the month of `asOf`.")
    policy: PolicyInForce = Field(description="By which choices these figures are made.")

    @classmethod
    def of(
        cls, figures: Mapping[str, Value], movements: MovementSums, policy: Version, as_of: datetime
    ) -> "MetricsAnswer":
        """Return the figures of the catalogue under the names that this answer has for them."""
        reasons = {NAMES.get(name, name): why.reason for name, why in figures.items() if isinstance(why, Undefined)}
        return cls(
            as_of=as_of,
            mrr=_amount(figures["mrr"]),
            arr=_amount(figures["arr"]),
            ltv=_amount(figures["ltv"]),
            cac=_amount(figures["cac"]),
            churn_rate=_decimal(figures["logo_churn"], _SHARE),
            growth_rate=_decimal(figures["mrr_growth"], _SHARE),
            runway=_decimal(figures["runway"], _MONTHS),
            gross_margin=_decimal(figures["gross_margin"], _SHARE),
            reasons=reasons,
            movements=movements,
            policy=PolicyInForce(version=policy.number, settings=policy.policy.settings()),
        )


class MovementEntry(Answer):
    """A row of the ledger: the change as agreed, and in the reporting currency at the rate of its day."""

    id: int
    at: datetime
    organization_id: UUID
    customer: str
    install_id: str | None
    kind: MovementKindName
    tier: str
    from_tier: str | None
    change: Amount
    reported: Amount
    reason: str | None

    @classmethod
    def of(cls, row: MovementRow, install_id: str | None) -> "MovementEntry":
        """Return a row with where its customer is found."""
        return cls(
            id=row.id,
            at=row.at,
            organization_id=row.organization_id,
            customer=row.customer,
            install_id=install_id,
            kind=row.kind,
            tier=row.tier_id,
            from_tier=row.from_tier_id,
            change=Amount.model_validate(row.counted),
            reported=Amount.model_validate(row.reported),
            reason=row.reason,
        )


class MovementList(Answer):
    """Movements, the newest first; `nextCursor` is the `cursor` of the next page, or null at the end."""

    movements: list[MovementEntry]
    next_cursor: str | None


class SubscriptionEntry(Answer):
    """A subscription that runs: `amount` is for one of `quantity` a billing period, `mrr` all of them a month."""

    id: UUID
    organization_id: UUID
    customer: str
    install_id: str | None
    tier: str
    product: str | None
    billing_period: BillingPeriod
    amount: Amount
    quantity: int
    mrr: Amount
    reported: Amount
    started_at: datetime

    @classmethod
    def of(cls, row: SubscriptionRow, install_id: str | None) -> "SubscriptionEntry":
        """Return a row with where its customer is found."""
        return cls(
            id=row.id,
            organization_id=row.organization_id,
            customer=row.customer,
            install_id=install_id,
            tier=row.tier_id,
            product=row.product_id,
            billing_period=row.billing_period,
            amount=Amount.model_validate(row.amount),
            quantity=row.quantity,
            mrr=Amount.model_validate(row.mrr),
            reported=Amount.model_validate(row.reported),
            started_at=row.started_at,
        )


class SubscriptionList(Answer):
    """Subscriptions, the newest first; `nextCursor` is the `cursor` of the next page, or null at the end."""

    subscriptions: list[SubscriptionEntry]
    next_cursor: str | None


def _amount(value: Value) -> Amount | None:
    if isinstance(value, Undefined):
        return None
    return Amount.model_validate(Money(round_half_up(Decimal(value)), REPORTING))


def _decimal(value: Value, step: Decimal) -> str | None:
    if isinstance(value, Undefined):
        return None
    plain = round_half_up(Decimal(value) / step) * step
    return f"{plain.normalize():f}"
