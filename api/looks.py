"""The HTML pages that are no Streamlit pages: rendered from assets/, with a fresh nonce each."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.responses import HTMLResponse

from core.config import settings
from core.organizations import reads
from core.organizations.brands import HOUSE_NAME, ink
from db.session import ReadSession

ASSETS = Path(__file__).parents[1] / "assets"
_TEMPLATES = Environment(loader=FileSystemLoader(ASSETS), autoescape=select_autoescape(), auto_reload=False)


def house_brand() -> dict[str, str | None]:
    """Return the vendor's brand and addresses, as every such page shows them."""
    current = settings()
    return {
        "name": HOUSE_NAME,
        "logo": "/assets/logo.svg",
        "support_email": current.support_email,
        "sales_email": current.sales_email,
        "security_email": current.security_email,
    }


def brand_at(session: ReadSession, host: str) -> dict[str, str | None]:
    """Return the brand that a host name shows, as such pages show it; the vendor's for any host that is nobody's."""
    found = reads.brand_at(session, host)
    if found is None:
        return house_brand()
    return {
        "name": found.name,
        "logo": logo_address(found.logo),
        "color": found.primary_color,
        "ink": ink(found.primary_color),
        "support_email": found.support_email or settings().support_email,
        "support_url": found.support_url,
    }


def logo_address(digest: str | None) -> str | None:
    """Return where a logo is served."""
    return f"/api/logos/{digest}" if digest else None


def render(
    template: str,
    status: int = 200,
    headers: dict[str, str] | None = None,
    brand: Mapping[str, str | None] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Return the page; only its own inline script, by nonce, may run."""
    nonce = secrets.token_urlsafe(16)
    html = _TEMPLATES.get_template(template).render(brand=brand or house_brand(), nonce=nonce, **values)
    policy = (
        f"default-src 'self'; script-src 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return HTMLResponse(
        html, status, {"Content-Security-Policy": policy, "Cache-Control": "no-store", **(headers or {})}
    )
