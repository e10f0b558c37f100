"""The spool: within its bounds, by itself, from many threads and processes at once."""

import threading
from pathlib import Path

from calos import Bounds
from calos.outbox import QUEUE_LINES, Outbox
from calos.spool import Spool

from tests.client.python.conftest import Site, wait_until
from tests.client.python.test_telemetry import kept, sent, spooled


def test_the_spool_keeps_to_its_bounds_and_drops_the_oldest(site: Site) -> None:
    telemetry = site.telemetry(bounds=Bounds(max_bytes=20_000, max_lines=1_000))
    site.way.mode = "reset"
    for number in range(1_000):
        telemetry.track("login", feature=f"f{number}")
        if number % 50 == 0:
            telemetry.sync()
    telemetry.sync()
    assert len(spooled(site.folder)) <= 20_000
    assert telemetry.dropped > 0
    assert telemetry.dropped + telemetry.pending() == 1_000
    site.way.mode = "pass"
    telemetry.close(0.0)
    assert site.telemetry().flush()
    features = {event["feature"] for event in kept(site)}
    assert "f999" in features
    assert "f0" not in features


def test_the_spool_keeps_to_its_count(site: Site) -> None:
    telemetry = site.telemetry(bounds=Bounds(max_lines=40))
    for _ in range(500):
        telemetry.track("login")
    telemetry.sync()
    assert telemetry.pending() <= 40
    assert telemetry.dropped + telemetry.pending() == 500


def test_memory_is_bounded_while_nobody_writes() -> None:
    outbox = Outbox(Spool(Path("/proc/nowhere"), Bounds()), None, name="test", flush_seconds=1.0)
    outbox._writer.stop(0.0)
    for _ in range(QUEUE_LINES + 5):
        outbox.put(b"{}")
    assert (len(outbox._queue), outbox.dropped) == (QUEUE_LINES, 5)


def test_events_leave_by_themselves_and_full_batches_at_once(site: Site) -> None:
    telemetry = site.telemetry(flush_seconds=0.05)
    telemetry.track("login")
    wait_until(lambda: sent(site.way))
    lazy = site.telemetry()
    lazy.track("first")
    lazy._outbox._begun = True
    for _ in range(600):
        lazy.track("login")
    wait_until(lambda: sum(len(envelope["events"]) for envelope in sent(site.way)) >= 500)


def test_many_threads_lose_and_double_nothing(site: Site) -> None:
    telemetry = site.telemetry(flush_seconds=0.02)

    def work(name: int) -> None:
        for number in range(100):
            telemetry.track("login", feature=f"{name}-{number}")

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: telemetry.flush() and telemetry.pending() == 0)
    arrived = [event["id"] for envelope in sent(site.way) for event in envelope["events"]]
    assert len(arrived) == len(set(arrived)) == 800
    assert telemetry.dropped == 0


def test_two_processes_share_a_folder_without_sending_twice(site: Site) -> None:
    one, two = site.telemetry(), site.telemetry()
    for number in range(300):
        (one if number % 2 else two).track("login", feature=f"f{number}")
    one.sync()
    two.sync()
    threads = [threading.Thread(target=telemetry.flush) for telemetry in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: one.flush() and two.flush())
    arrived = [event["id"] for envelope in sent(site.way) for event in envelope["events"]]
    assert len(arrived) == len(set(arrived)) == 300
