"""Runs of invoices: everybody's month drafted to be looked at, then finalized, each batch with what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, func, insert, or_, select, tuple_, update
from sqlalchemy import bindparam as given

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.drafting import UsageLines, draft_months, require_begun
from core.billing.invoices.locks import lock_runs
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import new_id
from core.money import Money
from core.periods import add_months, midnight
from db.models.billing import subscription
from db.models.invoice_runs import invoice_run, invoice_run_item
from db.models.invoices import invoice
from db.models.organizations import organization
from db.session import ReadSession, WriteSession

Stage = Literal["drafting", "drafted", "finalizing", "finalized"]
ItemState = Literal["waiting", "drafted", "nothing", "refused", "finalized"]
BATCH: Final = 100


@dataclass(frozen=True)
class Run:
    """A run as it stands: how many customers of each state, and what their invoices come to by currency."""

    id: UUID
    month: date
    stage: Stage
    started_label: str
    customers: int
    started_at: datetime
    drafted_at: datetime | None
    finalized_at: datetime | None
    counts: dict[str, int]
    totals: tuple[Money, ...]

    @property
    def done(self) -> int:
        """How many customers the present stage is through with."""
        left = {"drafting": "waiting", "finalizing": "drafted"}.get(self.stage, "")
        return self.customers - self.counts.get(left, 0)


@dataclass(frozen=True)
class RunItem:
    """One customer of a run; `reason` says why nothing could be drafted, or which credit waits."""

    organization_id: UUID
    customer: str
    state: ItemState
    reason: str | None
    invoice_ids: tuple[UUID, ...]
    totals: tuple[Money, ...]


def start_run(
    session: WriteSession, actor: Actor, month: date, *, now: datetime, organization_ids: Sequence[UUID] | None = None
) -> UUID:
    """Begin a run over everybody who had a subscription in the month or the one before, and return its id.

    Needs `invoice:create`; Conflict where a run of the month is not through yet.
    """
    actor.require_vendor()
    actor.require(Permission.INVOICE_CREATE)
    if month.day != 1:
        raise InvalidInput("Run a whole month: give its first day.", field="month")
    require_begun(month, now)
    lock_runs(session)
    under_way = invoice_run.c.stage.in_(["drafting", "finalizing"])
    if session.execute(select(invoice_run.c.id).where(invoice_run.c.month == month, under_way)).first():
        raise Conflict("A run of this month is under way. Wait until it is through.", code="run_under_way")
    whom = _customers(session, month, organization_ids)
    made = new_id()
    row: dict[str, Any] = {"id": made, "month": month, "stage": "drafting" if whom else "drafted", "started_at": now}
    row |= {"started_by": actor.id, "started_label": actor.label, "customers": len(whom)}
    session.execute(insert(invoice_run).values(row))
    if whom:
        items = [{"run_id": made, "organization_id": one, "state": "waiting"} for one in whom]
        session.execute(insert(invoice_run_item), items)
    after = {"month": f"{month:%Y-%m}", "customers": len(whom)}
    audit.record(session, actor, "invoice_run.started", ("invoice_run", str(made)), now=now, after=after)
    return made


def waiting(session: WriteSession, run_id: UUID, state: ItemState, limit: int = BATCH) -> list[Row[Any]]:
    """Return the next items of a run in a state, locked; two workers never have the same."""
    c = invoice_run_item.c
    statement = select(invoice_run_item).where(c.run_id == run_id, c.state == state).order_by(c.organization_id)
    return list(session.execute(statement.limit(limit).with_for_update(skip_locked=True)))


def draft_items(
    session: WriteSession, actor: Actor, run: Run, items: Sequence[Row[Any]], usage: UsageLines, *, now: datetime
) -> None:
    """Draft the month of some customers of a run, and write what came of it."""
    found = draft_months(session, actor, [row.organization_id for row in items], run.month, usage=usage, now=now)
    rows = []
    for row in items:
        one = found.get(row.organization_id)
        if one is None or one.refusal is not None:
            reason = one.refusal.message if one and one.refusal else "This customer is gone."
            rows.append(_item(row, "refused", reason))
            continue
        said = ", ".join(f"{amount} of credit waits for charges" for amount in one.waiting) or None
        rows.append(_item(row, "drafted" if one.invoice_ids else "nothing", said, one.invoice_ids))
    _write(session, run.id, rows)


def finalizable(session: ReadSession, items: Sequence[Row[Any]]) -> list[UUID]:
    """Return the drafts of some items that are still drafts, in the order of their customers."""
    ids = [one for row in items for one in row.invoice_ids]
    drafts = select(invoice.c.id).where(invoice.c.id.in_(ids), invoice.c.state == "draft", invoice.c.total_minor >= 0)
    there = set(session.execute(drafts).scalars())
    return [one for one in ids if one in there]


def mark_finalized(session: WriteSession, run_id: UUID, items: Sequence[Row[Any]]) -> None:
    """Note that the invoices of some items are out."""
    _write(session, run_id, [_item(row, "finalized", row.reason, row.invoice_ids) for row in items])


def approve_run(session: WriteSession, actor: Actor, run_id: UUID, *, now: datetime) -> None:
    """Let the drafts of a run be finalized; needs `invoice:finalize`. Conflict unless it is drafted."""
    actor.require_vendor()
    actor.require(Permission.INVOICE_FINALIZE)
    mine = (invoice_run.c.id == run_id) & (invoice_run.c.stage == "drafted")
    if session.execute(update(invoice_run).where(mine).values(stage="finalizing")).rowcount == 0:
        stage = run_by_id(session, actor, run_id).stage
        raise Conflict(f"This run is {stage}; one that is drafted can be finalized.", code=f"run_{stage}")
    audit.record(session, actor, "invoice_run.approved", ("invoice_run", str(run_id)), now=now)


def end_stage(session: WriteSession, run: Run, *, now: datetime) -> None:
    """Note that a run has nothing left to do in its stage."""
    after = {"drafting": ("drafted", "drafted_at"), "finalizing": ("finalized", "finalized_at")}[run.stage]
    values = {"stage": after[0], after[1]: now}
    session.execute(
        update(invoice_run).where(invoice_run.c.id == run.id, invoice_run.c.stage == run.stage).values(values)
    )


def runs(session: ReadSession, actor: Actor, *, limit: int = 24) -> tuple[Run, ...]:
    """Return the latest runs, the newest first; needs `finance:read`."""
    _may_read(actor)
    rows = session.execute(select(invoice_run).order_by(invoice_run.c.started_at.desc(), invoice_run.c.id).limit(limit))
    return tuple(_run(session, row) for row in rows.all())


def run_by_id(session: ReadSession, actor: Actor, run_id: UUID) -> Run:
    """Return a run as it stands, or raise NotFound."""
    _may_read(actor)
    row = session.execute(select(invoice_run).where(invoice_run.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such run.")
    return _run(session, row)


def run_items(
    session: ReadSession,
    actor: Actor,
    run_id: UUID,
    *,
    state: ItemState | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int = 100,
) -> tuple[RunItem, ...]:
    """Return the customers of a run by name, with what their invoices come to; the last one's name and id go on."""
    run_by_id(session, actor, run_id)
    c, name = invoice_run_item.c, func.lower(organization.c.name)
    statement = (
        select(invoice_run_item, organization.c.name)
        .join(organization, organization.c.id == c.organization_id)
        .where(c.run_id == run_id)
    )
    if state is not None:
        statement = statement.where(c.state == state)
    if after is not None:
        statement = statement.where(tuple_(name, c.organization_id) > tuple_(after[0].lower(), after[1]))
    rows = session.execute(statement.order_by(name, c.organization_id).limit(limit)).all()
    ids = [one for row in rows for one in row.invoice_ids]
    sums = select(invoice.c.id, invoice.c.total_minor, invoice.c.currency).where(invoice.c.id.in_(ids))
    totals = {row.id: Money(row.total_minor, row.currency) for row in session.execute(sums)}
    return tuple(
        RunItem(
            row.organization_id,
            row.name,
            row.state,
            row.reason,
            tuple(row.invoice_ids),
            tuple(totals[one] for one in row.invoice_ids if one in totals),
        )
        for row in rows
    )


def _may_read(actor: Actor) -> None:
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)


def _customers(session: ReadSession, month: date, only: Sequence[UUID] | None) -> list[UUID]:
    s = subscription.c
    since, until = add_months(midnight(month), -1), add_months(midnight(month), 1)
    ran = (s.started_at < until) & or_(s.ended_at.is_(None), s.ended_at >= since)
    live = select(organization.c.id).where(organization.c.realm == "customer", organization.c.archived_at.is_(None))
    statement = select(s.organization_id).where(ran, s.organization_id.in_(live)).distinct()
    if only is not None:
        statement = statement.where(s.organization_id.in_(only))
    return list(session.execute(statement.order_by(s.organization_id)).scalars())


def _item(row: Row[Any], state: ItemState, reason: str | None, ids: Sequence[UUID] = ()) -> dict[str, Any]:
    return {"whose": row.organization_id, "state": state, "reason": reason, "invoice_ids": list(ids)}


def _write(session: WriteSession, run_id: UUID, rows: Sequence[dict[str, Any]]) -> None:
    c = invoice_run_item.c
    columns: dict[str, Any] = {name: given(name) for name in ("state", "reason", "invoice_ids")}
    mine = (c.run_id == run_id) & (c.organization_id == given("whose"))
    session.execute(update(invoice_run_item).where(mine).values(columns), rows)


def _run(session: ReadSession, row: Row[Any]) -> Run:
    c = invoice_run_item.c
    counted = select(c.state, func.count().label("n")).where(c.run_id == row.id).group_by(c.state)
    ids = select(func.unnest(c.invoice_ids)).where(c.run_id == row.id)
    sums = (
        select(invoice.c.currency, func.sum(invoice.c.total_minor))
        .where(invoice.c.id.in_(ids))
        .group_by(invoice.c.currency)
        .order_by(invoice.c.currency)
    )
    same: dict[str, Any] = {name: getattr(row, name) for name in Run.__dataclass_fields__ if name in invoice_run.c}
    return Run(
        **same,
        counts={row.state: row.n for row in session.execute(counted)},
        totals=tuple(Money(int(minor), currency) for currency, minor in map(tuple, session.execute(sums))),
    )
