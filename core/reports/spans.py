"""The days that a report is narrowed to, as instants and as months."""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from core.errors import InvalidInput
from core.periods import Period, last_instant, midnight, month_of, months_until
from core.reports.report import Narrowed

# As far back as a report reaches where no first day is said.
BEGINNING: Final = date(1970, 1, 1)
# Months that a report of months shows where no first day is said, and the most it shows at all.
MONTHS: Final = 36
MOST_MONTHS: Final = 240
_DAY: Final = timedelta(days=1)


def seen_at(narrowed: Narrowed, now: datetime) -> datetime:
    """Return the instant at which levels are read: the end of `until`, or now where that is earlier."""
    return now if narrowed.until is None else min(now, last_instant(narrowed.until))


def period_of(narrowed: Narrowed, now: datetime) -> Period:
    """Return the days asked for, until today where no last one is said; InvalidInput where they are in no order."""
    first, last = days_of(narrowed, now)
    return Period(midnight(first), midnight(last) + _DAY)


def days_of(narrowed: Narrowed, now: datetime) -> tuple[date, date]:
    """Return the first and the last day asked for, both within."""
    first, last = narrowed.since or BEGINNING, seen_at(narrowed, now).astimezone(UTC).date()
    if last < first:
        raise InvalidInput("“from” is a day after “to”, or after today. Give an earlier one.", field="from")
    return first, last


def months_of(narrowed: Narrowed, now: datetime) -> tuple[Period, ...]:
    """Return the months that the days asked for lie in, oldest first; of too many, InvalidInput."""
    at = seen_at(narrowed, now)
    days_of(narrowed, now)
    if narrowed.since is None:
        return tuple(months_until(at, MONTHS))
    count = (at.year - narrowed.since.year) * 12 + at.month - narrowed.since.month + 1
    if count > MOST_MONTHS:
        raise InvalidInput(f"A report of months shows {MOST_MONTHS} at most. Give a later “from”.", field="from")
    return tuple(months_until(at, count))


def month_asked(narrowed: Narrowed, now: datetime) -> Period:
    """Return the month of the last day asked for."""
    return month_of(seen_at(narrowed, now))


def customer_asked(narrowed: Narrowed) -> UUID | None:
    """Return whose rows are asked for, None for everybody's; InvalidInput for what is no id."""
    if narrowed.customer is None:
        return None
    try:
        return UUID(narrowed.customer)
    except ValueError as wrong:
        raise InvalidInput(f"“{narrowed.customer[:80]}” is no id of a customer.", field="customer") from wrong
