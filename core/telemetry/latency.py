"""Latency from its buckets: counts by duration become quantiles that are within a factor of √2 of the truth."""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

# Edges in ms, half an octave apart: 1, 2, 3, 4, 6, 8, 11, … 67,108,864. Bucket n holds EDGES[n-1] <= ms < EDGES[n].
EDGES: Final = tuple(sorted({round(2 ** (half / 2)) for half in range(53)}))


def bucket(ms: int) -> int:
    """Return the bucket of a duration: the number of edges at or below it (PostgreSQL's width_bucket)."""
    return bisect_right(EDGES, ms)


def bounds(number: int) -> tuple[int, int]:
    """Return the shortest and longest whole duration of a bucket; the last one ends at its own beginning."""
    low = EDGES[number - 1] if number else 0
    return low, (EDGES[number] - 1 if number < len(EDGES) else low)


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """Return the duration in ms below which `share` (0 to 1) of the events lie, or None without events.

    Linear within the bucket that holds the rank, as a histogram quantile is in Prometheus.
    """
    total = sum(counts.values())
    if not total:
        return None
    rank, passed = share * total, 0
    for number, count in sorted(counts.items()):
        if passed + count >= rank and count:
            low, high = bounds(number)
            return low + (high - low) * max(0.0, rank - passed) / count
        passed += count
    return float(bounds(max(counts))[1])
