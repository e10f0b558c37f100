"""What is out of the ordinary in an audit trail: refusals in bursts, many changes at once, work at odd hours."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.security.observed import Unusual

REFUSED: Final = 5
REFUSED_FROM_ONE_ADDRESS: Final = 10
CHANGED: Final = 100
# Odd hours are told from the house's own habit, once there is one: that many acts on that many days before.
HABIT: Final = timedelta(days=28)
HABIT_ACTS: Final = 100
HABIT_DAYS: Final = 10


@dataclass(frozen=True)
class Hour:
    """What one person did from one address in one UTC hour: changes, and refusals that they met."""

    hour: datetime
    actor_id: str
    label: str
    address: str
    changes: int
    refused: int


def find(hours: Sequence[Hour], staff: frozenset[str], *, since: datetime) -> tuple[Unusual, ...]:
    """Return what was unusual from `since` on, newest first; `hours` reach HABIT further back for comparison."""
    lately = [one for one in hours if one.hour >= since]
    found = [*_refusals(lately), *_addresses(lately), *_many(lately), *_odd_hours(hours, staff, since)]
    return tuple(sorted(found, key=lambda one: (one.at, one.kind, one.who), reverse=True))


def _refusals(hours: Sequence[Hour]) -> Iterator[Unusual]:
    for (hour, who), parts in _grouped(hours, lambda one: one.label).items():
        refused = sum(one.refused for one in parts)
        if refused >= REFUSED:
            places = ", ".join(sorted({one.address for one in parts if one.refused and one.address})) or "nowhere known"
            words = f"{refused} refused sign-ins of {who} within an hour, {_said(hour)}, from {places}."
            yield Unusual("refused", hour, who, refused, words)


def _addresses(hours: Sequence[Hour]) -> Iterator[Unusual]:
    for (hour, address), parts in _grouped(hours, lambda one: one.address).items():
        refused = sum(one.refused for one in parts)
        people = len({one.label for one in parts if one.refused})
        if address and people > 1 and refused >= REFUSED_FROM_ONE_ADDRESS:
            words = f"{refused} refused sign-ins of {people} people from {address}, {_said(hour)}."
            yield Unusual("address", hour, address, refused, words)


def _many(hours: Sequence[Hour]) -> Iterator[Unusual]:
    for (hour, who), parts in _grouped(hours, lambda one: one.label).items():
        changes = sum(one.changes for one in parts)
        if changes >= CHANGED:
            yield Unusual("many", hour, who, changes, f"{changes} changes by {who} within an hour, {_said(hour)}.")


def _odd_hours(hours: Sequence[Hour], staff: frozenset[str], since: datetime) -> Iterator[Unusual]:
    work = [one for one in hours if one.actor_id in staff and one.changes]
    for (hour, who), parts in _grouped([one for one in work if one.hour >= since], lambda one: one.label).items():
        before = [one for one in work if hour - HABIT <= one.hour < hour - timedelta(hours=1)]
        days = {one.hour.date() for one in before}
        if len(days) < HABIT_DAYS or sum(one.changes for one in before) < HABIT_ACTS:
            continue
        near = {(hour.hour + step) % 24 for step in (-1, 0, 1)}
        if not any(one.hour.hour in near for one in before):
            changes = sum(one.changes for one in parts)
            words = f"{who} made {changes} changes at an hour when nobody works here, {_said(hour)}."
            yield Unusual("odd_hour", hour, who, changes, words)


def _grouped(hours: Sequence[Hour], by: Callable[[Hour], str]) -> dict[tuple[datetime, str], list[Hour]]:
    groups: dict[tuple[datetime, str], list[Hour]] = defaultdict(list)
    for one in hours:
        groups[one.hour, by(one)].append(one)
    return groups


def _said(hour: datetime) -> str:
    return f"{hour:%b} {hour.day}, {hour:%H:%M} UTC"
