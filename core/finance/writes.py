"""The movement ledger's only pen, and new exchange rates; both append and never alter."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.reads import Subscription
from core.errors import Conflict, InvalidInput
from core.finance.exchange import REPORTING
from core.finance.movements import Entry, Step, entries
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
    known = after or before
    if known is None:
        raise InvalidInput("A movement needs a subscription before it, after it, or both.")
    step = Step(effective_at or now, before, after, reason)
    made = _append(session, actor, known.organization_id, [step], now)
    if not made:
        return None
    _record(session, actor, made[0], now)
    return made[0]


def append_history(
    session: WriteSession, actor: Actor, organization_id: UUID, steps: Sequence[Step], *, now: datetime
) -> int:
    """Append what the dated steps of one customer's subscriptions did, oldest first; return how many movements.

    For imports: kinds are told in memory, rows go in one statement, and one audit entry says how many. Raises Conflict
    where the ledger already has a later movement of this customer, InvalidInput for steps out of order.
    """
    made = _append(session, actor, organization_id, steps, now)
    if made:
        first, last = (one.effective_at.date().isoformat() for one in (made[0], made[-1]))
        after = {"movements": len(made), "from": first, "to": last}
        target = ("organization", str(organization_id))
        audit.record(
            session, actor, "movements.imported", target, now=now, organization_id=organization_id, after=after
        )
    return len(made)


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


def _append(
    session: WriteSession, actor: Actor, organization_id: UUID, steps: Sequence[Step], now: datetime
) -> list[Movement]:
    actor.require_vendor()
    if not steps:
        return []
    if any(later.at < earlier.at for earlier, later in pairwise(steps)):
        raise InvalidInput("Steps come in the order of their dates, oldest first.", code="ledger_order")
    if any(one.organization_id != organization_id for step in steps for one in step[1:3] if one):
        raise InvalidInput("Each step is of a subscription of this customer.", code="foreign_subscription")
    lock_ledger(session, organization_id)
    _check_order(session, organization_id, steps[0].at)
    new = list(entries(standing(session, organization_id, steps[0].at), steps))
    if not new:
        return []
    rates = exchange_rates(session)
    for entry in new:
        # A rate must exist now, while a person is there to name one, not when the month is reported.
        rates.on(entry.change.currency, entry.effective_at.date())
    rows = [_row(entry, organization_id, now) for entry in new]
    ids = session.execute(insert(movement).returning(movement.c.id, sort_by_parameter_order=True), rows).scalars()
    return [_movement(entry, made, organization_id, now) for entry, made in zip(new, ids, strict=True)]


def _row(entry: Entry, organization_id: UUID, now: datetime) -> dict[str, Any]:
    said = {name: getattr(entry, name) for name in Entry.__dataclass_fields__ if name != "change"}
    amounts = {"mrr_change_minor": entry.change.minor, "currency": entry.change.currency}
    return {**said, **amounts, "organization_id": organization_id, "recorded_at": now}


def _movement(entry: Entry, made: int, organization_id: UUID, now: datetime) -> Movement:
    said = {name: getattr(entry, name) for name in Movement.__dataclass_fields__ if hasattr(entry, name)}
    return Movement(id=made, organization_id=organization_id, recorded_at=now, **said)


def _check_order(session: WriteSession, organization_id: UUID, at: datetime) -> None:
    last = last_movement_at(session, organization_id)
    if last is not None and at < last:
        raise Conflict(
            f"This customer's ledger already has a movement of {last:%Y-%m-%d %H:%M} UTC; date this one later.",
            code="ledger_order",
        )


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
