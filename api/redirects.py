"""Old addresses that people have bookmarked, leading to today's pages."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route


async def _dashboard(_request: Request) -> RedirectResponse:
    return RedirectResponse("/customers", 308)


async def _culture(request: Request) -> RedirectResponse:
    install_id = request.query_params.get("install_id", "")
    return RedirectResponse(f"/culture?install_id={quote(install_id)}" if install_id else "/culture", 308)


routes = [
    Route("/enterprise-dashboard.html", _dashboard),
    Route("/culture-profile.html", _culture),
]
