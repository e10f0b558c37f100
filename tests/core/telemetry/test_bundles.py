"""Bundles: read without trust, taken once, whatever is cut, changed, repeated or sent twice at the same time (T3)."""

import gzip
import io
import json
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from core import clock
from core.access.actor import Actor
from core.databases import Databases
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.ids import digest
from core.licensing.writes import Issued, issue, revoke
from core.telemetry import bundle_receipts, bundles, carrying
from core.telemetry.bundle_receipts import BundleReceipt
from core.telemetry.carrying import take_bundle
from core.telemetry.events import RETENTION_DAYS, check
from core.telemetry.manifest import manifest
from core.telemetry.opt_out import opt_out
from core.telemetry.reads import quota
from core.telemetry.writes import ingest
from db.models.access import audit_entry
from db.models.licensing import license as licenses
from db.session import SYSTEM
from tests.cast import Cast
from tests.core.telemetry.carried import LINE, bundle
from tests.core.telemetry.recount import kept_roll_ups, recounted_roll_ups

VECTORS = Path(__file__).parents[2] / "client" / "vectors" / "bundles.json"


@pytest.fixture
def issued(databases: Databases, cast: Cast) -> Iterator[Issued]:
    """Yield a Pro license of Globex, committed."""
    with databases.control.write(SYSTEM) as session:
        asked: dict[str, Any] = {"term": "paid", "billing_period": "monthly", "now": clock.now()}
        made = issue(session, cast.system, cast.globex, "pro", **asked)
    yield made
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(licenses).where(licenses.c.install_id == made.install_id))


@pytest.fixture
def take(databases: Databases) -> Callable[[Actor, bytes], BundleReceipt]:
    def taking(actor: Actor, packed: bytes) -> BundleReceipt:
        days = RETENTION_DAYS
        return take_bundle(databases, actor, io.BytesIO(packed), size=len(packed), retention_days=days, now=clock.now())

    return taking


Take = Callable[[Actor, bytes], BundleReceipt]


def _events(count: int, *, days_ago: int = 20, prefix: str = "b") -> list[LINE]:
    at = clock.now() - timedelta(days=days_ago)
    return [
        {
            "id": f"{prefix}{n}",
            "ts": (at + timedelta(minutes=n)).isoformat(),
            "type": "api_call",
            "feature": "pos",
            "user": f"u{n % 3}",
            "ms": n,
        }
        for n in range(count)
    ]


def test_the_written_protocol_is_read_as_it_is_written() -> None:
    vector = json.loads(VECTORS.read_text())
    packed = io.BytesIO(gzip.compress(vector["unpacked"].encode()))
    header = bundles.read_header(packed)
    assert header.signed.decode() == vector["signed"]
    assert (header.mac, header.events) == (vector["mac"], 2)
    assert bundles.proved(header, digest(vector["installSecret"]))
    assert not bundles.proved(header, digest("another"))
    bundles.check_content(packed, header)
    assert list(bundles.events(packed)) == vector["events"]


def test_a_bundle_is_taken_once_and_its_roll_ups_are_exact(
    take: Take, databases: Databases, issued: Issued, cast: Cast
) -> None:
    events = _events(30)
    old = {"id": "old", "ts": (clock.now() - timedelta(days=500)).isoformat(), "type": "login"}
    ahead = {"id": "new", "ts": (clock.now() + timedelta(days=3)).isoformat(), "type": "login"}
    spoiled = [b"{not json", b"\xff\xfe", b'{"id": 1, "id": 2}', b'{"id": NaN}', b"[" * 5_000, b""]
    packed = bundle(issued.install_id, issued.install_secret, [*events, old, ahead, *spoiled, events[0]])
    made = take(cast.mia, packed)
    assert (made.events, made.accepted, made.duplicates, made.refused) == (39, 30, 1, 8)
    assert [(each.index, each.code) for each in made.refusals] == [
        (30, "too_old"),
        (31, "in_the_future"),
        *((index, "unreadable_json") for index in range(32, 38)),
    ]
    assert made.carried_by == cast.mia.label
    assert made.finished_at is not None
    # Again, by somebody else: the first answer, and nothing is counted anew.
    assert take(cast.otto, packed) == made
    rows = check(events, now=clock.now(), retention_days=RETENTION_DAYS).rows
    with databases.telemetry.read(SYSTEM) as session:
        assert kept_roll_ups(session, issued.install_id) == recounted_roll_ups(rows)
        today = clock.now().date()
        counted = quota(session, issued.install_id, today, today).iloc[0]
    assert (counted["accepted"], counted["refused"], counted["late"]) == (30, 8, 0)
    with databases.control.read(SYSTEM) as session:
        trail = select(audit_entry.c.actor_label).where(
            audit_entry.c.action == "telemetry.bundle_taken", audit_entry.c.target_id == issued.install_id
        )
        assert session.execute(trail).scalars().all() == [cast.mia.label]


def test_events_known_from_elsewhere_are_duplicates(
    take: Take, databases: Databases, issued: Issued, cast: Cast
) -> None:
    events = _events(10)
    with databases.telemetry.write(SYSTEM) as session:
        ingest(session, issued.install_id, events[:4], now=clock.now())
    made = take(cast.mia, bundle(issued.install_id, issued.install_secret, events))
    assert (made.accepted, made.duplicates) == (6, 4)
    another = take(cast.mia, bundle(issued.install_id, issued.install_secret, events))
    assert (another.accepted, another.duplicates) == (0, 10)


def test_two_uploads_at_once_take_each_line_once(
    take: Take, databases: Databases, issued: Issued, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "AT_ONCE", 50)
    packed = bundle(issued.install_id, issued.install_secret, [*_events(700), b"no event"])
    answers: list[BundleReceipt] = []
    uploads = [threading.Thread(target=lambda: answers.append(take(cast.mia, packed))) for _ in range(4)]
    for each in uploads:
        each.start()
    for each in uploads:
        each.join()
    assert len(answers) == 4
    with databases.telemetry.read(SYSTEM) as session:
        header = bundles.read_header(io.BytesIO(packed))
        made = bundle_receipts.bundle_receipt(session, issued.install_id, header.bundle_id)
    assert made is not None
    assert (made.taken, made.accepted, made.duplicates, made.refused) == (701, 700, 0, 1)


def test_one_that_was_cut_short_goes_on_where_it_stopped(
    take: Take, databases: Databases, issued: Issued, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "AT_ONCE", 10)
    packed = bundle(issued.install_id, issued.install_secret, _events(35))
    whole = carrying._batches

    def stopping(file: Any) -> Iterator[tuple[int, list[object]]]:
        for first, lines in whole(file):
            if first == 20:
                raise KeyboardInterrupt
            yield first, lines

    monkeypatch.setattr(carrying, "_batches", stopping)
    with pytest.raises(KeyboardInterrupt):
        take(cast.mia, packed)
    monkeypatch.setattr(carrying, "_batches", whole)
    with databases.telemetry.read(SYSTEM) as session:
        [half] = bundle_receipts.bundles_received(session, cast.mia, [issued.install_id])
    assert (half.taken, half.finished_at) == (20, None)
    made = take(cast.mia, packed)
    assert (made.accepted, made.duplicates, made.taken) == (35, 0, 35)


def _spoiled(issued: Issued) -> dict[str, tuple[bytes, str]]:
    good = bundle(issued.install_id, issued.install_secret, _events(3))
    head, _, content = gzip.decompress(good).partition(b"\n")
    members = json.loads(head)
    another = gzip.compress(head + b"\n" + content.replace(b"pos", b"bar"))

    def with_header(**changed: Any) -> bytes:
        return gzip.compress(json.dumps({**members, **changed}).encode() + b"\n" + content)

    return {
        "no gzip": (b"{}", "unreadable_file"),
        "nothing": (b"", "unreadable_file"),
        "no header": (gzip.compress(content), "unreadable_file"),
        "a header of another kind": (gzip.compress(b"[1]\n"), "unreadable_file"),
        "no line": (gzip.compress(b"x" * 200_000), "unreadable_file"),
        "cut short": (good[:-20], "unreadable_file"),
        "something behind it": (good + b"x", "unreadable_file"),
        "two members": (good + good, "unreadable_file"),
        "changed events": (another, "unreadable_file"),
        "another count": (bundle(issued.install_id, issued.install_secret, _events(3), events=4), "unreadable_file"),
        "a changed count": (with_header(events=4), "wrong_mac"),
        "more than is taken": (with_header(events=1_000_001), "too_large"),
        "another mac": (with_header(mac="A" * 43), "wrong_mac"),
        "a mac of another alphabet": (with_header(mac="ä"), "unreadable_file"),
        "another secret": (bundle(issued.install_id, "cis_wrong", _events(3)), "wrong_mac"),
        "no uuid": (with_header(bundleId="1"), "unreadable_file"),
        "no zone": (with_header(createdAt="2026-01-01T00:00:00"), "unreadable_file"),
        "no time": (with_header(createdAt="0001-01-01T00:00:00+14:00"), "unreadable_file"),
        "a float": (with_header(events=3.0), "unreadable_file"),
        "true": (with_header(calosBundle=True, events=True), "unreadable_file"),
        "a NUL": (with_header(installId="inst\x00"), "unreadable_file"),
        "too many members": (with_header(more=1), "unreadable_file"),
    }


def test_what_is_no_bundle_is_refused_and_leaves_nothing(
    take: Take, databases: Databases, issued: Issued, cast: Cast
) -> None:
    for what, (packed, code) in _spoiled(issued).items():
        with pytest.raises(InvalidInput) as refused:
            take(cast.mia, packed)
        assert refused.value.code == code, what
    with databases.telemetry.read(SYSTEM) as session:
        assert bundle_receipts.bundles_received(session, cast.mia, [issued.install_id]) == ()


def test_a_bomb_is_neither_unpacked_nor_kept_in_memory(
    take: Take, databases: Databases, issued: Issued, cast: Cast
) -> None:
    content = bytes(50_000_000)
    header = json.loads(gzip.decompress(bundle(issued.install_id, issued.install_secret, [])).partition(b"\n")[0])
    packed = gzip.compress(json.dumps(header).encode() + b"\n" + content * 5, compresslevel=1)
    tracemalloc.start()
    with pytest.raises(InvalidInput) as refused:
        take(cast.mia, packed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == "too_large"
    assert peak < 10_000_000
    # A line without an end is refused for its length, and does not fill the memory either.
    tracemalloc.start()
    made = take(cast.mia, bundle(issued.install_id, issued.install_secret, [b"x" * 30_000_000, *_events(1)]))
    tracemalloc.stop()
    assert [(each.index, each.detail) for each in made.refusals] == [(0, "The line is longer than 64,000 bytes.")]
    assert made.accepted == 1
    with pytest.raises(InvalidInput, match="at most"):
        take_bundle(databases, cast.mia, io.BytesIO(), size=20_000_001, retention_days=395, now=clock.now())


def test_who_may_carry_which_bundle(take: Take, databases: Databases, issued: Issued, cast: Cast) -> None:
    ours = bundle(issued.install_id, issued.install_secret, _events(2))
    with pytest.raises(NotPermitted):
        take(cast.vera, ours)
    assert take(cast.otto, ours).accepted == 2, "the customer's own people may"
    with databases.control.write(SYSTEM) as session:
        asked: dict[str, Any] = {"term": "paid", "billing_period": "monthly", "now": clock.now()}
        theirs = issue(session, cast.system, cast.vendor, "pro", **asked)
    with pytest.raises(NotFound) as hidden:
        take(cast.otto, bundle(theirs.install_id, theirs.install_secret, _events(2)))
    with pytest.raises(NotFound) as absent:
        take(cast.otto, bundle("inst-thereisnosuchthing", "x", _events(2)))
    assert hidden.value.message.replace(theirs.install_id, "") == absent.value.message.replace(
        "inst-thereisnosuchthing", ""
    )


def test_another_bundle_under_the_same_id_is_refused(take: Take, issued: Issued, cast: Cast) -> None:
    named = {"bundleId": "0198f000-0000-7000-8000-0000000000AA"}
    take(cast.mia, bundle(issued.install_id, issued.install_secret, _events(2), **named))
    with pytest.raises(Conflict) as refused:
        take(cast.mia, bundle(issued.install_id, issued.install_secret, _events(3), **named))
    assert refused.value.code == "bundle_id_used"


def test_two_bundles_under_one_id_at_once_are_not_taken_for_one(
    take: Take, issued: Issued, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {"bundleId": "0198f000-0000-7000-8000-0000000000AB"}
    one, other = (bundle(issued.install_id, issued.install_secret, _events(many), **named) for many in (2, 3))
    looked, answers = threading.Barrier(2), list[object]()
    check = bundles.check_content

    def once_both_have_looked(*given: Any) -> None:
        check(*given)
        looked.wait(10)

    def carry(packed: bytes) -> None:
        try:
            answers.append(take(cast.mia, packed).accepted)
        except Conflict as refused:
            answers.append(refused.code)

    monkeypatch.setattr(bundles, "check_content", once_both_have_looked)
    uploads = [threading.Thread(target=carry, args=[packed]) for packed in (one, other)]
    for each in uploads:
        each.start()
    for each in uploads:
        each.join()
    assert "bundle_id_used" in answers
    assert set(answers) & {2, 3}


def test_neither_a_revoked_license_nor_a_choice_to_send_nothing_lets_one_in(
    take: Take, databases: Databases, issued: Issued, cast: Cast
) -> None:
    packed = bundle(issued.install_id, issued.install_secret, _events(2))
    with databases.control.write(SYSTEM) as session:
        opt_out(session, cast.otto, issued.install_id, reason="Our policy.", now=clock.now())
    with pytest.raises(NotPermitted) as off:
        take(cast.mia, packed)
    with databases.control.write(SYSTEM) as session:
        revoke(session, cast.system, issued.install_id, reason="test", now=clock.now())
    with pytest.raises(NotPermitted) as over:
        take(cast.mia, packed)
    assert (off.value.code, over.value.code) == ("telemetry_off", "license_revoked")


def test_its_beginning_is_what_the_manifest_shows(take: Take, databases: Databases, issued: Issued, cast: Cast) -> None:
    events = _events(2_000)
    take(cast.mia, bundle(issued.install_id, issued.install_secret, events))
    with databases.control.read(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
        found = manifest(control, telemetry, cast.otto, issued.install_id, retention_days=395, now=clock.now())
    assert found.last_payload is not None
    assert len(found.last_payload.body) == 64_000
    assert found.last_payload.text.startswith(json.dumps(events[0]))
    assert found.accepted == 2_000
