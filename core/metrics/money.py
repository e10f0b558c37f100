"""Costs, cash and unit economics."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from core.access.permissions import Permission
from core.finance import rates
from core.metrics.figures import from_rate, sum_of
from core.metrics.metric import Metric, Sums, Undefined, Value

_SIX: Final = "Churn, margin and spend are those of the last six whole months."
_COSTS: Final = ("cost_kind", "product", "customer", "tier", "segment", "country")


def _economics(metric_id: str, label: str, definition: str, formula: str, **rest: Any) -> Metric:
    known: dict[str, Any] = {"kind": "ratio", "default": "now", "policy": _SIX, **rest}
    return Metric(
        metric_id, label, definition, formula, source="economics", permission=Permission.FINANCE_READ, **known
    )


def _arpa(sums: Sums) -> Decimal | None:
    return rates.arpa(sums["mrr"], sums["customers"])


def _margin(sums: Sums) -> Decimal | None:
    return rates.gross_margin(sums["revenue"], sums["cost"]) if sums["cost"] else None


def _cac(sums: Sums) -> Decimal | None:
    return rates.cac(sums["acquisition"], sums["new_customers"]) if sums["acquisition"] else None


def _ltv(sums: Sums) -> Decimal | None:
    # Under some metric policies LTV is of revenue, not of margin.
    margin = Decimal(1) if sums.get("ltv_bare", 0) else _margin(sums)
    return rates.ltv(_arpa(sums), margin, rates.logo_churn(sums["opening_months"], sums["churned"]))


def _payback(sums: Sums) -> Decimal | None:
    return rates.payback(_cac(sums), _arpa(sums), _margin(sums))


def _ltv_to_cac(sums: Sums) -> Decimal | None:
    return rates.ltv_to_cac(_ltv(sums), _cac(sums))


def _or(found: Callable[[Sums], Decimal | None], missing: str) -> Callable[[Sums], Value]:
    def of(sums: Sums) -> Value:
        value = found(sums)
        return Undefined(missing) if value is None else value

    return of


MONEY: Final = (
    Metric(
        "costs",
        "Costs",
        "What serving customers cost: compute, storage, bandwidth and support.",
        "sum of the cost entries of the period",
        unit="money",
        kind="flow",
        source="costs",
        of=sum_of("cost"),
        permission=Permission.FINANCE_READ,
        dimensions=_COSTS,
        aliases=(
            "cost",
            "spending",
            "spend",
            "cost to serve",
            "expenses",
            "infrastructure cost",
            "infrastructure costs",
        ),
        default="last_month",
        good="down",
    ),
    Metric(
        "cash",
        "Cash",
        "Money in the bank.",
        "sum of all entries of the cash ledger",
        unit="money",
        kind="snapshot",
        source="cash",
        of=sum_of("cash"),
        permission=Permission.FINANCE_READ,
        aliases=("cash balance", "bank balance", "money in the bank", "cash in the bank"),
        default="now",
    ),
    Metric(
        "burn",
        "Burn",
        "Net cash out a month, financing left out, on average of the last three whole months.",
        "(cash out − cash in) ÷ months",
        unit="money",
        kind="ratio",
        source="cash",
        of=from_rate(rates.monthly_burn, "net_out", "months", missing="no whole month of cash is booked"),
        permission=Permission.FINANCE_READ,
        aliases=("burn rate", "net burn", "monthly burn", "cash burn"),
        default="now",
        good="down",
    ),
    Metric(
        "runway",
        "Runway",
        "For how many months cash lasts at the burn of the last three whole months.",
        "cash ÷ burn",
        unit="months",
        kind="ratio",
        source="cash",
        of=from_rate(
            rates.runway, "cash", "net_out", "months", missing="no cash is burned, or none is booked for a whole month"
        ),
        permission=Permission.FINANCE_READ,
        aliases=("months of cash", "cash runway", "months of runway"),
        default="now",
    ),
    _economics(
        "gross_margin",
        "Gross margin",
        "What is left of revenue after the cost to serve.",
        "(revenue − cost to serve) ÷ revenue",
        of=_or(_margin, "no costs are booked yet, or no revenue"),
        unit="share",
        aliases=("margin", "profit margin"),
    ),
    _economics(
        "cac",
        "CAC",
        "What sales and marketing cost for each new customer.",
        "sales and marketing spend ÷ new customers",
        of=_or(_cac, "no customer was won, or no spend is booked"),
        unit="money",
        good="down",
        aliases=("customer acquisition cost", "acquisition cost", "cost per customer"),
    ),
    _economics(
        "ltv",
        "LTV",
        "What a customer is worth over its lifetime.",
        "ARPA × gross margin ÷ monthly logo churn",
        of=_or(_ltv, "nobody left in the last six months, or no margin is known"),
        unit="money",
        aliases=("lifetime value", "customer lifetime value", "clv"),
    ),
    _economics(
        "ltv_to_cac",
        "LTV:CAC",
        "How often a customer returns what winning it cost.",
        "LTV ÷ CAC",
        of=_or(_ltv_to_cac, "LTV or CAC is not defined"),
        unit="ratio",
        aliases=("ltv to cac", "ltv/cac", "ltv cac", "ltv:cac ratio"),
    ),
    _economics(
        "payback",
        "Payback",
        "After how many months a customer has returned what winning it cost.",
        "CAC ÷ (ARPA × gross margin)",
        of=_or(_payback, "CAC or margin is not defined"),
        unit="months",
        good="down",
        aliases=("cac payback", "payback period", "months to recover cac"),
    ),
    _economics(
        "burn_multiple",
        "Burn multiple",
        "How much cash was burned for each dollar of new ARR.",
        "net burn ÷ net new ARR",
        of=from_rate(rates.burn_multiple, "net_burn", "net_new_arr", missing="ARR did not grow, so it means nothing"),
        unit="ratio",
        good="down",
    ),
)
