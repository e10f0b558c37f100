"""What changed within a week, as three sentences, each with the facts it rests on."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.customers import Customer, CustomerFilter, LicenseNews
from core.accounts.news import health_fallen, license_news
from core.accounts.overview import near_limits
from core.accounts.reads import count_customers, customers_by_id, list_customers
from core.accounts.wording import movement_title
from core.finance.movements import Bridge
from core.finance.reads import Movement, bridge, movements_in
from core.licensing.reads import tiers
from core.periods import Period
from core.usage.meters import METERS
from db.session import ReadSession

WEEK: Final = timedelta(days=7)
NOTABLE_DROP: Final = 5
FACTS_SHOWN: Final = 10
_INSTANT: Final = timedelta(microseconds=1)
_WORDS: Final = {
    "new": "new",
    "reactivation": "back",
    "expansion": "expanded",
    "contraction": "contracted",
    "churn": "churned",
}


@dataclass(frozen=True)
class Fact:
    """One fact of a sentence; the ids are for its link."""

    label: str
    value: str
    organization_id: UUID
    install_id: str | None


@dataclass(frozen=True)
class Change:
    """A sentence on what changed, and its facts, the weightiest first."""

    topic: Literal["money", "licenses", "health", "usage"]
    sentence: str
    facts: tuple[Fact, ...]


def changes_this_week(session: ReadSession, actor: Actor, *, now: datetime) -> tuple[Change, ...]:
    """Return three sentences: money (without `finance:read`, usage), licenses, health."""
    actor.require_vendor()
    first = _money if actor.may(Permission.FINANCE_READ) else _usage
    return (first(session, actor, now), _licenses(session, actor, now), _health(session, actor, now))


def money_sentence(week: Bridge, kinds: Counter[str]) -> str:
    """Return how the MRR moved, and by how many movements of each kind."""
    risen = (week.closing - week.opening).minor
    since = f"since {week.period.start:%b %-d}"
    if risen == 0 and not kinds:
        return f"MRR stayed at {week.closing} {since}."
    if risen == 0:
        head = f"MRR is {week.closing} again {since}"
    else:
        by = week.closing - week.opening if risen > 0 else week.opening - week.closing
        head = f"MRR {'rose' if risen > 0 else 'fell'} by {by} to {week.closing} {since}"
    told = ", ".join(f"{kinds[kind]} {word}" for kind, word in _WORDS.items() if kinds[kind])
    return f"{head}: {told}." if told else f"{head}, by exchange rates alone."


def licenses_sentence(issued: int, revoked: int, trials_ending: int) -> str:
    """Return what was issued and revoked, and what ends soon."""
    told = [f"{_many(issued, 'license was', 'licenses were')} issued"] if issued else []
    noun = ("was", "were") if issued else ("license was", "licenses were")
    told += [f"{_many(revoked, *noun)} revoked"] if revoked else []
    head = " and ".join(told) or "No license was issued or revoked"
    tail = _many(trials_ending, "trial ends", "trials end") if trials_ending else "no trial ends"
    return f"{head} this week; {tail} within the next."


def health_sentence(fallen: int, furthest: str, before: float, after: float) -> str:
    """Return whose health fell the most, and how many others' did."""
    if fallen == 0:
        return f"Nobody's health fell by {NOTABLE_DROP} points or more this week."
    head = f"{furthest} fell from {before:.0f} to {after:.0f} in health this week"
    if fallen == 1:
        return f"{head}; nobody else fell by {NOTABLE_DROP} points or more."
    return f"{head}, the most of {fallen} customers that fell by {NOTABLE_DROP} points or more."


def _money(session: ReadSession, actor: Actor, now: datetime) -> Change:
    period = Period(now - WEEK, now + _INSTANT)
    moved = movements_in(session, actor, period)
    weightiest = sorted(moved, key=lambda one: -abs(one.change.minor))[:FACTS_SHOWN]
    names = customers_by_id(session, actor, [one.organization_id for one in weightiest], now=now)
    facts = tuple(
        Fact(names[one.organization_id].name, _moved(one), one.organization_id, names[one.organization_id].install_id)
        for one in weightiest
        if one.organization_id in names
    )
    week = bridge(session, actor, period, as_of=now)
    return Change("money", money_sentence(week, Counter(one.kind for one in moved if one.kind in _WORDS)), facts)


def _moved(one: Movement) -> str:
    return movement_title(one.kind, one.change)


def _usage(session: ReadSession, actor: Actor, now: datetime) -> Change:
    near = near_limits(session, actor, now=now, limit=FACTS_SHOWN)
    total = count_customers(session, actor, CustomerFilter(near_limit=True), now=now).customers
    facts = tuple(_fact(one, f"{one.limit_share or 0:.0%} of {METERS[one.limit_meter or ''].label}") for one in near)
    if not facts:
        return Change("usage", "Nobody is at 80% of a limit or more.", ())
    head = _many(total, "customer is", "customers are")
    return Change("usage", f"{head} at 80% of a limit or more; {facts[0].label} is nearest: {facts[0].value}.", facts)


def _licenses(session: ReadSession, actor: Actor, now: datetime) -> Change:
    news = license_news(session, actor, now - WEEK, now=now)
    trials = list_customers(
        session, actor, CustomerFilter(term="trial", live=True), now=now, sort="renewal", limit=200
    ).customers
    ending = [one for one in trials if one.expires_at is not None and one.expires_at <= now + WEEK]
    counted = Counter(one.what for one in news)
    labels = {tier.id: tier.label for tier in tiers(session)}
    facts = [_news(one, labels[one.tier_id]) for one in news]
    facts += [_fact(one, f"trial ends {one.expires_at:%b %-d}") for one in ending]
    sentence = licenses_sentence(counted["issued"], counted["revoked"], len(ending))
    return Change("licenses", sentence, tuple(facts[:FACTS_SHOWN]))


def _news(one: LicenseNews, tier: str) -> Fact:
    said = f"{tier} license {one.what} {one.at:%b %-d}"
    return Fact(one.organization, said, one.organization_id, one.install_id)


def _fact(one: Customer, said: str) -> Fact:
    return Fact(one.name, said, one.organization_id, one.install_id)


def _health(session: ReadSession, actor: Actor, now: datetime) -> Change:
    fallen, furthest = health_fallen(session, actor, NOTABLE_DROP, now=now, limit=FACTS_SHOWN)
    facts = tuple(_fact(one, f"{one.health_week_ago:.0f} → {one.health:.0f}") for one in furthest)
    most = furthest[0] if furthest else None
    before, after = (most.health_week_ago or 0.0, most.health or 0.0) if most else (0.0, 0.0)
    return Change("health", health_sentence(fallen, most.name if most else "", before, after), facts)


def _many(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"
