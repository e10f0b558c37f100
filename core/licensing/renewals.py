"""Until when a renewed license runs: from its end or from now, for some days or a billing period."""

from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from core.errors import Conflict, InvalidInput
from core.periods import add_months

Strategy = Literal["from_expiry", "from_now", "from_now_if_expired"]
LONGEST_DAYS: Final = 3_650
# Beyond it, and ten years more, the calendar itself would end.
LAST_YEAR: Final = 9_900
MONTHS: Final = {"monthly": 1, "quarterly": 3, "annual": 12}


def renewed_until(
    expires_at: datetime, billing_period: str | None, *, days: int | None, strategy: str, now: datetime
) -> datetime:
    """Return the new end: `days`, or else one billing period by the calendar, after where the strategy begins.

    `from_now_if_expired` begins at the end, or now where that is past. Raises Conflict where the result would be over
    already or earlier than the present end: a renewal takes nothing away.
    """
    if strategy not in get_args(Strategy):
        raise InvalidInput(f"Renew by one of {', '.join(get_args(Strategy))}.", field="strategy")
    starts = {"from_expiry": expires_at, "from_now": now, "from_now_if_expired": max(expires_at, now)}
    until = _later(starts[strategy], billing_period, days)
    if until <= now:
        sentence = f"Counted from its end the license would be over on {until:%Y-%m-%d} already. Renew it from now."
        raise Conflict(sentence, code="renewal_over")
    if until <= expires_at:
        sentence = f"Counted from now the license would end before {expires_at:%Y-%m-%d}, when it ends as it is."
        raise Conflict(sentence, code="renewal_shortens")
    return until


def fresh_end(starts_at: datetime, expires_at: datetime | None, period: str | None, now: datetime) -> datetime | None:
    """Return the end of a term begun anew now: one `period`, or without one as long as it was; None without an end."""
    if expires_at is None:
        return None
    return add_months(now, MONTHS[period]) if period in MONTHS else now + (expires_at - starts_at)


def _later(start: datetime, billing_period: str | None, days: int | None) -> datetime:
    if start.year > LAST_YEAR:
        raise InvalidInput("It ends so late that there is nothing to renew.", field="strategy")
    if days is not None:
        if not 1 <= days <= LONGEST_DAYS:
            raise InvalidInput(f"Renew by 1 to {LONGEST_DAYS:,} days.", field="days")
        return start + timedelta(days=days)
    if billing_period is None:
        raise InvalidInput("It is billed by no period, so say by how many days to renew it.", field="days")
    return add_months(start, MONTHS[billing_period])
