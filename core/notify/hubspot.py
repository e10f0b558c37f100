"""HubSpot, by its CRM API v3: companies and deals brought to how things are here, each under a key of ours."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from core.notify.deals import moved
from core.notify.destinations import Message, NotTaken, Target
from core.notify.outbound import Answer, request

COMPANY_KEY: Final = "calos_organization_id"
DEAL_KEY: Final = "calos_upsell_id"
# name: (label, type, field type); the keys are unique, so that a second send finds the first.
COMPANY_PROPERTIES: Final = {
    COMPANY_KEY: ("Calos customer", "string", "text"),
    "calos_health": ("Calos health", "number", "number"),
    "calos_health_band": ("Calos health band", "string", "text"),
    "calos_tier": ("Calos tier", "string", "text"),
    "calos_open_upsells": ("Calos open upsells", "number", "number"),
    "calos_url": ("Calos profile", "string", "text"),
}
DEAL_PROPERTIES: Final = {
    DEAL_KEY: ("Calos upsell", "string", "text"),
    "calos_priority": ("Calos priority", "string", "text"),
    "calos_rule": ("Calos rule", "string", "text"),
    "calos_why": ("Calos evidence", "string", "textarea"),
    "calos_expected_value": ("Calos expected value", "number", "number"),
    "calos_currency": ("Calos currency", "string", "text"),
}
# Of HubSpot's own sales pipeline. What somebody has moved a deal to stays until it is closed here.
STAGES: Final = {
    "open": "qualifiedtobuy",
    "won": "closedwon",
    "lost": "closedlost",
    "ignored": "closedlost",
    "gone": "closedlost",
}
_SEARCHED: Final = 5
_MISSING: Final = "PROPERTY_DOESNT_EXIST"


def send(target: Target, message: Message, *, now: datetime) -> Answer:
    """Bring the company, and the deal where there is one, to the message's facts; return the last answer.

    Every call is an update or an upsert under our key: sent twice, nothing is there twice.
    """
    try:
        return _bring(target, message.data)
    except NotTaken as refused:
        if _MISSING not in refused.answer.excerpt:
            raise
    # Somebody deleted a property of ours, or never tested the destination.
    probe(target)
    return _bring(target, message.data)


def probe(target: Target) -> Answer:
    """Look whether the token is good, and make the properties that are missing."""
    answer = _well(_call(target, "GET", "/account-info/v3/details"))
    for of, known, key in (
        ("companies", COMPANY_PROPERTIES, COMPANY_KEY),
        ("deals", DEAL_PROPERTIES, DEAL_KEY),
    ):
        for name, (label, kind, field) in known.items():
            if _call(target, "GET", f"/crm/v3/properties/{of}/{name}").status != 404:
                continue
            group = "companyinformation" if of == "companies" else "dealinformation"
            asked = {"name": name, "label": label, "type": kind, "fieldType": field, "groupName": group}
            made = _call(target, "POST", f"/crm/v3/properties/{of}", {**asked, "hasUniqueValue": name == key})
            # Somebody else's 409 made it meanwhile.
            if made.status != 409:
                _well(made)
    return answer


def _bring(target: Target, facts: Mapping[str, Any]) -> Answer:
    company_id, answer = _company(target, facts["company"])
    deal = facts.get("deal")
    if deal is None:
        return answer
    deal_id = _deal(target, deal)
    if deal_id is None:
        return answer
    path = f"/crm/v4/objects/deals/{deal_id}/associations/default/companies/{company_id}"
    return _well(_call(target, "PUT", path))


def _company(target: Target, facts: Mapping[str, Any]) -> tuple[str, Answer]:
    """Return the company's id there: found under our key, else by its domain, else made."""
    ours = {
        COMPANY_KEY: facts["id"],
        "calos_health": facts["health"],
        "calos_health_band": facts["band"],
        "calos_tier": facts["tier"],
        "calos_open_upsells": facts["upsells"],
        "calos_url": facts["url"],
    }
    known = _call(target, "GET", f"/crm/v3/objects/companies/{quote(facts['id'])}?idProperty={COMPANY_KEY}")
    theirs = str(_well(known).at("id")) if known.status != 404 else _by_domain(target, facts["domain"])
    if theirs is not None:
        # Its name and domain belong to whoever keeps it there.
        answer = _well(_call(target, "PATCH", f"/crm/v3/objects/companies/{theirs}", {"properties": _written(ours)}))
        return theirs, answer
    made = {**ours, "name": facts["name"], "domain": facts["domain"]}
    answer = _upsert(target, "companies", COMPANY_KEY, facts["id"], made)
    return str(answer.at("results", 0, "id")), answer


def _by_domain(target: Target, domain: str | None) -> str | None:
    """Return the company that has this domain and no customer of ours yet, if there is one."""
    if not domain:
        return None
    filters = [
        {"propertyName": "domain", "operator": "EQ", "value": domain},
        {"propertyName": COMPANY_KEY, "operator": "NOT_HAS_PROPERTY"},
    ]
    asked = {"filterGroups": [{"filters": filters}], "properties": ["domain"], "limit": _SEARCHED}
    found = _well(_call(target, "POST", "/crm/v3/objects/companies/search", asked))
    # Two companies with one domain: which of them is meant, nobody knows.
    return str(found.at("results", 0, "id")) if len(found.at("results")) == 1 else None


def _deal(target: Target, facts: Mapping[str, Any]) -> str | None:
    """Return the deal's id there; None where it vanished before it was ever there."""
    ours = {
        DEAL_KEY: facts["id"],
        "dealname": facts["name"],
        "amount": facts["amount"],
        "calos_priority": facts["priority"],
        "calos_rule": facts["rule"],
        "calos_why": facts["why"],
        "calos_expected_value": facts["expected"],
        "calos_currency": facts["currency"],
    }
    asked = f"{quote(facts['id'])}?idProperty={DEAL_KEY}&properties=dealstage"
    known = _call(target, "GET", f"/crm/v3/objects/deals/{asked}")
    if known.status != 404:
        theirs = str(_well(known).at("id"))
        stage = moved(STAGES, facts, str(known.at("properties", "dealstage")))
        changed = {**ours, **({"dealstage": stage} if stage else {})}
        _well(_call(target, "PATCH", f"/crm/v3/objects/deals/{theirs}", {"properties": _written(changed)}))
        return theirs
    if facts["state"] == "gone":
        return None
    begun = {**ours, "dealstage": STAGES[facts["state"]], "pipeline": "default"}
    return str(_upsert(target, "deals", DEAL_KEY, facts["id"], begun).at("results", 0, "id"))


def _upsert(target: Target, of: str, key: str, value: str, properties: Mapping[str, Any]) -> Answer:
    one = {"idProperty": key, "id": value, "properties": _written(properties)}
    answer = _well(_call(target, "POST", f"/crm/v3/objects/{of}/batch/upsert", {"inputs": [one]}))
    if answer.status == 207:
        raise NotTaken(f"HubSpot took only a part: {answer.excerpt[:200]}", answer, permanent=True)
    return answer


def _written(properties: Mapping[str, Any]) -> dict[str, str]:
    """Return the properties as HubSpot takes them: strings, and nothing for what is not known."""
    return {name: "" if value is None else str(value) for name, value in properties.items()}


def _call(target: Target, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
    return request(
        method,
        f"{target.url.rstrip('/')}{path}",
        body=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {target.secrets['token']}",
            "Accept": "application/json",
            **({} if body is None else {"Content-Type": "application/json"}),
        },
        private=target.private,
    )


def _well(answer: Answer) -> Answer:
    """Return a 2xx, and raise NotTaken for anything else: for good, unless waiting may help."""
    if answer.well:
        return answer
    if answer.status == 401:
        raise NotTaken("HubSpot does not accept the token. Enter one of a private app that is active.", answer)
    if answer.status == 403:
        sentence = "The private app may not do this. Give it crm.objects and crm.schemas, of companies and deals."
        raise NotTaken(sentence, answer)
    permanent = 400 <= answer.status < 500 and answer.status not in {408, 409, 423, 429}
    raise NotTaken(f"HubSpot answered {answer.status}: {answer.excerpt[:200]}", answer, permanent=permanent)
