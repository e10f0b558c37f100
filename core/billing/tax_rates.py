"""Standard rates of value added tax by country, each from a day on."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from core.access import audit
from core.access.actor import Actor
from core.billing.price_writes import require_pricing, require_to_come
from core.errors import Conflict, InvalidInput
from db.models.prices import tax_rate
from db.session import ReadSession, WriteSession

_own = tax_rate.c


def tax_rates(session: ReadSession, on: date) -> dict[str, Decimal]:
    """Return the standard rate in percent of each country that has one on a day; what is the same for all to know."""
    statement = (
        select(_own.country, _own.percent)
        .where(_own.valid_from <= on)
        .ext(distinct_on(_own.country))
        .order_by(_own.country, _own.valid_from.desc())
    )
    return {row.country: Decimal(f"{row.percent.normalize():f}") for row in session.execute(statement)}


def set_tax_rate(
    session: WriteSession, actor: Actor, country: str, percent: Decimal, first: date, source: str, *, now: datetime
) -> None:
    """Charge a rate in a country from a UTC day on; audited. `source` says where it was read.

    For a country that has none yet any day will do; where one stands, the day is tomorrow or later, since invoices
    were written by it. Conflict where a rate begins on that day already.
    """
    require_pricing(actor)
    if len(country) != 2 or not (country.isascii() and country.isalpha() and country.isupper()):
        raise InvalidInput("Give a country by its ISO 3166 code, such as CH.", field="country")
    if not (percent.is_finite() and 0 <= percent < 100):
        raise InvalidInput("A rate is a percentage of 0 or more, below 100.", field="percent")
    if not source.strip():
        raise InvalidInput("Say where the rate was read.", field="source")
    known = session.execute(select(_own.percent).where(_own.country == country).limit(1)).one_or_none()
    if known is not None:
        require_to_come(first, now)
    row = {"country": country, "valid_from": first, "percent": percent, "source": source.strip()}
    added = insert(tax_rate).values(row).on_conflict_do_nothing().returning(_own.country)
    if session.execute(added).one_or_none() is None:
        raise Conflict(f"{country} has a rate from {first:%-d %B %Y} already.", code="rate_on_day")
    told = {"from": first.isoformat(), "percent": str(percent), "source": source.strip()}
    audit.record(session, actor, "tax_rate.set", ("tax_rate", country), now=now, after=told)
