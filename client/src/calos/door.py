"""The doors of installs as they are asked: one question, one answer, and every other outcome told by its kind."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Final

from .answers import Question, SignedAnswer, prove
from .clock import system_clock
from .errors import Unreachable
from .keys import ANSWERS, KeyRing
from .pacing import retry_after
from .transport import Answer, Transport

VERIFY: Final = "/api/licenses/verify"
FILE: Final = "/api/licenses/file"
JSON: Final = "application/json"


def ask(transport: Transport, keys: KeyRing, question: Question, secret: str | None, *, timeout: float) -> SignedAnswer:
    """Return the vendor's signed answer. Unreachable for whatever decides nothing; Untrusted if it is not theirs."""
    ends = time.monotonic() + timeout
    body = post(transport, VERIFY, question.as_json(), secret, timeout=timeout)
    return prove(body, question, keys.finder(ANSWERS, timeout=max(ends - time.monotonic(), 0.1)))


def post(transport: Transport, path: str, document: Mapping[str, Any], secret: str | None, *, timeout: float) -> bytes:
    """Return the body of a 200. Unreachable for every other answer, with what it says."""
    headers = {"Content-Type": JSON, **credential(secret)}
    body = json.dumps(document, ensure_ascii=False).encode()
    answer = transport.request("POST", path, body=body, headers=headers, timeout=timeout)
    if answer.status != 200:
        raise refused(answer, transport.url)
    return answer.body


def post_json(
    transport: Transport, path: str, document: Mapping[str, Any], secret: str | None, *, timeout: float
) -> dict[str, Any]:
    """Return the JSON object of a 200. Unreachable otherwise, also for a page where JSON is expected."""
    raw = post(transport, path, document, secret, timeout=timeout)
    try:
        said = json.loads(raw)
    except ValueError as wrong:
        raise Unreachable("What answers is not the vendor: a page came where JSON is expected.") from wrong
    if not isinstance(said, dict):
        raise Unreachable("What answers is not the vendor: JSON of another kind came.")
    return said


def credential(secret: str | None) -> dict[str, str]:
    """Return the header that proves who asks."""
    return {"Authorization": f"Bearer {secret}"} if secret else {}


def refused(answer: Answer, url: str) -> Unreachable:
    """Return what an answer other than 200 means: none of them decides anything about the license."""
    waits = retry_after(answer.headers, system_clock())
    problem = _problem(answer.body)
    if 300 <= answer.status < 400:
        to = answer.headers.get("location", "elsewhere")[:200]
        said = f"{url} sends on to {to}; set CALOS_URL to where the vendor answers."
    elif answer.status == 401:
        said = "The install secret was refused. Check CALOS_INSTALL_SECRET against what came with the license."
    else:
        said = f"{url} answered {answer.status}: {str(problem.get('detail') or 'no reason given')[:300]}"
    return Unreachable(said, status=answer.status, code=str(problem.get("code") or ""), retry_after=waits)


def _problem(body: bytes) -> dict[str, Any]:
    """Return a problem document (RFC 9457), or nothing of a proxy's page."""
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
