"""The upsell rules: what each looks at, the evidence it gives, and why it says nothing where it almost did."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from core.culture.estimate import known
from core.culture.features import ZERO_IS_EVIDENCE, FeatureUse, label
from core.culture.peers import co_adoption
from core.culture.picture import Picture
from core.culture.said import metered, percent
from core.culture.trend import shown_change
from core.usage.consumption import Consumption
from core.usage.limits import WARN_SHARE
from core.usage.meters import METERS

Priority = Literal["HIGH", "MEDIUM", "LOW"]
Kind = Literal["tier", "seats", "training", "convert", "rescue"]

VERSION = 1
URGENT_SHARE = 0.95
URGENT_DAYS = 14
SOON_DAYS = 60
# Events a day from which an install has outgrown its tier; by the tier's rank.
HIGH_USAGE = (150, 1_500, 15_000)
LEAST_REFUSED = 3
LEAST_DOMAIN_DAYS = 14
SEATS_NEAR = 0.9
SEATS_CLOSE = 0.95
UNDERUSED_SHARE = 0.1
UNDERUSED_AGE_DAYS = 60
TRIAL_DAYS = 14
TRIAL_URGENT_DAYS = 7
ACTIVE_DAYS_ACTIVATED = 3
HEAVY_SHARE = 0.5
COMPLEMENT_LIFT = 1.5
NEW_LICENSE_DAYS = 28


@dataclass(frozen=True)
class Evidence:
    """One fact behind an opportunity, with its n and window."""

    rule: str
    version: int
    label: str
    value: str
    n: int
    window: str


@dataclass(frozen=True)
class Finding:
    """What one rule found; `clause` is the evidence as part of a sentence, `subject` what it is about."""

    rule: str
    kind: Kind
    subject: str
    priority: Priority
    clause: str
    evidence: tuple[Evidence, ...]
    days_left: int | None = None


@dataclass(frozen=True)
class NotListed:
    """Why something that came near is not on the list."""

    rule: str
    subject: str
    reason: str


Result = Finding | NotListed


def limit_approached(picture: Picture) -> list[Result]:
    """A limit is used to 80% on busy days, or will be reached within 60 days; incidents of one day are left out."""
    return [result for row in picture.usage if (result := _near_limit(row, picture)) is not None]


def high_usage(picture: Picture) -> list[Result]:
    """More events a day than the tier is meant for, where a higher one exists."""
    rank = picture.account.tier.rank
    if rank >= len(HIGH_USAGE) or picture.events_per_day < HIGH_USAGE[rank]:
        return []
    rate = f"{round(picture.events_per_day):,} events a day"
    fact = Evidence("high_usage", VERSION, "Events a day", rate, picture.events, "28 d")
    return [Finding("high_usage", "tier", "", "MEDIUM", rate, (fact,))]


def several_domains(picture: Picture) -> list[Result]:
    """More production domains for 14 days than the tier allows."""
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
        Evidence("several_domains", VERSION, facet.value, f"{facet.events:,} events", facet.days, "28 d")
        for facet in steady
    )
    priority: Priority = "HIGH" if len(steady) >= 2 * allowed else "MEDIUM"
    return [Finding("several_domains", "tier", "", priority, clause, facts)]


def seats(picture: Picture) -> list[Result]:
    """Seats sold are used up, or nearly; far too many sold is a risk and no opportunity."""
    sold, seen = picture.seats, picture.team.seen
    if not sold or not seen:
        return []
    share = seen / sold
    if share <= UNDERUSED_SHARE and picture.account.age_days(picture.now) >= UNDERUSED_AGE_DAYS:
        return [NotListed("seats", "", f"{seen} of {sold} seats are used: a risk of a downgrade, no upsell.")]
    if share < SEATS_NEAR:
        return []
    growing = (shown_change(picture.trend.change) or 0.0) > 0
    if share <= 1 and share < SEATS_CLOSE and not growing:
        return [NotListed("seats", "", f"{seen} of {sold} seats are used, but use is not shown to grow.")]
    fact = Evidence("seats", VERSION, "People seen of seats sold", f"{seen} of {sold} ({percent(share)})", seen, "28 d")
    priority: Priority = "HIGH" if share > 1 else "MEDIUM"
    return [Finding("seats", "seats", "", priority, f"{seen} people on {sold} seats ({percent(share)})", (fact,))]


def refused_features(picture: Picture) -> list[Result]:
    """Three people or more were refused what their tier lacks: the strongest sign there is."""
    uses = [row for row in picture.observed.feature_actors if row.denied and picture.observed.window.holds(row.day)]
    gated = [row for row in uses if row.feature not in picture.account.features]
    people = {row.actor for row in gated}
    wanted = sorted({row.feature for row in gated})
    results: list[Result] = [
        NotListed(
            "refused_features", name, f"{label(name)} is part of the tier: a permission at the customer's, no upsell."
        )
        for name in sorted({row.feature for row in uses} - set(wanted))
    ]
    if not gated:
        return results
    names = " and ".join(label(name) for name in wanted)
    if len(people) < LEAST_REFUSED:
        why = f"{_people(len(people))} refused {names}; the rule asks for {LEAST_REFUSED}."
        return [*results, NotListed("refused_features", "", why)]
    facts = tuple(_refusals(picture, name) for name in wanted)
    clause = f"{_people(len(people))} refused {names}"
    return [*results, Finding("refused_features", "tier", "", "HIGH", clause, facts)]


def trial_ending(picture: Picture) -> list[Result]:
    """A trial ends within 14 days: to be converted where it was put to use, to be rescued where not."""
    left = picture.account.days_to_expiry(picture.now)
    if picture.account.license.term != "trial" or left is None or not 0 < left <= TRIAL_DAYS:
        return []
    days = picture.engagement.active_days
    activated = picture.features.adopted > 0 and days >= ACTIVE_DAYS_ACTIVATED
    days_left = max(1, round(left))
    ends = f"the trial ends in {days_left} day{'s' if days_left > 1 else ''}"
    facts = (
        Evidence("trial_ending", VERSION, "Days of trial left", str(days_left), 1, "today"),
        Evidence("trial_ending", VERSION, "Features adopted", str(picture.features.adopted), days, "28 d"),
        Evidence("trial_ending", VERSION, "Active days", str(days), days, "28 d"),
    )
    if not activated:
        clause = f"{ends} and nothing is adopted yet"
        return [Finding("trial_ending", "rescue", "", "LOW", clause, facts, days_left)]
    priority: Priority = "HIGH" if left <= TRIAL_URGENT_DAYS else "MEDIUM"
    adopted = picture.features.adopted
    clause = f"{ends}, {adopted} feature{' is' if adopted == 1 else 's are'} adopted"
    return [Finding("trial_ending", "convert", "", priority, clause, facts, days_left)]


def unused_complement(picture: Picture) -> list[Result]:
    """Something is used heavily and a feature that is paid for never: training, not a sale."""
    heavy = next((item for item in picture.features.items if is_heavy(item)), None)
    if heavy is None or not picture.untouched:
        return []
    if picture.events < ZERO_IS_EVIDENCE:
        why = f"{picture.events:,} events are too few to say what is not wanted: {ZERO_IS_EVIDENCE} are needed."
        return [NotListed("unused_complement", "", why)]
    if picture.account.age_days(picture.now) < NEW_LICENSE_DAYS:
        return [NotListed("unused_complement", "", f"The license is younger than {NEW_LICENSE_DAYS} days.")]
    found = [_complement(picture, heavy, item) for item in picture.untouched]
    # Where peers single none out, one course is offered and not one for each.
    return [*([one for one in found if one.priority != "LOW"] or found[:1])]


def is_heavy(item: FeatureUse) -> bool:
    """Whether a feature is habitual and used on half of all active person-days."""
    return item.state == "habitual" and known(item.share) and item.share.value >= HEAVY_SHARE


def _near_limit(row: Consumption, picture: Picture) -> Result | None:
    if row.highest is None or row.share is None or (row.meter == "members" and picture.seats):
        return None
    at = row.days_to_limit.p50 if row.days_to_limit else None
    soon = at is not None and at <= SOON_DAYS
    # The forecast leaves incidents out: what it sees coming is no incident, though only the latest day be above 80 %.
    if row.spike and row.share < URGENT_SHARE and not soon:
        why = f"One day made most of what lay above 80% of {row.label}: an incident, not a trend."
        return NotListed("limit_approached", row.meter, why)
    if row.share < WARN_SHARE and not soon:
        return None
    unit = METERS[row.meter].unit
    used, share = f"{metered(row.busy or 0, unit)} of {metered(row.highest, unit)}", percent(row.share)
    urgent = row.share >= URGENT_SHARE or (at is not None and at <= URGENT_DAYS)
    facts = [Evidence("limit_approached", VERSION, row.label, f"{used} ({share})", row.n, "28 d, busy day")]
    if row.days_to_limit is not None:
        spread = row.days_to_limit
        told = f"{_days(spread.p10)} to {_days(spread.p90)}, most likely {_days(spread.p50)}"
        facts.append(Evidence("limit_approached", VERSION, "Days to the limit", told, row.n, "forecast, p10 to p90"))
    clause = f"{share} of the limit of {_lower(row.label)} ({used})"
    priority: Priority = "HIGH" if urgent else "MEDIUM"
    return Finding("limit_approached", "tier", row.meter, priority, clause, tuple(facts), at)


def _complement(picture: Picture, heavy: FeatureUse, item: FeatureUse) -> Finding:
    lift = co_adoption(picture.peers, heavy.feature, item.feature)
    share = percent(heavy.share.value) if known(heavy.share) else "—"
    facts = [
        Evidence(
            "unused_complement", VERSION, f"{heavy.label}: share of active person-days", share, heavy.share.n, "28 d"
        ),
        Evidence("unused_complement", VERSION, f"{item.label}: events", "none", picture.events, "all time"),
    ]
    priority: Priority = "LOW"
    if known(lift) and lift.low is not None:
        told = f"{lift.value:.1f} times as often as others"
        facts.append(
            Evidence(
                "unused_complement", VERSION, f"Peers with {heavy.label} adopt {item.label}", told, lift.n, "peers"
            )
        )
        priority = "MEDIUM" if lift.value > COMPLEMENT_LIFT and lift.low > 1 else "LOW"
    clause = f"uses {heavy.label} heavily but never touches {item.label}"
    return Finding("unused_complement", "training", item.feature, priority, clause, tuple(facts))


def _refusals(picture: Picture, feature: str) -> Evidence:
    rows = [row for row in picture.observed.feature_actors if row.feature == feature and row.denied]
    rows = [row for row in rows if picture.observed.window.holds(row.day)]
    people, times = len({row.actor for row in rows}), sum(row.denied for row in rows)
    told = f"{_people(people)} refused, {times:,} times"
    return Evidence("refused_features", VERSION, f"{label(feature)} refused", told, people, "28 d")


def _people(n: int) -> str:
    return "1 person was" if n == 1 else f"{n} people were"


def _days(days: int | None) -> str:
    return "over 180" if days is None else str(days)


def _lower(text: str) -> str:
    return text if re.match(r"[A-Z]{2}", text) else text[:1].lower() + text[1:]


RULES: tuple[Callable[[Picture], list[Result]], ...] = (
    refused_features,
    limit_approached,
    seats,
    several_domains,
    trial_ending,
    high_usage,
    unused_complement,
)
