"""Offline activation on a real database: proved, timely, answered once with one file, never beyond the limit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from core import signing
from core.access.permissions import ROLE_PERMISSIONS, Role
from core.databases import Databases
from core.errors import CalosError, Conflict, InvalidInput, NotFound, NotPermitted
from core.licensing import file_making, file_register, files, writes
from core.licensing.armor import b64u
from core.licensing.file_register import IssuedFile
from core.licensing.file_terms import Terms
from core.licensing.policy import Policy
from core.licensing.reads import installations, license_by_install
from core.licensing.writes import Issued
from db.session import SYSTEM
from tests.cast import Cast
from tests.core.licensing.as_client import activation_request

Issue = Callable[..., Issued]
DAY = timedelta(days=1)


def _said(file: IssuedFile, ring: signing.KeyRing, private: bytes | None = None) -> dict[str, Any]:
    return files.opened(file.content, {ring.current.kid: ring.current.public}, private=private)


def _fingerprints(databases: Databases, cast: Cast, issued: Issued, now: datetime) -> list[str]:
    with databases.control.read(SYSTEM) as session:
        return sorted(one.fingerprint for one in installations(session, cast.fiona, issued.install_id, now=now))


@pytest.fixture
def activated(databases: Databases, cast: Cast, ring: signing.KeyRing, now: datetime) -> Callable[..., IssuedFile]:
    """Return a function by which somebody uploads an activation request."""

    def activate(text: str, *, who: str = "fiona", terms: Terms = Terms(), at: datetime = now) -> IssuedFile:  # noqa: B008 - frozen
        actor = getattr(cast, who)
        with databases.control.write(actor.tenancy()) as session:
            return file_making.activate_offline(session, actor, ring, text, terms, now=at)[1]

    return activate


def test_a_request_activates_and_is_answered_with_its_nonce(
    activated: Callable[..., IssuedFile],
    issued: Issue,
    ring: signing.KeyRing,
    databases: Databases,
    cast: Cast,
    now: datetime,
) -> None:
    one, key = issued(), X25519PrivateKey.generate()
    public = b64u(key.public_key().public_bytes_raw())
    text = activation_request(
        one.install_id,
        one.install_secret,
        now=now,
        nonce="n-1",
        publicKey=public,
        hostVersion="4.2",
        domain="a.example",
    )
    file = activated(text)
    assert (file.way, file.made_by, file.encrypted) == ("request", "fiona@calos.test", True)
    said = _said(file, ring, key.private_bytes_raw())
    assert (said["nonce"], said["fingerprint"]) == ("n-1", "machine-1")
    with databases.control.read(SYSTEM) as session:
        [seen] = installations(session, cast.fiona, one.install_id, now=now)
        found = license_by_install(session, cast.fiona, one.install_id, now=now)
    assert (seen.fingerprint, seen.version, seen.domain) == ("machine-1", "4.2", "a.example")
    assert found.first_verified_at == now


def test_a_request_that_comes_again_gets_the_same_file(
    activated: Callable[..., IssuedFile], issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    one = issued(policy=Policy(max_installs=1))
    text = activation_request(one.install_id, one.install_secret, now=now, nonce="n-1")
    first = activated(text)
    assert activated(text, terms=Terms(timedelta(days=9)), at=now + DAY) == first
    assert _fingerprints(databases, cast, one, now) == ["machine-1"]
    with databases.control.read(SYSTEM) as session:
        assert len(file_register.files_of(session, cast.fiona, one.install_id, now=now)) == 1
    other = activation_request(one.install_id, one.install_secret, now=now + DAY, nonce="n-1")
    with pytest.raises(Conflict) as refused:
        activated(other, at=now + DAY)
    assert refused.value.code == "nonce_used"
    with databases.control.write(SYSTEM) as session:
        writes.revoke(session, cast.fiona, one.install_id, reason="test", now=now)
    with pytest.raises(Conflict) as refused:
        activated(text)
    assert refused.value.code == "REVOKED"


@pytest.mark.parametrize(
    ("made_at", "code"),
    [
        (-31 * DAY, "request_too_old"),
        (2 * DAY, "request_from_the_future"),
        (-29 * DAY, None),
        (timedelta(minutes=50), None),
    ],
)
def test_a_request_holds_for_30_days(
    activated: Callable[..., IssuedFile], issued: Issue, now: datetime, made_at: timedelta, code: str | None
) -> None:
    one = issued(now=now - 40 * DAY)
    text = activation_request(one.install_id, one.install_secret, now=now + made_at)
    if code is None:
        assert activated(text).nonce
        return
    with pytest.raises(InvalidInput, match="new one") as refused:
        activated(text)
    assert refused.value.code == code


def test_only_the_secret_makes_a_request(activated: Callable[..., IssuedFile], issued: Issue, now: datetime) -> None:
    one, other = issued(), issued()
    for text in (
        activation_request(one.install_id, other.install_secret, now=now),
        activation_request(one.install_id, "", now=now),
    ):
        with pytest.raises(InvalidInput) as refused:
            activated(text)
        assert refused.value.code == "unproved_request"
    with pytest.raises(NotFound):
        activated(activation_request("inst-nobody-here", one.install_secret, now=now))


@pytest.mark.parametrize(
    "changed",
    [
        {"version": 2},
        {"version": True},
        {"mac": "é" * 43},
        {"fingerprint": ""},
        {"fingerprint": None},
        {"fingerprint": "f" * 201},
        {"fingerprint": "a\x00b"},
        {"nonce": 7},
        {"publicKey": "AAAA"},
        {"publicKey": "="},
        {"createdAt": "yesterday"},
        {"createdAt": "2026-11-21T12:00:00"},
        {"createdAt": "0001-01-01T00:00:00+23:00"},
        {"more": 1},
    ],
)
def test_what_is_no_request_is_refused(
    activated: Callable[..., IssuedFile], issued: Issue, now: datetime, changed: dict[str, Any]
) -> None:
    one = issued()
    with pytest.raises(InvalidInput) as refused:
        activated(activation_request(one.install_id, one.install_secret, now=now, **changed))
    assert refused.value.code == "unreadable_file"


def test_the_customers_own_people_may_activate_theirs(
    activated: Callable[..., IssuedFile], databases: Databases, cast: Cast, issued: Issue, now: datetime
) -> None:
    with databases.control.write(SYSTEM) as session:
        mine = writes.issue(session, cast.system, cast.globex, "free", term="free", now=now)
    text = activation_request(mine.install_id, mine.install_secret, now=now)
    with pytest.raises(InvalidInput, match="only the vendor"):
        activated(text, who="otto", terms=Terms(None))
    assert activated(text, who="otto").made_by == "otto@calos.test"
    theirs = issued()
    with pytest.raises(NotFound):
        activated(activation_request(theirs.install_id, theirs.install_secret, now=now), who="otto")


def test_a_customers_member_may_not(ring: signing.KeyRing, databases: Databases, cast: Cast, now: datetime) -> None:
    member = replace(cast.otto, permissions=ROLE_PERMISSIONS[Role.MEMBER], role="member")
    with databases.control.write(member.tenancy()) as session, pytest.raises(NotPermitted):
        file_making.activate_offline(session, member, ring, "x", Terms(), now=now)


def test_many_at_once_never_exceed_the_limit(
    activated: Callable[..., IssuedFile], issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    one = issued(policy=Policy(max_installs=3))
    texts = [
        activation_request(
            one.install_id, one.install_secret, now=now, fingerprint=f"m-{number // 2}", nonce=f"n-{number}"
        )
        for number in range(16)
    ]

    def attempt(text: str) -> str:
        try:
            return activated(text).fingerprint
        except CalosError as refused:
            return refused.code

    # Each twice, so that every request is also its own replay.
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, [*texts, *texts]))
    placed = {answer for answer in answers if answer.startswith("m-")}
    assert len(placed) == 3
    assert set(answers) - placed == {"TOO_MANY_INSTALLS"}
    assert _fingerprints(databases, cast, one, now) == sorted(placed)
    with databases.control.read(SYSTEM) as session:
        kept = file_register.files_of(session, cast.fiona, one.install_id, now=now)
        nonces = [file.nonce for file in kept]
        assert len(nonces) == len(set(nonces)) == 6
