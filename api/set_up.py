"""The set-up page behind the one-time link: it makes the first owner and signs them in."""

from typing import Any

import structlog
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from api.credential import begin, give_cookie
from api.forms import STALE, FormToken, read_form
from api.looks import render
from core import clock
from core.access import credentials_file, setup
from core.access.sessions import SignedIn, SignInResult
from core.config import settings
from core.databases import LOCK_SECONDS, databases
from core.errors import CalosError
from core.organizations.founding import use_setup_link
from db.session import DOOR

FIELDS = ("organization", "name", "email")

log = structlog.get_logger("calos.set_up")


async def show(request: Request) -> Response:
    """Show the form for a link that works, else say what to do."""
    token = request.query_params.get("token", "")
    works = await to_thread.run_sync(_works, token)
    return _form(request, token) if works else _no_set_up(setup.STALE)


async def found(request: Request) -> Response:
    """Take the form: a cookie and the front page, or the form again with what is wrong by field."""
    form = await read_form(request)
    token, values = form.get("token", ""), {name: form.get(name, "") for name in FIELDS}
    if not FormToken(request).proves(form):
        return _form(request, token, 403, values=values, error=STALE)
    if form.get("password") != form.get("password_again"):
        different = {"password_again": "The two passwords differ. Type the same one twice."}
        return _form(request, token, 422, values=values, errors=different)
    try:
        result = await to_thread.run_sync(_found, request, form)
    except CalosError as refused:
        if refused.field is None:
            return _no_set_up(refused.message)
        return _form(request, token, 422, values=values, errors={refused.field: refused.message})
    response = RedirectResponse("/", 303, headers={"Cache-Control": "no-store"})
    if isinstance(result, SignedIn):
        give_cookie(response, request, result, settings(), now=clock.now())
    return response


def _works(token: str) -> bool:
    with databases().control.read(DOOR) as session:
        return setup.setup_link_works(session, token, now=clock.now())


def _found(request: Request, form: dict[str, str]) -> SignInResult:
    now, current = clock.now(), settings()
    email, password = form.get("email", ""), form.get("password", "")
    named = (form.get("organization", ""), form.get("name", ""))
    with databases().control.write(DOOR, lock_seconds=LOCK_SECONDS) as session:
        use_setup_link(session, form.get("token", ""), *named, email, password, now=now)
        if current.credentials_file.is_file():
            for sentence in credentials_file.import_file(session, current.credentials_file, now=now):
                log.warning("credentials file", detail=sentence)
        return begin(session, request, current, email, password, now=now)


def _form(request: Request, token: str, status: int = 200, **values: Any) -> Response:
    mark = FormToken(request)
    return mark.put_on(render("setup.html", status, csrf=mark.value, token=token, **values))


def _no_set_up(sentence: str) -> Response:
    link = {"href": "/login", "label": "Sign in"}
    return render("message.html", 410, title="This link can't set up Calos", sentence=sentence, link=link)


routes = [
    Route("/setup", show, methods=["GET"]),
    Route("/setup", found, methods=["POST"]),
]
