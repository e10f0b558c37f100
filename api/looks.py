"""The HTML pages that are no Streamlit pages: rendered from assets/, with a fresh nonce each."""

import secrets
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.responses import HTMLResponse

from core.config import settings

ASSETS = Path(__file__).parents[1] / "assets"
_TEMPLATES = Environment(loader=FileSystemLoader(ASSETS), autoescape=select_autoescape(), auto_reload=False)


def brand() -> dict[str, str]:
    """Return the vendor's brand and addresses, as every such page shows them."""
    current = settings()
    return {
        "name": "Calos",
        "logo": "/assets/logo.svg",
        "support_email": current.support_email,
        "sales_email": current.sales_email,
        "security_email": current.security_email,
    }


def render(template: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any) -> HTMLResponse:
    """Return the page; only its own inline script, by nonce, may run."""
    nonce = secrets.token_urlsafe(16)
    html = _TEMPLATES.get_template(template).render(brand=brand(), nonce=nonce, **values)
    policy = (
        f"default-src 'self'; script-src 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return HTMLResponse(
        html, status, {"Content-Security-Policy": policy, "Cache-Control": "no-store", **(headers or {})}
    )
