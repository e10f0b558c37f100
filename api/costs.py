"""Costs and cash over HTTP: entries sent once, however often, taken back by a reversal, and read newest first."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.depends import AsOf, CurrentActor, Now, Reading, StrictRoute, Writing
from api.once import Idempotent
from api.schemas.costs import BookCash, BookCost, CashList, CostList, EntryId, ReverseEntry
from core.finance.booked import MOST, booked_cash, booked_costs, cash_named, cost_named
from core.finance.booking import book_cash, book_costs, reverse_cash, reverse_cost

router = APIRouter(tags=["Finance"], route_class=StrictRoute)
Before = Annotated[UUID | None, Query(description="The `nextBefore` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MOST)]


@router.get("/costs", summary="Costs of serving customers, newest first")
def costs(actor: CurrentActor, session: Reading, as_of: AsOf, before: Before = None, limit: Limit = 100) -> CostList:
    """Return cost entries of days until `asOf`, with who each is for and what became of it."""
    return CostList.of(booked_costs(session, actor, as_of=as_of, before=before, limit=limit), limit)


@router.post("/costs", status_code=201, summary="Record a cost")
def add_cost(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, body: BookCost) -> EntryId:
    """Add a cost entry. Sent again under the same `externalId` it is not added twice; 409 where the two differ."""

    def work() -> EntryId:
        return EntryId(id=book_costs(session, actor, [body.entry()], now=now, source=body.source)[0])

    return once(EntryId, work)


@router.post("/costs/reverse", summary="Reverse a cost")
def take_cost_back(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, body: ReverseEntry) -> EntryId:
    """Add the opposite of a cost on its own day; both stay in the books. 409 where it has been reversed."""

    def work() -> EntryId:
        entry_id = cost_named(session, actor, body.source, body.external_id)
        return EntryId(id=reverse_cost(session, actor, entry_id, reason=body.reason, now=now))

    return once(EntryId, work)


@router.get("/cash", summary="The cash ledger, newest first")
def cash(actor: CurrentActor, session: Reading, as_of: AsOf, before: Before = None, limit: Limit = 100) -> CashList:
    """Return cash entries of days until `asOf`; what came in is positive."""
    return CashList.of(booked_cash(session, actor, as_of=as_of, before=before, limit=limit), limit)


@router.post("/cash", status_code=201, summary="Record a movement of cash")
def add_cash(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, body: BookCash) -> EntryId:
    """Add a cash entry. Sent again under the same `externalId` it is not added twice; 409 where the two differ."""

    def work() -> EntryId:
        return EntryId(id=book_cash(session, actor, [body.entry()], now=now, source=body.source)[0])

    return once(EntryId, work)


@router.post("/cash/reverse", summary="Reverse a movement of cash")
def take_cash_back(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, body: ReverseEntry) -> EntryId:
    """Add the opposite of a cash entry on its own day; both stay in the books. 409 where it has been reversed."""

    def work() -> EntryId:
        entry_id = cash_named(session, actor, body.source, body.external_id)
        return EntryId(id=reverse_cash(session, actor, entry_id, reason=body.reason, now=now))

    return once(EntryId, work)
