"""Prometheus metrics of this process: requests by door and status, their time, and the database pool."""

from functools import lru_cache

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from starlette.types import Scope

from core.access.actor import Actor
from core.access.permissions import Permission

REQUESTS = Counter("calos_requests_total", "Requests answered", ["door", "method", "status"])
SECONDS = Histogram(
    "calos_request_seconds", "Time to answer", ["door"], buckets=(0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
)
POOL_IN_USE = Gauge("calos_db_pool_in_use", "Database connections in use", ["plane"])
SOCKETS = Gauge("calos_sockets", "Open Socket.IO connections")
DOORS = ("api", "_stcore", "static", "assets", "socket.io", "media", "login")


@lru_cache(maxsize=1_000)
def _of(door: str, method: str, status: int) -> tuple[Counter, Histogram]:
    # Looking them up by their labels takes longer than counting.
    return REQUESTS.labels(door, method, str(status)), SECONDS.labels(door)


def observe(scope: Scope, status: int, seconds: float) -> None:
    """Count one answered request; the door is the first part of its path, so that labels stay few."""
    first = scope["path"].lstrip("/").partition("/")[0]
    door = first if first in DOORS else "page"
    requests, took = _of(door, scope["method"], status)
    requests.inc()
    took.observe(seconds)


def may_read(actor: Actor | None) -> bool:
    """Whether somebody may read what the whole process does: not at a customer, where every admin reads security."""
    return actor is not None and actor.realm == "vendor" and actor.may(Permission.SECURITY_READ)


def render() -> tuple[bytes, str]:
    """Return the exposition and its content type."""
    return generate_latest(), CONTENT_TYPE_LATEST
