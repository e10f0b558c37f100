"""How often people come and how long they stay: sessions, stickiness, active weekdays, days of silence."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from core.culture.estimate import Abstention, Estimate, Figure, quantile, ratio_of_sums, too_few
from core.culture.observations import NO_RUNS, Observations, Runs

GAP_MINUTES = 30
GAPS = (15, 30, 60)


@dataclass(frozen=True)
class GapReading:
    """What sessions would be were another gap to end them."""

    gap_minutes: int
    count: int
    median_minutes: float | None


@dataclass(frozen=True)
class Sessions:
    """Runs of one person's events without a gap of 30 minutes; a session of a single moment has no length."""

    count: int
    single: int
    median_minutes: Figure
    p90_minutes: Figure
    longest_minutes: int
    gap_minutes: int
    sampled: float
    sensitivity: tuple[GapReading, ...]


@dataclass(frozen=True)
class Engagement:
    """How present the people are; `days_since_last` is None before the first event."""

    stickiness: Figure
    active_weekdays: int
    active_days: int
    days_since_last: float | None


def read_sessions(by_gap: Mapping[int, Runs]) -> Sessions:
    """Return the sessions at the 30 minutes' gap, and how much 15 or 60 would change."""
    found = by_gap.get(GAP_MINUTES, NO_RUNS)
    lasting = found.lengths[found.lengths > 0]
    return Sessions(
        count=len(found.lengths),
        single=len(found.lengths) - len(lasting),
        median_minutes=quantile(lasting, 0.5, "sessions of more than a moment"),
        p90_minutes=quantile(lasting, 0.9, "sessions of more than a moment"),
        longest_minutes=int(lasting.max(initial=0)),
        gap_minutes=GAP_MINUTES,
        sampled=found.sampled,
        sensitivity=tuple(_at_gap(gap, by_gap[gap]) for gap in GAPS if gap in by_gap),
    )


def read_engagement(observed: Observations) -> Engagement:
    """Return stickiness (mean people a day ÷ people in 28 days, by person) and the days of presence."""
    by_hour = {row.hour.date() for row in observed.hours_in(observed.window) if row.events}
    active = by_hour | {row.day for row in observed.told_in(observed.window) if row.events}
    silence = None
    if observed.last_event_at is not None:
        silence = max(0.0, (observed.now - observed.last_event_at).total_seconds() / 86_400)
    return Engagement(
        stickiness=_stickiness(observed),
        active_weekdays=sum(day.weekday() < 5 for day in active),
        active_days=len(active),
        days_since_last=silence,
    )


def events_per_session(observed: Observations, sessions: Sessions) -> float:
    """Return how many events make a session, 1 at least; what one session sends is no independent evidence."""
    events = sum(row.events for row in observed.hours_in(observed.window))
    return max(1.0, events * sessions.sampled / sessions.count) if sessions.count else 1.0


def _stickiness(observed: Observations) -> Figure:
    days: Counter[str] = Counter()
    seen: set[tuple[date, str]] = set()
    for row in observed.named_actors():
        if (row.day, row.actor) not in seen:
            seen.add((row.day, row.actor))
            days[row.actor] += 1
    if not days:
        return Abstention("no event named its user", 0)
    length = observed.window.days
    if observed.first_event_at is not None and observed.window.holds(observed.first_event_at.date()):
        # A customer of ten days is measured over ten days, not over 28 of which it could not use 18.
        length = (observed.window.last_day - observed.first_event_at.date()).days + 1
    if length < 7:
        return too_few("days since the first event", 7, length)
    if len(days) == 1:
        return Estimate(days.total() / length, None, None, 1, "days present ÷ days, of one person")
    return ratio_of_sums([float(n) for n in days.values()], [float(length)] * len(days), "people")


def _at_gap(gap: int, runs: Runs) -> GapReading:
    lasting = runs.lengths[runs.lengths > 0]
    return GapReading(gap, len(runs.lengths), float(np.median(lasting)) if len(lasting) else None)
