"""An event as it is kept and sent: trimmed to what the vendor takes, so that one oversized name loses nothing."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from .wire import written

# The longest text of each field, in characters.
TEXTS: Final = {
    "type": 64,
    "feature": 80,
    "user": 128,
    "session": 128,
    "ua": 512,
    "domain": 253,
    "version": 64,
    "tz": 64,
}
LARGEST_PROPS: Final = 4_000
LONGEST_MS: Final = 86_400_000
HIGHEST_STATUS: Final = 999


class NotSendable(ValueError):
    """An event that the vendor would refuse; `code` and text say why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def new_id(at: datetime) -> str:
    """Return 32 hex digits: when it was made, and 80 random bits."""
    return f"{int(at.timestamp() * 1_000):012x}{secrets.token_hex(10)}"


def event(event_id: str, at: datetime, said: Mapping[str, Any]) -> bytes:
    """Return an event as a line of JSON. NotSendable."""
    made: dict[str, Any] = {"id": event_id, "ts": written(at)}
    for name, longest in TEXTS.items():
        if said.get(name) is not None:
            made[name] = _text(str(said[name]), longest)
    if not made.get("type"):
        raise NotSendable("missing_field", "An event has a type.")
    made.update(_measures(said.get("status"), said.get("ms")))
    if said.get("props") is not None:
        made["props"] = _props(said["props"])
    return json.dumps(made, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


def _text(value: str, longest: int) -> str:
    return value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")[:longest]


def _measures(status: Any, ms: Any) -> dict[str, int]:
    made = {}
    if isinstance(status, int) and 0 <= status <= HIGHEST_STATUS:
        made["status"] = int(status)
    if isinstance(ms, (int, float)) and math.isfinite(ms):
        made["ms"] = min(max(round(ms), 0), LONGEST_MS)
    return made


def _props(value: Any) -> Any:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        size = len(text.encode("utf-8"))
    except (TypeError, ValueError, RecursionError) as wrong:
        raise NotSendable("wrong_type", f"props holds what JSON cannot say: {wrong}") from wrong
    if not isinstance(value, Mapping) or size > LARGEST_PROPS or "\\u0000" in text:
        raise NotSendable("too_long", f"props is an object of at most {LARGEST_PROPS:,} bytes as JSON, without NUL.")
    return json.loads(text)
