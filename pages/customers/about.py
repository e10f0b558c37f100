"""Who a customer is, and the notes that staff keep about them."""

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.profile import CustomerProfile
from core.organizations.writes import write_note
from pages.parts import format as say
from pages.parts import links
from pages.parts.cards import card
from pages.parts.load import change, told


def show(actor: Actor, profile: CustomerProfile) -> None:
    """Draw contact, brand and notes."""
    company, brand = profile.organization, profile.branding
    with card("about", "About", f"Customer since {say.day(company.created_at)}", height="content").body:
        lines = {
            "Contact": company.contact_email or "",
            "Support": brand.support_email or "",
            "Shown as": brand.display_name if brand.display_name != company.name else "",
            "Domains": say.listing(list(brand.domains), most=6) if brand.domains else "",
        }
        known = [f"**{label}** {say.plain(value)}" for label, value in lines.items() if value]
        if known:
            st.markdown("  \n".join(known))
        asked = {"install_id": profile.subscription.license.install_id}
        links.link("brand", "Brand and host names", asked, icon="palette")
        if actor.may(Permission.TELEMETRY_READ):
            links.link("telemetry", "What its telemetry says of them", asked, icon="sensors")
        _notes(actor, profile)


def _notes(actor: Actor, profile: CustomerProfile) -> None:
    company = profile.organization
    if not actor.may(Permission.CUSTOMER_UPDATE):
        st.markdown(say.plain(company.notes) if company.notes else ":gray[No notes yet.]")
        return
    written = st.text_area(
        "Notes",
        company.notes,
        placeholder="What colleagues should know. The customer does not see it.",
        key=f"notes-{company.id}",
        max_chars=20_000,
        height=110,
    )
    if st.button("Save notes", key="save-notes", icon=":material/save:", disabled=written == company.notes):
        with told():
            with change(actor) as session:
                write_note(session, actor, company.id, written or "", now=clock.now())
            st.toast("Notes saved.")
            st.rerun()
