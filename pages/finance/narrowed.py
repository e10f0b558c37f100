"""What rows of the ledger are narrowed to: by groups of its dimensions, in words, and to one customer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import streamlit as st

from core.access.actor import Actor
from core.errors import InvalidInput
from core.finance.views import OTHER, groups_known
from core.metrics.fields import DIMENSIONS
from core.metrics.labels import labels
from core.metrics.sources import Sight
from core.organizations.reads import names
from core.periods import Period
from db.session import ReadSession
from pages.finance.revenue_month import Chosen, address
from pages.parts import filters, links
from pages.parts.load import load

BY: Final = ("tier", "product", "country", "segment")
_NOT_IDS: Final = {OTHER: "Other", "": "Not known"}
# The ids that each dimension may have.
Where = Mapping[str, tuple[str, ...]]


def words_of(actor: Actor, dimension: str, groups: tuple[str, ...], now: datetime) -> dict[str, str]:
    """What each group is called, on screen and in the address."""
    known = tuple(sorted({each for each in groups if each not in _NOT_IDS}))
    return load(_labels, actor, dimension, known, now) | _NOT_IDS


def controls(actor: Actor, screen: str, period: Period, chosen: Chosen) -> Where:
    """A box a dimension. A customer comes by a link; another lets go of it."""
    known = load(groups_known, actor, period, BY, as_of=chosen.now)
    where: dict[str, tuple[str, ...]] = {}
    with st.container(horizontal=True, vertical_alignment="center", key="narrowing"):
        for dimension in BY:
            named = words_of(actor, dimension, tuple(known[dimension]), chosen.now)
            ids = {named[each]: each for each in known[dimension]}
            label = DIMENSIONS[dimension].label
            picked = filters.pick(label, list(ids), key=dimension, placeholder=f"Any {label.lower()}", width=165)
            if picked is not None:
                where[dimension] = (ids[picked],)
    customer = _customer()
    if customer is None:
        return where
    _only(actor, customer, screen, chosen)
    return where | {"customer": (str(customer),)}


def as_report(where: Where) -> dict[str, str]:
    """What rows are narrowed to, as a report of them is."""
    return {name: values[0] for name, values in where.items()}


def parts(where: Where) -> str:
    """What to add to a sum of which the rows show more than counts."""
    return (
        "" if "product" not in where else ". Rows show whole agreements; the sum counts this product's share of each."
    )


def _only(actor: Actor, customer: UUID, screen: str, chosen: Chosen) -> None:
    """Say whose rows these are, with the way to the customer and back to all."""
    name = load(names, actor).get(customer, "nobody we know")
    with st.container(horizontal=True, vertical_alignment="center", key="row-only"):
        links.link("customer", f"Only {name}", {"id": str(customer)}, icon="domain")
        links.link(screen, "Show all customers", address(screen, chosen.month), icon="filter_alt_off")


def _customer() -> UUID | None:
    given: str | None = st.query_params.get("customer")
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError as wrong:
        raise InvalidInput(
            f"“{given[:80]}” is no id of a customer. Open one from the list.", field="customer"
        ) from wrong


def _labels(
    session: ReadSession, actor: Actor, dimension: str, groups: tuple[str, ...], now: datetime
) -> dict[str, str]:
    found = labels(Sight(session, session, actor, now), dimension, groups)
    return {str(group): name for group, name in found.items()}
