"""An account of Keygen's, as its API tells it, with keys that are really signed."""

import base64
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC_HEX = SIGNER.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
CREATED = "2025-03-01T09:00:00.000Z"


def signed_key(payload: str) -> str:
    """Return a license key of the scheme ED25519_SIGN."""
    message = "key/" + base64.urlsafe_b64encode(payload.encode()).decode()
    return f"{message}.{base64.urlsafe_b64encode(SIGNER.sign(message.encode())).decode()}"


def resource(kind: str, identity: str, attributes: dict[str, Any], **refers: str) -> dict[str, Any]:
    """Return one resource of JSON:API."""
    plural = {"policy": "policies", "license": "licenses", "user": "users", "entitlement": "entitlements"}
    relationships = {name: {"data": {"type": plural[name], "id": to}} for name, to in refers.items()}
    return {"id": identity, "type": kind, "attributes": attributes, "relationships": relationships}


def license(identity: str, **changed: Any) -> dict[str, Any]:
    """Return a license of the policy p-pro for u-ada."""
    refers = {"policy": changed.pop("policy", "p-pro"), "user": changed.pop("user", "u-ada")}
    attributes = {
        "name": f"License {identity}",
        "key": signed_key(identity),
        "expiry": None,
        "status": "ACTIVE",
        "suspended": False,
        "maxMachines": None,
        "lastValidated": "2026-11-20T10:00:00.000Z",
        "lastCheckIn": None,
        "metadata": {},
        "created": CREATED,
        **changed,
    }
    return resource("licenses", identity, attributes, **refers)


def machine(identity: str, of: str, fingerprint: str) -> dict[str, Any]:
    """Return a machine that a license was activated on."""
    attributes = {"fingerprint": fingerprint, "name": "rack 4", "lastHeartbeat": None, "created": CREATED}
    return resource("machines", identity, attributes, license=of)


def account() -> dict[str, list[dict[str, Any]]]:
    """Return an account: what is right, what is odd and what can't be taken."""
    pro = {
        "name": "Pro", "strict": False, "maxMachines": 3, "requireCheckIn": True, "checkInInterval": "week",
        "checkInIntervalCount": 2, "expirationStrategy": "MAINTAIN_ACCESS", "overageStrategy": "ALLOW_1_5X_OVERAGE",
        "requireFingerprintScope": True, "maxCores": 64,
    }  # fmt: skip
    return {
        "policies.json": [
            resource("policies", "p-pro", pro),
            resource("policies", "p-odd", {"name": "Odd", "expirationStrategy": "SOMETHING_NEW"}),
        ],
        "licenses.json": [
            license("l-one", maxMachines=5, metadata={"company": "Ada & Sons"}),
            license("l-two", suspended=True, status="SUSPENDED"),
            license("l-three", expiry="2026-01-01T00:00:00.000Z", status="EXPIRED", policy="p-odd"),
            license("l-nokey", key=None),
            license("l-nopolicy", policy="p-gone"),
            license("l-twin", key=signed_key("l-one")),
            {"id": "l-broken", "attributes": {"created": "yesterday"}},
        ],
        "machines.json": [
            machine("m-1", "l-one", "aa:bb:01"),
            machine("m-2", "l-one", "aa:bb:02"),
            machine("m-3", "l-one", "aa:bb:02"),
            machine("m-4", "l-nokey", "aa:bb:03"),
            machine("m-5", "l-elsewhere", "aa:bb:04"),
        ],
        "entitlements.json": [
            resource("entitlements", "e-1", {"code": "CRYPTO", "name": "Crypto"}),
            resource("entitlements", "e-2", {"code": "Offline Mode!"}),
        ],
        "users.json": [resource("users", "u-ada", {"email": "Ada@Example.test", "metadata": {"company": "Ada GmbH"}})],
        "license-entitlements.json": [resource("license-entitlements", "le-1", {}, license="l-one", entitlement="e-1")],
        "policy-entitlements.json": [resource("policy-entitlements", "pe-1", {}, policy="p-pro", entitlement="e-2")],
    }


def files(given: dict[str, list[dict[str, Any]]] | None = None) -> dict[str, bytes]:
    """Return the account as files, the licenses in two pages."""
    found = account() if given is None else given
    made = {name: json.dumps({"data": data}).encode() for name, data in found.items()}
    pages = [{"data": found["licenses.json"][:2]}, {"data": found["licenses.json"][2:]}]
    return {**made, "licenses.json": json.dumps(pages).encode()}


def save(folder: Path, given: dict[str, list[dict[str, Any]]] | None = None) -> Path:
    """Write the account into a folder."""
    for name, content in files(given).items():
        (folder / name).write_bytes(content)
    return folder
