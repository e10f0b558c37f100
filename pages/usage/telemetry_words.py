"""Why events are refused and what may be wrong with how they arrive, in words."""

from typing import Final

from core.telemetry.delivery import BOUNDS, DAYS, Trouble
from pages.parts import format as say

REASONS: Final[dict[str, str]] = {
    "unreadable_json": "Not readable as JSON",
    "not_an_object": "Not an object",
    "unknown_field": "A field we don't know",
    "missing_field": "Lacks id, ts or type",
    "wrong_type": "A value of the wrong type",
    "too_long": "Too long",
    "unreadable_text": "Text that can't be stored",
    "invalid_time": "No valid time",
    "too_old": "Older than what is kept",
    "in_the_future": "From the future",
    "reserved_user": "A reserved name of a user",
    "out_of_range": "A number out of range",
    "event_rate_reached": "Too many in a minute",
    "daily_events_reached": "Too many in a day",
    "install_queue_full": "Too many waiting at once",
    "license_revoked": "License revoked",
    "telemetry_off": "Chose to send none",
    "other_install": "Another install's secret",
}
SHOW: Final[dict[Trouble, str]] = {
    "refused": "Refused",
    "late": "Late",
    "duplicates": "Sent twice",
    "ahead": "Clock ahead",
    "too_much": "Sends too much",
    "silent": "Silent",
}
MEANINGS: Final[dict[str, str]] = {
    "accepted": f"Events that were stored in the last {DAYS} days, by the UTC day on which they arrived.",
    "late": "Events that arrived more than an hour after they happened, as a share of what was accepted. They count "
    "where they belong. What comes in a bundle counts as late nowhere.",
    "refused": "Events that were not taken, as a share of all that were sent; of a batch that was refused as a whole, "
    "all of them.",
    "duplicates": "Events that we had already, as a share of all that were sent. They are counted once, so sending "
    "again does no harm.",
    "ahead": "Events whose time lay more than five minutes ahead of our clock, as a share of what was accepted: the "
    "clock there is wrong, so hours and sessions are.",
    "silent": f"Installs that sent something in the three weeks before, and nothing in the last {DAYS} days.",
}
_DOUBTS: Final[dict[str, str]] = {
    "late": "many events come late, so the last hours are not whole yet",
    "refused": "many events are refused, so counts are too low",
    "ahead": "some clocks are wrong, so hours and sessions are",
    "silent": "many installs have fallen silent, so we see less than there is",
}


def reason(code: str) -> str:
    """A code in words."""
    return REASONS.get(code, say.phrase(code))


def doubts(found: tuple[str, ...]) -> str:
    """What to keep in mind, as the end of a sentence."""
    return say.listing([_DOUBTS[each] for each in found], most=4)


def policy(of: str) -> str:
    """From which share on it is in doubt what we know."""
    return f"Up to {say.percent(BOUNDS[of], digits=0)} we take what arrived for what happened." if of in BOUNDS else ""
