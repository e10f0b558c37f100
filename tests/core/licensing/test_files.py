"""License files: sealed and opened, no byte of them changed unnoticed, and what they are worth at which instant."""

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from core import signing
from core.errors import InvalidInput
from core.licensing import files
from core.licensing.armor import armor, unarmor
from core.licensing.file_terms import FileCode, Terms, checked, worth
from core.licensing.verification import decide
from tests.core.licensing.states import DAY, NOW, question, state

PRIVATE = X25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
RAW = PRIVATE.private_bytes_raw()


@pytest.fixture(scope="module")
def keys(ring: signing.KeyRing) -> dict[str, bytes]:
    return {ring.current.kid: ring.current.public}


def told(**changed: Any) -> dict[str, Any]:
    known, asked = state(expires_at=NOW + 400 * DAY, activated=True), question(fingerprint="f-1", authenticated=True)
    verdict = decide(known, asked, NOW)
    limits = {"members": None, "projects": 7}
    made = files.document(known, asked, verdict, limits, file_expires_at=NOW + 30 * DAY, grace_days=7, now=NOW)
    return {**made, **changed}


@pytest.fixture(scope="module", params=[None, PUBLIC], ids=["plain", "encrypted"])
def sealed(request: pytest.FixtureRequest, ring: signing.KeyRing) -> str:
    return files.seal(told(), ring, recipient=request.param)


def test_what_was_sealed_opens(sealed: str, keys: dict[str, bytes]) -> None:
    said = files.opened(sealed, keys, private=RAW)
    assert said == json.loads(json.dumps(told()))
    assert said["license"]["tier"] == "pro"
    assert said["limits"] == {"members": None, "projects": 7}


def test_it_travels_through_mail_and_windows(sealed: str, keys: dict[str, bytes]) -> None:
    assert files.opened(sealed.replace("\n", "\r\n"), keys, private=RAW) == files.opened(sealed, keys, private=RAW)
    assert files.opened(sealed.removesuffix("\n"), keys, private=RAW) == files.opened(sealed, keys, private=RAW)


def test_any_flipped_bit_of_the_text_fails(sealed: str, keys: dict[str, bytes]) -> None:
    raw = sealed.encode()
    passed = [
        (place, bit)
        for place in range(len(raw))
        for bit in range(8)
        if _opens(raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :], keys)
    ]
    assert passed == []


@given(data=st.data())
def test_any_other_byte_anywhere_fails(sealed: str, keys: dict[str, bytes], data: st.DataObject) -> None:
    raw = sealed.encode()
    place = data.draw(st.integers(0, len(raw) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda one: one != raw[place]))
    assert not _opens(raw[:place] + bytes([other]) + raw[place + 1 :], keys)


@given(data=st.data())
def test_a_piece_put_in_or_taken_out_fails(sealed: str, keys: dict[str, bytes], data: st.DataObject) -> None:
    raw = sealed.encode()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 70)))
    piece = data.draw(st.binary(max_size=70))
    changed = raw[:start] + piece + raw[end:]
    if changed.replace(b"\r\n", b"\n").removesuffix(b"\n") != raw.removesuffix(b"\n"):
        assert not _opens(changed, keys)


@pytest.mark.parametrize("part", ["payload", "alg", "kid", "sig"])
def test_any_flipped_bit_of_a_part_fails_though_the_armor_is_made_anew(
    sealed: str, keys: dict[str, bytes], part: str
) -> None:
    envelope = json.loads(unarmor(files.LABEL, sealed))
    raw = envelope[part].encode()
    for place in range(len(raw)):
        for bit in range(7):
            changed = (raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]).decode()
            again = armor(files.LABEL, signing.canonical({**envelope, part: changed}))
            assert not _opens(again.encode(), keys), (place, bit)


@given(
    changed=st.dictionaries(st.sampled_from(["payload", "alg", "kid", "sig", "more"]), st.text(max_size=40), min_size=1)
)
@example(changed={"alg": files.PLAIN})
@example(changed={"alg": files.ENCRYPTED})
def test_any_other_part_fails(sealed: str, keys: dict[str, bytes], changed: dict[str, str]) -> None:
    envelope = json.loads(unarmor(files.LABEL, sealed))
    again = {**envelope, **changed}
    if again != envelope:
        assert not _opens(armor(files.LABEL, signing.canonical(again)).encode(), keys)


@given(document=st.dictionaries(st.sampled_from(list(told())), st.none() | st.integers(0, 9) | st.text(max_size=9)))
def test_nothing_is_said_in_our_name(
    ring: signing.KeyRing, keys: dict[str, bytes], document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = signing.open_ring(tmp_path_factory.mktemp("stranger"), "files", now=NOW)
    forged = files.seal({**told(), **document}, stranger)
    assert not _opens(forged.encode(), keys)
    envelope = {**json.loads(unarmor(files.LABEL, forged)), "kid": ring.current.kid}
    assert not _opens(armor(files.LABEL, signing.canonical(envelope)).encode(), keys)


def _opens(raw: bytes, keys: dict[str, bytes]) -> bool:
    try:
        files.opened(raw.decode(), keys, private=RAW)
    except (UnicodeDecodeError, InvalidInput):
        return False
    return True


def test_it_is_verified_before_it_is_decrypted(ring: signing.KeyRing, keys: dict[str, bytes]) -> None:
    sealed = files.seal(told(), ring, recipient=PUBLIC)
    envelope = json.loads(unarmor(files.LABEL, sealed))
    # It still decrypts: nothing of the payload was changed.
    forged = armor(files.LABEL, signing.canonical({**envelope, "sig": "A" * 86}))
    assert _refusal(forged, keys) == "bad_signature"
    with pytest.raises(InvalidInput) as refused:
        files.opened(forged, keys)
    assert refused.value.code == "bad_signature"


def test_refusals_have_their_codes(ring: signing.KeyRing, keys: dict[str, bytes]) -> None:
    sealed = files.seal(told(), ring, recipient=PUBLIC)
    assert _refusal(sealed, {}) == "unknown_key"
    other = X25519PrivateKey.generate().private_bytes_raw()
    assert _refusal(sealed, keys, other) == "not_for_this_key"
    assert _refusal(files.seal(told(version=2), ring), keys) == "unreadable_file"
    with pytest.raises(InvalidInput) as refused:
        files.opened(sealed, keys)
    assert refused.value.code == "encrypted_file"


def _refusal(text: str, keys: dict[str, bytes], private: bytes = RAW) -> str:
    with pytest.raises(InvalidInput) as refused:
        files.opened(text, keys, private=private)
    assert refused.value.message.endswith(".")
    return refused.value.code


@pytest.mark.parametrize("key", [bytes(32), bytes([1, *[0] * 31]), b"short"])
def test_a_key_that_is_none_is_refused(ring: signing.KeyRing, key: bytes) -> None:
    with pytest.raises(InvalidInput, match="no X25519 public key"):
        files.seal(told(), ring, recipient=key)


@given(text=st.text(max_size=300))
@example(text="-----BEGIN CALOS LICENSE FILE-----\n-----END CALOS LICENSE FILE-----\n")
@example(text="-----BEGIN CALOS LICENSE FILE-----\n\n-----END CALOS LICENSE FILE-----\n")
@example(text=armor(files.LABEL, b"[" * 3000))
@example(text=armor(files.LABEL, b'{"payload":"a","payload":"b","alg":"ed25519","kid":"k","sig":"s"}'))
@example(text=armor(files.LABEL, b'{"payload":"\\ud800"}'))
@example(text=armor(files.LABEL, b"\xff\xfe"))
def test_whatever_is_no_file_is_refused_in_a_sentence(text: str, keys: dict[str, bytes]) -> None:
    assert _refusal(text, keys) == "unreadable_file"


@given(content=st.binary(min_size=1, max_size=400))
def test_armor_keeps_every_byte_in_lines_of_64(content: bytes) -> None:
    text = armor("X", content)
    assert unarmor("X", text) == content
    body = text.split("\n")[1:-2]
    assert {len(line) for line in body[:-1]} <= {64}
    assert base64.b64decode("".join(body)) == content


def test_a_file_of_the_key_before_verifies_while_keys_overlap(tmp_path: Path) -> None:
    old = signing.open_ring(tmp_path, "files", now=NOW)
    sealed = files.seal(told(), old)
    new = signing.rotate(tmp_path, "files", now=NOW + DAY)
    assert json.loads(unarmor(files.LABEL, sealed))["kid"] == old.current.kid != new.current.kid
    assert _opens(sealed.encode(), _published(new))
    # As long as any file of its time may hold, and its grace.
    years = signing.open_ring(tmp_path, "files", now=NOW + 3739 * DAY)
    assert _opens(sealed.encode(), _published(years))
    assert not _opens(sealed.encode(), _published(signing.open_ring(tmp_path, "files", now=NOW + 3742 * DAY)))


def test_a_stolen_key_is_withdrawn_at_once(tmp_path: Path) -> None:
    sealed = files.seal(told(), signing.open_ring(tmp_path, "files", now=NOW))
    signing.rotate(tmp_path, "files", now=NOW + DAY)
    new = signing.rotate(tmp_path, "files", now=NOW + 2 * DAY, overlap=timedelta(0))
    assert len(_published(new)) == 1
    assert not _opens(sealed.encode(), _published(new))


def _published(ring: signing.KeyRing) -> dict[str, bytes]:
    return {key.kid: key.public for key in (ring.current, *ring.older)}


def _worth(now: datetime, **changed: Any) -> tuple[bool, FileCode]:
    found = worth(told(**changed), install_id="inst-1", fingerprint="f-1", now=now)
    return found.valid, found.code


def test_the_files_end_and_the_licenses_are_two_things() -> None:
    ends = NOW + 30 * DAY
    assert _worth(ends - timedelta(milliseconds=1)) == (True, FileCode.VALID)
    assert _worth(ends) == (True, FileCode.FILE_EXPIRED)
    assert _worth(ends + 7 * DAY) == (False, FileCode.FILE_EXPIRED)
    sooner = {**told()["license"], "expiresAt": "2026-12-01T12:00:00.000Z"}
    assert _worth(NOW + 9 * DAY, license=sooner) == (True, FileCode.EXPIRING)
    assert _worth(NOW + 10 * DAY, license=sooner) == (False, FileCode.EXPIRED)
    assert _worth(NOW + 10 * DAY, license=sooner, expiryStrategy="maintain") == (True, FileCode.EXPIRED)
    # A tolerated license's file ends all the same.
    assert _worth(ends + 8 * DAY, license=sooner, expiryStrategy="allow") == (False, FileCode.FILE_EXPIRED)


@given(
    since=st.timedeltas(timedelta(days=-300), timedelta(days=600)),
    later=st.timedeltas(timedelta(0), timedelta(days=900)),
    ttl=st.none() | st.integers(1, 500),
    grace=st.integers(0, 90),
    strategy=st.sampled_from(["restrict", "maintain", "allow"]),
)
def test_a_file_never_becomes_worth_more(
    since: timedelta, later: timedelta, ttl: int | None, grace: int, strategy: str
) -> None:
    at = NOW + since
    ends = None if ttl is None else (NOW + ttl * DAY).isoformat()
    said = {"fileExpiresAt": ends, "graceDays": grace, "expiryStrategy": strategy}
    before, after = _worth(at, **said), _worth(at + later, **said)
    if after[0] and not before[0]:
        assert before[1] is FileCode.CLOCK_TAMPERED
    if strategy == "restrict" and at >= NOW + 400 * DAY:
        assert before == (False, FileCode.EXPIRED)


@pytest.mark.parametrize(
    ("terms", "check_in_days", "self_served", "fine"),
    [
        (Terms(), None, True, True),
        (Terms(timedelta(hours=1)), None, True, True),
        (Terms(timedelta(minutes=59)), None, False, False),
        (Terms(timedelta(days=3650)), None, False, True),
        (Terms(timedelta(days=3651)), None, False, False),
        (Terms(timedelta(days=366)), None, True, False),
        (Terms(None), None, False, True),
        (Terms(None), None, True, False),
        (Terms(None), 30, False, False),
        (Terms(timedelta(days=31)), 30, False, False),
        (Terms(timedelta(days=30), 90), 30, False, True),
        (Terms(grace_days=91), None, False, False),
        (Terms(grace_days=-1), None, False, False),
    ],
)
def test_terms_have_bounds(terms: Terms, check_in_days: int | None, self_served: bool, fine: bool) -> None:
    if fine:
        assert checked(terms, check_in_days=check_in_days, self_served=self_served) == terms
        return
    with pytest.raises(InvalidInput) as refused:
        checked(terms, check_in_days=check_in_days, self_served=self_served)
    assert refused.value.field in {"ttlDays", "graceDays"}
