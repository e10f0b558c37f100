"""The movement ledger's only pen, and new exchange rates; both append and never alter."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.reads import Subscription
from core.errors import Conflict, InvalidInput
from core.finance.exchange import REPORTING
from core.finance.movements import classify
from core.finance.reads import Movement, exchange_rates, last_movement_at, standing
from core.money import Money
from db.models.finance import fx_rate, movement
from db.session import WriteSession


def lock_ledger(session: WriteSession, organization_id: UUID) -> None:
    """Wait for, and hold until the commit, the right to move one customer's MRR.

    Whoever changes license and subscription together takes it first: what they then read is what they move from.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"ledger {organization_id}", 0))))


def record_movement(
    session: WriteSession,
    actor: Actor,
    before: Subscription | None,
    after: Subscription | None,
    *,
    now: datetime,
    effective_at: datetime | None = None,
    reason: str | None = None,
) -> Movement | None:
    """Append what the step from one subscription to the other does to the customer's MRR, and return it.

    None where it does nothing (monthly to quarterly at three times the price). Raises Conflict for a movement dated
    before the customer's last one: the kinds of the later ones would no longer be true.
    """
    actor.require_vendor()
    known = after or before
    if known is None:
        raise InvalidInput("A movement needs a subscription before it, after it, or both.")
    lock_ledger(session, known.organization_id)
    at = effective_at or now
    _check_order(session, known.organization_id, at)
    change = (after.mrr if after else Money(0, known.amount.currency)) - (
        before.mrr if before else Money(0, known.amount.currency)
    )
    # A rate must exist now, while a person is there to name one, not when the month is reported.
    exchange_rates(session).on(change.currency, at.date())
    came_from = before if before and after and before.tier_id != after.tier_id and before.mrr else None
    kind = classify(standing(session, known.organization_id, at), change, changes_tier=came_from is not None)
    if kind is None:
        return None
    values = {
        "organization_id": known.organization_id,
        "subscription_id": known.id,
        "tier_id": known.tier_id,
        "from_tier_id": came_from.tier_id if came_from else None,
        "moved_minor": came_from.mrr.minor if came_from else 0,
        "kind": kind,
        "effective_at": at,
        "recorded_at": now,
        "reason": reason,
    }
    made = _append(session, values, change)
    _record(session, actor, made, now)
    return made


def add_rate(
    session: WriteSession, actor: Actor, base: str, valid_from: date, rate: Decimal, source: str, *, now: datetime
) -> None:
    """Report `base` at `rate` dollars from a UTC day on; Conflict unless it is later than every rate known."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_MANAGE_COSTS)
    Money(0, base)
    if rate <= 0 or base == REPORTING:
        raise InvalidInput(f"Give a rate above zero, from another currency to {REPORTING}.", field="rate")
    known = exchange_rates(session).steps.get(base, ())
    if known and valid_from <= known[-1][0]:
        raise Conflict(
            f"Rates for {base} are fixed up to {known[-1][0]}: figures already reported must not change.",
            code="rate_fixed",
        )
    session.execute(insert(fx_rate).values(base=base, quote=REPORTING, valid_from=valid_from, rate=rate, source=source))
    after = {"rate": str(rate), "validFrom": valid_from.isoformat(), "source": source}
    audit.record(session, actor, "exchange_rate.added", ("exchange_rate", base), now=now, after=after)


def _check_order(session: WriteSession, organization_id: UUID, at: datetime) -> None:
    last = last_movement_at(session, organization_id)
    if last is not None and at < last:
        raise Conflict(
            f"This customer's ledger already has a movement of {last:%Y-%m-%d %H:%M} UTC; date this one later.",
            code="ledger_order",
        )


def _append(session: WriteSession, values: dict[str, Any], change: Money) -> Movement:
    row = session.execute(
        insert(movement)
        .values(**values, mrr_change_minor=change.minor, currency=change.currency)
        .returning(movement.c.id)
    ).one()
    return Movement(id=row.id, change=change, **{name: values[name] for name in values if name != "moved_minor"})


def _record(session: WriteSession, actor: Actor, made: Movement, now: datetime) -> None:
    after = {"kind": made.kind, "changeMinor": made.change.minor, "currency": made.change.currency}
    audit.record(
        session,
        actor,
        "movement.recorded",
        ("movement", str(made.id)),
        now=now,
        organization_id=made.organization_id,
        reason=made.reason,
        after=after,
    )
