"""Workers killed in the middle of sending: nothing is lost, and what comes twice comes under its one id."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core import clock
from core.config import Settings
from core.databases import Databases
from core.notify.writes import send_mail
from db.models.notify import delivery, mail
from db.session import SYSTEM
from tests.cast import Cast
from tests.core.notify.conftest import configured
from tests.core.notify.postbox import postbox
from tests.core.notify.sending import added, happened
from tests.core.notify.test_mail import VALUES
from tests.loopback import vendor

PATIENCE_SECONDS = 60.0
MAILS = 8
ROUNDS = 3


@contextmanager
def _worker(current: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """Start a worker in a process of its own; it is killed with the block at the latest."""
    environment = {**os.environ, "CALOS_HOME": str(current.home), "DATABASE_URL": current.database_url}
    command = [sys.executable, "-m", "tests.core.notify.worker_process"]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3], env=environment) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.02)


@pytest.mark.slow
def test_no_mail_is_lost_and_none_comes_twice_but_those_on_their_way(
    databases: Databases, cast: Cast, test_settings: Settings
) -> None:
    with postbox() as box, configured(CALOS_SMTP_URL=box.url):
        box.delay = 0.5
        with databases.control.write(SYSTEM) as session:
            for number in range(MAILS):
                to = f"ada{number}@globex.test"
                send_mail(session, cast.globex, to=to, subject="S", template="notice", values=VALUES, now=clock.now())
        on_their_way = 0
        for _ in range(ROUNDS):
            before = len(box.envelopes)
            with _worker(test_settings):
                _until(lambda before=before: len(box.envelopes) > before)  # type: ignore[misc]  # bound now
            # Two at most are under way in one worker.
            on_their_way += 2
        box.delay = 0.0
        with _worker(test_settings):
            _until(lambda: _left(databases) == 0)
        received = Counter(str(one["Message-ID"]) for one in box.messages)
    with databases.control.read(SYSTEM) as session:
        sent = set(session.execute(select(mail.c.id).where(mail.c.state == "sent")).scalars())
    assert {one.partition("@")[0].strip("<") for one in received} == {str(one) for one in sent}
    assert len(sent) == MAILS
    assert sum(received.values()) - MAILS <= on_their_way


def _left(databases: Databases) -> int:
    with databases.control.read(SYSTEM) as session:
        waiting = select(func.count()).select_from(mail).where(mail.c.state == "waiting")
        return int(session.execute(waiting).scalar_one())


@pytest.mark.slow
def test_no_delivery_is_lost_and_the_receiver_can_tell_what_came_twice(
    databases: Databases, cast: Cast, test_settings: Settings
) -> None:
    with vendor(delay=0.5) as played, configured(CALOS_WEBHOOK_PRIVATE="1"):
        with databases.control.write(SYSTEM) as session:
            added(session, cast, played.url, clock.now())
            for _ in range(6):
                happened(session, cast, clock.now())
        for _ in range(ROUNDS):
            before = len(played.sent)
            with _worker(test_settings):
                _until(lambda before=before: len(played.sent) > before)  # type: ignore[misc]  # bound now
        played.delay = 0.0
        with _worker(test_settings):
            _until(lambda: _undelivered(databases) == 0)
        ids = {asked[2]["webhook-id"]: played.sent[at] for at, asked in enumerate(played.asked)}
        for at, asked in enumerate(played.asked):
            assert played.sent[at] == ids[asked[2]["webhook-id"]], "the same id is the same message"
    assert len(ids) == 6


def _undelivered(databases: Databases) -> int:
    with databases.control.read(SYSTEM) as session:
        waiting = select(func.count()).select_from(delivery).where(delivery.c.state != "delivered")
        return int(session.execute(waiting).scalar_one())
