"""The vendor's public keys: given with the product (pinned), or fetched from its address and kept on disk."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Final, Union

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from . import forks
from .errors import ClientError, Misconfigured, Unreachable, Untrusted
from .storage import StateFolder
from .transport import Transport
from .wire import from_b64u, read_object

ANSWERS: Final = "answers"
FILES: Final = "files"
KEYS_PATH: Final = "/.well-known/calos-keys.json"
FILE: Final = "keys.json"
# An answer that names an unknown key costs the vendor one more request, once a minute at most.
FETCH_EVERY_SECONDS: Final = 60.0
# A key that is no longer published was withdrawn.
KEEP_SECONDS: Final = 300.0

log = logging.getLogger("calos")
KeySource = Union[str, Path, Mapping[str, Any], None]


@dataclass(frozen=True)
class Key:
    """A public Ed25519 key, its id, and what it may have signed (`answers` or `files`)."""

    kid: str
    use: str
    public: bytes

    def verify(self, signature: Any, signed: bytes) -> None:
        """Raise Untrusted unless the signature (base64url, in its one spelling) is this key's over these bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(from_b64u(signature), signed)
        except InvalidSignature:
            raise Untrusted(
                f"The signature does not fit: it was not made by key {self.kid}, or not over this."
            ) from None


def read_key_set(document: Mapping[str, Any]) -> dict[tuple[str, str], Key]:
    """Return the Ed25519 keys of a JWK set by (kid, use); keys of other kinds are passed over."""
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise Untrusted("This is not a JWK set: it has no list of keys.")
    found = (_key(jwk) for jwk in listed if isinstance(jwk, Mapping) and jwk.get("crv") == "Ed25519")
    return {(key.kid, key.use): key for key in found}


def pinned_keys(source: KeySource) -> dict[tuple[str, str], Key] | None:
    """Return the keys given as a JWK set, its text, or the path of its file; None if none are given."""
    if source is None:
        return None
    try:
        if isinstance(source, Mapping):
            return read_key_set(source)
        is_text = isinstance(source, str) and source.lstrip().startswith("{")
        raw = str(source).encode() if is_text else Path(source).read_bytes()
        return read_key_set(read_object(raw))
    except (OSError, Untrusted) as wrong:
        raise Misconfigured(f"The pinned keys cannot be read: {wrong}") from wrong


class KeyRing:
    """Finds keys by id: among the pinned ones alone where there are any, else among those fetched and kept."""

    def __init__(
        self,
        transport: Transport | None,
        folder: StateFolder,
        pinned: Mapping[tuple[str, str], Key] | None,
        monotonic: Callable[[], float],
    ) -> None:
        self._transport = transport
        self._folder = folder
        self._pinned = pinned
        self._monotonic = monotonic
        self._fetching = forks.Lock()
        self._fetched_at: float | None = None
        self._known: dict[tuple[str, str], Key] = dict(pinned) if pinned is not None else self._kept()

    def find(self, kid: Any, use: str, *, timeout: float) -> Key:
        """Return a key by what the vendor publishes now, or, if that can't be had, by what was kept.

        The set is fetched anew after five minutes, and, where the key is unknown, after one. Untrusted.
        """
        key = self.known(kid, use)
        # Whoever needs the same set at the same time waits for the one request.
        if self._fetching.acquire(timeout):
            try:
                key = self.known(kid, use)
                if self._fetch_is_due(FETCH_EVERY_SECONDS if key is None else KEEP_SECONDS):
                    self.fetch(timeout=timeout)
                    key = self.known(kid, use)
            except ClientError as wrong:
                log.info("Going on with the keys that are kept: %s", wrong)
            finally:
                self._fetching.release()
        if key is None:
            where = "the keys this version was built with" if self._pinned is not None else "the vendor's keys"
            raise Untrusted(f"It is signed by key {str(kid)[:80]}, which is not among {where}.")
        return key

    def finder(self, use: str, *, timeout: float) -> Callable[[Any], Key]:
        """Return `find` for one use."""
        return lambda kid: self.find(kid, use, timeout=timeout)

    def known_only(self, use: str) -> Callable[[Any], Key]:
        """Return what finds keys of a use among those that are known, without asking anybody."""

        def find(kid: Any) -> Key:
            key = self.known(kid, use)
            if key is None:
                raise Untrusted(f"It is signed by key {str(kid)[:80]}, which is not known here yet.")
            return key

        return find

    def known(self, kid: Any, use: str) -> Key | None:
        """Return a key that is known without asking."""
        return self._known.get((kid, use)) if isinstance(kid, str) else None

    def fetch(self, *, timeout: float) -> None:
        """Fetch the set now. Unreachable or Untrusted; pinned keys are never replaced."""
        if self._transport is None or self._pinned is not None:
            return
        self._fetched_at = self._monotonic()
        answer = self._transport.request("GET", KEYS_PATH, timeout=timeout)
        if answer.status != 200:
            raise Unreachable(f"The vendor's keys were answered with {answer.status}.", status=answer.status)
        self._known = read_key_set(read_object(answer.body))
        self._folder.write(FILE, answer.body)

    def _fetch_is_due(self, seconds: float) -> bool:
        return self._fetched_at is None or self._monotonic() - self._fetched_at >= seconds

    def _kept(self) -> dict[tuple[str, str], Key]:
        raw = self._folder.read(FILE)
        try:
            return read_key_set(read_object(raw)) if raw else {}
        except Untrusted:
            # Half a file or somebody's edit: the set is fetched again.
            return {}


def _key(jwk: Mapping[str, Any]) -> Key:
    kid, use, public = jwk.get("kid"), jwk.get("calosUse"), from_b64u(jwk.get("x"))
    if not isinstance(kid, str) or not isinstance(use, str) or len(public) != 32:
        raise Untrusted("A key of the set lacks its kid, its use or its 32 bytes.")
    return Key(kid, use, public)
