"""Ed25519 signatures: one set of keys per use, rotated with overlap, over canonical JSON (RFC 8785)."""

import base64
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, get_args

from nacl import bindings

from core.errors import Conflict, UpstreamFailed

Use = Literal["answers", "files"]
# For how long a replaced key stays published: as long as what it signed may be relied on. A license file holds for up
# to ten years, with a grace of 90 days.
OVERLAPS: Final[dict[Use, timedelta]] = {"answers": timedelta(days=90), "files": timedelta(days=3740)}
SIGNATURE_BYTES: Final = 64

# The C encoder writes RFC 8785 as long as there are no floats and keys are ASCII (a test compares it with the
# rfc8785 package); that package itself takes nine times as long, four times as long as the signature.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


@dataclass(frozen=True)
class SigningKey:
    """One key pair; `valid_until` is None for the key that signs, else when the public half is withdrawn.

    `signs_from` is set for a key that was announced: from then on it signs, until then it is only published.
    """

    use: Use
    kid: str
    secret: bytes
    public: bytes
    made_at: datetime
    valid_until: datetime | None = None
    signs_from: datetime | None = None

    def waits(self, now: datetime) -> bool:
        """Whether it is announced and does not sign yet."""
        return self.signs_from is not None and self.signs_from > now

    def __repr__(self) -> str:
        return f"SigningKey({self.use}, {self.kid})"


@dataclass(frozen=True)
class KeyRing:
    """The keys of one use: `current` signs, `older` ones are still published, `next` already is.

    `stamp` tells when files change.
    """

    use: Use
    current: SigningKey
    older: tuple[SigningKey, ...]
    stamp: int
    next: SigningKey | None = None

    def sign(self, document: Mapping[str, Any]) -> bytes:
        """Return the document as JSON with the current `kid` and its `signature`.

        The signature is base64url (unpadded) over the RFC 8785 form of the document with `kid` and without
        `signature`. The document has ASCII keys and no floats.
        """
        return self.seal(_encode({**document, "kid": self.current.kid}))

    def seal(self, text: str) -> bytes:
        """Return the same for a document that has its `kid` and is in RFC 8785 form already."""
        raw = text.encode()
        return b'%b,"signature":"%b"}' % (raw[:-1], _base64url(self.sign_bytes(raw)).encode())

    def sign_bytes(self, message: bytes) -> bytes:
        """Return the current key's signature, 64 bytes, over the message as it is."""
        return bindings.crypto_sign(message, self.current.secret)[:SIGNATURE_BYTES]


def open_ring(home: Path, use: Use, *, now: datetime) -> KeyRing:
    """Return the keys of one use kept in `home/keys/<use>` (files of mode 0600), making the first on first use.

    Hosts that answer for the same customers need the same keys: give each the same `CALOS_HOME/keys`, by a shared
    or replicated folder, and only one host need rotate. Keys stay out of the database and its backups on purpose.
    """
    folder = _folder(home, use)
    with _locked(folder):
        # Read before the files are, so that a change made meanwhile is noticed the next time.
        stamp = _stamp(folder)
        keys = _read(folder, use, now)
        if _signing(keys, now) is None:
            _write(folder, _new_key(use, now))
            stamp, keys = _stamp(folder), _read(folder, use, now)
        if _retire(folder, keys, now):
            stamp, keys = _stamp(folder), _read(folder, use, now)
    current = _signing(keys, now)
    if current is None:
        raise UpstreamFailed(f"The keys in {folder} were taken away while they were read. Find out by whom.")
    waiting = next((key for key in keys if key.waits(now)), None)
    return KeyRing(use, current, tuple(key for key in keys if key not in {current, waiting}), stamp, waiting)


def renewed(ring: KeyRing, home: Path, *, now: datetime) -> KeyRing:
    """Return the ring, read anew if its files have changed: how a running process learns of a rotation."""
    due = ring.next is not None and not ring.next.waits(now)
    return ring if _stamp(_folder(home, ring.use)) == ring.stamp and not due else open_ring(home, ring.use, now=now)


def announce_next(home: Path, use: Use, *, signs_from: datetime, now: datetime) -> KeyRing:
    """Publish the key that will sign from an instant on, so that whoever keeps the set has it before its first use.

    Raises Conflict where one is announced already. Every host that shares the folder changes over at that instant.
    """
    before = open_ring(home, use, now=now)
    if before.next is not None:
        raise Conflict(
            f"The key {before.next.kid} is announced for {use} already, from {before.next.signs_from:%Y-%m-%d %H:%M} "
            "UTC on. Wait for it, or rotate at once, which drops it."
        )
    with _locked(_folder(home, use)):
        _write(_folder(home, use), replace(_new_key(use, now), signs_from=signs_from))
    return open_ring(home, use, now=now)


def rotate(home: Path, use: Use, *, now: datetime, overlap: timedelta | None = None) -> KeyRing:
    """Make a new signing key; those before it stay published for `overlap`, then their files are deleted.

    No overlap withdraws them at once, as after a theft. A key that was announced has signed nothing: it is dropped.
    """
    before = open_ring(home, use, now=now)
    until = now + (OVERLAPS[use] if overlap is None else overlap)
    folder = _folder(home, use)
    with _locked(folder):
        # The new key first: a crash in between leaves two keys, of which the newer signs.
        _write(folder, _new_key(use, now))
        for key in (before.current, *before.older):
            _write(folder, replace(key, valid_until=min(key.valid_until or until, until)))
        if before.next is not None:
            _write(folder, replace(before.next, valid_until=now))
        kept = {key.kid for key in _read(folder, use, now)}
        for path in folder.glob("*.json"):
            if path.stem not in kept:
                path.unlink()
    return open_ring(home, use, now=now)


def ages(home: Path, *, now: datetime) -> dict[Use, timedelta]:
    """Return how old the key is that signs for each use; a use without a key is absent, and none is made."""
    found: dict[Use, timedelta] = {}
    for use in get_args(Use):
        current = _signing(_read(_folder(home, use), use, now), now)
        if current is not None:
            found[use] = now - current.made_at
    return found


def key_set(rings: Iterable[KeyRing]) -> dict[str, Any]:
    """Return the public keys as a JWK set (RFC 7517, 8037); `calosUse` says what a key may have signed.

    A key that signs later has `calosFrom`, the instant of its first use.
    """
    listed = [key for ring in rings for key in (ring.current, *ring.older, *filter(None, [ring.next]))]
    return {"keys": [_jwk(key) for key in listed]}


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the document in the form of RFC 8785; it has ASCII keys and no floats."""
    return _encode(document).encode()


def _jwk(key: SigningKey) -> dict[str, str]:
    public = {"kty": "OKP", "crv": "Ed25519", "x": _base64url(key.public)}
    ahead = {"calosFrom": key.signs_from.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")} if key.signs_from else {}
    return {**public, "kid": key.kid, "alg": "EdDSA", "use": "sig", "calosUse": key.use, **ahead}


def _signing(keys: Iterable[SigningKey], now: datetime) -> SigningKey | None:
    """Return the key that signs: of those nothing has replaced, the one that began last."""
    begun = [key for key in keys if key.valid_until is None and not key.waits(now)]
    return max(begun, key=lambda key: (key.signs_from or key.made_at, key.kid), default=None)


def _retire(folder: Path, keys: Iterable[SigningKey], now: datetime) -> bool:
    """Give what an announced key has replaced its end, counted from that key's first use; say whether there was any."""
    current = _signing(keys, now)
    if current is None or current.signs_from is None:
        return False
    replaced = [key for key in keys if key.valid_until is None and key != current and not key.waits(now)]
    for key in replaced:
        _write(folder, replace(key, valid_until=current.signs_from + OVERLAPS[current.use]))
    return bool(replaced)


def _thumbprint(public: bytes) -> str:
    """Return the key's RFC 7638 thumbprint, so that equal keys have equal ids wherever they are kept."""
    return _base64url(
        hashlib.sha256(_encode({"kty": "OKP", "crv": "Ed25519", "x": _base64url(public)}).encode()).digest()
    )


def _new_key(use: Use, now: datetime) -> SigningKey:
    return _from_seed(use, secrets.token_bytes(bindings.crypto_sign_SEEDBYTES), now, None)


def _from_seed(use: Use, seed: bytes, made_at: datetime, valid_until: datetime | None) -> SigningKey:
    public, secret = bindings.crypto_sign_seed_keypair(seed)
    return SigningKey(use, _thumbprint(public), secret, public, made_at, valid_until)


def _folder(home: Path, use: Use) -> Path:
    return home / "keys" / use


def _stamp(folder: Path) -> int:
    return folder.stat().st_mtime_ns


def _read(folder: Path, use: Use, now: datetime) -> list[SigningKey]:
    """Return the keys still valid, newest first."""
    found = []
    for path in folder.glob("*.json"):
        kept = json.loads(path.read_text())
        until = datetime.fromisoformat(kept["validUntil"]) if kept["validUntil"] else None
        if until is None or until > now:
            # Files of before there were announcements lack the last.
            begins = datetime.fromisoformat(kept["signsFrom"]) if kept.get("signsFrom") else None
            made_at = datetime.fromisoformat(kept["madeAt"])
            found.append(replace(_from_seed(use, bytes.fromhex(kept["seed"]), made_at, until), signs_from=begins))
    return sorted(found, key=lambda key: (key.made_at, key.kid), reverse=True)


def _write(folder: Path, key: SigningKey) -> None:
    kept = {
        "seed": key.secret[: bindings.crypto_sign_SEEDBYTES].hex(),
        "madeAt": key.made_at.astimezone(UTC).isoformat(),
        "validUntil": key.valid_until.astimezone(UTC).isoformat() if key.valid_until else None,
        "signsFrom": key.signs_from.astimezone(UTC).isoformat() if key.signs_from else None,
    }
    draft = folder / f"{key.kid}.{secrets.token_hex(4)}.draft"
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        json.dump(kept, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / f"{key.kid}.json")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time make or change keys of a use."""
    for one in (folder.parent, folder):
        # A parent made on the way would get the usual rights, not these.
        one.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The lock lies beside the folder, whose time of change tells running processes of a rotation.
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
