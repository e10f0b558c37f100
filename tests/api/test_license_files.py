"""License files over HTTP: shapes, refusals in sentences, retries, tenants, and the keys that prove them."""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import delete, select

from core import clock
from core.databases import Databases
from core.ids import new_id
from core.licensing import files
from core.licensing.armor import armor, b64u, from_b64u
from core.licensing.policy import Policy
from core.licensing.writes import Issued, issue
from core.organizations.writes import create_organization
from db.models.access import audit_entry
from db.models.licensing import license as licenses
from db.session import SYSTEM
from tests.api.conftest import Served
from tests.cast import Cast
from tests.core.licensing.as_client import activation_request

ACTIVATE = "/api/licenses/offline-activation"
OWN = "/api/licenses/file"


@pytest.fixture(scope="module")
def issued(databases: Databases, cast: Cast) -> Iterator[dict[str, Issued]]:
    """Yield a license of Cyberdyne's and one of Globex', committed for this file."""
    with databases.control.write(SYSTEM) as session:
        customer = create_organization(session, cast.system, "Cyberdyne", now=clock.now())
        made = {
            name: issue(
                session,
                cast.system,
                owner,
                "pro",
                term="paid",
                billing_period="annual",
                policy=Policy(max_installs=20),
                now=clock.now(),
            )
            for name, owner in (("cyberdyne", customer), ("globex", cast.globex))
        }
    yield made
    with databases.control.write(SYSTEM) as session:
        found = [one.install_id for one in made.values()]
        session.execute(delete(licenses).where(licenses.c.install_id.in_(found)))


def keys(served: Served) -> dict[str, bytes]:
    published = served.client.get("/.well-known/calos-keys.json").json()["keys"]
    return {one["kid"]: from_b64u(one["x"], "x") for one in published if one["calosUse"] == "files"}


def own(served: Served, one: Issued, secret: str | None = None, **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {secret or one.install_secret}"}
    return served.call(None, "POST", OWN, {"installId": one.install_id, **body}, **headers)


def is_problem(answer: Any, status: int, code: str) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    return str(answer.json()["detail"])


def test_people_make_a_file_that_the_published_keys_prove(served: Served, issued: dict[str, Issued]) -> None:
    install = issued["cyberdyne"].install_id
    body = {"ttlDays": 90, "graceDays": 7, "fingerprint": "f-1"}
    answer = served.call("sam", "POST", f"/api/licenses/{install}/file", body)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert set(made) == {
        *("id", "installId", "fingerprint", "madeAt", "madeBy", "way", "fileExpiresAt", "graceDays"),
        *("encrypted", "kid", "sha256", "file", "detail"),
    }
    assert "cannot be recalled" in made["detail"]
    said = files.opened(made["file"], keys(served))
    assert (said["installId"], said["fingerprint"], said["graceDays"]) == (install, "f-1", 7)
    assert made["kid"] in keys(served)
    assert made["sha256"] == hashlib.sha256(made["file"].encode()).hexdigest()
    listed = served.call("vera", "GET", f"/api/licenses/{install}/files").json()["files"]
    assert listed[0] == {name: value for name, value in made.items() if name in listed[0]}
    assert (listed[0]["madeBy"], listed[0]["way"]) == ("sam@calos.test", "person")
    again = served.call("vera", "GET", f"/api/licenses/{install}/files/{made['id']}")
    assert again.text == made["file"]
    assert "attachment" in again.headers["content-disposition"]


def test_a_retried_request_makes_one_file(served: Served, issued: dict[str, Issued]) -> None:
    path = f"/api/licenses/{issued['cyberdyne'].install_id}/file"
    key = {"Idempotency-Key": str(new_id())}
    first, second = (served.call("fiona", "POST", path, {"fingerprint": "f-2"}, **key).json() for _ in range(2))
    assert first == second
    other = served.call("fiona", "POST", path, {"fingerprint": "f-2"}).json()
    assert other["id"] != first["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ttlDays": 0}, "ttlDays"),
        ({"ttlDays": 3651}, "ttlDays"),
        ({"ttlDays": 1.5}, "ttlDays"),
        ({"ttlDays": "30"}, "ttlDays"),
        ({"ttlHours": 0}, "ttlHours"),
        ({"ttlHours": 24, "ttlDays": 1}, "ttlHours"),
        ({"graceDays": 91}, "graceDays"),
        ({"graceDays": -1}, "graceDays"),
        ({"fingerprint": ""}, "fingerprint"),
        ({"fingerprint": "f" * 201}, "fingerprint"),
        ({"publicKey": "short"}, "publicKey"),
        ({"publicKey": b64u(bytes(32))}, "publicKey"),
        ({"color": "red"}, "color"),
    ],
)
def test_what_cannot_be_asked_is_named(
    served: Served, issued: dict[str, Issued], body: dict[str, Any], field: str
) -> None:
    one = issued["cyberdyne"]
    for answer in (
        served.call("fiona", "POST", f"/api/licenses/{one.install_id}/file", body),
        own(served, one, **body),
    ):
        is_problem(answer, 422, "invalid_input")
        assert answer.json()["errors"][0]["pointer"] == f"/{field}"


def test_a_public_key_in_another_spelling_is_refused(served: Served, issued: dict[str, Issued]) -> None:
    good = b64u(X25519PrivateKey.generate().public_key().public_bytes_raw())
    for key in (good[:-1] + "=", good[:-1] + "!", good[:-1] + ("B" if good[-1] != "B" else "C")):
        is_problem(own(served, issued["cyberdyne"], publicKey=key), 422, "unreadable_file")


def test_hours_and_no_end_are_possible_too(served: Served, issued: dict[str, Issued]) -> None:
    path = f"/api/licenses/{issued['cyberdyne'].install_id}/file"
    hours = files.opened(served.call("fiona", "POST", path, {"ttlHours": 1}).json()["file"], keys(served))
    assert hours["fileExpiresAt"] > hours["issuedAt"]
    endless = served.call("fiona", "POST", path, {"ttlDays": None}).json()
    assert endless["fileExpiresAt"] is None
    assert "only the vendor" in is_problem(own(served, issued["cyberdyne"], ttlDays=None), 422, "invalid_input")


def test_an_installation_gets_its_own_with_its_secret(served: Served, issued: dict[str, Issued]) -> None:
    one, key = issued["cyberdyne"], X25519PrivateKey.generate()
    public = b64u(key.public_key().public_bytes_raw())
    answer = own(served, one, fingerprint="f-3", publicKey=public)
    assert answer.status_code == 200, answer.text
    said = files.opened(answer.json()["file"], keys(served), private=key.private_bytes_raw())
    assert said["fingerprint"] == "f-3"
    assert (answer.json()["way"], answer.json()["madeBy"]) == ("install", one.install_id)
    for secret in (issued["globex"].install_secret, "cis_nonsense"):
        refused = own(served, one, secret)
        is_problem(refused, 401, "wrong_secret")
        assert refused.headers["www-authenticate"] == "Bearer"
    is_problem(served.call(None, "POST", OWN, {"installId": one.install_id}), 401, "wrong_secret")
    unknown = served.call(None, "POST", OWN, {"installId": "inst-nobody"}, Authorization=f"Bearer {one.install_secret}")
    is_problem(unknown, 401, "wrong_secret")


def test_no_file_for_a_license_that_is_not_valid(served: Served, issued: dict[str, Issued]) -> None:
    body = {"userId": f"{new_id()}@files.test", "tier": "free"}
    made = served.call("fiona", "POST", "/api/enterprise/create-license", body).json()
    one = Issued(new_id(), made["installId"], made["installSecret"])
    path = f"/api/licenses/{one.install_id}/file"
    request = {"request": activation_request(one.install_id, one.install_secret, now=clock.now())}
    served.call("fiona", "POST", f"/api/licenses/{one.install_id}/suspend", {"reason": "test"})
    for answer in (
        served.call("fiona", "POST", path, {}),
        own(served, one),
        served.call("fiona", "POST", ACTIVATE, request),
    ):
        assert "suspended since" in is_problem(answer, 409, "SUSPENDED")
    assert served.call("fiona", "GET", f"/api/licenses/{one.install_id}/files").json()["files"] == []


def test_a_request_is_answered_once_and_the_same_again(
    served: Served, issued: dict[str, Issued], databases: Databases
) -> None:
    one = issued["globex"]
    request = activation_request(one.install_id, one.install_secret, now=clock.now(), fingerprint="air-1")
    first = served.call("otto", "POST", ACTIVATE, {"request": request, "graceDays": 3})
    assert first.status_code == 200, first.text
    again = served.call("fiona", "POST", ACTIVATE, {"request": request})
    assert again.json() == first.json()
    assert (first.json()["way"], first.json()["madeBy"]) == ("request", "otto@calos.test")
    assert files.opened(first.json()["file"], keys(served))["graceDays"] == 3
    seen = served.call("otto", "GET", f"/api/licenses/{one.install_id}").json()["installations"]
    assert [place["fingerprint"] for place in seen] == ["air-1"]
    with databases.control.read(SYSTEM) as session:
        told = select(audit_entry.c.actor_label).where(
            audit_entry.c.action == "license.file_made", audit_entry.c.target_id == one.install_id
        )
        assert session.execute(told).scalars().all() == ["otto@calos.test"]


def test_anothers_request_looks_like_nobodys(served: Served, issued: dict[str, Issued]) -> None:
    theirs = issued["cyberdyne"]
    answers = [
        served.call("otto", "POST", ACTIVATE, {"request": activation_request(install, secret, now=clock.now())})
        for install, secret in ((theirs.install_id, theirs.install_secret), ("inst-nobody", "x"))
    ]
    for answer in answers:
        is_problem(answer, 404, "not_found")


def test_what_is_wrong_with_a_request_is_told(served: Served, issued: dict[str, Issued]) -> None:
    one, now = issued["cyberdyne"], clock.now()
    good = activation_request(one.install_id, one.install_secret, now=now)

    def refusal(request: Any, code: str) -> str:
        return is_problem(served.call("fiona", "POST", ACTIVATE, {"request": request}), 422, code)

    assert "BEGIN CALOS ACTIVATION REQUEST" in refusal("hello", "unreadable_file")
    assert "not base64" in refusal(good.replace("\n", "\n!", 1), "unreadable_file")
    begin, first, second, *rest = good.split("\n")
    assert "changed on the way" in refusal("\n".join([begin, first + second, *rest]), "unreadable_file")
    refusal(good[: len(good) // 2], "unreadable_file")
    refusal(good.replace("ACTIVATION REQUEST", "LICENSE FILE"), "unreadable_file")
    refusal(armor("CALOS ACTIVATION REQUEST", b"[" * 5000), "unreadable_file")
    refusal("x" * 20_001, "invalid_input")
    refusal(7, "invalid_input")
    old = activation_request(one.install_id, one.install_secret, now=now - timedelta(days=31))
    assert "Make a new one" in refusal(old, "request_too_old")
    ahead = activation_request(one.install_id, one.install_secret, now=now + timedelta(days=1))
    assert "still to come" in refusal(ahead, "request_from_the_future")
    assert "install secret" in refusal(activation_request(one.install_id, "wrong", now=now), "unproved_request")
    content = json.loads(base64.b64decode("".join(good.split("\n")[1:-2])))
    forged = armor("CALOS ACTIVATION REQUEST", json.dumps({**content, "fingerprint": "other"}).encode())
    refusal(forged, "unreadable_file")


def test_files_stay_with_their_tenant(served: Served, issued: dict[str, Issued]) -> None:
    one = issued["cyberdyne"]
    made = served.call("fiona", "POST", f"/api/licenses/{one.install_id}/file", {}).json()
    is_problem(served.call("otto", "GET", f"/api/licenses/{one.install_id}/files/{made['id']}"), 404, "not_found")
    mine = issued["globex"].install_id
    is_problem(served.call("otto", "GET", f"/api/licenses/{mine}/files/{made['id']}"), 404, "not_found")
    is_problem(served.call("otto", "POST", f"/api/licenses/{mine}/file", {}), 403, "vendor_only")
    assert served.call("otto", "GET", f"/api/licenses/{mine}/files").status_code == 200


def test_keys_of_both_uses_are_published(served: Served) -> None:
    published = served.client.get("/.well-known/calos-keys.json").json()["keys"]
    assert {one["calosUse"] for one in published} == {"answers", "files"}
    assert all(set(one) == {"kty", "crv", "x", "kid", "alg", "use", "calosUse"} for one in published)
