"""What the health rules read off the picture: one reading a rule, and the caps that hold."""

from dataclasses import replace

from core.culture.account import Account
from core.culture.engagement import Engagement
from core.culture.estimate import Estimate, Figure, known, value_of
from core.culture.features import Features
from core.culture.health import Health, Reading, judge
from core.culture.health_past import PastHealth, silenced
from core.culture.health_rules import (
    ALLOWANCE_KNOTS,
    CHAMPION_SHARE,
    DORMANT_DAYS,
    GRACE_DAYS,
    LEAST_TEAM_FOR_CHAMPION,
    SILENT_CHAMPION_DAYS,
)
from core.culture.observations import Observations
from core.culture.picture import Picture
from core.culture.said import percent, signed_percent
from core.culture.trend import Trend, shown_change
from core.usage.consumption import highest_share

WEEKDAYS = 20
# An unlimited license leaves all the room there is.
NO_LIMIT_SHARE = 0.5


def judge_health(picture: Picture, last_active: PastHealth | None = None) -> Health:
    """Return the health of an install, without its change over time; `last_active` is that of the last day with use."""
    found, silence = silenced(readings(picture), picture.engagement.days_since_last, last_active)
    return replace(judge(found, caps(picture)), silence=silence)


def readings(picture: Picture) -> dict[str, Reading]:
    """Return a reading for every rule."""
    use = use_readings(
        picture.observed,
        picture.features,
        picture.engagement,
        picture.trend,
        picture.reliability.error_rate,
        picture.events,
    )
    return use | _capacity(picture) | _license(picture.account, picture)


def use_readings(
    observed: Observations, features: Features, engagement: Engagement, trend: Trend, failed: Figure, events: int
) -> dict[str, Reading]:
    """Return the readings that use alone makes: what can be told of a past day from the roll-ups, without a license."""
    if events == 0 and observed.first_event_at is not None:
        return _gone_quiet(engagement)
    change, sticky = shown_change(trend.change), engagement.stickiness
    weekdays = max(1, min(WEEKDAYS, _weekdays_lived(observed)))
    present = min(engagement.active_weekdays, weekdays)
    breadth, depth = value_of(features.breadth), features.depth
    return {
        "breadth": Reading(breadth, f"{features.adopted} of {features.entitled} features adopted", features.entitled)
        if breadth is not None
        else Reading(None, _why(features.breadth), 0),
        "depth": Reading(depth.value, f"{depth.value:.1f} actions a person and active day", depth.n)
        if known(depth)
        else Reading(None, _why(depth), 0),
        "recency": _recency(engagement.days_since_last),
        "presence": Reading(present / weekdays, f"{present} of {weekdays} weekdays", weekdays)
        if events
        else Reading(None, "no telemetry yet", 0),
        "stickiness": Reading(sticky.value, f"{percent(sticky.value)} of its people on a mean day", sticky.n)
        if known(sticky)
        else Reading(None, _why(sticky), 0),
        "trend": _trend(trend, change),
        "errors": Reading(failed.value, f"{percent(failed.value, 1)} of {failed.n:,} events failed", failed.n)
        if known(failed)
        else Reading(None, _why(failed), events),
    }


def caps(picture: Picture) -> list[str]:
    """Return the ids of the caps that hold, of core/culture/health_rules.py."""
    account, now = picture.account, picture.now
    silence = picture.engagement.days_since_last
    checked = account.days_silent(now)
    champion = picture.champion
    holds = {
        "dormant": silence is not None and silence >= DORMANT_DAYS,
        "overdue": checked is not None and checked > (account.license.check_in_days or GRACE_DAYS),
        "payment_failed": bool(account.commercial.payment_failed),
        "champion_silent": champion is not None
        and champion.people >= LEAST_TEAM_FOR_CHAMPION
        and champion.share >= CHAMPION_SHARE
        and champion.days_silent >= SILENT_CHAMPION_DAYS,
    }
    over = account.lapsed(now)
    return [key for key, held in holds.items() if held] + ([over] if over else [])


def _gone_quiet(engagement: Engagement) -> dict[str, Reading]:
    """Silence after use is an observation, not a gap in the data: it earns nothing."""
    none = Reading(0.0, "no event in 28 days", 0)
    silence = _recency(engagement.days_since_last)
    quiet = dict.fromkeys(("breadth", "depth", "presence", "stickiness"), none)
    missing = Reading(None, "no event in 28 days to fail", 0)
    return {**quiet, "recency": silence, "trend": Reading(-1.0, "use has stopped", 0), "errors": missing}


def _recency(days: float | None) -> Reading:
    if days is None:
        return Reading(None, "no telemetry yet", 0)
    shown = "seen today" if days < 1 else f"{days:.0f} days ago"
    return Reading(days, shown, 1)


def _trend(trend: Trend, change: float | None) -> Reading:
    figure = trend.change
    if change is None or not isinstance(figure, Estimate) or figure.low is None or figure.high is None:
        return Reading(None, _why(figure), len(trend.weekly))
    span = f"{signed_percent(figure.low)} to {signed_percent(figure.high)} a four weeks"
    return Reading(change, f"{'no change shown' if change == 0 else 'moving'}: {span}", figure.n)


def _weekdays_lived(observed: Observations) -> int:
    """Return the weekdays of the window since the first event, today left out: it is not over."""
    first = observed.first_event_at
    if first is None:
        return 0
    begin = max(first.date(), observed.window.first_day).toordinal()
    return sum((day - 1) % 7 < 5 for day in range(begin, observed.window.last_day.toordinal()))


def _capacity(picture: Picture) -> dict[str, Reading]:
    seen, allowed = picture.team.seen, picture.account.tier.limits.get("members")
    if seen == 0:
        seats = Reading(None, "no event named its user", 0)
    elif picture.seats:
        seats = Reading(seen / picture.seats, f"{seen} of {picture.seats} seats sold", seen)
    elif allowed and not picture.members_unlimited:
        seats = Reading(seen / allowed, f"{seen} of {allowed:,} members allowed", seen, ALLOWANCE_KNOTS)
    else:
        seats = Reading(NO_LIMIT_SHARE, "members are unlimited", seen, ALLOWANCE_KNOTS)
    return {"seats": seats, "limits": _limits(picture)}


def _limits(picture: Picture) -> Reading:
    metered = [row for row in picture.usage if row.meter != "members"]
    if any(row.meter == "api_calls_day" and row.highest is None for row in metered):
        return Reading(NO_LIMIT_SHARE, "API calls are unlimited", 0)
    nearest = highest_share(metered)
    if nearest is None or nearest.share is None:
        return Reading(None, "no meter has three whole days yet", 0)
    return Reading(nearest.share, f"{percent(nearest.share)} of {nearest.label}", nearest.n)


def _license(account: Account, picture: Picture) -> dict[str, Reading]:
    left, silent = account.days_to_expiry(picture.now), account.days_silent(picture.now)
    late, behind = account.commercial.days_late, picture.releases_behind
    urgent = account.commercial.urgent_tickets
    return {
        "tickets": Reading(None, "tickets are not known here", 0)
        if urgent is None
        else Reading(float(urgent), "none is open" if urgent == 0 else f"{urgent} open", 1),
        "expiry": Reading(1_000.0, "no end date", 1)
        if left is None
        else Reading(max(left, 0.0), f"{max(left, 0):.0f} days left", 1),
        "check_in": Reading(None, "never verified", 0)
        if silent is None
        else Reading(silent, "verified today" if silent < 1 else f"verified {silent:.0f} days ago", 1),
        "payments": Reading(None, "payments are not known here", 0)
        if late is None
        else Reading(float(late), "nothing is late" if late <= 0 else f"{late} days late", 1),
        "version": Reading(None, "version or newest release not known", 0)
        if behind is None
        else Reading(float(behind), "the newest release" if behind == 0 else f"{behind} releases behind", 1),
    }


def _why(figure: object) -> str:
    return str(getattr(figure, "reason", "not known"))
