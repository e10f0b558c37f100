"""Drafts of a month: made from what is due, changed when drafted again, never holding one thing twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, insert, select, update

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.composing import Composed, composed, fitted
from core.billing.invoices.due import DueLine, agreed_with
from core.billing.invoices.locks import lock_customers
from core.billing.invoices.profiles import BillingProfile, profiles_of, seller_for
from core.billing.invoices.sellers import Seller, all_sellers
from core.billing.invoices.taxation import TaxRates, treatment_of
from core.billing.invoices.written_lines import kept_by_hand, write_lines
from core.billing.tax_rates import tax_rates
from core.errors import CalosError, InvalidInput, NotFound
from core.ids import new_id
from core.money import Money, round_half_up
from core.periods import add_months, midnight, month_start
from db.models.invoices import billed_item, invoice, invoice_line, invoice_tax
from db.session import WriteSession

# What installs used in the month before, as lines: by customer.
UsageLines = Mapping[UUID, Sequence[DueLine]]
MOST_AT_ONCE: Final = 500
EARLIEST: Final = date(2000, 1, 1)
LATEST: Final = date(2100, 12, 1)


@dataclass(frozen=True)
class Drafted:
    """What drafting a customer's month came to; `waiting` are credits that no charge of the month has room for."""

    invoice_ids: tuple[UUID, ...] = ()
    refusal: CalosError | None = None
    waiting: tuple[Money, ...] = ()


def month_asked(text: str) -> date:
    """Return the first day of a month written as 2026-11, or raise InvalidInput."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise InvalidInput("Write the month like 2026-11.", field="month") from None
    if not EARLIEST <= month <= LATEST:
        raise InvalidInput(f"Give a month from {EARLIEST:%Y-%m} to {LATEST:%Y-%m}.", field="month")
    return month


def require_begun(month: date, now: datetime) -> None:
    """Raise InvalidInput for a month later than the next: nobody asks years ahead for what may change."""
    if month > add_months(month_start(now), 1).date():
        raise InvalidInput("Bill a month that has begun, or the next.", field="month")


def draft_month(
    session: WriteSession, actor: Actor, organization_id: UUID, month: date, *, usage: UsageLines, now: datetime
) -> Drafted:
    """Draft what one customer owes for a month; raises what `draft_months` only reports."""
    found = draft_months(session, actor, [organization_id], month, usage=usage, now=now)
    if organization_id not in found:
        raise NotFound("There is no such customer.")
    refusal = found[organization_id].refusal
    if refusal is not None:
        raise refusal
    return found[organization_id]


def draft_months(
    session: WriteSession,
    actor: Actor,
    organization_ids: Sequence[UUID],
    month: date,
    *,
    usage: UsageLines,
    now: datetime,
) -> dict[UUID, Drafted]:
    """Draft what customers owe for a month, an invoice a currency, and return what it came to for each.

    A draft of the month that is there is changed, and deleted where nothing is due any more; lines written by hand
    stay on it. `usage` are the lines of the month before (see usage_lines.py). Needs `invoice:create`.
    """
    actor.require_vendor()
    actor.require(Permission.INVOICE_CREATE)
    if month.day != 1 or not 0 < len(organization_ids) <= MOST_AT_ONCE:
        raise InvalidInput(f"Draft a whole month for 1 to {MOST_AT_ONCE} customers.", field="month")
    lock_customers(session, organization_ids)
    drafts = _drafts(session, organization_ids, month)
    agreed = agreed_with(session, organization_ids, drafts=[row.id for row in drafts.values()])
    by_hand = kept_by_hand(session, [row.id for row in drafts.values()])
    books = _Books(month, all_sellers(session), tax_rates(session, now.date()), drafts, now)
    until = add_months(midnight(month), 1).date()
    found: dict[UUID, Drafted] = {}
    made: list[_Draft] = []
    for key, profile in profiles_of(session, organization_ids).items():
        charges, credits = agreed.lines(key, month, until)
        charges += [each for each in usage.get(key, ()) if each.key not in agreed.billed]
        found[key], new = _customer(books, profile, charges, credits, by_hand)
        made += new
    refused = {key for key, one in found.items() if one.refusal is not None}
    kept = {one.id for one in made} | {row.id for (key, _), row in drafts.items() if key in refused}
    _write(session, made, [row.id for row in drafts.values() if row.id not in kept], drafts, now)
    _record(session, actor, made, month, now)
    return found


@dataclass(frozen=True)
class _Books:
    month: date
    sellers: tuple[Seller, ...]
    rates: TaxRates
    drafts: Mapping[tuple[UUID, str], Row[Any]]
    now: datetime


@dataclass(frozen=True)
class _Draft:
    id: UUID
    profile: BillingProfile
    seller: Seller
    currency: str
    content: Composed
    month: date


def _customer(
    books: _Books,
    profile: BillingProfile,
    charges: Sequence[DueLine],
    credits: Sequence[DueLine],
    by_hand: Mapping[UUID, Sequence[DueLine]],
) -> tuple[Drafted, list[_Draft]]:
    held = {money: row for (key, money), row in books.drafts.items() if key == profile.organization_id}
    made, waiting = [], []
    try:
        for currency in sorted({each.currency for each in (*charges, *credits)} | held.keys()):
            row = held.get(currency)
            own = by_hand.get(row.id, ()) if row else ()
            asked = [*(each for each in charges if each.currency == currency), *own]
            own_credits = [each for each in credits if each.currency == currency]
            seller = seller_for(profile, books.sellers)
            treatment = treatment_of(seller, profile, books.rates)
            fits = fitted(asked, own_credits, treatment)
            waiting += [Money(round_half_up(-each.amount), currency) for each in fits.waiting]
            if fits.lines:
                content = composed(fits.lines, treatment)
                made.append(_Draft(row.id if row else new_id(), profile, seller, currency, content, books.month))
    except CalosError as refusal:
        return Drafted(refusal=refusal), []
    return Drafted(tuple(one.id for one in made), waiting=tuple(waiting)), made


def _drafts(session: WriteSession, organization_ids: Sequence[UUID], month: date) -> dict[tuple[UUID, str], Row[Any]]:
    c = invoice.c
    mine = c.organization_id.in_(organization_ids)
    rows = session.execute(select(invoice).where(mine, c.month == month, c.state == "draft").with_for_update())
    return {(row.organization_id, row.currency): row for row in rows}


def _write(
    session: WriteSession,
    made: Sequence[_Draft],
    over: Sequence[UUID],
    drafts: Mapping[tuple[UUID, str], Row[Any]],
    now: datetime,
) -> None:
    there = {row.id for row in drafts.values()}
    again = [one.id for one in made if one.id in there]
    for table in (billed_item, invoice_line, invoice_tax):
        session.execute(delete(table).where(table.c.invoice_id.in_([*again, *over])))
    if over:
        session.execute(delete(invoice).where(invoice.c.id.in_(over)))
    new = [{**_row(one), "state": "draft", "created_at": now} for one in made if one.id not in there]
    if new:
        session.execute(insert(invoice), new)
    for one in made:
        if one.id in there:
            session.execute(update(invoice).where(invoice.c.id == one.id).values(_sums(one)))
    write_lines(session, [(one.id, one.profile.organization_id, one.content) for one in made])


def _row(one: _Draft) -> dict[str, Any]:
    return {"id": one.id, "organization_id": one.profile.organization_id, "currency": one.currency, **_sums(one)}


def _sums(one: _Draft) -> dict[str, Any]:
    own = one.profile.net_days
    return {
        "seller_id": one.seller.id,
        "month": one.month,
        "net_days": one.seller.net_days if own is None else own,
        "reference": one.profile.purchase_order,
        "net_minor": one.content.net,
        "discount_minor": one.content.discount,
        "tax_minor": one.content.tax,
        "total_minor": one.content.total,
    }


def _record(session: WriteSession, actor: Actor, made: Sequence[_Draft], month: date, now: datetime) -> None:
    """Write the audit entry: of one customer its invoices, of many how many there are."""
    if not made:
        return
    whose = {one.profile.organization_id for one in made}
    after: dict[str, Any] = {"month": f"{month:%Y-%m}", "drafts": len(made), "customers": len(whose)}
    if len(made) == 1:
        after |= {"totalMinor": made[0].content.total, "currency": made[0].currency}
    target = ("invoice", str(made[0].id))
    audit.record(session, actor, "invoice.drafted", target, now=now, organization_id=_one(whose), after=after)


def _one(whose: set[UUID]) -> UUID | None:
    return next(iter(whose)) if len(whose) == 1 else None
