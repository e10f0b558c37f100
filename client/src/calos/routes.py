"""The route of a request: the pattern its framework matched, else its path with what looks like an id taken out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Numbers, UUIDs, long hex, addresses of mail, and long words with digits in them, such as tokens.
_ID = re.compile(
    r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[0-9a-fA-F]{12,}|[^@/]+@[^@/]+|(?=[^/]*\d)[A-Za-z0-9_-]{16,}|[^/]{40,}"
)


def without_ids(path: str) -> str:
    """Return a path whose segments that look like ids are `{id}`, so that routes can be counted and name nobody."""
    return "/".join("{id}" if _ID.fullmatch(part) else part for part in path.split("/"))[:70] or "/"


def asgi_route(scope: Mapping[str, Any]) -> str:
    """Return the route of an ASGI request, after it was answered: what the router found stands in the scope then."""
    pattern = getattr(scope.get("route"), "path_format", None) or getattr(scope.get("route"), "path", None)
    path = str(scope.get("root_path", "")) + pattern if isinstance(pattern, str) else without_ids(str(scope["path"]))
    return f"{scope.get('method', 'GET')} {path}"


def wsgi_route(environ: Mapping[str, Any]) -> str:
    """Return the route of a WSGI request; Werkzeug (Flask) leaves what it matched."""
    rule = getattr(getattr(environ.get("werkzeug.request"), "url_rule", None), "rule", None)
    path = str(environ.get("SCRIPT_NAME", "")) + str(environ.get("PATH_INFO", "/"))
    return f"{environ.get('REQUEST_METHOD', 'GET')} {rule if isinstance(rule, str) else without_ids(path)}"
