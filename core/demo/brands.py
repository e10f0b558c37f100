"""The brands of the demo world: one server shows each of its host names in the customer's own colors."""

from datetime import datetime
from html import escape
from typing import Final
from uuid import UUID

from core.access.actor import Actor
from core.organizations.brands import BrandDraft, ink
from core.organizations.writes import add_domain, set_brand
from db.session import WriteSession

# Color, and host names beside those that the customer runs the suite under: twelve in all.
_BRANDS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "Demo Customer": ("#0f766e", ("demo.calos.sh",)),
    "Northwind Markets": ("#b45309", ("portal.northwind.test", "staff.northwind.test")),
    "Acme GmbH": ("#be123c", ("portal.acme.test",)),
    "Globex": ("#1d4ed8", ("portal.globex.test", "help.globex.test")),
    "Initech": ("#475569", ("portal.initech.test",)),
    "Umbrella Logistics": ("#dc2626", ("portal.umbrella.test",)),
    "Hooli": ("#15803d", ("hooli.test", "shop.hooli.test", "help.hooli.test", "labs.hooli.test")),
}


def give_brand(session: WriteSession, actor: Actor, organization_id: UUID, name: str, *, now: datetime) -> None:
    """Give a customer its brand and its host names, if it is one that has them."""
    if name not in _BRANDS:
        return
    color, hosts = _BRANDS[name]
    word = name.lower().replace(" ", "-")
    draft = BrandDraft(name, color, f"help@{word}.test", f"https://help.{word}.test", f"{name} IT")
    set_brand(session, actor, organization_id, draft, now=now, picture=_logo(name, color).encode())
    for host in hosts:
        add_domain(session, actor, organization_id, host, now=now)


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
