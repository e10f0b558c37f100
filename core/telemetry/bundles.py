"""Bundles of events that travel as files: read without trusting them, bounded however they are packed, then proved."""

import hashlib
import hmac
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final
from uuid import UUID

from core.errors import InvalidInput
from core.licensing.armor import b64u
from core.signing import canonical
from core.telemetry.events import NotJson

LARGEST_PACKED: Final = 20_000_000
LARGEST_UNPACKED: Final = 200_000_000
# Lines that are none cost as much as events, and a million of them pack to a kilobyte.
MOST_EVENTS: Final = 1_000_000
# An event with every field at its longest, written with escapes, stays below.
LONGEST_LINE: Final = 64_000
CHUNK: Final = 64_000
_MEMBERS: Final = {"calosBundle", "installId", "bundleId", "createdAt", "events", "sha256", "mac"}
_INSTALL_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,80}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Header:
    """The first line: whose events, which bundle, how many events, and the proofs of both."""

    install_id: str
    bundle_id: str
    created_at: datetime
    events: int
    sha256: str
    mac: str
    signed: bytes


def read_header(packed: BinaryIO) -> Header:
    """Return the first line of a bundle, not yet proved; `packed` is read from its start.

    Raises InvalidInput (`unreadable_file`) for what is no bundle.
    """
    packed.seek(0)
    line, found = b"", False
    for piece in _unpacked(packed):
        head, newline, _ = piece.partition(b"\n")
        line += head
        found = bool(newline)
        if found or len(line) > LONGEST_LINE:
            break
    if not found:
        raise _unreadable("This file is no bundle: its first line is not a header.")
    try:
        members = json.loads(line)
    except (ValueError, RecursionError):
        raise _unreadable("The first line of this bundle is not JSON.") from None
    return _header(members)


def proved(header: Header, secret_digest: bytes) -> bool:
    """Whether the header was written by who knows the install secret, whose SHA-256 is given."""
    return hmac.compare_digest(mac_of(header.signed, secret_digest), header.mac)


def mac_of(signed: bytes, secret_digest: bytes) -> str:
    """Return the proof of a header's canonical JSON without it."""
    return b64u(hmac.digest(secret_digest, signed, "sha256"))


def check_content(packed: BinaryIO, header: Header) -> None:
    """Raise InvalidInput (`unreadable_file`) unless what follows the header is whole and unchanged."""
    digest, lines, last = hashlib.sha256(), 0, b"\n"
    for piece in _content(packed):
        digest.update(piece)
        lines += piece.count(b"\n")
        last = piece[-1:]
    if last != b"\n":
        lines += 1
    if not hmac.compare_digest(digest.hexdigest(), header.sha256):
        raise _unreadable("The events of this bundle were changed on the way; carry the file again as it was written.")
    if lines != header.events:
        raise _unreadable(f"This bundle says that it holds {header.events:,} events and holds {lines:,}.")


def events(packed: BinaryIO) -> Iterator[object]:
    """Yield each line as an event, or as NotJson where it is none."""
    rest = b""
    for piece in _content(packed):
        *whole, rest = (rest + piece).split(b"\n")
        yield from map(_event, whole)
        # A line without an end may not fill the memory: what is cut here is refused for its length.
        rest = rest[: LONGEST_LINE + 1]
    if rest:
        yield _event(rest)


def beginning(packed: BinaryIO, size: int) -> bytes:
    """Return the first bytes after the header."""
    made = b""
    for piece in _content(packed):
        made += piece
        if len(made) >= size:
            break
    return made[:size]


def _content(packed: BinaryIO) -> Iterator[bytes]:
    """Yield what follows the first line, never an empty piece."""
    packed.seek(0)
    inside = False
    for piece in _unpacked(packed):
        content = piece
        if not inside:
            _, newline, content = piece.partition(b"\n")
            inside = bool(newline)
        if inside and content:
            yield content


def _unpacked(packed: BinaryIO) -> Iterator[bytes]:
    """Unpack in pieces of at most 64 KB, and no further than a bundle may be: a few bytes can pack gigabytes."""
    unpacking, total = zlib.decompressobj(wbits=31), 0
    while not unpacking.eof:
        raw = unpacking.unconsumed_tail or packed.read(CHUNK)
        if not raw:
            raise _unreadable("This bundle is cut short; carry the whole file.")
        try:
            piece = unpacking.decompress(raw, CHUNK)
        except zlib.error:
            raise _unreadable("This file is no bundle: it is not gzip.") from None
        total += len(piece)
        if total > LARGEST_UNPACKED:
            raise InvalidInput(
                f"This bundle is larger than {LARGEST_UNPACKED:,} bytes when unpacked. Write several smaller ones.",
                code="too_large",
            )
        if piece:
            yield piece
    if unpacking.unused_data or packed.read(1):
        raise _unreadable("Something follows the end of this bundle; carry the file as it was written.")


def _event(line: bytes) -> object:
    if len(line) > LONGEST_LINE:
        return NotJson(f"The line is longer than {LONGEST_LINE:,} bytes.")
    try:
        return json.loads(line.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError:
        return NotJson("The line is not UTF-8.")
    except (ValueError, RecursionError) as wrong:
        return NotJson(f"The line is not JSON: {str(wrong)[:200]}.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return made


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _header(members: Any) -> Header:
    if not isinstance(members, dict) or members.keys() != _MEMBERS or members["calosBundle"] != 1:
        raise _unreadable("The first line of this file does not hold what the header of a bundle holds.")
    count = members["events"]
    texts = [members[name] for name in ("installId", "bundleId", "createdAt", "sha256", "mac")]
    if type(count) is not int or count < 0 or not all(isinstance(each, str) for each in texts):
        raise _unreadable("In the header of this bundle, a member is not as it should be.")
    if count > MOST_EVENTS:
        raise InvalidInput(
            f"A bundle holds at most {MOST_EVENTS:,} events, this one {count:,}. Write several smaller ones.",
            code="too_large",
        )
    install_id, bundle_id, created_at, sha256, mac = texts
    if not _INSTALL_ID.fullmatch(install_id) or not _SHA256.fullmatch(sha256) or not mac.isascii():
        raise _unreadable("In the header of this bundle, installId, sha256 or mac is not as it should be.")
    try:
        at = datetime.fromisoformat(created_at)
        made = Header(install_id, str(UUID(bundle_id)), at.astimezone(UTC), count, sha256, mac, b"")
        signed = canonical({name: value for name, value in members.items() if name != "mac"})
    except (ValueError, OverflowError):
        raise _unreadable("In the header of this bundle, bundleId or createdAt is not as it should be.") from None
    if at.tzinfo is None:
        raise _unreadable("In the header of this bundle, createdAt names no time zone.")
    return Header(made.install_id, made.bundle_id, made.created_at, count, sha256, mac, signed)


def _unreadable(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, code="unreadable_file")
