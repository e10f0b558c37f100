"""The upsell rules in their order, and those that look at limits, volume, domains and trials."""

import re
from collections.abc import Callable
from typing import Final

from core.culture.picture import Picture
from core.culture.said import metered, percent
from core.culture.upsell_features import missing_complement, refused_features, unused_complement, versions_behind
from core.culture.upsell_findings import Confidence, Evidence, Finding, NotListed, Priority, Result, fact
from core.culture.upsell_people import downgrade_risk, seats, team_growth
from core.usage.consumption import DAYS, Consumption
from core.usage.limits import WARN_SHARE
from core.usage.meters import METERS

URGENT_SHARE: Final = 0.95
URGENT_DAYS: Final = 14
SOON_DAYS: Final = 60
OVERAGE_SHARE: Final = 1.1
CYCLES: Final = 2
# Events a day from which an install has outgrown its tier; by the tier's rank.
HIGH_USAGE: Final = (150, 1_500, 15_000)
LEAST_DOMAIN_DAYS: Final = 14
TRIAL_DAYS: Final = 14
TRIAL_URGENT_DAYS: Final = 7
TRIAL_LAST_DAYS: Final = 3
ACTIVE_DAYS_ACTIVATED: Final = 3


def limit_approached(picture: Picture) -> list[Result]:
    """A limit is used to 80% on busy days, or will be reached within 60 days; incidents of one day are left out."""
    return [result for row in picture.usage if (result := _near_limit(row, picture)) is not None]


def sustained_overage(picture: Picture) -> list[Result]:
    """A limit was passed by more than a tenth in each of two cycles of 28 days: not a peak, but how they use it."""
    return [_overage(row) for row in picture.usage if _is_over(row) and not _is_seats(row, picture)]


def high_usage(picture: Picture) -> list[Result]:
    """More events a day than the tier is meant for, where a higher one exists."""
    rank = picture.account.tier.rank
    if rank >= len(HIGH_USAGE) or picture.events_per_day < HIGH_USAGE[rank]:
        return []
    rate = f"{round(picture.events_per_day):,} events a day"
    facts = (fact("high_usage", "Events a day", rate, picture.events, "28 d"),)
    return [Finding("high_usage", "tier", "", "MEDIUM", rate, facts)]


def several_domains(picture: Picture) -> list[Result]:
    """More production domains for 14 days than the tier allows; localhost and staging are none."""
    allowed = picture.account.tier.max_domains
    domains = [facet for facet in picture.observed.facet("domain") if facet.value in picture.stack.production_domains]
    if allowed is None or len(domains) <= allowed:
        return []
    steady = [facet for facet in domains if facet.days >= LEAST_DOMAIN_DAYS]
    if len(steady) <= allowed:
        why = f"{len(domains)} domains were seen, but only {len(steady)} of them on {LEAST_DOMAIN_DAYS} days or more."
        return [NotListed("several_domains", "", why)]
    clause = f"{len(steady)} production domains on a license for {allowed}"
    facts = tuple(
        fact("several_domains", facet.value, f"{facet.events:,} events", facet.days, "28 d") for facet in steady
    )
    priority: Priority = "HIGH" if len(steady) >= 2 * allowed else "MEDIUM"
    return [Finding("several_domains", "tier", "", priority, clause, facts, confidence="high")]


def trial_ending(picture: Picture) -> list[Result]:
    """A trial ends within 14 days, urgent from 7: to be converted where it was put to use, to be rescued where not."""
    left = picture.account.days_to_expiry(picture.now)
    if picture.account.license.term != "trial" or left is None or not 0 < left <= TRIAL_DAYS:
        return []
    days = picture.engagement.active_days
    adopted = picture.features.adopted
    activated = adopted > 0 and days >= ACTIVE_DAYS_ACTIVATED
    days_left = max(1, round(left))
    ends = f"the trial ends in {days_left} day{'s' if days_left > 1 else ''}"
    facts = (
        fact("trial_ending", "Days of trial left", str(days_left), 1, "today"),
        fact("trial_ending", "Features adopted", str(adopted), days, "28 d"),
        fact("trial_ending", "Active days", str(days), days, "28 d"),
    )
    used = f"{adopted} feature{' is' if adopted == 1 else 's are'} adopted" if activated else ""
    clause = f"{ends}, {used}" if activated else f"{ends} and nothing is adopted yet"
    return [
        Finding(
            "trial_ending",
            "convert" if activated else "rescue",
            "",
            _trial_priority(left, activated=activated),
            clause,
            facts,
            days_left,
            "high",
            days_left,
            days_left,
        )
    ]


def _trial_priority(left: float, *, activated: bool) -> Priority:
    if left <= (TRIAL_URGENT_DAYS if activated else TRIAL_LAST_DAYS):
        return "HIGH"
    return "MEDIUM" if activated or left <= TRIAL_URGENT_DAYS else "LOW"


def _is_seats(row: Consumption, picture: Picture) -> bool:
    """Whether people are measured by the seats sold, which have a rule of their own."""
    return row.meter == "members" and bool(picture.seats)


def _is_over(row: Consumption) -> bool:
    over = [amount > OVERAGE_SHARE * row.highest for amount in row.cycles] if row.highest else []
    return len(over) == CYCLES and all(over)


def _overage(row: Consumption) -> Finding:
    unit = METERS[row.meter].unit
    highest = row.highest or 1
    before, now = (f"{metered(amount, unit)} ({percent(amount / highest)})" for amount in row.cycles)
    facts = (
        fact("sustained_overage", f"{row.label}, 28 days before", before, DAYS, "28 d"),
        fact("sustained_overage", f"{row.label}, last 28 days", now, DAYS, "28 d"),
    )
    clause = f"{_lower(row.label)} above 110% of the limit in both of the last two cycles ({now})"
    return Finding("sustained_overage", "tier", row.meter, "HIGH", clause, facts, confidence="high")


def _near_limit(row: Consumption, picture: Picture) -> Result | None:
    if row.highest is None or row.share is None or _is_seats(row, picture):
        return None
    at = row.days_to_limit.p50 if row.days_to_limit else None
    soon = at is not None and at <= SOON_DAYS
    # The forecast leaves incidents out: what it sees coming is no incident, though only the latest day be above 80 %.
    if row.spike and row.share < URGENT_SHARE and not soon:
        why = f"One day made most of what lay above 80% of {row.label}: an incident, not a trend."
        return NotListed("limit_approached", row.meter, why)
    if row.share < WARN_SHARE and not soon:
        return None
    share = percent(row.share)
    used = f"{_amount(row, row.busy or 0)} of {_amount(row, row.highest)}"
    urgent = row.share >= URGENT_SHARE or (at is not None and at <= URGENT_DAYS)
    facts = [fact("limit_approached", row.label, f"{used} ({share})", row.n, "28 d, busy day"), *_days_fact(row)]
    clause = f"{share} of the limit of {_lower(row.label)} ({used})"
    spread = row.days_to_limit
    return Finding(
        "limit_approached",
        "tier",
        row.meter,
        "HIGH" if urgent else "MEDIUM",
        clause,
        tuple(facts),
        at,
        _sure_of_limit(row),
        spread.p10 if spread else None,
        spread.p90 if spread else None,
    )


def _days_fact(row: Consumption) -> list[Evidence]:
    spread = row.days_to_limit
    if spread is None:
        return []
    told = f"{_days(spread.p10)} to {_days(spread.p90)}, most likely {_days(spread.p50)}"
    return [fact("limit_approached", "Days to the limit", told, row.n, "forecast, p10 to p90")]


def _sure_of_limit(row: Consumption) -> Confidence:
    """What is seen of four weeks is sure; what is only forecast is as sure as its range is short."""
    if (row.share or 0) >= WARN_SHARE and row.n >= DAYS:
        return "high"
    ends = row.days_to_limit is not None and row.days_to_limit.p90 is not None
    return "medium" if ends or (row.share or 0) >= WARN_SHARE else "low"


def _amount(row: Consumption, amount: int) -> str:
    return metered(amount, METERS[row.meter].unit)


def _days(days: int | None) -> str:
    return "over 180" if days is None else str(days)


def _lower(text: str) -> str:
    return text if re.match(r"[A-Z]{2}", text) else text[:1].lower() + text[1:]


RULES: tuple[Callable[[Picture], list[Result]], ...] = (
    refused_features,
    sustained_overage,
    limit_approached,
    seats,
    team_growth,
    several_domains,
    trial_ending,
    high_usage,
    missing_complement,
    unused_complement,
    versions_behind,
    downgrade_risk,
)
