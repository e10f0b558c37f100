"""A move from beginning to end: reconciled count by count, repeatable, and whole or not at all."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.access.actor import Actor, system_actor
from core.errors import InvalidInput, NotPermitted
from core.imports.keygen import console
from core.imports.keygen.plan import Plan
from core.imports.keygen.reconcile import reconcile
from core.imports.keygen.writes import take_over, trust, what_is_new
from core.licensing.foreign_keys import read_public_key
from core.licensing.reads import installations, license_by_install
from db.models.licensing import license as licenses
from db.models.organizations import organization
from db.session import WriteSession
from tests.cast import Cast
from tests.conftest import NOW
from tests.core.imports.keygen.made import PUBLIC_HEX, save
from tests.core.imports.keygen.test_plan import plan


@pytest.fixture
def vendor(cast: Cast) -> Actor:
    return system_actor(cast.vendor)


def test_counts_agree_and_every_other_status_is_named(session: WriteSession, vendor: Actor) -> None:
    whole = plan()
    take_over(session, vendor, what_is_new(session, whole), now=NOW)
    found = reconcile(session, whole, now=NOW)
    assert [(line.what, line.exported, line.refused, line.here) for line in found.lines] == [
        ("licenses", 7, 4, 3),
        ("installations", 5, 3, 2),
        ("entitlements granted", 3, 0, 3),
    ]
    assert found.agrees
    assert found.other_status == ()
    held = license_by_install(session, vendor, "keygen-l-one", now=NOW)
    assert (held.organization_name, held.tier_id, held.max_installs) == ("Ada & Sons", "pro", 5)
    assert held.issued_at.isoformat().startswith("2025-03-01T09:00")
    assert {one.fingerprint for one in installations(session, vendor, "keygen-l-one", now=NOW)} == {
        "aa:bb:01",
        "aa:bb:02",
    }


def test_a_second_run_adds_nothing_and_agrees_still(session: WriteSession, vendor: Actor) -> None:
    whole = plan()
    take_over(session, vendor, what_is_new(session, whole), now=NOW)
    before = session.execute(select(func.count()).select_from(licenses)).scalar_one()
    again = what_is_new(session, whole)
    assert again.licenses == ()
    take_over(session, vendor, again, now=NOW)
    assert session.execute(select(func.count()).select_from(licenses)).scalar_one() == before
    assert reconcile(session, whole, now=NOW).agrees


def test_licenses_of_one_customer_share_it(session: WriteSession, vendor: Actor) -> None:
    take_over(session, vendor, what_is_new(session, plan()), now=NOW)
    named = select(func.count()).select_from(organization).where(organization.c.name == "Ada GmbH")
    assert session.execute(named).scalar_one() == 1
    owners = {
        license_by_install(session, vendor, f"keygen-{one}", now=NOW).organization_id for one in ("l-two", "l-three")
    }
    assert len(owners) == 1


def test_a_key_that_a_license_has_already_is_refused(session: WriteSession, vendor: Actor) -> None:
    whole = plan()
    take_over(session, vendor, what_is_new(session, whole), now=NOW)
    other = Plan(
        tuple(
            type(one)(**{**vars(one), "id": f"x-{one.id}", "install_id": f"keygen-x-{one.id}"})
            for one in whole.licenses
        ),
        (),
        whole.read,
    )
    new = what_is_new(session, other)
    assert new.licenses == ()
    assert {one.sentence for one in new.differences} == {"A license here proves itself with this key already."}


def test_a_status_that_is_another_is_named(session: WriteSession, vendor: Actor) -> None:
    whole = plan()
    odd = Plan(tuple(type(one)(**{**vars(one), "status": "INACTIVE"}) for one in whole.licenses[:1]), (), whole.read)
    take_over(session, vendor, odd, now=NOW)
    [told] = reconcile(session, odd, now=NOW).other_status
    assert told.sentence == "It was inactive there and is active here."


def test_trusting_a_key_twice_is_trusting_it(session: WriteSession, vendor: Actor, cast: Cast) -> None:
    key = read_public_key(PUBLIC_HEX)
    assert trust(session, vendor, key, "Keygen", now=NOW)
    assert not trust(session, vendor, key, "Keygen", now=NOW)
    with pytest.raises(NotPermitted):
        trust(session, cast.sam, key, "Keygen", now=NOW)
    with pytest.raises(NotPermitted):
        take_over(session, cast.otto, plan(), now=NOW)


def test_the_command_refuses_what_is_no_folder_and_what_is_no_key(session: WriteSession, tmp_path: Path) -> None:
    mapping = tmp_path / "keygen.yaml"
    mapping.write_text("tiers: {'*': basic}")
    with pytest.raises(InvalidInput, match="no folder"):
        console.plan_of(session, mapping, tmp_path / "nothing")
    with pytest.raises(InvalidInput, match=r"licenses\.json"):
        console.plan_of(session, mapping, tmp_path)
    with pytest.raises(InvalidInput):
        list(console.take(session, plan(), {"x": "no key"}, into_demo=True, now=NOW))


def test_the_command_takes_a_saved_account_over_and_says_that_it_agrees(session: WriteSession, tmp_path: Path) -> None:
    mapping = tmp_path / "keygen.yaml"
    mapping.write_text("tiers: {Pro: pro, '*': basic}")
    found = console.plan_of(session, mapping, save(tmp_path))
    lines = list(console.take(session, found, {"Keygen": PUBLIC_HEX}, into_demo=True, now=NOW))
    assert "verify from now on" in lines[0]
    assert lines[1] == "3 licenses are new; 0 were here or clash."
    assert lines[-1] == "Everything that was not refused is here."


def test_the_account_on_the_console_says_what_differs() -> None:
    assert "Limited to 64 cores" in "\n".join(console.told(plan()))
    assert "l-nokey" in console.report(plan())
