"""License files: verified first, decrypted second, and then worth what their dates say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .answers import granted, limits
from .armor import LICENSE_FILE, unwrap
from .clock import Reading
from .errors import InvalidFile, Untrusted
from .keys import Key
from .verdict import CLOCK_TAMPERED, Verdict
from .wire import canonical, days, from_b64u, instant, read_object

CONTEXT: Final = b"calos-license-file/1"
PLAIN: Final = "ed25519"
ENCRYPTED: Final = "ed25519+x25519-hkdf-sha256-aes256gcm"
SOON: Final = timedelta(days=3)
STRATEGIES: Final = frozenset({"restrict", "maintain", "allow"})


@dataclass(frozen=True)
class LicenseFile:
    """What a file says, once it proved to be the vendor's. A file's end is not the license's end."""

    document: Mapping[str, Any]
    install_id: str
    fingerprint: str | None
    issued_at: datetime
    file_expires_at: datetime | None
    grace: timedelta
    expiry_strategy: str
    starts_at: datetime | None
    license_expires_at: datetime | None
    nonce: str | None

    @property
    def license(self) -> Mapping[str, Any]:
        """The license as a signed answer tells it."""
        license: Mapping[str, Any] = self.document["license"]
        return license


def open_license_file(text: str, find: Callable[[Any], Key], private: X25519PrivateKey | None = None) -> LicenseFile:
    """Return what an armored file says; `find` gives keys of use `files` by kid.

    Untrusted if it is not the vendor's; InvalidFile if it is none, or not for whoever has this private key.
    """
    outer = unwrap(LICENSE_FILE, text)
    alg, kid, payload = outer.get("alg"), outer.get("kid"), outer.get("payload")
    if outer.keys() != {"alg", "kid", "payload", "sig"} or alg not in {PLAIN, ENCRYPTED}:
        raise InvalidFile("The file is of a kind that this version does not know; update the software.")
    if not isinstance(kid, str) or not isinstance(payload, str):
        raise InvalidFile("The file names no key or holds no payload.")
    signed = b"\n".join([CONTEXT, alg.encode(), kid.encode(), payload.encode()])
    find(kid).verify(outer["sig"], signed)
    raw = from_b64u(payload) if alg == PLAIN else _decrypted(payload, private)
    document = read_object(raw)
    if canonical(document) != raw:
        raise Untrusted("What the file holds is not in its canonical form.")
    return read_document(document)


def worth(
    file: LicenseFile,
    *,
    install_id: str,
    fingerprint: str | None,
    reading: Reading,
    tolerance: timedelta,
    problem: str | None = None,
) -> Verdict:
    """Return what a file is worth at a time, by the first line of the protocol's table that applies."""
    valid, code, detail = _decided(file, install_id, fingerprint, reading, tolerance)
    ends_at = None if file.file_expires_at is None else file.file_expires_at + file.grace
    said = Verdict(
        valid,
        code,
        detail,
        "file",
        in_grace=valid and code == "FILE_EXPIRED",
        grace_ends_at=ends_at,
        issued_at=file.issued_at,
        check_again_at=file.file_expires_at,
        license=file.license,
        problem=problem,
    )
    if not valid:
        return said
    told = file.document
    return replace(said, entitlements=granted(told.get("entitlements")), limits=limits(told.get("limits")))


def _decided(
    file: LicenseFile, install_id: str, fingerprint: str | None, reading: Reading, tolerance: timedelta
) -> tuple[bool, str, str]:
    now, ends, file_ends = reading.at, file.license_expires_at, file.file_expires_at
    ended = ends is not None and now >= ends
    file_ended = file_ends is not None and now >= file_ends
    checks = (
        (file.install_id != install_id, False, "INSTALL_MISMATCH", "This license file is another installation's."),
        (
            file.fingerprint not in {None, fingerprint},
            False,
            "FINGERPRINT_MISMATCH",
            "This license file is for another deployment; request one for this.",
        ),
        (
            reading.turned_back or now < file.issued_at - tolerance,
            False,
            CLOCK_TAMPERED,
            "The clock of this machine was turned back. Set it right.",
        ),
        (
            file.starts_at is not None and now < file.starts_at,
            False,
            "NOT_STARTED",
            f"This license begins on {file.starts_at:%Y-%m-%d}." if file.starts_at else "",
        ),
        (
            ended and file.expiry_strategy == "restrict",
            False,
            "EXPIRED",
            f"This license expired on {ends:%Y-%m-%d}. Renew it to go on." if ends else "",
        ),
        (
            file_ends is not None and now >= file_ends + file.grace,
            False,
            "FILE_EXPIRED",
            "This license file has ended. Ask the vendor for a new one.",
        ),
        (file_ended, True, "FILE_EXPIRED", "This license file has ended and is in its grace. Ask for a new one."),
        (ended, True, "EXPIRED", "This license has expired; what is installed goes on. Renew it."),
        (
            ends is not None and now >= ends - SOON,
            True,
            "EXPIRING",
            f"This license expires on {ends:%Y-%m-%d}. Renew it." if ends else "",
        ),
    )
    for applies, valid, code, detail in checks:
        if applies:
            return valid, code, detail
    return True, "VALID", "This license is valid."


def _decrypted(payload: str, private: X25519PrivateKey | None) -> bytes:
    if private is None:
        raise InvalidFile("This license file is encrypted to an installation whose key is not here.")
    parts = [from_b64u(part) for part in payload.split(".")]
    if [len(part) for part in parts[:2]] != [32, 12] or len(parts) != 3:
        raise InvalidFile("The encrypted payload has not its three parts.")
    ephemeral, nonce, sealed = parts
    own = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    try:
        # An all-zero secret, from a point of small order, raises as well.
        secret = private.exchange(X25519PublicKey.from_public_bytes(ephemeral))
        key = HKDF(SHA256(), 32, salt=ephemeral + own, info=CONTEXT).derive(secret)
        return AESGCM(key).decrypt(nonce, sealed, CONTEXT)
    except (ValueError, InvalidTag) as wrong:
        raise InvalidFile("This license file is encrypted to another installation's key.") from wrong


def read_document(document: Mapping[str, Any]) -> LicenseFile:
    """Return what the document of a file says. InvalidFile."""
    if type(document.get("version")) is not int or document["version"] != 1:
        raise InvalidFile("The license file is of a later version; update the software.")
    license, strategy = document.get("license"), document.get("expiryStrategy")
    texts = (document.get("installId"), document.get("fingerprint") or "", document.get("nonce") or "", strategy)
    if not isinstance(license, Mapping) or not all(isinstance(one, str) for one in texts) or strategy not in STRATEGIES:
        raise InvalidFile("The license file lacks what one needs: installId, license, expiryStrategy.")
    try:
        return LicenseFile(
            document,
            document["installId"],
            document.get("fingerprint"),
            instant(document.get("issuedAt")),
            _instant_or_none(document.get("fileExpiresAt")),
            days(document.get("graceDays", 0)),
            str(strategy),
            _instant_or_none(license.get("startsAt")),
            _instant_or_none(license.get("expiresAt")),
            document.get("nonce"),
        )
    except ValueError as wrong:
        raise InvalidFile(f"A time in the license file cannot be read: {wrong}") from wrong


def _instant_or_none(value: Any) -> datetime | None:
    return None if value is None else instant(value)
