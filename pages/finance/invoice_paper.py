"""The paper of an invoice on the screen, by the template of its PDF; and why it carries no data for machines."""

from typing import Final
from uuid import UUID

import streamlit as st

from core.access.actor import Actor
from core.billing.documents.factur_x_gaps import factur_x_gap
from core.billing.documents.invoice_paper import carries_data, invoice_png
from core.billing.documents.wording import VAT_COUNTRIES
from core.billing.invoices.document import document_of
from core.billing.invoices.states import Invoice
from db.session import ReadSession
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load

_DOTS: Final = 130


def show(actor: Actor, of: Invoice) -> None:
    """Draw the pages."""
    sheets, europe, gap = load(_paper, actor, of.id)
    place = card("paper", "The paper", f"{say.count(len(sheets), 'page')}, as the PDF shows it", height="content")
    with place.right:
        st.link_button("PDF", f"/api/invoices/{of.id}/pdf", icon=":material/picture_as_pdf:")
    with place.body:
        for number, sheet in enumerate(sheets, start=1):
            with st.container(key=f"sheet-{number}"):
                st.image(sheet, width="stretch", output_format="PNG")
        if of.state == "draft":
            st.caption("A draft: number and dates come with issuing it. The PDF then carries its data for machines.")
        elif gap and europe:
            st.warning(f"The PDF carries no Factur-X data. {say.plain(gap)}", icon=":material/data_alert:")
        elif europe:
            st.caption(":material/data_check: Factur-X: the PDF carries its data by EN 16931 for the customer's books.")


def _paper(session: ReadSession, actor: Actor, invoice_id: UUID) -> tuple[tuple[bytes, ...], bool, str | None]:
    """Return its pages as PNG, whether a party is in Europe, and why the standard has no place for it."""
    document = document_of(session, actor, invoice_id)
    europe = bool({document.seller.country, document.buyer.country} & VAT_COUNTRIES)
    gap = None if not europe or carries_data(document) else factur_x_gap(document)
    return invoice_png(document, dots_per_inch=_DOTS), europe, gap
