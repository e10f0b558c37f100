"""Health as use alone would have made it on days of the past, by the same rules, from nothing that happened later."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from core.culture.engagement import read_engagement
from core.culture.features import read_features
from core.culture.health import Health, Reading, judge
from core.culture.health_rules import LEAST_OBSERVED, RULES, USE_RULES
from core.culture.observations import (
    DAYS,
    MOST_WEEKS,
    ActorDay,
    FeatureActorDay,
    FeatureDay,
    Observations,
    ToldDay,
    window_until,
)
from core.culture.reliability import rate
from core.culture.trend import read_trend
from core.culture.vital_signs import use_readings

# Snapshots are four weeks apart, on the same days everywhere: closer ones would tell nearly the same.
STEP = DAYS
WEIGHT = sum(rule.weight for rule in RULES if rule.id in USE_RULES)
LEFT_OUT = Reading(None, "left out: it is known only afterwards")

Row = TypeVar("Row", ToldDay, FeatureDay, FeatureActorDay, ActorDay)


@dataclass(frozen=True)
class PastUse:
    """All days of an install's use, each part oldest first."""

    install_id: str
    days: Sequence[ToldDay]
    features: Sequence[FeatureDay]
    feature_actors: Sequence[FeatureActorDay]
    actors: Sequence[ActorDay]


@dataclass(frozen=True)
class UseScore:
    """What use earned of a hundred as of the end of a day; None where less than six tenths of its weight is observed.

    License, payments, limits and versions are left out: how a license ended is known only afterwards.
    """

    day: date
    score: float | None
    health: Health


def snapshot_days(first: date, last: date) -> list[date]:
    """Return the days of the grid from four weeks after the first day of use to the last day."""
    start = first.toordinal() + STEP
    return [date.fromordinal(n) for n in range(start + (-start) % STEP, last.toordinal() + 1, STEP)]


def scores(use: PastUse, days: Sequence[date], entitled_on: Sequence[Collection[str]]) -> Iterator[UseScore]:
    """Yield the score of each day, given what the tier of that day included."""
    for day, entitled in zip(days, entitled_on, strict=True):
        yield use_score(as_of(use, day), day, entitled)


def use_score(observed: Observations, day: date, entitled: Collection[str]) -> UseScore:
    """Judge the use up to the end of a day."""
    features = read_features(observed, entitled)
    counted = observed.counted_in(observed.window)
    events, errors = sum(row.events for row in counted), sum(row.errors for row in counted)
    found = use_readings(
        observed, features, read_engagement(observed), read_trend(observed), rate(errors, events), events
    )
    health = judge({rule.id: found.get(rule.id, LEFT_OUT) for rule in RULES}, ())
    parts = [part for part in health.parts if part.id in USE_RULES]
    seen = sum(part.weight for part in parts if part.missing is None)
    points = sum(round(part.points * 100) for part in parts)
    enough = seen * 100 >= LEAST_OBSERVED * WEIGHT
    return UseScore(day, round(points / WEIGHT, 2) if enough else None, health)


def as_of(use: PastUse, day: date) -> Observations:
    """Return what could be observed at the end of a day, to the day."""
    now = datetime.combine(day, time(23, 59, 59), UTC)
    window = window_until(now)
    since = day - timedelta(days=7 * (MOST_WEEKS + 1))
    days = _between(use.days, since, day)
    begin = use.days[0].day if use.days and use.days[0].day <= day else None
    last = days[-1].day if days else _last_before(use.days, day)
    empty = Observations(use.install_id, now, window)
    if begin is None or last is None:
        return empty
    return replace(
        empty,
        told=days,
        features=_between(use.features, date.min, day),
        feature_actors=_between(use.feature_actors, window.first_day, day),
        actors=_between(use.actors, window.first_day, day),
        first_event_at=datetime.combine(begin, time(), UTC),
        last_event_at=datetime.combine(last, time(23), UTC),
    )


def _between(rows: Sequence[Row], first: date, last: date) -> Sequence[Row]:
    return rows[bisect_left(rows, first, key=_day) : bisect_right(rows, last, key=_day)]


def _last_before(rows: Sequence[ToldDay], day: date) -> date | None:
    place = bisect_right(rows, day, key=_day)
    return rows[place - 1].day if place else None


def _day(row: ToldDay | FeatureDay | FeatureActorDay | ActorDay) -> date:
    return row.day
