"""Rates made of sums of the ledger, of costs and of cash; None where a rate is not defined, never 0 or infinity.

Amounts are minor units of one currency. What was lost (contraction, churn) is negative, as it stands in the ledger.
"""

from decimal import Decimal

Number = int | Decimal


def growth(opening: Number, closing: Number) -> Decimal | None:
    """Return closing ÷ opening − 1."""
    return Decimal(closing) / Decimal(opening) - 1 if opening else None


def logo_churn(opening_customers: Number, lost_customers: Number) -> Decimal | None:
    """Return customers lost ÷ customers at the start (ChartMogul, Baremetrics; Stripe's adds the new ones)."""
    return Decimal(lost_customers) / Decimal(opening_customers) if opening_customers else None


def gross_revenue_churn(opening: Number, churn: Number, contraction: Number) -> Decimal | None:
    """Return MRR lost to churn and contraction ÷ opening MRR."""
    return Decimal(-churn - contraction) / Decimal(opening) if opening else None


def net_revenue_churn(
    opening: Number, *, churn: Number, contraction: Number, expansion: Number, reactivation: Number
) -> Decimal | None:
    """Return MRR lost less MRR won from who had paid before ÷ opening MRR; below zero where more was won than lost.

    ChartMogul's counts reactivation here, and leaves it out of NRR: the two add up to 1 only without it.
    """
    return Decimal(-churn - contraction - expansion - reactivation) / Decimal(opening) if opening else None


def retention(opening: Number, kept: Number) -> Decimal | None:
    """Return what the opening customers still pay ÷ what they paid: NRR, or GRR where each is capped."""
    return Decimal(kept) / Decimal(opening) if opening else None


def quick_ratio(
    new: Number, expansion: Number, reactivation: Number, contraction: Number, churn: Number
) -> Decimal | None:
    """Return MRR won ÷ MRR lost."""
    lost = -contraction - churn
    return Decimal(new + expansion + reactivation) / Decimal(lost) if lost else None


def arpa(mrr: Number, customers: Number) -> Decimal | None:
    """Return MRR per paying customer, in minor units and not rounded."""
    return Decimal(mrr) / Decimal(customers) if customers else None


def gross_margin(revenue: Number, cost: Number) -> Decimal | None:
    """Return (revenue − cost to serve) ÷ revenue."""
    return Decimal(revenue - cost) / Decimal(revenue) if revenue else None


def cac(spend: Number, new_customers: Number) -> Decimal | None:
    """Return sales and marketing spend per new customer."""
    return Decimal(spend) / Decimal(new_customers) if new_customers else None


def ltv(arpa: Number | None, margin: Decimal | None, churn: Decimal | None) -> Decimal | None:
    """Return ARPA × gross margin ÷ monthly logo churn; without churn there is no lifetime to speak of."""
    if arpa is None or margin is None or not churn:
        return None
    return Decimal(arpa) * margin / churn


def ltv_to_cac(ltv: Decimal | None, cac: Decimal | None) -> Decimal | None:
    """Return how often a customer returns what winning it cost."""
    return ltv / cac if ltv is not None and cac else None


def payback(cac: Decimal | None, arpa: Decimal | None, margin: Decimal | None) -> Decimal | None:
    """Return months until a customer has returned what winning it cost: CAC ÷ (ARPA × gross margin)."""
    if cac is None or arpa is None or margin is None:
        return None
    monthly = arpa * margin
    return cac / monthly if monthly > 0 else None


def monthly_burn(net_out: Number, months: Number) -> Decimal | None:
    """Return net cash out a month; below zero where more came in than went out."""
    return Decimal(net_out) / Decimal(months) if months else None


def runway(cash: Number, net_out: Number, months: Number) -> Decimal | None:
    """Return months until cash ends at the burn of some whole months; None where no cash is burned."""
    burn = monthly_burn(net_out, months)
    return max(Decimal(cash), Decimal(0)) / burn if burn is not None and burn > 0 else None


def burn_multiple(net_burn: Number, net_new_arr: Number) -> Decimal | None:
    """Return net burn ÷ net new ARR; without growth it means nothing."""
    return Decimal(net_burn) / Decimal(net_new_arr) if net_new_arr > 0 else None
