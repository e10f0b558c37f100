"""Sample events, so that a new install's pages have something to show."""

import random
from datetime import datetime, timedelta
from typing import Any, Final

COUNT: Final = 50
DAYS: Final = 30
PEOPLE: Final = 6
FEATURES: Final = ("pos", "pos", "pos", "email", "email", "chatbot", "analytics")
AGENTS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18 Safari/605.1",
    "python-requests/2.32.3",
)


def sample_events(install_id: str, now: datetime, seed: int) -> list[dict[str, Any]]:
    """Return 50 events of the 30 days before `now`, as an install would send them.

    The same install, time and seed give the same events, which are then duplicates when they are sent again.
    """
    draw = random.Random(f"{install_id}:{seed}")  # noqa: S311 - sample data, not a secret
    return [_event(draw, f"sample-{seed}-{number}", now) for number in range(COUNT)]


def _event(draw: random.Random, event_id: str, now: datetime) -> dict[str, Any]:
    kind = draw.choices(("page_view", "feature_used", "api_call", "login", "error"), (18, 14, 12, 4, 2))[0]
    person = draw.randrange(PEOPLE)
    at = now - timedelta(seconds=draw.uniform(0, DAYS * 86_400))
    event: dict[str, Any] = {
        "id": event_id,
        "ts": at.isoformat(timespec="milliseconds"),
        "type": kind,
        "user": f"sample-person-{person}",
        "session": f"sample-{person}-{at.date()}",
        "ua": AGENTS[2] if kind == "api_call" else AGENTS[person % 2],
        "version": "4.3.0",
    }
    if kind in {"feature_used", "api_call", "error"}:
        event["feature"] = draw.choice(FEATURES)
    if kind in {"api_call", "error"}:
        event["status"] = 500 if kind == "error" else 200
        event["ms"] = round(draw.lognormvariate(4.2, 0.8))
    return event
