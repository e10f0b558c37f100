"""Sessions from minutes of activity: runs of one actor without a gap longer than a number of minutes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

MINUTES_A_DAY: Final = 1440
GAP: Final = 30
GAPS: Final = (15, 30, 60)
_EPOCH: Final = pd.Timestamp("1970-01-01", tz="UTC")


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """Sessions cut at one gap: those with a duration, and those of a single minute, whose duration is unknown.

    Durations are in minutes and None without sessions of more than a minute.
    """

    gap: int
    count: int
    single_minute: int
    median: float | None
    p90: float | None
    longest: float | None


def minute_matrix(actors: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return rows × 1440 booleans for the frame of reads.actors: whether the actor did something in that minute."""
    packed = np.frombuffer(b"".join(actors["minutes"]), dtype=np.uint8).reshape(-1, MINUTES_A_DAY // 8)
    return np.unpackbits(packed, axis=1).astype(np.bool_)


def find_sessions(actors: pd.DataFrame, gap: int = GAP) -> pd.DataFrame:
    """Return actor, start, end (UTC minutes, both of activity) of every session, by actor and start.

    `actors` is the frame of reads.actors; midnight does not cut. A session goes on while the next active minute comes
    at most `gap` minutes after the last.
    """
    if not any(map(any, actors["minutes"])):
        return pd.DataFrame({"actor": pd.Series(dtype=object), "start": _instants([]), "end": _instants([])})
    codes, names = pd.factorize(actors["actor"], sort=True)
    days = pd.to_datetime(actors["day"]).to_numpy().astype("datetime64[D]").astype(np.int64)
    rows, minutes = np.nonzero(minute_matrix(actors))
    who, at = codes[rows], days[rows] * MINUTES_A_DAY + minutes
    order = np.lexsort((at, who))
    who, at = who[order], at[order]
    cut = np.ones(len(at), dtype=np.bool_)
    cut[1:] = (np.diff(who) != 0) | (np.diff(at) > gap)
    starts = np.flatnonzero(cut)
    ends = np.append(starts[1:], len(at)) - 1
    return pd.DataFrame({"actor": names[who[starts]], "start": _instants(at[starts]), "end": _instants(at[ends])})


def summarize(sessions: pd.DataFrame, gap: int = GAP) -> SessionSummary:
    """Return count and durations of sessions found with `gap`."""
    lengths = (sessions["end"] - sessions["start"]).to_numpy() / np.timedelta64(1, "m")
    timed = lengths[lengths > 0]
    single = int(len(lengths) - len(timed))
    if not len(timed):
        return SessionSummary(gap, 0, single, None, None, None)
    median, p90 = np.percentile(timed, [50, 90])
    return SessionSummary(gap, len(timed), single, float(median), float(p90), float(timed.max()))


def sensitivity(actors: pd.DataFrame, gaps: Sequence[int] = GAPS) -> tuple[SessionSummary, ...]:
    """Return the summary for each gap, so that a reader sees how much the choice of 30 minutes decides."""
    return tuple(summarize(find_sessions(actors, gap), gap) for gap in gaps)


def _instants(minutes: Any) -> pd.Series:
    counted = pd.Series(np.asarray(minutes, dtype="int64"))
    return _EPOCH + pd.to_timedelta(counted, unit="min")
