"""Billing periods, months and days: calendar arithmetic in UTC."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, get_args

from core.errors import InvalidInput

BillingPeriod = Literal["monthly", "quarterly", "annual"]
# The finest step of time there is: what is dated at an instant has happened one step later.
INSTANT: Final = timedelta(microseconds=1)
MONTHS: Final[dict[BillingPeriod, int]] = {"monthly": 1, "quarterly": 3, "annual": 12}
_WORDS: Final[dict[str, BillingPeriod]] = {
    **{word: word for word in get_args(BillingPeriod)},
    "month": "monthly",
    "quarter": "quarterly",
    "year": "annual",
}


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time: `start` belongs to it, `end` does not."""

    start: datetime
    end: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end


def billing_period(word: str, *, field: str = "billingPeriod") -> BillingPeriod:
    """Return the billing period for monthly, quarterly or annual (or month, quarter, year), else raise InvalidInput."""
    try:
        return _WORDS[word.strip().lower()]
    except KeyError:
        raise InvalidInput(f"“{word}” is no billing period. Give monthly, quarterly or annual.", field=field) from None


def add_months(at: datetime, months: int) -> datetime:
    """Return the same day and time `months` later, or the month's last day where that day does not exist."""
    years, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=years, month=month + 1, day=min(at.day, monthrange(years, month + 1)[1]))


def midnight(day: date) -> datetime:
    """Return the instant at which a UTC day begins."""
    return datetime.combine(day, time.min, UTC)


def last_instant(day: date) -> datetime:
    """Return the last microsecond of a UTC day: what "as of" that day means."""
    return datetime.combine(day, time.max, UTC)


def month_start(at: datetime) -> datetime:
    """Return the instant at which the UTC month of `at` begins."""
    return midnight(at.astimezone(UTC).date().replace(day=1))


def month_of(at: datetime) -> Period:
    """Return the UTC calendar month that `at` lies in."""
    start = month_start(at)
    return Period(start, add_months(start, 1))


def months_until(at: datetime, count: int) -> list[Period]:
    """Return the last `count` UTC months, oldest first, ending with the one that `at` lies in."""
    last = month_start(at)
    return [month_of(add_months(last, -back)) for back in range(count - 1, -1, -1)]


def days_until(at: datetime, count: int) -> list[date]:
    """Return the last `count` UTC days, oldest first, ending with the day of `at`."""
    today = at.astimezone(UTC).date()
    return [today - timedelta(days=back) for back in range(count - 1, -1, -1)]
