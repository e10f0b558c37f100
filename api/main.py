"""The REST door: one router a domain, strict JSON, problem+json, OpenAPI 3.1 and its documentation served from here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from api import (
    activity,
    ask,
    audit,
    auth,
    batches,
    billing_parties,
    board_report,
    branding,
    costs,
    destinations,
    dunning,
    enterprise,
    export,
    financial,
    forecast,
    foreign_keys,
    house,
    imports,
    invoice_acts,
    invoice_runs,
    invoices,
    license_acts,
    license_files,
    licenses,
    live,
    logs,
    parallel_run,
    payments,
    plans,
    reconciliation,
    releases,
    seats,
    security,
    sign_in,
    starting,
    stripe_links,
    stripe_webhook,
    subscriptions,
    telemetry,
    telemetry_people,
    unsubscribe,
    usage,
    verify,
)
from api.boot import Boot
from api.closed_list import is_public
from api.depends import StrictRoute
from api.front_door import COOKIE, FrontDoor
from api.house import House
from api.looks import ASSETS
from api.problems import PROBLEMS, Problem, install_handlers

ROUTERS = (
    auth,
    branding,
    enterprise,
    export,
    licenses,
    license_acts,
    seats,
    license_files,
    foreign_keys,
    releases,
    telemetry,
    telemetry_people,
    usage,
    activity,
    audit,
    security,
    imports,
    destinations,
    costs,
    invoices,
    invoice_acts,
    invoice_runs,
    dunning,
    payments,
    billing_parties,
    financial,
    forecast,
    board_report,
    subscriptions,
    plans,
    reconciliation,
    parallel_run,
    stripe_links,
    stripe_webhook,
    ask,
)
DESCRIPTION = """The API of Calos. Sign in with `POST /api/auth/token` and send the answer's `access_token` as
`Authorization: Bearer …`; installs send their install secret instead. Errors are problem+json with a stable `code`."""

CREDENTIALS = {
    "token": {"type": "http", "scheme": "bearer", "description": "The access_token of `POST /auth/token`."},
    "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "What a browser holds once signed in."},
}


class Api(FastAPI):
    """FastAPI whose description also says what the front door asks for, and holds the shape of a problem."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI description."""
        described = super().openapi()
        parts = described["components"]
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        parts["schemas"].update(problem.pop("$defs"), Problem=problem)
        parts.setdefault("securitySchemes", {}).update(CREDENTIALS)
        for path, methods in described["paths"].items():
            if not is_public(f"/api{path}"):
                for operation in methods.values():
                    operation["security"] = [{name: []} for name in CREDENTIALS]
        return described


def create_api(of: House) -> FastAPI:
    """Return the API, to be mounted at /api."""
    made = Api(
        title="Calos",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        servers=[{"url": "/api"}],
        responses=PROBLEMS,
    )
    made.router.route_class = StrictRoute
    install_handlers(made)
    for module in ROUTERS:
        router: APIRouter = module.router
        made.include_router(router)

    @made.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/api/openapi.json",
            title="Calos API",
            swagger_js_url="/assets/vendor/swagger-ui-bundle.js",
            swagger_css_url="/assets/vendor/swagger-ui.css",
            swagger_favicon_url="/assets/favicon.png",
            # Its default asks a site of Swagger's to validate the description.
            swagger_ui_parameters={"validatorUrl": "none"},
        )

    made.state.house = of
    return made


def outer_routes(of: House, api: FastAPI) -> list[Route | Mount]:
    """Return everything that stands beside the screens: API, sign-in, keys, health, assets."""
    of.doors |= {verify.PATH: verify.Door(api), batches.PATH: batches.Door(api)}
    return [
        *starting.routes(of),
        *sign_in.routes,
        *unsubscribe.routes,
        licenses.keys_route,
        verify.outer_route(api),
        Mount("/assets", StaticFiles(directory=ASSETS / "static")),
        Mount("/api", api),
    ]


def middleware(of: House) -> list[Middleware]:
    """Return what stands in front of everything."""
    front_door = Middleware(FrontDoor, house=of)
    if not of.settings.otlp_endpoint:
        return [front_door]
    # Imported only where it is wanted: the SDK takes a third of a second.
    from api import traces

    return [Middleware(traces.Traced, provider=traces.provider(of.settings.otlp_endpoint)), front_door]


def create_standalone() -> Starlette:
    """Return the API alone, for `uvicorn --factory api.main:create_standalone --workers N` behind the same origin."""
    of = house.build()
    logs.configure(of.settings)
    api = create_api(of)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with Boot(of, api, work=False).running():
            yield

    return Starlette(routes=outer_routes(of, api), middleware=middleware(of), lifespan=lifespan)


def create_live_standalone() -> Starlette:
    """Return the realtime door alone; one process of it serves an installation."""
    of = house.build()
    logs.configure(of.settings)
    door = live.create_live(of)
    boot = Boot(of, create_api(of), work=False, live=door)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with boot.running():
            yield

    routes = [*starting.routes(of), Mount("/socket.io", door.app)]
    return Starlette(routes=routes, middleware=middleware(of), lifespan=lifespan)
