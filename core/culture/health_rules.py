"""The published rules of the health score, version 2: weights, knots, bands and caps, all as data."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

WEIGHTS_VERSION = "2"
# Below this much observed weight no score is given, only its range.
LEAST_OBSERVED = 60
BANDS = ((85, "Excellent"), (70, "Good"), (50, "Fair"), (0, "At risk"))

Knots = tuple[tuple[float, float], ...]

COMPONENTS = {
    "adoption": "Adoption",
    "engagement": "Engagement",
    "trend": "Trend",
    "capacity": "Seats and limits",
    "reliability": "Reliability",
    "license": "License and payments",
    "version": "Version currency",
}


@dataclass(frozen=True)
class Rule:
    """One part of the score: what is measured, in which unit, and the 0-100 it earns between the knots."""

    id: str
    component: str
    label: str
    weight: int
    measure: str
    knots: Knots


RULES = (
    Rule(
        "breadth",
        "adoption",
        "Features adopted",
        15,
        "adopted features ÷ features of the tier",
        ((0, 0), (0.15, 35), (0.33, 65), (0.5, 85), (0.75, 95), (1, 100)),
    ),
    Rule(
        "depth",
        "adoption",
        "Depth of use",
        10,
        "actions a person and active day",
        ((0, 0), (1, 30), (3, 60), (8, 90), (15, 100)),
    ),
    Rule(
        "recency",
        "engagement",
        "Last seen",
        5,
        "days since the last event",
        ((1, 100), (3, 80), (5, 50), (14, 0)),
    ),
    Rule(
        "presence",
        "engagement",
        "Active weekdays",
        5,
        "active weekdays ÷ weekdays",
        ((0, 0), (0.25, 40), (0.5, 70), (0.8, 100)),
    ),
    Rule(
        "stickiness",
        "engagement",
        "Stickiness",
        10,
        "mean people a day ÷ people in 28 days",
        ((0, 0), (0.1, 30), (0.2, 60), (0.4, 90), (0.6, 100)),
    ),
    Rule(
        "trend",
        "trend",
        "Trend",
        20,
        "change per four weeks, as far as its interval bears it out",
        ((-0.5, 0), (-0.2, 35), (-0.05, 65), (0, 80), (0.1, 95), (0.25, 100)),
    ),
    Rule(
        "seats",
        "capacity",
        "Seats used",
        5,
        "people ÷ seats sold",
        ((0, 0), (0.1, 20), (0.5, 70), (0.75, 100), (1, 100), (1.2, 60)),
    ),
    Rule(
        "limits",
        "capacity",
        "Room under limits",
        5,
        "highest used share of a limit",
        ((0, 70), (0.05, 90), (0.1, 100), (0.8, 100), (0.95, 70), (1, 50), (1.2, 20)),
    ),
    Rule(
        "errors",
        "reliability",
        "Errors",
        8,
        "failed ÷ all events",
        ((0.005, 100), (0.02, 85), (0.05, 55), (0.13, 0)),
    ),
    Rule(
        "tickets",
        "reliability",
        "Urgent tickets",
        2,
        "urgent tickets open",
        ((0, 100), (1, 50), (3, 0)),
    ),
    Rule(
        "expiry",
        "license",
        "License term",
        4,
        "days until the license ends",
        ((0, 0), (7, 30), (30, 70), (60, 100)),
    ),
    Rule(
        "check_in",
        "license",
        "Check-in",
        3,
        "days since the last verification",
        ((2, 100), (7, 60), (31, 0)),
    ),
    Rule(
        "payments",
        "license",
        "Payments",
        3,
        "days the oldest open invoice is late",
        ((0, 100), (7, 80), (30, 30), (60, 0)),
    ),
    Rule(
        "version",
        "version",
        "Version",
        5,
        "releases behind the newest in the field",
        ((0, 100), (1, 85), (2, 60), (4, 0)),
    ),
)
# Where no seats were sold, the tier's allowance of members is no promise anybody made: using little of it costs little.
ALLOWANCE_KNOTS: Knots = ((0, 40), (0.1, 80), (0.3, 100), (0.9, 100), (1, 80), (1.2, 50))


@dataclass(frozen=True)
class Weights:
    """One version of the weights by rule, and what was changed by it."""

    version: str
    weights: Mapping[str, int]
    change: str


_NOW = {rule.id: rule.weight for rule in RULES}
# Every version there was, oldest first: what was kept under an older one is judged anew from its parts.
VERSIONS = (
    Weights("1", {key: weight for key, weight in _NOW.items() if key != "tickets"} | {"errors": 10}, "The first."),
    Weights(WEIGHTS_VERSION, _NOW, "Urgent tickets that are open take 2 of the 10 points of reliability."),
)


@dataclass(frozen=True)
class CapRule:
    """A fact that no good number elsewhere may hide: the score stays at or below `highest`, with the reason said."""

    id: str
    highest: int
    reason: str


CAPS = {
    cap.id: cap
    for cap in (
        CapRule("revoked", 10, "The license is revoked"),
        CapRule("expired", 30, "The license has expired"),
        CapRule("suspended", 40, "The license is suspended"),
        CapRule("dormant", 49, "No event for 14 days or more"),
        CapRule("overdue", 49, "No verification for longer than the grace period"),
        CapRule("champion_silent", 49, "The person who did most of the work has been silent for 10 days or more"),
        CapRule("payment_failed", 59, "A payment failed"),
    )
}
DORMANT_DAYS = 14
SILENT_CHAMPION_DAYS = 10
CHAMPION_SHARE = 0.6
# Of fewer people a share would point at one of them.
LEAST_TEAM_FOR_CHAMPION = 5
GRACE_DAYS = 31
# Silence of more than a day freezes what use earns, over a weekend or a holiday; beyond five it counts as silence.
FROZEN_FROM_DAYS, FROZEN_UNTIL_DAYS = 1.0, 5.0
USE_RULES = frozenset({"breadth", "depth", "recency", "presence", "stickiness", "trend", "errors"})


def earned(knots: Knots, value: float) -> float:
    """Return the 0-100 that a value earns: straight lines between the knots, flat beyond the ends, no cliffs."""
    if value <= knots[0][0]:
        return knots[0][1]
    for (left, low), (right, high) in itertools.pairwise(knots):
        if value <= right:
            return low + (high - low) * (value - left) / (right - left)
    return knots[-1][1]


def band(score: float) -> str:
    """Return the name of the band a score lies in, by the score as it is shown (whole points)."""
    return next(name for least, name in BANDS if round_points(round(score * 100)) >= least)


def round_points(hundredths: int) -> int:
    """Return hundredths of a point as whole points, half up: the one rounding of scores."""
    return (hundredths + 50) // 100
