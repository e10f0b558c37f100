"""Usage against limits: how near each is, and when it will be reached."""

from collections.abc import Sequence

import pandas as pd

from core.usage.consumption import Consumption, highest_share
from core.usage.forecast import HORIZON, DaysToLimit
from core.usage.meters import METERS
from pages.culture.figures import layer, whole_percent
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card

_DEFINITIONS = {
    "Busy day": "The 90th percentile of whole days in 28, which no single odd day makes.",
    "Of the limit": "The busy day over the limit in force.",
    "Days to limit": f"When a day first reaches the limit in 500 simulated futures of {HORIZON} days: the median, and "
    "in brackets the range that eight of ten futures lie in.",
}


def show(usage: Sequence[Consumption]) -> None:
    """Draw the meters as a table, nearest to its limit first."""
    place = card("limits", "Usage against limits", _covers(usage))
    layer(place.right, "observed", "limits", {key: _DEFINITIONS[key] for key in ("Busy day", "Of the limit")})
    layer(place.right, "inferred", "limits", {"Days to limit": _DEFINITIONS["Days to limit"]})
    rows = sorted(usage, key=lambda row: -1.0 if row.share is None else row.share, reverse=True)
    with place.body:
        columns.table(
            _frame(rows),
            {
                "meter": columns.name("What", width=150),
                "share": columns.share("Of the limit", help=_DEFINITIONS["Of the limit"]),
                "busy": columns.text("Busy day", width=85, help=_DEFINITIONS["Busy day"]),
                "limit": columns.text("Limit", width=85),
                "peak": columns.text("Highest", width=85),
                "now": columns.text("Now", width=85),
                "days": columns.text("Days to limit", width=135, help=_DEFINITIONS["Days to limit"]),
                "n": columns.count("n", help="Whole days it stands on."),
                "why": columns.text("Note", width="medium"),
            },
            key="limits",
            alt="Meters with their limit, use on busy and typical days, and the days until the limit is reached.",
            height="content",
        )


def _covers(usage: Sequence[Consumption]) -> str:
    nearest = highest_share(usage)
    if nearest is None:
        return "no limit is in force, or nothing is reported"
    return f"nearest: {nearest.label} at {whole_percent(nearest.share)} on a busy day"


def _frame(rows: Sequence[Consumption]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "meter": [each.label for each in rows],
            "share": [None if each.share is None else round(each.share, 2) for each in rows],
            "busy": [_amount(each, each.busy) for each in rows],
            "limit": ["Unlimited" if each.highest is None else _amount(each, each.highest) for each in rows],
            "peak": [_amount(each, each.peak) for each in rows],
            "now": [_amount(each, each.current) for each in rows],
            "days": [_days(each.days_to_limit) for each in rows],
            "n": [each.n for each in rows],
            "why": [_note(each) for each in rows],
        }
    )


def _amount(each: Consumption, value: int | None) -> str:
    if value is None:
        return say.DASH
    return say.size(value) if METERS[each.meter].unit == "bytes" else say.integer(value)


def _days(spread: DaysToLimit | None) -> str:
    if spread is None:
        return say.DASH
    p10, p50, p90 = (f"over {HORIZON}" if days is None else say.integer(days) for days in _three(spread))
    return p50 if p10 == p90 else f"{p50} ({p10} to {p90})"


def _three(spread: DaysToLimit) -> tuple[int | None, int | None, int | None]:
    return spread.p10, spread.p50, spread.p90


def _note(each: Consumption) -> str:
    if each.spike:
        return "One day made most of what lay near the limit: an incident, no trend."
    return (each.reason or "")[:1].upper() + (each.reason or "")[1:]
