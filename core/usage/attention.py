"""Which meters need somebody's attention: over their limit, near it, or jumping; and the sentence that says so."""

from typing import Final, Literal

from core.usage.consumption import Consumption
from core.usage.limits import WARN_SHARE

State = Literal["over", "near", "jumping"]
STATES: Final[tuple[State, ...]] = ("over", "near", "jumping")
# A limit that will probably be reached within so many days is near, whatever is used today.
SOON_DAYS: Final = 14
JUMP: Final = 0.3
# What is small may double without anybody having to care.
LEAST_SHARE: Final = 0.1
LEAST_CALLS: Final = 1_000
LEAST_COUNT: Final = 10

DEFINITIONS: Final[dict[State, str]] = {
    "over": "Customers of whom a meter is above its limit: today, this month or now, or on a busy day (one of ten).",
    "near": f"Customers of whom a meter is at {WARN_SHARE:.0%} of its limit or more, or will more likely than not "
    f"reach it within {SOON_DAYS} days; one day's incident does not count.",
    "jumping": f"Customers of whom a meter has grown by {JUMP:.0%} or more: the last 28 whole days against the 28 "
    f"before, the highest day of each left out. Below {LEAST_SHARE:.0%} of a limit, or {LEAST_CALLS:,} calls a day "
    "without one, nothing counts as a jump.",
}


def states(row: Consumption) -> frozenset[State]:
    """Return what a meter is; over and near exclude each other."""
    found: set[State] = {"jumping"} if is_jumping(row) else set()
    if is_over(row):
        found.add("over")
    elif is_near(row):
        found.add("near")
    return frozenset(found)


def is_over(row: Consumption) -> bool:
    """Whether more is used than allowed; the limit itself may be used."""
    return row.highest is not None and max(row.current or 0, row.busy or 0) > row.highest


def is_near(row: Consumption) -> bool:
    """Whether 80 % are used, or the limit will soon be reached."""
    if row.highest is None or is_over(row):
        return False
    soon = row.days_to_limit is not None and (row.days_to_limit.p50 or SOON_DAYS + 1) <= SOON_DAYS
    return soon or max(row.current or 0, row.busy or 0) >= WARN_SHARE * row.highest > 0


def is_jumping(row: Consumption) -> bool:
    """Whether use has grown by so much that somebody should know."""
    return row.change is not None and row.change >= JUMP and not row.spike and counts_for_growth(row)


def counts_for_growth(row: Consumption) -> bool:
    """Whether there is enough of it for its growth to mean anything."""
    if row.share is not None:
        return row.share >= LEAST_SHARE and (row.busy or 0) >= LEAST_COUNT
    return row.meter == "api_calls_day" and (row.busy or 0) >= LEAST_CALLS


def pressure(row: Consumption) -> float | None:
    """Return the part of the limit that is used, on a busy day or in the window that is running, whichever is more."""
    if row.share is None or not row.highest or row.current is None:
        return row.share
    return max(row.share, row.current / row.highest)


def days_in_words(row: Consumption) -> str | None:
    """Return when the limit will be reached, with its range: "5 days (3 to 9)"; None where that is not foreseen."""
    spread = row.days_to_limit
    if spread is None or spread.p50 is None:
        return None
    latest = "over 180" if spread.p90 is None else str(spread.p90)
    unit = "day" if spread.p50 == 1 else "days"
    return f"{spread.p50} {unit}" + ("" if str(spread.p10) == latest else f" ({spread.p10} to {latest})")
