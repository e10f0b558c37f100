"""Everything inferred of one install from what was observed, before anything is judged."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.culture.account import Account
from core.culture.changes import NO_CHANGES, Changes
from core.culture.engagement import (
    GAP_MINUTES,
    Engagement,
    Sessions,
    events_per_session,
    read_engagement,
    read_sessions,
)
from core.culture.features import Features, FeatureUse, read_features
from core.culture.observations import NO_RUNS, Observations
from core.culture.peers import NOBODY, Peers, with_lifts
from core.culture.reliability import Reliability, read_reliability
from core.culture.rhythm import Rhythm, of_few, read_rhythm
from core.culture.stack import Stack, read_stack
from core.culture.team import Team, read_team
from core.culture.trend import Trend, read_trend
from core.licensing import versions
from core.usage.consumption import Consumption


@dataclass(frozen=True)
class Champion:
    """The person of most events, never by name: their share of the events of known people, and days of silence."""

    share: float
    days_silent: float
    people: int


@dataclass(frozen=True)
class Picture:
    """What the sentences, the health score, the archetype and the upsell rules are made from."""

    account: Account
    observed: Observations
    events: int
    api_calls: int
    errors: int
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
    peers: Peers
    champion: Champion | None
    releases_behind: int | None
    untouched: tuple[FeatureUse, ...]
    above: Peers = NOBODY

    @property
    def seats(self) -> int | None:
        """The members that the license itself allows, agreed or sold; None where only its tier says how many."""
        agreed = next((row for row in self.usage if row.meter == "members" and row.source == "override"), None)
        return agreed.highest if agreed else self.account.license.max_seats

    @property
    def members_unlimited(self) -> bool:
        """Whether nothing limits the members, by the license or by its tier."""
        agreed = any(row.meter == "members" and row.source == "override" for row in self.usage)
        return not self.seats and (agreed or not self.account.tier.limits.get("members"))

    @property
    def now(self) -> datetime:
        """The instant the picture is of."""
        return self.observed.now

    @property
    def events_per_day(self) -> float:
        """Events a day of the window, or since the first event if that is younger."""
        return self.events / self._days

    @property
    def _days(self) -> int:
        first = self.observed.first_event_at
        lived = (self.observed.window.last_day - first.date()).days + 1 if first else 1
        return max(1, min(self.observed.window.days, lived))


def take(
    account: Account,
    observed: Observations,
    usage: Sequence[Consumption],
    peers: Peers,
    releases: Sequence[str],
    in_field: Collection[str] | None = None,
    above: Peers = NOBODY,
    changes: Changes = NO_CHANGES,
) -> Picture:
    """Infer everything; `releases` are the versions that are out, `in_field` the features that somebody uses.

    A feature that no install anywhere uses sends no events (single sign-on, say): its absence tells nothing of anyone.
    `above` are the accounts of higher tiers.
    """
    hours, counted = observed.hours_in(observed.window), observed.counted_in(observed.window)
    sessions = read_sessions(observed.runs)
    features = with_lifts(read_features(observed, account.features), peers)
    stack = read_stack(observed)
    team = read_team(observed, observed.runs.get(GAP_MINUTES, NO_RUNS))
    return Picture(
        account=account,
        observed=observed,
        events=sum(row.events for row in counted),
        api_calls=sum(row.api_calls for row in hours),
        errors=sum(row.errors for row in counted),
        features=features,
        rhythm=of_few(read_rhythm(observed, events_per_session(observed, sessions)), team.seen),
        sessions=sessions,
        engagement=read_engagement(observed),
        trend=read_trend(observed),
        changes=changes,
        reliability=read_reliability(observed, features, peers),
        team=team,
        stack=stack,
        usage=tuple(usage),
        peers=peers,
        champion=_champion(observed),
        releases_behind=_behind(stack.main_version, releases),
        untouched=_untouched(account, features, in_field),
        above=above,
    )


def _champion(observed: Observations) -> Champion | None:
    people = observed.named_actors()
    events: Counter[str] = Counter()
    for row in people:
        events[row.actor] += row.events
    if not events:
        return None
    name, most = events.most_common(1)[0]
    last = max(row.day for row in people if row.actor == name)
    return Champion(most / events.total(), float((observed.now.date() - last).days), len(events))


def _untouched(account: Account, features: Features, in_field: Collection[str] | None) -> tuple[FeatureUse, ...]:
    """Return what is paid for and was never touched nor refused, what only the higher tiers have first."""
    never = [item for item in features.in_state("never") if item.entitled and not item.denied_actors]
    told = [item for item in never if in_field is None or item.feature in in_field]
    first = {name: tier.rank for tier in reversed(account.tiers) for name in tier.features}
    return tuple(sorted(told, key=lambda item: (-first.get(item.feature, 0), item.feature)))


def _behind(main: str | None, releases: Sequence[str]) -> int | None:
    """Return how many releases (4.1, 4.2, not their patches) are newer than the one in use; None if unknown."""
    own = versions.parse(main) if main else None
    parsed = [version for version in map(versions.parse, releases) if version is not None]
    if own is None or not parsed:
        return None
    return len({numbers[:2] for numbers, _ in parsed if numbers[:2] > own[0][:2]})
