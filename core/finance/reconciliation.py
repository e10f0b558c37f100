"""Stripe held against our books: both sides read, every difference named, and what all of them are worth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.stripe.price_tiers import tier_of_price
from core.billing.stripe.reads import (
    invoices_from_stripe,
    kept_all,
    last_heard,
    payments_from_stripe,
    subscriptions_here,
)
from core.finance import agreed_differences as agreed
from core.finance import billed_differences as billed
from core.finance.differences import Difference, Held, Side, Subject, amount_of, sums
from core.finance.exchange import REPORTING, Rates
from core.finance.flows import exchange_rates
from core.finance.reads import mrr_of
from core.money import Money
from core.organizations.reads import names
from db.session import ReadSession


@dataclass(frozen=True)
class Reconciliation:
    """Stripe against our books, as Stripe was last heard at `heard_at`; None: it never was.

    `worth` is the size of all gaps in dollars at today's rates; `unconverted` names currencies without a rate, whose
    gaps are not in it.
    """

    heard_at: datetime | None
    sides: tuple[Side, ...]
    differences: tuple[Difference, ...]
    customers: dict[UUID, str]
    worth: Money
    unconverted: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def reconcile(session: ReadSession, actor: Actor, *, now: datetime) -> Reconciliation:
    """Return every difference between what Stripe told last and our books at `now`; needs `finance:read`."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    held = held_by_both(session, actor, at=now)
    found = differences(held)
    worth, unconverted = _worth(found, exchange_rates(session), now)
    known = names(session, actor)
    named = {one.organization_id: known[one.organization_id] for one in found if one.organization_id in known}
    return Reconciliation(
        last_heard(session),
        tuple(sides(held)),
        tuple(found),
        {key: name for key, name in named.items() if key is not None},
        worth,
        unconverted,
    )


def held_by_both(session: ReadSession, actor: Actor, *, at: datetime) -> Held:
    """Read what Stripe told last, and what we hold of the customers whom Stripe knows."""
    customers = kept_all(session, "customer")
    whose = sorted({one.organization_id for one in customers.values() if one.organization_id is not None})
    return Held(
        customers,
        kept_all(session, "subscription"),
        kept_all(session, "subscription_item"),
        kept_all(session, "invoice"),
        kept_all(session, "payment"),
        kept_all(session, "refund"),
        kept_all(session, "dispute"),
        subscriptions_here(session, whose),
        mrr_of(session, actor, whose, at) if whose else {},
        invoices_from_stripe(session),
        payments_from_stripe(session),
        tier_of_price(session),
        at,
    )


def differences(held: Held) -> list[Difference]:
    """Return every difference, by subject and then as Stripe's objects came."""
    made: list[Difference] = []
    for found in (
        agreed.customers,
        agreed.subscriptions,
        agreed.ledgers,
        billed.invoices,
        billed.payments,
        billed.refunds,
        billed.disputes,
    ):
        made += found(held)
    return made


def sides(held: Held) -> list[Side]:
    """Return what both sides hold of what has amounts: the gap between their sums is that of the differences."""
    charged = [mrr for one in held.subscriptions.values() for _, mrr in agreed.charged(held, one)]
    bills = [amount_of(one, "total") for one in held.invoices.values() if billed.issued(one)]
    paid = [amount_of(one, "amount_paid") for one in billed.collected(held).values()]
    refunded = [amount_of(one, "amount") for one in billed.given_back(held).values()]
    ours = [one.amount for one in held.our_payments.values()]
    return [
        _side("mrr", charged, [one for one in held.ledger.values() if one]),
        _side("invoice", bills, [one.amount for one in held.our_invoices.values()]),
        _side("payment", paid, [one for one in ours if one.minor > 0]),
        _side("refund", refunded, [-one for one in ours if one.minor < 0]),
    ]


def _side(subject: Subject, stripe: Sequence[Money], here: Sequence[Money]) -> Side:
    return Side(subject, len(stripe), len(here), sums(stripe), sums(here))


def _worth(found: Iterable[Difference], rates: Rates, now: datetime) -> tuple[Money, tuple[str, ...]]:
    total, unknown = sums(one.worth for one in found), set()
    known: list[Money] = []
    for currency, minor in total.items():
        if currency != REPORTING and not any(day <= now.date() for day, _ in rates.steps.get(currency, ())):
            unknown |= {currency} if minor else set()
        else:
            known.append(Money(minor, currency))
    return rates.report(known, now.date()), tuple(sorted(unknown))
