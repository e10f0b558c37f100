"""Making license files on a real database: like an activation at the verify door, kept, audited, answered once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import func, insert, select

from core import signing
from core.databases import Databases
from core.errors import Conflict, InvalidInput, LimitReached, NotFound, NotPermitted
from core.ids import new_id
from core.licensing import file_making, file_register, files, writes
from core.licensing.file_register import IssuedFile
from core.licensing.file_terms import Terms
from core.licensing.policy import Policy
from core.licensing.reads import installations, license_by_install
from core.licensing.writes import Issued
from db.models.access import audit_entry
from db.models.limits import limit_override
from db.session import DOOR, SYSTEM
from tests.cast import Cast

Issue = Callable[..., Issued]
DAY = timedelta(days=1)


@pytest.fixture
def made(databases: Databases, cast: Cast, ring: signing.KeyRing, now: datetime) -> Callable[..., IssuedFile]:
    """Return a function by which Fiona makes a file."""

    def make(issued: Issued, terms: Terms = Terms(), **options: Any) -> IssuedFile:  # noqa: B008 - frozen
        asked = {"now": now, **options}
        with databases.control.write(SYSTEM) as session:
            return file_making.make_file(session, cast.fiona, ring, issued.install_id, terms, **asked)

    return make


def _said(file: IssuedFile, ring: signing.KeyRing, private: bytes | None = None) -> dict[str, Any]:
    return files.opened(file.content, {ring.current.kid: ring.current.public}, private=private)


def _fingerprints(databases: Databases, cast: Cast, issued: Issued, now: datetime) -> list[str]:
    with databases.control.read(SYSTEM) as session:
        return sorted(one.fingerprint for one in installations(session, cast.fiona, issued.install_id, now=now))


def test_a_file_tells_the_license_as_a_signed_answer_does(
    made: Callable[..., IssuedFile], issued: Issue, ring: signing.KeyRing, databases: Databases, now: datetime
) -> None:
    one = issued(policy=Policy(max_seats=5, domains=("a.example",), versions=">=2"))
    with databases.control.write(SYSTEM) as session:
        found = license_by_install(session, _vendor(session), one.install_id, now=now)
        agreed = {"meter": "projects", "highest": 77, "reason": "test", "by": "test", "starts_at": now - DAY}
        owner = {"license_id": found.id, "organization_id": found.organization_id}
        session.execute(insert(limit_override).values(id=new_id(), **agreed, **owner))
    file = made(one, Terms(timedelta(days=90), 14), fingerprint="f-1")
    said = _said(file, ring)
    assert (said["installId"], said["fingerprint"], said["nonce"]) == (one.install_id, "f-1", None)
    assert (said["issuedAt"], said["fileExpiresAt"]) == ("2026-11-21T12:00:00.000Z", "2027-02-19T12:00:00.000Z")
    assert said["graceDays"] == 14
    assert said["license"]["tier"] == "pro"
    assert said["license"]["status"] == "active"
    assert said["license"]["domains"] == ["a.example"]
    assert said["limits"]["projects"] == 77
    assert said["limits"]["members"] == 5
    assert said["limits"]["api_calls_day"] == 100_000
    assert "chatbot" in said["entitlements"]


def _vendor(session: Any) -> Any:
    from core.access.actor import system_actor
    from core.organizations.reads import vendor_id

    vendor = vendor_id(session)
    assert vendor is not None
    return system_actor(vendor)


def test_making_a_file_activates_and_is_refused_like_an_activation(
    made: Callable[..., IssuedFile], issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    one = issued(policy=Policy(max_installs=2))
    for fingerprint in ("f-1", "f-1", None):
        made(one, fingerprint=fingerprint)
    assert _fingerprints(databases, cast, one, now) == ["", "f-1"]
    with pytest.raises(Conflict, match="No license file was made: All 2 installations") as refused:
        made(one, fingerprint="f-2")
    assert refused.value.code == "TOO_MANY_INSTALLS"
    assert _fingerprints(databases, cast, one, now) == ["", "f-1"]


@pytest.mark.parametrize(
    ("options", "act", "code"),
    [
        ({}, "revoke", "REVOKED"),
        ({}, "suspend", "SUSPENDED"),
        ({"term": "trial", "trial_days": 3, "billing_period": None, "back": 4}, None, "EXPIRED"),
        ({"starts_at": 3}, None, "NOT_STARTED"),
        ({"policy": Policy(fingerprint_required=True)}, None, "FINGERPRINT_MISMATCH"),
    ],
)
def test_only_a_valid_license_gets_a_file(
    made: Callable[..., IssuedFile],
    issued: Issue,
    databases: Databases,
    cast: Cast,
    now: datetime,
    options: dict[str, Any],
    act: str | None,
    code: str,
) -> None:
    if "back" in options:
        options = {**options, "now": now - options["back"] * DAY}
        options.pop("back")
    if "starts_at" in options:
        options = {"starts_at": now + options["starts_at"] * DAY}
    one = issued(**options)
    if act is not None:
        with databases.control.write(SYSTEM) as session:
            getattr(writes, act)(session, cast.fiona, one.install_id, reason="test", now=now)
    with pytest.raises(Conflict) as refused:
        made(one)
    assert refused.value.code == code
    with databases.control.read(SYSTEM) as session:
        assert file_register.files_of(session, cast.fiona, one.install_id, now=now) == ()


def test_a_license_that_checks_in_gets_files_for_no_longer(made: Callable[..., IssuedFile], issued: Issue) -> None:
    one = issued(policy=Policy(check_in_days=14))
    with pytest.raises(InvalidInput, match="14 days"):
        made(one)
    assert made(one, Terms(timedelta(days=14))).grace_days == 0


def test_a_file_is_kept_and_audited_with_who_made_it(
    made: Callable[..., IssuedFile], issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    one = issued()
    first = made(one, Terms(None))
    second = made(one, fingerprint="f-1", now=now + DAY)
    with databases.control.read(SYSTEM) as session:
        found = file_register.files_of(session, cast.vera, one.install_id, now=now)
        assert found == (second, first)
        assert file_register.file_by_id(session, cast.vera, one.install_id, first.id, now=now) == first
        with pytest.raises(NotFound):
            file_register.file_by_id(session, cast.vera, one.install_id, new_id(), now=now)
        with pytest.raises(NotFound):
            file_register.files_of(session, cast.otto, one.install_id, now=now)
        entry = session.execute(
            select(audit_entry.c.actor_label, audit_entry.c.after, audit_entry.c.organization_id)
            .where(audit_entry.c.action == "license.file_made", audit_entry.c.target_id == one.install_id)
            .order_by(audit_entry.c.at.desc())
            .limit(1)
        ).one()
        owner = license_by_install(session, cast.fiona, one.install_id, now=now).organization_id
    assert (first.way, first.made_by, first.file_expires_at) == ("person", "fiona@calos.test", None)
    assert (entry.actor_label, entry.organization_id) == ("fiona@calos.test", owner)
    assert entry.after["sha256"] == second.sha256.hex()
    assert entry.after["fingerprint"] == "f-1"


def test_people_need_the_permission_and_the_vendors_realm(
    issued: Issue, ring: signing.KeyRing, databases: Databases, cast: Cast, now: datetime
) -> None:
    one = issued()
    for actor in (cast.mia, cast.vera, cast.otto):
        with databases.control.write(SYSTEM) as session, pytest.raises(NotPermitted):
            file_making.make_file(session, actor, ring, one.install_id, Terms(), now=now)


def test_an_installation_gets_its_own_with_its_secret_alone(
    issued: Issue, ring: signing.KeyRing, databases: Databases, cast: Cast, now: datetime
) -> None:
    one, other = issued(), issued()
    key = X25519PrivateKey.generate()
    with databases.control.write(DOOR) as session:
        for install_id, secret in ((one.install_id, other.install_secret), ("inst-nobody-here", one.install_secret)):
            assert file_making.make_own_file(session, ring, install_id, secret, Terms(), now=now) is None
        file = file_making.make_own_file(
            session,
            ring,
            one.install_id,
            one.install_secret,
            Terms(),
            fingerprint="f-1",
            public_key=key.public_key().public_bytes_raw(),
            now=now,
        )
        assert file is not None
    with databases.control.write(DOOR) as session, pytest.raises(InvalidInput, match="without end"):
        file_making.make_own_file(session, ring, other.install_id, other.install_secret, Terms(None), now=now)
    assert (file.way, file.made_by, file.encrypted) == ("install", one.install_id, True)
    assert _said(file, ring, key.private_bytes_raw())["fingerprint"] == "f-1"
    assert _fingerprints(databases, cast, one, now) == ["f-1"]
    with databases.control.read(SYSTEM) as session:
        kind = session.execute(
            select(audit_entry.c.actor_kind).where(
                audit_entry.c.action == "license.file_made", audit_entry.c.target_id == one.install_id
            )
        ).scalar_one()
    assert kind == "installation"


def test_whoever_asks_without_end_is_stopped(
    issued: Issue, ring: signing.KeyRing, databases: Databases, cast: Cast, now: datetime
) -> None:
    one = issued()

    def asked(at: datetime) -> IssuedFile | None:
        with databases.control.write(DOOR) as session:
            return file_making.make_own_file(session, ring, one.install_id, one.install_secret, Terms(), now=at)

    for _ in range(file_making.MOST_A_DAY):
        assert asked(now) is not None
    with pytest.raises(LimitReached, match="within a day"):
        asked(now + timedelta(hours=23))
    with databases.control.write(SYSTEM) as session:
        assert file_making.make_file(session, cast.fiona, ring, one.install_id, Terms(), now=now).way == "person"
    assert asked(now + DAY) is not None


def test_what_is_in_the_register_is_never_changed(
    made: Callable[..., IssuedFile], issued: Issue, databases: Databases
) -> None:
    made(issued())
    with databases.control.read(SYSTEM) as session:
        rights = session.execute(
            select(
                func.has_table_privilege("license_file", "UPDATE"), func.has_table_privilege("license_file", "DELETE")
            )
        ).one()
    assert tuple(rights) == (False, False)
