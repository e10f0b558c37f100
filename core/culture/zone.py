"""Which time zone a customer lives in: as reported, else inferred where the evidence suffices, else plainly UTC."""

import functools
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.culture.estimate import Abstention, Estimate, Figure
from core.culture.observations import Facet

LEAST_EVENTS = 200
LEAST_CONCENTRATION = 0.4
# A weekend day must be this much quieter than a weekday before anyone speaks of office hours.
MOST_WEEKEND_RATE = 0.5
REPORTED_SHARE = 0.6
WIDEST_HALF_WIDTH = 2
OFFSETS = range(-11, 13)

# Relative activity of an office by local hour, drawn by hand, not learnt: it rises from 7, pauses at noon, ends by 19.
_WEEKDAY = (1, 1, 1, 1, 1, 1, 2, 6, 16, 26, 28, 27, 20, 22, 27, 27, 25, 18, 9, 6, 5, 4, 3, 2)
_WEEKEND = tuple(max(1.0, n / 8) for n in _WEEKDAY)

Basis = Literal["reported", "inferred", "utc"]
Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Zone:
    """The zone in which hours are shown; an inferred offset is only told of, hours then stay in UTC."""

    name: str
    basis: Basis
    offset: Figure
    sentence: str


def read_zone(reported: Sequence[Facet], week_utc: Counts, events_per_session: float) -> Zone:
    """Return the zone from what events reported and from the 7 x 24 counts by UTC hour (Monday first)."""
    total = sum(facet.events for facet in reported)
    best = max(reported, key=lambda facet: facet.events, default=None)
    if best is not None and best.events >= REPORTED_SHARE * total and best.value in known_zones():
        others = f", {total - best.events:,} name others" if total > best.events else ""
        told = f"{best.events:,} of {total:,} events that name a zone say {best.value}{others}."
        return Zone(best.value, "reported", Abstention("the zone is reported, nothing is inferred", total), told)
    offset = infer_offset(week_utc, events_per_session)
    if isinstance(offset, Abstention):
        return Zone("UTC", "utc", offset, f"Hours are in UTC: the time zone {offset.reason}.")
    half = round(((offset.high or 0) - (offset.low or 0)) / 2)
    told = f"Hours are in UTC. They are consistent with UTC{offset.value:+.0f} ±{half} h if these are office hours."
    return Zone("UTC", "inferred", offset, told)


@functools.cache
def known_zones() -> frozenset[str]:
    """Return the names of the IANA time zones this machine knows."""
    return frozenset(zoneinfo.available_timezones())


def infer_offset(week_utc: Counts, events_per_session: float) -> Figure:
    """Return the UTC offset in hours at which the week looks most like an office's, or abstain.

    Events of one session are no independent witnesses: the log-likelihood is divided by events per session before the
    95 % set of offsets is taken, and the set is never narrower than ±1 h.
    """
    n = round(float(week_utc.sum()))
    if n < LEAST_EVENTS:
        return Abstention(f"needs {LEAST_EVENTS} events, has {n:,}", n)
    strength = concentration(week_utc.sum(axis=0))
    if strength < LEAST_CONCENTRATION:
        return Abstention(f"needs activity that gathers in a part of the day, R is {strength:.2f} of 0.40", n)
    chances = _posterior(week_utc, max(1.0, events_per_session))
    best = int(np.argmax(chances))
    local = _shifted(week_utc, OFFSETS[best])
    if local[5:].sum() / 2 > MOST_WEEKEND_RATE * local[:5].sum() / 5:
        return Abstention("needs quiet weekends to tell office hours from shifts", n)
    half = _half_width(chances, best)
    if half > WIDEST_HALF_WIDTH:
        return Abstention(f"could be any of {2 * half + 1} offsets", n)
    offset = float(OFFSETS[best])
    return Estimate(offset, offset - half, offset + half, n, "office-hours likelihood, tempered, not validated")


def concentration(by_hour: Counts) -> float:
    """Return the length R of the mean vector of 24 hourly counts on the clock: 0 is even, 1 a single hour."""
    total = float(by_hour.sum())
    if total == 0:
        return 0.0
    return float(abs((by_hour * np.exp(2j * np.pi * np.arange(24) / 24)).sum()) / total)


def _posterior(week_utc: Counts, events_per_session: float) -> Counts:
    template = np.array([_WEEKDAY] * 5 + [_WEEKEND] * 2, dtype=float)
    log_template = np.log(template / template.sum())
    logs = np.array([float((_shifted(week_utc, offset) * log_template).sum()) for offset in OFFSETS])
    logs = logs / events_per_session
    chances: Counts = np.exp(logs - logs.max())
    chances /= chances.sum()
    return chances


def _shifted(week_utc: Counts, offset: int) -> Counts:
    return np.roll(week_utc.reshape(-1), offset).reshape(7, 24)


def _half_width(chances: Counts, best: int) -> int:
    for half in range(1, 13):
        around = [(best + step) % len(chances) for step in range(-half, half + 1)]
        if float(chances[around].sum()) >= 0.95:
            return half
    return 12
