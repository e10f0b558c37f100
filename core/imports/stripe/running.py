"""What the jobs do: ask Stripe for what an event is about, or for everything, keep it, and take it into our books."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.accounts.stripe_payments import record_intent
from core.billing.stripe import writes
from core.billing.stripe.kinds import LISTED, LOOKED_INTO, Kind, parent_of
from core.billing.stripe.reads import (
    customers_of_problems,
    event_by_id,
    kept,
    kept_all,
    kept_under,
    next_events,
    payer_of,
    progress,
)
from core.billing.stripe.terms import items_of
from core.billing.stripe_gateway import Account, one, page, payment_intent
from core.databases import Databases
from core.errors import CalosError, InvalidInput, UpstreamFailed
from core.imports.running import require_no_demo, vendor_actor
from core.imports.stripe.invoices import take_invoices
from core.imports.stripe.subscriptions import take_subscriptions
from core.imports.stripe.taking import SOURCE, Taking, may_take, take_customer
from db.session import SYSTEM, WriteSession

# The last stage of a backfill: what Stripe told becomes customers and subscriptions.
BOOKS: Final = "books"
AT_ONCE: Final = 20

Clock = Callable[[], datetime]
# Told the stage and how many objects or customers of it are done.
Report = Callable[[str, int], object]


@dataclass(frozen=True)
class Running:
    """What every step needs: where things are kept, who is asked, and what time it is."""

    databases: Databases
    account: Account
    clock: Clock


def process_events(running: Running) -> None:
    """Process every event that waits, as they happened; what fails is noted on it, and the others go on.

    Raises at the end what one of them failed for, and at once where Stripe is silent; a job tries again.
    """
    tried: set[str] = set()
    failure: CalosError | None = None
    while True:
        with running.databases.control.read(SYSTEM) as session:
            since = running.clock() - writes.GIVEN_UP_AFTER
            batch = next_events(session, tried, since=since, limit=AT_ONCE)
        if not batch:
            break
        for event_id in batch:
            tried.add(event_id)
            try:
                process_event(running, event_id)
            except UpstreamFailed:
                raise
            except CalosError as refused:
                failure = refused
    if failure is not None:
        raise failure


def process_event(running: Running, event_id: str) -> None:
    """Do what an event asks for: look at its object as it is NOW, so that events may come in any order, and twice.

    Raises what Stripe's silence raises, noted on the event; a job tries again.
    """
    with running.databases.control.read(SYSTEM) as session:
        event = event_by_id(session, event_id)
    if event is None or event.processed:
        return
    try:
        kind = LOOKED_INTO.get(event.object_kind)
        if kind is not None:
            _take_all(running, _refresh(running, kind, event.object_id), at=event.created)
        elif event.object_kind == "payment_intent":
            _settle(running, event.object_id)
    except CalosError as why:
        with running.databases.control.write(SYSTEM) as session:
            writes.event_failed(session, event_id, why.message)
        raise
    with running.databases.control.write(SYSTEM) as session:
        writes.event_processed(session, event_id, now=running.clock())


def backfill(running: Running, *, into_demo: bool = False, report: Report) -> None:
    """Take in everything Stripe has; one that was stopped goes on where it was. Each page is committed by itself.

    Raises Conflict where the demo world lives, unless `into_demo`.
    """
    with running.databases.control.write(SYSTEM) as session:
        if not (into_demo or may_take(session)):
            require_no_demo(session)
        writes.begin_backfill(session, (*LISTED, BOOKS), now=running.clock())
        left = [found for found in progress(session) if found.finished_at is None]
    stages = {found.stage: found for found in left}
    for stage in (*LISTED, BOOKS):
        if stage not in stages:
            continue
        try:
            if stage == BOOKS:
                _take_everybody(running, stages[stage].cursor, stages[stage].done, report)
            else:
                _take_pages(running, stage, stages[stage].cursor, stages[stage].done, report)
        except CalosError as why:
            with running.databases.control.write(SYSTEM) as session:
                writes.backfill_failed(session, stage, why.message)
            raise


def _take_pages(running: Running, kind: Any, cursor: str | None, done: int, report: Report) -> None:
    while True:
        asked_at = running.clock()
        try:
            found = page(running.account, kind, cursor)
        except InvalidInput as refused:
            if cursor is None or refused.field is not None:
                raise
            # What the cursor stood at is gone from Stripe: the kind is read from its beginning again.
            cursor, done = None, 0
            continue
        with running.databases.control.write(SYSTEM) as session:
            _keep(session, kind, found.objects, asked_at)
            writes.backfill_came(session, kind, found.next, len(found.objects), now=running.clock())
        cursor, done = found.next, done + len(found.objects)
        report(kind, done)
        if cursor is None:
            return


def _take_everybody(running: Running, cursor: str | None, done: int, report: Report) -> None:
    with running.databases.control.read(SYSTEM) as session:
        everybody = sorted(kept_all(session, "customer"))
    waiting = [each for each in everybody if cursor is None or each > cursor]
    batches = [waiting[begin : begin + AT_ONCE] for begin in range(0, len(waiting), AT_ONCE)] or [[]]
    for number, batch in enumerate(batches, 1):
        now = running.clock()
        with running.databases.control.write(SYSTEM) as session:
            _take(session, batch, at=now, now=now)
            reached = batch[-1] if number < len(batches) else None
            writes.backfill_came(session, BOOKS, reached, len(batch), now=now)
        done += len(batch)
        report(BOOKS, done)


def _settle(running: Running, external_id: str) -> None:
    """Record what Stripe collected for an invoice of ours."""
    intent = payment_intent(running.account, external_id)
    if intent is not None:
        now = running.clock()
        with running.databases.control.write(SYSTEM) as session:
            record_intent(session, vendor_actor(session, SOURCE, now=now), intent, now=now)


def _refresh(running: Running, kind: Kind, external_id: str) -> list[str]:
    """Keep an object as it is now, with those it needs, and return which customers it concerns."""
    asked_at = running.clock()
    found = one(running.account, kind, external_id)
    with running.databases.control.write(SYSTEM) as session:
        before = kept(session, kind, external_id)
        if found is None:
            writes.object_gone(session, kind, external_id, seen_at=asked_at)
        else:
            _keep(session, kind, [found], asked_at)
        told = found or (before.payload if before else {})
        if kind in {"product", "price"}:
            return customers_of_problems(session)
        needed = _needed(session, kind, told)
    for needs, name in needed:
        _refresh(running, needs, name)
    with running.databases.control.write(SYSTEM) as session:
        return _concerned(session, kind, external_id, told)


def _concerned(session: WriteSession, kind: Kind, external_id: str, told: Any) -> list[str]:
    """Return the customers of Stripe's in whose books something may change by what was told."""
    if kind == "customer":
        return [external_id]
    if kind == "refund":
        whose = payer_of(session, parent_of(kind, told) or "")
    else:
        whose = parent_of(kind, told) if kind in {"subscription", "invoice"} else None
    return [whose] if whose else []


def _needed(session: WriteSession, kind: Kind, told: Any) -> list[tuple[Kind, str]]:
    """Return what an object stands on and nobody has told of yet."""
    wanted: list[tuple[Kind, str | None]] = []
    if kind in {"subscription", "invoice"}:
        wanted.append(("customer", parent_of(kind, told)))
    if kind == "subscription":
        wanted += [("product", parent_of("price", item["price"])) for item in items_of(told)]
    return [(each, name) for each, name in dict.fromkeys(wanted) if name and kept(session, each, name) is None]


def _keep(session: WriteSession, kind: Kind, objects: Iterable[dict[str, Any]], asked_at: datetime) -> None:
    told = list(objects)
    writes.keep_objects(session, kind, told, seen_at=asked_at)
    if kind == "invoice":
        paid = [each for invoice in told for each in (invoice.get("payments") or {}).get("data", [])]
        writes.keep_objects(session, "payment", paid, seen_at=asked_at)


def _take_all(running: Running, customers: list[str], *, at: datetime) -> None:
    for begin in range(0, len(customers), AT_ONCE):
        with running.databases.control.write(SYSTEM) as session:
            if may_take(session):
                _take(session, customers[begin : begin + AT_ONCE], at=at, now=running.clock())


def _take(session: WriteSession, customers: Iterable[str], *, at: datetime, now: datetime) -> None:
    """Take customers in; what one of them is refused for is noted on their subscriptions, and the others come in."""
    taking = Taking(session, vendor_actor(session, SOURCE, now=now), at, now)
    for customer_id in customers:
        take_customer(taking, customer_id)
        try:
            with session.connection.begin_nested():
                take_subscriptions(taking, customer_id)
        except CalosError as refused:
            for each in kept_under(session, "subscription", [customer_id]).values():
                writes.became(
                    session,
                    "subscription",
                    each.external_id,
                    organization_id=each.organization_id,
                    our_id=None,
                    problem=refused.message,
                )
        take_invoices(taking, customer_id)
