"""How a customer of the demo world behaves, and the telemetry that follows from it; a pure function of a seed."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.demo.upgrades import version_on

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_1) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15"
)
PHONE = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile "
    "Safari/537.36"
)
REQUESTS = "python-requests/2.32.4"
AXIOS = "axios/1.12.2"
GO = "Go-http-client/2.0"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"

BROWSERS = {CHROME: 0.62, FIREFOX: 0.14, SAFARI: 0.16, PHONE: 0.08}
CLIENTS = {REQUESTS: 0.55, GO: 0.30, AXIOS: 0.15}
WEEKDAYS = (0, 1, 2, 3, 4)
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True)
class Burst:
    """A stretch of days, counted back from today, in which something is different."""

    first_days_ago: int
    last_days_ago: int
    factor: float = 1.0
    error_rate: float | None = None
    feature: str | None = None

    def covers(self, days_ago: int) -> bool:
        """Whether the day lies within."""
        return self.last_days_ago <= days_ago <= self.first_days_ago


@dataclass(frozen=True)
class Behavior:
    """What a customer's people do. Rates are per working day in steady state; hours are local to `zone`."""

    people: int
    events: float
    features: dict[str, float]
    visit: float = 4.0
    zone: str = "UTC"
    hours: tuple[int, int] = (9, 17)
    days: tuple[int, ...] = WEEKDAYS
    outside: float = 0.04
    sends_zone: bool = False
    api_share: float = 0.2
    error_rate: float = 0.01
    agents: dict[str, float] = field(default_factory=lambda: dict(BROWSERS))
    domains: tuple[str, ...] = ()
    version: str = "4.3"
    denied: dict[str, int] = field(default_factory=dict)
    champion: float = 0.0
    champion_silent: int = 0
    silent: int = 0
    weekly_growth: float = 0.0
    bursts: tuple[Burst, ...] = ()
    seasonal_december: float = 1.0
    calls: float = 0.0
    calls_growth: float = 0.0
    calls_scatter: float = 0.05
    # Factors of Monday to Sunday in place of working days and the rest.
    calls_week: tuple[float, ...] = ()
    # Tells the calls by how long ago they were, so that a story that hangs on them is the same on any date.
    calls_tale: int | None = None


def days_back(today: date, count: int) -> Iterator[tuple[int, date]]:
    """Yield (days ago, day), oldest first, today included."""
    for ago in range(count - 1, -1, -1):
        yield ago, today - timedelta(days=ago)


def events(name: str, behavior: Behavior, now: datetime, days: int) -> list[dict[str, Any]]:
    """Return the events of the last `days` days as an install would send them, oldest first, none after `now`.

    The same name, behavior and day give the same events, so that a day that is added later fits those before it.
    """
    made: list[dict[str, Any]] = []
    for ago, day in days_back(now.date(), days):
        if ago >= behavior.silent:
            made += _day(name, behavior, now, day, ago)
    return made


def _day(name: str, behavior: Behavior, now: datetime, day: date, ago: int) -> list[dict[str, Any]]:
    dice = random.Random(f"{name}:{day}")  # noqa: S311 - a story, not a secret
    working = day.weekday() in behavior.days
    level = behavior.events * (1.0 if working else behavior.outside) * level_on(behavior, day, ago)
    count = _rounded(level * dice.lognormvariate(0, 0.12), dice)
    made: list[dict[str, Any]] = []
    while len(made) < count:
        made += _visit(name, behavior, day, ago, first=len(made), most=count - len(made), dice=dice)
    # Told in full, then cut: a day that is told again later begins the same way.
    return sorted((one for one in made if datetime.fromisoformat(one["ts"]) <= now), key=lambda one: str(one["ts"]))


def _visit(
    name: str, behavior: Behavior, day: date, ago: int, *, first: int, most: int, dice: random.Random
) -> list[dict[str, Any]]:
    """Return what one person does in one go: a few events some minutes apart."""
    at = _moment(behavior, day, dice)
    person = _person(behavior, ago, dice)
    midnight = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)
    made = []
    for number in range(min(most, 1 + int(dice.expovariate(1 / behavior.visit)))):
        made.append(_event(name, behavior, ago, person, min(at, midnight), first + number, dice))
        at += timedelta(minutes=dice.expovariate(1 / 4))
    return made


def level_on(behavior: Behavior, day: date, ago: int) -> float:
    """Return how busy a day is against the steady state: growth, season and bursts."""
    # A decline began somewhere: nobody was ever more than four times as busy.
    level = min(4.0, float((1 + behavior.weekly_growth) ** (-ago / 7)))
    if behavior.seasonal_december != 1.0:
        # A bump around Christmas that has begun by the end of November.
        distance = min(abs((day - date(day.year + shift, 12, 15)).days) for shift in (-1, 0))
        level *= 1 + (behavior.seasonal_december - 1) * math.exp(-((distance / 22) ** 2))
    if ago < behavior.champion_silent:
        # What the champion did is not done by anybody else.
        level *= 1 - behavior.champion
    for burst in behavior.bursts:
        if burst.covers(ago) and burst.feature is None:
            level *= burst.factor
    return level


def _rounded(amount: float, dice: random.Random) -> int:
    return int(amount) + (dice.random() < amount % 1)


def _moment(behavior: Behavior, day: date, dice: random.Random) -> datetime:
    start, end = behavior.hours
    length = (end - start) % 24 or 24
    if dice.random() < behavior.outside:
        hour = dice.uniform(0, 24)
    else:
        # Two humps around a lunch break for an office; round the clock it is flat.
        hour = start + (dice.uniform(0, 24) if length == 24 else length * (0.5 + 0.5 * _hump(dice)))
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(behavior.zone)) + timedelta(hours=hour)
    return local.astimezone(UTC)


def _hump(dice: random.Random) -> float:
    side = -0.5 if dice.random() < 0.5 else 0.5
    return max(-1.0, min(1.0, dice.gauss(side, 0.28)))


def _pick(weights: dict[str, float], dice: random.Random) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]


def _event(
    name: str, behavior: Behavior, ago: int, person: int, at: datetime, number: int, dice: random.Random
) -> dict[str, Any]:
    feature = _pick(behavior.features, dice)
    is_call = dice.random() < behavior.api_share
    event: dict[str, Any] = {
        "id": f"{at:%Y%m%d}-{number}-{dice.getrandbits(40):010x}",
        "ts": at.isoformat(timespec="milliseconds"),
        "type": "api_call" if is_call else "feature_used" if dice.random() < 0.7 else "page_view",
        "feature": feature,
        "user": f"{name.lower().replace(' ', '-')}-{person:03d}",
        "status": 200,
        "ms": round(dice.lognormvariate(4.4, 0.6)),
        "ua": _pick(CLIENTS if is_call and behavior.api_share > 0.5 else behavior.agents, dice),
        "version": version_on(name, behavior.version, ago),
    }
    if behavior.domains:
        event["domain"] = dice.choices(behavior.domains, [1 / (n + 1) for n in range(len(behavior.domains))])[0]
    if behavior.sends_zone:
        event["tz"] = behavior.zone
    _spoil(event, behavior, ago, dice)
    return event


def _person(behavior: Behavior, ago: int, dice: random.Random) -> int:
    """Return who acts: activity falls off from person to person; a champion takes a share of everything."""
    if behavior.champion and ago >= behavior.champion_silent and dice.random() < behavior.champion:
        return 0
    first = 1 if behavior.champion else 0
    weights = [1 / (n + 2) ** 0.7 for n in range(first, max(behavior.people, first + 1))]
    return dice.choices(range(first, first + len(weights)), weights)[0]


def _spoil(event: dict[str, Any], behavior: Behavior, ago: int, dice: random.Random) -> None:
    """Let some events fail: by the usual rate, by a regression, or because the tier does not include the feature."""
    rate = behavior.error_rate
    for burst in behavior.bursts:
        if burst.covers(ago) and burst.error_rate is not None and burst.feature in {None, event["feature"]}:
            rate = burst.error_rate
    if dice.random() < rate:
        event.update(type="error", status=500)
    for feature, people in behavior.denied.items():
        if dice.random() < 0.03 * people:
            event.update(feature=feature, status=403, type="api_call")
            event["user"] = f"{event['user'].rsplit('-', 1)[0]}-{dice.randrange(people):03d}"


def calls_on(name: str, behavior: Behavior, day: date, ago: int) -> int:
    """Return the API calls of a day that the install reports as usage beside its telemetry."""
    if not behavior.calls or ago < behavior.silent:
        return 0
    told = day if behavior.calls_tale is None else f"{behavior.calls_tale}:{ago}"
    dice = random.Random(f"{name}:calls:{told}")  # noqa: S311 - a story, not a secret
    working = 1.0 if day.weekday() in behavior.days else max(behavior.outside * 4, 0.2)
    if behavior.calls_week:
        working = behavior.calls_week[day.weekday()]
    level = float((1 + behavior.calls_growth) ** (-ago / 7))
    for burst in behavior.bursts:
        if burst.covers(ago) and burst.feature is None:
            level *= burst.factor
    return round(behavior.calls * working * level * dice.lognormvariate(0, behavior.calls_scatter))
