"""How usage is said: amounts in the unit of their meter, limits with where they come from, and what is the matter."""

from collections.abc import Sequence
from typing import Final

from core.usage.attention import SOON_DAYS, days_in_words, is_jumping, is_over, pressure
from core.usage.consumption import Consumption
from core.usage.limits import WARN_SHARE
from core.usage.meters import METERS, Meter
from pages.parts import format as say
from pages.parts.charts import units
from pages.parts.charts.units import Unit

SOURCES: Final = {
    "tier": "the tier",
    "seats": "seats sold on the license",
    "override": "agreed with this customer",
    "none": "nothing limits it",
}
# Short enough for the head of a column.
SHORT: Final = {
    "api_calls_minute": "Calls a minute",
    "api_calls_hour": "Calls an hour",
    "api_calls_day": "API calls",
    "storage_bytes": "Storage",
    "bandwidth_bytes_month": "Bandwidth",
    "compute_seconds_month": "Compute",
    "members": "Members",
    "projects": "Projects",
}
_BUSY: Final = {"day": "on a busy day", "hour": "in a busy hour", "minute": "in a busy minute"}


def amount(meter: str, value: int | None) -> str:
    """A number of the meter's unit: 7,794, 3.1 GB, 4 h 10 min."""
    said = {"bytes": say.size, "seconds": say.duration}.get(METERS[meter].unit, say.integer)(value)
    # A limit of 10 GB is exactly that.
    return said.replace(".0\u00a0", "\u00a0")


def limit(meter: str, highest: int | None) -> str:
    """A limit in words."""
    return "Unlimited" if highest is None else amount(meter, highest)


def unit(meter: Meter) -> Unit:
    """The unit of a chart's axis."""
    if meter.unit == "bytes":
        return units.size("bytes since the month began" if meter.window == "month" else "bytes")
    if meter.unit == "seconds":
        return units.duration("time since the month began")
    return units.count(meter.unit if meter.window == "now" else f"{meter.unit} a {meter.window}")


def used(row: Consumption) -> str:
    """How much is used of what: "7,794 of 10,000 on a busy day"."""
    if row.current is None:
        return row.reason or "not known"
    window = METERS[row.meter].window
    if row.busy is None:
        return f"{amount(row.meter, row.current)} so far; {row.reason}"
    shown = max(row.busy, row.current)
    when = _BUSY.get(window, "this month" if window == "month" else "")
    if shown > row.busy:
        when = f"in this {window}" if window in {"hour", "minute"} else "today"
    of = "" if row.highest is None else f" of {amount(row.meter, row.highest)}"
    return f"{amount(row.meter, shown)}{of} {when}".strip()


def growth(change: float) -> str:
    """A change as a percentage with its sign; what comes to nothing has none."""
    return say.percent(round(change, 2) + 0.0, digits=0, sign=True)


def unlimited(row: Consumption) -> str:
    """What stands beside an amount that nothing limits."""
    limited = "no limit" if row.source == "none" else "unlimited"
    window = METERS[row.meter].window
    return ", ".join(each for each in (_BUSY.get(window, "this month" if window == "month" else ""), limited) if each)


def share(row: Consumption) -> str:
    """The part of the limit, or the amount where there is none."""
    part = pressure(row)
    if part is not None:
        return say.percent(part, digits=0)
    return amount(row.meter, row.current if row.busy is None else row.busy)


def matters(rows: Sequence[Consumption]) -> list[tuple[str, str]]:
    """What is the matter, worst first, as (good, warning or bad; sentence)."""
    found = [(_order(row), _tone(row), _sentence(row)) for row in rows if _order(row) < _CALM]
    return [(tone, sentence) for _, tone, sentence in sorted(found, key=lambda each: each[0])]


_CALM: Final = 4


def _order(row: Consumption) -> int:
    part, spread = pressure(row), row.days_to_limit
    if is_over(row):
        return 0
    if spread is not None and spread.p50 is not None and spread.p50 <= SOON_DAYS:
        return 1
    if part is not None and part >= WARN_SHARE:
        return 2
    return 3 if is_jumping(row) or row.spike else _CALM


def _tone(row: Consumption) -> str:
    return "bad" if is_over(row) else "neutral" if row.spike and _order(row) == 3 else "warning"


def _sentence(row: Consumption) -> str:
    if is_over(row):
        return f"{row.label}: over the limit, {used(row)}."
    if row.spike and not is_jumping(row) and _order(row) == 3:
        return f"{row.label}: one day came near the limit. An incident, no trend."
    parts = [f"{share(row)} of the limit"] if row.share is not None else []
    if is_jumping(row):
        parts.insert(0, f"up {say.percent(row.change, digits=0)} in 28 days")
    soon = days_in_words(row)
    if soon is not None:
        parts.append(f"will reach it in {soon}")
    return f"{row.label}: {', '.join(parts)}."
