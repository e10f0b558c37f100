"""Which objects of Stripe's are taken in, in the order in which one needs the other."""

from collections.abc import Mapping
from typing import Any, Final, Literal

Kind = Literal[
    "customer",
    "product",
    "price",
    "subscription",
    "subscription_item",
    "invoice",
    "payment",
    "refund",
    "dispute",
    "credit_note",
]
# What is asked for as a list. Items come with their subscription, payments with their invoice.
LISTED: Final[tuple[Kind, ...]] = (
    "product",
    "price",
    "customer",
    "subscription",
    "invoice",
    "credit_note",
    "refund",
    "dispute",
)
# What an event is about, by the `object` of what it holds; what is absent here is stored and not looked into.
LOOKED_INTO: Final[dict[str, Kind]] = {kind: kind for kind in LISTED}


def parent_of(kind: Kind, told: Mapping[str, Any]) -> str | None:
    """Return the id of what an object is of: its customer, subscription, invoice or payment intent."""
    if kind in {"payment", "credit_note"}:
        return _id(told.get("invoice"))
    if kind in {"refund", "dispute"}:
        return _id(told.get("payment_intent"))
    if kind == "subscription_item":
        return _id(told.get("subscription"))
    return _id(told.get("customer")) if kind in {"subscription", "invoice"} else _id(told.get("product"))


def _id(of: Any) -> str | None:
    """An id, whether or not the object was expanded."""
    found = of.get("id") if isinstance(of, Mapping) else of
    return found if isinstance(found, str) else None
