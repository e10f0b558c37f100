"""Searching the audit trail: filters, pages, and whose trail one may see."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core.access import audit
from core.access.actor import Actor
from core.access.audit_reads import Search, Trail, actions, by_person, chain_state, search
from core.access.sealing import seal
from core.config import Settings
from core.databases import Databases
from core.errors import NotFound, NotPermitted
from db.session import SYSTEM, WriteSession
from tests.books import own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    """Yield a database of this module's own: what is read here covers everything there is."""
    with own_databases(test_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(databases: Databases) -> Cast:
    """Return the people of the tests, in this module's database."""
    with databases.control.write(SYSTEM) as session:
        return make_cast(session, NOW)


def _did(
    session: WriteSession, actor: Actor, action: str, target: str, at: datetime, organization_id: UUID | None = None
) -> UUID:
    return audit.record(session, actor, action, ("license", target), now=at, organization_id=organization_id)


def _ids(trail: Trail) -> list[UUID]:
    return [entry.id for entry in trail.entries]


def test_filters_narrow_and_combine(session: WriteSession, cast: Cast, now: datetime) -> None:
    issued = _did(session, cast.sam, "license.issued", "one", now, cast.globex)
    revoked = _did(session, cast.adam, "license.revoked", "one", now + timedelta(hours=1), cast.globex)
    other = _did(session, cast.adam, "person.invited", "two", now + timedelta(hours=2), cast.globex)

    def found(**wanted: object) -> list[UUID]:
        trail = search(session, cast.fiona, cast.globex, Search(**wanted))  # type: ignore[arg-type]
        return [one for one in _ids(trail) if one in {issued, revoked, other}]

    assert found() == [other, revoked, issued]
    assert found(who="ADAM@") == [other, revoked]
    assert found(who=cast.sam.id) == [issued]
    assert found(who="%") == []
    assert found(action="license.") == [revoked, issued]
    assert found(action="license.issued") == [issued]
    assert found(action="license") == []
    assert found(target="one", who="adam") == [revoked]
    assert found(target="license") == [other, revoked, issued]
    assert found(since=now + timedelta(hours=1), until=now + timedelta(hours=2)) == [revoked]


def test_pages_walk_every_entry_once_even_of_one_instant(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = {_did(session, cast.adam, "thing.paged", str(number), now) for number in range(7)}
    seen: list[UUID] = []
    after = None
    while True:
        trail = search(session, cast.fiona, cast.vendor, Search(action="thing.paged"), after=after, limit=3)
        seen += _ids(trail)
        after = trail.next
        if after is None:
            break
    assert len(seen) == 7
    assert set(seen) == made


def test_a_customer_sees_its_own_trail_only(session: WriteSession, cast: Cast, now: datetime) -> None:
    theirs = _did(session, cast.adam, "license.issued", "one", now, cast.globex)
    ours = _did(session, cast.adam, "person.invited", "two", now)
    assert theirs in _ids(search(session, cast.otto, cast.globex, Search()))
    with pytest.raises(NotFound):
        search(session, cast.otto, cast.vendor, Search())
    with pytest.raises(NotPermitted):
        search(session, cast.otto, None, Search())
    with pytest.raises(NotFound):
        chain_state(session, cast.otto, cast.vendor)
    everything = _ids(search(session, cast.fiona, None, Search(), limit=200))
    assert {theirs, ours} <= set(everything)
    assert {"license.issued"} <= set(actions(session, cast.otto, cast.globex))


@pytest.mark.parametrize("name", ["sam", "mia", "vera"])
def test_only_owners_and_admins_read_the_trail(session: WriteSession, cast: Cast, name: str) -> None:
    actor = getattr(cast, name)
    with pytest.raises(NotPermitted, match="audit:read"):
        search(session, actor, cast.vendor, Search())
    with pytest.raises(NotPermitted, match="audit:read"):
        chain_state(session, actor, cast.vendor)


def test_everybody_reads_what_they_did_themselves(session: WriteSession, cast: Cast, now: datetime) -> None:
    recent = _did(session, cast.mia, "customer.note_written", "one", now - timedelta(days=2), cast.globex)
    old = _did(session, cast.mia, "customer.note_written", "one", now - timedelta(days=40), cast.globex)
    lately = _ids(by_person(session, cast.mia, UUID(cast.mia.id), days=30, now=now))
    assert recent in lately
    assert old not in lately
    assert {recent, old} <= set(_ids(by_person(session, cast.fiona, UUID(cast.mia.id), days=90, now=now)))
    with pytest.raises(NotPermitted):
        by_person(session, cast.vera, UUID(cast.mia.id), days=30, now=now)
    assert old in _ids(by_person(session, cast.otto, UUID(cast.mia.id), days=90, now=now))
    inside = _did(session, cast.mia, "person.invited", "two", now)
    assert inside not in _ids(by_person(session, cast.otto, UUID(cast.mia.id), days=90, now=now))


def test_the_state_of_a_chain_counts_sealed_and_waiting(session: WriteSession, cast: Cast, now: datetime) -> None:
    while seal(session, cast.globex)[0]:
        pass
    before = chain_state(session, cast.otto, cast.globex)
    assert before.waiting == 0
    _did(session, cast.adam, "license.issued", "one", now, cast.globex)
    waiting = chain_state(session, cast.otto, cast.globex)
    assert (waiting.sealed, waiting.waiting, waiting.oldest_waiting) == (before.sealed, 1, now)
    seal(session, cast.globex)
    after = chain_state(session, cast.otto, cast.globex)
    assert (after.sealed, after.waiting, after.oldest_waiting) == (before.sealed + 1, 0, None)
