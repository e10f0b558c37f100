"""MRR by the ledger against bucket-joining subscriptions, and the pages' reads: `python -m tests.bench.ledger`."""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg

from core.access.actor import Actor
from core.finance.cohorts import cohort_matrix
from core.finance.days import mrr_by_day
from core.finance.drill import departures
from core.finance.rebuild import count_days_anew, days_counted_anew, told_anew
from core.finance.views import month_sums, split_months, year_sums
from core.periods import month_of, months_until
from db.session import SYSTEM, ReadSession
from tests.bench.ledger_world import NOW, Books, books

# How MRR is mostly asked of a billing database: every bucket joined to the subscriptions that ran in it, at its rate.
BUCKET_JOIN = """
WITH bucket AS (
    SELECT day, least((day + 1)::timestamp AT TIME ZONE 'UTC', %(now)s + interval '1 microsecond') AS ends
    FROM unnest(%(days)s::date[]) AS day
), running AS (
    SELECT bucket.day, s.currency,
           sum(round(s.amount_minor * s.quantity::numeric / CASE s.billing_period
               WHEN 'monthly' THEN 1 WHEN 'quarterly' THEN 3 ELSE 12 END)) AS minor
    FROM bucket JOIN subscription s
      ON s.started_at < bucket.ends AND (s.ended_at IS NULL OR s.ended_at >= bucket.ends)
    GROUP BY bucket.day, s.currency
), worth AS (
    SELECT running.day, running.minor * CASE running.currency WHEN 'USD' THEN 1 ELSE fx.rate END
           * CASE running.currency WHEN 'JPY' THEN 100 ELSE 1 END AS minor
    FROM running LEFT JOIN LATERAL (
        SELECT rate FROM fx_rate
        WHERE base = running.currency AND quote = 'USD' AND valid_from <= running.day
        ORDER BY valid_from DESC LIMIT 1
    ) AS fx ON true
)
SELECT coalesce(round(sum(worth.minor)), 0)::bigint FROM bucket LEFT JOIN worth USING (day)
GROUP BY bucket.day ORDER BY bucket.day
"""
SERIES = ("36 months", "3 years by day")
# Month ends, and today.
MONTHS = [min(each.end - timedelta(days=1), NOW).date() for each in months_until(NOW, 36)]
DAYS = [NOW.date() - timedelta(days=back) for back in range(3 * 365, -1, -1)]


@dataclass(frozen=True)
class Took:
    """One read in milliseconds: the median on the clock and of this process alone, and the quickest on the clock."""

    wall: float
    own: float
    best: float


def timed(times: int, work: Callable[[], Any]) -> Took:
    """Return what a run takes, the first one left out where there are several."""
    if times > 1:
        work()
    walls, owns = [], []
    for _ in range(times):
        began, spent = time.perf_counter(), time.process_time()
        work()
        walls.append((time.perf_counter() - began) * 1000)
        owns.append((time.process_time() - spent) * 1000)
    return Took(statistics.median(walls), statistics.median(owns), min(walls))


def measure_series(made: Books, times: int, *, join: Collection[str]) -> dict[str, float]:
    """Print MRR by month and by day beside the bucket join; return the milliseconds, checked to be the same figures."""
    found = {}
    for name, days in zip(SERIES, (MONTHS, DAYS), strict=True):

        def ask(days: list[date] = days) -> list[int]:
            with made.databases.control.read(made.staff.tenancy()) as session:
                return [int(each) for each in mrr_by_day(session, made.staff, days, as_of=NOW)]

        took = timed(times, ask)
        found[name] = took.best
        said = f"{name:16} {took.wall:8.1f} ms, quickest {took.best:.1f} (ours in Python {took.own:.1f})"
        if name in join:
            joined, seconds = _joined(made, days)
            wrong = [pair for pair in zip(days, joined, ask(), strict=True) if pair[1] != pair[2]]
            assert not wrong, f"the ledger and the subscriptions disagree: {wrong[:5]}"
            times_as_long = seconds * 1000 / took.wall
            said += f"   bucket join {seconds * 1000:7.0f} ms, {times_as_long:5.0f} times as long, same figures"
        sys.stdout.write(said + "\n")
        sys.stdout.flush()
    return found


def _joined(made: Books, days: list[date]) -> tuple[list[int], float]:
    """Return the same figures from the subscriptions, and the seconds of the quickest of two runs."""
    took = []
    with psycopg.connect(made.owner_url) as owner:
        for _ in range(2):
            began = time.perf_counter()
            rows = owner.execute(BUCKET_JOIN, {"days": days, "now": NOW}).fetchall()
            took.append(time.perf_counter() - began)
    return [row[0] for row in rows], min(took)


def measure_pages(made: Books, times: int) -> None:
    """Print what the reads of Revenue and of Retention take, one after the other, nothing remembered."""
    month = month_of(NOW)
    back = {count: months_until(NOW, count) for count in (12, 18, 36)}
    reads: dict[str, list[tuple[str, Callable[[ReadSession, Actor], Any]]]] = {
        "Revenue": [
            ("months", lambda s, a: month_sums(s, a, back[36], as_of=NOW)),
            ("years", lambda s, a: year_sums(s, a, back[18], as_of=NOW)),
            ("by tier", lambda s, a: split_months(s, a, "tier", back[12], as_of=NOW)),
        ],
        "Retention": [
            ("months", lambda s, a: month_sums(s, a, back[36], as_of=NOW)),
            ("years", lambda s, a: year_sums(s, a, back[36], as_of=NOW)),
            ("cohorts", lambda s, a: cohort_matrix(s, a, back[12], as_of=NOW)),
            ("who left", lambda s, a: departures(s, a, month)),
        ],
    }
    for page, asked in reads.items():
        parts = []
        for name, ask in asked:

            def run(ask: Callable[[ReadSession, Actor], Any] = ask) -> None:
                with made.databases.control.read(made.staff.tenancy()) as session:
                    ask(session, made.staff)

            parts.append((name, timed(times, run)))
        total, own = sum(took.wall for _, took in parts), sum(took.own for _, took in parts)
        each = ", ".join(f"{name} {took.wall:.0f}" for name, took in parts)
        sys.stdout.write(f"{page:16} {total:8.0f} ms (ours in Python {own:.0f}): {each}\n")
        sys.stdout.flush()


def measure_rebuild(made: Books) -> None:
    """Print what it takes to count the days anew, and to tell every movement anew beside the ledger."""
    began, spent = time.perf_counter(), time.process_time()
    with made.databases.control.write(SYSTEM) as session:
        count_days_anew(session)
    with made.databases.control.read(SYSTEM) as session:
        found, report = days_counted_anew(session), told_anew(session)
    assert not found
    assert not report.differences
    own, wall = time.process_time() - spent, time.perf_counter() - began
    sys.stdout.write(f"rebuild          {wall:8.1f} s (ours in Python {own:.1f}), no difference\n")
    sys.stdout.flush()


def main() -> None:
    """Measure small books, then large ones."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--subscriptions", type=int, nargs=2, default=[20_000, 200_000])
    asked.add_argument("--times", type=int, default=21)
    given = asked.parse_args()
    series: list[dict[str, float]] = []
    for count in given.subscriptions:
        with tempfile.TemporaryDirectory(prefix="calos-ledger-") as folder, books(Path(folder), count) as made:
            series.append(measure_series(made, given.times, join=SERIES if not series else SERIES[:1]))
            measure_pages(made, 3)
            measure_rebuild(made)
    for name, few in series[0].items():
        sys.stdout.write(f"\n{name}: large books {series[1][name] / few:.2f} of small ones, each at its quickest")
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
