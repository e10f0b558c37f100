"""The releases of the demo world as the vendor recorded them."""

from datetime import datetime, timedelta

from core.access.actor import Actor
from core.demo.upgrades import RELEASES
from core.licensing.releases import record_release, releases
from db.session import WriteSession

NOTES = {
    "4.0": "A new point of sale.",
    "4.1": "Analytics by product.",
    "4.2": "A new send path for Email.",
    "4.2.1": "Mends sending in Email.",
    "4.3": "Chatbot answers in nine languages.",
}
# Support of the oldest lines ends so many days from now; that of the first has ended.
SUPPORT_ENDS_IN = {"4.0": -60, "4.1": 30}


def record_releases(session: WriteSession, actor: Actor, *, now: datetime) -> None:
    """Record the releases that are not there yet, each when it came out."""
    known = {each.version for each in releases(session)}
    for version in [each for each in RELEASES if each not in known]:
        ends = SUPPORT_ENDS_IN.get(version)
        record_release(
            session,
            actor,
            version,
            released_at=now - timedelta(days=RELEASES[version]),
            supported_until=now + timedelta(days=ends) if ends else None,
            notes=NOTES[version],
            now=now,
            demo=True,
        )
