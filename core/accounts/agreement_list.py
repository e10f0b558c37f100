"""Subscriptions as they stand, one row a chain of changes, with what waits; a customer's people see their own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, not_, or_, select, tuple_

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.reads import Subscription, chain_of, subscription_of
from core.billing.scheduled import Scheduled, waiting
from core.billing.subscription_changes import NOTHING, Act, Terms, successor
from core.errors import InvalidInput
from core.finance.effects import Effect, effect
from core.finance.reads import standing
from db.models.billing import scheduled_change, subscription
from db.models.licensing import license as licenses
from db.models.organizations import organization
from db.session import ReadSession

State = Literal["trial", "active", "paused", "ending", "ended"]
MOST: Final = 200


@dataclass(frozen=True)
class Agreement:
    """A subscription with whose it is, the install of its license, and what waits, the soonest first."""

    subscription: Subscription
    customer: str
    install_id: str | None
    waiting: tuple[Scheduled, ...]

    def state(self, now: datetime) -> State:
        """Say how it stands: `ending` where a cancellation waits for its day."""
        ended = self.subscription.ended_at
        if ended is not None and ended <= now:
            return "ended"
        if ended is not None or any(one.act == "cancel" for one in self.waiting):
            return "ending"
        return self.subscription.phase


@dataclass(frozen=True)
class AgreementPage:
    """Some subscriptions, the newest first; `next_place` is None on the last page."""

    rows: tuple[Agreement, ...]
    next_place: tuple[datetime, UUID] | None


def agreements(
    session: ReadSession,
    actor: Actor,
    *,
    now: datetime,
    customer: UUID | None = None,
    install_id: str | None = None,
    tier: str | None = None,
    currency: str | None = None,
    state: State | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> AgreementPage:
    """Return the last of each chain, without those that have ended unless asked for; needs `finance:read`.

    For a customer's people their own organization's alone.
    """
    actor.require(Permission.FINANCE_READ)
    if not 1 <= limit <= MOST:
        raise InvalidInput(f"Ask for 1 to {MOST} rows at a time.", field="limit")
    s = subscription.c
    given = [
        (s.organization_id, customer),
        (licenses.c.install_id, install_id),
        (s.tier_id, tier),
        (s.currency, currency),
    ]
    shown = _shown().where(_in(state, now), *(column == value for column, value in given if value is not None))
    if actor.realm != "vendor":
        shown = shown.where(s.organization_id == actor.organization_id)
    if after is not None:
        shown = shown.where(tuple_(s.started_at, s.id) < tuple_(*after))
    found = session.execute(shown.order_by(s.started_at.desc(), s.id.desc()).limit(limit + 1)).all()
    rows = _rows(session, found[:limit])
    last = rows[-1].subscription if len(found) > limit else None
    return AgreementPage(rows, (last.started_at, last.id) if last else None)


def agreement(session: ReadSession, actor: Actor, subscription_id: UUID) -> Agreement:
    """Return the newest of a subscription's chain; NotFound for another tenant's. Needs `finance:read`."""
    actor.require(Permission.FINANCE_READ)
    newest = chain_of(session, actor, subscription_id)[-1]
    found = session.execute(_shown().where(subscription.c.id == newest.id)).all()
    return _rows(session, found)[0]


def _shown() -> Select[Any]:
    return (
        select(subscription, organization.c.name.label("customer"), licenses.c.install_id)
        .join(organization, organization.c.id == subscription.c.organization_id)
        .outerjoin(licenses, licenses.c.id == subscription.c.license_id)
    )


def _rows(session: ReadSession, found: Any) -> tuple[Agreement, ...]:
    made: list[tuple[Row[Any], Subscription]] = [(row, subscription_of(row)) for row in found]
    waits: dict[UUID, list[Scheduled]] = {}
    for one in waiting(session, [each.agreement for _, each in made]):
        waits.setdefault(one.agreement_id, []).append(one)
    return tuple(
        Agreement(each, row.customer, row.install_id, tuple(waits.get(each.agreement, ()))) for row, each in made
    )


def _in(state: State | None, now: datetime) -> ColumnElement[bool]:
    """Return the condition of a state, as `Agreement.state` says it; None is all that has not ended."""
    s, waits = subscription.c, scheduled_change.c
    over = and_(s.ended_at.is_not(None), s.ended_at <= now)
    if state == "ended":
        return and_(over, not_(_followed()))
    chain = func.coalesce(s.agreement_id, s.id)
    canceled = (waits.agreement_id == chain) & (waits.act == "cancel") & (waits.state == "waiting")
    ending = or_(s.ended_at.is_not(None), select(waits.id).where(canceled).exists())
    # Nothing of a chain but its last has no end, so there is nothing else to leave out.
    runs = and_(not_(over), s.started_at <= now)
    if state is None:
        return runs
    if state == "ending":
        return and_(runs, ending)
    return and_(runs, not_(ending), s.phase == state)


def _followed() -> ColumnElement[bool]:
    """Whether a later one of its chain, or of its license before chains were kept, has taken its place."""
    s, later = subscription.c, subscription.alias("later").c
    same = or_(later.agreement_id == func.coalesce(s.agreement_id, s.id), later.license_id == s.license_id)
    return select(later.id).where(same, later.started_at >= s.ended_at, later.id != s.id).exists()


def foretold(
    session: ReadSession, actor: Actor, subscription_id: UUID, what: Act, terms: Terms = NOTHING, *, at: datetime
) -> Effect:
    """Return what an act would do to MRR at an instant, without doing it; needs `finance:read`.

    Raises what the act itself would: Conflict where it is not possible, InvalidInput for terms that change nothing.
    """
    actor.require(Permission.FINANCE_READ)
    current = chain_of(session, actor, subscription_id)[-1]
    after = successor(current, what, terms, at)
    return effect(standing(session, current.organization_id, at), current, after, at)
