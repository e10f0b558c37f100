"""What the loopback Stripe keeps, and what happens in it: each act changes objects and writes an event."""

import copy
import itertools
import threading
from dataclasses import dataclass, field
from typing import Any

from tests.loopback_stripe import shapes
from tests.loopback_stripe.shapes import Json

MONTH = 30 * 86_400


@dataclass
class Books:
    """The state; `now` is Stripe's clock in whole seconds, which tests move."""

    now: int
    objects: dict[str, dict[str, Json]] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def kept(self, kind: str) -> dict[str, Json]:
        """The objects of a kind, by the name of their list, oldest first."""
        return self.objects.setdefault(kind, {})

    def name(self, prefix: str) -> str:
        """A new id."""
        return f"{prefix}_{next(self._numbers):010d}"

    def pass_time(self, seconds: int) -> None:
        """Move Stripe's clock on."""
        self.now += seconds

    def add(self, kind: str, made: Json, told: str | None) -> Json:
        """Keep a new object and tell of it."""
        with self.lock:
            self.kept(kind)[made["id"]] = made
            if told:
                self.tell(told, made)
            return made

    def tell(self, told: str, of: Json) -> Json:
        """Write an event, which holds the object as it is at this moment."""
        made = shapes.event(self.name("evt"), self.now, told, copy.deepcopy(of))
        self.events.append(made)
        return made

    def customer(self, name: str, email: str | None = None, **given: Any) -> Json:
        """Add a customer."""
        made = shapes.customer(self.name("cus"), self.now, name=name, email=email, **given)
        return self.add("customers", made, "customer.created")

    def product(self, name: str, **given: Any) -> Json:
        """Add a product."""
        return self.add("products", shapes.product(self.name("prod"), self.now, name, **given), "product.created")

    def price(self, of: Json, unit_amount: int | None, **given: Any) -> Json:
        """Add a price of a product."""
        made = shapes.price(self.name("price"), self.now, of["id"], unit_amount, **given)
        return self.add("prices", made, "price.created")

    def subscribe(self, who: Json, *sold: tuple[Json, int | None], told: bool = True, **given: Any) -> Json:
        """Begin a subscription of (price, quantity) each."""
        made = self.name("sub")
        period = (self.now, self.now + MONTH)
        items = [shapes.item(self.name("si"), self.now, made, of, many, period) for of, many in sold]
        currency = sold[0][0]["currency"]
        begun = shapes.subscription(made, self.now, who["id"], items, **{"currency": currency, **given})
        return self.add("subscriptions", begun, "customer.subscription.created" if told else None)

    def change(self, of: Json, *, quantity: int | None = None, price: Json | None = None, **given: Any) -> Json:
        """Change a subscription: its first item's quantity or price, or anything of its own."""
        with self.lock:
            first = of["items"]["data"][0]
            first.update({name: value for name, value in (("quantity", quantity), ("price", price)) if value})
            of.update(given)
            self.tell("customer.subscription.updated", of)
            return of

    def cancel(self, of: Json) -> Json:
        """End a subscription now."""
        with self.lock:
            of.update(status="canceled", canceled_at=self.now, ended_at=self.now)
            self.tell("customer.subscription.deleted", of)
            return of

    def invoice(self, who: Json, total: int, **given: Any) -> Json:
        """Draft an invoice."""
        made = shapes.invoice(self.name("in"), self.now, who["id"], total, **given)
        made["payments"] = shapes.listed("/v1/invoice_payments", [])
        return self.add("invoices", made, "invoice.created")

    def finalize(self, of: Json) -> Json:
        """Open a draft."""
        with self.lock:
            of.update(status="open", number=f"INV-{next(self._numbers):04d}")
            of["status_transitions"]["finalized_at"] = self.now
            self.tell("invoice.finalized", of)
            return of

    def pay(self, of: Json, amount: int | None = None) -> Json:
        """Pay an invoice, or part of it; returns the payment."""
        with self.lock:
            paid = amount if amount is not None else of["amount_remaining"]
            intent = shapes.payment_intent(
                self.name("pi"), self.now, paid, of["currency"], amount_received=paid, status="succeeded"
            )
            self.kept("payment_intents")[intent["id"]] = intent
            made = shapes.payment(self.name("inpay"), self.now, of["id"], paid, of["currency"], intent["id"])
            self.kept("invoice_payments")[made["id"]] = made
            of["payments"]["data"].append(made)
            of["amount_paid"] += paid
            of["amount_remaining"] -= paid
            if of["amount_remaining"] <= 0:
                of["status"] = "paid"
                of["status_transitions"]["paid_at"] = self.now
                self.tell("invoice.paid", of)
            else:
                self.tell("invoice.updated", of)
            return made

    def void(self, of: Json) -> Json:
        """Void an open invoice."""
        return self._closed(of, "void", "voided_at", "invoice.voided")

    def give_up(self, of: Json) -> Json:
        """Mark an open invoice as uncollectible."""
        return self._closed(of, "uncollectible", "marked_uncollectible_at", "invoice.marked_uncollectible")

    def _closed(self, of: Json, status: str, at: str, told: str) -> Json:
        with self.lock:
            of["status"] = status
            of["status_transitions"][at] = self.now
            self.tell(told, of)
            return of

    def credit(self, of: Json, amount: int) -> Json:
        """Credit part of an invoice."""
        made = shapes.credit_note(self.name("cn"), self.now, of, amount)
        return self.add("credit_notes", made, "credit_note.created")

    def refund(self, paid: Json, amount: int) -> Json:
        """Give back part of a payment."""
        intent = paid["payment"]["payment_intent"]
        made = shapes.refund(self.name("re"), self.now, intent, amount, paid["currency"])
        return self.add("refunds", made, "refund.created")

    def dispute(self, paid: Json) -> Json:
        """Let the payer ask their bank for the money."""
        intent = paid["payment"]["payment_intent"]
        made = shapes.dispute(self.name("dp"), self.now, intent, paid["amount_paid"], paid["currency"])
        return self.add("disputes", made, "charge.dispute.created")

    def complete(self, page: Json) -> Json:
        """Let somebody pay on a checkout page; returns the payment intent."""
        made = shapes.payment_intent(
            self.name("pi"),
            self.now,
            page["amount_total"],
            page["currency"],
            amount_received=page["amount_total"],
            customer=page["customer"],
            status="succeeded",
            metadata=dict(page["metadata"]),
        )
        page.update(status="complete", payment_status="paid", payment_intent=made["id"])
        return self.add("payment_intents", made, "payment_intent.succeeded")

    def delete_customer(self, who: Json) -> None:
        """Delete a customer: it stays as a stub, its subscriptions are canceled."""
        with self.lock:
            for one in self.kept("subscriptions").values():
                if one["customer"] == who["id"] and one["status"] != "canceled":
                    self.cancel(one)
            self.tell("customer.deleted", who)
            self.kept("customers")[who["id"]] = {"id": who["id"], "object": "customer", "deleted": True}
