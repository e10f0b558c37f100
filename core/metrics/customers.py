"""Customers as they stand: how many, how healthy, what is at risk, and how trials turn out."""

from typing import Any, Final

from core.access.permissions import Permission
from core.metrics.figures import share, sum_of
from core.metrics.metric import Metric

BY: Final = ("tier", "country", "segment", "status", "archetype", "owner", "customer")


def _customers(metric_id: str, label: str, definition: str, formula: str, **rest: Any) -> Metric:
    known: dict[str, Any] = {
        "unit": "count",
        "kind": "snapshot",
        "permission": Permission.CUSTOMER_READ,
        "dimensions": BY,
        "default": "now",
        **rest,
    }
    return Metric(metric_id, label, definition, formula, source="customers", **known)


CUSTOMERS: Final = (
    _customers(
        "customers",
        "Customers",
        "Organizations that hold or held a license.",
        "count",
        of=sum_of("customers"),
        aliases=("accounts", "clients", "logos", "number of customers"),
    ),
    _customers(
        "active_customers",
        "Active customers",
        "Customers whose main license is active or about to expire: in force, and heard from within 90 days.",
        "count",
        of=sum_of("active"),
        aliases=("active accounts", "active clients"),
        policy="Suspended, expired, revoked and silent ones are not counted.",
    ),
    _customers(
        "at_risk_customers",
        "Customers at risk",
        "Customers whose health is below 50 of 100.",
        "count",
        of=sum_of("at_risk"),
        good="down",
        aliases=("at risk customers", "risky customers", "unhealthy customers"),
    ),
    _customers(
        "at_risk_mrr",
        "At-risk MRR",
        "What customers whose health is below 50 of 100 pay a month.",
        "sum of their MRR",
        of=sum_of("at_risk_minor"),
        unit="money",
        permission=Permission.FINANCE_READ,
        good="down",
        aliases=("mrr at risk", "revenue at risk", "at risk revenue"),
        policy="Health is computed from usage, with published weights; open a customer to see its parts.",
    ),
    _customers(
        "near_limit_customers",
        "Customers near a limit",
        "Customers at 80% of a limit or more on a busy day.",
        "count",
        of=sum_of("near_limit"),
        good=None,
        aliases=("customers near their limit", "near limit"),
    ),
    _customers(
        "average_health",
        "Average health",
        "The mean health score, 0 to 100, of the customers that have one.",
        "sum of scores ÷ customers with a score",
        of=share("health_sum", "health_known", "no customer has a health score"),
        unit="score",
        kind="ratio",
        aliases=("health", "health score", "mean health", "customer health"),
    ),
    _customers(
        "trials",
        "Trials",
        "Customers whose main license is a trial that runs.",
        "count",
        of=sum_of("trials"),
        aliases=("running trials", "open trials", "customers on trial"),
    ),
    _customers(
        "conversion_rate",
        "Trials converted",
        "Of the trials that ended in the last 90 days, the share that became paid.",
        "converted ÷ ended",
        of=share("trials_converted", "trials_ended", "no trial ended in 90 days"),
        unit="share",
        kind="ratio",
        dimensions=(),
        aliases=("conversion", "conversion rate", "trial conversion", "trial conversion rate"),
        policy="A trial ends when it is converted, on its last day, or when it is revoked.",
    ),
)
