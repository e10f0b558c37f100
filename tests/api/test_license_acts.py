"""The life cycle of licenses over HTTP: issued with a policy, changed, renewed, handed over, many at once, seats."""

from typing import Any

import pytest
from sqlalchemy import text

from core.databases import Databases
from core.ids import new_id
from db.session import SYSTEM
from tests.api.conftest import Served


def issue(served: Served, **asked: Any) -> dict[str, Any]:
    body = {"userId": f"acts-{new_id()}@acts-{new_id()}.test", "tier": "pro", **asked}
    answer = served.call("sam", "POST", "/api/enterprise/create-license", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def detail(served: Served, install_id: str) -> dict[str, Any]:
    found: dict[str, Any] = served.call("vera", "GET", f"/api/licenses/{install_id}").json()["license"]
    return found


def act(served: Served, who: str, made: dict[str, Any], name: str, body: dict[str, Any], **headers: str) -> Any:
    return served.call(who, "POST", f"/api/licenses/{made['installId']}/{name}", body, **headers)


POLICY = {
    "maxInstalls": 4,
    "maxSeats": 10,
    "domains": ["App.acme.example"],
    "fingerprint": True,
    "checkInInterval": "week",
    "expiryStrategy": "maintain",
    "overage": "1.25x",
    "entitlements": ["sso", "audit"],
    "versions": ">=2.0, <3",
    "seatHeartbeatSeconds": 120,
}
KEPT = {
    "maxInstalls": 4,
    "maxSeats": 10,
    "domains": ["app.acme.example"],
    "fingerprintRequired": True,
    "checkInDays": 7,
    "expiryStrategy": "maintain",
    "overage": "1.25x",
    "entitlements": ["sso", "audit"],
    "versions": ">=2.0, <3",
    "seatHeartbeatSeconds": 120,
}


def test_a_license_is_issued_with_its_policy(served: Served) -> None:
    made = issue(served, policy=POLICY)
    found = detail(served, made["installId"])
    assert {name: found[name] for name in KEPT} == KEPT


def test_a_license_is_issued_by_organization_on_a_plan_of_its_own(served: Served) -> None:
    first = issue(served)
    again = issue(
        served,
        userId=None,
        organizationId=first["organizationId"],
        amount={"minor": 123_00, "currency": "USD"},
        quantity=3,
        expiresAt="2099-01-01T00:00:00Z",
    )
    assert again["organization"] == first["organization"]
    assert (again["mrr"], again["newCustomer"]) == ({"minor": 369_00, "currency": "USD"}, False)
    assert again["expiresAt"] == "2099-01-01T00:00:00Z"
    both = {"userId": "a@b.test", "organizationId": first["organizationId"], "tier": "pro"}
    for body in (both, {"tier": "pro"}):
        answer = served.call("sam", "POST", "/api/enterprise/create-license", body)
        assert (answer.status_code, "organizationId" in answer.json()["error"]) == (422, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("maxInstalls", 0),
        ("maxSeats", 1_000_001),
        ("domains", ["not a host"]),
        ("domains", "acme.example"),
        ("fingerprint", "yes"),
        ("checkInInterval", "fortnight"),
        ("checkInInterval", 366),
        ("checkInInterval", 1.5),
        ("expiryStrategy", "hope"),
        ("overage", "3x"),
        ("entitlements", ["Not OK"]),
        ("versions", "about 3"),
        ("seatHeartbeatSeconds", 59),
        ("nonsense", 1),
    ],
)
def test_a_policy_that_cannot_be_names_its_field(served: Served, field: str, value: Any) -> None:
    made = issue(served)
    body = {"userId": f"wrong-{new_id()}@acts.test", "tier": "pro", "policy": {field: value}}
    for answer, place in (
        (served.call("sam", "POST", "/api/enterprise/create-license", body), f"/policy/{field}"),
        (served.call("sam", "PATCH", f"/api/licenses/{made['installId']}/policy", {field: value}), f"/{field}"),
    ):
        assert answer.status_code == 422, answer.text
        pointers = [one["pointer"] for one in answer.json()["errors"]]
        assert all(pointer == place or pointer.startswith(f"{place}/") for pointer in pointers), answer.text


def test_a_policy_is_changed_where_it_says_so_and_null_takes_a_rule_away(served: Served) -> None:
    made = issue(served, policy=POLICY)
    path = f"/api/licenses/{made['installId']}/policy"
    body = {"maxSeats": 12, "checkInInterval": None, "domains": None, "overage": None, "reason": "they asked"}
    changed = served.call("sam", "PATCH", path, body).json()
    expected = {**KEPT, "maxSeats": 12, "checkInDays": None, "domains": [], "overage": "deny"}
    assert {name: changed[name] for name in KEPT} == expected
    assert changed["stateVersion"] == 2
    again = served.call("sam", "PATCH", path, body)
    assert (again.status_code, again.json()["code"]) == (409, "same_policy")
    key = {"Idempotency-Key": str(new_id())}
    first, second = (served.call("sam", "PATCH", path, {"maxSeats": 13}, **key) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())


def test_renewals(served: Served) -> None:
    made = issue(served, trialDays=7)
    by_days = act(served, "sam", made, "renew", {"days": 30, "reason": "they need time"})
    assert by_days.status_code == 200
    assert by_days.json()["expiresAt"] > made["expiresAt"]
    until = act(served, "sam", made, "renew", {"until": "2099-01-01T00:00:00Z"})
    assert until.json()["expiresAt"] == "2099-01-01T00:00:00Z"
    closer = act(served, "sam", made, "renew", {"days": 1, "strategy": "from_now"})
    assert (closer.status_code, closer.json()["code"]) == (409, "renewal_shortens")
    assert act(served, "sam", made, "renew", {"until": "2020-01-01T00:00:00Z"}).status_code == 422
    assert act(served, "sam", made, "renew", {"until": "2099-02-01T00:00:00Z", "days": 3}).status_code == 422
    assert act(served, "sam", made, "renew", {}).json()["errors"][0]["pointer"] == "/days"
    endless = act(served, "sam", issue(served), "renew", {"days": 3})
    assert (endless.status_code, endless.json()["code"]) == (409, "illegal_transition")


def test_a_trial_is_converted_once(served: Served) -> None:
    made = issue(served, trialDays=7, currency="USD")
    done = act(served, "sam", made, "convert", {"billingPeriod": "annual"}).json()
    assert (done["term"], done["billingPeriod"], done["movement"]["kind"]) == ("paid", "annual", "new")
    again = act(served, "sam", made, "convert", {})
    assert (again.status_code, again.json()["code"]) == (409, "no_trial")


def test_a_license_changes_hands(served: Served) -> None:
    made, other = issue(served, currency="USD"), issue(served, currency="USD")
    body = {"userId": other["organizationId"], "newSecret": True, "reason": "a merger"}
    done = act(served, "adam", made, "transfer", body).json()
    assert (done["fromOrganization"], done["organization"]) == (made["organization"], other["organization"])
    assert (done["movementFrom"]["kind"], done["movementTo"]["kind"]) == ("churn", "expansion")
    assert verify(served, made, made["installSecret"]).status_code == 401
    assert verify(served, made, done["installSecret"]).json()["valid"] is True
    again = act(served, "adam", made, "transfer", body)
    assert (again.status_code, again.json()["code"]) == (409, "same_holder")
    nobody = {**body, "userId": "nobody@nowhere.test"}
    assert act(served, "adam", made, "transfer", nobody).status_code == 404
    rows = served.call("vera", "GET", f"/api/enterprise/customers?q={other['organization']}").json()["customers"]
    assert [row["licenses"] for row in rows] == [2]


def verify(served: Served, made: dict[str, Any], secret: str, **asked: Any) -> Any:
    body = {"installId": made["installId"], **asked}
    return served.call(None, "POST", "/api/licenses/verify", body, Authorization=f"Bearer {secret}")


def test_a_retired_installation_makes_room(served: Served) -> None:
    made = issue(served, policy={"maxInstalls": 1})
    secret = made["installSecret"]
    assert verify(served, made, secret, fingerprint="old").json()["valid"] is True
    assert verify(served, made, secret, fingerprint="new").json()["code"] == "TOO_MANY_INSTALLS"
    done = act(served, "sam", made, "installations/retire", {"fingerprint": "old", "reason": "replaced"})
    assert (done.status_code, done.json()["installations"]) == (200, [])
    assert verify(served, made, secret, fingerprint="new").json()["valid"] is True
    again = act(served, "sam", made, "installations/retire", {"fingerprint": "old", "reason": "replaced"})
    assert again.status_code == 404


def test_a_rotated_secret_is_told_once(served: Served, databases: Databases) -> None:
    made = issue(served)
    new = act(served, "sam", made, "rotate-secret", {"reason": "it leaked"}).json()["installSecret"]
    assert verify(served, made, made["installSecret"]).status_code == 401
    assert verify(served, made, new).status_code == 200
    with databases.control.read(SYSTEM) as session:
        trail = session.execute(text("SELECT string_agg(e::text, '') FROM audit_entry e")).scalar_one()
    assert new not in trail


def test_many_at_once_each_by_itself_and_a_retry_does_nothing_twice(served: Served) -> None:
    mine = [issue(served, currency="USD")["installId"] for _ in range(3)]
    body = {"act": "revoke", "installIds": [*mine, "inst-nobody"], "reason": "a fraud"}
    key = {"Idempotency-Key": str(new_id())}
    answer = served.call("adam", "POST", "/api/licenses/bulk", body, **key)
    assert answer.status_code == 200
    assert answer.json()["done"] == 3
    assert answer.json()["results"][3] == {
        "installId": "inst-nobody",
        "done": False,
        "code": "not_found",
        "detail": "There is no license with the install id inst-nobody, or you may not see it.",
    }
    assert served.call("adam", "POST", "/api/licenses/bulk", body, **key).json() == answer.json()
    anew = served.call("adam", "POST", "/api/licenses/bulk", body).json()
    assert (anew["done"], {one["code"] for one in anew["results"]}) == (0, {"illegal_transition", "not_found"})
    assert {detail(served, one)["status"] for one in mine} == {"revoked"}
    for wrong in ({**body, "installIds": []}, {**body, "installIds": ["x"] * 501}, {**body, "act": "delete"}):
        assert served.call("adam", "POST", "/api/licenses/bulk", wrong).status_code == 422


def seat(served: Served, made: dict[str, Any], holder: str, secret: str | None = None, path: str = "") -> Any:
    body = {"installId": made["installId"], "holder": holder}
    headers = {"Authorization": f"Bearer {secret or made['installSecret']}"}
    return served.call(None, "POST", f"/api/licenses/seats{path}", body, **headers)


def test_seats_over_http(served: Served) -> None:
    made = issue(served, policy={"maxSeats": 1, "seatHeartbeatSeconds": 60})
    first = seat(served, made, "ada")
    assert first.status_code == 200
    told = first.json()
    assert told.pop("expiresAt").endswith("Z")
    assert told == {
        "granted": True,
        "code": "VALID",
        "detail": "This license is valid.",
        "holder": "ada",
        "heartbeatSeconds": 20,
        "seatsInUse": 1,
        "maxSeats": 1,
    }
    full = seat(served, made, "bob").json()
    assert (full["granted"], full["code"], full["expiresAt"]) == (False, "TOO_MANY_SEATS", None)
    shown = served.call("vera", "GET", f"/api/licenses/{made['installId']}/seats").json()
    assert (shown["seatsInUse"], shown["maxSeats"], [one["holder"] for one in shown["leases"]]) == (1, 1, ["ada"])
    assert seat(served, made, "ada", path="/release").json() == {"released": True}
    assert seat(served, made, "ada", path="/release").json() == {"released": False}
    assert seat(served, made, "bob").json()["granted"] is True
    taken = act(served, "sam", made, "seats/release", {"holder": "bob", "reason": "he left"})
    assert (taken.status_code, taken.json()["leases"]) == (200, [])
    assert act(served, "sam", made, "seats/release", {"holder": "bob", "reason": "he left"}).status_code == 404


def test_a_verification_counts_seats_on_lease(served: Served) -> None:
    made = issue(served, policy={"maxSeats": 2})
    for holder in ("ada", "bob"):
        seat(served, made, holder)
    assert verify(served, made, made["installSecret"], seats=1).json()["code"] == "VALID"
    served.call("sam", "PATCH", f"/api/licenses/{made['installId']}/policy", {"maxSeats": 1})
    assert verify(served, made, made["installSecret"], seats=1).json()["code"] == "TOO_MANY_SEATS"
    assert verify(served, made, made["installSecret"]).json()["valid"] is False
    served.call("sam", "PATCH", f"/api/licenses/{made['installId']}/policy", {"overage": "2x"})
    told = verify(served, made, made["installSecret"]).json()
    assert (told["valid"], told["code"]) == (True, "TOO_MANY_SEATS")


def test_the_seat_door_guards_itself(served: Served) -> None:
    made = issue(served)
    for path in ("", "/release"):
        wrong = seat(served, made, "ada", "cis_nothing", path)
        assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_secret")
        bare = served.call(None, "POST", f"/api/licenses/seats{path}", {"installId": made["installId"], "holder": "a"})
        assert bare.status_code == 401
        assert bare.headers["RateLimit-Policy"]
        for body in ({}, {"installId": made["installId"], "holder": ""}, {"installId": "x", "holder": "x" * 201}):
            headers = {"Authorization": f"Bearer {made['installSecret']}"}
            assert served.call(None, "POST", f"/api/licenses/seats{path}", body, **headers).status_code == 422
    unknown = {"installId": "inst-nobody"}
    assert seat(served, {**made, **unknown}, "ada").json()["code"] == "NOT_FOUND"
    assert seat(served, {**made, **unknown}, "ada", path="/release").json() == {"released": False}
