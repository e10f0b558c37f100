"""The sign-in page, signing out, and set-up: plain HTML, so that password managers and screen readers work."""

import math
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from api import set_up
from api.credential import begin, give_cookie, take_cookie
from api.forms import STALE, FormToken, read_form, safe_next
from api.looks import brand_at, render
from core import clock
from core.access import sessions
from core.access.actor import Actor
from core.access.directory import demo_people
from core.access.proof import SignInRefused
from core.access.sessions import SignInResult
from core.config import settings
from core.databases import LOCK_SECONDS, databases
from core.demo.people import PEOPLE
from db.session import DOOR


async def show_sign_in(request: Request) -> Response:
    """Show the form, or go on for somebody who is signed in already."""
    wanted = safe_next(request.query_params.get("next", ""))
    if _actor(request) is not None:
        return RedirectResponse(wanted, 303)
    return await _form(request, wanted)


async def sign_in(request: Request) -> Response:
    """Take the form: a cookie and on to where the person wanted to go, or the form again with what to do."""
    form = await read_form(request)
    wanted, email = safe_next(form.get("next", "")), form.get("email", "")
    if not FormToken(request).proves(form):
        return await _form(request, wanted, 403, email=email, error=STALE)
    result = await to_thread.run_sync(_begin, request, email, form.get("password", ""))
    if isinstance(result, SignInRefused):
        return await _refused(request, wanted, email, result)
    response = RedirectResponse(wanted, 303, headers={"Cache-Control": "no-store"})
    give_cookie(response, request, result, settings(), now=clock.now())
    return response


async def show_sign_out(request: Request) -> Response:
    """Ask before signing out: a link or picture on another site must not do it."""
    if _actor(request) is None:
        return RedirectResponse("/login", 303)
    return await _sign_out_form(request)


async def sign_out(request: Request) -> Response:
    """End the session, and forget the cookie whether or not it still named one."""
    if not FormToken(request).proves(await read_form(request)):
        return await _sign_out_form(request, 403, error=STALE)
    actor = _actor(request)
    if actor is not None:
        await to_thread.run_sync(_end, actor)
    response = RedirectResponse("/login", 303, headers={"Cache-Control": "no-store"})
    take_cookie(response, request)
    return response


def _begin(request: Request, email: str, password: str) -> SignInResult:
    now = clock.now()
    with databases().control.write(DOOR, lock_seconds=LOCK_SECONDS) as session:
        result = begin(session, request, settings(), email, password, now=now)
        before = _actor(request)
        if before is not None and not isinstance(result, SignInRefused):
            # Signing in as somebody else replaces the cookie; what it held would otherwise live on unseen.
            sessions.sign_out(session, before, now=now)
    return result


def _end(actor: Actor) -> None:
    with databases().control.write(actor.tenancy(), lock_seconds=LOCK_SECONDS) as session:
        sessions.sign_out(session, actor, now=clock.now())


async def _refused(request: Request, wanted: str, email: str, refused: SignInRefused) -> Response:
    if refused.retry_after is None:
        return await _form(request, wanted, 401, email=email, error=refused.message)
    wait = {"Retry-After": str(refused.retry_after)}
    minutes = math.ceil(refused.retry_after / 60)
    return await _form(request, wanted, 429, wait, email=email, error=refused.message, retry_minutes=minutes)


async def _form(
    request: Request, wanted: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> Response:
    token = FormToken(request)
    known = await to_thread.run_sync(_known, request.headers.get("host", ""))
    shown = {"next": wanted, "csrf": token.value, "demo": _demo(known.demo_people)}
    return token.put_on(render("sign_in.html", status, headers, known.brand, **shown, **values))


async def _sign_out_form(request: Request, status: int = 200, **values: Any) -> Response:
    token, actor = FormToken(request), _actor(request)
    known = await to_thread.run_sync(_known, request.headers.get("host", ""))
    who = actor.label if actor else ""
    return token.put_on(render("sign_out.html", status, None, known.brand, csrf=token.value, who=who, **values))


@dataclass(frozen=True)
class _Known:
    """What the page at a host shows beside the form: its brand, and which demo people are there."""

    brand: dict[str, str | None]
    demo_people: frozenset[str]


def _known(host: str) -> _Known:
    with databases().control.read(DOOR) as session:
        return _Known(brand_at(session, host), demo_people(session) if settings().demo else frozenset())


def _demo(there: frozenset[str]) -> list[dict[str, str]]:
    """Return the demo people who are there: a world beside a real owner, or one still being built, may lack some."""
    current = settings()
    return [
        {"email": one.email, "role": f"{one.name}, {one.title} ({one.role.value})", "password": current.demo_password}
        for one in PEOPLE
        if one.email in there
    ]


def _actor(request: Request) -> Actor | None:
    actor: Actor | None = request.scope.get("state", {}).get("actor")
    return actor


routes = [
    Route("/login", show_sign_in, methods=["GET"]),
    Route("/login", sign_in, methods=["POST"]),
    Route("/logout", show_sign_out, methods=["GET"]),
    Route("/logout", sign_out, methods=["POST"]),
    *set_up.routes,
]
