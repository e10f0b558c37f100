"""Signing in, staying signed in and ending it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import bcrypt
import pytest
from sqlalchemy import select, update

from core.access import membership
from core.access.actor import Actor
from core.access.permissions import ROLE_PERMISSIONS, Permission, Role
from core.access.proof import SignInRefused
from core.access.sessions import (
    SignedIn,
    actor_of,
    list_sessions,
    revoke_session,
    sign_out,
    sign_out_everywhere,
    touch,
)
from core.databases import Databases
from core.errors import NotFound, NotPermitted
from db.models.access import audit_entry, person
from db.session import DOOR, WriteSession
from tests.cast import PASSWORD, Cast
from tests.core.access.conftest import ADDRESS, SignIn
from tests.own_rows import PASSWORD as ADAS_PASSWORD

MINUTE = timedelta(minutes=1)


def started(result: object) -> SignedIn:
    assert isinstance(result, SignedIn)
    return result


def refused(result: object) -> SignInRefused:
    assert isinstance(result, SignInRefused)
    return result


def trail(session: WriteSession, person_id: str) -> Sequence[tuple[Any, ...]]:
    statement = select(audit_entry.c.action, audit_entry.c.reason).where(
        audit_entry.c.actor_id == person_id, audit_entry.c.address == ADDRESS
    )
    return [tuple(row) for row in session.execute(statement.order_by(audit_entry.c.id))]


def test_the_right_password_begins_a_session(
    session: WriteSession, cast: Cast, now: datetime, signs_in: SignIn
) -> None:
    made = started(signs_in(session, "  Fiona@Calos.test ", PASSWORD, now=now))
    assert made.expires_at == now + timedelta(hours=12)
    assert made.actor == replace(cast.fiona, session_id=made.session_id, address=ADDRESS)
    assert trail(session, cast.fiona.id) == [("session.started", None)]


def test_a_session_tells_who_asks(session: WriteSession, cast: Cast, now: datetime, signs_in: SignIn) -> None:
    made = started(signs_in(session, "otto@calos.test", PASSWORD, now=now))
    assert actor_of(session, made.session_id, now=now) == replace(cast.otto, session_id=made.session_id)
    assert actor_of(session, uuid4(), now=now) is None


def test_a_sign_in_works_with_what_the_door_may_see(
    databases: Databases, initech: UUID, now: datetime, signs_in: SignIn
) -> None:
    with databases.control.write(DOOR) as session:
        made = started(signs_in(session, "ada@initech.test", ADAS_PASSWORD, now=now))
    with databases.control.read(DOOR) as session:
        found = actor_of(session, made.session_id, now=now)
    assert found is not None
    assert (found.organization_id, found.realm, found.role) == (initech, "customer", "owner")


@pytest.mark.parametrize("email", ["nobody@calos.test", "not an address", "", "a\x00b@c.de", "\ud800@c.de", "x" * 5000])
def test_an_unknown_person_hears_what_a_wrong_password_hears(
    session: WriteSession, cast: Cast, now: datetime, signs_in: SignIn, email: str
) -> None:
    unknown = refused(signs_in(session, email, PASSWORD, now=now))
    wrong = refused(signs_in(session, "mia@calos.test", "wrong", now=now))
    assert unknown == wrong
    assert unknown.code == "wrong_credentials"
    assert trail(session, cast.mia.id) == [("session.refused", "wrong password")]


def test_five_wrong_passwords_lock_and_the_right_one_is_refused_too(
    session: WriteSession, cast: Cast, now: datetime, signs_in: SignIn
) -> None:
    for _ in range(4):
        assert refused(signs_in(session, "mia@calos.test", "wrong", now=now)).code == "wrong_credentials"
    fifth = refused(signs_in(session, "mia@calos.test", "wrong", now=now))
    assert (fifth.code, fifth.retry_after) == ("locked", 60)
    right = refused(signs_in(session, "mia@calos.test", PASSWORD, now=now + timedelta(seconds=15)))
    assert (right.code, right.retry_after) == ("locked", 45)
    assert "Wait 45 seconds" in right.message
    assert trail(session, cast.mia.id) == [
        *[("session.refused", "wrong password")] * 5,
        ("person.locked", None),
        ("session.refused", "locked out"),
    ]
    assert started(signs_in(session, "mia@calos.test", PASSWORD, now=now + MINUTE))


def test_a_lock_doubles_with_each_further_failure_and_a_success_forgets_them(
    session: WriteSession, now: datetime, signs_in: SignIn
) -> None:
    at, waits = now, []
    for _ in range(12):
        answer = refused(signs_in(session, "mia@calos.test", "wrong", now=at))
        waits.append(answer.retry_after)
        at += timedelta(seconds=answer.retry_after or 0)
    assert waits == [None] * 4 + [60, 120, 240, 480, 960, 1920, 3600, 3600]
    started(signs_in(session, "mia@calos.test", PASSWORD, now=at))
    assert refused(signs_in(session, "mia@calos.test", "wrong", now=at)).retry_after is None


def test_refusals_during_a_lock_do_not_lengthen_it(session: WriteSession, now: datetime, signs_in: SignIn) -> None:
    for _ in range(9):
        signs_in(session, "mia@calos.test", "wrong", now=now)
    assert started(signs_in(session, "mia@calos.test", PASSWORD, now=now + MINUTE))


def test_wrong_guesses_in_parallel_never_outrun_the_lock(
    databases: Databases, initech: UUID, now: datetime, signs_in: SignIn
) -> None:
    assert initech

    def guess(_number: int) -> str:
        with databases.control.write(DOOR) as session:
            return refused(signs_in(session, "ada@initech.test", "wrong", now=now)).code

    with ThreadPoolExecutor(12) as together:
        answers = list(together.map(guess, range(24)))
    assert sorted(answers) == ["locked"] * 20 + ["wrong_credentials"] * 4
    with databases.control.write(DOOR) as session:
        row = session.execute(select(person).where(person.c.email == "ada@initech.test")).mappings().one()
        reasons = [reason for action, reason in trail(session, str(row["id"])) if action == "session.refused"]
    # Five were compared; every other was turned away without a look at the password.
    assert (row["failed_sign_ins"], row["locked_until"]) == (5, now + MINUTE)
    assert (reasons.count("wrong password"), reasons.count("locked out")) == (5, 19)


def test_a_disabled_person_is_told_so_with_the_right_password_only(
    session: WriteSession, cast: Cast, now: datetime, signs_in: SignIn
) -> None:
    membership.disable_person(session, cast.fiona, UUID(cast.mia.id), now=now)
    assert refused(signs_in(session, "mia@calos.test", "wrong", now=now)).code == "wrong_credentials"
    assert refused(signs_in(session, "mia@calos.test", PASSWORD, now=now)).code == "disabled"


def test_a_bcrypt_hash_is_raised_to_argon2id_at_the_first_sign_in(
    session: WriteSession, cast: Cast, now: datetime, signs_in: SignIn
) -> None:
    mine = person.c.id == UUID(cast.mia.id)
    old = bcrypt.hashpw(b"abc", bcrypt.gensalt(4)).decode()
    session.execute(update(person).where(mine).values(password_hash=old))
    assert refused(signs_in(session, "mia@calos.test", "abd", now=now))
    assert session.execute(select(person.c.password_hash).where(mine)).scalar() == old
    for _ in range(2):
        started(signs_in(session, "mia@calos.test", "abc", now=now))
        assert str(session.execute(select(person.c.password_hash).where(mine)).scalar()).startswith("$argon2id$")


def test_a_session_ends_when_idle_and_touching_puts_that_off(
    session: WriteSession, now: datetime, signs_in: SignIn
) -> None:
    made = started(signs_in(session, "mia@calos.test", PASSWORD, now=now)).session_id
    assert actor_of(session, made, now=now + 29 * MINUTE)
    assert actor_of(session, made, now=now + 30 * MINUTE) is None
    assert touch(session, made, now=now + 29 * MINUTE, idle_minutes=30)
    assert actor_of(session, made, now=now + 58 * MINUTE)
    assert not touch(session, made, now=now + 60 * MINUTE, idle_minutes=30)
    assert actor_of(session, made, now=now + 60 * MINUTE) is None


def test_touching_writes_at_most_once_a_minute(session: WriteSession, now: datetime, signs_in: SignIn) -> None:
    made = started(signs_in(session, "mia@calos.test", PASSWORD, now=now)).session_id
    assert not touch(session, made, now=now + timedelta(seconds=59), idle_minutes=30)
    assert touch(session, made, now=now + MINUTE, idle_minutes=30)
    assert not touch(session, made, now=now + timedelta(seconds=119), idle_minutes=30)


def test_with_a_minutes_idle_time_somebody_active_stays_in(
    session: WriteSession, now: datetime, signs_in: SignIn
) -> None:
    made = started(signs_in(session, "mia@calos.test", PASSWORD, now=now)).session_id
    for seconds in range(0, 300, 20):
        touch(session, made, now=now + timedelta(seconds=seconds), idle_minutes=1)
        assert actor_of(session, made, now=now + timedelta(seconds=seconds))


def test_no_touch_carries_a_session_beyond_its_absolute_end(
    session: WriteSession, now: datetime, signs_in: SignIn
) -> None:
    made = started(signs_in(session, "mia@calos.test", PASSWORD, now=now, hours=1)).session_id
    touch(session, made, now=now + 20 * MINUTE, idle_minutes=30)
    touch(session, made, now=now + 45 * MINUTE, idle_minutes=30)
    assert actor_of(session, made, now=now + 59 * MINUTE)
    assert actor_of(session, made, now=now + 60 * MINUTE) is None


def test_a_changed_role_counts_from_the_next_look(
    session: WriteSession, cast: Cast, now: datetime, signs_in: SignIn
) -> None:
    made = started(signs_in(session, "mia@calos.test", PASSWORD, now=now)).session_id
    membership.change_role(session, cast.adam, UUID(cast.mia.id), Role.VIEWER, now=now)
    found = actor_of(session, made, now=now)
    assert found is not None
    assert found.permissions == ROLE_PERMISSIONS[Role.VIEWER]


def test_disabling_ends_the_sessions_and_enabling_does_not_bring_them_back(
    session: WriteSession, cast: Cast, now: datetime, signs_in: SignIn
) -> None:
    made = started(signs_in(session, "mia@calos.test", PASSWORD, now=now)).session_id
    membership.disable_person(session, cast.adam, UUID(cast.mia.id), now=now)
    assert actor_of(session, made, now=now) is None
    membership.enable_person(session, cast.adam, UUID(cast.mia.id), now=now)
    assert actor_of(session, made, now=now) is None


def signed_in(session: WriteSession, signs_in: SignIn, email: str, now: datetime) -> Actor:
    return started(signs_in(session, email, PASSWORD, now=now)).actor


def session_id(actor: Actor) -> UUID:
    assert actor.session_id is not None
    return actor.session_id


def test_signing_out_ends_this_session_only_and_once(
    session: WriteSession, cast: Cast, now: datetime, signs_in: SignIn
) -> None:
    here, elsewhere = (signed_in(session, signs_in, "mia@calos.test", now) for _ in range(2))
    sign_out(session, here, now=now)
    sign_out(session, here, now=now)
    assert actor_of(session, session_id(here), now=now) is None
    assert actor_of(session, session_id(elsewhere), now=now)
    assert trail(session, cast.mia.id)[2:] == [("session.ended", "signed out")]


def test_signing_out_everywhere_ends_all_of_them(session: WriteSession, now: datetime, signs_in: SignIn) -> None:
    mine = [signed_in(session, signs_in, "mia@calos.test", now) for _ in range(3)]
    theirs = signed_in(session, signs_in, "vera@calos.test", now)
    assert sign_out_everywhere(session, mine[0], UUID(mine[0].id), now=now) == 3
    assert [actor_of(session, session_id(one), now=now) for one in mine] == [None] * 3
    assert actor_of(session, session_id(theirs), now=now)


@pytest.mark.parametrize(
    ("who", "whom", "may"),
    [
        ("adam", "mia", True),
        ("adam", "sam", True),
        ("fiona", "adam", True),
        ("fiona", "otto", True),
        ("adam", "otto", True),
        ("mia", "mia", True),
        ("vera", "vera", True),
        ("adam", "fiona", False),
        ("sam", "mia", False),
        ("mia", "vera", False),
        ("otto", "mia", False),
    ],
)
def test_who_may_see_and_end_whose_sessions(
    session: WriteSession, cast: Cast, now: datetime, signs_in: SignIn, who: str, whom: str, may: bool
) -> None:
    actor, target = getattr(cast, who), UUID(getattr(cast, whom).id)
    made = session_id(signed_in(session, signs_in, f"{whom}@calos.test", now))
    if may:
        assert [one.id for one in list_sessions(session, actor, target, now=now)] == [made]
        revoke_session(session, actor, made, now=now)
        assert list_sessions(session, actor, target, now=now) == []
    else:
        for attempt in (
            lambda: list_sessions(session, actor, target, now=now),
            lambda: revoke_session(session, actor, made, now=now),
            lambda: sign_out_everywhere(session, actor, target, now=now),
        ):
            with pytest.raises(NotFound if who == "otto" else NotPermitted):
                attempt()
        assert actor_of(session, made, now=now)


def test_a_list_of_sessions_shows_where_from_and_marks_this_one(
    session: WriteSession, now: datetime, signs_in: SignIn
) -> None:
    here, elsewhere = (signed_in(session, signs_in, "mia@calos.test", now) for _ in range(2))
    touch(session, session_id(elsewhere), now=now + MINUTE, idle_minutes=30)
    shown = list_sessions(session, here, UUID(here.id), now=now + MINUTE)
    assert [(one.id, one.current) for one in shown] == [(elsewhere.session_id, False), (here.session_id, True)]
    assert (shown[0].user_agent, shown[0].address) == ("Firefox", ADDRESS)
    assert list_sessions(session, here, UUID(here.id), now=now + 31 * MINUTE) == []


def test_an_unknown_or_ended_session_can_not_be_revoked(session: WriteSession, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotFound):
        revoke_session(session, cast.fiona, uuid4(), now=now)


def test_permissions_are_those_of_the_role(session: WriteSession, now: datetime, signs_in: SignIn) -> None:
    vera = signed_in(session, signs_in, "vera@calos.test", now)
    assert not vera.may(Permission.CUSTOMER_UPDATE)
    assert len(vera.permissions) == 8
