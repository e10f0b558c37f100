"""HubSpot and Salesforce by their published API shapes over HTTP: brought to how things are, nothing there twice."""

from datetime import datetime
from typing import Any

import pytest

from core.errors import InvalidInput
from core.notify.deliveries import redeliver, send_test
from core.notify.destination_writes import change_destination, destination_by_id
from db.session import WriteSession
from tests.cast import Cast
from tests.core.notify.conftest import configured
from tests.core.notify.crm_fakes import HubSpot, Salesforce, hubspot, salesforce
from tests.core.notify.sending import added, deliver, happened, log

EVENTS = ["upsell.found", "upsell.closed", "health.band_changed"]
COMPANY = {
    "id": "01900000-0000-7000-8000-000000000001", "name": "Acme GmbH", "domain": "acme.test", "health": 71,
    "band": "Good", "tier": "Free", "upsells": 2, "url": "https://calos.test/customer?install_id=inst-acme",
}  # fmt: skip
DEAL = {
    "id": "01900000-0000-7000-8000-000000000002", "name": "Acme GmbH: Upgrade to Pro", "state": "open",
    "amount": "588.00", "expected": "49.98", "currency": "USD", "priority": "HIGH", "rule": "limit_approached",
    "why": "At 95% of its API calls a day.", "reopened": False,
}  # fmt: skip


@pytest.fixture(autouse=True)
def private() -> Any:
    """Let destinations be on this machine."""
    with configured(CALOS_WEBHOOK_PRIVATE="1"):
        yield


def _facts(company: dict[str, Any] | None = None, deal: dict[str, Any] | None = None) -> Any:
    told = {"company": {**COMPANY, **(company or {})}, "deal": {**DEAL, **deal} if deal is not None else None}
    return lambda *_: told


def _hub(session: WriteSession, cast: Cast, played: HubSpot, now: datetime) -> Any:
    made, _ = added(
        session, cast, played.url, now, kind="hubspot", name="HubSpot", events=EVENTS, secrets={"token": played.token}
    )
    return made


def _force(session: WriteSession, cast: Cast, played: Salesforce, now: datetime, **secrets: str) -> Any:
    given = {"clientId": "3MVG9", "clientSecret": played.secret, **secrets}
    made, _ = added(session, cast, played.url, now, kind="salesforce", name="Salesforce", events=EVENTS, secrets=given)
    return made


def test_hubspot_gets_a_company_and_a_deal_that_belong_together(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    with hubspot() as played:
        made = _hub(session, cast, played, now)
        happened(session, cast, now)
        assert deliver(session, now, _facts(deal={})) == ["delivered"], log(session, cast, made).error
        [(company_id, company)] = played.objects["companies"].items()
        [(deal_id, deal)] = played.objects["deals"].items()
    assert (company["name"], company["domain"], company["calos_health"]) == ("Acme GmbH", "acme.test", "71")
    assert (deal["dealname"], deal["amount"], deal["dealstage"]) == (DEAL["name"], "588.00", "qualifiedtobuy")
    assert played.associated == {(deal_id, company_id)}
    assert played.properties["deals"]["calos_upsell_id"], "made on the first send, and unique"


def test_a_resend_makes_no_second_deal_and_moves_none_back(session: WriteSession, cast: Cast, now: datetime) -> None:
    with hubspot() as played:
        made = _hub(session, cast, played, now)
        happened(session, cast, now)
        deliver(session, now, _facts(deal={}))
        [deal] = played.objects["deals"].values()
        deal["dealstage"] = "presentationscheduled"
        for _ in range(2):
            redeliver(session, cast.adam, log(session, cast, made).id, now=now)
            assert deliver(session, now, _facts({"health": 50, "name": "Other"}, {"priority": "LOW"})) == ["delivered"]
        [company] = played.objects["companies"].values()
        assert (company["calos_health"], company["name"]) == ("50", "Acme GmbH")
        assert len(played.objects["deals"]) == 1
        assert (deal["dealstage"], deal["calos_priority"]) == ("presentationscheduled", "LOW")
        happened(session, cast, now, "upsell.closed")
        assert deliver(session, now, _facts(deal={"state": "won"})) == ["delivered"]
        assert deal["dealstage"] == "closedwon"


def test_a_company_that_is_there_by_its_domain_is_taken(session: WriteSession, cast: Cast, now: datetime) -> None:
    with hubspot() as played:
        played.objects["companies"]["77"] = {"name": "ACME (EMEA)", "domain": "acme.test"}
        _hub(session, cast, played, now)
        happened(session, cast, now)
        deliver(session, now, _facts(deal={}))
        assert list(played.objects["companies"]) == ["77"]
        taken = played.objects["companies"]["77"]
        assert (taken["name"], taken["calos_organization_id"]) == ("ACME (EMEA)", COMPANY["id"])


def test_of_two_with_one_domain_neither_is_taken(session: WriteSession, cast: Cast, now: datetime) -> None:
    with hubspot() as played:
        for key in ("77", "78"):
            played.objects["companies"][key] = {"name": key, "domain": "acme.test"}
        _hub(session, cast, played, now)
        happened(session, cast, now, "health.band_changed")
        assert deliver(session, now, _facts()) == ["delivered"]
        assert len(played.objects["companies"]) == 3
        assert played.objects["deals"] == {}


# What the deal is now, where it stands there, and where it stands afterwards: (HubSpot's stage, Salesforce's).
OPEN, LOST = ("qualifiedtobuy", "Prospecting"), ("closedlost", "Closed Lost")
TAKEN_UP, WON = ("presentationscheduled", "Negotiation"), ("closedwon", "Closed Won")


@pytest.mark.parametrize(
    ("facts", "stood", "stands"),
    [
        ({"state": "gone"}, OPEN, LOST),
        ({"state": "gone"}, TAKEN_UP, TAKEN_UP),
        ({"state": "gone"}, WON, WON),
        ({"state": "lost"}, TAKEN_UP, LOST),
        ({"state": "ignored"}, OPEN, LOST),
        ({"state": "won"}, TAKEN_UP, WON),
        ({"state": "open"}, LOST, LOST),
        ({"state": "open", "reopened": True}, LOST, OPEN),
        ({"state": "open", "reopened": True}, TAKEN_UP, TAKEN_UP),
    ],
)
def test_what_ends_here_ends_there_unless_somebody_took_it_up(
    session: WriteSession,
    cast: Cast,
    now: datetime,
    facts: dict[str, Any],
    stood: tuple[str, str],
    stands: tuple[str, str],
) -> None:
    with hubspot() as hub, salesforce() as force:
        _hub(session, cast, hub, now)
        _force(session, cast, force, now)
        happened(session, cast, now)
        assert deliver(session, now, _facts(deal={})) == ["delivered", "delivered"]
        [deal], [opportunity] = hub.objects["deals"].values(), force.records["Opportunity"].values()
        deal["dealstage"], opportunity["StageName"] = stood
        happened(session, cast, now, "upsell.closed")
        changed = {**facts, "why": "No longer found."}
        assert deliver(session, now, _facts(deal=changed)) == ["delivered", "delivered"]
        assert (deal["dealstage"], opportunity["StageName"]) == stands
        assert (deal["calos_why"], opportunity["Description"]) == ("No longer found.", "No longer found.")


def test_what_was_never_there_is_not_made_to_be_closed(session: WriteSession, cast: Cast, now: datetime) -> None:
    with hubspot() as hub, salesforce() as force:
        _hub(session, cast, hub, now)
        _force(session, cast, force, now)
        happened(session, cast, now, "upsell.closed")
        assert deliver(session, now, _facts(deal={"state": "gone"})) == ["delivered", "delivered"]
        assert (hub.objects["deals"], force.records["Opportunity"]) == ({}, {})
        assert (len(hub.objects["companies"]), len(force.records["Account"])) == (1, 1)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [((429, {}), "waiting"), ((502, {}), "waiting"), ((400, {"message": "INVALID"}), "failed"), ((200, []), "waiting")],
)
def test_hubspots_refusals(
    session: WriteSession, cast: Cast, now: datetime, said: tuple[int, Any], outcome: str
) -> None:
    with hubspot() as played:
        made = _hub(session, cast, played, now)
        played.failing.append(said)
        happened(session, cast, now)
        assert deliver(session, now, _facts(deal={})) == [outcome]
        assert log(session, cast, made).error
        if outcome == "waiting":
            assert deliver(session, now, _facts(deal={})) == ["delivered"]
        assert len(played.objects["deals"]) <= 1


def test_a_wrong_token_is_said_in_words(session: WriteSession, cast: Cast, now: datetime) -> None:
    with hubspot() as played:
        made = _hub(session, cast, played, now)
        played.token = "another"
        send_test(session, cast.adam, made, now=now)
        assert deliver(session, now) == ["waiting"]
        assert "does not accept the token" in str(log(session, cast, made).error)
        assert destination_by_id(session, cast.adam, made).failing_since == now


def test_a_test_leaves_no_company_behind(session: WriteSession, cast: Cast, now: datetime) -> None:
    with hubspot() as hub, salesforce() as force:
        for made in (_hub(session, cast, hub, now), _force(session, cast, force, now)):
            send_test(session, cast.adam, made, now=now)
        assert deliver(session, now) == ["delivered", "delivered"]
        assert hub.objects == {"companies": {}, "deals": {}}
        assert force.records == {"Account": {}, "Opportunity": {}}
        assert set(hub.properties["companies"]) >= {"calos_health", "calos_organization_id"}


def test_who_is_gone_is_not_sent(session: WriteSession, cast: Cast, now: datetime) -> None:
    with hubspot() as played:
        made = _hub(session, cast, played, now)
        happened(session, cast, now)
        assert deliver(session, now) == ["delivered"]
        assert played.asked == []
    assert "no longer there" in log(session, cast, made).body["sentence"]


def test_salesforce_gets_an_account_and_an_opportunity(session: WriteSession, cast: Cast, now: datetime) -> None:
    with salesforce() as played:
        made = _force(session, cast, played, now)
        happened(session, cast, now)
        assert deliver(session, now, _facts(deal={})) == ["delivered"], log(session, cast, made).error
        account = played.records["Account"][str(COMPANY["id"])]
        opportunity = played.records["Opportunity"][str(DEAL["id"])]
    assert (account["Name"], account["Website"], account["Calos_Health__c"]) == ("Acme GmbH", "https://acme.test", 71)
    assert opportunity["Account"] == {"Calos_Organization_Id__c": COMPANY["id"]}
    assert (opportunity["StageName"], opportunity["Amount"]) == ("Prospecting", 588)
    assert opportunity["CloseDate"] == "2026-12-21"


def test_a_resend_makes_no_second_opportunity_and_moves_none_back(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    with salesforce() as played:
        made = _force(session, cast, played, now, refreshToken="good")
        happened(session, cast, now)
        deliver(session, now, _facts(deal={}))
        [opportunity] = played.records["Opportunity"].values()
        opportunity |= {"StageName": "Negotiation", "CloseDate": "2027-01-15"}
        redeliver(session, cast.adam, log(session, cast, made).id, now=now)
        assert deliver(session, now, _facts(deal={"priority": "LOW"})) == ["delivered"]
        [same] = played.records["Opportunity"].values()
        assert (same["StageName"], same["CloseDate"]) == ("Negotiation", "2027-01-15")
        assert same["Calos_Priority__c"] == "LOW"
        happened(session, cast, now, "upsell.closed")
        deliver(session, now, _facts(deal={"state": "lost"}))
        assert same["StageName"] == "Closed Lost"


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ((401, [{"errorCode": "INVALID_SESSION_ID"}]), "waiting"),
        ((403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED"}]), "waiting"),
        ((400, [{"errorCode": "UNABLE_TO_LOCK_ROW"}]), "waiting"),
        ((400, [{"errorCode": "INVALID_FIELD"}]), "failed"),
        ((300, ["/sobjects/Account/1", "/sobjects/Account/2"]), "waiting"),
    ],
)
def test_salesforces_refusals(
    session: WriteSession, cast: Cast, now: datetime, said: tuple[int, Any], outcome: str
) -> None:
    with salesforce() as played:
        _force(session, cast, played, now)
        played.failing.append(said)
        happened(session, cast, now)
        assert deliver(session, now, _facts(deal={})) == [outcome]


def test_a_missing_field_is_named(session: WriteSession, cast: Cast, now: datetime) -> None:
    with salesforce() as played:
        made = _force(session, cast, played, now)
        played.fields["Opportunity"].discard("Calos_Rule__c")
        send_test(session, cast.adam, made, now=now)
        assert deliver(session, now) == ["failed"]
    assert "Opportunity has no field Calos_Rule__c" in str(log(session, cast, made).error)


def test_the_instance_that_salesforce_names_is_looked_at_too(session: WriteSession, cast: Cast, now: datetime) -> None:
    with salesforce() as played:
        made = _force(session, cast, played, now)
        played.instance = "http://169.254.169.254"
        happened(session, cast, now)
        assert deliver(session, now, _facts(deal={})) == ["waiting"]
    assert "not on the internet" in str(log(session, cast, made).error)
    assert all(path == "/services/oauth2/token" for _, path in played.asked)


def test_the_secrets_kept_are_sent_to_no_new_address(session: WriteSession, cast: Cast, now: datetime) -> None:
    with hubspot() as hub, salesforce() as force, hubspot() as elsewhere:
        for made in (_hub(session, cast, hub, now), _force(session, cast, force, now)):
            with pytest.raises(InvalidInput, match="anew"):
                change_destination(session, cast.adam, made, url=elsewhere.url, now=now)
        hub_id = _hub(session, cast, hub, now)
        change_destination(session, cast.adam, hub_id, url=hub.url, name="The same", now=now)
        given = {"token": elsewhere.token}
        change_destination(session, cast.adam, hub_id, url=elsewhere.url, secrets=given, now=now)
        assert destination_by_id(session, cast.adam, hub_id).url == elsewhere.url
    assert elsewhere.asked == []
