"""The brands of the demo world: one server shows each of its host names in the customer's own colors."""

from datetime import datetime
from html import escape
from typing import Final
from uuid import UUID

from core.access.actor import Actor
from core.organizations.brands import BrandDraft, ink
from core.organizations.writes import set_brand
from db.session import WriteSession

_COLORS: Final = {
    "Demo Customer": "#0f766e",
    "Northwind Markets": "#b45309",
    "Acme GmbH": "#be123c",
    "Globex": "#1d4ed8",
    "Initech": "#475569",
    "Umbrella Logistics": "#dc2626",
    "Hooli": "#16a34a",
}


def give_brand(session: WriteSession, actor: Actor, organization_id: UUID, name: str, *, now: datetime) -> None:
    """Give a customer its brand, if it is one that has a host name."""
    color = _COLORS.get(name)
    if color is None:
        return
    word = name.lower().replace(" ", "-")
    draft = BrandDraft(name, color, f"help@{word}.test", f"https://help.{word}.test", f"{name} IT")
    set_brand(session, actor, organization_id, draft, now=now, picture=_logo(name, color).encode())


def _logo(name: str, color: str) -> str:
    """Return a mark with the name beside it."""
    width = 52 + 11 * len(name)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 40" width="{width}" height="40">'
        f'<rect width="40" height="40" rx="10" fill="{color}"/>'
        f'<text x="20" y="28" font-family="Helvetica, Arial, sans-serif" font-size="22" font-weight="700" '
        f'text-anchor="middle" fill="{ink(color)}">{escape(name[0])}</text>'
        f'<text x="52" y="27" font-family="Helvetica, Arial, sans-serif" font-size="20" font-weight="600" '
        f'fill="#64748b">{escape(name)}</text></svg>'
    )
