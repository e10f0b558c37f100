"""Products as they are called."""

from typing import Final

_NAMES: Final = {"pos": "POS"}
NOT_ONE: Final = "Not of one product"


def product_name(product_id: str | None) -> str:
    """A product's name on screen: analytics is Analytics."""
    if not product_id:
        return NOT_ONE
    return _NAMES.get(product_id, product_id.replace("_", " ").capitalize())
