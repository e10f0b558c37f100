"""The doctor names what is wrong and how to mend it, and is content with an installation that is well."""

import sys
from pathlib import Path

from core import doctor
from core.config import Settings
from core.databases import Databases
from core.doctor import machine, vendors
from tests.cast import Cast
from tests.core.doctor.examined import by_subject, free_port, settings
from tests.loopback import vendor

ROOT = Path(__file__).parents[3]


def test_a_well_installation_has_nothing_to_mend(test_settings: Settings, databases: Databases, cast: Cast) -> None:
    found = list(doctor.examine(test_settings.model_copy(update={"port": free_port()}), ROOT))
    assert [finding for finding in found if not finding.well] == []
    subjects = [finding.subject for finding in found]
    assert len(subjects) == len(set(subjects))
    assert {"Python", "Packages", "Home", "Port", "Database", "Tables", "Row-level security"} <= set(subjects)


def test_every_bad_finding_says_how_to_mend_it(tmp_path: Path) -> None:
    wrong = settings(
        tmp_path / "home",
        CALOS_ENV="production",
        JWT_SECRET="short",
        DATABASE_URL=f"postgresql://nobody:secret-word@127.0.0.1:{free_port()}/calos",
        CALOS_TLS_CERT=str(tmp_path / "none.pem"),
        CALOS_TLS_KEY=str(tmp_path / "none.key"),
    )
    found = [finding for finding in doctor.examine(wrong, ROOT) if not finding.well]
    assert {"Settings", "JWT_SECRET", "Database", "Certificate"} <= set(by_subject(found))
    for finding in found:
        assert finding.detail, finding
        assert finding.mend, finding
        assert "secret-word" not in f"{finding.detail}{finding.mend}"
        assert "short" not in finding.detail.replace("too short", "")


def test_a_fresh_home_is_well_and_is_left_untouched(tmp_path: Path) -> None:
    found = by_subject(list(doctor.examine(settings(tmp_path / "home", CALOS_PORT=free_port()), ROOT)))
    assert all(finding.well for finding in found.values())
    assert "made at the first start" in found["Database"].detail
    assert list(tmp_path.iterdir()) == []


def test_an_old_python_is_named() -> None:
    assert machine.python(sys.version_info[:3]).well
    assert not machine.python((3, 10, 14)).well


def test_packages_are_compared_with_the_lock(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("click==8.5.1  # commands\n")
    (tmp_path / "requirements.lock").write_text("click==0.1\n")
    other = machine.packages(tmp_path)
    assert not other.well
    assert "click" in other.detail
    assert "tested: 0.1" in other.detail
    (tmp_path / "requirements.txt").write_text("no-such-package-of-calos==1  # absent\n")
    missing = machine.packages(tmp_path)
    assert not missing.well
    assert "no-such-package-of-calos" in missing.detail


def test_what_only_tests_need_may_be_missing(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("click==8.5.1  # commands\n")
    (tmp_path / "requirements.lock").write_text("click==8.5.1\nno-such-package-of-calos==1\n")
    assert machine.packages(tmp_path).well


def test_a_home_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    found = machine.home(tmp_path / "home")
    assert not found.well
    assert "CALOS_HOME" in found.mend


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    assert machine.home(tmp_path, least_free=1).well
    assert not machine.home(tmp_path, least_free=10**18).well


def test_another_program_on_the_port_is_told_from_a_free_port(tmp_path: Path) -> None:
    number = free_port()
    assert "is free" in machine.port(settings(tmp_path, CALOS_PORT=number)).detail
    with vendor() as other:
        taken = machine.port(settings(tmp_path, CALOS_PORT=int(other.url.rpartition(":")[2])))
    assert not taken.well
    assert "another program" in taken.detail


def test_an_address_of_another_machine_is_named(tmp_path: Path) -> None:
    found = machine.port(settings(tmp_path, CALOS_HOST="192.0.2.1", CALOS_PORT=free_port()))
    assert not found.well
    assert "CALOS_HOST" in found.mend


def test_keys_of_vendors_are_asked_about_only_when_set(tmp_path: Path) -> None:
    found = list(vendors.findings(settings(tmp_path)))
    assert [(one.subject, one.well) for one in found] == [("Stripe", True), ("OpenAI", True)]
    assert all("off" in one.detail for one in found)


def test_accepted_and_refused_keys_of_vendors_are_told(tmp_path: Path) -> None:
    keys = settings(tmp_path, STRIPE_SECRET_KEY="sk_test_part", OPENAI_API_KEY="sk-part")
    with vendor(body={"object": "balance", "livemode": False}) as stripe, vendor(401) as openai:
        found = by_subject(list(vendors.findings(keys, stripe_url=stripe.url, openai_url=openai.url)))
    assert found["Stripe"].well
    assert "test mode" in found["Stripe"].detail
    assert not found["OpenAI"].well
    assert found["OpenAI"].mend
    assert "sk-part" not in found["OpenAI"].detail + found["OpenAI"].mend
