"""Test vectors of the protocol, made with fixed keys: `python -m tests.client.make_vectors` writes their files.

Whoever writes a client in another language reproduces them; tests/client/test_vectors.py holds our own code to them.
"""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from nacl import bindings

from core.ids import digest
from core.licensing import activation_requests, files
from core.licensing.armor import armor, b64u
from core.licensing.file_terms import worth
from core.signing import KeyRing, SigningKey, Use, canonical, key_set

FOLDER: Final = Path(__file__).parent / "vectors"
AT: Final = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SEEDS: Final[dict[Use, bytes]] = {"answers": bytes(range(32)), "files": bytes(range(32, 64))}
SECRET: Final = "cis_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
RECIPIENT: Final = bytes(range(64, 96))
CHANCE: Final = files.Chance(bytes(range(96, 128)), bytes(range(128, 140)))
INSTALL: Final = "inst-0123456789abcdefghjkmnpqrs"
LICENSE: Final[dict[str, Any]] = {
    "installId": INSTALL,
    "fingerprint": "machine-1",
    "tier": "pro",
    "term": "paid",
    "billingPeriod": "annual",
    "status": "active",
    "startsAt": "2026-01-01T00:00:00.000Z",
    "expiresAt": "2027-01-01T00:00:00.000Z",
    "maxInstalls": 3,
    "maxSeats": None,
    "domains": ["*.clinic.example"],
    "versions": ">=4, <6",
}
DOCUMENT: Final[dict[str, Any]] = {
    "version": 1,
    "installId": INSTALL,
    "fingerprint": "machine-1",
    "issuedAt": "2026-11-21T12:00:00.000Z",
    "fileExpiresAt": "2026-12-21T12:00:00.000Z",
    "graceDays": 7,
    "expiryStrategy": "restrict",
    "license": LICENSE,
    "entitlements": ["chatbot", "pos"],
    "limits": {"api_calls_day": 100000, "members": None},
    "nonce": "n-Zürich-🔑",
}


def ring(use: Use) -> KeyRing:
    """Return the ring of the fixed key of a use; its `kid` is the key's RFC 7638 thumbprint."""
    public, secret = bindings.crypto_sign_seed_keypair(SEEDS[use])
    thumb = hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{b64u(public)}"}}'.encode()).digest()
    return KeyRing(use, SigningKey(use, b64u(thumb), secret, public, AT), (), 0)


def vectors() -> dict[str, Any]:
    """Return every vector, by the name of its file."""
    return {
        "keys": {
            "seeds": {use: seed.hex() for use, seed in SEEDS.items()},
            "keySet": key_set([ring("answers"), ring("files")]),
        },
        "canonical": _canonical(),
        "answers": _answers(),
        "license_files": _license_files(),
        "file_worth": _worths(),
        "activation_requests": _requests(),
        "bundles": _bundles(),
    }


def _canonical() -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = [
        {},
        {"b": 1, "a": [True, False, None], "aa": {"z": -1, "Z": 0}},
        {"text": 'a"b\\c/d\b\f\n\r\t\u0001\u001f\u007f'},
        {"text": "Zürich € 🔑 \u2028\u2029"},
        {"largest": 2**53 - 1, "smallest": -(2**53) + 1},
    ]
    return [{"value": value, "canonical": canonical(value).decode()} for value in values]


def _answers() -> dict[str, Any]:
    granted: dict[str, Any] = {
        "valid": True,
        "code": "VALID",
        "detail": "This license is valid.",
        "license": LICENSE,
        "entitlements": ["chatbot", "pos"],
        "limits": DOCUMENT["limits"],
        "checkAgainAt": "2026-11-22T12:00:00.000Z",
        "issuedAt": "2026-11-21T12:00:00.000Z",
        "nonce": 'Zürich 🔑 "1"\\',
    }
    untold = dict.fromkeys(name for name in LICENSE if name not in {"installId", "fingerprint"})
    revoked = {
        **granted,
        "valid": False,
        "code": "REVOKED",
        "detail": "This license was revoked on 2026-11-20. Ask the vendor for a new one.",
        "license": {"installId": INSTALL, "fingerprint": None, **untold},
        "entitlements": None,
        "limits": None,
        "nonce": None,
    }
    signed = [(name, ring("answers").sign(one).decode()) for name, one in (("granted", granted), ("revoked", revoked))]
    wrong_use = ring("files").sign(granted).decode()
    cases = [{"name": name, "answer": text, "holds": True} for name, text in signed]
    text = signed[1][1]
    cases += [
        {"name": "made valid", "answer": text.replace('"valid":false', '"valid":true'), "holds": False},
        {"name": "nonce changed", "answer": text.replace('"nonce":null', '"nonce":"x"'), "holds": False},
        {"name": "signed by a key of another use", "answer": wrong_use, "holds": False},
        {"name": "signature padded", "answer": text[:-2] + '=="}', "holds": False},
    ]
    return {"cases": cases}


def _license_files() -> dict[str, Any]:
    plain = files.seal(DOCUMENT, ring("files"))
    unbound = {**DOCUMENT, "fingerprint": None, "fileExpiresAt": None, "graceDays": 0, "nonce": None}
    public = _public(RECIPIENT)
    secret = files.seal(DOCUMENT, ring("files"), recipient=public, chance=CHANCE)
    other = files.seal(DOCUMENT, ring("files"), recipient=_public(bytes(range(1, 33))), chance=CHANCE)
    by_answers = files.seal(DOCUMENT, ring("answers"))
    cases: list[dict[str, Any]] = [
        {"name": "plain", "file": plain, "document": DOCUMENT},
        {"name": "plain, with CRLF", "file": plain.replace("\n", "\r\n"), "document": DOCUMENT},
        {"name": "unbound and without end", "file": files.seal(unbound, ring("files")), "document": unbound},
        {"name": "encrypted", "file": secret, "document": DOCUMENT},
        {"name": "encrypted to another key", "file": other, "refused": "not_for_this_key"},
        {"name": "signed by a key of another use", "file": by_answers, "refused": "unknown_key"},
        {"name": "document changed", "file": _retold(plain, graceDays=90), "refused": "bad_signature"},
        {"name": "signature of another file", "file": _resigned(plain, secret), "refused": "bad_signature"},
        {"name": "one line too long", "file": plain.replace("\n", "", 2).replace("-----ey", "-----\ney", 1)},
        {"name": "cut short", "file": plain[:400]},
        {"name": "not armored", "file": canonical(DOCUMENT).decode()},
    ]
    return {
        "recipient": {"private": b64u(RECIPIENT), "public": b64u(public)},
        "ephemeral": {"private": b64u(CHANCE.ephemeral), "public": b64u(_public(CHANCE.ephemeral))},
        "nonce": b64u(CHANCE.nonce),
        "cases": [case if "document" in case else {"refused": "unreadable_file", **case} for case in cases],
    }


def _public(private: bytes) -> bytes:
    return bytes(bindings.crypto_scalarmult_base(private))


def _envelope(file: str) -> dict[str, Any]:
    return dict(json.loads(base64.b64decode("".join(file.split("\n")[1:-2]))))


def _retold(file: str, **changed: Any) -> str:
    envelope = _envelope(file)
    return armor(files.LABEL, canonical({**envelope, "payload": b64u(canonical({**DOCUMENT, **changed}))}))


def _resigned(file: str, by: str) -> str:
    return armor(files.LABEL, canonical({**_envelope(file), "sig": _envelope(by)["sig"]}))


def _worths() -> list[dict[str, Any]]:
    asked = {"installId": INSTALL, "fingerprint": "machine-1", "now": AT, "seen": None}
    ended = {"license": {**LICENSE, "expiresAt": "2026-12-01T00:00:00.000Z"}}
    later = datetime(2026, 12, 2, tzinfo=UTC)
    given: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("fresh", {}, {}),
        ("of another install", {}, {"installId": "inst-another"}),
        ("on another machine", {}, {"fingerprint": "machine-2"}),
        ("bound to no machine", {"fingerprint": None}, {"fingerprint": "machine-2"}),
        ("a clock a little behind", {}, {"now": AT - timedelta(hours=24)}),
        ("a clock turned back", {}, {"now": AT - timedelta(hours=24, milliseconds=1)}),
        ("a clock turned back since", {}, {"now": AT, "seen": AT + timedelta(days=2)}),
        ("before the license begins", {"license": {**LICENSE, "startsAt": "2026-11-22T00:00:00.000Z"}}, {}),
        ("the license about to expire", {}, {"now": datetime(2026, 12, 29, tzinfo=UTC)}),
        ("the license expired, the file not", ended, {"now": later}),
        ("likewise, with maintain", {**ended, "expiryStrategy": "maintain"}, {"now": later}),
        ("likewise, with allow", {**ended, "expiryStrategy": "allow"}, {"now": later}),
        ("expiring", ended, {"now": datetime(2026, 11, 29, tzinfo=UTC)}),
        ("the file's last instant", {}, {"now": datetime(2026, 12, 21, 11, 59, 59, 999000, tzinfo=UTC)}),
        ("the file's grace begins", {}, {"now": datetime(2026, 12, 21, 12, tzinfo=UTC)}),
        ("the file's grace is over", {}, {"now": datetime(2026, 12, 28, 12, tzinfo=UTC)}),
        ("no grace", {"graceDays": 0}, {"now": datetime(2026, 12, 21, 12, tzinfo=UTC)}),
        ("without end", {"fileExpiresAt": None}, {"now": datetime(2026, 12, 31, tzinfo=UTC)}),
    ]
    return [_worth(name, {**DOCUMENT, **said}, {**asked, **when}) for name, said, when in given]


def _worth(name: str, said: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    found = worth(
        said, install_id=asked["installId"], fingerprint=asked["fingerprint"], now=asked["now"], seen=asked["seen"]
    )
    told = {key: _written(value) for key, value in asked.items()}
    return {"name": name, "document": said, **told, "valid": found.valid, "code": found.code.value}


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def _requests() -> dict[str, Any]:
    whole: dict[str, Any] = {
        "version": 1,
        "installId": INSTALL,
        "fingerprint": "machine-1",
        "domain": "app.clinic.example",
        "hostVersion": "4.2.1",
        "publicKey": b64u(_public(RECIPIENT)),
        "createdAt": "2026-11-21T12:00:00.000Z",
        "nonce": "n-Zürich-🔑",
    }
    least = {**whole, "domain": None, "hostVersion": None, "publicKey": None}
    cases = []
    for name, fields in (("whole", whole), ("least", least)):
        signed = canonical(fields)
        mac = activation_requests.mac_of(signed, digest(SECRET))
        made = armor(activation_requests.LABEL, canonical({**fields, "mac": mac}))
        cases.append({"name": name, "fields": fields, "signed": signed.decode(), "mac": mac, "file": made})
    return {"installSecret": SECRET, "macKey": digest(SECRET).hex(), "cases": cases}


def _bundles() -> dict[str, Any]:
    events: list[dict[str, Any]] = [
        {"id": "0198f000-0000-7000-8000-000000000001", "ts": "2026-11-21T11:00:00.000Z", "type": "login"},
        {
            "id": "0198f000-0000-7000-8000-000000000002",
            "ts": "2026-11-21T11:00:01.000Z",
            "type": "feature_used",
            "feature": "pos",
            "props": {"town": "Zürich"},
        },
    ]
    body = "".join(f"{canonical(event).decode()}\n" for event in events)
    header = {
        "calosBundle": 1,
        "installId": INSTALL,
        "bundleId": "0198f000-0000-7000-8000-0000000000ff",
        "createdAt": "2026-11-21T12:00:00.000Z",
        "events": len(events),
        "sha256": hashlib.sha256(body.encode()).hexdigest(),
    }
    mac = b64u(hmac.digest(digest(SECRET), canonical(header), "sha256"))
    first = canonical({**header, "mac": mac}).decode()
    return {
        "installSecret": SECRET,
        "events": events,
        "header": header,
        "signed": canonical(header).decode(),
        "mac": mac,
        "unpacked": f"{first}\n{body}",
    }


def as_text(value: Any) -> str:
    """Return a vector as its file holds it."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, value in vectors().items():
        (FOLDER / f"{name}.json").write_text(as_text(value), encoding="utf-8")
