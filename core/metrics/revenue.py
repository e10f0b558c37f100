"""Recurring revenue and its movements, retention and churn: everything that the movement ledger says."""

from typing import Any, Final

from core.access.permissions import Permission
from core.finance import rates
from core.metrics.figures import from_rate, size_of, sum_of
from core.metrics.metric import Metric, Sums, Undefined, Value

BY: Final = ("tier", "product", "country", "segment", "currency", "customer")
_POLICY: Final = "Other currencies at the day's rate. Coupons, usage, one-offs and tax are no MRR. Trials pay nothing."
_NOBODY: Final = "nobody paid at the start of the period"


def _ledger(metric_id: str, label: str, definition: str, formula: str, **rest: Any) -> Metric:
    known: dict[str, Any] = {"unit": "money", "kind": "flow", "dimensions": BY, "policy": _POLICY, **rest}
    return Metric(metric_id, label, definition, formula, source="ledger", permission=Permission.FINANCE_READ, **known)


def _logo_churn(sums: Sums) -> Value:
    # Who came in the period is among them where the metric policy says so.
    whom = sums["customers_opening"] + sums.get("customers_joined", 0)
    found = rates.logo_churn(whom, sums["customers_churned"])
    return Undefined(_NOBODY) if found is None else found


REVENUE: Final = (
    _ledger(
        "mrr",
        "MRR",
        "Monthly value of all active subscriptions, without one-offs, usage or tax.",
        "opening MRR + movements ± exchange",
        of=sum_of("closing"),
        kind="snapshot",
        default="now",
        aliases=("monthly recurring revenue", "recurring revenue", "revenue", "monthly revenue", "income", "sales"),
    ),
    _ledger(
        "arr",
        "ARR",
        "What a year of today's subscriptions is worth.",
        "MRR × 12",
        of=lambda sums: 12 * sums["closing"],
        kind="snapshot",
        default="now",
        aliases=("annual recurring revenue", "annual revenue", "run rate", "yearly revenue"),
    ),
    _ledger(
        "net_new_mrr",
        "Net new MRR",
        "The sum of a period's movements.",
        "new + expansion + reactivation − contraction − churn",
        of=sum_of("new", "expansion", "contraction", "churn", "reactivation", "transfer"),
        aliases=("net new", "net new revenue", "mrr added"),
    ),
    _ledger(
        "new_mrr",
        "New MRR",
        "MRR of customers who paid for the first time.",
        "sum of movements of kind new",
        of=sum_of("new"),
        aliases=("new business", "new revenue"),
    ),
    _ledger(
        "expansion_mrr",
        "Expansion MRR",
        "What customers who already paid pay more.",
        "sum of movements of kind expansion",
        of=sum_of("expansion"),
        aliases=("expansion", "expansions", "upgrades", "upgrade revenue"),
    ),
    _ledger(
        "contraction_mrr",
        "Contraction MRR",
        "What customers who stayed pay less.",
        "sum of movements of kind contraction",
        of=size_of("contraction"),
        good="down",
        aliases=("contraction", "contractions", "downgrades", "downgrade revenue"),
    ),
    _ledger(
        "churned_mrr",
        "Churned MRR",
        "What customers who left had paid.",
        "sum of movements of kind churn",
        of=size_of("churn"),
        good="down",
        aliases=("lost mrr", "lost revenue", "churned revenue"),
    ),
    _ledger(
        "reactivation_mrr",
        "Reactivation MRR",
        "What customers pay who had left and came back.",
        "sum of movements of kind reactivation",
        of=sum_of("reactivation"),
        aliases=("reactivations", "win-backs", "reactivated revenue"),
    ),
    _ledger(
        "mrr_growth",
        "MRR growth",
        "By how much MRR grew over the period, exchange included.",
        "closing MRR ÷ opening MRR − 1",
        of=from_rate(rates.growth, "opening", "closing", missing="there was no MRR at the start of the period"),
        unit="share",
        kind="ratio",
        default="last_month",
        aliases=("revenue growth", "growth", "growth rate", "mrr growth rate", "revenue growth rate"),
    ),
    _ledger(
        "logo_churn",
        "Logo churn",
        "Of the customers who paid at the start, the share that left.",
        "customers lost ÷ customers at the start",
        of=_logo_churn,
        unit="share",
        kind="ratio",
        default="last_month",
        good="down",
        aliases=("churn", "churn rate", "customer churn", "logo churn rate", "monthly churn"),
    ),
    _ledger(
        "revenue_churn",
        "Gross revenue churn",
        "Of the MRR at the start, the share lost to churn and contraction.",
        "(churn + contraction) ÷ opening MRR",
        of=from_rate(rates.gross_revenue_churn, "opening", "churn", "contraction", missing=_NOBODY),
        unit="share",
        kind="ratio",
        default="last_month",
        good="down",
        aliases=("revenue churn", "mrr churn", "gross churn", "gross mrr churn"),
    ),
    _ledger(
        "nrr",
        "NRR",
        "What those who paid at the start pay at the end, expansion included (over twelve months by default).",
        "closing MRR of the opening customers ÷ opening MRR",
        of=from_rate(rates.retention, "opening", "kept", missing=_NOBODY),
        unit="share",
        kind="ratio",
        default="last_12_months",
        aliases=("net revenue retention", "net retention", "net dollar retention", "ndr"),
    ),
    _ledger(
        "grr",
        "GRR",
        "What those who paid at the start pay at the end, each at most what it paid at the start.",
        "closing MRR of the opening customers, each at most its opening MRR ÷ opening MRR",
        of=from_rate(rates.retention, "opening", "kept_capped", missing=_NOBODY),
        unit="share",
        kind="ratio",
        default="last_12_months",
        aliases=("gross revenue retention", "gross retention", "gross dollar retention"),
    ),
    _ledger(
        "quick_ratio",
        "Quick ratio",
        "How much MRR comes for each that goes.",
        "(new + expansion + reactivation) ÷ (contraction + churn)",
        of=from_rate(
            rates.quick_ratio,
            *("new", "expansion", "reactivation", "contraction", "churn"),
            missing="no MRR was lost in the period",
        ),
        unit="ratio",
        kind="ratio",
        default="last_6_months",
        aliases=("saas quick ratio",),
    ),
    _ledger(
        "arpa",
        "ARPA",
        "What a paying customer pays a month on average.",
        "MRR ÷ paying customers",
        of=from_rate(rates.arpa, "closing", "customers_closing", missing="nobody pays"),
        kind="ratio",
        default="now",
        aliases=("average revenue per account", "arpu", "average mrr", "average revenue per customer"),
    ),
    _ledger(
        "paying_customers",
        "Paying customers",
        "Customers with any MRR.",
        "count",
        of=sum_of("customers_closing"),
        unit="count",
        kind="snapshot",
        default="now",
        aliases=("paying accounts", "subscribers", "paid customers"),
    ),
    _ledger(
        "new_customers",
        "New customers",
        "Customers who paid for the first time in the period.",
        "count",
        of=sum_of("customers_new"),
        unit="count",
        aliases=("new logos", "customers won", "signups", "new accounts"),
    ),
    _ledger(
        "churned_customers",
        "Churned customers",
        "Customers whose last subscription ended in the period.",
        "count",
        of=sum_of("customers_churned"),
        unit="count",
        good="down",
        aliases=("lost customers", "customers lost", "logos lost", "canceled customers", "churned accounts"),
    ),
)
