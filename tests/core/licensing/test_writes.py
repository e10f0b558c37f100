"""Licenses changed by people: legal transitions, permissions, what each change leaves behind."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from core.access.actor import Actor
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.ids import digest, new_id
from core.licensing import writes
from core.licensing.handover import hand_over, retire_installation, rotate_secret
from core.licensing.policy import Policy
from core.licensing.reads import License, license_by_install
from core.licensing.seats import release_seat
from core.licensing.status import Status
from core.licensing.transitions import LEGAL, Act, Standing
from core.organizations.reads import Organization, organization_by_id
from core.organizations.writes import create_organization
from db.models.access import audit_entry
from db.models.accounts import card_mark
from db.models.announce import outbox
from db.models.licensing import installation, seat_lease
from db.models.licensing import license as licenses
from db.session import WriteSession
from tests.cast import Cast

DAY = timedelta(days=1)
Issue = Callable[..., writes.Issued]


@pytest.fixture
def issue(session: WriteSession, cast: Cast, now: datetime) -> Issue:
    def given(actor: Actor = cast.sam, tier: str = "pro", **options: Any) -> writes.Issued:
        asked = {"term": "paid", "billing_period": "monthly", "now": now, **options}
        return writes.issue(session, actor, cast.globex, tier, **asked)

    return given


def act_on(session: WriteSession, actor: Actor, install_id: str, act: Act, now: datetime) -> License:
    if act in MADE_FIRST:
        MADE_FIRST[act](session, actor, install_id, now)
        return license_by_install(session, actor, install_id, now=now)
    if act is Act.RENEW:
        return writes.renew(session, actor, install_id, until=now + 400 * DAY, now=now)
    if act is Act.CHANGE_TIER:
        return writes.set_tier(session, actor, install_id, "enterprise", billing_period="annual", now=now)
    acts = {
        Act.SUSPEND: writes.suspend,
        Act.RESUME: writes.resume,
        Act.REVOKE: writes.revoke,
        Act.REINSTATE: writes.reinstate,
    }
    return acts[act](session, actor, install_id, reason="because", now=now)


def _somewhere(session: WriteSession, actor: Actor, name: str, now: datetime) -> Organization:
    made = create_organization(session, actor, name, now=now)
    return organization_by_id(session, actor, made)


def _hand_over(session: WriteSession, actor: Actor, install_id: str, now: datetime) -> None:
    to = _somewhere(session, actor, f"Stark {new_id()}", now)
    hand_over(session, actor, install_id, to, fresh=False, reason="sold", now=now)


def _retire(session: WriteSession, actor: Actor, install_id: str, now: datetime) -> None:
    held = license_by_install(session, actor, install_id, now=now)
    row = {"license_id": held.id, "fingerprint": "f", "organization_id": held.organization_id}
    session.execute(insert(installation).values(**row, activated_at=now, last_seen_at=now))
    retire_installation(session, actor, install_id, "f", reason="broken", now=now)


def _release(session: WriteSession, actor: Actor, install_id: str, now: datetime) -> None:
    held = license_by_install(session, actor, install_id, now=now)
    row = {"license_id": held.id, "holder": "ada", "organization_id": held.organization_id}
    session.execute(insert(seat_lease).values(**row, taken_at=now, renewed_at=now, expires_at=now + DAY))
    release_seat(session, actor, install_id, "ada", reason="left", now=now)


def _rotate(session: WriteSession, actor: Actor, install_id: str, now: datetime) -> None:
    rotate_secret(session, actor, install_id, reason="leaked", now=now)


def _rule(session: WriteSession, actor: Actor, install_id: str, now: datetime) -> None:
    held = license_by_install(session, actor, install_id, now=now)
    writes.update_policy(session, actor, install_id, {"max_seats": (held.max_seats or 0) + 1}, now=now)


# Acts that need something to be there first, or another value each time.
MADE_FIRST: dict[Act, Callable[[WriteSession, Actor, str, datetime], None]] = {
    Act.CHANGE_POLICY: _rule,
    Act.TRANSFER: _hand_over,
    Act.RETIRE_INSTALLATION: _retire,
    Act.RELEASE_SEAT: _release,
    Act.ROTATE_SECRET: _rotate,
}
# A trial is converted by its tier and price together: tests/core/accounts/test_transfers.py.
HERE = [act for act in Act if act is not Act.CONVERT]
WAY_TO: dict[Standing, list[Act]] = {
    Standing.IN_FORCE: [],
    Standing.SUSPENDED: [Act.SUSPEND],
    Standing.REVOKED: [Act.SUSPEND, Act.REVOKE],
}


@pytest.mark.parametrize("act", HERE)
@pytest.mark.parametrize("standing", list(Standing))
def test_every_act_in_every_standing(
    session: WriteSession, cast: Cast, issue: Issue, now: datetime, standing: Standing, act: Act
) -> None:
    install_id = issue(expires_at=now + 10 * DAY).install_id
    for step in WAY_TO[standing]:
        act_on(session, cast.adam, install_id, step, now)
    before = license_by_install(session, cast.adam, install_id, now=now)
    if act not in LEGAL[standing]:
        with pytest.raises(Conflict, match=r"is .*\. ?") as refused:
            act_on(session, cast.adam, install_id, act, now)
        assert refused.value.code == "illegal_transition"
        assert license_by_install(session, cast.adam, install_id, now=now) == before
        return
    after = act_on(session, cast.adam, install_id, act, now)
    assert after.state_version == before.state_version + 1
    entry = session.execute(
        select(audit_entry).where(audit_entry.c.target_id == install_id).order_by(audit_entry.c.id.desc()).limit(1)
    ).one()
    assert entry.organization_id == after.organization_id
    assert entry.actor_id == cast.adam.id
    assert entry.before != entry.after
    news = session.execute(
        select(outbox.c.data).where(outbox.c.data["installId"].astext == install_id).order_by(outbox.c.id.desc())
    ).scalars()
    assert next(iter(news))["kind"] == entry.action
    assert session.execute(select(card_mark.c.marked_at).where(card_mark.c.organization_id == cast.globex)).scalar()


def test_only_these_acts_are_legal() -> None:
    kept = {"REVOKE", "RENEW", "CHANGE_TIER", "CONVERT", "CHANGE_POLICY", "TRANSFER", "ROTATE_SECRET"}
    kept |= {"RETIRE_INSTALLATION", "RELEASE_SEAT"}
    assert {act.name for act in LEGAL[Standing.IN_FORCE]} == kept | {"SUSPEND"}
    assert {act.name for act in LEGAL[Standing.SUSPENDED]} == kept | {"RESUME"}
    assert {act.name for act in LEGAL[Standing.REVOKED]} == {"REINSTATE"}


def test_reinstating_brings_back_what_was_before(
    session: WriteSession, cast: Cast, issue: Issue, now: datetime
) -> None:
    install_id = issue().install_id
    for act in (Act.SUSPEND, Act.REVOKE):
        act_on(session, cast.adam, install_id, act, now)
    back = act_on(session, cast.adam, install_id, Act.REINSTATE, now)
    assert (back.status, back.revoke_reason) == (Status.SUSPENDED, None)


def test_who_may_do_what(session: WriteSession, cast: Cast, issue: Issue, now: datetime) -> None:
    install_id = issue(actor=cast.sam).install_id
    for actor in (cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            issue(actor=actor)
    for act in (Act.SUSPEND, Act.RESUME, Act.REVOKE, Act.REINSTATE):
        for actor in (cast.sam, cast.mia, cast.vera, cast.otto):
            with pytest.raises(NotPermitted):
                act_on(session, actor, install_id, act, now)
        act_on(session, cast.fiona, install_id, act, now)
    for actor in (cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            act_on(session, actor, install_id, Act.CHANGE_TIER, now)
    assert act_on(session, cast.sam, install_id, Act.CHANGE_TIER, now).tier_id == "enterprise"


def test_the_secret_is_shown_once(session: WriteSession, issue: Issue) -> None:
    issued = issue()
    row = session.execute(select(licenses).where(licenses.c.id == issued.license_id)).one()
    assert row.secret_digest == digest(issued.install_secret)
    assert issued.install_secret not in str(row._mapping)
    entries = session.execute(select(audit_entry.c.after).where(audit_entry.c.target_id == issued.install_id)).scalars()
    told = session.execute(select(outbox.c.data)).scalars()
    assert issued.install_secret not in str([*entries, *told])


def test_terms(session: WriteSession, cast: Cast, issue: Issue, now: datetime) -> None:
    def made(**options: Any) -> License:
        return license_by_install(session, cast.sam, issue(**options).install_id, now=now)

    trial = made(term="trial", trial_days=14)
    assert (trial.expires_at, trial.status) == (now + 14 * DAY, Status.ACTIVE)
    assert made(term="paid").expires_at is None
    assert made(term="paid", expires_at=now + 30 * DAY).expires_at == now + 30 * DAY
    free = made(tier="free", term="free", expires_at=now + 30 * DAY)
    assert (free.expires_at, free.billing_period) == (None, None)
    late = made(term="trial", trial_days=3, starts_at=now + DAY)
    assert late.expires_at == now + 4 * DAY


def test_a_trial_converts_by_its_tier(session: WriteSession, cast: Cast, issue: Issue, now: datetime) -> None:
    trial = issue(term="trial", trial_days=14, billing_period=None)
    with pytest.raises(InvalidInput, match="billed"):
        writes.set_tier(session, cast.sam, trial.install_id, "pro", now=now)
    paid = writes.set_tier(session, cast.sam, trial.install_id, "pro", billing_period="annual", now=now)
    assert (paid.term, paid.expires_at, paid.converted_at, paid.billing_period) == ("paid", None, now, "annual")
    with pytest.raises(Conflict, match="already"):
        writes.set_tier(session, cast.sam, trial.install_id, "pro", now=now)
    free = writes.set_tier(session, cast.sam, trial.install_id, "free", now=now)
    assert (free.term, free.billing_period, free.converted_at) == ("free", None, now)


def test_renewals_only_move_the_end_away(session: WriteSession, cast: Cast, issue: Issue, now: datetime) -> None:
    install_id = issue(expires_at=now + 10 * DAY).install_id
    for until in (now + 10 * DAY, now - DAY):
        with pytest.raises(InvalidInput, match="later"):
            writes.renew(session, cast.sam, install_id, until=until, now=now)
    assert writes.renew(session, cast.sam, install_id, until=None, now=now).expires_at is None
    with pytest.raises(Conflict, match="nothing to renew"):
        writes.renew(session, cast.sam, install_id, until=now + 30 * DAY, now=now)


@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("tier", {"tier": "gold"}),
        ("trialDays", {"term": "trial"}),
        ("trialDays", {"term": "trial", "trial_days": 0}),
        ("trialDays", {"term": "trial", "trial_days": 366}),
        ("billingPeriod", {"billing_period": None}),
        ("expiresAt", {"expires_at": datetime.fromisoformat("2020-01-01T00:00:00Z")}),
        ("notes", {"notes": "x" * 20_001}),
        ("installId", {"install_id": "a b c d e f"}),
        ("maxInstalls", {"policy": Policy(max_installs=0)}),
        ("maxSeats", {"policy": Policy(max_seats=2**31)}),
        ("checkInInterval", {"policy": Policy(check_in_days=366)}),
        ("domains", {"policy": Policy(domains=("a.com", "b.com", "c.com"))}),
        ("domains", {"policy": Policy(domains=("not a host",))}),
        ("entitlements", {"policy": Policy(entitlements=("Not OK",))}),
        ("versions", {"policy": Policy(versions="about 3")}),
        ("overage", {"policy": Policy(overage="3x")}),  # type: ignore[arg-type]  # as a door may hand it on
        ("expiryStrategy", {"policy": Policy(expiry_strategy="hope")}),  # type: ignore[arg-type]  # likewise
        ("seatHeartbeatSeconds", {"policy": Policy(seat_heartbeat_seconds=59)}),
        ("seatHeartbeatSeconds", {"policy": Policy(seat_heartbeat_seconds=86_401)}),
    ],
)
def test_what_cannot_be_issued_says_which_field(issue: Issue, field: str, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        issue(**options)
    assert refused.value.field == field


def test_a_taken_install_id_is_refused(issue: Issue) -> None:
    assert issue(install_id="demo-install-abc123456789abcdef").install_id == "demo-install-abc123456789abcdef"
    with pytest.raises(Conflict, match="taken"):
        issue(install_id="demo-install-abc123456789abcdef")


def test_acts_need_a_reason_and_a_license(session: WriteSession, cast: Cast, issue: Issue, now: datetime) -> None:
    with pytest.raises(InvalidInput, match="why"):
        writes.revoke(session, cast.adam, issue().install_id, reason=" ", now=now)
    with pytest.raises(NotFound):
        writes.revoke(session, cast.adam, "inst-nobody", reason="gone", now=now)
