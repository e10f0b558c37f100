"""The invoices of the demo's three years: what each subscription owed by its periods, and how it was paid."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.access.actor import Actor
from core.billing.invoices.composing import Composed, composed
from core.billing.invoices.due import Agreed, DueLine, agreed_with, service_line
from core.billing.invoices.past import PastInvoice, PastLine, PastPayment, record_past_invoices
from core.billing.invoices.payment_reads import Method
from core.billing.invoices.profiles import BillingProfile, profiles_of
from core.billing.invoices.sellers import Seller
from core.billing.invoices.service_periods import Service, Term, services, unused
from core.billing.invoices.taxation import treatment_of
from core.billing.tax_rates import tax_rates
from core.billing.taxes import TaxTreatment
from core.demo.build import MONTH
from core.demo.customers import DemoCustomer
from core.demo.sellers import pays_by_card
from core.money import Money, exponent
from db.session import WriteSession

Usage = Mapping[UUID, Sequence[DueLine]]
SOURCE: Final = "demo"
BEGINNING: Final = date(2000, 1, 1)
# Stories: whose card is declined, whose unused days are credited by a note of their own, and what Wayne owes.
DECLINED, CREDITED, LATE = "Soylent", "Pied Piper", "Wayne Foundation"
LATE_DAYS: Final = 45
_DECLINED_FOR: Final = timedelta(days=45)
_MIGRATION: Final = ("Migration of three more sites, with training of their teams", Decimal(6_400))
_NET_DAYS: Final = 30


@dataclass(frozen=True)
class Billed:
    """A customer as it is billed, and by whom."""

    customer: DemoCustomer
    profile: BillingProfile
    seller: Seller


def record_history(
    session: WriteSession,
    actor: Actor,
    whose: Sequence[tuple[DemoCustomer, UUID]],
    sold: Sequence[Seller],
    usage: Mapping[date, Usage],
    *,
    now: datetime,
) -> None:
    """Record what every customer owed from its first day on, with the payments that came by `now`.

    `usage` holds by month what was used in the month before, by customer.
    """
    profiles = profiles_of(session, [organization_id for _, organization_id in whose])
    by_id = {one.id: one for one in sold}
    agreed = agreed_with(session, list(profiles))
    known: dict[date, Mapping[str, Decimal]] = {}
    made: list[PastInvoice] = []
    for customer, key in whose:
        seller_id = profiles[key].seller_id
        if seller_id is None:
            continue
        billed = Billed(customer, profiles[key], by_id[seller_id])
        for day, due in sorted(_due(billed, agreed, usage, now).items()):
            month = day.replace(day=1)
            if month not in known:
                known[month] = tax_rates(session, month)
            treatment = treatment_of(billed.seller, billed.profile, known[month])
            content = _content(due, treatment)
            if content.total:
                made.append(_invoice(billed, day, content, treatment, now))
    record_past_invoices(session, actor, made, source=SOURCE, now=now)


def _due(billed: Billed, agreed: Agreed, usage: Mapping[date, Usage], now: datetime) -> Mapping[date, list[DueLine]]:
    """Return what a customer owed by the day it was billed on."""
    key, lines = billed.profile.organization_id, defaultdict[date, list[DueLine]](list)
    for chain in agreed.chains.get(key, ()):
        for day, line in _owed(chain, agreed.labels, now.date(), billed.customer.name):
            lines[day].append(line)
    for month, used in usage.items():
        if key in used:
            lines[month] += used[key]
    if billed.customer.name == LATE:
        lines[now.date() - timedelta(days=LATE_DAYS + _NET_DAYS)].append(_migration())
    return lines


def _content(due: Sequence[DueLine], treatment: TaxTreatment) -> Composed:
    """Return what is on an invoice; where less is charged than given back, what is given back stays out."""
    charges = composed([each for each in due if each.amount > 0], treatment)
    given_back = sum(-each.amount for each in due if each.amount < 0)
    return composed(due, treatment) if 0 < given_back < charges.net else charges


def _owed(chain: Sequence[Term], labels: Mapping[str, str], today: date, name: str) -> Iterator[tuple[date, DueLine]]:
    """Yield what one agreement owed with the day it was billed: whole periods in advance, and what a change gave back.

    Who left had paid until the end of the period, and nothing was given back.
    """
    starts = {term.started_on for term in chain}
    for due in services(chain, BEGINNING, today + timedelta(days=1)):
        cut = not due.whole and due.term.ended_on is not None and due.last < due.term.ended_on
        whole = _as_billed(chain, due) if cut else due
        line = service_line(whole, labels)
        yield due.first, line
        if due.used < whole.used and due.term.ended_on in starts and name != CREDITED:
            yield due.term.ended_on, _given_back(line, whole, due.term.ended_on)


def _as_billed(chain: Sequence[Term], due: Service) -> Service:
    """Return a period as it was billed on its first day, when nobody knew that its term would end before."""
    known = [replace(one, ended_on=None) if one.id == due.term.id else one for one in chain]
    told = known[: 1 + next(place for place, one in enumerate(known) if one.id == due.term.id)]
    then = services(told, due.first, due.first + timedelta(days=1))
    return next((one for one in then if one.first == due.first and one.term.id == due.term.id), due)


def _given_back(line: DueLine, whole: Service, ended_on: date) -> DueLine:
    content = composed([line], TaxTreatment(Decimal(0), "Z"))
    amount = -unused(Decimal(content.net), whole.first, whole.last, ended_on)
    unit = amount.scaleb(-exponent(line.currency)).quantize(Decimal("1e-12"))
    left = (whole.last - ended_on).days + 1
    return DueLine(
        "proration",
        f"Unused time: {line.text}",
        f"{left} of {whole.used} days",
        Decimal(1),
        unit,
        amount,
        line.currency,
        None,
        first=ended_on,
        last=whole.last,
        subscription_id=whole.term.id,
        license_id=whole.term.license_id,
    )


def _migration() -> DueLine:
    text, price = _MIGRATION
    return DueLine("one_off", text, None, Decimal(1), price, price.scaleb(2), "USD", None)


def _invoice(billed: Billed, day: date, content: Composed, treatment: TaxTreatment, now: datetime) -> PastInvoice:
    net_days = billed.seller.net_days if billed.profile.net_days is None else billed.profile.net_days
    due_on = day + timedelta(days=net_days)
    currency = content.lines[0][0].currency
    lines = tuple(
        PastLine(
            line.text,
            Money(total.net, currency),
            Money(total.tax, currency),
            line.quantity,
            line.unit_price,
            total.discount,
            rate,
            category,
            line.kind,
            line.detail,
            line.first,
            line.last,
            line.subscription_id,
            line.license_id,
            line.meter,
            line.key if line.kind in ("usage", "overage") else None,
        )
        for line, total, rate, category in content.lines
    )
    made = PastInvoice(
        billed.profile.organization_id,
        billed.seller.id,
        day,
        due_on,
        lines,
        reference=billed.profile.purchase_order,
        external_id=f"{billed.profile.organization_id} {day}",
        tax_note=treatment.note,
    )
    return replace(made, payments=tuple(_payments(billed, made, now)))


def changed_within(customer: DemoCustomer, of: PastInvoice, now: datetime) -> bool:
    """Return whether what was billed had days to go when the customer changed to another plan."""
    changed_on = (now - customer.changes[0][0] * MONTH).date()
    return any(line.first < changed_on <= line.last for line in of.lines if line.first and line.last)


def _payments(billed: Billed, of: PastInvoice, now: datetime) -> Iterator[PastPayment]:
    """Yield how it was paid: by card within two days, by wire about when it was due, some of it late."""
    name = billed.customer.name
    if name == DECLINED and now.date() - of.issued_on < _DECLINED_FOR:
        return
    if (name == LATE and of.lines[0].kind == "one_off") or (
        name == CREDITED and changed_within(billed.customer, of, now)
    ):
        return
    dice = random.Random(f"{name}:paid:{of.issued_on}")  # noqa: S311 - a story, not a secret
    method: Method = "stripe" if pays_by_card(billed.customer) else "manual" if dice.random() < 0.06 else "wire"
    whole = (of.due_on - of.issued_on).days
    days = dice.choice((0, 0, 0, 1, 2)) if method == "stripe" else round(dice.gauss(whole - 7, 5))
    when = of.issued_on + timedelta(days=min(max(days, 0), whole + 9))
    if when <= now.date():
        yield PastPayment(Money(of.total, of.currency), when, method, f"{method} {of.external_id}")
