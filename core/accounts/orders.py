"""The orders a list of customers can be in, and the cursor that says where to go on."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Text, bindparam, cast, tuple_

from core.accounts import cursors
from core.errors import InvalidInput
from db.models.accounts import customer_card

_NUMBER = re.compile(r"-?[0-9]{1,18}")


def _text(text: str) -> str:
    return text


def _number(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return text


def _instant(text: str) -> str:
    return datetime.fromisoformat(text).isoformat()


@dataclass(frozen=True)
class Order:
    """An indexed column, its direction, and what reads a cursor's place or raises ValueError."""

    by: ColumnElement[Any]
    descending: bool
    read: Callable[[str], str]


_c = customer_card.c
# Each in the one direction that people ask for; core/accounts/card_facts.py puts what is unknown at its end.
ORDERS: Final[dict[str, Order]] = {
    "name": Order(_c.by_name, descending=False, read=_text),
    "mrr": Order(_c.by_mrr, descending=True, read=_number),
    "health": Order(_c.by_health, descending=False, read=_number),
    "usage": Order(_c.by_usage, descending=True, read=_number),
    "last_seen": Order(_c.by_last_seen, descending=True, read=_instant),
    "renewal": Order(_c.by_renewal, descending=False, read=_instant),
    "limit": Order(_c.by_limit, descending=True, read=_number),
}
SORTS: Final = tuple(ORDERS)


def order_named(sort: str) -> Order:
    """Return an order by its name, or raise InvalidInput naming those there are."""
    if sort not in ORDERS:
        raise InvalidInput(f"There is no order “{sort[:40]}”. Use one of {', '.join(SORTS)}.", field="sort")
    return ORDERS[sort]


def order_by(order: Order) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return the ORDER BY of an order; the customer's id decides between equals."""
    keys = (order.by, customer_card.c.organization_id)
    return (keys[0].desc(), keys[1].desc()) if order.descending else keys


def place(order: Order) -> ColumnElement[str]:
    """Return a row's place in an order as text, for its cursor."""
    return cast(order.by, Text).label("place")


def cursor_after(sort: str, row_place: str, organization_id: UUID) -> str:
    """Return the cursor of the rows that come after this one."""
    return cursors.encode(sort, row_place, str(organization_id))


def after(sort: str, cursor: str) -> ColumnElement[bool]:
    """Return the condition on rows after a cursor, or raise InvalidInput for one that is not of this order."""
    order = order_named(sort)
    try:
        named, row_place, customer = map(str, cursors.decode(cursor))
        known_place, customer_id = order.read(row_place), UUID(customer)
    except ValueError as wrong:
        raise cursors.foreign() from wrong
    if named != sort:
        raise cursors.foreign()
    keys = tuple_(order.by, customer_card.c.organization_id)
    known = tuple_(cast(bindparam(None, known_place, type_=Text), order.by.type), customer_id)
    return keys < known if order.descending else keys > known
