"""The vectors that other clients are held to: our own code makes them byte for byte, and reads them as they say."""

import json
from datetime import datetime
from typing import Any

import pytest

from core.errors import InvalidInput
from core.ids import digest
from core.licensing import activation_requests, files
from core.licensing.armor import from_b64u
from core.licensing.file_terms import worth
from core.signing import canonical
from tests.client.make_vectors import FOLDER, as_text, vectors
from tests.core.licensing.as_client import holds


def _read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def _named(case: dict[str, Any]) -> str:
    return str(case["name"])


FILES = _read("license_files")
KEYS = {one["kid"]: from_b64u(one["x"], "x") for one in _read("keys")["keySet"]["keys"] if one["calosUse"] == "files"}
ANSWER_KEYS = {"keys": [one for one in _read("keys")["keySet"]["keys"] if one["calosUse"] == "answers"]}


@pytest.mark.parametrize("name", sorted(vectors()))
def test_our_own_code_makes_them_byte_for_byte(name: str) -> None:
    assert as_text(vectors()[name]) == (FOLDER / f"{name}.json").read_text(encoding="utf-8"), (
        "If the protocol was meant to change: python -m tests.client.make_vectors"
    )


def test_there_is_a_file_for_each_and_no_other() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(vectors())


@pytest.mark.parametrize("case", _read("canonical"), ids=lambda case: str(case["canonical"]))
def test_canonical_json(case: dict[str, Any]) -> None:
    assert canonical(case["value"]).decode() == case["canonical"]


@pytest.mark.parametrize("case", _read("answers")["cases"], ids=_named)
def test_answers(case: dict[str, Any]) -> None:
    assert holds(json.loads(case["answer"]), ANSWER_KEYS) is case["holds"]


@pytest.mark.parametrize("case", FILES["cases"], ids=_named)
def test_license_files(case: dict[str, Any]) -> None:
    private = from_b64u(FILES["recipient"]["private"], "private")
    if "document" in case:
        assert files.opened(case["file"], KEYS, private=private) == case["document"]
        return
    with pytest.raises(InvalidInput) as refused:
        files.opened(case["file"], KEYS, private=private)
    assert refused.value.code == case["refused"]


@pytest.mark.parametrize("case", _read("file_worth"), ids=_named)
def test_what_files_are_worth(case: dict[str, Any]) -> None:
    found = worth(
        case["document"],
        install_id=case["installId"],
        fingerprint=case["fingerprint"],
        now=datetime.fromisoformat(case["now"]),
        seen=datetime.fromisoformat(case["seen"]) if case["seen"] else None,
    )
    assert (found.valid, found.code) == (case["valid"], case["code"])


@pytest.mark.parametrize("case", _read("activation_requests")["cases"], ids=_named)
def test_activation_requests(case: dict[str, Any]) -> None:
    request = activation_requests.read(case["file"])
    assert request.signed.decode() == case["signed"]
    assert request.mac == case["mac"]
    assert activation_requests.proved(request, digest(_read("activation_requests")["installSecret"]))
    assert not activation_requests.proved(request, digest("another secret"))
