"""Culture read from a real team's working times and a real web server's log, through telemetry's own write."""

import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ua_parser
from crawlerdetect import CrawlerDetect

from core.culture.estimate import Estimate
from core.culture.observing import observe
from core.culture.rhythm import WorkingHours, read_rhythm
from core.culture.stack import classify, read_stack
from core.culture.team import chao1
from core.culture.writes import recompute
from core.culture.zone import infer_offset
from core.telemetry.writes import ingest
from db.session import WriteSession
from tests.core.culture.conftest import Commit, MakeCustomer


def _sent(commits: Sequence[Commit], **also: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": f"c{number}",
            "ts": commit.at.isoformat(),
            "type": "feature_used",
            "feature": "repository",
            "user": commit.actor,
            **also,
        }
        for number, commit in enumerate(commits)
    ]


@pytest.fixture
def team(session: WriteSession, commits: list[Commit], customer: MakeCustomer) -> tuple[str, datetime, list[Commit]]:
    """Return an install fed with the team's last year, its now, and the commits of its last 28 days."""
    now = commits[-1].at.replace(microsecond=0)
    year = [commit for commit in commits if commit.at > now - timedelta(days=365)]
    made = customer("A real team")
    assert ingest(session, made.install_id, _sent(year), now=now).accepted == len(year)
    first = (now - timedelta(days=27)).date()
    return made.install_id, now, [commit for commit in year if commit.at.date() >= first]


def test_people_and_sessions_are_those_of_the_file(
    session: WriteSession, team: tuple[str, datetime, list[Commit]]
) -> None:
    install, now, month = team
    found = recompute(session, session, install, now=now)
    assert found.counts.events == len(month)
    assert found.team.seen == len({commit.actor for commit in month})
    minutes: dict[str, list[int]] = defaultdict(list)
    for commit in month:
        minutes[commit.actor].append(int(commit.at.timestamp() // 60))
    expected = sum(1 + sum(b - a > 30 for a, b in pairwise(sorted(at))) for at in minutes.values())
    assert found.sessions.count == expected
    assert found.sessions.sensitivity[0].count >= expected >= found.sessions.sensitivity[2].count


def _season(commits: Sequence[Commit], now: datetime) -> list[Commit]:
    """Return the commits of the twelve weeks of UTC days that end with the day of `now`."""
    return [commit for commit in _before(commits, now) if commit.at.date() >= now.date() - timedelta(days=83)]


def _before(commits: Sequence[Commit], now: datetime) -> list[Commit]:
    """Return the commits of a hundred days: an install that began before the twelve weeks."""
    return [commit for commit in commits if now - timedelta(days=100) < commit.at < now]


def test_working_hours_in_a_reported_zone_are_those_of_the_local_clocks(
    session: WriteSession, commits: list[Commit], customer: MakeCustomer
) -> None:
    # The author of most commits lives in US Mountain Time; his own offsets say when it was which hour for him.
    busiest = Counter(commit.actor for commit in commits).most_common(1)[0][0]
    now = datetime(2024, 11, 30, tzinfo=UTC)
    lived = [commit for commit in commits if commit.actor == busiest and commit.offset in {-6, -7}]
    own = _season(lived, now)
    made = customer("One author")
    ingest(session, made.install_id, _sent(_before(lived, now), tz="America/Denver"), now=now)
    found = read_rhythm(observe(session, made.install_id, now), 2)
    local = Counter((commit.at + timedelta(hours=commit.offset)).hour for commit in own)
    shown = np.array(found.heat).sum(axis=0)
    assert found.zone.basis == "reported"
    assert [local[hour] for hour in range(24)] == shown.tolist(), "the change of clocks lies within these weeks"
    assert isinstance(found.hours, WorkingHours)
    held = [(found.hours.start + i) % 24 for i in range(found.hours.length)]
    weekdays = [c for c in own if (c.at + timedelta(hours=c.offset)).weekday() in found.days]
    inside = sum((c.at + timedelta(hours=c.offset)).hour in held for c in weekdays)
    assert inside / len(weekdays) >= 0.8


def test_without_a_reported_zone_hours_stay_in_utc_and_the_offset_claimed_is_true(
    session: WriteSession, commits: list[Commit], customer: MakeCustomer
) -> None:
    now = datetime(2024, 11, 30, tzinfo=UTC)
    season = _season(commits, now)
    made = customer("Team without zone")
    ingest(session, made.install_id, _sent(_before(commits, now)), now=now)
    found = recompute(session, session, made.install_id, now=now).rhythm
    assert found.zone.name == "UTC"
    by_hour = Counter(commit.at.hour for commit in season)
    assert [by_hour[hour] for hour in range(24)] == np.array(found.heat).sum(axis=0).tolist()
    assert isinstance(found.zone.offset, Estimate)
    assert found.zone.offset.low is not None
    assert found.zone.offset.high is not None
    claimed = [c for c in season if found.zone.offset.low <= c.offset <= found.zone.offset.high]
    assert len(claimed) / len(season) > 0.5, "most of the team lives where it is said to live"


def _groups(commits: Sequence[Commit]) -> Iterator[list[Commit]]:
    """Yield each author's half-years of 200 commits and more."""
    halves: dict[tuple[str, int, bool], list[Commit]] = defaultdict(list)
    for commit in commits:
        halves[commit.actor, commit.at.year, commit.at.month > 6].append(commit)
    yield from (group for group in halves.values() if len(group) >= 200)


def test_offsets_claimed_for_single_authors_hold(commits: list[Commit]) -> None:
    claimed = held = 0
    for group in _groups(commits):
        week = np.zeros((7, 24))
        for commit in group:
            week[commit.at.weekday(), commit.at.hour] += 1
        at = sorted(commit.at.timestamp() for commit in group)
        found = infer_offset(week, len(at) / (1 + sum(b - a > 1_800 for a, b in pairwise(at))))
        if isinstance(found, Estimate):
            claimed += 1
            usual = Counter(commit.offset for commit in group).most_common(1)[0][0]
            held += (found.low or 0) <= usual <= (found.high or 0)
    assert claimed >= 8
    assert held / claimed >= 0.9


def test_chao_covers_the_people_that_a_sample_missed(commits: list[Commit]) -> None:
    # Of a quarter of the commits of 28 days: does the interval hold the number that the whole shows? (n = 50 windows)
    generator = np.random.default_rng(0)
    end, covered, estimates, seen = commits[-1].at, [], [], []
    for window in range(50):
        last = end - timedelta(days=28 * window)
        month = [commit for commit in commits if last - timedelta(days=28) < commit.at <= last]
        truth = len({commit.actor for commit in month})
        sample = {(c.actor, c.at.date()) for c in month if generator.random() < 0.25}
        found = chao1(list(Counter(actor for actor, _ in sample).values()))
        covered.append((found.low or 0) <= truth <= (found.high or 0))
        estimates.append(found.value / truth)
        seen.append(len({actor for actor, _ in sample}) / truth)
    assert float(np.mean(covered)) >= 0.85
    assert float(np.median(estimates)) > float(np.median(seen)) + 0.1, "nearer to the truth than the naive count"


def _agents(path: Path) -> Iterator[tuple[datetime, str]]:
    """Yield time and user agent of each whole line; a line without its last quote is cut off and left out."""
    whole = re.compile(r'\[(?P<at>[^\]]+)\].*"(?P<agent>[^"]*)"$')
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
        for line in file:
            found = whole.search(line.rstrip("\n"))
            if found:
                yield datetime.strptime(found["at"], "%d/%b/%Y:%H:%M:%S %z"), found["agent"]


@pytest.fixture
def log(shared_data: Path) -> list[tuple[datetime, str]]:
    """Return times and user agents of a public web server's log."""
    return list(_agents(shared_data / "apache" / "apache_logs.gz"))


def test_the_log_is_read_but_for_its_truncated_line(log: list[tuple[datetime, str]]) -> None:
    assert len(log) == 9_999


def test_a_real_logs_agents_become_the_stack(
    session: WriteSession, customer: MakeCustomer, now: datetime, log: list[tuple[datetime, str]]
) -> None:
    # Moved by whole weeks to the present: partitions of eleven years ago are refused, and rightly.
    made, moved = customer("A public web site"), (now - max(at for at, _ in log)) // timedelta(weeks=1)
    named = [(at + timedelta(weeks=moved), agent) for at, agent in log if agent != "-"]
    events = [
        {"id": f"l{number}", "ts": at.isoformat(), "type": "page_view", "ua": agent}
        for number, (at, agent) in enumerate(named)
    ]
    assert ingest(session, made.install_id, events, now=now).accepted == len(named)
    found = read_stack(observe(session, made.install_id, now))
    assert found.agents_n == len(named)
    bots = sum(classify(agent).kind == "bot" for _, agent in named)
    assert isinstance(found.bots_share, Estimate)
    assert found.bots_share.value == pytest.approx(bots / len(named))
    assert 0.2 < found.bots_share.value < 0.3, "crawlers are a quarter of this log"
    names = [part.name for part in found.clients]
    assert names[:2] == ["Chrome", "Firefox"]
    shares = [part.share.value for part in found.clients if isinstance(part.share, Estimate)]
    assert all(share >= 0.05 for share in shares)
    assert sum(shares) + found.others_share == pytest.approx(1)


def test_bots_are_what_either_list_knows_but_for_the_customers_own_programs(log: list[tuple[datetime, str]]) -> None:
    agents = {agent for _, agent in log}
    ours = {agent for agent in agents if classify(agent).kind == "bot"}
    spiders = {agent for agent in agents if (device := ua_parser.parse(agent).device) and device.family == "Spider"}
    crawlers = {agent for agent in agents if CrawlerDetect().is_crawler(agent)}
    programs = {agent for agent in agents if classify(agent).kind == "api_client"}
    assert ours == (spiders | crawlers) - programs
    assert len(crawlers - spiders) > 20, "ua-parser alone would take these for people"
