"""Stateful players of HubSpot and Salesforce on this machine: real HTTP, rows kept, unknown properties refused."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Said = tuple[int, Any]
Route = Callable[[str, str, dict[str, list[str]], Any, Mapping[str, str]], Said]


@contextmanager
def served(route: Route, headers: Mapping[str, str] | None = None) -> Iterator[str]:
    """Serve `route(method, path, query, body, headers)` until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kind = self.headers.get("Content-Type", "")
            body: Any = json.loads(raw) if raw and "json" in kind else parse_qs(raw.decode())
            parts = urlsplit(self.path)
            given = {name.lower(): value for name, value in self.headers.items()}
            status, said = route(self.command, parts.path, parse_qs(parts.query), body, given)
            sent = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet: the test says what went wrong."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def answering(status: int, headers: Mapping[str, str]) -> Iterator[str]:
    """Answer everything in one way."""
    with served(lambda *_: (status, {}), headers) as url:
        yield url


@dataclass
class HubSpot:
    """HubSpot's objects by type and id, their properties and associations; every call that it got."""

    url: str = ""
    token: str = "pat-na1-test"
    objects: dict[str, dict[str, dict[str, str]]] = field(default_factory=lambda: {"companies": {}, "deals": {}})
    properties: dict[str, dict[str, bool]] = field(
        default_factory=lambda: {
            "companies": {"name": False, "domain": False},
            "deals": {"dealname": False, "amount": False, "dealstage": False, "pipeline": False},
        }
    )
    associated: set[tuple[str, str]] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    failing: list[Said] = field(default_factory=list)

    def route(self, method: str, path: str, query: dict[str, list[str]], body: Any, headers: Mapping[str, str]) -> Said:
        """Answer as HubSpot does."""
        self.asked.append((method, path))
        if headers.get("authorization") != f"Bearer {self.token}":
            return 401, {"status": "error", "category": "INVALID_AUTHENTICATION"}
        if self.failing:
            return self.failing.pop(0)
        steps = path.strip("/").split("/")
        if path == "/account-info/v3/details":
            return 200, {"portalId": 1}
        if steps[:3] == ["crm", "v3", "properties"]:
            return self._property(method, steps[3:], body)
        if steps[:3] == ["crm", "v4", "objects"]:
            self.associated.add((steps[4], steps[8]))
            return 200, {"status": "COMPLETE"}
        return self._object(method, steps[3], steps[4:], query, body)

    def _property(self, method: str, steps: list[str], body: Any) -> Said:
        known = self.properties[steps[0]]
        if method == "GET":
            return (200, {"name": steps[1]}) if steps[1] in known else (404, {"category": "OBJECT_NOT_FOUND"})
        if body["name"] in known:
            return 409, {"category": "CONFLICT"}
        known[body["name"]] = body["hasUniqueValue"]
        return 201, body

    def _object(self, method: str, of: str, steps: list[str], query: dict[str, list[str]], body: Any) -> Said:
        rows = self.objects[of]
        if steps == ["search"]:
            filters = body["filterGroups"][0]["filters"]
            found = [{"id": key} for key, row in rows.items() if all(_matches(row, one) for one in filters)]
            return 200, {"total": len(found), "results": found}
        if steps == ["batch", "upsert"]:
            one = body["inputs"][0]
            if not self.properties[of].get(one["idProperty"]):
                return 400, {"category": "VALIDATION_ERROR", "message": f"PROPERTY_DOESNT_EXIST {one['idProperty']}"}
            return self._write(of, self._by(of, one["idProperty"], one["id"]), one["properties"])
        key = steps[0]
        if "idProperty" in query:
            named = query["idProperty"][0]
            if named not in self.properties[of]:
                return 400, {"category": "VALIDATION_ERROR", "message": f"PROPERTY_DOESNT_EXIST {named}"}
            key = self._by(of, named, key) or ""
        if key not in rows:
            return 404, {"category": "OBJECT_NOT_FOUND"}
        if method == "GET":
            return 200, {"id": key, "properties": rows[key]}
        status, said = self._write(of, key, body["properties"])
        return status, said["results"][0] if status == 200 else said

    def _write(self, of: str, key: str | None, properties: dict[str, str]) -> Said:
        unknown = set(properties) - set(self.properties[of])
        if unknown:
            return 400, {"category": "VALIDATION_ERROR", "message": f"PROPERTY_DOESNT_EXIST {sorted(unknown)}"}
        if not all(isinstance(value, str) for value in properties.values()):
            return 400, {"category": "VALIDATION_ERROR", "message": "INVALID_TYPE"}
        key = key or str(1000 + sum(len(rows) for rows in self.objects.values()))
        self.objects[of].setdefault(key, {}).update(properties)
        return 200, {"results": [{"id": key, "properties": self.objects[of][key]}]}

    def _by(self, of: str, name: str, value: str) -> str | None:
        return next((key for key, row in self.objects[of].items() if row.get(name) == value), None)


def _matches(row: dict[str, str], one: dict[str, str]) -> bool:
    if one["operator"] == "NOT_HAS_PROPERTY":
        return not row.get(one["propertyName"])
    return row.get(one["propertyName"]) == one["value"]


@dataclass
class Salesforce:
    """Salesforce's records by type and external id; every call that it got."""

    url: str = ""
    records: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {"Account": {}, "Opportunity": {}})
    fields: dict[str, set[str]] = field(
        default_factory=lambda: {
            "Account": {
                "Id", "Name", "Website", "Calos_Organization_Id__c", "Calos_Health__c", "Calos_Health_Band__c",
                "Calos_Tier__c", "Calos_Url__c",
            },
            "Opportunity": {
                "Id", "Name", "Description", "Amount", "StageName", "CloseDate", "Account", "Calos_Upsell_Id__c",
                "Calos_Priority__c", "Calos_Rule__c", "Calos_Expected_Value__c",
            },
        }
    )  # fmt: skip
    asked: list[tuple[str, str]] = field(default_factory=list)
    failing: list[Said] = field(default_factory=list)
    tokens: int = 0
    secret: str = "shh"
    instance: str = ""

    def route(self, method: str, path: str, query: dict[str, list[str]], body: Any, headers: Mapping[str, str]) -> Said:
        """Answer as Salesforce does."""
        self.asked.append((method, path))
        if path == "/services/oauth2/token":
            return self._token(body)
        if headers.get("authorization") != f"Bearer token-{self.tokens}":
            return 401, [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
        if self.failing:
            return self.failing.pop(0)
        steps = path.split("/sobjects/")[1].split("/")
        if steps[1] == "describe":
            return 200, {"fields": [{"name": name} for name in sorted(self.fields[steps[0]])]}
        return self._record(method, steps[0], steps[1], steps[2], body)

    def _token(self, body: dict[str, list[str]]) -> Said:
        well = body["client_secret"] == [self.secret] and body["grant_type"][0] in {
            "client_credentials",
            "refresh_token",
        }
        if not well or body.get("refresh_token", ["good"]) != ["good"]:
            return 400, {"error": "invalid_client"}
        self.tokens += 1
        return 200, {"access_token": f"token-{self.tokens}", "instance_url": self.instance or self.url}

    def _record(self, method: str, of: str, key: str, value: str, body: Any) -> Said:
        rows = self.records[of]
        if method == "GET":
            return (200, {**rows[value], "Id": value}) if value in rows else (404, [{"errorCode": "NOT_FOUND"}])
        unknown = set(body) - self.fields[of]
        if unknown:
            return 400, [{"errorCode": "INVALID_FIELD", "message": f"No such column {sorted(unknown)}"}]
        needed = {"Account": {"Name"}, "Opportunity": {"Name", "StageName", "CloseDate"}}[of]
        if value not in rows and needed - set(body):
            return 400, [{"errorCode": "REQUIRED_FIELD_MISSING", "fields": sorted(needed - set(body))}]
        if not all(isinstance(body.get(name, 0), int | float | None) for name in ("Amount", "Calos_Expected_Value__c")):
            return 400, [{"errorCode": "JSON_PARSER_ERROR", "message": "Cannot deserialize double from VALUE_STRING"}]
        made = value not in rows
        rows.setdefault(value, {key: value}).update(body)
        return (201 if made else 200), {"id": value, "success": True, "created": made}


@contextmanager
def hubspot() -> Iterator[HubSpot]:
    """Play HubSpot until the block ends."""
    played = HubSpot()
    with served(played.route) as played.url:
        yield played


@contextmanager
def salesforce() -> Iterator[Salesforce]:
    """Play Salesforce until the block ends."""
    played = Salesforce()
    with served(played.route) as played.url:
        yield played
