"""Stripe asked for everything, against a Stripe of our own that is slow, busy, broken or gone: pages, retries, keys."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import stripe as sdk

from core.billing.stripe.kinds import LISTED
from core.billing.stripe_gateway import Account, Payable, charge_saved_method, one, page, payment_link
from core.errors import Conflict, InvalidInput, UpstreamFailed
from core.money import Money
from tests.loopback_stripe.books import Books
from tests.loopback_stripe.server import DECLINED, LoopbackStripe, loopback_stripe
from tests.loopback_stripe.shapes import Json

BILL = Payable("CALOS-2026-00001", "Invoice CALOS-2026-00001", Money(12_345, "USD"), None, None, {"invoice_id": "i"})


@pytest.fixture
def stripe() -> Iterator[LoopbackStripe]:
    """Yield a Stripe with nothing in it."""
    with loopback_stripe(Books(1_760_000_000)) as made:
        yield made


@pytest.fixture
def waits() -> list[float]:
    """Return the waits between tries, as they are asked for."""
    return []


@pytest.fixture
def account(stripe: LoopbackStripe, waits: list[float]) -> Account:
    """Return the account of that Stripe, which waits without waiting."""
    return Account(stripe.key, stripe.url, timeout=10, budget=20, pause=waits.append)


def test_pages_follow_each_other_to_the_end(stripe: LoopbackStripe, account: Account) -> None:
    made = [stripe.books.customer(f"Customer {number}")["id"] for number in range(5)]
    first = page(account, "customer", limit=2)
    second = page(account, "customer", first.next, limit=2)
    last = page(account, "customer", second.next, limit=2)
    assert [each["id"] for found in (first, second, last) for each in found.objects] == made[::-1]
    assert last.next is None


def test_a_subscription_of_many_items_comes_whole(stripe: LoopbackStripe, account: Account) -> None:
    price = stripe.books.price(stripe.books.product("Pro"), 100)
    begun = stripe.books.subscribe(stripe.books.customer("Initech"), *[(price, 1)] * 5)
    stripe.page = 2
    whole = stripe.books.kept("subscriptions")[begun["id"]]
    short = {**whole, "items": {**whole["items"], "data": whole["items"]["data"][:2], "has_more": True}}
    answers = iter([short])
    stripe.books.objects["subscriptions"] = _Once(whole, answers)
    found = one(account, "subscription", begun["id"])
    assert found is not None
    assert [each["id"] for each in found["items"]["data"]] == [each["id"] for each in whole["items"]["data"]]


class _Once(dict[str, Json]):
    """Answers the first look with a list cut short."""

    def __init__(self, whole: Json, answers: Iterator[Json]) -> None:
        super().__init__({whole["id"]: whole})
        self._answers = answers

    def get(self, key: str, default: Any = None) -> Any:
        return next(self._answers, super().get(key, default))


def test_what_is_not_there_is_none(account: Account) -> None:
    assert one(account, "customer", "cus_nobody") is None


@pytest.mark.parametrize("fault", [429, 500, 503, 409, "drop"])
def test_what_passes_is_tried_again_ever_later(
    stripe: LoopbackStripe, account: Account, waits: list[float], fault: int | str
) -> None:
    stripe.books.customer("Initech")
    stripe.faults = [fault] * 3
    assert len(page(account, "customer").objects) == 1
    assert waits == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(
    ("fault", "said"), [(429, "no more requests"), (500, "status 500"), ("drop", "did not answer")]
)
def test_what_does_not_pass_is_told_once_the_budget_is_used_up(
    stripe: LoopbackStripe, account: Account, waits: list[float], fault: int | str, said: str
) -> None:
    stripe.faults = [fault] * 100
    with pytest.raises(UpstreamFailed, match=said):
        page(replace(account, budget=8.0), "customer")
    assert sum(waits) <= 8.0
    assert len(stripe.asked) == len(waits) + 1


def test_a_refused_key_is_not_tried_again_and_never_quoted(stripe: LoopbackStripe, account: Account) -> None:
    with pytest.raises(InvalidInput, match="STRIPE_SECRET_KEY") as told:
        page(replace(account, secret_key="sk_test_WrongSecretPart"), "customer")
    assert len(stripe.asked) == 1
    assert "WrongSecretPart" not in str(told.value.__dict__)


def test_a_saved_method_is_charged_once_a_key_whatever_is_lost_on_the_way(
    stripe: LoopbackStripe, account: Account
) -> None:
    payer = stripe.books.customer("Initech", default_payment_method="pm_card")
    bill = replace(BILL, customer=payer["id"])
    stripe.faults = [500]
    first = charge_saved_method(account, bill, key="once")
    assert charge_saved_method(account, bill, key="once") == first
    charge_saved_method(account, bill, key="again")
    (charged, second) = stripe.books.kept("payment_intents").values()
    assert first.payment["id"] == charged["id"] != second["id"]
    assert (charged["amount"], charged["currency"], charged["customer"]) == (12_345, "usd", payer["id"])
    assert charged["metadata"] == {"reference": "CALOS-2026-00001", "invoice_id": "i"}
    with pytest.raises(Conflict, match="used for another payment"):
        charge_saved_method(account, replace(bill, amount=Money(1, "USD")), key="once")


@pytest.mark.parametrize(
    ("saved", "said"), [(None, "saved no way to pay"), (DECLINED, "declined the payment"), ("nobody", "not one of")]
)
def test_what_cannot_be_charged_is_told(stripe: LoopbackStripe, account: Account, saved: str | None, said: str) -> None:
    payer = stripe.books.customer("Initech", default_payment_method=saved)
    with pytest.raises(Conflict, match=said):
        charge_saved_method(account, replace(BILL, customer=None if saved == "nobody" else payer["id"]), key="once")


def test_a_payment_link_is_the_same_page_for_the_same_key(stripe: LoopbackStripe, account: Account) -> None:
    first, same = [payment_link(account, BILL, return_url="https://calos.test/", key="today") for _ in range(2)]
    other = payment_link(account, replace(BILL, amount=Money(99, "ISK")), return_url="https://calos.test/", key="else")
    assert first == same
    assert first.url.startswith("https://checkout.stripe.test/")
    made = stripe.books.kept("checkout_sessions")
    assert [made[each.id]["amount_total"] for each in (first, other)] == [12_345, 9_900]
    assert made[first.id]["client_reference_id"] == "CALOS-2026-00001"


def test_the_loopback_speaks_in_the_words_of_stripes_own_library(stripe: LoopbackStripe) -> None:
    """Every key that it sends is one that the library declares for that object."""
    books = stripe.books
    price = books.price(books.product("Pro"), 100)
    begun = books.subscribe(books.customer("Initech"), (price, 1))
    paid = books.pay(books.finalize(books.invoice(books.customer("Umbrella"), 100, subscription=begun["id"])))
    books.refund(paid, 1)
    books.dispute(paid)
    books.credit(next(iter(books.kept("invoices").values())), 5)
    classes: dict[str, Any] = {
        "customers": sdk.Customer,
        "products": sdk.Product,
        "prices": sdk.Price,
        "subscriptions": sdk.Subscription,
        "invoices": sdk.Invoice,
        "invoice_payments": sdk.InvoicePayment,
        "credit_notes": sdk.CreditNote,
        "refunds": sdk.Refund,
        "disputes": sdk.Dispute,
        "payment_intents": sdk.PaymentIntent,
    }
    for kind, known in classes.items():
        for made in books.kept(kind).values():
            assert set(made) <= set(known.__annotations__), kind
    (item,) = begun["items"]["data"]
    assert set(item) <= set(sdk.SubscriptionItem.__annotations__)
    assert set(books.events[0]) <= set(sdk.Event.__annotations__)


def test_everything_listed_can_be_asked_for(account: Account) -> None:
    for kind in LISTED:
        assert page(account, kind).objects == (), kind
