"""The culture profile: what was observed, inferred and judged of one install, as it is stored, shown and sent."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from core.culture.archetypes import Archetype, name_archetype
from core.culture.changes import Changes
from core.culture.engagement import Engagement, Sessions
from core.culture.features import Features
from core.culture.health import Health
from core.culture.health_past import PastHealth, with_change
from core.culture.observations import Observations
from core.culture.picture import Picture
from core.culture.reliability import Reliability
from core.culture.rhythm import Rhythm
from core.culture.sentences import Sentence, Unsaid, describe, unsaid
from core.culture.stack import Stack
from core.culture.team import Team
from core.culture.trend import Trend
from core.culture.upsell_findings import NotListed
from core.culture.upsells import History, Opportunity, find_opportunities
from core.culture.vital_signs import judge_health
from core.usage.consumption import Consumption

# Raised whenever the same observations would give another profile; stored profiles of another version are made anew.
METHOD_VERSION = "2"


@dataclass(frozen=True)
class Counts:
    """OBSERVED in the window; `late` and `duplicates` are of events by the day they arrived."""

    events: int
    api_calls: int
    errors: int
    late: int
    duplicates: int
    actors: int
    active_days: int
    events_per_day: float
    first_event_at: datetime | None
    last_event_at: datetime | None


@dataclass(frozen=True)
class ProfileWindow:
    """The UTC days that most readings are of, both ends included."""

    first_day: date
    last_day: date
    days: int


@dataclass(frozen=True)
class Profile:
    """How one install is used: OBSERVED counts, INFERRED figures, JUDGED health, archetype and opportunities."""

    install_id: str
    organization_id: UUID
    tier_id: str
    tier_label: str
    computed_at: datetime
    method_version: str
    window: ProfileWindow
    counts: Counts
    sentences: tuple[Sentence, ...]
    features: Features
    rhythm: Rhythm
    sessions: Sessions
    engagement: Engagement
    trend: Trend
    changes: Changes
    reliability: Reliability
    team: Team
    stack: Stack
    usage: tuple[Consumption, ...]
    health: Health
    archetype: Archetype
    upsells: tuple[Opportunity, ...]
    not_listed: tuple[NotListed, ...]
    unsaid: tuple[Unsaid, ...]

    @property
    def headline(self) -> str:
        """The one sentence that describes the customer."""
        return self.sentences[0].text


def assemble(
    picture: Picture, past: PastHealth | None, history: History, last_active: PastHealth | None = None
) -> Profile:
    """Judge a picture and put everything together; `past` is the health that the change is explained against.

    `last_active` is the health kept of the last day with use, at which silence freezes it.
    """
    account, observed = picture.account, picture.observed
    health = with_change(judge_health(picture, last_active), past)
    upsells, not_listed = find_opportunities(picture, health, history)
    return Profile(
        install_id=observed.install_id,
        organization_id=account.license.organization_id,
        tier_id=account.tier.id,
        tier_label=account.tier.label,
        computed_at=observed.now.astimezone(UTC),
        method_version=METHOD_VERSION,
        window=ProfileWindow(observed.window.first_day, observed.window.last_day, observed.window.days),
        counts=_counts(picture, observed),
        sentences=describe(picture),
        features=picture.features,
        rhythm=picture.rhythm,
        sessions=picture.sessions,
        engagement=picture.engagement,
        trend=picture.trend,
        changes=picture.changes,
        reliability=picture.reliability,
        team=picture.team,
        stack=picture.stack,
        usage=picture.usage,
        health=health,
        archetype=name_archetype(picture),
        upsells=upsells,
        not_listed=not_listed,
        unsaid=unsaid(picture),
    )


def to_json(profile: Profile) -> dict[str, Any]:
    """Return the profile as JSON values; keys are the attributes' names."""
    found: dict[str, Any] = _adapter().dump_python(profile, mode="json")
    return found


def to_text(profile: Profile) -> str:
    """Return the profile as JSON text, as it is stored."""
    return _adapter().dump_json(profile).decode()


def from_json(data: Mapping[str, Any]) -> Profile:
    """Return the profile that to_json gave."""
    return _adapter().validate_python(data)


@functools.cache
def _adapter() -> TypeAdapter[Profile]:
    return TypeAdapter(Profile)


def _counts(picture: Picture, observed: Observations) -> Counts:
    return Counts(
        events=picture.events,
        api_calls=picture.api_calls,
        errors=picture.errors,
        late=observed.late,
        duplicates=observed.duplicates,
        actors=picture.team.seen,
        active_days=picture.engagement.active_days,
        events_per_day=picture.events_per_day,
        first_event_at=observed.first_event_at,
        last_event_at=observed.last_event_at,
    )
