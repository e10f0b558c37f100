"""The policy in force and those before it, and what customers had, of which figures under any policy are made."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select

from core.access.actor import Actor
from core.billing.cancellations import paid_until
from core.billing.reads import Subscription, subscription_of
from core.finance.ledger import may_see_all
from core.finance.policy import MetricPolicy
from core.finance.policy_movements import History, Stretch
from core.periods import INSTANT, MONTHS, midnight
from db.models.billing import scheduled_change, subscription
from db.models.finance import metric_policy, movement
from db.models.invoices import invoice, invoice_line
from db.models.organizations import organization
from db.session import ReadSession

Overdue = tuple[tuple[datetime, datetime | None], ...]
_METERED: Final = ("usage", "overage")


@dataclass(frozen=True)
class Version:
    """A policy and who put it in force, when and why; of version 1, the standard, nobody did."""

    number: int
    policy: MetricPolicy
    made_at: datetime | None = None
    made_by: str = ""
    reason: str = ""


STANDARD: Final = Version(1, MetricPolicy())


def policy_in_force(session: ReadSession) -> Version:
    """Return the newest version, or the standard, without who made it; every figure asks for it: no permission."""
    p = metric_policy.c
    row = session.execute(select(p.version, p.settings).order_by(p.version.desc()).limit(1)).one_or_none()
    return STANDARD if row is None else Version(row.version, MetricPolicy.read(row.settings))


def policy_versions(session: ReadSession, actor: Actor) -> tuple[Version, ...]:
    """Return every version there was, the newest first, the standard last; needs `finance:read`."""
    may_see_all(actor)
    rows = session.execute(select(metric_policy).order_by(metric_policy.c.version.desc()))
    return (*(_version(row) for row in rows), STANDARD)


def histories(session: ReadSession, actor: Actor) -> tuple[History, ...]:
    """Return what every customer ever had, in stretches of one set of terms; needs `finance:read`."""
    may_see_all(actor)
    asked, overdue, metered = _asked(session), _overdue(session), _metered(session)
    places = session.execute(
        select(organization.c.id, organization.c.country, organization.c.segment).where(
            organization.c.realm == "customer"
        )
    )
    known = {row.id: (row.country or "", row.segment or "") for row in places}
    held: dict[UUID, list[Subscription]] = defaultdict(list)
    ordered = select(subscription).order_by(subscription.c.started_at, subscription.c.ended_at.nulls_last())
    for row in session.execute(ordered):
        held[row.organization_id].append(subscription_of(row))
    found = []
    for whose in {**held, **metered}:
        chains = _chains(held.get(whose, []))
        stretches = [one for chain in chains for one in _stretches(chain, asked, overdue)]
        country, segment = known.get(whose, ("", ""))
        found.append(History(str(whose), (*stretches, *metered.get(whose, ())), country, segment))
    return tuple(found)


def _version(row: Row[Any]) -> Version:
    return Version(row.version, MetricPolicy.read(row.settings), row.made_at, row.made_by, row.reason)


def _chains(held: Sequence[Subscription]) -> list[list[Subscription]]:
    """Return a customer's subscriptions by what follows what: by chain, or where one begins as another ends.

    Before chains were kept, and in imported history, a change of terms is told by its instant alone.
    """
    found: list[list[Subscription]] = []
    for one in held:
        chain = next((each for each in found if _follows(each[-1], one)), None)
        if chain is None:
            found.append([one])
        else:
            chain.append(one)
    return found


def _follows(last: Subscription, one: Subscription) -> bool:
    if last.agreement == one.agreement:
        return True
    instant = last.ended_at is not None and last.ended_at == one.started_at
    return instant and last.license_id == one.license_id and last.amount.currency == one.amount.currency


def _stretches(
    chain: Sequence[Subscription], asked: dict[UUID, datetime], overdue: dict[UUID, Overdue]
) -> list[Stretch]:
    name, last = str(chain[0].id), chain[-1]
    paid = paid_until(chain, last.ended_at - INSTANT) if last.ended_at else None
    late = tuple(time for one in chain for time in overdue.get(one.id, ()))
    return [
        Stretch(
            name,
            one.started_at,
            one.ended_at,
            one.amount.minor * one.quantity,
            one.amount.currency,
            "month",
            MONTHS[one.billing_period],
            one.tier_id,
            one.percent_off,
            one.minor_off,
            one.coupon_duration,
            one.phase,
            canceled_at=asked.get(last.agreement, asked.get(last.id)) if one is last else None,
            paid_until=paid if one is last else None,
            past_due=late,
        )
        for one in chain
    ]


def _asked(session: ReadSession) -> dict[UUID, datetime]:
    """Return when the end of a chain was asked for: the day that it was scheduled, else that its end was written."""
    m, waits = movement.c, scheduled_change.c
    ends = select(m.subscription_id, func.min(m.recorded_at).label("at")).where(
        m.mrr_change_minor < 0, m.recorded_at < m.effective_at, m.subscription_id.is_not(None)
    )
    found = {row.subscription_id: row.at for row in session.execute(ends.group_by(m.subscription_id))}
    canceled = select(waits.agreement_id, waits.asked_at).where(
        waits.act == "cancel", waits.state.in_(("waiting", "done"))
    )
    return {**found, **{row.agreement_id: row.asked_at for row in session.execute(canceled)}}


def _overdue(session: ReadSession) -> dict[UUID, Overdue]:
    """Return for each subscription the times in which an invoice of it was overdue; None is until now."""
    i, line = invoice.c, invoice_line.c
    late = i.state.in_(("open", "uncollectible")) | ((i.state == "paid") & (i.paid_at > i.due_on + timedelta(days=1)))
    statement = (
        select(line.subscription_id, i.due_on, i.paid_at, i.ended_at)
        .join(invoice, i.id == line.invoice_id)
        .where(line.subscription_id.is_not(None), i.due_on.is_not(None), late)
        .distinct()
    )
    found: dict[UUID, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for row in session.execute(statement):
        found[row.subscription_id].append((midnight(row.due_on) + timedelta(days=1), row.paid_at or row.ended_at))
    return {which: tuple(times) for which, times in found.items()}


def _metered(session: ReadSession) -> dict[UUID, tuple[Stretch, ...]]:
    """Return what was billed by use, a stretch an invoice line: a plan of its own where the policy includes it."""
    i, line = invoice.c, invoice_line.c
    billed = (
        select(line.organization_id, i.currency, line.meter, line.first, line.last, line.net_minor, line.discount_minor)
        .join(invoice, i.id == line.invoice_id)
        .where(line.kind.in_(_METERED), i.state.in_(("open", "paid")), line.first.is_not(None), line.last.is_not(None))
    )
    found: dict[UUID, list[Stretch]] = defaultdict(list)
    for row in session.execute(billed):
        start, end = midnight(row.first), midnight(row.last) + timedelta(days=1)
        chain = f"{row.organization_id} {row.meter} {row.currency}"
        minor = max(int(row.net_minor) - int(row.discount_minor), 0)
        found[row.organization_id].append(Stretch(chain, start, end, minor, row.currency, usage=True))
    return {whose: tuple(stretches) for whose, stretches in found.items()}
