"""What came to and went from each part of the ledger, grouped by the database, and the dated rates beside it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import pandas as pd
from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    case,
    cast,
    distinct,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from core.finance.days import by_day
from core.finance.exchange import REPORTING, Rates
from db.models.billing import product, tier_product
from db.models.finance import fx_rate, movement
from db.models.organizations import organization
from db.session import ReadSession
from db.types import Instant

DIMENSIONS: Final = ("tier", "product", "country", "segment", "currency", "customer")
# The product of a tier that has none.
NO_PRODUCT: Final = "other"
_COUNTED: Final = ("new", "churn", "reactivation")
Where = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Cut:
    """How finely the ledger is read: by which dimensions, of what, and by customer within them or not.

    `where` holds ids; of a customer the organization's. `edges` are instants, ascending: flows between the same two are
    one row. Nothing of the last one or later is read.
    """

    by: tuple[str, ...]
    where: Where
    edges: tuple[datetime, ...]
    customers: bool


def exchange_rates(session: ReadSession) -> Rates:
    """Return every dated rate into REPORTING."""
    r = fx_rate.c
    lists = [func.array_agg(aggregate_order_by(each, r.valid_from)) for each in (r.valid_from, cast(r.rate, Text))]
    found: Any = session.execute(select(r.base, *lists).where(r.quote == REPORTING).group_by(r.base).order_by(r.base))
    return Rates({base: tuple(zip(begins, map(Decimal, rates), strict=True)) for base, begins, rates in found})


def flows(session: ReadSession, cut: Cut) -> pd.DataFrame:
    """Return what moved: the columns of `cut.by`, currency, kind, bucket, minor, events, and organization_id if asked.

    `bucket` n lies between edge n - 1 and edge n; bucket 0 is all that came before the first, whatever its kind (it
    is ""). `minor` is in the row's own currency; `events` counts movements that won or lost a customer.
    """
    # Columns as one value each: for rows by the ten thousand, reading a row takes longer than the query.
    moved = _statement(cut).subquery()
    whole = {"minor": BigInteger, "events": BigInteger}
    columns = [cast(each, whole[each.name]) if each.name in whole else each for each in moved.c]
    lists = session.execute(select(*(func.array_agg(each) for each in columns))).one()
    frame = pd.DataFrame({each.name: one or [] for each, one in zip(moved.c, lists, strict=True)})
    return frame.astype({"minor": "int64", "events": "int64", "bucket": "int64"})


def names_of(session: ReadSession, organization_ids: Collection[str]) -> dict[str, str]:
    """Return the names of some organizations by their ids as text."""
    ids = cast(list(organization_ids), ARRAY(Uuid))
    statement = select(organization.c.id, organization.c.name).where(organization.c.id == func.any(ids))
    return {str(row.id): row.name for row in session.execute(statement)}


def first_movements(session: ReadSession, since: datetime, until: datetime) -> pd.DataFrame:
    """Return the movement with which each customer came: organization_id (text), first_at, minor, currency.

    Of those who first paid at `since` or later, and before `until`.
    """
    m = movement.c
    columns = (cast(m.organization_id, Text).label("organization_id"), m.effective_at.label("first_at"))
    statement = select(*columns, m.mrr_change_minor.label("minor"), m.currency).where(
        m.kind == "new", m.effective_at >= since, m.effective_at < until
    )
    rows = session.execute(statement.order_by(m.effective_at, m.id)).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=["organization_id", "first_at", "minor", "currency"])
    return frame.astype({"first_at": "datetime64[us, UTC]", "minor": "int64"})


def product_order(session: ReadSession) -> list[str]:
    """Return the ids of all products in the order in which they are shown."""
    return list(session.execute(select(product.c.id).order_by(product.c.rank, product.c.id)).scalars())


def _statement(cut: Cut) -> Select[Any]:
    if not cut.customers and {*cut.by, *cut.where} <= {"tier", "currency"}:
        return _by_day(cut)
    placed = {"tier", "product"} & {*cut.by, *cut.where}
    legs = _legs(cut, transfers=bool(placed))
    if "product" in placed:
        legs = _split(_begun(legs))
    of = _columns(legs)
    kind = case((legs.c.bucket == 0, ""), else_=legs.c.kind)
    names = list(dict.fromkeys([*(name for name in cut.by if name != "customer"), "currency"]))
    key = [of[name].label(name) for name in names]
    if cut.customers or "customer" in cut.by:
        key.append(cast(legs.c.organization_id, Text).label("organization_id"))
    key += [kind.label("kind"), legs.c.bucket]
    # Without the product among the groups, a movement split over several is one all the same.
    once = distinct(legs.c.id) if "product" in placed and "product" not in cut.by else literal(1)
    counted = func.count(once).filter(legs.c.kind.in_(_COUNTED))
    sums = (func.sum(legs.c.minor).label("minor"), counted.label("events"))
    kept = [of[name].in_(list(cut.where[name])) for name in placed & {*cut.where}]
    return _joined(select(*key, *sums).select_from(legs), cut, legs).where(*kept).group_by(*key)


def _by_day(cut: Cut) -> Select[Any]:
    """Return the same from the sums that the database keeps by the day: movements are read where an edge cuts one."""
    legs = by_day(cut.edges, transfers="tier" in {*cut.by, *cut.where})
    of = {"tier": legs.c.tier_id, "currency": legs.c.currency}
    kind = case((legs.c.bucket == 0, ""), else_=legs.c.kind)
    key: list[Any] = [of[name].label(name) for name in dict.fromkeys((*cut.by, "currency"))]
    key += [kind.label("kind"), legs.c.bucket]
    counted = func.coalesce(func.sum(legs.c.movements).filter(legs.c.kind.in_(_COUNTED)), 0)
    sums = (func.sum(legs.c.minor).label("minor"), counted.label("events"))
    kept = [of[name].in_(list(values)) for name, values in cut.where.items()]
    return select(*key, *sums).where(*kept).group_by(*key)


def _legs(cut: Cut, *, transfers: bool) -> CTE:
    """Return what each movement does to each place: the change itself, and what came along from another place."""
    m = movement.c
    until = and_(m.effective_at < cut.edges[-1], *_of_customers(cut))
    bucket = func.width_bucket(m.effective_at, literal(list(cut.edges), ARRAY(Instant))).label("bucket")
    common = (m.id, m.organization_id, m.currency, m.effective_at.label("at"), bucket)

    def leg(tier: Any, product_id: Any, kind: Any, minor: Any, order: int) -> Select[Any]:
        place = (tier.label("tier_id"), product_id.label("product_id"))
        return select(*common, *place, kind.label("kind"), minor.label("minor"), literal(order).label("leg"))

    change = leg(m.tier_id, m.product_id, m.kind, m.mrr_change_minor, 2).where(until, m.mrr_change_minor != 0)
    if not transfers:
        return change.cte("legs")
    moved, along = m.from_tier_id.is_not(None), literal("transfer")
    out_of = leg(m.from_tier_id, m.from_product_id, along, -m.moved_minor, 0).where(until, moved)
    into = leg(m.tier_id, m.product_id, along, m.moved_minor, 1).where(until, moved)
    return union_all(change, out_of, into).cte("legs")


def _of_customers(cut: Cut) -> list[ColumnElement[bool]]:
    m, wanted = movement.c, cut.where
    found: list[ColumnElement[bool]] = []
    if "currency" in wanted:
        found.append(m.currency.in_(list(wanted["currency"])))
    if "customer" in wanted:
        found.append(m.organization_id.in_(list(wanted["customer"])))
    return found


def _begun(legs: CTE) -> CTE:
    """Return the legs with all that came before the first edge as one a place: the split has less to look at."""
    c = legs.c
    place = (c.organization_id, c.tier_id, c.product_id, c.currency, c.bucket)
    early = c.bucket == 0
    one = [case((early, value), else_=c[name]).label(name) for name, value in (("id", 0), ("kind", ""), ("leg", 0))]
    at = case((early, None), else_=c.at).label("at")
    return select(*place, *one, at, func.sum(c.minor).label("minor")).group_by(*place, *one, at).cte("begun")


def _split(legs: CTE) -> CTE:
    """Return the legs by product.

    A customer's MRR of a tier is split to the cent: the running sum of shares is rounded, so that the parts add up to
    the whole and each is within a cent of its share; a movement is the difference of two such splits.
    """
    shares = _shares()
    place = (legs.c.organization_id, legs.c.tier_id, legs.c.product_id, legs.c.currency)
    after = func.sum(legs.c.minor).over(partition_by=place, order_by=(legs.c.bucket, legs.c.at, legs.c.id, legs.c.leg))
    run = select(legs, after.label("after")).cte("run")
    parts = _part(run.c.after, shares) - _part(run.c.after - run.c.minor, shares)
    whole = shares.c.product_id.is_(None)
    return (
        select(
            run.c.id,
            run.c.organization_id,
            run.c.currency,
            run.c.bucket,
            run.c.tier_id,
            run.c.kind,
            func.coalesce(run.c.product_id, shares.c.product_id, NO_PRODUCT).label("product_id"),
            case((whole, run.c.minor), else_=parts).label("minor"),
        )
        .select_from(run)
        .outerjoin(shares, and_(shares.c.tier_id == run.c.tier_id, run.c.product_id.is_(None)))
        .cte("split")
    )


def _shares() -> CTE:
    """Return for each product of a tier how much of the tier all products up to it are; the last is the whole."""
    t = tier_product.c
    upto = func.sum(t.share).over(partition_by=t.tier_id, order_by=(product.c.rank, product.c.id))
    whole = func.sum(t.share).over(partition_by=t.tier_id)
    return (
        select(t.tier_id, t.product_id, t.share, upto.label("upto"), whole.label("whole")).join(product).cte("shares")
    )


def _part(minor: Any, shares: CTE) -> Any:
    s = shares.c
    return func.round(minor * s.upto / s.whole) - func.round(minor * (s.upto - s.share) / s.whole)


def _columns(legs: CTE) -> dict[str, Any]:
    country, segment = (func.coalesce(organization.c[name], "") for name in ("country", "segment"))
    known = {"tier": legs.c.tier_id, "currency": legs.c.currency, "country": country, "segment": segment}
    return {**known, "product": legs.c.product_id}


def _joined(statement: Select[Any], cut: Cut, legs: CTE) -> Select[Any]:
    """Return the statement beside the customers, where they are grouped or chosen by what they are."""
    asked = {"country", "segment"} & {*cut.by, *cut.where}
    if not asked:
        return statement
    chosen = [_columns(legs)[name].in_(list(cut.where[name])) for name in asked & {*cut.where}]
    return statement.join(organization, organization.c.id == legs.c.organization_id).where(*chosen)
