"""API calls by hour and by minute, as far as an install tells them apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from core.telemetry import reads as telemetry
from core.telemetry.counting import calls_by_minute
from core.usage.records import records_at
from db.session import ReadSession

Step = Literal["hour", "minute"]
LENGTH: Final[dict[Step, timedelta]] = {"hour": timedelta(hours=1), "minute": timedelta(minutes=1)}
# Whole steps before the one that is running: seven days of hours, an hour of minutes.
STEPS: Final[dict[Step, int]] = {"hour": 168, "minute": 60}
# Reports for every second step at least, before one can say in which of them a call was made.
_LEAST_REPORTS: Final = 0.5
_METER: Final = "api_calls_day"


@dataclass(frozen=True)
class Moments:
    """Calls by the beginning of each step, oldest first and the running one last; or why they are not known."""

    points: tuple[tuple[datetime, int], ...] = ()
    reason: str | None = None


def moments(session: ReadSession, install_id: str, step: Step, now: datetime, *, reports: bool) -> Moments:
    """Return the calls of the last steps; `reports`: the install sends usage records of its calls."""
    length = LENGTH[step]
    running = floor(now, length)
    start, end = running - STEPS[step] * length, running + length
    if reports:
        found = records_at(session, install_id, _METER, start, end)
        if len(found) < _LEAST_REPORTS * STEPS[step]:
            return Moments(reason=f"the installation reports its calls too seldom to tell {step}s apart")
        return _filled(found, start, end, length)
    if step == "minute":
        counted = calls_by_minute(session, install_id, start, end)
        if counted is None:
            return Moments(reason="too many events came in to be looked through minute by minute")
        return _filled(counted.items(), start, end, length)
    frame = telemetry.hours(session, install_id, start.date(), end.date())
    return _filled(zip(frame["hour"], frame["api_calls"].tolist(), strict=True), start, end, length)


def floor(at: datetime, length: timedelta) -> datetime:
    """Return the beginning of the hour or minute of an instant, UTC."""
    at = at.astimezone(UTC)
    return at - timedelta(seconds=at.timestamp() % length.total_seconds())


def _filled(found: Iterable[tuple[datetime, int]], start: datetime, end: datetime, length: timedelta) -> Moments:
    sums: dict[datetime, int] = {}
    for at, calls in found:
        begun = floor(at, length)
        sums[begun] = sums.get(begun, 0) + calls
    count = round((end - start) / length)
    return Moments(tuple((at, sums.get(at, 0)) for at in (start + step * length for step in range(count))))
