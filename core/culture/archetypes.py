"""Archetypes: named rules, tried in order, the first that holds names the customer's way of use."""

from collections.abc import Callable
from dataclasses import dataclass

from core.culture.estimate import known, value_of
from core.culture.health_rules import CHAMPION_SHARE, DORMANT_DAYS, LEAST_TEAM_FOR_CHAMPION
from core.culture.picture import Picture
from core.culture.said import percent
from core.culture.trend import shown_change

VERSION = 2
API_SHARE = 0.6
EVEN_CLOCK = 0.1
EVEN_WEEKEND = (0.22, 0.35)
BROAD = 0.75
LEAST_BROAD = 4
DECLINE = -0.1
OFFICE_LENGTH = 11
OFFICE_WEEKEND = 0.1


@dataclass(frozen=True)
class Archetype:
    """The archetype with what made it so."""

    id: str
    label: str
    reason: str
    version: int


def name_archetype(picture: Picture) -> Archetype:
    """Return the first archetype whose rule holds; mixed where none does, unknown without telemetry."""
    if picture.observed.first_event_at is None:
        return Archetype("unknown", "Not known yet", "No telemetry has arrived.", VERSION)
    for key, label, rule in RULES:
        reason = rule(picture)
        if reason:
            return Archetype(key, label, reason, VERSION)
    return Archetype("mixed", "Mixed use", "No single habit stands out.", VERSION)


def _dormant(picture: Picture) -> str | None:
    """No event for 14 days."""
    silence = picture.engagement.days_since_last
    return f"No event for {silence:.0f} days." if silence is not None and silence >= DORMANT_DAYS else None


def _trialist(picture: Picture) -> str | None:
    """The license is a trial."""
    left = picture.account.days_to_expiry(picture.now)
    if picture.account.license.term != "trial":
        return None
    if left is None:
        return "On a trial without an end."
    return f"On a trial with {left:.0f} days left." if left > 0 else "On a trial that has ended."


def _declining(picture: Picture) -> str | None:
    """The trend, with its interval, falls by a tenth or more every four weeks."""
    change = shown_change(picture.trend.change)
    if change is None or change > DECLINE:
        return None
    weeks = len(picture.trend.weekly)
    return f"Use falls by at least {percent(-change)} every four weeks, over {weeks} weeks."


def _always_on(picture: Picture) -> str | None:
    """R below 0.1 and 22 to 35 % of events at weekends: the same at every hour."""
    even, weekend = value_of(picture.rhythm.concentration), value_of(picture.rhythm.weekend_share)
    if even is None or weekend is None or even >= EVEN_CLOCK or not EVEN_WEEKEND[0] <= weekend <= EVEN_WEEKEND[1]:
        return None
    return f"The same at every hour of every day: {percent(weekend)} at weekends, R {even:.2f}."


def _api_first(picture: Picture) -> str | None:
    """More than 60 % of events are API calls."""
    share = picture.api_calls / picture.events if picture.events else 0.0
    return f"{percent(share)} of its events are API calls." if share > API_SHARE else None


def _champion_led(picture: Picture) -> str | None:
    """One of five people or more does over 60 % of everything."""
    champion = picture.champion
    if champion is None or champion.people < LEAST_TEAM_FOR_CHAMPION or champion.share <= CHAMPION_SHARE:
        return None
    return f"One of {champion.people} people does {percent(champion.share)} of everything."


def _broad(picture: Picture) -> str | None:
    """Four features or more, and three quarters of the tier's, are adopted."""
    breadth = picture.features.breadth
    if not known(breadth) or breadth.value < BROAD or picture.features.adopted < LEAST_BROAD:
        return None
    return f"Adopted {picture.features.adopted} of {picture.features.entitled} features."


def _office(picture: Picture) -> str | None:
    """Working hours of eleven or less, and at most a tenth of events at weekends."""
    length, weekend = picture.rhythm.day_length, value_of(picture.rhythm.weekend_share)
    if length is None or length > OFFICE_LENGTH or weekend is None:
        return None
    return f"Works {picture.rhythm.label}." if weekend <= OFFICE_WEEKEND else None


def _whole_week(picture: Picture) -> str | None:
    """All seven days are working days."""
    return "Works on every day of the week, weekends too." if len(picture.rhythm.days) == 7 else None


RULES: tuple[tuple[str, str, Callable[[Picture], str | None]], ...] = (
    ("dormant", "Dormant", _dormant),
    ("trialist", "Trialist", _trialist),
    ("declining", "Declining", _declining),
    ("always_on", "Always-on automation", _always_on),
    ("api_first", "API-first", _api_first),
    ("champion_led", "Champion-led", _champion_led),
    ("broad_adopter", "Broad adopter", _broad),
    ("office_team", "Office team", _office),
    ("whole_week", "Whole-week team", _whole_week),
)
