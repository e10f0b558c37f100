"""Addresses that people have bookmarked or type, leading to today's pages."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route


async def _dashboard(_request: Request) -> RedirectResponse:
    return RedirectResponse("/customers", 308)


async def _culture(request: Request) -> RedirectResponse:
    install_id = request.query_params.get("install_id", "")
    return RedirectResponse(f"/culture?install_id={quote(install_id)}" if install_id else "/culture", 308)


async def _overview(request: Request) -> RedirectResponse:
    # Streamlit serves the first screen at the root alone, and calls its own address a page that does not exist.
    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/", 307)


routes = [
    Route("/overview", _overview),
    Route("/enterprise-dashboard.html", _dashboard),
    Route("/culture-profile.html", _culture),
]
