"""Customers by any condition on their fields: what a question or an export lists, from the cards alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

import pandas as pd
from sqlalchemy import ColumnElement, Text, and_, case, cast, func, not_, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.facts import card_dimensions
from core.accounts.reads import at_risk, may_see_customers, near_limit
from core.errors import InvalidInput
from core.finance.exchange import REPORTING
from core.money import exponent
from core.periods import midnight
from db.models.accounts import customer_card
from db.session import ReadSession

Operator = Literal["eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "contains", "is_null", "not_null"]
_MONEY: Final = ("mrr",)
_DAYS: Final = ("last_seen", "expires", "since")
_NUMBERS: Final = ("health", "usage_30d", "limit_share", "upsells", *_MONEY)


@dataclass(frozen=True)
class Condition:
    """One condition; numbers plainly, money in major units of the reporting currency, days as ISO dates."""

    field: str
    op: Operator
    values: tuple[str, ...] = ()


def list_where(
    session: ReadSession,
    actor: Actor,
    conditions: Sequence[Condition],
    *,
    now: datetime,
    order: str = "name",
    descending: bool = False,
    limit: int = 50,
) -> pd.DataFrame:
    """Return customers that meet every condition; MRR in minor units of REPORTING, absent without `finance:read`.

    Columns: organization_id and install_id (text), name, tier, status, term, country, segment, owner, archetype, mrr,
    health, usage_30d, limit_share, upsells, at_risk and near_limit (yes or no), last_seen, expires, since.
    InvalidInput for a field or a value that does
    not fit; a condition on money needs `finance:read`.
    """
    may_see_customers(actor)
    fields = _fields(now)
    for name in (order, *(one.field for one in conditions)):
        if name not in fields:
            raise InvalidInput(f"Customers have no field “{name[:40]}”.", field="filters")
        if name in _MONEY:
            actor.require(Permission.FINANCE_READ)
    shown = {
        name: column for name, column in fields.items() if name not in _MONEY or actor.may(Permission.FINANCE_READ)
    }
    place = fields[order].desc().nulls_last() if descending else fields[order].asc().nulls_last()
    statement = (
        select(
            cast(customer_card.c.organization_id, Text).label("organization_id"),
            customer_card.c.install_id,
            *(column.label(name) for name, column in shown.items()),
        )
        .where(*(_holds(fields[one.field], one) for one in conditions))
        .order_by(place, customer_card.c.organization_id)
        .limit(limit)
    )
    found = session.execute(statement)
    return pd.DataFrame(found.mappings().all(), columns=list(found.keys()))


def _fields(now: datetime) -> dict[str, ColumnElement[Any]]:
    card = customer_card.c
    dimensions = {name: column for name, column in card_dimensions(now).items() if name != "customer"}
    return {
        "name": card.name,
        **dimensions,
        "term": card.term,
        "mrr": card.by_mrr,
        "health": card.health,
        "usage_30d": card.events_30d,
        "limit_share": card.limit_share,
        "upsells": card.upsells,
        "at_risk": case((at_risk(), "yes"), else_="no"),
        "near_limit": case((near_limit(), "yes"), else_="no"),
        "last_seen": card.last_seen_at,
        "expires": card.expires_at,
        "since": card.issued_at,
    }


def _holds(column: ColumnElement[Any], one: Condition) -> ColumnElement[bool]:
    if one.op == "is_null":
        return column.is_(None)
    if one.op == "not_null":
        return column.is_not(None)
    values = [_value(one.field, text) for text in one.values]
    if not values:
        raise InvalidInput(f"Say what “{one.field}” is compared with.", field="filters")
    if one.op == "contains":
        return and_(*(func.lower(column).contains(str(value).lower(), autoescape=True) for value in values))
    if one.op in {"eq", "in"}:
        return column.in_(values)
    if one.op in {"ne", "not_in"}:
        return not_(column.in_(values)) | column.is_(None)
    compared: ColumnElement[bool] = {
        "gt": column.__gt__,
        "gte": column.__ge__,
        "lt": column.__lt__,
        "lte": column.__le__,
    }[one.op](values[0])
    return compared


def _value(field: str, text: str) -> Any:
    """Return a value as its column holds it."""
    try:
        if field in _DAYS:
            return midnight(date.fromisoformat(text))
        if field in _MONEY:
            return int(Decimal(text).scaleb(exponent(REPORTING)))
        return Decimal(text) if field in _NUMBERS else text
    except (ValueError, InvalidOperation):
        kind = "a day such as 2026-03-31" if field in _DAYS else "a number"
        raise InvalidInput(f"“{text[:40]}” is not {kind}, which “{field}” needs.", field="filters") from None
