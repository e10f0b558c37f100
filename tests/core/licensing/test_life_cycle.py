"""What becomes of a standing license: its policy changed, its term renewed, an installation retired, its secret new."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.ids import digest
from core.licensing import writes
from core.licensing.handover import retire_installation, rotate_secret
from core.licensing.policy import Policy, ceiling, interval_days
from core.licensing.reads import License, installations, license_by_install
from core.licensing.renewals import renewed_until
from core.licensing.transitions import LEGAL, Act, Standing
from core.licensing.transitions import standing as standing_of
from db.models.access import audit_entry
from db.models.licensing import installation
from db.models.licensing import license as licenses
from db.session import WriteSession
from tests.cast import Cast
from tests.core.licensing.test_writes import HERE, act_on

DAY = timedelta(days=1)
Issue = Callable[..., writes.Issued]


@pytest.fixture
def issue(session: WriteSession, cast: Cast, now: datetime) -> Issue:
    def given(tier: str = "pro", **options: Any) -> writes.Issued:
        asked = {"term": "paid", "billing_period": "monthly", "now": now, **options}
        return writes.issue(session, cast.sam, cast.globex, tier, **asked)

    return given


def last_entry(session: WriteSession, install_id: str) -> Any:
    newest = select(audit_entry).where(audit_entry.c.target_id == install_id).order_by(audit_entry.c.id.desc())
    return session.execute(newest.limit(1)).one()


def test_a_policy_is_changed_rule_by_rule(session: WriteSession, cast: Cast, issue: Issue, now: datetime) -> None:
    rules = Policy(max_seats=5, domains=("acme.example",), overage="1.5x")
    made = issue(policy=rules)
    changes = {"max_seats": None, "domains": ("*.Acme.example",), "check_in_days": 7, "overage": "1.5x"}
    after = writes.update_policy(session, cast.sam, made.install_id, changes, reason="they grow", now=now)
    assert writes.policy_of(after) == Policy(domains=("*.acme.example",), overage="1.5x", check_in_days=7)
    entry = last_entry(session, made.install_id)
    assert (entry.action, entry.reason) == ("license.policy_changed", "they grow")
    assert entry.before == {"max_seats": 5, "domains": ["acme.example"], "check_in_days": None}
    assert entry.after == {"max_seats": None, "domains": ["*.acme.example"], "check_in_days": 7}
    with pytest.raises(Conflict, match="nothing was changed") as same:
        writes.update_policy(session, cast.sam, made.install_id, changes, now=now)
    assert same.value.code == "same_policy"


def test_a_policy_that_cannot_be_says_which_rule(
    session: WriteSession, cast: Cast, issue: Issue, now: datetime
) -> None:
    made = issue()
    for field, changes in (
        ("maxInstalls", {"max_installs": 0}),
        ("overage", {"overage": "3x"}),
        ("domains", {"domains": ("a.example", "b.example", "c.example")}),
        ("seatHeartbeatSeconds", {"seat_heartbeat_seconds": 1}),
    ):
        with pytest.raises(InvalidInput) as refused:
            writes.update_policy(session, cast.sam, made.install_id, changes, now=now)
        assert refused.value.field == field
    for actor in (cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            writes.update_policy(session, actor, made.install_id, {"max_seats": 1}, now=now)


def test_a_rule_of_a_larger_tier_stays_until_it_is_changed(
    session: WriteSession, cast: Cast, issue: Issue, now: datetime
) -> None:
    many = tuple(f"site{n}.example" for n in range(5))
    made = issue("enterprise", policy=Policy(domains=many))
    writes.set_tier(session, cast.sam, made.install_id, "pro", billing_period="monthly", now=now)
    after = writes.update_policy(session, cast.sam, made.install_id, {"max_seats": 3}, now=now)
    assert (after.domains, after.max_seats) == (many, 3)
    with pytest.raises(InvalidInput, match="domains"):
        writes.update_policy(session, cast.sam, made.install_id, {"domains": many[1:]}, now=now)


@pytest.mark.parametrize(
    ("given_as", "days"), [(None, None), (1, 1), (365, 365), ("day", 1), ("Week", 7), (" month ", 30), ("year", 365)]
)
def test_intervals(given_as: int | str | None, days: int | None) -> None:
    assert interval_days(given_as) == days


@pytest.mark.parametrize("wrong", [0, 366, -1, "", "fortnight", "7"])
def test_what_is_no_interval_is_refused(wrong: int | str) -> None:
    with pytest.raises(InvalidInput, match="interval") as refused:
        interval_days(wrong)
    assert refused.value.field == "checkInInterval"


@pytest.mark.parametrize(
    ("sold", "quarter", "half", "double"), [(1, 1, 1, 2), (2, 2, 3, 4), (3, 3, 4, 6), (4, 5, 6, 8), (10, 12, 15, 20)]
)
def test_overage_is_rounded_down(sold: int, quarter: int, half: int, double: int) -> None:
    assert [ceiling(sold, mode) for mode in ("deny", "1.25x", "1.5x", "2x", "allow")] == [
        sold,
        quarter,
        half,
        double,
        None,
    ]


AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("end", "period", "days", "strategy", "until"),
    [
        (AT + 10 * DAY, "monthly", None, "from_now_if_expired", datetime(2027, 1, 10, 12, tzinfo=UTC)),
        (AT + 10 * DAY, "monthly", None, "from_expiry", datetime(2027, 1, 10, 12, tzinfo=UTC)),
        (AT + 10 * DAY, "quarterly", None, "from_now", datetime(2027, 2, 28, 12, tzinfo=UTC)),
        (AT - 10 * DAY, "monthly", None, "from_now_if_expired", datetime(2026, 12, 30, 12, tzinfo=UTC)),
        (AT - 10 * DAY, "monthly", None, "from_expiry", datetime(2026, 12, 20, 12, tzinfo=UTC)),
        (AT - 10 * DAY, "annual", 5, "from_now", AT + 5 * DAY),
        (AT, None, 14, "from_now_if_expired", AT + 14 * DAY),
    ],
)
def test_renewals(end: datetime, period: str | None, days: int | None, strategy: str, until: datetime) -> None:
    assert renewed_until(end, period, days=days, strategy=strategy, now=AT) == until


def test_renewals_that_would_take_something_away_are_refused() -> None:
    def code(end: datetime, **asked: Any) -> str:
        with pytest.raises((Conflict, InvalidInput)) as refused:
            renewed_until(end, **{"billing_period": "monthly", "days": None, "now": AT, **asked})
        return refused.value.field or refused.value.code

    assert code(AT - 40 * DAY, strategy="from_expiry") == "renewal_over"
    assert code(AT + 40 * DAY, strategy="from_now") == "renewal_shortens"
    assert code(AT, strategy="sometime") == "strategy"
    assert code(AT, strategy="from_now", days=0) == "days"
    assert code(AT, strategy="from_now", billing_period=None) == "days"
    assert code(datetime(9999, 12, 31, tzinfo=UTC), strategy="from_expiry") == "strategy"


@given(
    ago=st.integers(-900, 900),
    days=st.none() | st.integers(1, 3_650),
    period=st.sampled_from(["monthly", "quarterly", "annual"]),
    strategy=st.sampled_from(["from_expiry", "from_now", "from_now_if_expired"]),
)
def test_a_renewal_always_gives_more(ago: int, days: int | None, period: str, strategy: str) -> None:
    end = AT - ago * DAY
    try:
        until = renewed_until(end, period, days=days, strategy=strategy, now=AT)
    except Conflict:
        assert strategy != "from_now_if_expired"
    else:
        assert until > max(end, AT)


def test_a_license_is_renewed_by_its_period_and_a_trial_by_days(
    session: WriteSession, cast: Cast, issue: Issue, now: datetime
) -> None:
    paid = issue(expires_at=now + 10 * DAY, billing_period="annual")
    assert writes.extend(session, cast.sam, paid.install_id, now=now).expires_at == datetime(
        2027, 12, 1, 12, tzinfo=UTC
    )
    trial = issue(term="trial", trial_days=14, billing_period="annual")
    with pytest.raises(InvalidInput, match="days"):
        writes.extend(session, cast.sam, trial.install_id, now=now)
    assert writes.extend(session, cast.sam, trial.install_id, days=7, now=now).expires_at == now + 21 * DAY
    with pytest.raises(Conflict, match="nothing to renew"):
        writes.extend(session, cast.sam, issue().install_id, now=now)


def test_a_retired_installation_frees_its_place(session: WriteSession, cast: Cast, issue: Issue, now: datetime) -> None:
    made = issue()
    for fingerprint in ("", "f"):
        row = {"license_id": made.license_id, "fingerprint": fingerprint, "organization_id": cast.globex}
        session.execute(insert(installation).values(**row, version="4.1", activated_at=now, last_seen_at=now))
    retire_installation(session, cast.sam, made.install_id, "", reason="moved away", now=now)
    left = installations(session, cast.sam, made.install_id, now=now)
    assert [one.fingerprint for one in left] == ["f"]
    entry = last_entry(session, made.install_id)
    assert (entry.action, entry.before["version"]) == ("license.installation_retired", "4.1")
    with pytest.raises(NotFound, match="unnamed"):
        retire_installation(session, cast.sam, made.install_id, "", reason="again", now=now)
    with pytest.raises(InvalidInput, match="why"):
        retire_installation(session, cast.sam, made.install_id, "f", reason=" ", now=now)


def test_a_new_secret_is_shown_once_and_kept_nowhere(
    session: WriteSession, cast: Cast, issue: Issue, now: datetime
) -> None:
    made = issue()
    secret = rotate_secret(session, cast.sam, made.install_id, reason="it leaked", now=now)
    kept = session.execute(select(licenses.c.secret_digest).where(licenses.c.id == made.license_id)).scalar_one()
    assert kept == digest(secret) != digest(made.install_secret)
    entry = last_entry(session, made.install_id)
    assert secret not in str(entry)
    for actor in (cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            rotate_secret(session, actor, made.install_id, reason="x", now=now)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(acts=st.lists(st.sampled_from(HERE), min_size=1, max_size=8))
def test_any_sequence_of_acts_is_legal_by_the_table_or_changes_nothing(
    session: WriteSession, cast: Cast, issue: Issue, now: datetime, acts: list[Act]
) -> None:
    install_id = issue(expires_at=now + 10 * DAY).install_id
    expected, suspended = Standing.IN_FORCE, False
    for turn, act in enumerate(acts):
        at = now + turn * timedelta(seconds=1)
        before, entries = license_by_install(session, cast.adam, install_id, now=at), audited(session, install_id)
        legal = act in LEGAL[expected]
        # Those two may be legal and still find nothing to do: an end that is reached, the tier it is on already.
        may_be_idle = act in {Act.RENEW, Act.CHANGE_TIER}
        refused = refusal(session, cast, install_id, act, at)
        if refused is not None:
            assert not legal or may_be_idle
            assert legal or refused == "illegal_transition"
            assert license_by_install(session, cast.adam, install_id, now=at) == before
            assert audited(session, install_id) == entries
            continue
        assert legal
        after = license_by_install(session, cast.adam, install_id, now=at)
        assert after.state_version == before.state_version + 1
        assert audited(session, install_id) > entries
        suspended = {Act.SUSPEND: True, Act.RESUME: False}.get(act, suspended)
        back = Standing.SUSPENDED if suspended else Standing.IN_FORCE
        expected = Standing.REVOKED if act is Act.REVOKE else back
        assert found(after) is expected


def refusal(session: WriteSession, cast: Cast, install_id: str, act: Act, at: datetime) -> str | None:
    try:
        with session.connection.begin_nested():
            act_on(session, cast.adam, install_id, act, at)
    except Conflict as refused:
        return refused.code
    return None


def found(held: License) -> Standing:
    return standing_of(held.revoked_at, held.suspended_at)


def audited(session: WriteSession, install_id: str) -> int:
    mine = audit_entry.c.target_id == install_id
    return int(session.execute(select(func.count()).select_from(audit_entry).where(mine)).scalar_one())
