"""Stripe's events and objects as they are kept here, and how far they came."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from core.billing.reads import Subscription
from core.billing.stripe.kinds import Kind
from core.money import Money
from db.models.billing import subscription
from db.models.invoices import invoice, payment
from db.models.stripe import stripe_backfill, stripe_event, stripe_object
from db.session import ReadSession


@dataclass(frozen=True)
class Event:
    """An event as it came; `kept` says whether it has been processed."""

    id: str
    type: str
    created: datetime
    processed: bool
    object_kind: str
    object_id: str
    error: str | None = None


@dataclass(frozen=True)
class Kept:
    """An object of Stripe's as last seen, and what it became here."""

    kind: Kind
    external_id: str
    seen_at: datetime
    deleted: bool
    payload: Mapping[str, Any]
    organization_id: UUID | None = None
    our_id: UUID | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Progress:
    """How far one stage of the backfill came."""

    stage: str
    done: int
    cursor: str | None
    finished_at: datetime | None
    error: str | None


def event_by_id(session: ReadSession, event_id: str) -> Event | None:
    """Return an event, or None where it is forgotten."""
    row = session.execute(select(stripe_event).where(stripe_event.c.id == event_id)).one_or_none()
    if row is None:
        return None
    held = row.payload["data"]["object"]
    return Event(
        row.id,
        row.type,
        row.created,
        row.processed_at is not None,
        str(held.get("object") or ""),
        str(held.get("id") or ""),
        row.error,
    )


def next_events(session: ReadSession, tried: Collection[str], *, since: datetime, limit: int) -> list[str]:
    """Return events that came since then and are not processed, as they happened, without those tried just now."""
    c = stripe_event.c
    waiting = select(c.id).where(c.processed_at.is_(None), c.received_at >= since, c.id.not_in(tried))
    return list(session.execute(waiting.order_by(c.created, c.id).limit(limit)).scalars())


def kept(session: ReadSession, kind: Kind, external_id: str) -> Kept | None:
    """Return one object as last seen."""
    mine = (stripe_object.c.kind == kind) & (stripe_object.c.external_id == external_id)
    row = session.execute(select(stripe_object).where(mine)).one_or_none()
    return _kept(row) if row is not None else None


def kept_all(session: ReadSession, kind: Kind, ids: Sequence[str] | None = None) -> dict[str, Kept]:
    """Return the objects of a kind, all or these, by their ids; oldest first."""
    statement = select(stripe_object).where(stripe_object.c.kind == kind)
    if ids is not None:
        statement = statement.where(stripe_object.c.external_id.in_(ids))
    rows = session.execute(statement.order_by(stripe_object.c.created_at, stripe_object.c.external_id))
    return {row.external_id: _kept(row) for row in rows}


def kept_under(session: ReadSession, kind: Kind, parents: Sequence[str]) -> dict[str, Kept]:
    """Return the objects of a kind that are of these others, by id, oldest first: the subscriptions of a customer."""
    statement = select(stripe_object).where(stripe_object.c.kind == kind, stripe_object.c.parent.in_(parents))
    rows = session.execute(statement.order_by(stripe_object.c.created_at, stripe_object.c.external_id))
    return {row.external_id: _kept(row) for row in rows}


def customers_linked(session: ReadSession) -> int:
    """Return how many of Stripe's customers are customers here."""
    linked = (stripe_object.c.kind == "customer") & stripe_object.c.organization_id.is_not(None)
    return int(session.execute(select(func.count()).where(linked)).scalar_one())


def progress(session: ReadSession) -> list[Progress]:
    """Return how far each stage of the last backfill came."""
    rows = session.execute(select(stripe_backfill).order_by(stripe_backfill.c.started_at, stripe_backfill.c.kind))
    return [Progress(row.kind, row.done, row.cursor, row.finished_at, row.error) for row in rows]


def customer_at_stripe(session: ReadSession, organization_id: UUID) -> str | None:
    """Return who a customer of ours is at Stripe, the newest of several, or None."""
    mine = (stripe_object.c.kind == "customer") & (stripe_object.c.organization_id == organization_id)
    statement = select(stripe_object.c.external_id).where(mine, ~stripe_object.c.deleted)
    found: str | None = session.execute(
        statement.order_by(stripe_object.c.created_at.desc()).limit(1)
    ).scalar_one_or_none()
    return found


def backfilled_at(session: ReadSession) -> datetime | None:
    """Return when the last backfill came to its end, or None: there was none, or it is under way."""
    ends = list(session.execute(select(stripe_backfill.c.finished_at)).scalars())
    return max(ends) if ends and None not in ends else None


def linked_to(session: ReadSession, kind: Kind, our_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these of ours an object of Stripe's of this kind stands for."""
    mine = (stripe_object.c.kind == kind) & stripe_object.c.our_id.in_(our_ids)
    return set(session.execute(select(stripe_object.c.our_id).where(mine)).scalars())


def customers_of_problems(session: ReadSession) -> list[str]:
    """Return the customers of Stripe's of whom a subscription could not be taken in."""
    with_problem = (stripe_object.c.kind == "subscription") & stripe_object.c.problem.is_not(None)
    found = select(stripe_object.c.parent).where(with_problem, stripe_object.c.parent.is_not(None)).distinct()
    return sorted(session.execute(found).scalars())


def last_heard(session: ReadSession) -> datetime | None:
    """Return when Stripe last told anything, or None where it never did."""
    found: datetime | None = session.execute(select(func.max(stripe_object.c.seen_at))).scalar_one()
    return found


def events_waiting(session: ReadSession) -> int:
    """Return how many events wait to be processed."""
    waiting = select(func.count()).where(stripe_event.c.processed_at.is_(None))
    return int(session.execute(waiting).scalar_one())


@dataclass(frozen=True)
class Ours:
    """An invoice or a payment of ours that stands for one of Stripe's; a refund is negative, and none has a state."""

    id: UUID
    external_id: str
    organization_id: UUID
    amount: Money
    state: str = ""
    paid: Money | None = None


def invoices_from_stripe(session: ReadSession) -> dict[str, Ours]:
    """Return our invoices that were taken in from Stripe, by Stripe's id."""
    rows = session.execute(select(invoice).where(invoice.c.source == "stripe").order_by(invoice.c.id))
    return {
        row.external_id: Ours(
            row.id,
            row.external_id,
            row.organization_id,
            Money(row.total_minor, row.currency),
            row.state,
            Money(row.paid_minor, row.currency),
        )
        for row in rows
    }


def payments_from_stripe(session: ReadSession) -> dict[str, Ours]:
    """Return our payments and refunds that Stripe collected, by the id of its payment intent or refund."""
    rows = session.execute(select(payment).where(payment.c.source == "stripe").order_by(payment.c.id))
    return {
        row.external_id: Ours(row.id, row.external_id, row.organization_id, Money(row.amount_minor, row.currency))
        for row in rows
    }


def payments_named(session: ReadSession, names: Collection[str]) -> dict[str, UUID]:
    """Return our payments and refunds that go by these ids of Stripe's."""
    mine = (payment.c.source == "stripe") & payment.c.external_id.in_(names)
    return {row.external_id: row.id for row in session.execute(select(payment.c.external_id, payment.c.id).where(mine))}


def payer_of(session: ReadSession, intent: str) -> str | None:
    """Return the customer of Stripe's whose invoice a payment intent paid."""
    paid, billed = stripe_object.alias("paid"), stripe_object.alias("billed")
    statement = (
        select(billed.c.parent)
        .join(paid, (paid.c.parent == billed.c.external_id) & (billed.c.kind == "invoice"))
        .where(paid.c.kind == "payment", paid.c.payload["payment"]["payment_intent"].astext == intent)
        .limit(1)
    )
    found: str | None = session.execute(statement).scalar_one_or_none()
    return found


def subscriptions_here(session: ReadSession, organization_ids: Sequence[UUID]) -> dict[UUID, Subscription]:
    """Return every subscription that these customers have or had here, by id."""
    mine = select(subscription).where(subscription.c.organization_id.in_(organization_ids))
    return {row.id: _subscription(row) for row in session.execute(mine.order_by(subscription.c.started_at))}


def newest_of_chains(here: Mapping[UUID, Subscription]) -> dict[UUID, Subscription]:
    """Return, for each subscription, the newest of its chain of changes: what an item of Stripe's stands for now."""
    newest: dict[UUID, Subscription] = {}
    for one in sorted(here.values(), key=lambda one: (one.started_at, one.id)):
        newest[one.agreement] = one
    return {key: newest[one.agreement] for key, one in here.items()}


def _subscription(row: Row[Any]) -> Subscription:
    plain = {name: getattr(row, name) for name in Subscription.__dataclass_fields__ if name != "amount"}
    return Subscription(**plain, amount=Money(row.amount_minor, row.currency))


def _kept(row: Row[Any]) -> Kept:
    return Kept(
        row.kind,
        row.external_id,
        row.seen_at,
        row.deleted,
        row.payload,
        row.organization_id,
        row.our_id,
        row.problem,
    )
