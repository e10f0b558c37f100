"""Observations for tests: an installation as docs/security.md asks for, and any that Hypothesis can think of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from core.security.observed import (
    Customers,
    Guessing,
    KeyAge,
    Machine,
    Observed,
    PasswordRules,
    People,
    Review,
    Secrets,
    Sessions,
    Storage,
    Tables,
    Trail,
    Transport,
    Unusual,
    Verified,
)
from tests.conftest import NOW


@dataclass(frozen=True)
class Someone:
    """One person who can sign in."""

    staff: bool = True
    owner: bool = False
    admin: bool = False
    dormant: bool = False
    argon2: bool = True
    published: bool = False
    factor: bool = True


def count(people: Sequence[Someone]) -> People:
    """Return people as an observation counts them."""
    owners = [one for one in people if one.staff and one.owner]
    powerful = [one for one in people if one.staff and (one.owner or one.admin)]
    return People(
        total=len(people),
        staff=sum(one.staff for one in people),
        owners=len(owners),
        powerful=len(powerful),
        dormant=sum(one.dormant for one in people),
        argon2=sum(one.argon2 for one in people),
        published=sum(one.published for one in people),
        with_factor=sum(one.factor for one in people),
        powerful_with_factor=sum(one.factor for one in powerful),
        owners_with_factor=sum(one.factor for one in owners),
    )


def verified(hours_ago: float = 1, *, intact: bool = True, entries: int = 500) -> Verified:
    """Return a verification on record."""
    return Verified(NOW - timedelta(hours=hours_ago), "Calos", intact, 3, entries, 3, "" if intact else "Broken.")


WELL = Observed(
    at=NOW,
    people=count([Someone(owner=True), Someone(owner=True), Someone(), Someone(), Someone(staff=False)]),
    factor_offered=True,
    rules=PasswordRules(refuses_short=True, refuses_common=True),
    guessing=Guessing(wrong=6, locks=1),
    sessions=Sessions(seen=12),
    tables=Tables(tenant=40, login="calos_app"),
    customers=Customers(real=20, licenses=20),
    transport=Transport("https://calos.example", https=True, certificate_days=60, only_here=False),
    secrets=Secrets(length=64, different=40, key_files=5, environment_file=True),
    keys=(KeyAge("answers", 40),),
    storage=Storage(durable=(("fsync", True), ("full_page_writes", True)), checksums=True, oldest_event_days=100),
    trail=Trail(entries=900, sealed=5000, checkpoint=4990, verified=verified()),
    unusual=(),
    review=Review(NOW - timedelta(days=3), "adam@calos.test"),
    machine=Machine(locked=90, free_bytes=40_000_000_000, total_bytes=100_000_000_000),
)

people = st.builds(Someone, *[st.booleans()] * 7)
_few = st.integers(0, 30)
_unusual = st.builds(
    lambda days: Unusual("refused", NOW - timedelta(days=days), "sam", 5, "5 refused."), st.integers(0, 29)
)
_trails = st.builds(
    Trail,
    entries=_few,
    waiting=_few,
    waiting_seconds=st.integers(0, 600),
    sealed=_few,
    checkpoint=st.none() | _few,
    verified=st.none()
    | st.builds(verified, st.floats(0, 400), intact=st.booleans(), entries=st.sampled_from([0, 500])),
)


@st.composite
def observations(draw: st.DrawFn) -> Observed:
    """Return any installation that could be."""
    tenant, licenses, files, locked = draw(_few), draw(_few), draw(_few), draw(_few)
    seen = draw(_few)
    return Observed(
        at=NOW,
        people=count(draw(st.lists(people, max_size=12))),
        factor_offered=draw(st.booleans()),
        rules=PasswordRules(*draw(st.tuples(*[st.booleans()] * 4))),
        guessing=Guessing(draw(_few), draw(_few), draw(st.integers(0, 2))),
        sessions=Sessions(draw(st.integers(1, 1440)), draw(st.integers(1, 720)), seen, draw(st.integers(0, seen))),
        tables=Tables(tenant, tuple(f"t{n}" for n in range(draw(st.integers(0, tenant)))), "app", draw(st.booleans())),
        customers=Customers(draw(_few), draw(_few), licenses, draw(st.integers(0, licenses))),
        transport=Transport("http://x", draw(st.booleans()), draw(st.booleans()),
                            draw(st.none() | st.integers(-9, 90)), draw(st.booleans())),
        secrets=Secrets(draw(st.integers(0, 64)), draw(_few), files,
                        tuple(f"keys/{n}" for n in range(draw(st.integers(0, files)))),
                        *draw(st.tuples(*[st.booleans()] * 2))),
        keys=tuple(KeyAge("answers", days) for days in draw(st.lists(st.integers(0, 900), max_size=2))),
        storage=Storage(draw(st.booleans()), draw(st.booleans()),
                        tuple((name, draw(st.booleans())) for name in ("fsync", "full_page_writes")),
                        draw(st.booleans()), 395, draw(st.none() | st.integers(0, 900))),
        trail=draw(_trails),
        unusual=tuple(draw(st.lists(_unusual, max_size=3))),
        review=draw(st.none() | st.builds(lambda days: Review(NOW - timedelta(days=days), "adam"), st.integers(0, 90))),
        machine=Machine(locked, tuple(f"p{n}" for n in range(draw(st.integers(0, locked)))),
                        *draw(st.tuples(*[st.integers(0, 10**11)] * 2))),
    )  # fmt: skip
