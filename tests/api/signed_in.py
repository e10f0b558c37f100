"""An API of a few routers with the actor already recognized, for tests of routes behind the front door."""

from types import ModuleType

from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from api.depends import StrictRoute
from api.problems import install_handlers
from core.access.actor import Actor
from core.config import Settings
from core.databases import Databases


def signed_in(
    databases: Databases, actor: Actor | None, *modules: ModuleType, settings: Settings | None = None
) -> TestClient:
    """Return a client that calls these modules' routers as `actor`."""
    api = FastAPI()
    api.router.route_class = StrictRoute
    install_handlers(api)
    for module in modules:
        api.include_router(module.router)
    api.state.databases = databases
    api.state.settings = settings

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if actor is not None:
            scope.setdefault("state", {})["actor"] = actor
        await api(scope, receive, send)

    return TestClient(app, raise_server_exceptions=False)
