"""What the home page answers first: the money, who to call today, who is near a limit, what changed this week."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice, zip_longest
from typing import Final, Literal
from uuid import UUID

import pandas as pd

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.customers import Customer, CustomerFilter
from core.accounts.late_payers import LatePayer, late_payers
from core.accounts.reads import customers_by_id, list_customers
from core.culture.upsell_reads import upsells
from core.finance.movements import Bridge
from core.finance.reads import bridge, tier_months
from core.licensing.reads import tiers
from core.money import Money
from core.periods import month_of, months_until
from db.session import ReadSession

MONTHS_SHOWN: Final = 12
TRIAL_SOON: Final = timedelta(days=14)
# Earlier a mail does; from then on somebody calls.
CALLED_AFTER: Final = 10
CallKind = Literal["trial", "risk", "invoice", "upsell"]


@dataclass(frozen=True)
class Call:
    """Somebody to call today, and why; `due` is when it is too late, where there is such a time."""

    organization_id: UUID
    name: str
    install_id: str
    kind: CallKind
    sentence: str
    due: datetime | None
    mrr: Money | None


def movements_this_month(session: ReadSession, actor: Actor, *, now: datetime) -> Bridge | None:
    """Return how the month's opening MRR became today's, or None without `finance:read`."""
    actor.require_vendor()
    if not actor.may(Permission.FINANCE_READ):
        return None
    return bridge(session, actor, month_of(now), as_of=now)


def mrr_by_tier(
    session: ReadSession, actor: Actor, *, now: datetime, months: int = MONTHS_SHOWN
) -> pd.DataFrame | None:
    """Return month, tier_id, mrr_minor (see finance's tier_months), or None without `finance:read`."""
    actor.require_vendor()
    if not actor.may(Permission.FINANCE_READ):
        return None
    return tier_months(session, actor, months_until(now, months), as_of=now)


def near_limits(session: ReadSession, actor: Actor, *, now: datetime, limit: int = 8) -> tuple[Customer, ...]:
    """Return customers at 80 % of a limit or more, the nearest first."""
    wanted = CustomerFilter(near_limit=True)
    return list_customers(session, actor, wanted, now=now, sort="limit", limit=limit).customers


def calls_today(session: ReadSession, actor: Actor, *, now: datetime, limit: int = 8) -> tuple[Call, ...]:
    """Return whom to call and why: trials that end, customers at risk, late invoices, HIGH opportunities.

    Each customer once. The four take turns, each in its own order: the soonest end, the most MRR at stake (without
    `finance:read`, the worst health and no invoice), the longest late, the highest expected value.
    """
    late = late_payers(session, actor, now=now)
    in_turn = zip_longest(
        _trials(session, actor, now, limit),
        _risks(session, actor, now, limit, {one.organization_id: one.sentence for one in late}),
        _invoices(session, actor, now, late[:limit]),
        _openings(session, actor, now, limit),
    )
    first: dict[UUID, Call] = {}
    for call in chain.from_iterable(in_turn):
        if call is not None:
            first.setdefault(call.organization_id, call)
    return tuple(islice(first.values(), limit))


def _trials(session: ReadSession, actor: Actor, now: datetime, limit: int) -> list[Call]:
    wanted = CustomerFilter(term="trial", live=True)
    soonest = list_customers(session, actor, wanted, now=now, sort="renewal", limit=limit).customers
    labels = {tier.id: tier.label for tier in tiers(session)}
    return [
        _call(one, "trial", f"Trial of {labels[one.tier_id]} ends {_in_days(one.expires_at, now)}.", one.expires_at)
        for one in soonest
        if one.expires_at is not None and one.expires_at <= now + TRIAL_SOON
    ]


def _risks(session: ReadSession, actor: Actor, now: datetime, limit: int, late: Mapping[UUID, str]) -> list[Call]:
    order = "mrr" if actor.may(Permission.FINANCE_READ) else "health"
    found = list_customers(session, actor, CustomerFilter(at_risk=True, term="paid"), now=now, sort=order, limit=limit)
    told = [(one, " ".join(filter(None, (_risk(one), late.get(one.organization_id))))) for one in found.customers]
    return [_call(one, "risk", sentence, None) for one, sentence in told]


def _invoices(session: ReadSession, actor: Actor, now: datetime, late: Sequence[LatePayer]) -> list[Call]:
    known = customers_by_id(session, actor, [one.organization_id for one in late], now=now)
    called = [one for one in late if one.organization_id in known and one.days >= CALLED_AFTER]
    return [_call(known[one.organization_id], "invoice", one.sentence, None) for one in called]


def _risk(one: Customer) -> str:
    fell = one.health_week_ago is not None and one.health is not None and one.health_week_ago > one.health
    health = f"Health {one.health:.0f}" + (f", down from {one.health_week_ago:.0f} a week ago" if fell else "")
    return f"{health}; {one.mrr} a month at stake." if one.mrr else f"{health}."


def _openings(session: ReadSession, actor: Actor, now: datetime, limit: int) -> list[Call]:
    if not actor.may(Permission.CULTURE_READ):
        return []
    found = upsells(session, actor, now=now, priority="HIGH", order="value", limit=limit)
    known = customers_by_id(session, actor, [one.organization_id for one in found], now=now)
    return [
        Call(
            organization_id=one.organization_id,
            name=one.organization,
            install_id=one.install_id,
            kind="upsell",
            sentence=one.sentence,
            due=now + timedelta(days=one.days_left) if one.days_left is not None else None,
            mrr=known[one.organization_id].mrr if one.organization_id in known else None,
        )
        for one in found
    ]


def _call(one: Customer, kind: CallKind, sentence: str, due: datetime | None) -> Call:
    return Call(one.organization_id, one.name, one.install_id, kind, sentence, due, one.mrr)


def _in_days(at: datetime, now: datetime) -> str:
    days = (at.date() - now.date()).days
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"
