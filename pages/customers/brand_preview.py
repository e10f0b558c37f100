"""How a brand looks on the sign-in page, while it is being written: nothing is saved for it."""

import base64
from html import escape

import streamlit as st

from core.errors import InvalidInput
from core.organizations import logos
from core.organizations.brands import BrandDraft, checked, ink
from pages.parts.cards import card


def show(draft: BrandDraft, picture: bytes | None, kept_logo: str | None) -> None:
    """Draw the sign-in page in small, or say what is wrong with the draft."""
    with card("brand-preview", "How their people see it", "Sign-in, before it is saved").body:
        try:
            known = checked(draft)
            logo = _inline(picture) if picture is not None else f"/api/logos/{kept_logo}" if kept_logo else None
        except InvalidInput as wrong:
            st.warning(wrong.message, icon=":material/edit:")
            return
        st.html(_page(known, logo))


def _inline(picture: bytes) -> str:
    made = logos.checked(picture)
    return f"data:{made.media_type};base64,{base64.b64encode(made.content).decode()}"


def _page(brand: BrandDraft, logo: str | None) -> str:
    color, on_it, name = brand.primary_color, ink(brand.primary_color), escape(brand.name)
    mark = (
        f'<img src="{logo}" alt="{name}" style="height:34px;max-width:220px">'
        if logo
        else f'<span style="display:inline-grid;place-items:center;width:34px;height:34px;border-radius:9px;'
        f'background:{color};color:{on_it};font-weight:700">{escape(brand.name[0].upper())}</span>'
        f'<b style="font-size:17px">{name}</b>'
    )
    field = "border:1px solid light-dark(#dfe3eb,#263042);border-radius:9px;height:36px;margin:4px 0 12px"
    help_line = f"Help: {escape(brand.support_email)}" if brand.support_email else "Help: the vendor's support"
    return (
        '<div style="background:light-dark(#f5f6fa,#0b0f17);border-radius:12px;padding:24px 16px;font-size:14px">'
        f'<div style="display:flex;gap:10px;align-items:center;justify-content:center;margin-bottom:16px">{mark}</div>'
        '<div style="max-width:320px;margin:auto;background:light-dark(#fff,#111722);border-radius:14px;padding:20px;'
        'border:1px solid light-dark(#dfe3eb,#263042)">'
        f'<b style="font-size:18px">Sign in</b><div style="opacity:.7;margin-bottom:12px">to {name}</div>'
        f'<div>Email</div><div style="{field}"></div><div>Password</div><div style="{field}"></div>'
        f'<div style="background:{color};color:{on_it};border-radius:9px;padding:9px;text-align:center;'
        'font-weight:600">Sign in</div></div>'
        f'<div style="text-align:center;opacity:.7;margin-top:14px">{help_line}</div></div>'
    )
