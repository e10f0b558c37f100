"""The pen of the cost and cash ledgers: entries are added once, whatever is sent again, and reversed, never edited."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Table, select
from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import Conflict, InvalidInput, NotFound
from core.finance.entries import NewCash, NewCost, check
from core.finance.flows import exchange_rates, product_order
from core.ids import new_id
from db.models.costs import cash_entry, cost_entry
from db.models.organizations import organization
from db.session import WriteSession

MANUAL: Final = "manual"
MOST: Final = 10_000
_LONGEST_SOURCE: Final = 60
_NAMES: Final = {"cost_entry": "cost", "cash_entry": "cash"}
# What makes two entries the same when one is sent again.
_SAID: Final = ("booked_on", "kind", "category", "organization_id", "product_id", "amount_minor", "currency", "note")


def book_costs(
    session: WriteSession, actor: Actor, entries: Sequence[NewCost], *, now: datetime, source: str = MANUAL
) -> tuple[UUID, ...]:
    """Add cost entries and return their ids in the order given; needs `finance:manage_costs`.

    An entry whose `external_id` the source has sent before is not added twice: the first one's id is returned, and
    Conflict raised where the two differ. All are added or none.
    """
    _may_book(actor, entries, source)
    check(entries, today=now.date(), rates=exchange_rates(session))
    _check_customers(session, {entry.organization_id for entry in entries if entry.organization_id is not None})
    _check_products({entry.product_id for entry in entries if entry.product_id is not None}, product_order(session))
    rows = [
        _row(entry, source, now)
        | {"kind": entry.kind, "organization_id": entry.organization_id, "product_id": entry.product_id}
        for entry in entries
    ]
    return _add(session, actor, cost_entry, rows, source=source, now=now)


def book_cash(
    session: WriteSession, actor: Actor, entries: Sequence[NewCash], *, now: datetime, source: str = MANUAL
) -> tuple[UUID, ...]:
    """Add cash entries as `book_costs` adds costs; needs `finance:manage_costs`."""
    _may_book(actor, entries, source)
    check(entries, today=now.date(), rates=exchange_rates(session))
    rows = [_row(entry, source, now) | {"category": entry.category} for entry in entries]
    return _add(session, actor, cash_entry, rows, source=source, now=now)


def reverse_cost(session: WriteSession, actor: Actor, entry_id: UUID, *, reason: str, now: datetime) -> UUID:
    """Add the mirror image of a cost entry on its own day, and return its id; Conflict where it has one already."""
    return _reverse(session, actor, cost_entry, entry_id, reason, now)


def reverse_cash(session: WriteSession, actor: Actor, entry_id: UUID, *, reason: str, now: datetime) -> UUID:
    """Add the mirror image of a cash entry on its own day, and return its id; Conflict where it has one already."""
    return _reverse(session, actor, cash_entry, entry_id, reason, now)


def _may_book(actor: Actor, entries: Sequence[NewCost] | Sequence[NewCash], source: str) -> None:
    actor.require_vendor()
    actor.require(Permission.FINANCE_MANAGE_COSTS)
    if not 0 < len(entries) <= MOST:
        raise InvalidInput(f"Book from 1 to {MOST:,} entries at a time.", field="entries")
    if not 0 < len(source) <= _LONGEST_SOURCE:
        raise InvalidInput(
            f"Name where the entries come from, in at most {_LONGEST_SOURCE} characters.", field="source"
        )


def _check_customers(session: WriteSession, wanted: set[UUID]) -> None:
    known = select(organization.c.id).where(organization.c.id.in_(wanted), organization.c.realm == "customer")
    if wanted - set(session.execute(known).scalars()):
        raise InvalidInput("There is no such customer. Choose one, or leave the customer out.", field="organizationId")


def _check_products(wanted: set[str], known: Sequence[str]) -> None:
    unknown = sorted(wanted - set(known))
    if unknown:
        raise InvalidInput(
            f"There is no product “{unknown[0][:40]}”. Give one of: {', '.join(known)}.", field="productId"
        )


def _row(entry: NewCost | NewCash, source: str, now: datetime) -> dict[str, Any]:
    made = new_id()
    return {
        "id": made,
        "booked_on": entry.booked_on,
        "amount_minor": entry.amount.minor,
        "currency": entry.amount.currency,
        "note": entry.note.strip() or None,
        "source": source,
        "external_id": entry.external_id or str(made),
        "recorded_at": now,
    }


def _add(
    session: WriteSession, actor: Actor, table: Table, rows: list[dict[str, Any]], *, source: str, now: datetime
) -> tuple[UUID, ...]:
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        if _differs(first.setdefault(row["external_id"], row), row):
            raise _told_otherwise(row)
    statement = insert(table).on_conflict_do_nothing(index_elements=["source", "external_id"])
    added = set(session.execute(statement.returning(table.c.id), list(first.values())).scalars())
    new = [row for row in first.values() if row["id"] in added]
    ids = {row["external_id"]: row["id"] for row in new}
    if len(new) < len(first):
        ids |= _sent_before(session, table, source, {name: row for name, row in first.items() if name not in ids})
    if new:
        _record(session, actor, table, new, source=source, now=now)
    return tuple(ids[row["external_id"]] for row in rows)


def _sent_before(session: WriteSession, table: Table, source: str, again: dict[str, dict[str, Any]]) -> dict[str, UUID]:
    known = select(table).where(table.c.source == source, table.c.external_id.in_(again))
    found = {row.external_id: row._mapping for row in session.execute(known)}
    for name, row in again.items():
        if _differs(found[name], row):
            raise _told_otherwise(row)
    return {name: row["id"] for name, row in found.items()}


def _differs(one: Any, other: dict[str, Any]) -> bool:
    return any(one[name] != other[name] for name in _SAID if name in other)


def _told_otherwise(row: dict[str, Any]) -> Conflict:
    return Conflict(
        f"“{row['external_id']}” of {row['source']} is booked already, with other values. Entries are never edited: "
        "reverse that one and book the right one under a new external id.",
        code="booked_otherwise",
    )


def _reverse(session: WriteSession, actor: Actor, table: Table, entry_id: UUID, reason: str, now: datetime) -> UUID:
    actor.require_vendor()
    actor.require(Permission.FINANCE_MANAGE_COSTS)
    if not reason.strip():
        raise InvalidInput("Say why it is reversed; whoever reads the books later will ask.", field="reason")
    row = session.execute(select(table).where(table.c.id == entry_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no such {_NAMES[table.name]} entry.")
    if row.reverses_id is not None:
        raise Conflict("This entry is itself a reversal. Book what is true as a new entry.", code="is_reversal")
    mirror = dict(row._mapping) | {
        "id": new_id(),
        "amount_minor": -row.amount_minor,
        "note": reason.strip(),
        "external_id": f"reversal of {entry_id}",
        "reverses_id": entry_id,
        "recorded_at": now,
    }
    added = session.execute(insert(table).values(mirror).on_conflict_do_nothing().returning(table.c.id))
    if added.one_or_none() is None:
        raise Conflict("This entry has been reversed already.", code="already_reversed")
    _record_reversal(session, actor, table, row, mirror, now)
    reversal: UUID = mirror["id"]
    return reversal


def _record(
    session: WriteSession, actor: Actor, table: Table, new: list[dict[str, Any]], *, source: str, now: datetime
) -> None:
    """Write the audit entry: one entry with what it says, or many with their number, days and totals."""
    name = _NAMES[table.name]
    if len(new) == 1:
        target, after = (table.name, str(new[0]["id"])), _told(new[0]) | {"source": source}
    else:
        totals: dict[str, int] = defaultdict(int)
        for row in new:
            totals[row["currency"]] += row["amount_minor"]
        days = [row["booked_on"].isoformat() for row in new]
        target = (table.name, source)
        after = {"entries": len(new), "from": min(days), "until": max(days), "totalsMinor": dict(totals)}
    # In the vendor's own trail, even where it is about a customer: costs are none of theirs to read.
    audit.record(session, actor, f"{name}.booked", target, now=now, after=after)


def _record_reversal(
    session: WriteSession, actor: Actor, table: Table, row: Row[Any], mirror: dict[str, Any], now: datetime
) -> None:
    audit.record(
        session,
        actor,
        f"{_NAMES[table.name]}.reversed",
        (table.name, str(row.id)),
        now=now,
        reason=mirror["note"],
        before=_told(dict(row._mapping)),
        after=_told(mirror),
    )


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(row[name]) for name in _SAID if row.get(name) is not None}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, UUID) else value
