"""Which customer a page is about: by the address, or picked from the list where the address names nobody."""

from uuid import UUID

import streamlit as st

from core.access.actor import Actor
from core.accounts.customers import CustomerFilter
from core.accounts.reads import customer, list_customers
from core.errors import NotFound
from pages.parts import filters, links
from pages.parts.empty import empty
from pages.parts.load import load, minute

_CHOICES = 200


def install_id(actor: Actor) -> str | None:
    """The install that the address names, itself (`install_id`) or by its customer (`id`); None where it does not."""
    named: str | None = st.query_params.get("install_id")
    if named:
        return named
    organization = st.query_params.get("id")
    if not organization:
        return None
    try:
        known = UUID(organization)
    except ValueError as wrong:
        raise NotFound(f"“{organization[:80]}” is no id of a customer. Choose one from the list.") from wrong
    return load(customer, actor, known, now=minute()).install_id


def picker(actor: Actor, *, to: str = "customer") -> None:
    """A box of customers; choosing one opens its page, or another screen about it."""
    page = load(list_customers, actor, CustomerFilter(), now=minute(), limit=_CHOICES)
    if not page.customers:
        empty("customer", "No customers yet", "Issue a license on the Customers page; its holder appears here.")
        links.link("customers", "Customers", icon="groups")
        return
    named = {each.install_id: each.name for each in page.customers}
    picked = st.selectbox(
        "Customer",
        list(named),
        index=None,
        format_func=lambda each: named[each],
        placeholder="Whom do you want to see?",
        key="picked-customer",
        width=420,
    )
    if picked:
        filters.go(links.to(to), {"install_id": picked})
    links.link("customers", "All customers", icon="groups")
