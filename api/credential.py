"""A session begun at one of the doors: its result from core, its token, and the cookie a browser keeps it in."""

import math
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from api.forms import is_https
from api.front_door import COOKIE
from core.access import sessions, tokens
from core.access.sessions import SignedIn, SignInResult
from core.config import Settings, secret_for
from db.session import WriteSession


def begin(
    session: WriteSession, request: Request, current: Settings, email: str, password: str, *, now: datetime
) -> SignInResult:
    """Sign in as the settings say; commit whatever comes back."""
    state = request.scope.get("state", {})
    return sessions.sign_in(
        session,
        email,
        password,
        now=now,
        address=state.get("address", ""),
        user_agent=request.headers.get("user-agent", ""),
        idle_minutes=current.session_idle_minutes,
        hours=current.session_hours,
        request_id=state.get("request_id", ""),
    )


def token_for(signed: SignedIn, current: Settings, *, now: datetime) -> str:
    """Return the token that names the session."""
    return tokens.issue(signed.session_id, signed.expires_at, key=secret_for(current, "session token"), now=now)


def give_cookie(response: Response, request: Request, signed: SignedIn, current: Settings, *, now: datetime) -> None:
    """Set the cookie: out of scripts' reach, for this host alone, and gone when the session is."""
    response.set_cookie(
        COOKIE,
        token_for(signed, current, now=now),
        max_age=math.ceil((signed.expires_at - now).total_seconds()),
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )


def take_cookie(response: Response, request: Request) -> None:
    """Delete the cookie."""
    response.delete_cookie(COOKIE, path="/", secure=is_https(request), httponly=True, samesite="lax")
