"""Salesforce, by its REST API: accounts and opportunities upserted by external id, with OAuth client credentials."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from core.notify.deals import moved
from core.notify.destinations import Message, NotTaken, Target
from core.notify.outbound import Answer, request

VERSION: Final = "v62.0"
ACCOUNT_KEY: Final = "Calos_Organization_Id__c"
OPPORTUNITY_KEY: Final = "Calos_Upsell_Id__c"
# What an administrator adds there; docs/notifications.md says how.
FIELDS: Final = {
    "Account": (ACCOUNT_KEY, "Calos_Health__c", "Calos_Health_Band__c", "Calos_Tier__c", "Calos_Url__c"),
    "Opportunity": (OPPORTUNITY_KEY, "Calos_Priority__c", "Calos_Rule__c", "Calos_Expected_Value__c"),
}
# Of Salesforce's own sales process. What somebody has moved one to stays until it is closed here.
STAGES: Final = {
    "open": "Prospecting",
    "won": "Closed Won",
    "lost": "Closed Lost",
    "ignored": "Closed Lost",
    "gone": "Closed Lost",
}
# An opportunity must have a day on which it closes; somebody there knows better.
CLOSES_IN: Final = timedelta(days=30)
_LONGEST_NAME: Final = {"Account": 255, "Opportunity": 120}


class _Signed(NamedTuple):
    """An access token, and the instance that it is for."""

    instance: str
    token: str


def send(target: Target, message: Message, *, now: datetime) -> Answer:
    """Bring the account, and the opportunity where there is one, to the message's facts; return the last answer.

    Every call is an upsert by external id: sent twice, nothing is there twice.
    """
    signed = _sign_in(target)
    answer = _account(target, signed, message.data["company"])
    deal = message.data.get("deal")
    if deal is None:
        return answer
    return _opportunity(target, signed, deal, message.data["company"], now) or answer


def probe(target: Target) -> Answer:
    """Look whether the credentials are good and the fields of ours are there."""
    signed = _sign_in(target)
    for name, fields in FIELDS.items():
        answer = _well(_call(target, signed, "GET", f"/sobjects/{name}/describe"))
        there = {field.get("name") for field in answer.at("fields")}
        missing = [field for field in fields if field not in there]
        if missing:
            sentence = f"{name} has no field {', '.join(missing)} that this user may write. Add it in Setup."
            raise NotTaken(sentence, answer, permanent=True)
    return answer


def _account(target: Target, signed: _Signed, facts: Mapping[str, Any]) -> Answer:
    ours = {
        "Calos_Health__c": facts["health"],
        "Calos_Health_Band__c": facts["band"],
        "Calos_Tier__c": facts["tier"],
        "Calos_Url__c": facts["url"],
    }
    path = f"/sobjects/Account/{ACCOUNT_KEY}/{quote(facts['id'])}"
    if _known(target, signed, path):
        # Its name belongs to whoever keeps it there.
        return _well(_call(target, signed, "PATCH", path, ours))
    website = {"Website": f"https://{facts['domain']}"} if facts["domain"] else {}
    made = {**ours, **website, "Name": facts["name"][: _LONGEST_NAME["Account"]]}
    return _well(_call(target, signed, "PATCH", path, made))


def _opportunity(
    target: Target, signed: _Signed, facts: Mapping[str, Any], company: Mapping[str, Any], now: datetime
) -> Answer | None:
    """Bring the opportunity to the facts; None where it vanished before it was ever there."""
    ours = {
        "Name": facts["name"][: _LONGEST_NAME["Opportunity"]],
        "Description": facts["why"],
        "Calos_Priority__c": facts["priority"],
        "Calos_Rule__c": facts["rule"],
        "Calos_Expected_Value__c": _number(facts["expected"]),
        **({"Amount": _number(facts["amount"])} if facts["amount"] is not None else {}),
    }
    path = f"/sobjects/Opportunity/{OPPORTUNITY_KEY}/{quote(facts['id'])}"
    known = _known(target, signed, path, "Id,StageName")
    if known is not None:
        stage = moved(STAGES, facts, str(known.at("StageName")))
        changed = {**ours, **({"StageName": stage} if stage else {})}
        return _well(_call(target, signed, "PATCH", path, changed))
    if facts["state"] == "gone":
        return None
    made = {
        **ours,
        "StageName": STAGES[facts["state"]],
        "CloseDate": (now + CLOSES_IN).date().isoformat(),
        # A relation by the external id of the account.
        "Account": {ACCOUNT_KEY: company["id"]},
    }
    return _well(_call(target, signed, "PATCH", path, made))


def _number(amount: str | None) -> float | None:
    """Return an amount as JSON has numbers, which Salesforce insists on: two decimals are written as they are read."""
    return None if amount is None else float(amount)


def _known(target: Target, signed: _Signed, path: str, fields: str = "Id") -> Answer | None:
    found = _call(target, signed, "GET", f"{path}?fields={fields}")
    return None if found.status == 404 else _well(found)


def _sign_in(target: Target) -> _Signed:
    """Return an access token: by refresh token where one was given, else by client credentials."""
    held = target.secrets
    asked = {"grant_type": "client_credentials", "client_id": held["clientId"], "client_secret": held["clientSecret"]}
    if "refreshToken" in held:
        asked |= {"grant_type": "refresh_token", "refresh_token": held["refreshToken"]}
    answer = request(
        "POST",
        f"{target.url.rstrip('/')}/services/oauth2/token",
        body=urlencode(asked).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        private=target.private,
    )
    if not answer.well:
        sentence = f"Salesforce did not sign us in ({answer.status}): {answer.excerpt[:200]}"
        raise NotTaken(sentence, answer)
    return _Signed(str(answer.at("instance_url")), str(answer.at("access_token")))


def _call(target: Target, signed: _Signed, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
    return request(
        method,
        # The instance that it names is looked at like any other address.
        f"{signed.instance.rstrip('/')}/services/data/{VERSION}{path}",
        body=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {signed.token}",
            "Accept": "application/json",
            **({} if body is None else {"Content-Type": "application/json"}),
        },
        private=target.private,
    )


def _well(answer: Answer) -> Answer:
    """Return a 2xx, and raise NotTaken for anything else: for good, unless waiting may help."""
    if answer.well:
        return answer
    # A limit that is used up comes as 403; a lock on the row, and a token that has just run out, pass too.
    passes = answer.status in {401, 408, 409, 429} or any(
        code in answer.excerpt for code in ("REQUEST_LIMIT_EXCEEDED", "UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE")
    )
    permanent = 400 <= answer.status < 500 and not passes
    raise NotTaken(f"Salesforce answered {answer.status}: {answer.excerpt[:200]}", answer, permanent=permanent)
