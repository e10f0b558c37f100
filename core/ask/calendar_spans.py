"""Spans of the calendar, counted from a day: units, quarters, months and days as half-open spans with their labels."""

from calendar import month_name
from datetime import date, timedelta
from typing import Final, Literal

from core.metrics.query import Grain, Span
from core.periods import add_months, midnight

Unit = Literal["day", "week", "month", "quarter", "half", "year"]
MONTHS: Final[dict[Unit, int]] = {"month": 1, "quarter": 3, "half": 6, "year": 12}
GRAINS: Final[dict[Unit, Grain]] = {
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
}
DAY: Final = timedelta(days=1)
# Where what is asked "until" a day begins: before any books.
BEGINNING: Final = date(2000, 1, 1)


def later(day: date, months: int) -> date:
    """Return the same day some months later, or the month's last."""
    return add_months(midnight(day), months).date()


def span(start: date, end: date, label: str, today: date) -> Span:
    """Return a span, partial where it is not over by the end of yesterday."""
    return Span(start=start, end=end, label=label, partial=end > today)


def start_of(unit: Unit, day: date) -> date:
    """Return the first day of the unit that a day lies in; weeks begin on Monday."""
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    months = MONTHS[unit]
    return day.replace(day=1, month=(day.month - 1) // months * months + 1)


def shifted(unit: Unit, day: date, count: int) -> date:
    """Return a day some units later (earlier where `count` is negative)."""
    if unit in MONTHS:
        return later(day, count * MONTHS[unit])
    return day + timedelta(days=count * (7 if unit == "week" else 1))


def this(unit: Unit, today: date) -> Span:
    """Return the running unit, whole."""
    start = start_of(unit, today)
    return span(start, shifted(unit, start, 1), "today" if unit == "day" else f"this {unit}", today)


def to_date(unit: Unit, today: date) -> Span:
    """Return the running unit up to today."""
    return span(start_of(unit, today), today + DAY, f"this {unit} so far", today)


def last(unit: Unit, today: date) -> Span:
    """Return the calendar unit before the running one."""
    end = start_of(unit, today)
    return span(shifted(unit, end, -1), end, "yesterday" if unit == "day" else f"last {unit}", today)


def last_whole(count: int, unit: Unit, today: date) -> tuple[Span, str]:
    """Return the last `count` whole units and what that means; years and halves are counted in whole months."""
    counted: Unit = "month" if unit in {"year", "half"} else unit
    number = count * (MONTHS[unit] // MONTHS[counted]) if unit in {"year", "half"} else count
    end = start_of(counted, today)
    found = span(shifted(counted, end, -number), end, f"the last {number} {plural(counted, number)}", today)
    return found, f"“Last {count} {plural(unit, count)}” means whole {counted}s, the running one left out."


def coming(count: int, unit: Unit, today: date) -> Span:
    """Return the `count` units that begin today."""
    return span(today, shifted(unit, today, count), f"the next {count} {plural(unit, count)}", today)


def following(unit: Unit, today: date) -> Span:
    """Return the calendar unit after the running one."""
    start = shifted(unit, start_of(unit, today), 1)
    return span(start, shifted(unit, start, 1), "tomorrow" if unit == "day" else f"next {unit}", today)


def part_of_year(unit: Unit, number: int, year: int | None, today: date) -> Span:
    """Return a quarter or half of a year, or the latest one begun where no year is named."""
    months = MONTHS[unit]
    first = date(year or today.year, (number - 1) * months + 1, 1)
    if year is None and first > today:
        first = later(first, -12)
    letter = "Q" if unit == "quarter" else "H"
    return span(first, later(first, months), f"{letter}{number} {first.year}", today)


def month(number: int, year: int | None, today: date) -> Span:
    """Return a month of a year, or the latest one begun where no year is named."""
    first = date(year or today.year, number, 1)
    if year is None and first > today:
        first = later(first, -12)
    return span(first, later(first, 1), f"{month_name[number]} {first.year}", today)


def year(number: int, today: date) -> Span:
    """Return a calendar year."""
    return span(date(number, 1, 1), date(number + 1, 1, 1), str(number), today)


def day(at: date, today: date) -> Span:
    """Return one day."""
    return span(at, at + DAY, f"{month_name[at.month]} {at.day}, {at.year}", today)


def weekday(number: int, today: date) -> Span:
    """Return the latest day before today that falls on a weekday (Monday is 0)."""
    return day(today - timedelta(days=(today.weekday() - number - 1) % 7 + 1), today)


def ago(count: int, unit: Unit, today: date) -> Span:
    """Return the day that lies some units back."""
    at = shifted(unit, today, -count)
    said = f"{count} {plural(unit, count)} ago" if count > 1 else f"a {unit} ago"
    return span(at, at + DAY, said, today)


def around(unit: Unit, at: date, today: date) -> Span:
    """Return the unit that a day lies in: what "three months ago" means for what is summed over time."""
    if unit == "month":
        return month(at.month, at.year, today)
    if unit == "year":
        return year(at.year, today)
    start = start_of(unit, at)
    label = f"the {unit} of {month_name[start.month]} {start.day}, {start.year}"
    return span(start, shifted(unit, start, 1), label, today) if unit != "day" else day(at, today)


def plural(unit: str, count: int) -> str:
    """Return a unit as one says it of a number."""
    if count == 1:
        return unit
    return "halves" if unit == "half" else f"{unit}s"
