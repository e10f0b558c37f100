"""What the HTML forms before sign-in share: bounded reading, the token against forged posts, and a safe way on."""

import hmac
import re
import secrets
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from core.config import secret_for, settings

LARGEST_FIELD = 4_096
MOST_FIELDS = 10
LONGEST_NEXT = 2_000
STALE = "This page was open for too long, or the request did not come from it. Nothing was done; please try again."
_NONCE = re.compile(r"[A-Za-z0-9_-]{43}")


async def read_form(request: Request) -> dict[str, str]:
    """Return a form's text fields; empty for what is no form, too large, oddly put together, or cut short."""
    try:
        form = await request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=LARGEST_FIELD)
    except (HTTPException, ClientDisconnect):
        return {}
    return {name: value for name, value in form.items() if isinstance(value, str)}


class FormToken:
    """A signed double-submit token: the form carries the signature of a random cookie that only our pages set."""

    def __init__(self, request: Request) -> None:
        self._request = request
        # A browser takes a cookie of this name from nobody but this very host, over TLS.
        self._cookie = "__Host-form" if is_https(request) else "form"
        held = request.cookies.get(self._cookie, "")
        self._held = held if _NONCE.fullmatch(held) else ""
        self._nonce = self._held or secrets.token_urlsafe(32)

    @property
    def value(self) -> str:
        """Return what the form's hidden field holds."""
        return hmac.new(secret_for(settings(), "csrf"), self._nonce.encode(), sha256).hexdigest()

    def proves(self, form: Mapping[str, str]) -> bool:
        """Whether a posted form came from our own page, as its token and its Origin say."""
        given = form.get("csrf", "").encode()
        return bool(self._held) and hmac.compare_digest(given, self.value.encode()) and _own_origin(self._request)

    def put_on(self, response: Response) -> Response:
        """Set the cookie that the form's token belongs to."""
        secure = is_https(self._request)
        response.set_cookie(self._cookie, self._nonce, path="/", secure=secure, httponly=True, samesite="lax")
        return response


def is_https(request: Request) -> bool:
    """Whether the person's browser speaks HTTPS with us, be it through a declared proxy."""
    return request.url.scheme == "https" or settings().https


def safe_next(wanted: str) -> str:
    """Return where to go on after signing in: a path of our own, or the front page for anything else.

    Browsers read a backslash as a slash and drop tabs and line ends, so both are refused wherever they stand.
    """
    plain = wanted.isascii() and wanted.isprintable() and not any(c in wanted for c in " \\")
    if not plain or not wanted.startswith("/") or wanted.startswith("//") or len(wanted) > LONGEST_NEXT:
        return "/"
    path = wanted.partition("?")[0].partition("#")[0]
    return "/" if path.rstrip("/") in {"/login", "/logout", "/setup"} else wanted


def _own_origin(request: Request) -> bool:
    origin = request.headers.get("origin")
    if origin is None:
        # Every browser of today sends it with a posted form; a program without one can't be anybody's browser.
        return True
    try:
        return urlsplit(origin).netloc == request.headers.get("host", "")
    except ValueError:
        return False
