"""The enterprise console over HTTP: the seed's paths and names, permissions, tenants, retries, refusals."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from api import enterprise as routes
from api import licenses
from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.cards import refresh_card
from core.accounts.requests import LicenseRequest
from core.accounts.writes import create_license
from core.config import Settings
from core.databases import Databases
from core.ids import new_id
from core.licensing.reads import license_by_install
from core.telemetry.sample import sample_events
from core.telemetry.writes import ingest
from db.session import SYSTEM
from tests.api.signed_in import signed_in
from tests.books import customer, own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW

PEOPLE = ("fiona", "adam", "sam", "mia", "vera", "otto")
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    """Yield a database of this module's own: its stats cover every customer there is."""
    with own_databases(test_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(databases: Databases) -> Cast:
    with databases.control.write(SYSTEM) as session:
        return make_cast(session, NOW)


class Console:
    """The console as each of the cast sees it."""

    def __init__(self, databases: Databases, cast: Cast) -> None:
        self.databases, self.cast = databases, cast

    def actor(self, who: str) -> Actor:
        """Return one of the cast."""
        found: Actor = getattr(self.cast, who)
        return found

    def as_(self, who: str) -> TestClient:
        """Return a client signed in as one of the cast."""
        return signed_in(self.databases, self.actor(who), routes)

    def get(self, who: str, path: str, **query: Any) -> Any:
        """Read as one of the cast."""
        return self.as_(who).get(f"/enterprise{path}", params=query)

    def post(self, who: str, path: str, body: Any, key: str | None = None) -> Any:
        """Act as one of the cast."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.as_(who).post(f"/enterprise{path}", json=body, headers=headers)

    def customer(self, name: str, *, tier: str = "pro", **asked: Any) -> str:
        """Add a customer with a license, and return its install id."""
        with self.databases.control.write(SYSTEM) as session, self.databases.telemetry.read(SYSTEM) as telemetry:
            made = customer(session, self.cast.system, name, clock.now() - DAY)
            request = LicenseRequest(str(made), tier, **asked)
            install_id = create_license(session, self.cast.system, request, now=clock.now()).install_id
            refresh_card(session, telemetry, made, now=clock.now())
        return install_id


@pytest.fixture(scope="module")
def console(databases: Databases, cast: Cast) -> Console:
    return Console(databases, cast)


def test_the_four_figures_carry_the_seeds_names(console: Console) -> None:
    before = console.get("fiona", "/stats").json()
    assert set(before) == {"totalCustomers", "activeLicenses", "monthlyRevenue", "conversionRate"}
    assert before["conversionRate"] is None
    console.customer("Counted", currency="USD")
    trial = console.customer("Converted", trial_days=14)
    console.post("sam", f"/customer/{trial}/update-tier", {"newTier": "basic", "billingPeriod": "monthly"})
    after = console.get("fiona", "/stats").json()
    assert after["totalCustomers"] == before["totalCustomers"] + 2
    assert after["activeLicenses"] == before["activeLicenses"] + 2
    assert after["monthlyRevenue"]["minor"] == before["monthlyRevenue"]["minor"] + 499_00 + 99_00
    assert after["monthlyRevenue"]["currency"] == "USD"
    assert after["conversionRate"] == "1.0000"


def test_customers_are_listed_filtered_and_paged(console: Console) -> None:
    ids = {console.customer(f"Listed {number}", tier=tier) for number, tier in enumerate(("pro", "pro", "basic"))}
    page = console.get("fiona", "/customers", q="listed", limit=2).json()
    rest = console.get("fiona", "/customers", q="listed", limit=2, cursor=page["nextCursor"]).json()
    assert {one["installId"] for one in page["customers"] + rest["customers"]} == ids
    assert rest["nextCursor"] is None
    basic = console.get("fiona", "/customers", q="listed", tier="basic", status="active").json()["customers"]
    assert [one["name"] for one in basic] == ["Listed 2"]
    row = basic[0]
    assert {"installId", "organizationId", "name", "tier", "status", "usage", "health", "mrr", "lastSeen"} <= set(row)
    assert row["mrr"] == {"minor": 99_00, "currency": "USD"}
    assert (row["usage"]["events30d"], row["usage"]["daily30d"]) == (0, [0] * 30)
    assert console.get("fiona", "/customers", q="listed", status="revoked").json()["customers"] == []


@pytest.mark.parametrize(
    "query",
    [
        "status=running",
        "tier=platinum",
        "limit=0",
        "limit=201",
        "limit=ten",
        "cursor=x",
        "color=red",
        "q=a&q=b",
        "sort=mrr",
    ],
)
def test_unknown_and_malformed_parameters_are_422(console: Console, query: str) -> None:
    answer = console.as_("vera").get(f"/enterprise/customers?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_a_license_is_issued_with_its_secret_once(console: Console, databases: Databases, cast: Cast) -> None:
    body = {"userId": "ada@lovelace.test", "tier": "pro", "billingPeriod": "annual", "trialDays": 30, "notes": "fair"}
    answer = console.post("sam", "/create-license", body)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["organization"], made["newCustomer"], made["term"]) == ("Lovelace", True, "trial")
    assert made["installSecret"].startswith("cis_")
    with databases.control.read(SYSTEM) as session:
        held = license_by_install(session, cast.fiona, made["installId"], now=clock.now())
    assert (held.tier_id, held.billing_period, held.notes) == ("pro", "annual", "fair")
    shown = console.get("vera", "/customers", q="lovelace").json()["customers"]
    assert [one["installId"] for one in shown] == [made["installId"]]
    for path in ("profile", "culture", "timeline"):
        assert made["installSecret"] not in console.get("fiona", f"/customer/{made['installId']}/{path}").text


@pytest.mark.parametrize("word", ["month", "quarter", "year", "monthly", "quarterly", "annual"])
def test_a_billing_period_goes_by_both_names(console: Console, word: str) -> None:
    body = {"userId": f"{word}@periods.test", "tier": "basic", "billingPeriod": word, "trialDays": 0, "notes": ""}
    assert console.post("sam", "/create-license", body).json()["billingPeriod"] in {"monthly", "quarterly", "annual"}


def test_a_retry_with_the_same_key_is_the_same_license(console: Console) -> None:
    body = {"userId": "retry@again.test", "tier": "pro", "billingPeriod": "monthly", "trialDays": 0, "notes": ""}
    key = new_id().hex
    first, second = (console.post("sam", "/create-license", body, key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert len(console.get("fiona", "/customers", q="again").json()["customers"]) == 1
    other = console.post("sam", "/create-license", {**body, "tier": "basic"}, key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert console.post("sam", "/create-license", body).json()["installId"] != first.json()["installId"]


@pytest.mark.parametrize(
    "changed",
    [
        {"userId": ""},
        {"userId": "nobody"},
        {"userId": 7},
        {"tier": "platinum"},
        {"billingPeriod": "weekly"},
        {"trialDays": 366},
        {"trialDays": -1},
        {"trialDays": "14"},
        {"trialDays": 1.5},
        {"notes": None},
        {"notes": "x" * 20_001},
        {"color": "red"},
        {"tier": "free", "trialDays": 3},
    ],
)
def test_a_body_that_makes_no_sense_is_422_and_issues_nothing(console: Console, changed: dict[str, Any]) -> None:
    body = {"userId": "wrong@wrong.test", "tier": "pro", "billingPeriod": "monthly", "trialDays": 0, "notes": ""}
    answer = console.post("sam", "/create-license", {**body, **changed})
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
    assert console.get("fiona", "/customers", q="wrong").json()["customers"] == []


def test_a_revoke_is_seen_at_once_and_once(console: Console) -> None:
    install_id = console.customer("Revoked", currency="USD")
    answer = console.post("adam", "/revoke-license", {"installId": install_id})
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["movement"]["kind"]) == ("revoked", "churn")
    shown = console.get("fiona", "/customers", q=install_id).json()["customers"][0]
    assert (shown["status"], shown["mrr"]["minor"]) == ("revoked", 0)
    again = console.post("adam", "/revoke-license", {"installId": install_id, "reason": "twice"})
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    moved = console.post("sam", f"/customer/{install_id}/update-tier", {"newTier": "basic"})
    assert moved.status_code == 409
    told = console.get("fiona", f"/customer/{install_id}/timeline", kind="license").json()["entries"][0]
    assert (told["title"], told["reason"]) == ("License revoked", routes.NO_REASON)


def test_a_reinstated_license_is_charged_again(console: Console) -> None:
    install_id = console.customer("Reinstated", currency="USD")
    console.post("adam", "/revoke-license", {"installId": install_id, "reason": "chargeback"})
    client = signed_in(console.databases, console.cast.adam, licenses)
    assert client.post(f"/licenses/{install_id}/reinstate", json={"reason": "paid"}).status_code == 200
    money = console.get("fiona", f"/customer/{install_id}/timeline", kind="money").json()["entries"]
    assert [one["amount"]["minor"] for one in money] == [499_00, -499_00, 499_00]


def test_a_tier_is_changed_with_its_price(console: Console) -> None:
    install_id = console.customer("Upgraded", tier="basic", currency="USD")
    body = {"newTier": "enterprise", "billingPeriod": "annual"}
    changed = console.post("sam", f"/customer/{install_id}/update-tier", body).json()
    assert (changed["tier"], changed["billingPeriod"]) == ("enterprise", "annual")
    assert changed["mrr"] == {"minor": 2_082_50, "currency": "USD"}
    assert (changed["before"]["tier"], changed["before"]["mrr"]["minor"]) == ("basic", 99_00)
    assert (changed["movement"]["kind"], changed["movement"]["change"]["minor"]) == ("expansion", 2_082_50 - 99_00)
    assert console.post("sam", f"/customer/{install_id}/update-tier", body).status_code == 409
    assert console.post("sam", "/customer/inst-nobody/update-tier", body).status_code == 404
    wrong = console.post("sam", f"/customer/{install_id}/update-tier", {"newTier": "pro", "tier": "pro"})
    assert wrong.status_code == 422


def test_a_profile_has_the_seeds_four_parts(console: Console) -> None:
    install_id = console.customer("Profiled", currency="USD", billing_period="quarterly")
    found = console.get("fiona", f"/customer/{install_id}/profile").json()
    assert set(found) == {"subscription", "usage", "telemetry", "branding"}
    assert found["subscription"]["price"] == {"minor": 1_497_00, "currency": "USD"}
    assert (found["subscription"]["tierLabel"], found["subscription"]["nextDateLabel"]) == ("Pro", "Next billing day")
    assert {one["meter"] for one in found["usage"]["meters"]} >= {"api_calls_day", "storage_bytes", "members"}
    assert found["telemetry"]["events30d"] == 0
    assert found["branding"]["displayName"] == "Profiled"


def test_culture_has_the_seeds_parts(console: Console, databases: Databases) -> None:
    install_id = console.customer("Cultured")
    empty = console.get("fiona", f"/customer/{install_id}/culture").json()
    assert {"features", "behavior", "team", "upsells", "healthScore"} <= set(empty)
    assert empty["unsaid"]
    now = clock.now()
    with databases.telemetry.write(SYSTEM) as telemetry:
        ingest(telemetry, install_id, sample_events(install_id, now, 1), now=now)
    found = console.get("fiona", f"/customer/{install_id}/culture").json()
    assert found["counts"]["events"] > 0
    assert {"rhythm", "sessions", "engagement", "trend", "reliability"} == set(found["behavior"])
    assert "_" not in "".join(found["counts"])


def test_the_timeline_is_paged_and_narrowed(console: Console) -> None:
    install_id = console.customer("Storied")
    everything = console.get("fiona", f"/customer/{install_id}/timeline").json()
    assert everything["nextCursor"] is None
    first = console.get("fiona", f"/customer/{install_id}/timeline", limit=1).json()
    rest = console.get("fiona", f"/customer/{install_id}/timeline", cursor=first["nextCursor"]).json()
    assert first["entries"] + rest["entries"] == everything["entries"]
    money = console.get("fiona", f"/customer/{install_id}/timeline", kind="money").json()["entries"]
    assert [one["amount"] for one in money] == [{"minor": 499_00, "currency": "USD"}]
    assert console.get("fiona", f"/customer/{install_id}/timeline", kind="gossip").status_code == 422
    assert console.get("fiona", f"/customer/{install_id}/timeline", cursor="x").status_code == 422


READS = ("/stats", "/customers", "/customer/{}/profile", "/customer/{}/culture", "/customer/{}/timeline")


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("who", PEOPLE)
def test_staff_reads_and_customers_are_turned_away(console: Console, who: str, path: str) -> None:
    """Otto is Globex's admin and holds customer:read; the console is the vendor's all the same, even for his own."""
    install_id = _globex(console)
    answer = console.get(who, path.format(install_id))
    assert answer.status_code == (403 if who == "otto" else 200), answer.text
    if who == "otto":
        assert answer.json()["code"] == "vendor_only"


@pytest.mark.parametrize("who", PEOPLE)
def test_each_act_needs_its_permission(console: Console, who: str) -> None:
    actor = console.actor(who)
    issue = {"userId": "per@mission.test", "tier": "basic", "billingPeriod": "monthly", "trialDays": 0, "notes": ""}
    install_id = console.customer(f"Acted on by {who}")
    acts = (
        (Permission.LICENSE_CREATE, "/create-license", issue, 201),
        (Permission.LICENSE_UPDATE_TIER, f"/customer/{install_id}/update-tier", {"newTier": "enterprise"}, 200),
        (Permission.LICENSE_REVOKE, "/revoke-license", {"installId": install_id}, 200),
    )
    for permission, path, body, done in acts:
        may = actor.realm == "vendor" and actor.may(permission)
        assert console.post(who, path, body).status_code == (done if may else 403), path


@pytest.mark.parametrize("who", ["mia", "vera"])
def test_without_finance_read_there_is_no_money_in_any_answer(console: Console, who: str) -> None:
    install_id = console.customer(f"Discreet {who}")
    assert console.get(who, "/stats").json()["monthlyRevenue"] is None
    assert {one["mrr"] for one in console.get(who, "/customers", q="discreet").json()["customers"]} == {None}
    found = console.get(who, f"/customer/{install_id}/profile").json()["subscription"]
    assert (found["price"], found["mrr"]) == (None, None)
    entries = console.get(who, f"/customer/{install_id}/timeline").json()["entries"]
    assert "money" not in {one["kind"] for one in entries}


@pytest.mark.parametrize("path", [path for path in READS if "{}" in path])
def test_an_install_that_does_not_exist_is_404(console: Console, path: str) -> None:
    assert console.get("fiona", path.format("inst-nobody")).status_code == 404
    assert console.get("fiona", path.format("inst%00nobody")).status_code == 422


def test_nobody_is_nobody(databases: Databases) -> None:
    assert signed_in(databases, None, routes).get("/enterprise/stats").status_code in {401, 403}


def _globex(console: Console) -> str:
    with console.databases.control.write(SYSTEM) as session, console.databases.telemetry.read(SYSTEM) as telemetry:
        globex: UUID = console.cast.globex
        request = LicenseRequest(str(globex), "free")
        install_id = create_license(session, console.cast.system, request, now=clock.now()).install_id
        refresh_card(session, telemetry, globex, now=clock.now())
    return install_id
