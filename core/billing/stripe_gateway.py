"""Stripe, as far as Calos speaks to it: the only file that knows its SDK."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

from core.billing.stripe.amounts import stripe_amount
from core.billing.stripe.kinds import Kind
from core.config import Settings
from core.errors import CalosError, Conflict, InvalidInput, UpstreamFailed
from core.money import Money

PATIENCE_SECONDS = 5.0
API = "https://api.stripe.com"
PAGE: Final = 100
# Waits between tries: 0.5, 1, 2, 4 s, as long as the budget allows.
FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 8.0

Mode = Literal["live", "test"]


@dataclass(frozen=True)
class Account:
    """Where and as whom Stripe is asked; one call, its retries included, takes `budget` seconds at most.

    `timeout` is for one answer. `pause` waits between tries.
    """

    secret_key: str
    base_url: str = API
    timeout: float = 15.0
    budget: float = 60.0
    pause: Callable[[float], object] = time.sleep


def account_of(settings: Settings) -> Account | None:
    """Return the account that is set, or None: Stripe is off."""
    return Account(settings.stripe_secret_key, settings.stripe_url) if settings.stripe_secret_key else None


@dataclass(frozen=True)
class Page:
    """A page of objects as plain JSON, and the id after which the next begins; None at the end."""

    objects: tuple[dict[str, Any], ...]
    next: str | None


@dataclass(frozen=True)
class Payable:
    """What Stripe is to collect: an open invoice of ours. `customer` is Stripe's id, where we know it."""

    reference: str
    text: str
    amount: Money
    customer: str | None = None
    email: str | None = None
    metadata: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Link:
    """A page of Stripe's on which an invoice is paid."""

    id: str
    url: str
    expires_at: int | None


@dataclass(frozen=True)
class Charged:
    """What came of charging a saved method: whether the money came or is on its way, and the payment as JSON."""

    status: Literal["succeeded", "processing"]
    payment: dict[str, Any]


# Which list an object is in, and what is asked for along with it.
_LISTS: Final[dict[Kind, tuple[str, tuple[str, ...], dict[str, Any]]]] = {
    "customer": ("customers", (), {}),
    "product": ("products", (), {}),
    "price": ("prices", (), {}),
    "subscription": ("subscriptions", ("discounts.source.coupon",), {"status": "all"}),
    "invoice": ("invoices", ("payments",), {}),
    "credit_note": ("credit_notes", (), {}),
    "refund": ("refunds", (), {}),
    "dispute": ("disputes", (), {}),
}


def mode_of_key(secret_key: str, *, base_url: str = API, timeout: float = PATIENCE_SECONDS) -> Mode:
    """Ask Stripe whether it accepts the key, and return whether it moves real money (`live`) or not (`test`).

    A restricted key that may not read the balance is accepted all the same. Raises InvalidInput when Stripe refuses
    the key and UpstreamFailed when it gives no answer; no message holds the key or words of Stripe's that quote it.
    """
    import stripe  # its time and memory are for those who use Stripe

    _require_sendable(secret_key)
    client = stripe.StripeClient(
        secret_key,
        base_addresses={"api": base_url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=timeout),
    )
    try:
        balance = client.v1.balance.retrieve()
    except stripe.PermissionError:
        return "live" if "_live_" in secret_key else "test"
    except stripe.AuthenticationError:
        raise InvalidInput(
            "Stripe does not accept STRIPE_SECRET_KEY: copy the secret key again from Stripe's dashboard, or unset it.",
            field="STRIPE_SECRET_KEY",
        ) from None  # the SDK's message may quote the key
    except stripe.APIConnectionError as silent:
        raise UpstreamFailed(
            f"Stripe did not answer within {timeout:g} s: check that this machine reaches {base_url}."
        ) from silent
    except stripe.StripeError as failed:
        raise UpstreamFailed(
            f"Stripe answered with status {failed.http_status or 'none'} instead of a balance: try again later."
        ) from failed
    return _mode(balance)


def page(account: Account, kind: Kind, after: str | None = None, *, limit: int = PAGE) -> Page:
    """Return up to `limit` objects of a kind, newest first as Stripe lists them, that come after the id `after`.

    Raises InvalidInput for a key that Stripe refuses, UpstreamFailed where it gives no answer within the budget.
    """
    service, expanded, also = _LISTS[kind]
    params: dict[str, Any] = {"limit": limit, **also}
    if after is not None:
        params["starting_after"] = after
    if expanded:
        params["expand"] = [f"data.{one}" for one in expanded]
    listed = _asked(account, lambda client: getattr(client.v1, service).list(params))
    objects = tuple(_whole(account, kind, one.to_dict(for_json=True)) for one in listed.data)
    return Page(objects, objects[-1]["id"] if objects and listed.has_more else None)


def one(account: Account, kind: Kind, external_id: str) -> dict[str, Any] | None:
    """Return an object as it is now, as plain JSON, or None where Stripe knows none of that id."""
    service, expanded, _ = _LISTS[kind]
    params: dict[str, Any] = {"expand": list(expanded)} if expanded else {}
    found = _asked(account, lambda client: getattr(client.v1, service).retrieve(external_id, params), or_none=True)
    return None if found is None else _whole(account, kind, found.to_dict(for_json=True))


def payment_intent(account: Account, external_id: str) -> dict[str, Any] | None:
    """Return a payment as it is now, as plain JSON, or None where Stripe knows none of that id."""
    found = _asked(account, lambda client: client.v1.payment_intents.retrieve(external_id), or_none=True)
    return None if found is None else dict(found.to_dict(for_json=True))


def payment_link(account: Account, payable: Payable, *, return_url: str, key: str) -> Link:
    """Make the page of Stripe's on which an open invoice is paid; with the same `key` it is the same page.

    `return_url` is where the payer comes back to. The payment carries our reference in its metadata.
    """
    said = {"reference": payable.reference, **(payable.metadata or {})}
    price = {
        "currency": payable.amount.currency.lower(),
        "unit_amount": stripe_amount(payable.amount),
        "product_data": {"name": payable.text[:250]},
    }
    params: dict[str, Any] = {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "success_url": return_url,
        "client_reference_id": payable.reference,
        "metadata": said,
        "payment_intent_data": {"metadata": said},
    }
    if payable.customer:
        params["customer"] = payable.customer
    elif payable.email:
        params["customer_email"] = payable.email
    made = _asked(account, lambda client: client.v1.checkout.sessions.create(params, {"idempotency_key": key}))
    return Link(made.id, made.url, made.expires_at)


def charge_saved_method(account: Account, payable: Payable, *, key: str) -> Charged:
    """Charge the method that the customer saved with Stripe, once per `key` however often it is asked.

    Raises Conflict where there is none, or the bank declines it or wants to see the customer, and InvalidInput where
    the same key was used for another payment.
    """
    if payable.customer is None:
        raise Conflict("This customer is not one of Stripe's: send a payment link instead.", code="no_saved_method")
    buyer = one(account, "customer", payable.customer) or {}
    method = (buyer.get("invoice_settings") or {}).get("default_payment_method")
    if not method:
        raise Conflict("The customer saved no way to pay with Stripe: send a payment link.", code="no_saved_method")
    params: dict[str, Any] = {
        "amount": stripe_amount(payable.amount),
        "currency": payable.amount.currency.lower(),
        "customer": payable.customer,
        "payment_method": method,
        "description": payable.text[:250],
        "confirm": True,
        "off_session": True,
        "metadata": {"reference": payable.reference, **(payable.metadata or {})},
    }
    made = _asked(account, lambda client: client.v1.payment_intents.create(params, {"idempotency_key": key}))
    if made.status not in {"succeeded", "processing"}:
        raise Conflict("The bank wants to see the customer first: send a payment link.", code="needs_customer")
    return Charged(made.status, made.to_dict(for_json=True))


def _whole(account: Account, kind: Kind, found: dict[str, Any]) -> dict[str, Any]:
    """Complete the lists within an object that Stripe cut short: a subscription of more than ten items."""
    name, service, by = {
        "subscription": ("items", "subscription_items", "subscription"),
        "invoice": ("payments", "invoice_payments", "invoice"),
    }.get(kind, ("", "", ""))
    held = found.get(name)
    while name and held and held.get("has_more"):
        params = {by: found["id"], "limit": PAGE, "starting_after": held["data"][-1]["id"]}
        more = _asked(account, partial(_list, service, params))
        held["data"] += [one.to_dict(for_json=True) for one in more.data]
        held["has_more"] = bool(more.has_more) and bool(more.data)
    return found


def _list(service: str, params: dict[str, Any], client: Any) -> Any:
    return getattr(client.v1, service).list(params)


def _asked(account: Account, ask: Callable[[Any], Any], *, or_none: bool = False) -> Any:
    """Ask with retries on 409, 429, 5xx and silence, each after a longer wait, until the budget is used up."""
    import stripe  # its time and memory are for those who use Stripe

    _require_sendable(account.secret_key)
    client = stripe.StripeClient(
        account.secret_key,
        base_addresses={"api": account.base_url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=account.timeout),
    )
    began, waited, wait = time.monotonic(), 0.0, FIRST_WAIT_SECONDS
    while True:
        try:
            return ask(client)
        except stripe.StripeError as failed:
            if or_none and failed.http_status == 404:
                return None
            spent = max(waited, time.monotonic() - began)
            if not _passes(failed) or spent + wait > account.budget:
                raise _said(account, failed) from None  # the SDK's message may quote the key
        account.pause(wait)
        waited, wait = waited + wait, min(2 * wait, LONGEST_WAIT_SECONDS)


def _passes(failed: Any) -> bool:
    """Whether the same request may succeed later; Stripe says so itself where it sends the header."""
    told = (failed.headers or {}).get("stripe-should-retry") if failed.headers else None
    if told in {"true", "false"}:
        return bool(told == "true")
    status = failed.http_status
    return status is None or status in {409, 429} or status >= 500


def _said(account: Account, failed: Any) -> CalosError:
    import stripe  # as above

    if isinstance(failed, stripe.AuthenticationError | stripe.PermissionError):
        return InvalidInput(
            "Stripe does not let STRIPE_SECRET_KEY do this: give it a key that may read customers, products, prices, "
            "subscriptions, invoices, credit notes, refunds and disputes.",
            field="STRIPE_SECRET_KEY",
        )
    if isinstance(failed, stripe.CardError):
        return Conflict("The bank declined the payment: send a payment link, or ask the customer.", code="declined")
    if isinstance(failed, stripe.IdempotencyError):
        return Conflict("This Idempotency-Key was used for another payment: take a new one.", code="key_used")
    if isinstance(failed, stripe.RateLimitError):
        return UpstreamFailed("Stripe takes no more requests for now: try again in a minute.", code="stripe_busy")
    if isinstance(failed, stripe.APIConnectionError) or failed.http_status is None:
        return UpstreamFailed(f"Stripe did not answer: check that this machine reaches {account.base_url}.")
    if failed.http_status >= 500:
        return UpstreamFailed(f"Stripe answered with status {failed.http_status}: try again later.")
    return InvalidInput(
        f"Stripe refused the request ({getattr(failed, 'code', None) or failed.http_status}); its dashboard, under "
        "Developers, Logs, says why.",
        code="stripe_refused",
    )


def _mode(balance: object) -> Mode:
    live = getattr(balance, "livemode", None)
    if not isinstance(live, bool):
        raise UpstreamFailed("What answers as Stripe is not Stripe: check what stands between this machine and it.")
    return "live" if live else "test"


def _require_sendable(secret_key: str) -> None:
    if not (secret_key.isascii() and secret_key.isprintable()) or " " in secret_key:
        raise InvalidInput(
            "STRIPE_SECRET_KEY holds a space, a line break or a character no key has: set it anew.",
            field="STRIPE_SECRET_KEY",
        )
