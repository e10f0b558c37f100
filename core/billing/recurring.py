"""What a price is worth a month: the figure that movements are made of."""

from decimal import Decimal
from typing import Final

from core.money import Money, round_half_up
from core.periods import MONTHS, BillingPeriod

_NOTHING_OFF: Final = Decimal(0)


def monthly_value(
    amount: Money,
    period: BillingPeriod,
    quantity: int = 1,
    *,
    percent_off: Decimal = _NOTHING_OFF,
    minor_off: int = 0,
) -> Money:
    """Return the MRR of a subscription: amount × quantity, less its coupon, ÷ months of the period.

    Rounded half up once. ChartMogul's standard: two yearly plans of $500 are worth $166.67 a month (2,000 ÷ 12), not
    twice $41.67, and what invoices subtract is no MRR. A fixed coupon (`minor_off`) is of a whole billing period, and
    takes away at most what there is.
    """
    whole = Decimal(amount.minor * quantity) * (100 - percent_off) / 100 - minor_off
    return Money(round_half_up(max(whole, Decimal(0)) / MONTHS[period]), amount.currency)
