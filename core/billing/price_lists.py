"""Every price that ever stood on a list, so that what was asked when can be told."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.reads import Price
from core.money import Money
from db.models.billing import price
from db.session import ReadSession


@dataclass(frozen=True)
class PriceVersion:
    """A price and until when it stood; None where nothing has followed it."""

    price: Price
    until: datetime | None


def price_versions(session: ReadSession, actor: Actor) -> tuple[PriceVersion, ...]:
    """Return all prices of each list (tier, period, currency), the oldest first; needs `finance:read`."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    key = (price.c.tier_id, price.c.billing_period, price.c.currency)
    rows = session.execute(select(*key, price.c.amount_minor, price.c.valid_from).order_by(*key, price.c.valid_from))
    found = []
    for _, versions in groupby(rows, key=lambda row: tuple(row[:3])):
        prices = [
            Price(row.tier_id, row.billing_period, Money(row.amount_minor, row.currency), row.valid_from)
            for row in versions
        ]
        ends = [*(each.valid_from for each in prices[1:]), None]
        found += [PriceVersion(each, until) for each, until in zip(prices, ends, strict=True)]
    return tuple(found)
