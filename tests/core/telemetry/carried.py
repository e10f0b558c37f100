"""Bundles as a client writes them, whole or spoiled in one way."""

import gzip
import hashlib
import json
from typing import Any
from uuid import uuid4

from core import clock
from core.ids import digest
from core.signing import canonical
from core.telemetry.bundles import mac_of

LINE = dict[str, Any] | bytes


def bundle(install_id: str, secret: str, given: list[LINE], **changed: Any) -> bytes:
    """Return a packed bundle; `changed` replaces members of its header, before the proof is made."""
    lines = [each if isinstance(each, bytes) else json.dumps(each, ensure_ascii=False).encode() for each in given]
    content = b"".join(line + b"\n" for line in lines)
    header = {
        "calosBundle": 1,
        "installId": install_id,
        "bundleId": str(uuid4()),
        "createdAt": clock.now().isoformat(),
        "events": len(lines),
        "sha256": hashlib.sha256(content).hexdigest(),
        **changed,
    }
    header["mac"] = mac_of(canonical(header), digest(secret))
    return gzip.compress(canonical(header) + b"\n" + content)
