"""Which objects of Stripe's are taken in, in the order in which one needs the other."""

from typing import Final, Literal

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
# The events that a destination in Stripe's dashboard should be given.
EVENTS: Final = (
    "customer.*",
    "product.*",
    "price.*",
    "invoice.*",
    "credit_note.*",
    "refund.*",
    "charge.dispute.*",
)
