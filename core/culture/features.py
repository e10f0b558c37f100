"""Which features an install adopts, tries, lets lapse or never touches, how broadly and how deeply."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeVar

from core.culture.estimate import Abstention, Estimate, Figure, mean, too_few, wilson
from core.culture.observations import FeatureActorDay, FeatureDay, Observations, is_person

ADOPTED_DAYS = 3
HABITUAL_DAYS = 8
# Below this many events, a feature nobody used is no evidence that nobody wants it.
ZERO_IS_EVIDENCE = 200

Row = TypeVar("Row", FeatureDay, FeatureActorDay)
State = Literal["never", "tried", "adopted", "habitual", "lapsed"]
_LABELS = {"pos": "POS", "sso": "SSO", "api": "API", "audit_export": "Audit export"}


@dataclass(frozen=True)
class FeatureUse:
    """One feature in the 28 days; `share` is the share of active person-days on which it was used."""

    feature: str
    label: str
    entitled: bool
    state: State
    days: int
    actors: int
    actor_days: int
    events: int
    errors: int
    denied_actors: int
    last_day: date | None
    share: Figure
    depth: Figure
    lift: Figure
    stands_out: Literal["above", "below"] | None = None


@dataclass(frozen=True)
class PeerGroup:
    """Whom the install was compared with."""

    accounts: int
    basis: str


@dataclass(frozen=True)
class Features:
    """The map of features: those of the tier and those used, most used first; `person_days` are those with any use."""

    items: tuple[FeatureUse, ...]
    adopted: int
    entitled: int
    person_days: int
    breadth: Figure
    effective: Figure
    depth: Figure
    peers: PeerGroup

    def named(self, feature: str) -> FeatureUse | None:
        """Return one feature's use, if it is on the map."""
        return next((item for item in self.items if item.feature == feature), None)

    def in_state(self, *states: State) -> list[FeatureUse]:
        """Return the features in any of the states."""
        return [item for item in self.items if item.state in states]


def label(feature: str) -> str:
    """Return a feature's name as people write it."""
    return _LABELS.get(feature, feature.replace("_", " ").replace("-", " ").capitalize())


def state(days_now: int, days_before: int) -> State:
    """Return the state for distinct days of use within the window and, on record, before it."""
    if days_now >= HABITUAL_DAYS:
        return "habitual"
    if days_now >= ADOPTED_DAYS:
        return "adopted"
    if days_now > 0:
        return "tried"
    if days_before >= ADOPTED_DAYS:
        return "lapsed"
    return "tried" if days_before > 0 else "never"


def read_features(observed: Observations, entitled: Collection[str]) -> Features:
    """Return the map without peers (core/culture/peers.py adds the lifts)."""
    within = [row for row in observed.features if observed.window.holds(row.day)]
    earlier = [row for row in observed.features if row.day < observed.window.first_day and row.events > row.denied]
    before = Counter(row.feature for row in earlier)
    uses = [row for row in observed.feature_actors if observed.window.holds(row.day)] or _anonymous(within)
    names = sorted({row.feature for row in observed.features} | {row.feature for row in uses} | set(entitled))
    active = len({(row.day, row.actor) for row in uses if row.events > row.denied})
    by_day, by_person = _by_feature(within), _by_feature(uses)
    used = sorted((row.day, row.feature) for row in observed.features if row.events > row.denied)
    last_days = {feature: day for day, feature in used}
    items = [
        replace(
            _feature(name, by_day.get(name, []), by_person.get(name, []), active, before[name]),
            entitled=name in entitled,
            last_day=last_days.get(name),
        )
        for name in names
    ]
    items.sort(key=lambda item: (-item.actor_days, -item.events, not item.entitled, item.feature))
    adopted = [item for item in items if item.state in {"adopted", "habitual"}]
    return Features(
        items=tuple(items),
        adopted=len(adopted),
        entitled=len(entitled),
        person_days=active,
        breadth=_breadth(adopted, len(entitled), bool(within)),
        effective=effective_number([item.events for item in items]),
        depth=_overall_depth(uses),
        peers=PeerGroup(0, "too few"),
    )


def effective_number(events: Sequence[int]) -> Figure:
    """Return exp(Shannon entropy): how many equally used features would be as spread out as these (Hill 1973)."""
    total = sum(events)
    if total == 0:
        return Abstention("no feature was used", 0)
    shares = [n / total for n in events if n > 0]
    value = math.exp(-sum(share * math.log(share) for share in shares))
    return Estimate(value, None, None, total, "exp(entropy) of events by feature")


def _breadth(adopted: Sequence[FeatureUse], entitled: int, any_use: bool) -> Figure:
    if entitled == 0:
        return Abstention("the tier names no features", 0)
    if not any_use:
        return Abstention("no event named a feature", 0)
    return Estimate(sum(item.entitled for item in adopted) / entitled, None, None, entitled, "adopted ÷ included")


def _overall_depth(uses: Sequence[FeatureActorDay]) -> Figure:
    actions: Counter[tuple[date, str]] = Counter()
    for row in uses:
        actions[row.day, row.actor] += row.events - row.denied
    return mean([float(n) for n in actions.values() if n], "active person-days")


def _feature(
    name: str, days: Sequence[FeatureDay], uses: Sequence[FeatureActorDay], active: int, before: int
) -> FeatureUse:
    # A refusal is no use: whoever was only ever answered 402 or 403 wanted the feature and never had it. There is one
    # row a person and day, so that rows are person-days.
    used = [row for row in uses if row.events > row.denied]
    used_days = {row.day for row in days if row.events > row.denied}
    return FeatureUse(
        feature=name,
        label=label(name),
        entitled=False,
        state=state(len(used_days), before),
        days=len(used_days),
        actors=_people(row.actor for row in used),
        actor_days=len(used),
        events=sum(row.events - row.denied for row in days),
        errors=sum(row.errors for row in days),
        denied_actors=_people(row.actor for row in uses if row.denied),
        last_day=None,
        share=wilson(len(used), active),
        depth=mean([row.events - row.denied for row in used], "person-days with the feature"),
        lift=too_few("peers", 10, 0),
    )


def _people(actors: Iterable[str]) -> int:
    return sum(map(is_person, set(actors)))


def _anonymous(days: Sequence[FeatureDay]) -> list[FeatureActorDay]:
    """Where events carry no user, a day counts as one person's."""
    return [FeatureActorDay(row.day, row.feature, "", row.events, row.denied) for row in days]


def _by_feature(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.feature].append(row)
    return grouped
