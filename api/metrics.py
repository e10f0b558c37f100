"""Prometheus metrics of this process: requests by door and status, their time, and the database pool."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import Scope

from core.access.actor import Actor
from core.access.permissions import Permission

POOL_IN_USE = Gauge("calos_db_pool_in_use", "Database connections in use", ["plane"])
SOCKETS = Gauge("calos_sockets", "Open Socket.IO connections")
# Seconds, up to and with each.
BUCKETS = (0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
DOORS = ("api", "_stcore", "static", "assets", "socket.io", "media", "login")


class _Requests(Collector):
    """Requests by door, method and status, and their time by door.

    The library's own counters take a lock and walk their buckets with every request; these are counted by the one event
    loop that answers, and made into the library's shapes when somebody reads them.
    """

    def __init__(self) -> None:
        self.answered: dict[tuple[str, str, int], int] = {}
        # By door: how many fell into each bucket, the last one for what is beyond all, and the seconds of all.
        self.took: dict[str, list[int]] = {}
        self.seconds: dict[str, float] = {}

    def collect(self) -> Iterator[Metric]:
        """Yield both as they stand."""
        requests = CounterMetricFamily("calos_requests", "Requests answered", labels=["door", "method", "status"])
        for (door, method, status), times in [*self.answered.items()]:
            requests.add_metric([door, method, str(status)], times)
        yield requests
        seconds = HistogramMetricFamily("calos_request_seconds", "Time to answer", labels=["door"])
        for door, counts in [*self.took.items()]:
            bounds = [*(str(bound) for bound in BUCKETS), "+Inf"]
            buckets = [*zip(bounds, accumulate(counts), strict=True)]
            seconds.add_metric([door], buckets, self.seconds[door])
        yield seconds


_requests = _Requests()
REGISTRY.register(_requests)


def observe(scope: Scope, status: int, seconds: float) -> None:
    """Count one answered request; the door is the first part of its path, so that labels stay few."""
    first = scope["path"].lstrip("/").partition("/")[0]
    door = first if first in DOORS else "page"
    key = (door, scope["method"], status)
    answered = _requests.answered
    answered[key] = answered.get(key, 0) + 1
    counts = _requests.took.get(door)
    if counts is None:
        _requests.seconds[door] = 0.0
        counts = _requests.took[door] = [0] * (len(BUCKETS) + 1)
    counts[bisect_left(BUCKETS, seconds)] += 1
    _requests.seconds[door] += seconds


def may_read(actor: Actor | None) -> bool:
    """Whether somebody may read what the whole process does: not at a customer, where every admin reads security."""
    return actor is not None and actor.realm == "vendor" and actor.may(Permission.SECURITY_READ)


def render() -> tuple[bytes, str]:
    """Return the exposition and its content type."""
    return generate_latest(), CONTENT_TYPE_LATEST
