"""Upsell rules about people: seats that run out, teams that grow, and seats that nobody uses."""

import math
from dataclasses import dataclass
from typing import Final

from core.culture.estimate import Z95, value_of
from core.culture.observations import DAYS
from core.culture.picture import Picture
from core.culture.said import percent, signed_percent
from core.culture.trend import shown_change
from core.culture.upsell_findings import Confidence, Finding, Kind, NotListed, Priority, Result, fact

SEATS_NEAR: Final = 0.9
SEATS_CLOSE: Final = 0.95
UNDERUSED_SHARE: Final = 0.1
UNDERUSED_AGE_DAYS: Final = 274  # nine months: who bought for a project that has not begun is given that long
TEAM_GROWTH: Final = 0.2
# A team that grows is sold to only where its seats would end within a quarter at this pace.
SEATS_AHEAD_DAYS: Final = 90
WELL_COVERED: Final = 0.9


@dataclass(frozen=True)
class Turnover:
    """People of the 28 days before, and of those now who joined and who left; `low` and `high` bound the growth."""

    before: int
    joined: int
    left: int
    growth: float
    low: float
    high: float


def turnover(picture: Picture) -> Turnover | None:
    """Return how the team changed against the 28 days before, or None where those were not observed in whole.

    Growth is (joined − left) ÷ before. Its 95% interval takes arrivals and departures as Poisson counts: who stayed is
    the same person in both windows and adds no doubt.
    """
    observed = picture.observed
    first = observed.first_event_at
    earlier = observed.earlier_people
    if first is None or not earlier or first.date() > observed.window.before().first_day:
        return None
    now = {row.actor for row in observed.named_actors()}
    joined, left = len(now - earlier), len(earlier - now)
    growth, spread = (joined - left) / len(earlier), Z95 * math.sqrt(joined + left) / len(earlier)
    return Turnover(len(earlier), joined, left, growth, growth - spread, growth + spread)


def seats(picture: Picture) -> list[Result]:
    """Seats sold are used up, or to 90% and growing."""
    sold, seen = picture.seats, picture.team.seen
    if not sold or not seen or seen / sold < SEATS_NEAR:
        return []
    share = seen / sold
    grown = turnover(picture)
    growing = (shown_change(picture.trend.change) or 0.0) > 0 or (grown is not None and grown.low > 0)
    if share <= 1 and share < SEATS_CLOSE and not growing:
        return [NotListed("seats", "", f"{seen} of {sold} seats are used, but use is not shown to grow.")]
    told = f"{seen} of {sold} ({percent(share)})"
    facts = (fact("seats", "People seen of seats sold", told, seen, "28 d"),)
    priority: Priority = "HIGH" if share > 1 else "MEDIUM"
    clause = f"{seen} people on {sold} seats ({percent(share)})"
    return [Finding("seats", "seats", "", priority, clause, facts, confidence=_sure_of_people(picture))]


def team_growth(picture: Picture) -> list[Result]:
    """The team grew by more than 20% in 28 days, its interval above none, and its seats end within 90 days so."""
    grown = turnover(picture)
    if grown is None or grown.growth <= TEAM_GROWTH:
        return []
    told = f"{grown.before} to {picture.team.seen} people in 28 days"
    if grown.low <= 0:
        held = f"{told}: {grown.joined} came and {grown.left} left, which may be chance."
        return [NotListed("team_growth", "", held)]
    room = _room(picture)
    if room is None:
        return []
    pace = (grown.joined - grown.left) / DAYS
    days = math.floor(max(0, room - picture.team.seen) / pace)
    if days > SEATS_AHEAD_DAYS:
        held = f"{told}, but at this pace the {room} seats last for {days} days."
        return [NotListed("team_growth", "", held)]
    span = f"{signed_percent(grown.low)} to {signed_percent(grown.high)}"
    facts = (
        fact("team_growth", "People, 28 days before and now", told, picture.team.seen, "56 d"),
        fact("team_growth", "Came and left", f"{grown.joined} and {grown.left}", grown.joined + grown.left, "56 d"),
        fact("team_growth", "Growth", f"{signed_percent(grown.growth)} ({span})", grown.before, "95% interval"),
    )
    clause = f"the team grew by {percent(grown.growth)} in 28 days ({span})"
    kind: Kind = "seats" if picture.seats else "tier"
    sure: Confidence = "high" if grown.low > TEAM_GROWTH else "medium"
    return [Finding("team_growth", kind, "", "MEDIUM", clause, facts, max(1, days), sure)]


def downgrade_risk(picture: Picture) -> list[Result]:
    """A tenth of the seats or less is used, nine months after they were sold: a risk of a downgrade, no upsell."""
    sold, seen = picture.seats, picture.team.seen
    if not sold or not seen or seen / sold > UNDERUSED_SHARE:
        return []
    if picture.account.age_days(picture.now) < UNDERUSED_AGE_DAYS:
        return []
    return [NotListed("downgrade_risk", "", f"{seen} of {sold} seats are used: a risk of a downgrade, no upsell.")]


def _room(picture: Picture) -> int | None:
    """Return the people that the license or its tier allows; None where nothing limits them."""
    return picture.seats or picture.account.tier.limits.get("members")


def _sure_of_people(picture: Picture) -> Confidence:
    coverage = value_of(picture.team.coverage)
    return "high" if coverage is not None and coverage >= WELL_COVERED else "medium"
