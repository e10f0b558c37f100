"""What an export brings beside customers and subscriptions: past invoices with their markers, and their movements."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert

from core.access import audit
from core.access.actor import Actor
from core.billing.invoices.addresses import Address
from core.billing.invoices.past import PastInvoice, record_past_invoices
from core.billing.invoices.sellers import NewSeller, add_seller, all_sellers
from core.ids import new_id
from core.imports.chartmogul import catalog, reads
from core.imports.chartmogul.bills import Bill
from core.imports.chartmogul.checking import Moving, until_of
from core.imports.findings import Finding
from core.imports.reads import may_import
from core.imports.rows import SubscriptionRow
from core.imports.writes import Marker, lock_books, mark_rows, marked
from db.models.chartmogul import chartmogul_export, chartmogul_movement
from db.session import WriteSession

AT_ONCE: Final = 50
_LONGEST_NUMBER: Final = 60


def seller_for(session: WriteSession, actor: Actor, moving: Moving, *, now: datetime) -> UUID | None:
    """Return who sold: the oldest legal entity there is, else the mapping's, which is added; None without either."""
    there = all_sellers(session)
    said = moving.mapping.seller
    if there or said is None:
        return there[0].id if there else None
    return add_seller(session, actor, NewSeller(Address(said.name, country=said.country), said.prefix), now=now).id


def take_bills(
    session: WriteSession, actor: Actor, run_id: UUID, moving: Moving, bills: Sequence[Bill], *, now: datetime
) -> list[Finding]:
    """Record some invoices with their markers, those that are not in yet, and return what was refused."""
    may_import(actor)
    books = moving.mapping.books
    lock_books(session, books)
    done = marked(session, books, [one.origin.key for one in bills])
    owners = marked(session, books, [(catalog.SOURCE, one.customer[1]) for one in bills])
    seller_id = seller_for(session, actor, moving, now=now)
    fresh = [one for one in bills if one.origin.key not in done]
    if seller_id is None:
        said = "Add a legal entity, or name a seller in the mapping, and import again: the invoices come in then."
        return [_finding(one, "missing_seller", said) for one in fresh]
    ready = [one for one in fresh if one.customer in owners]
    taken = reads.numbers_taken(session, seller_id, [one.origin.id for one in ready])
    ours = reads.subscriptions_of(session, [owners[one.customer] for one in ready])
    past = [_past(one, owners[one.customer], seller_id, moving, ours, taken) for one in ready]
    record_past_invoices(session, actor, past, source=books, now=now)
    doubtful = {one.id for one in moving.checked.findings if one.verdict == "doubtful"}
    mark_rows(
        session,
        books,
        run_id,
        [Marker(one.origin.key, one.origin.digest, owners[one.customer], one.origin.id in doubtful) for one in ready],
    )
    said = "Its customer did not come in."
    return [_finding(one, "refused_reference", said) for one in fresh if one.customer not in owners]


def keep_movements(session: WriteSession, actor: Actor, moving: Moving, *, now: datetime) -> UUID | None:
    """Keep what ChartMogul says of MRR beside our ledger, unless it is what was kept last; return the export's id."""
    may_import(actor)
    last = reads.last_export(session)
    until = until_of(moving, now)
    if not moving.movements or (
        last is not None and (last.digest, last.asked) == (moving.digest, moving.mapping.as_of)
    ):
        return None
    made = new_id()
    values = {"id": made, "books": moving.mapping.books, "source": moving.source, "digest": moving.digest}
    values |= {"currency": moving.mapping.currency, "until": until, "kept_at": now}
    session.execute(insert(chartmogul_export).values(values))
    session.execute(insert(chartmogul_movement), [{"export_id": made, **row} for row in _rows(moving)])
    after = {"movements": len(moving.movements), "until": until.isoformat(), "source": moving.source}
    audit.record(session, actor, "chartmogul.kept", ("chartmogul", str(made)), now=now, after=after)
    return made


def _rows(moving: Moving) -> Iterator[dict[str, object]]:
    for one in moving.movements:
        yield {
            "external_id": one.external_id,
            "customer": one.customer,
            "subscription": one.subscription,
            "plan": one.plan,
            "kind": one.kind,
            "effective_at": one.at,
            "change_minor": one.change,
            "mrr_minor": one.mrr,
        }


def _finding(one: Bill, code: str, sentence: str) -> Finding:
    return Finding(one.origin.file, one.origin.line, one.origin.id, code, sentence)


def _past(
    one: Bill,
    owner: UUID,
    seller_id: UUID,
    moving: Moving,
    ours: Mapping[reads.Terms, UUID],
    taken: frozenset[str],
) -> PastInvoice:
    lines = []
    for line, chain in zip(one.lines, one.chains, strict=True):
        found = _in_force(moving.chains.get(chain[0], ()), chain[1]) if chain else None
        key = reads.Terms(owner, found.tier, found.starts, found.amount, found.quantity) if found else None
        lines.append(replace(line, subscription_id=ours.get(key)) if key else line)
    number = one.origin.id
    return PastInvoice(
        owner,
        seller_id,
        one.issued_on,
        one.due_on,
        tuple(lines),
        one.payments,
        number if len(number) <= _LONGEST_NUMBER and number not in taken else None,
        one.state,
        external_id=number,
    )


def _in_force(rows: Sequence[SubscriptionRow], at: datetime) -> SubscriptionRow | None:
    return next((row for row in rows if row.lives(at)), None)
