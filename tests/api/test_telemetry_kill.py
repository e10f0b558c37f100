"""Kill -9 of API, worker and PostgreSQL in the middle of ingest: what was acknowledged is there, once (T1)."""

import asyncio

import pytest

from tests.bench import kills

KILLS, EVENTS = 3, 1_500


@pytest.mark.slow
def test_kill_9_in_the_middle_loses_nothing_acknowledged_and_counts_nothing_twice() -> None:
    """The short form of `python -m tests.bench.kills`, where the long one kills fifty times each."""
    with kills.opened() as rig:
        report = asyncio.run(kills.killed(rig, KILLS, EVENTS))
    assert report.kills == dict.fromkeys(kills.VICTIMS, KILLS)
    assert report.acknowledged >= EVENTS
    assert (report.lost, report.strange, report.wrong_roll_ups) == (0, 0, 0)
