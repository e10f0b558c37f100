"""The smaller rules: versions, domains, and the status in Python and in SQL."""

from datetime import datetime, timedelta
from itertools import pairwise, product

import pytest
from sqlalchemy import insert, select

from core.errors import InvalidInput
from core.ids import new_id
from core.licensing import hosts, versions
from core.licensing.status import Status, status, status_condition, status_expression
from db.models.licensing import license as licenses
from db.session import WriteSession
from tests.cast import Cast

# The example of semver.org, item 11, then ours.
PRECEDENCE = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.2",
    "1.10",
    "2024.1",
]


def test_versions_sort_by_precedence() -> None:
    parsed = [versions.parse(text) for text in PRECEDENCE]
    assert all(lower is not None and higher is not None and lower < higher for lower, higher in pairwise(parsed))
    assert versions.parse("v1") == versions.parse("1.0.0") == versions.parse("1.0.0+7")


@pytest.mark.parametrize("text", ["", "x", "1..2", "1.2-", "1.2.3.4.5.6.7", "-1", "１.2", "9999999999", "1" * 400])
def test_what_is_no_version_is_none(text: str) -> None:
    assert versions.parse(text) is None


@pytest.mark.parametrize("text", ["", ">=", "~1.2", ">=1, ", "latest", ">=1 <2"])
def test_a_range_that_cannot_be_read_is_refused_when_it_is_set(text: str) -> None:
    with pytest.raises(InvalidInput, match="comparison of versions"):
        versions.checked(text)


@pytest.mark.parametrize("pattern", ["", "*", "*.", "a b", "-a.com", "a..com", "*.*.com", "http://a.com", "a" * 254])
def test_what_is_no_domain_is_refused_when_it_is_set(pattern: str) -> None:
    with pytest.raises(InvalidInput, match="no domain"):
        hosts.checked(pattern)


def test_domains_are_kept_normalized() -> None:
    assert hosts.checked("*.Bücher.example") == "*.xn--bcher-kva.example"
    assert hosts.covers(("*.xn--bcher-kva.example",), "Shop.BÜCHER.example:443")


def test_python_and_sql_agree_on_the_status(session: WriteSession, cast: Cast, now: datetime) -> None:
    day, second = timedelta(days=1), timedelta(seconds=1)
    expected: dict[str, Status] = {}
    maybe: list[datetime | None] = [None, now]
    ends = [None, now - day, now, now + second, now + 3 * day, now + 3 * day + second]
    check_ins = [None, now, now - 90 * day, now - 90 * day - second]
    issues = [now, now - 90 * day, now - 91 * day]
    for number, (revoked, suspended, end, check_in, issued) in enumerate(
        product(maybe, maybe, ends, check_ins, issues)
    ):
        install_id = f"status-{number}"
        dates = {
            "revoked_at": revoked,
            "suspended_at": suspended,
            "expires_at": end,
            "issued_at": issued,
            "last_check_in_at": check_in,
        }
        row = {"id": new_id(), "organization_id": cast.globex, "install_id": install_id, "secret_digest": b"-"}
        session.execute(insert(licenses).values(**row, tier_id="pro", term="paid", starts_at=issued, **dates))
        expected[install_id] = status(**dates, now=now)  # type: ignore[arg-type]  # issued_at is never None here
    mine = licenses.c.install_id.like("status-%")
    found = session.execute(select(licenses.c.install_id, status_expression(now).label("word")).where(mine))
    assert {row.install_id: Status(row.word) for row in found} == expected
    assert set(expected.values()) == set(Status)
    for one in Status:
        by_condition = select(licenses.c.install_id).where(mine, status_condition(one, now))
        assert set(session.execute(by_condition).scalars()) == {key for key, value in expected.items() if value is one}
