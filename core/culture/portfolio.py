"""Which customers resemble each other, and why: by the features they use, when they work, how they call, how many."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from core.culture.features import label
from core.culture.said import percent

WEIGHTS: Final[Mapping[str, float]] = {"features": 0.5, "rhythm": 0.2, "size": 0.2, "api": 0.1}
# A difference in resultant length R or in weekend share of this much is no resemblance at all.
_FAR_RHYTHM: Final = 0.5
# As of so many times the people, two teams are of another size altogether.
_FAR_SIZE: Final = 8
_ALIKE: Final = 0.75
_MOST_NAMED: Final = 3


@dataclass(frozen=True)
class Traits:
    """One install as it is compared: features by share of active person-days, and what is known beside them.

    `weekend_share` and `api_share` are shares of events, `concentration` the resultant length R of the clock; None
    where too little was seen to say.
    """

    install_id: str
    name: str
    tier_id: str
    archetype: str | None
    features: Mapping[str, float]
    people: int | None = None
    weekend_share: float | None = None
    concentration: float | None = None
    api_share: float | None = None


@dataclass(frozen=True)
class Resemblance:
    """How much another install is alike, from 0 to 1 over the parts known of both, and in which words.

    `known` is the weight of the parts that could be compared: 1 is all of them.
    """

    other: Traits
    value: float
    known: float
    reasons: tuple[str, ...]


def most_alike(one: Traits, others: Iterable[Traits], most: int = 5) -> tuple[Resemblance, ...]:
    """Return the installs that resemble one most, itself left out; whoever shares no feature resembles nobody."""
    found = [resemblance(one, other) for other in others if other.install_id != one.install_id]
    alike = [each for each in found if each is not None]
    return tuple(sorted(alike, key=lambda each: (-each.value, each.other.name, each.other.install_id))[:most])


def resemblance(one: Traits, other: Traits) -> Resemblance | None:
    """Return how alike two installs are, or None where no feature is used by both.

    Features by Ruzicka's index (shared use ÷ joint use), rhythm by the distance of weekend share and of R, size by the
    ratio of people on a log scale, calls by the distance of their share. A part unknown of either is left out, and
    `known` says what weight is left.
    """
    features = _ruzicka(one.features, other.features)
    if features == 0:
        return None
    parts = {
        "features": features,
        "rhythm": _rhythm(one, other),
        "size": _size(one.people, other.people),
        "api": _near(one.api_share, other.api_share, 1.0),
    }
    compared = {name: value for name, value in parts.items() if value is not None}
    known = sum(WEIGHTS[name] for name in compared)
    value = sum(WEIGHTS[name] * part for name, part in compared.items()) / known
    return Resemblance(other, value, known, tuple(_reasons(one, other, compared)))


def _ruzicka(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    names = {*one, *other}
    joint = sum(max(one.get(name, 0.0), other.get(name, 0.0)) for name in names)
    return sum(min(one.get(name, 0.0), other.get(name, 0.0)) for name in names) / joint if joint else 0.0


def _rhythm(one: Traits, other: Traits) -> float | None:
    weekend = _near(one.weekend_share, other.weekend_share, _FAR_RHYTHM)
    clock = _near(one.concentration, other.concentration, _FAR_RHYTHM)
    return None if weekend is None or clock is None else (weekend + clock) / 2


def _size(one: int | None, other: int | None) -> float | None:
    if not one or not other:
        return None
    return max(0.0, 1 - abs(math.log(one / other)) / math.log(_FAR_SIZE))


def _near(one: float | None, other: float | None, far: float) -> float | None:
    return None if one is None or other is None else max(0.0, 1 - abs(one - other) / far)


def _reasons(one: Traits, other: Traits, parts: Mapping[str, float]) -> Iterable[str]:
    """Say what is alike, the features always; what is not alike is no reason."""
    shared = {name: min(share, other.features.get(name, 0.0)) for name, share in one.features.items()}
    names = [label(name) for name, share in sorted(shared.items(), key=lambda pair: (-pair[1], pair[0])) if share > 0]
    named = names[:_MOST_NAMED]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    yield f"both use {', '.join(named)}{more} ({percent(parts['features'])} alike)"
    if parts.get("size", 0.0) >= _ALIKE:
        yield f"{one.people:,} and {other.people:,} people"
    if parts.get("rhythm", 0.0) >= _ALIKE:
        yield f"{percent(one.weekend_share or 0)} and {percent(other.weekend_share or 0)} at weekends"
    if parts.get("api", 0.0) >= _ALIKE and (one.api_share or 0) >= 0.3:
        yield f"{percent(one.api_share or 0)} and {percent(other.api_share or 0)} by API"
