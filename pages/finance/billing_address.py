"""The fields of a name and address as law wants them on an invoice."""

import streamlit as st

from core.billing.invoices.addresses import LONGEST, MOST_LINES, Address


def fields(of: Address, *, key: str) -> Address:
    """Draw the fields filled with what is known, and return what they say; the core checks it."""
    name = st.text_input("Legal name", of.name, max_chars=LONGEST, key=f"{key}-name")
    lines = st.text_area(
        "Street address", "\n".join(of.lines), height=80, placeholder="Hauptstr. 1", key=f"{key}-lines"
    )
    left, middle, right = st.columns([2, 3, 2])
    postcode = left.text_input("Postcode", of.postcode, key=f"{key}-postcode")
    city = middle.text_input("City", of.city, key=f"{key}-city")
    country = right.text_input("Country", of.country, max_chars=2, placeholder="DE", key=f"{key}-country")
    left, right = st.columns(2)
    vat_id = left.text_input("VAT id", of.vat_id or "", placeholder="DE123456789", key=f"{key}-vat")
    email = right.text_input(
        "E-mail for invoices", of.email or "", placeholder="billing@example.com", key=f"{key}-email"
    )
    given = tuple(line.strip() for line in (lines or "").splitlines() if line.strip())[: MOST_LINES + 1]
    return Address(name or "", given, postcode or "", city or "", country or "", vat_id or None, email or None)
