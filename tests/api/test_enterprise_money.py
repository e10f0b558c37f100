"""Figures that tell prices stay with those who may read finance."""

from sqlalchemy import text

from core import clock
from core.databases import Databases
from core.ids import new_id
from core.telemetry.writes import ingest
from db.session import SYSTEM
from tests.api.conftest import Served


def test_a_culture_profile_tells_prices_only_to_finance(served: Served, databases: Databases) -> None:
    now = clock.now()
    made = served.call(
        "fiona", "POST", "/api/enterprise/create-license", {"userId": f"m-{new_id()}@prices.test", "tier": "free"}
    ).json()
    refused = [
        {
            "id": f"e{n}",
            "ts": now.isoformat(),
            "type": "api_call",
            "feature": "analytics",
            "user": f"u{n}",
            "status": 403,
        }
        for n in range(3)
    ]
    with databases.telemetry.write(SYSTEM) as session:
        ingest(session, made["installId"], refused, now=now)
    path = f"/api/enterprise/customer/{made['installId']}/culture"
    told = served.call("fiona", "GET", path).json()["upsells"]
    kept = served.call("vera", "GET", path).json()["upsells"]
    assert told[0]["expectedValueMinor"] > 0
    assert {(each["expectedValueMinor"], each["expectedValueBasis"]) for each in kept} == {(None, None)}


def test_a_revoked_license_is_no_upsell_any_more(served: Served, databases: Databases) -> None:
    body = {"userId": f"t-{new_id()}@trial.test", "tier": "pro", "trialDays": 5}
    made = served.call("fiona", "POST", "/api/enterprise/create-license", body).json()
    assert _open(databases, made["installId"]) == 1
    revoked = {"installId": made["installId"], "reason": "changed their mind"}
    assert served.call("fiona", "POST", "/api/enterprise/revoke-license", revoked).status_code == 200
    assert _open(databases, made["installId"]) == 0


def _open(databases: Databases, install_id: str) -> int:
    with databases.control.read(SYSTEM) as session:
        statement = text("SELECT count(*) FROM upsell WHERE install_id = :id AND state = 'open'")
        return int(session.execute(statement, {"id": install_id}).scalar_one())
