"""When a customer works: the hour-of-week map, working hours and days, the weekend's share, the peak."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from core.culture.estimate import Abstention, Estimate, Figure, ratio_of_sums, too_few
from core.culture.observations import RHYTHM_DAYS, HourCount, Observations
from core.culture.zone import Counts, Zone, concentration, read_zone

HOLDS = 0.8
LEAST_EVENTS = 30
LEAST_WEEKS = 2
LEAST_PEOPLE = 5
# An interval longer than this is no working day: activity goes round the clock.
LONGEST_DAY = 16
WORKING_DAY_SHARE = 0.4
RESAMPLES = 400
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class WorkingHours:
    """The shortest run of hours, perhaps over midnight, that holds 80% of the working days' events.

    `end` is exclusive (9 to 17 is 09:00-17:00); the four bounds are the 95 % range over weeks resampled.
    """

    start: int
    end: int
    share: float
    start_low: int
    start_high: int
    end_low: int
    end_high: int
    n: int
    method: str

    @property
    def length(self) -> int:
        """Hours from start to end."""
        return (self.end - self.start) % 24 or 24


@dataclass(frozen=True)
class Rhythm:
    """The hour-of-week map in `zone`, Monday first, and what is read from it.

    `day_length` is the working hours' number. `withheld` tells that no hours are given, since they would be those of
    single people; the map is empty then.
    """

    heat: tuple[tuple[int, ...], ...]
    weeks: int
    zone: Zone
    hours: WorkingHours | Abstention
    days: tuple[int, ...]
    weekend_share: Figure
    peak_hour: Figure
    concentration: Figure
    label: str
    day_length: int | None = None
    withheld: bool = False


def read_rhythm(observed: Observations, events_per_session: float) -> Rhythm:
    """Return the rhythm of the whole weeks, twelve at most, that end with the day of `now`."""
    weeks = whole_weeks(observed)
    hours = _since(observed, weeks)
    in_utc = by_week(hours, observed.now.date(), "UTC")
    zone = read_zone(observed.facet("zone"), in_utc.sum(axis=0), events_per_session)
    cube = in_utc if zone.name == "UTC" else by_week(hours, observed.now.date(), zone.name)
    week = cube.sum(axis=0)
    days = working_days(week)
    found = working_hours(cube[:, days, :].sum(axis=1) if days else np.zeros((len(cube), 24)), weeks)
    n = round(float(week.sum()))
    return Rhythm(
        heat=tuple(tuple(int(x) for x in row) for row in week),
        weeks=weeks,
        zone=zone,
        hours=found,
        days=tuple(days),
        weekend_share=ratio_of_sums(cube[:, 5:, :].sum(axis=(1, 2)), cube.sum(axis=(1, 2)), "weeks"),
        peak_hour=_peak(cube.sum(axis=1)),
        concentration=Estimate(concentration(week.sum(axis=0)), None, None, n, "resultant length R")
        if n >= LEAST_EVENTS
        else too_few("events", LEAST_EVENTS, n),
        label=spoken(days, found, zone.name),
        day_length=found.length if isinstance(found, WorkingHours) else None,
    )


def of_few(rhythm: Rhythm, people: int) -> Rhythm:
    """Return the rhythm without hours where fewer than five people were seen: they would be those of persons.

    An install that names nobody is left as it is: how many there are is not known.
    """
    if not 0 < people < LEAST_PEOPLE:
        return rhythm
    n = sum(map(sum, rhythm.heat))
    why = Abstention(f"needs {LEAST_PEOPLE} people, has {people}: of fewer, hours would be those of persons", n)
    if isinstance(rhythm.hours, Abstention):
        why = rhythm.hours
    return replace(
        rhythm, heat=(), hours=why, peak_hour=why, label=spoken(rhythm.days, why, rhythm.zone.name), withheld=True
    )


def whole_weeks(observed: Observations) -> int:
    """Return how many whole weeks the rhythm may stand on: each hour of the week is then seen equally often."""
    if observed.first_event_at is None:
        return 0
    lived = (observed.now.date() - observed.first_event_at.astimezone(UTC).date()).days + 1
    return min(RHYTHM_DAYS // 7, max(1, lived // 7))


def by_week(hours: Sequence[HourCount], today: date, zone: str) -> npt.NDArray[np.float64]:
    """Return events as weeks x 7 x 24 in a zone; weeks are counted back from today, so that none is a part."""
    place = UTC if zone == "UTC" else ZoneInfo(zone)
    cube: Counts = np.zeros((RHYTHM_DAYS // 7 + 1, 7, 24))
    last = today.toordinal()
    for row in hours:
        age = (last - row.hour.toordinal()) // 7
        if 0 <= age < len(cube):
            local = row.hour.astimezone(place)
            cube[age, local.weekday(), local.hour] += row.events
    lived: Counts = cube[cube.sum(axis=(1, 2)) > 0]
    return lived


def working_days(week: Counts) -> list[int]:
    """Return the days (Monday 0) that carry at least 40% of what the busiest five carry in the median."""
    totals = week.sum(axis=1)
    typical = float(np.median(np.sort(totals)[-5:]))
    return [day for day in range(7) if typical > 0 and totals[day] >= WORKING_DAY_SHARE * typical]


def working_hours(weekly: Counts, weeks: int) -> WorkingHours | Abstention:
    """Return working hours from weeks x 24 counts of the working days, or abstain."""
    n = round(float(weekly.sum()))
    if n < LEAST_EVENTS:
        return too_few("events on working days", LEAST_EVENTS, n)
    if len(weekly) < LEAST_WEEKS:
        return too_few("weeks", LEAST_WEEKS, min(weeks, len(weekly)))
    total = weekly.sum(axis=0)
    start, length = (int(x[0]) for x in _shortest(total[None, :]))
    if length > LONGEST_DAY:
        return Abstention(f"80% of the activity takes {length} hours: it goes round the clock", n)
    generator = np.random.default_rng(168)
    drawn = generator.multinomial(len(weekly), np.full(len(weekly), 1 / len(weekly)), RESAMPLES) @ weekly
    starts, lengths = _shortest(drawn)
    low, high = _circular_range(starts, start)
    end_low, end_high = _circular_range(starts + lengths, start + length)
    held = float(np.roll(total, -start)[:length].sum() / total.sum())
    method = f"shortest run with 80%, {len(weekly)} weeks resampled"
    return WorkingHours(start, (start + length) % 24, held, low, high, end_low, end_high, n, method)


def spoken(days: Sequence[int], hours: WorkingHours | Abstention, zone: str) -> str:
    """Return the rhythm as people say it: “Mon–Fri 9–17 (UTC)”."""
    when = f" {hours.start}–{hours.end or 24}" if isinstance(hours, WorkingHours) else ""
    return f"{spoken_days(days)}{when} ({zone})" if days else "no rhythm yet"


def spoken_days(days: Sequence[int]) -> str:
    """Return a run of days as “Mon–Fri”, others as a list, all seven as “every day”."""
    if len(days) == 7:
        return "every day"
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{DAY_NAMES[days[0]]}–{DAY_NAMES[days[-1]]}"
    return ", ".join(DAY_NAMES[day] for day in days)


def _since(observed: Observations, weeks: int) -> list[HourCount]:
    today = observed.now.date().toordinal()
    return [row for row in observed.hours if 0 <= today - row.hour.toordinal() < weeks * 7]


def _shortest(counts: Counts) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each row of 24 return start and length of the shortest circular run holding 80%, the fullest of equals."""
    rows = len(counts)
    sums = np.cumsum(np.concatenate([np.zeros((rows, 1)), counts, counts], axis=1), axis=1)
    wanted = HOLDS * counts.sum(axis=1)
    starts, lengths = np.zeros(rows, dtype=np.int64), np.full(rows, 24, dtype=np.int64)
    for length in range(24, 0, -1):
        held = sums[:, length : length + 24] - sums[:, :24]
        enough = held.max(axis=1) >= wanted - 1e-9
        starts[enough], lengths[enough] = held.argmax(axis=1)[enough], length
    return starts, lengths


def _circular_range(drawn: npt.NDArray[np.int64], middle: int) -> tuple[int, int]:
    """Return the 95% range of hours on the clock around `middle`, each 0-23."""
    distance = (drawn - middle + 12) % 24 - 12
    low, high = np.quantile(distance, (0.025, 0.975), method="nearest")
    return int(middle + min(low, 0)) % 24, int(middle + max(high, 0)) % 24


def _peak(weekly: Counts) -> Figure:
    n = round(float(weekly.sum()))
    if n < LEAST_EVENTS or len(weekly) < LEAST_WEEKS:
        return too_few("events", LEAST_EVENTS, n)
    peak = int(weekly.sum(axis=0).argmax())
    generator = np.random.default_rng(24)
    drawn = generator.multinomial(len(weekly), np.full(len(weekly), 1 / len(weekly)), RESAMPLES) @ weekly
    low, high = _circular_range(drawn.argmax(axis=1), peak)
    return Estimate(float(peak), float(low), float(high), n, f"busiest hour, {len(weekly)} weeks resampled")
