"""What docs/licensing.md promises to those who write clients holds."""

import json
import re
from typing import Any

from tests.core.licensing.as_client import holds
from tests.docs.documents import ROOT


def _vector() -> tuple[dict[str, Any], dict[str, Any]]:
    text = (ROOT / "docs" / "licensing.md").read_text()
    keys, answer = re.findall(r"```json\n(.*?)\n```", text, re.DOTALL)
    return json.loads(keys), json.loads(answer)


def test_the_vector_verifies() -> None:
    keys, answer = _vector()
    assert holds(answer, keys)


def test_a_changed_vector_does_not() -> None:
    keys, answer = _vector()
    assert not holds({**answer, "valid": True}, keys)
