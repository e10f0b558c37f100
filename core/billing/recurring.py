"""What a price is worth a month: the figure that movements are made of."""

from decimal import Decimal

from core.money import Money, round_half_up
from core.periods import MONTHS, BillingPeriod


def monthly_value(amount: Money, period: BillingPeriod, quantity: int = 1) -> Money:
    """Return the MRR of a subscription: amount × quantity ÷ months of the period, rounded half up once.

    ChartMogul's standard: two yearly plans of $500 are worth $166.67 a month (2,000 ÷ 12), not twice $41.67.
    """
    return Money(round_half_up(Decimal(amount.minor * quantity) / MONTHS[period]), amount.currency)
