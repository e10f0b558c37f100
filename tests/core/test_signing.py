"""Signatures: canonical form, keys on disk, rotation with overlap."""

import json
import stat
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import signing
from core.errors import Conflict
from tests.core.licensing.as_client import holds

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
leaf = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | text
keys = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
documents = st.dictionaries(
    keys.filter(lambda key: key not in {"signature", "kid"}),
    st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
    ),
    max_size=6,
)


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> signing.KeyRing:
    home = tmp_path_factory.mktemp("home")
    return signing.open_ring(home, "answers", now=datetime.fromisoformat("2026-11-21T12:00:00Z"))


@given(document=documents)
def test_what_we_sign_verifies_as_rfc_8785_elsewhere(ring: signing.KeyRing, document: dict[str, Any]) -> None:
    signed = json.loads(ring.sign(document))
    assert holds(signed, signing.key_set([ring]))
    assert {name: signed[name] for name in document} == document


def test_any_changed_byte_fails(ring: signing.KeyRing) -> None:
    raw = ring.sign({"valid": False, "code": "REVOKED", "nonce": "a-ß-1", "limits": {"members": 3}})
    assert holds(json.loads(raw), signing.key_set([ring]))
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1
        try:
            tampered = json.loads(changed.decode())
        except ValueError:
            continue
        assert tampered == json.loads(raw) or not holds(tampered, signing.key_set([ring]))


def test_keys_are_private_and_the_same_for_the_next_process(tmp_path: Path, now: datetime) -> None:
    first = signing.open_ring(tmp_path, "answers", now=now)
    assert signing.open_ring(tmp_path, "answers", now=now).current == first.current
    assert signing.open_ring(tmp_path, "files", now=now).current.public != first.current.public
    [path] = (tmp_path / "keys" / "answers").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_rotation_overlaps_then_withdraws(tmp_path: Path, now: datetime) -> None:
    old = signing.open_ring(tmp_path, "answers", now=now)
    document = json.loads(old.sign({"valid": True}))
    new = signing.rotate(tmp_path, "answers", now=now + timedelta(hours=1), overlap=timedelta(days=30))
    assert new.current.kid != old.current.kid
    assert holds(document, signing.key_set([new]))
    assert signing.renewed(old, tmp_path, now=now + timedelta(hours=1)).current == new.current
    after = signing.open_ring(tmp_path, "answers", now=now + timedelta(days=31))
    assert after.current == new.current
    assert not holds(document, signing.key_set([after]))
    signing.rotate(tmp_path, "answers", now=now + timedelta(days=32))
    assert not (tmp_path / "keys" / "answers" / f"{old.current.kid}.json").exists()


def test_the_next_key_is_published_before_it_signs_and_takes_over_by_itself(tmp_path: Path, now: datetime) -> None:
    day = timedelta(days=1)
    old = signing.open_ring(tmp_path, "answers", now=now)
    running = signing.announce_next(tmp_path, "answers", signs_from=now + 14 * day, now=now)
    assert running.next is not None
    assert running.current == old.current
    published = signing.key_set([running])
    assert {key["kid"]: key.get("calosFrom") for key in published["keys"]} == {
        old.current.kid: None,
        running.next.kid: "2026-12-05T12:00:00.000Z",
    }
    assert signing.ages(tmp_path, now=now + day)["answers"] == day, "the age of the key that signs"
    assert signing.renewed(running, tmp_path, now=now + 13 * day) is running
    after = signing.renewed(running, tmp_path, now=now + 14 * day)
    assert (after.current.kid, after.next) == (running.next.kid, None)
    assert holds(json.loads(after.sign({"valid": True})), published), "whoever kept the set had the key"
    before = json.loads(old.sign({"valid": True}))
    end = 14 * day + signing.OVERLAPS["answers"]
    for at, there in ((end - day, True), (end + day, False)):
        assert holds(before, signing.key_set([signing.open_ring(tmp_path, "answers", now=now + at)])) is there


def test_a_second_announcement_is_refused_and_a_rotation_drops_the_first(tmp_path: Path, now: datetime) -> None:
    week = timedelta(days=7)
    announced = signing.announce_next(tmp_path, "files", signs_from=now + week, now=now)
    assert announced.next is not None
    with pytest.raises(Conflict, match=announced.next.kid):
        signing.announce_next(tmp_path, "files", signs_from=now + 2 * week, now=now)
    rotated = signing.rotate(tmp_path, "files", now=now + timedelta(hours=1))
    later = signing.open_ring(tmp_path, "files", now=now + 2 * week)
    assert (rotated.next, later.current) == (None, rotated.current)
    assert announced.next.kid not in {key["kid"] for key in signing.key_set([rotated])["keys"]}


def test_nothing_secret_is_printed(ring: signing.KeyRing) -> None:
    assert ring.current.secret.hex() not in repr(ring)
    assert repr(ring.current.secret) not in repr(ring)


def test_the_folder_of_all_keys_is_closed_to_others(tmp_path: Path) -> None:
    signing.open_ring(tmp_path / "home", "answers", now=datetime.fromisoformat("2026-11-21T12:00:00Z"))
    assert stat.S_IMODE((tmp_path / "home" / "keys").stat().st_mode) == 0o700
