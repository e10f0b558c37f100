"""Sealing and verifying audit chains on a real server, tampered with as the owner of the database could."""

import functools
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from nacl.signing import SigningKey
from sqlalchemy.exc import ProgrammingError

from core.access import audit
from core.access.chain import COVERED, START, link
from core.access.chain_verification import BreakKind, ChainReport, verify, verify_chain
from core.access.checkpoints import Checkpoints, audit_key, file_of, last_checkpoint, retire
from core.access.sealing import organizations_waiting, seal, seal_waiting
from core.databases import Databases
from core.organizations.writes import create_organization
from db.session import SYSTEM, WriteSession
from tests.cast import Cast
from tests.conftest import NOW

ENTRIES = 12


@dataclass
class Chain:
    """A customer with ENTRIES sealed entries, a checkpoint at the last, and the owner's connection to spoil them."""

    databases: Databases
    cast: Cast
    organization_id: UUID
    checkpoints: Checkpoints
    owner: psycopg.Connection[Any]

    def record(self, count: int) -> None:
        """Add entries, unsealed."""
        with self.databases.control.write(SYSTEM) as session:
            for number in range(count):
                self.record_one(session, {"number": number, "ratio": 0.1, "name": "Zoë 🙂", "big": 2**60})

    def record_one(self, session: WriteSession, after: dict[str, Any]) -> None:
        """Add one entry in the caller's transaction."""
        audit.record(
            session,
            self.cast.fiona,
            "thing.changed",
            ("thing", "1"),
            now=NOW,
            organization_id=self.organization_id,
            after=after,
        )

    def seal(self, now: datetime = NOW) -> int:
        """Seal all that waits."""
        return seal_waiting(functools.partial(self.databases.control.write, SYSTEM), self.checkpoints, now=now)

    def verify(self, newest: int | None = None) -> ChainReport:
        """Verify this chain."""
        with self.databases.control.read(SYSTEM) as session:
            folder, key = self.checkpoints.folder, self.checkpoints.key.verify_key
            return verify_chain(session, self.organization_id, folder, key, newest=newest)

    def spoil(self, statement: str, *parameters: object) -> None:
        """Run a statement on this chain's rows as the owner; `{here}` is its condition."""
        here = f"organization_id = '{self.organization_id}'"
        assert self.owner.execute(statement.format(here=here).encode(), parameters).rowcount > 0

    def reseal_after(self, place: int) -> None:
        """Compute every hash from `place` on anew, and the head, as somebody who has read our source would."""
        columns = ", ".join(COVERED)
        found = self.owner.execute(
            f"SELECT {columns}, sequence, previous_hash, hash FROM audit_entry "
            "WHERE organization_id = %s ORDER BY sequence",
            (self.organization_id,),
        ).fetchall()
        running = START
        for number, row in enumerate(found, 1):
            entry = dict(zip(COVERED, row, strict=False))
            before, running = running, link(running, entry, number) if number >= place else row[-1]
            self.owner.execute(
                "UPDATE audit_entry SET sequence = %s, previous_hash = %s, hash = %s WHERE id = %s",
                (number, before, running, entry["id"]),
            )
        self.spoil("UPDATE audit_head SET sequence = %s, hash = %s WHERE {here}", len(found), running)


@pytest.fixture
def chain(databases: Databases, cast: Cast, fresh_database: str, tmp_path: Path) -> Iterator[Chain]:
    with databases.control.write(SYSTEM) as session:
        made = create_organization(session, cast.system, "Chained", now=NOW)
    checkpoints = Checkpoints(tmp_path / "checkpoints", audit_key(tmp_path))
    with psycopg.connect(fresh_database, autocommit=True) as owner:
        # Other tests' entries are sealed elsewhere, so that each chain here begins with its own checkpoints.
        other = Checkpoints(tmp_path / "other", audit_key(tmp_path))
        seal_waiting(functools.partial(databases.control.write, SYSTEM), other, now=NOW)
        built = Chain(databases, cast, made, checkpoints, owner)
        built.record(ENTRIES - 1)
        built.seal()
        yield built
        # What was spoiled stays broken, so it goes.
        owner.execute("DELETE FROM audit_entry WHERE organization_id = %s", (made,))
        owner.execute("DELETE FROM audit_head WHERE organization_id = %s", (made,))


def test_an_untouched_chain_is_intact_and_its_head_is_in_a_checkpoint(chain: Chain) -> None:
    report = chain.verify()
    assert (report.broken, report.entries, report.checkpoints, report.unsealed) == (None, ENTRIES, 1, 0)
    kept = last_checkpoint(chain.checkpoints.folder, chain.organization_id, chain.checkpoints.key.verify_key)
    assert kept is not None
    assert (kept.sequence, kept.genuine, kept.at) == (ENTRIES, True, NOW)


def test_a_chain_grows_on(chain: Chain) -> None:
    chain.record(3)
    assert chain.verify().unsealed == 3
    assert chain.seal() == 3
    assert chain.seal() == 0
    report = chain.verify()
    assert (report.broken, report.entries, report.unsealed) == (None, ENTRIES + 3, 0)


@pytest.mark.parametrize(
    "change",
    [
        "after = jsonb_set(after, '{number}', '99')",
        "before = '{}'",
        "actor_label = 'somebody else'",
        "actor_id = 'nobody'",
        "action = 'thing.left_alone'",
        "target_id = '2'",
        "reason = 'because'",
        "address = '203.0.113.9'",
        "request_id = 'another'",
        "at = at + interval '1 microsecond'",
    ],
)
def test_an_edited_entry_is_named(chain: Chain, change: str) -> None:
    change = change.replace("{", "{{").replace("}", "}}")
    chain.spoil(f"UPDATE audit_entry SET {change} WHERE {{here}} AND sequence = 5")
    report = chain.verify()
    assert report.broken is not None
    assert (report.broken.kind, report.broken.sequence) == (BreakKind.EDITED, 5)
    assert "edited" in report.broken.sentence


def test_a_deleted_entry_in_the_middle_is_named(chain: Chain) -> None:
    chain.spoil("DELETE FROM audit_entry WHERE {here} AND sequence IN (5, 6)")
    broken = chain.verify().broken
    assert broken is not None
    assert (broken.kind, broken.sequence) == (BreakKind.MISSING, 5)
    assert "5 to 6" in broken.sentence


def test_a_deleted_entry_is_noticed_when_the_later_ones_move_up(chain: Chain) -> None:
    chain.spoil("DELETE FROM audit_entry WHERE {here} AND sequence = 5")
    for place in range(6, ENTRIES + 1):
        chain.spoil("UPDATE audit_entry SET sequence = sequence - 1 WHERE {here} AND sequence = %s", place)
    broken = chain.verify().broken
    assert broken is not None
    assert (broken.kind, broken.sequence) == (BreakKind.REORDERED, 5)


def test_two_entries_that_changed_places_are_named(chain: Chain) -> None:
    chain.spoil("UPDATE audit_entry SET sequence = -5 WHERE {here} AND sequence = 5")
    chain.spoil("UPDATE audit_entry SET sequence = 5 WHERE {here} AND sequence = 8")
    chain.spoil("UPDATE audit_entry SET sequence = 8 WHERE {here} AND sequence = -5")
    broken = chain.verify().broken
    assert broken is not None
    assert (broken.kind, broken.sequence) == (BreakKind.REORDERED, 5)


def test_a_deleted_tail_is_named_by_the_head(chain: Chain) -> None:
    chain.spoil("DELETE FROM audit_entry WHERE {here} AND sequence > 9")
    broken = chain.verify().broken
    assert broken is not None
    assert (broken.kind, broken.sequence) == (BreakKind.TRUNCATED, 10)


def test_a_deleted_tail_with_its_head_is_named_by_the_checkpoint(chain: Chain) -> None:
    chain.spoil("DELETE FROM audit_entry WHERE {here} AND sequence > 9")
    chain.reseal_after(ENTRIES)
    broken = chain.verify().broken
    assert broken is not None
    assert (broken.kind, broken.sequence) == (BreakKind.TRUNCATED, 10)
    assert "checkpoint" in broken.sentence


def test_a_chain_rewritten_with_all_its_hashes_is_named_by_the_checkpoint(chain: Chain) -> None:
    chain.spoil("UPDATE audit_entry SET actor_label = 'somebody else' WHERE {here} AND sequence = 5")
    chain.reseal_after(5)
    broken = chain.verify().broken
    assert broken is not None
    assert (broken.kind, broken.sequence) == (BreakKind.REWRITTEN, ENTRIES)


def test_a_chain_that_is_gone_altogether_is_found_by_its_checkpoints(chain: Chain, databases: Databases) -> None:
    chain.spoil("DELETE FROM audit_entry WHERE {here}")
    chain.spoil("DELETE FROM audit_head WHERE {here}")
    with databases.control.read(SYSTEM) as session:
        report = verify(session, chain.checkpoints.folder, chain.checkpoints.key.verify_key)
    assert [found.organization_id for found in report.broken] == [chain.organization_id]
    assert report.broken[0].broken is not None
    assert report.broken[0].broken.kind is BreakKind.TRUNCATED


def test_a_chain_removed_by_right_is_missed_by_nobody(chain: Chain, databases: Databases) -> None:
    chain.record(1)
    chain.seal()
    retire(chain.checkpoints.folder, chain.organization_id)
    chain.spoil("DELETE FROM audit_entry WHERE {here}")
    chain.spoil("DELETE FROM audit_head WHERE {here}")
    chain.seal(NOW + timedelta(hours=1))
    with databases.control.read(SYSTEM) as session:
        report = verify(session, chain.checkpoints.folder, chain.checkpoints.key.verify_key)
    assert report.broken == ()


def test_a_head_that_was_set_back_or_changed_is_named(chain: Chain) -> None:
    chain.spoil("UPDATE audit_head SET hash = sha256(hash) WHERE {here}")
    broken = chain.verify().broken
    assert broken is not None
    assert broken.kind is BreakKind.HEAD_MISMATCH
    chain.spoil("UPDATE audit_head SET sequence = 4 WHERE {here}")
    broken = chain.verify().broken
    assert broken is not None
    assert (broken.kind, broken.sequence) == (BreakKind.HEAD_MISMATCH, 5)
    chain.spoil("DELETE FROM audit_head WHERE {here}")
    broken = chain.verify().broken
    assert broken is not None
    assert broken.kind is BreakKind.HEAD_MISMATCH


def test_a_checkpoint_that_another_key_signed_is_not_believed(chain: Chain) -> None:
    path = file_of(chain.checkpoints.folder, chain.organization_id)
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "sequence": 1}) + "\n")
    broken = chain.verify().broken
    assert broken is not None
    assert broken.kind is BreakKind.FORGED_CHECKPOINT
    path.unlink()
    chain.record(1)
    Checkpoints(chain.checkpoints.folder, SigningKey.generate()).note(seal_one(chain))
    stranger = Checkpoints(chain.checkpoints.folder, SigningKey.generate())
    stranger.note(seal_one(chain))
    assert stranger.write_due(NOW) == 1
    broken = chain.verify().broken
    assert broken is not None
    assert broken.kind is BreakKind.FORGED_CHECKPOINT


def seal_one(chain: Chain) -> Any:
    """Seal this chain and return its head."""
    with chain.databases.control.write(SYSTEM) as session:
        return seal(session, chain.organization_id)[1]


def test_checkpoints_are_written_by_number_and_by_time(chain: Chain) -> None:
    path = file_of(chain.checkpoints.folder, chain.organization_id)
    chain.record(1)
    chain.seal(NOW + timedelta(seconds=59))
    assert len(path.read_text().splitlines()) == 1
    chain.seal(NOW + timedelta(seconds=61))
    assert len(path.read_text().splitlines()) == 2
    chain.record(100)
    chain.seal(NOW + timedelta(seconds=62))
    assert len(path.read_text().splitlines()) == 3
    assert chain.verify().checkpoints == 3


def test_a_process_that_starts_anew_writes_the_checkpoint_the_last_one_owed(chain: Chain, databases: Databases) -> None:
    chain.record(1)
    chain.seal()
    again = Checkpoints(chain.checkpoints.folder, chain.checkpoints.key)
    seal_waiting(functools.partial(databases.control.write, SYSTEM), again, now=NOW + timedelta(minutes=2))
    kept = last_checkpoint(again.folder, chain.organization_id, again.key.verify_key)
    assert kept is not None
    assert kept.sequence == ENTRIES + 1


def test_only_the_newest_entries_can_be_verified(chain: Chain) -> None:
    chain.spoil("UPDATE audit_entry SET reason = 'edited' WHERE {here} AND sequence = 3")
    report = chain.verify(newest=5)
    assert (report.broken, report.first, report.entries) == (None, ENTRIES - 4, 5)
    assert chain.verify(newest=ENTRIES).broken is not None


def test_several_sealers_at_once_make_one_chain(chain: Chain) -> None:
    chain.record(300)
    sealed: list[int] = []
    threads = [threading.Thread(target=lambda: sealed.append(chain.seal())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = chain.verify()
    assert (report.broken, report.entries, sum(sealed)) == (None, ENTRIES + 300, 300)


def test_an_entry_committed_late_takes_the_next_place(chain: Chain, databases: Databases) -> None:
    with databases.control.write(SYSTEM) as session:
        chain.record_one(session, {"late": True})
        chain.record(1)
        assert chain.seal() == 1
    assert chain.seal() == 1
    assert chain.verify().intact


def test_what_is_not_committed_is_not_sealed(chain: Chain, session: WriteSession) -> None:
    chain.record_one(session, {})
    assert chain.organization_id in organizations_waiting(session)
    assert chain.seal() == 0


def test_the_app_itself_cannot_edit_or_delete_entries(chain: Chain, databases: Databases) -> None:
    for statement in ("UPDATE audit_entry SET reason = 'x'", "DELETE FROM audit_entry"):
        with databases.control.engine.connect() as connection:
            connection.exec_driver_sql(SYSTEM.statement())
            with pytest.raises(ProgrammingError, match="permission denied"):
                connection.exec_driver_sql(statement)
