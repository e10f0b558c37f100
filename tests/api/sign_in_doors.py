"""The doors of sign-in as tests knock at them: the real middleware before the real routes, on the tests' database."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from api import auth, sign_in
from api.depends import StrictRoute
from api.front_door import FrontDoor
from api.house import House
from api.problems import install_handlers
from core.config import Settings
from core.databases import Databases

ORIGIN = "http://calos.test"


@contextmanager
def open_doors(databases: Databases, settings: Settings, *, origin: str = ORIGIN) -> Iterator[TestClient]:
    """Yield a browser that follows no redirect, before an app whose front page says who is signed in."""
    api = FastAPI()
    api.router.route_class = StrictRoute
    install_handlers(api)
    api.include_router(auth.router)
    api.state.databases, api.state.settings = databases, settings
    app = Starlette(
        routes=[Route("/", _who), *sign_in.routes, Mount("/api", api)],
        middleware=[Middleware(FrontDoor, house=House(settings, ready=True, opened=databases))],
    )
    with TestClient(app, base_url=origin, follow_redirects=False) as browser:
        yield browser


def _who(request: Request) -> Response:
    return PlainTextResponse(request.scope["state"]["actor"].label)


def form_token(page: str) -> str:
    """Return the hidden token of a form."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found is not None, page
    return found[1]


def submit(browser: TestClient, path: str, fields: dict[str, str], *, headers: dict[str, str] | None = None) -> Any:
    """Open the form at `path` and post it as a browser does, with its token and Origin."""
    page = browser.get(path)
    sent = {"csrf": form_token(page.text), **fields}
    return browser.post(path.partition("?")[0], data=sent, headers={"Origin": str(browser.base_url), **(headers or {})})
