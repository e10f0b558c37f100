"""The vendor's API as people and browsers use it, for the other side of a test."""

import functools
import json
import urllib.error
import urllib.request
from typing import Any

from tests.cast import PASSWORD


@functools.cache
def fiona(url: str) -> str:
    """Return the token of the vendor's founder, signed in once."""
    answer = post_json(url, "/api/auth/token", {"email": "fiona@calos.test", "password": PASSWORD})
    return str(answer["access_token"])


def get_json(url: str, path: str, token: str | None = None) -> Any:
    """Return what a GET answers."""
    return _answer(urllib.request.Request(url + path, headers=_headers(token)))


def post_json(url: str, path: str, body: Any, token: str | None = None) -> Any:
    """Return what a POST of JSON answers."""
    headers = {**_headers(token), "Content-Type": "application/json"}
    return _answer(urllib.request.Request(url + path, data=json.dumps(body).encode(), headers=headers, method="POST"))


def post_file(url: str, path: str, raw: bytes, token: str, kind: str = "application/gzip") -> Any:
    """Return what a POST of bytes answers."""
    headers = {**_headers(token), "Content-Type": kind}
    return _answer(urllib.request.Request(url + path, data=raw, headers=headers, method="POST"))


def _headers(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _answer(request: urllib.request.Request) -> Any:
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as wrong:
        raise AssertionError(f"{wrong.code}: {wrong.read().decode()}") from wrong
