"""A customer's brand: name, color, logo and support, the host names that show it, and how it looks to their people."""

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import NotFound
from core.licensing.reads import License, license_by_install
from core.organizations.brands import HOUSE_COLOR, BrandDraft
from core.organizations.logos import LARGEST
from core.organizations.reads import OwnBrand, own_brand
from core.organizations.writes import set_brand
from pages.customers import brand_hosts, brand_preview, found
from pages.parts import format as say
from pages.parts import links, session
from pages.parts.cards import card, header
from pages.parts.load import change, load, minute, told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.CUSTOMER_READ)
    install_id = st.query_params.get("install_id", "")
    with told("this brand"):
        try:
            held = load(license_by_install, actor, install_id, now=minute())
        except NotFound as missing:
            header("Brand", "How a customer's sign-in, portal and mail look to their people.")
            st.warning(missing.message, icon=":material/search_off:")
            found.picker(actor, to="brand")
            return
        _brand(actor, held)


def _brand(actor: Actor, held: License) -> None:
    own = load(own_brand, actor, held.organization_id)
    with header(f"Brand of {held.organization_name}", _state(own)):
        links.customer("Customer", held.install_id, icon="domain")
    left, right = st.columns([4, 5])
    with left, card("brand", "As it is set" if not actor.may(Permission.CUSTOMER_UPDATE) else "Set it").body:
        draft, picture, without = _form(actor, held, own)
    with right:
        brand_preview.show(draft, picture, None if without else own.logo)
        brand_hosts.show(actor, held, own)


def _state(own: OwnBrand) -> str:
    hosts = f"{say.listing(list(own.domains), most=3)} show it." if own.domains else "No host name shows it yet."
    return hosts if own.primary_color else f"They have the vendor's brand so far. {hosts}"


def _form(actor: Actor, held: License, own: OwnBrand) -> tuple[BrandDraft, bytes | None, bool]:
    fixed = not actor.may(Permission.CUSTOMER_UPDATE)
    name = st.text_input("Name", own.display_name, key="brand-name", max_chars=60, disabled=fixed)
    color = st.color_picker("Color", own.primary_color or HOUSE_COLOR, key="brand-color", disabled=fixed)
    email = st.text_input("Support e-mail", own.support_email or "", key="brand-email", disabled=fixed)
    url = st.text_input("Support pages", own.support_url or "", placeholder="https://", key="brand-url", disabled=fixed)
    sender = st.text_input(
        "Mail comes from", own.from_name or "", placeholder=name, key="brand-from", max_chars=60, disabled=fixed
    )
    draft = BrandDraft(name or "", color, email or None, url or None, sender or None)
    if fixed:
        return draft, None, False
    sent = st.file_uploader(
        "Logo",
        ["png", "jpg", "jpeg", "webp", "svg"],
        key="brand-logo",
        max_upload_size=1,
        help=f"At most {LARGEST // 1000} kB.",
    )
    without = own.logo is not None and st.checkbox("Take the logo away", key="brand-without", disabled=sent is not None)
    picture = sent.getvalue() if sent is not None else None
    if st.button("Save brand", type="primary", icon=":material/save:", key="brand-save"):
        with told():
            _save(actor, held, draft, picture, without=without and picture is None)
    return draft, picture, without


def _save(actor: Actor, held: License, draft: BrandDraft, picture: bytes | None, *, without: bool) -> None:
    with change(actor) as writing:
        set_brand(writing, actor, held.organization_id, draft, now=clock.now(), picture=picture, without_logo=without)
    st.toast("Saved. Their next page shows it.", icon=":material/check:")
    st.rerun()
