"""Stripe's invoices, payments, refunds and disputes against ours; pure."""

from collections.abc import Callable, Iterator, Mapping
from uuid import UUID

from core.billing.stripe.reads import Kept, Ours
from core.billing.stripe.terms import intent_of
from core.finance.differences import NOTHING, Difference, Held, Subject, amount_of
from core.money import Money


def invoices(held: Held) -> Iterator[Difference]:
    """Yield invoices that one side has not, or that the two have with another amount, state or payment."""
    for key, one in held.invoices.items():
        ours = held.our_invoices.get(key)
        if not issued(one) and ours is None:
            continue
        yield from _document("invoice", key, amount_of(one, "total"), ours, held, one, str(one.payload["status"]))
        paid = amount_of(one, "amount_paid")
        same_state = ours is not None and ours.state == one.payload["status"]
        if ours is not None and ours.paid is not None and same_state and ours.paid.minor != paid.minor:
            nothing = Money(0, paid.currency)
            yield Difference(
                "invoice", "state", key, ours.organization_id, f"{paid} paid", f"{ours.paid} paid", nothing
            )
    for key, ours in held.our_invoices.items():
        if key not in held.invoices or held.invoices[key].deleted:
            said = f"{ours.amount}, {ours.state}"
            yield Difference("invoice", "missing_there", key, ours.organization_id, NOTHING, said, -ours.amount)


def issued(one: Kept) -> bool:
    """Whether an invoice is out: no draft, and not deleted."""
    return not one.deleted and one.payload.get("status") not in {"draft", None}


def _document(
    subject: Subject, key: str, theirs: Money, ours: Ours | None, held: Held, one: Kept, state: str = ""
) -> Iterator[Difference]:
    words = f"{theirs}, {state}" if state else str(theirs)
    if ours is None:
        whose = _whose(held, one)
        yield Difference(subject, "missing_here", key, whose, words, one.problem or NOTHING, theirs)
        return
    here = f"{ours.amount}, {ours.state}" if state else str(ours.amount)
    if ours.amount.currency != theirs.currency:
        yield Difference(subject, "currency", key, ours.organization_id, words, here, theirs)
        yield Difference(subject, "currency", key, ours.organization_id, words, here, -ours.amount)
    elif ours.amount != theirs:
        yield Difference(subject, "amount", key, ours.organization_id, words, here, theirs - ours.amount)
    elif state != ours.state:
        yield Difference(subject, "state", key, ours.organization_id, words, here, Money(0, theirs.currency))


def _whose(held: Held, one: Kept) -> UUID | None:
    customer = held.customers.get(str(one.payload.get("customer")))
    if customer is None and (invoice := held.invoices.get(str(one.payload.get("invoice")))) is not None:
        return _whose(held, invoice)
    return customer.organization_id if customer else None


def payments(held: Held) -> Iterator[Difference]:
    """Yield money that one side received and the other did not, or received another amount of."""
    yield from _moneys(held, "payment", collected(held), "amount_paid", lambda ours: ours.amount.minor > 0)


def refunds(held: Held) -> Iterator[Difference]:
    """Yield money that one side gave back and the other did not."""
    yield from _moneys(held, "refund", given_back(held), "amount", lambda ours: ours.amount.minor < 0)


def _moneys(
    held: Held, subject: Subject, theirs: Mapping[str, Kept], field: str, mine: Callable[[Ours], bool]
) -> Iterator[Difference]:
    sign = 1 if subject == "payment" else -1
    for key, one in theirs.items():
        ours = held.our_payments.get(key)
        amount = amount_of(one, field)
        whole = ours and Ours(ours.id, key, ours.organization_id, Money(sign * ours.amount.minor, ours.amount.currency))
        yield from _document(subject, key, amount, whole, held, one)
    for key, ours in held.our_payments.items():
        if mine(ours) and key not in theirs:
            amount = Money(sign * ours.amount.minor, ours.amount.currency)
            yield Difference(subject, "missing_there", key, ours.organization_id, NOTHING, str(amount), -amount)


def collected(held: Held) -> dict[str, Kept]:
    """Return what paid Stripe's invoices, by the id of its payment intent."""
    told = [one for one in held.payments.values() if one.payload.get("status") == "paid" and not one.deleted]
    return {intent_of(one.payload): one for one in told}


def given_back(held: Held) -> dict[str, Kept]:
    """Return the refunds that arrived."""
    return {key: one for key, one in held.refunds.items() if one.payload.get("status") == "succeeded"}


def disputes(held: Held) -> Iterator[Difference]:
    """Yield payments that the payer asks the bank to give back, until that is over in our favor."""
    paid = collected(held)
    for key, one in held.disputes.items():
        status = str(one.payload.get("status"))
        if status not in {"won", "warning_closed", "prevented"}:
            amount = amount_of(one, "amount")
            payment = paid.get(str(one.payload.get("payment_intent")))
            whose = _whose(held, payment) if payment else None
            # Money that the bank may take back, so that Stripe would have less.
            yield Difference("dispute", "state", key, whose, f"{amount}, {status.replace('_', ' ')}", "Paid", -amount)
