"""Sessions from minutes and quantiles from buckets, by hand, by property, and on a real team's commits."""

import csv
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from core.telemetry import latency, reads
from core.telemetry.sessions import find_sessions, sensitivity, summarize
from core.telemetry.writes import ingest
from db.session import WriteSession

DAY = date(2026, 3, 1)


def _actors(*rows: tuple[date, str, set[int]]) -> pd.DataFrame:
    packed = [(day, actor, len(minutes), _packed(minutes)) for day, actor, minutes in rows]
    return pd.DataFrame(packed, columns=["day", "actor", "events", "minutes"])


def _packed(minutes: set[int]) -> bytes:
    bits = np.zeros(1440, dtype=np.uint8)
    bits[sorted(minutes)] = 1
    return np.packbits(bits).tobytes()


def _told(sessions: pd.DataFrame) -> list[tuple[str, str, str]]:
    return [(actor, f"{start:%d %H:%M}", f"{end:%d %H:%M}") for actor, start, end in sessions.to_numpy()]


def test_a_session_ends_where_the_next_minute_is_further_than_the_gap_and_midnight_does_not_cut() -> None:
    actors = _actors(
        (DAY, "ada", {600, 630, 661, 1439}),
        (DAY + timedelta(days=1), "ada", {0, 29}),
        (DAY, "bob", {600, 1439}),
        (DAY + timedelta(days=2), "bob", {0}),
    )
    assert _told(find_sessions(actors)) == [
        ("ada", "01 10:00", "01 10:30"),
        ("ada", "01 11:01", "01 11:01"),
        ("ada", "01 23:59", "02 00:29"),
        ("bob", "01 10:00", "01 10:00"),
        ("bob", "01 23:59", "01 23:59"),
        ("bob", "03 00:00", "03 00:00"),
    ]
    summary = summarize(find_sessions(actors))
    assert (summary.count, summary.single_minute, summary.median, summary.longest) == (2, 4, 30.0, 30.0)


def test_the_choice_of_the_gap_is_shown() -> None:
    fifteen, thirty, sixty = sensitivity(_actors((DAY, "ada", {0, 20, 65})))
    assert [(s.gap, s.count, s.single_minute) for s in (fifteen, thirty, sixty)] == [(15, 0, 3), (30, 1, 1), (60, 1, 0)]
    assert (fifteen.median, sixty.median) == (None, 65.0)


def test_nobody_has_no_sessions() -> None:
    nobody = find_sessions(_actors())
    assert list(nobody) == ["actor", "start", "end"]
    assert summarize(nobody).count == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from("ab"), st.sets(st.integers(0, 1439), max_size=9)), max_size=5
    ),
    st.sampled_from([15, 30, 60]),
)
def test_sessions_are_those_found_minute_by_minute(rows: list[tuple[int, str, set[int]]], gap: int) -> None:
    merged: dict[tuple[int, str], set[int]] = {}
    for day, actor, minutes in rows:
        merged.setdefault((day, actor), set()).update(minutes)
    frame = _actors(*((DAY + timedelta(days=day), actor, minutes) for (day, actor), minutes in merged.items()))
    expected = []
    for actor in "ab":
        active = sorted(day * 1440 + m for (day, who), minutes in merged.items() if who == actor for m in minutes)
        starts = active[:1] + [b for a, b in pairwise(active) if b - a > gap]
        ends = [a for a, b in pairwise(active) if b - a > gap] + active[-1:]
        expected += [(actor, start, end) for start, end in zip(starts, ends, strict=True)]
    origin = pd.Timestamp(DAY, tz="UTC")
    minute = pd.Timedelta(minutes=1)
    sessions = find_sessions(frame, gap).to_numpy()
    found = [(actor, (a - origin) // minute, (b - origin) // minute) for actor, a, b in sessions]
    assert found == expected


@given(st.lists(st.integers(0, 86_400_000), min_size=1, max_size=50), st.sampled_from([0.5, 0.9, 0.95, 1.0]))
def test_a_latency_quantile_lies_in_the_bucket_of_the_true_one(durations: list[int], share: float) -> None:
    counts: dict[int, int] = {}
    for ms in durations:
        low, high = latency.bounds(latency.bucket(ms))
        assert low <= ms
        assert ms <= high or latency.bucket(ms) == len(latency.EDGES)
        counts[latency.bucket(ms)] = counts.get(latency.bucket(ms), 0) + 1
    found = latency.quantile(counts, share)
    true = sorted(durations)[int(np.ceil(share * len(durations))) - 1]
    low, high = latency.bounds(latency.bucket(true))
    assert found is not None
    assert low <= found <= high


def test_no_events_have_no_latency() -> None:
    assert latency.quantile({}, 0.95) is None


def test_a_real_teams_commits_make_its_sessions(session: WriteSession, install_id: str, shared_data: Path) -> None:
    with (shared_data / "git_activity" / "team_a.csv").open() as file:
        commits = [(int(row["epoch"]), row["actor"]) for row in csv.DictReader(file)]
    newest = datetime.fromtimestamp(max(epoch for epoch, _ in commits), UTC)
    events = [
        {"id": f"c{n}", "ts": datetime.fromtimestamp(epoch, UTC).isoformat(), "type": "commit", "user": actor}
        for n, (epoch, actor) in enumerate(commits)
    ]
    receipt = ingest(session, install_id, events, now=newest, retention_days=365)
    assert receipt.accepted > 1_000
    assert {refusal.code for refusal in receipt.refused} <= {"too_old"}
    oldest = newest - timedelta(days=365)
    taken = [(epoch, actor) for epoch, actor in commits if epoch >= oldest.timestamp()]
    actors = reads.actors(session, install_id, oldest.date(), newest.date())
    assert actors["events"].sum() == len(taken) == receipt.accepted
    assert set(actors["actor"]) == {actor for _, actor in taken}
    by_hand = 0
    for who in {actor for _, actor in taken}:
        minutes = sorted({epoch // 60 for epoch, actor in taken if actor == who})
        by_hand += 1 + sum(b - a > 30 for a, b in pairwise(minutes))
    assert len(find_sessions(actors)) == by_hand
    assert reads.hours(session, install_id, oldest.date(), newest.date())["events"].sum() == len(taken)
