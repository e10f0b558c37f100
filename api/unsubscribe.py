"""The end of a subscription by the link in a mail: no sign-in, one click, and never by a mere look at the address."""

from uuid import UUID

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.looks import render
from core import clock
from core.accounts.digests import KIND, unsubscribe
from core.config import settings
from core.databases import LOCK_SECONDS, databases
from core.notify.unsubscribe import PATH, person_of
from db.session import SYSTEM


async def ask(request: Request) -> Response:
    """Ask first: programs that check the links of a mail open them, too."""
    if _person(request) is None:
        return _stale()
    return render("unsubscribe.html", address=request.url.path, query=request.url.query)


async def end(request: Request) -> Response:
    """End it, for the button of our page and for the one that mail programs show themselves (RFC 8058)."""
    person_id = _person(request)
    if person_id is None:
        return _stale()
    await to_thread.run_sync(_end, person_id)
    return render(
        "message.html",
        title="You get no more of these",
        sentence="The list of upsells is not mailed to you any longer. You can have it back on the page Upsells.",
    )


def _stale() -> Response:
    return render(
        "message.html",
        404,
        title="This link is not complete",
        sentence="Nothing was changed. Open the link of the mail once more, or end the mails on the page Upsells.",
        link={"href": "/login", "label": "Sign in"},
    )


def _person(request: Request) -> UUID | None:
    given = request.query_params
    return person_of(settings(), KIND, given.get("token", "")) if given.get("kind") == KIND else None


def _end(person_id: UUID) -> None:
    with databases().control.write(SYSTEM, lock_seconds=LOCK_SECONDS) as session:
        unsubscribe(session, person_id, now=clock.now())


routes = [Route(PATH, ask, methods=["GET"]), Route(PATH, end, methods=["POST"])]
