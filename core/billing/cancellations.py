"""Cancellations: what can still be canceled, and until when a subscription is paid; pure."""

from collections.abc import Sequence
from datetime import datetime

from core.billing.reads import Subscription
from core.errors import Conflict
from core.periods import MONTHS, add_months


def require_running(current: Subscription) -> None:
    """Raise Conflict for a subscription that has ended: what ended is started anew, not changed."""
    if current.ended_at is not None:
        raise Conflict("This subscription has already ended. Reactivate it first.", code="already_ended")


def anchor(chain: Sequence[Subscription]) -> datetime:
    """Return the instant from which the running billing periods are counted.

    The start of the newest run of one billing period in the chain (the oldest first): a change of seats or price leaves
    the day of billing where it was; another interval, the end of a trial and a gap begin anew.
    """
    first = chain[-1]
    for earlier, later in zip(reversed(chain[:-1]), reversed(chain), strict=False):
        same = earlier.billing_period == later.billing_period and earlier.ended_at == later.started_at
        if not same or (earlier.phase == "trial") != (later.phase == "trial"):
            break
        first = earlier
    return first.started_at


def paid_until(chain: Sequence[Subscription], at: datetime) -> datetime:
    """Return the end of the billing period that `at` lies in, which is paid in advance."""
    begun, months = anchor(chain), MONTHS[chain[-1].billing_period]
    passed = max((at.year - begun.year) * 12 + at.month - begun.month, 0) // months
    while add_months(begun, passed * months) <= at:
        passed += 1
    return add_months(begun, passed * months)
