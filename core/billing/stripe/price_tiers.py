"""Which tier of ours a price of Stripe's sells."""

from collections.abc import Mapping
from typing import Any

from core.billing.stripe.reads import kept_all
from core.billing.stripe.terms import TierOf
from core.licensing.reads import tiers
from db.session import ReadSession


def tier_of_price(session: ReadSession) -> TierOf:
    """Return what tells the tier of a price: metadata `tier` of it or its product, its lookup key, the product's name.

    By id or label, in whatever case.
    """
    known = {name: tier.id for tier in tiers(session) for name in (tier.label.lower(), tier.id)}
    products = kept_all(session, "product")

    def tier_of(price: Mapping[str, Any]) -> str | None:
        product = products.get(str(price["product"]))
        sold = product.payload if product else {}
        said = (
            (price.get("metadata") or {}).get("tier"),
            (sold.get("metadata") or {}).get("tier"),
            price.get("lookup_key"),
            sold.get("name"),
        )
        return next((known[word] for one in said if (word := str(one or "").strip().lower()) in known), None)

    return tier_of
