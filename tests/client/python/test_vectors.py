"""The client against the protocol's vectors: every byte it would write, and everything it must believe or refuse."""

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from calos import ClientError, Untrusted
from calos.activation import activation_request, mac_of
from calos.clock import Reading
from calos.keys import ANSWERS, FILES, Key, read_key_set
from calos.license_files import open_license_file, read_document, worth
from calos.wire import canonical, instant, read_object, unsigned
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

FOLDER = Path(__file__).parents[1] / "vectors"
DAY = timedelta(hours=24)


def _vectors(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def _named(case: dict[str, Any]) -> str:
    return str(case["name"])


KEYS = read_key_set(_vectors("keys")["keySet"])


def _find(use: str, kid: Any) -> Key:
    key = KEYS.get((kid, use))
    if key is None:
        raise Untrusted("unknown key")
    return key


@pytest.mark.parametrize("case", _vectors("canonical"))
def test_canonical_json(case: dict[str, Any]) -> None:
    assert canonical(case["value"]).decode() == case["canonical"]


@pytest.mark.parametrize("case", _vectors("answers")["cases"], ids=_named)
def test_answers(case: dict[str, Any]) -> None:
    assert _holds(case["answer"]) is case["holds"]


def _holds(answer: str) -> bool:
    try:
        document = read_object(answer.encode())
        _find(ANSWERS, document.get("kid")).verify(document.get("signature"), unsigned(document, "signature"))
    except Untrusted:
        return False
    return True


@pytest.mark.parametrize("case", _vectors("license_files")["cases"], ids=_named)
def test_license_files(case: dict[str, Any]) -> None:
    raw = base64.urlsafe_b64decode(_vectors("license_files")["recipient"]["private"] + "=")
    private = X25519PrivateKey.from_private_bytes(raw)
    if "document" in case:
        opened = open_license_file(case["file"], lambda kid: _find(FILES, kid), private)
        assert opened.document == case["document"]
    else:
        with pytest.raises(ClientError):
            open_license_file(case["file"], lambda kid: _find(FILES, kid), private)


@pytest.mark.parametrize("case", _vectors("file_worth"), ids=_named)
def test_what_files_are_worth(case: dict[str, Any]) -> None:
    now = instant(case["now"])
    seen = instant(case["seen"]) if case["seen"] else now
    verdict = worth(
        read_document(case["document"]),
        install_id=case["installId"],
        fingerprint=case["fingerprint"],
        reading=Reading(now, turned_back=seen - now > DAY),
        tolerance=DAY,
    )
    assert (verdict.valid, verdict.code) == (case["valid"], case["code"])


@pytest.mark.parametrize("case", _vectors("activation_requests")["cases"], ids=_named)
def test_activation_requests(case: dict[str, Any]) -> None:
    secret = _vectors("activation_requests")["installSecret"]
    assert canonical(case["fields"]).decode() == case["signed"]
    assert mac_of(secret, case["fields"]) == case["mac"]
    assert activation_request(secret, case["fields"]) == case["file"]
